//! The kernel in plain Rust: a register tile of 4 x 8 words that the compiler can vectorise.

use super::GemmWord;
use super::job::{Job, Tile};

/// The columns of a tile.
pub(super) const WIDTH: usize = 8;

/// The rows of a tile.
const HEIGHT: usize = 4;

/// The columns of `a` in a block: a block of a panel is 16 or 32 KiB.
const DEPTH: usize = 512;

/// Runs `job`.
pub(super) fn run<W: GemmWord>(job: Job<'_, W>) {
    job.blocks(DEPTH, |block| {
        block.tiles(HEIGHT, |rows, t| match rows {
            4 => tile::<W, 4>(t),
            3 => tile::<W, 3>(t),
            2 => tile::<W, 2>(t),
            _ => tile::<W, 1>(t),
        })
    });
}

fn tile<W: GemmWord, const R: usize>(mut t: Tile<'_, '_, W>) {
    let b = t.checked::<R, WIDTH>();
    let rows: [&[W]; R] = std::array::from_fn(|r| &t.a[r * t.stride..][..b.len()]);
    let mut sum = [[W::default(); WIDTH]; R];
    for (i, b) in b.iter().enumerate() {
        for (sum, row) in sum.iter_mut().zip(rows) {
            let x = row[i];
            for (s, &y) in sum.iter_mut().zip(b) {
                *s = s.mul_add(x, y);
            }
        }
    }
    for (r, &sum) in sum.iter().enumerate() {
        t.add_row(r, sum);
    }
}
