//! The AVX-512 kernel for 64-bit words, in a limb of 52 bits and one of 12.
//!
//! With `x = x0 + 2^52 x1`, `x y = x0 y0 + 2^52 (x0 y1 + x1 y0)`. The IFMA instructions give the
//! low and the high 52 bits of `x0 y0`, and take no notice of the bits above `x0`. The rest counts
//! modulo 2^12 only, so 16-bit products are enough: one `vpdpwssd` does both cross products for
//! two columns of `a`, one in each half of a lane. Five instructions do 2 x 8 products.

#![allow(unsafe_code)]

use std::arch::x86_64::*;
use std::cell::Cell;
use std::mem::transmute;

use super::job::{Block, Job, Tile};
use super::limbs_z32::dot;

/// The columns of a tile: one vector, because each takes three accumulators.
pub(super) const WIDTH: usize = 8;

/// The rows of a tile: 24 accumulators, three vectors of `b`, and some of `a`.
const HEIGHT: usize = 8;

/// Half the columns of `a` in a block: a block of a panel is then 16 KiB, and eight rows 24 KiB.
const PAIRS: usize = 128;

/// A row of a block of `a`.
#[derive(Clone)]
struct Row {
    words: [[u64; 2]; PAIRS],
    /// For each word the low 16 bits, then the high limb.
    cross: [u64; PAIRS],
}

thread_local! {
    /// The block of `a` in use; kept, because getting fresh memory from the system takes longer than a
    /// small product.
    static ROWS: Cell<Vec<Row>> = const { Cell::new(Vec::new()) };
}

/// Leaves the words of a panel as they are.
pub(super) fn encode(_: &mut [u64]) {}

/// Runs `job`.
#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vnni,avx512vbmi")]
pub(super) fn run(job: Job<'_, u64>) {
    let mut rows = ROWS.take();
    job.blocks(2 * PAIRS, |block| {
        split(&block, &mut rows);
        block.tiles(HEIGHT, |height, t| match height {
            8 => tile::<8>(&rows, t),
            7 => tile::<7>(&rows, t),
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

/// Copies the rows of a block of `a` and takes out what the cross products need.
#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vnni,avx512vbmi")]
fn split(block: &Block<'_, '_, u64>, rows: &mut Vec<Row>) {
    if rows.len() < block.rows {
        rows.resize(block.rows, Row { words: [[0; 2]; PAIRS], cross: [0; PAIRS] });
    }
    let limbs = |x: u64| x & 0xffff | x >> 52 << 16;
    for (row, a) in rows.iter_mut().zip(block.a.chunks(block.stride)).take(block.rows) {
        let (pairs, last) = a[..block.depth].as_chunks::<2>();
        for ((cross, words), &two) in row.cross.iter_mut().zip(&mut row.words).zip(pairs) {
            *cross = limbs(two[0]) | limbs(two[1]) << 32;
            *words = two;
        }
        if let &[x] = last {
            row.cross[pairs.len()] = limbs(x);
            row.words[pairs.len()] = [x, 0];
        }
    }
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vnni,avx512vbmi")]
fn tile<const R: usize>(rows: &[Row], mut t: Tile<'_, '_, u64>) {
    let (b, _) = t.b.as_chunks::<{ 2 * WIDTH }>();
    let rows: &[Row; R] = rows[t.above..].first_chunk().expect("`split` filled every row");
    // Of each word the 16 bits from 52 on (right modulo 2^12; the rest does not count), then the
    // low 16, in both halves of a lane.
    let parts = _mm512_set1_epi64(0x0800_3c34_0800_3c34);
    let second = 0xf0f0_f0f0_f0f0_f0f0;
    let zero = _mm512_setzero_si512();
    let (mut low, mut high, mut cross) = ([zero; R], [zero; R], [zero; R]);
    for (i, b) in b.iter().enumerate().take(PAIRS) {
        // SAFETY: both vectors are inside the array of 2 x 8 words.
        let (b0, b1) = unsafe {
            (_mm512_loadu_si512(b.as_ptr().cast()), _mm512_loadu_si512(b.as_ptr().add(8).cast()))
        };
        let limbs = _mm512_multishift_epi64_epi8(parts, b0);
        let limbs = _mm512_mask_multishift_epi64_epi8(limbs, second, parts, b1);
        for (r, row) in rows.iter().enumerate() {
            let x0 = _mm512_set1_epi64(row.words[i][0].cast_signed());
            let x1 = _mm512_set1_epi64(row.words[i][1].cast_signed());
            let x = _mm512_set1_epi64(row.cross[i].cast_signed());
            low[r] = _mm512_madd52lo_epu64(low[r], x0, b0);
            high[r] = _mm512_madd52hi_epu64(high[r], x0, b0);
            low[r] = _mm512_madd52lo_epu64(low[r], x1, b1);
            high[r] = _mm512_madd52hi_epu64(high[r], x1, b1);
            cross[r] = dot(cross[r], x, limbs);
        }
    }
    for r in 0..R {
        let cross = _mm512_add_epi64(cross[r], _mm512_srli_epi64::<32>(cross[r]));
        let high = _mm512_slli_epi64::<52>(_mm512_add_epi64(high[r], cross));
        let sum = _mm512_add_epi64(low[r], high);
        // SAFETY: both are the same number of bytes, and any bytes are words.
        t.add_row(r, unsafe { transmute::<__m512i, [u64; WIDTH]>(sum) });
    }
}
