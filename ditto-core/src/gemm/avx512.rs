//! The AVX-512 kernels: a register tile of 8 rows by two vectors.
//!
//! `vpmulld` and `vpmullq` give the low word of a product, which is all a ring needs.

#![allow(unsafe_code)]

use std::arch::x86_64::*;
use std::mem::transmute;

use super::job::{Job, Tile};

/// The rows of a tile: 16 accumulators, two vectors of `b`, and room for what is on its way.
const HEIGHT: usize = 8;

/// The columns of `a` in a block: a block of a panel is then 32 KiB of 48 KiB first-level cache.
const DEPTH: usize = 256;

macro_rules! kernel {
    ($name:ident, $word:ty, $spread:ident, $mul:ident, $add:ident) => {
        pub(super) mod $name {
            use super::*;

            const LANES: usize = 64 / size_of::<$word>();

            /// The columns of a tile: two vectors.
            pub(in crate::gemm) const WIDTH: usize = 2 * LANES;

            /// Runs `job`.
            #[target_feature(enable = "avx512f,avx512dq")]
            pub(in crate::gemm) fn run(job: Job<'_, $word>) {
                job.blocks(DEPTH, |block| {
                    block.tiles(HEIGHT, |rows, t| match rows {
                        8 => tile::<8>(t),
                        7 => tile::<7>(t),
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
            #[target_feature(enable = "avx512f,avx512dq")]
            fn tile<const R: usize>(mut t: Tile<'_, '_, $word>) {
                let mut sum = [[_mm512_setzero_si512(); 2]; R];
                for (i, b) in t.checked::<R, WIDTH>().iter().enumerate() {
                    // SAFETY: both vectors are inside the array, which has room for two.
                    let (b0, b1) = unsafe {
                        (
                            _mm512_loadu_si512(b.as_ptr().cast()),
                            _mm512_loadu_si512(b.as_ptr().add(LANES).cast()),
                        )
                    };
                    for (r, sum) in sum.iter_mut().enumerate() {
                        // SAFETY: `checked` asserted that `a` has `R` rows and column `i`.
                        let x = unsafe { *t.a.get_unchecked(r * t.stride + i) };
                        let x = $spread(x.cast_signed());
                        sum[0] = $add(sum[0], $mul(x, b0));
                        sum[1] = $add(sum[1], $mul(x, b1));
                    }
                }
                for (r, &sum) in sum.iter().enumerate() {
                    // SAFETY: both are the same number of bytes, and any bytes are words.
                    t.add_row(r, unsafe { transmute::<[__m512i; 2], [$word; WIDTH]>(sum) });
                }
            }
        }
    };
}

kernel!(z32, u32, _mm512_set1_epi32, _mm512_mullo_epi32, _mm512_add_epi32);
kernel!(z64, u64, _mm512_set1_epi64, _mm512_mullo_epi64, _mm512_add_epi64);
