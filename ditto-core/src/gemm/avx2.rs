//! The AVX2 kernels: `vpmulld` for 32-bit words, and for 64-bit words, which have no such
//! instruction, `vpmuludq` for the low halves and `vpmulld` for both cross terms at once.

#![allow(unsafe_code)]

use std::arch::x86_64::*;
use std::mem::transmute;

use super::job::{Job, Tile};

/// The rows of a tile. With 12 accumulators, and the vectors of `a`, of `b` and of a product, that
/// takes all 16 registers.
const HEIGHT: usize = 6;

/// The columns of `a` in a block: a block of a panel is then 32 or 16 KiB of a first-level cache.
const DEPTH: usize = 512;

pub(super) mod z32 {
    use super::*;

    /// The columns of a tile: two vectors.
    pub(in crate::gemm) const WIDTH: usize = 16;

    /// Runs `job`.
    #[target_feature(enable = "avx2")]
    pub(in crate::gemm) fn run(job: Job<'_, u32>) {
        job.blocks(DEPTH, |block| {
            block.tiles(HEIGHT, |rows, t| match rows {
                6 => tile::<6>(t),
                5 => tile::<5>(t),
                4 => tile::<4>(t),
                3 => tile::<3>(t),
                2 => tile::<2>(t),
                _ => tile::<1>(t),
            })
        });
    }

    #[inline(never)]
    #[target_feature(enable = "avx2")]
    fn tile<const R: usize>(mut t: Tile<'_, '_, u32>) {
        let mut sum = [[_mm256_setzero_si256(); 2]; R];
        for (i, b) in t.checked::<R, WIDTH>().iter().enumerate() {
            // SAFETY: both vectors are inside the array of 16 words.
            let (b0, b1) = unsafe {
                (
                    _mm256_loadu_si256(b.as_ptr().cast()),
                    _mm256_loadu_si256(b.as_ptr().add(8).cast()),
                )
            };
            for (r, sum) in sum.iter_mut().enumerate() {
                // SAFETY: `checked` asserted that `a` has `R` rows and column `i`.
                let x = unsafe { *t.a.get_unchecked(r * t.stride + i) };
                let x = _mm256_set1_epi32(x.cast_signed());
                sum[0] = _mm256_add_epi32(sum[0], _mm256_mullo_epi32(x, b0));
                sum[1] = _mm256_add_epi32(sum[1], _mm256_mullo_epi32(x, b1));
            }
        }
        for (r, &sum) in sum.iter().enumerate() {
            // SAFETY: both are the same number of bytes, and any bytes are words.
            t.add_row(r, unsafe { transmute::<[__m256i; 2], [u32; WIDTH]>(sum) });
        }
    }
}

pub(super) mod z64 {
    use super::*;

    /// The columns of a tile: one vector, because each takes two accumulators.
    pub(in crate::gemm) const WIDTH: usize = 4;

    /// Runs `job`.
    #[target_feature(enable = "avx2")]
    pub(in crate::gemm) fn run(job: Job<'_, u64>) {
        job.blocks(DEPTH, |block| {
            block.tiles(HEIGHT, |rows, t| match rows {
                6 => tile::<6>(t),
                5 => tile::<5>(t),
                4 => tile::<4>(t),
                3 => tile::<3>(t),
                2 => tile::<2>(t),
                _ => tile::<1>(t),
            })
        });
    }

    /// With `x = x0 + 2^32 x1` and `y` alike, `x y = x0 y0 + 2^32 (x0 y1 + x1 y0)`. The two sums
    /// are accumulated apart, the second one as its two terms, in the two halves of a lane.
    #[inline(never)]
    #[target_feature(enable = "avx2")]
    fn tile<const R: usize>(mut t: Tile<'_, '_, u64>) {
        let mut low = [_mm256_setzero_si256(); R];
        let mut cross = [_mm256_setzero_si256(); R];
        for (i, b) in t.checked::<R, WIDTH>().iter().enumerate() {
            // SAFETY: the vector is the array of 4 words.
            let b = unsafe { _mm256_loadu_si256(b.as_ptr().cast()) };
            let swapped = _mm256_shuffle_epi32::<0b10_11_00_01>(b);
            for (r, (low, cross)) in low.iter_mut().zip(&mut cross).enumerate() {
                // SAFETY: `checked` asserted that `a` has `R` rows and column `i`.
                let x = unsafe { *t.a.get_unchecked(r * t.stride + i) };
                let x = _mm256_set1_epi64x(x.cast_signed());
                *low = _mm256_add_epi64(*low, _mm256_mul_epu32(x, b));
                *cross = _mm256_add_epi32(*cross, _mm256_mullo_epi32(x, swapped));
            }
        }
        for (r, (&low, &cross)) in low.iter().zip(&cross).enumerate() {
            let one = _mm256_slli_epi64::<32>(cross);
            let other = _mm256_and_si256(cross, _mm256_set1_epi64x(!0 << 32));
            let sum = _mm256_add_epi64(low, _mm256_add_epi64(one, other));
            // SAFETY: both are the same number of bytes, and any bytes are words.
            t.add_row(r, unsafe { transmute::<__m256i, [u64; WIDTH]>(sum) });
        }
    }
}
