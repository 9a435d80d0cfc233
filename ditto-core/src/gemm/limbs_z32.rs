//! The AVX-512 kernel for 32-bit words in 16-bit limbs.
//!
//! A word is `x = x0 + 2^16 x1` with both limbs signed, so `x y = x0 y0 + 2^16 (x0 y1 + x1 y0)`.
//! `vpdpwssd` multiplies two pairs of limbs and adds both products to a 32-bit lane: either the
//! low limbs of two consecutive words (the first term, for two columns of `a`), or both limbs of
//! one word, crosswise (the second term, for one). Three instructions do 2 x 16 products.

#![allow(unsafe_code)]

use std::arch::asm;
use std::arch::x86_64::*;
use std::cell::Cell;
use std::mem::transmute;

use super::job::{Block, Job, Tile};

/// The columns of a tile: two vectors.
pub(super) const WIDTH: usize = 32;

/// The rows of a tile: 24 accumulators, six vectors of `b`, and one of `a`.
const HEIGHT: usize = 6;

/// Half the columns of `a` in a block: a block of a panel is then 32 KiB.
const PAIRS: usize = 128;

/// A row of a block of `a`.
#[derive(Clone)]
struct Row {
    /// The low limbs of two consecutive words.
    low: [u32; PAIRS],
    /// Both limbs of each; those of the second are swapped.
    both: [[u32; 2]; PAIRS],
}

thread_local! {
    /// The block of `a` in use; kept, because getting fresh memory from the system takes longer than a
    /// small product.
    static ROWS: Cell<Vec<Row>> = const { Cell::new(Vec::new()) };
}

/// The limbs of `x` as signed numbers: where the low one is negative, the high one makes up for it.
#[inline(always)]
fn limbs(x: u32) -> u32 {
    x.wrapping_add((x & 0x8000) << 1)
}

/// Turns the words of a panel into limbs, those of every even row swapped: one shift of an even
/// row and the next row together then gives the low limbs of both.
pub(super) fn encode(panel: &mut [u32]) {
    for two in panel.as_chunks_mut::<{ 2 * WIDTH }>().0 {
        let (even, odd) = two.split_at_mut(WIDTH);
        even.iter_mut().for_each(|x| *x = limbs(*x).rotate_left(16));
        odd.iter_mut().for_each(|x| *x = limbs(*x));
    }
}

/// Runs `job`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vbmi2")]
pub(super) fn run(job: Job<'_, u32>) {
    let mut rows = ROWS.take();
    job.blocks(2 * PAIRS, |block| {
        split(&block, &mut rows);
        block.tiles(HEIGHT, |height, t| match height {
            6 => tile::<6>(&rows, t),
            5 => tile::<5>(&rows, t),
            4 => tile::<4>(&rows, t),
            3 => tile::<3>(&rows, t),
            2 => tile::<2>(&rows, t),
            _ => tile::<1>(&rows, t),
        });
    });
    ROWS.set(rows);
}

/// Brings the rows of a block of `a` into limbs.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vbmi2")]
fn split(block: &Block<'_, '_, u32>, rows: &mut Vec<Row>) {
    if rows.len() < block.rows {
        rows.resize(block.rows, Row { low: [0; PAIRS], both: [[0; 2]; PAIRS] });
    }
    for (row, a) in rows.iter_mut().zip(block.a.chunks(block.stride)).take(block.rows) {
        let (pairs, last) = a[..block.depth].as_chunks::<2>();
        let parts = |[x, y]: [u32; 2]| (x & 0xffff | y << 16, [limbs(x), limbs(y).rotate_left(16)]);
        for ((low, both), &two) in row.low.iter_mut().zip(&mut row.both).zip(pairs) {
            (*low, *both) = parts(two);
        }
        if let &[x] = last {
            (row.low[pairs.len()], row.both[pairs.len()]) = parts([x, 0]);
        }
    }
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vbmi2")]
fn tile<const R: usize>(rows: &[Row], mut t: Tile<'_, '_, u32>) {
    let (b, _) = t.b.as_chunks::<{ 2 * WIDTH }>();
    let rows: &[Row; R] = rows[t.above..].first_chunk().expect("`split` filled every row");
    let mut low = [[_mm512_setzero_si512(); 2]; R];
    let mut cross = [[_mm512_setzero_si512(); 2]; R];
    for (i, b) in b.iter().enumerate().take(PAIRS) {
        // SAFETY: all four vectors are inside the array of 4 x 16 words.
        let load = |v: usize| unsafe { _mm512_loadu_si512(b.as_ptr().add(16 * v).cast()) };
        let (even, odd) = ([load(0), load(1)], [load(2), load(3)]);
        let lows = [0, 1].map(|v| _mm512_shrdi_epi32::<16>(even[v], odd[v]));
        for (r, row) in rows.iter().enumerate() {
            let x = _mm512_set1_epi32(row.low[i].cast_signed());
            let x0 = _mm512_set1_epi32(row.both[i][0].cast_signed());
            let x1 = _mm512_set1_epi32(row.both[i][1].cast_signed());
            for v in 0..2 {
                low[r][v] = dot(low[r][v], x, lows[v]);
                cross[r][v] = dot(cross[r][v], x0, even[v]);
                cross[r][v] = dot(cross[r][v], x1, odd[v]);
            }
        }
    }
    for (r, (low, cross)) in low.iter().zip(&cross).enumerate() {
        let sum = [0, 1].map(|v| _mm512_add_epi32(low[v], _mm512_slli_epi32::<16>(cross[v])));
        // SAFETY: both are the same number of bytes, and any bytes are words.
        t.add_row(r, unsafe { transmute::<[__m512i; 2], [u32; WIDTH]>(sum) });
    }
}

/// `vpdpwssd`: adds two products of 16-bit limbs to each 32-bit lane.
///
/// In assembly, because the compiler makes two instructions of the intrinsic: that shortens the
/// chain from one sum to the next, which is no matter here, and takes up a vector port twice.
#[inline]
#[target_feature(enable = "avx512vnni")]
pub(super) fn dot(mut sum: __m512i, x: __m512i, y: __m512i) -> __m512i {
    // SAFETY: the instruction only reads and writes these registers, and the caller has VNNI.
    unsafe {
        asm!(
            "vpdpwssd {sum}, {x}, {y}",
            sum = inout(zmm_reg) sum,
            x = in(zmm_reg) x,
            y = in(zmm_reg) y,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}
