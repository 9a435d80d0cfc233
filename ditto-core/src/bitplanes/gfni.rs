//! Bit planes on 512-bit registers: bytes are gathered by the permutations of VBMI, bits by the
//! 8 x 8 bit-matrix product of GFNI, and a bit becomes a word through a mask register.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{BLOCK, BLOCK_WORDS, BlockPlanes, WORD_BITS};
use crate::isa;

/// Proof that this processor and operating system can run this file.
#[derive(Clone, Copy, Debug)]
pub struct Token(());

impl Token {
    /// The only way to a token.
    pub(super) fn detect() -> Option<Self> {
        isa::gfni().then_some(Self(()))
    }
}

/// Every group of 8 bytes in reverse.
const REVERSED: [u8; 64] = {
    let mut bytes = [0; 64];
    let mut i = 0;
    while i < 64 {
        bytes[i] = i as u8 ^ 7;
        i += 1;
    }
    bytes
};

/// Swaps the digits of a two-digit octal index: transposes 8 x 8 bytes.
const TRANSPOSE_BYTES: [u8; 64] = {
    let mut bytes = [0; 64];
    let mut i = 0;
    while i < 64 {
        bytes[i] = (i as u8 % 8) * 8 + i as u8 / 8;
        i += 1;
    }
    bytes
};

macro_rules! kernels {
    ($word:ident, $to_rows:ident, $select:ident, $set:ident, $mask:ident) => {
        impl Token {
            /// Fills the rows of the first `k` planes, rounded up to a multiple of 8.
            pub(super) fn $to_rows(self, block: &[$word; BLOCK], k: usize, rows: &mut BlockPlanes) {
                #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
                fn run(block: &[$word; BLOCK], k: usize, rows: &mut BlockPlanes) {
                    const REGISTERS: usize = size_of::<$word>();
                    for byte in 0..k.div_ceil(8) {
                        let mut columns = [_mm512_setzero_si512(); BLOCK_WORDS];
                        let values = block.as_chunks::<WORD_BITS>().0;
                        for (column, values) in columns.iter_mut().zip(values) {
                            let registers = values.as_chunks::<{ 64 / size_of::<$word>() }>().0;
                            let values: [__m512i; REGISTERS] =
                                std::array::from_fn(|i| load(&registers[i]));
                            *column = bit_rows(bytes(&values, byte));
                        }
                        store_transposed(columns, &mut rows[8 * byte..][..8]);
                    }
                }
                // SAFETY: a token exists only where the features were found.
                unsafe { run(block, k, rows) }
            }

            /// Bit `b` of `word` selects `value` or zero for `out[b]`.
            #[inline(always)]
            pub(super) fn $select(self, word: u64, value: $word, out: &mut [$word; WORD_BITS]) {
                #[target_feature(enable = "avx512f,avx512bw")]
                fn run(word: u64, value: $word, out: &mut [$word; WORD_BITS]) {
                    const LANES: usize = 64 / size_of::<$word>();
                    for (i, out) in out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                        let lanes = $set((word >> (i * LANES)) as $mask, value as _);
                        store(lanes, out);
                    }
                }
                // SAFETY: a token exists only where the features were found.
                unsafe { run(word, value, out) }
            }
        }
    };
}

kernels!(u8, to_rows_u8, select_u8, _mm512_maskz_set1_epi8, __mmask64);
kernels!(u16, to_rows_u16, select_u16, _mm512_maskz_set1_epi16, __mmask32);
kernels!(u32, to_rows_u32, select_u32, _mm512_maskz_set1_epi32, __mmask16);
kernels!(u64, to_rows_u64, select_u64, _mm512_maskz_set1_epi64, __mmask8);

/// Byte number `byte` of each of 64 values of `SIZE` bytes, every 8 of them in reverse.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi")]
fn bytes<const SIZE: usize>(values: &[__m512i; SIZE], byte: usize) -> __m512i {
    let order = load(&REVERSED);
    // For two neighbouring registers, which hold 128 / SIZE values. An index counts modulo 128, so
    // once these values are through, they come again.
    let index = match SIZE {
        1 => return _mm512_permutexvar_epi8(order, values[0]),
        2 => _mm512_slli_epi16::<1>(order),
        4 => _mm512_slli_epi16::<2>(_mm512_and_si512(order, _mm512_set1_epi8(31))),
        _ => _mm512_slli_epi16::<3>(_mm512_and_si512(order, _mm512_set1_epi8(15))),
    };
    let index = _mm512_or_si512(index, _mm512_set1_epi8(byte as i8));
    let pair = |i: usize| _mm512_permutex2var_epi8(values[i], index, values[i + 1]);
    match SIZE {
        2 => pair(0),
        4 => _mm512_shuffle_i64x2::<0b01_00_01_00>(pair(0), pair(2)),
        _ => {
            let low = _mm512_mask_blend_epi64(0b0000_1100, pair(0), pair(2));
            let high = _mm512_mask_blend_epi64(0b1100_0000, pair(4), pair(6));
            _mm512_mask_blend_epi64(0b1111_0000, low, high)
        }
    }
}

/// Of 64 bytes, every 8 of them in reverse, the bits at each place: bit `b` of word `j` is bit `j`
/// of byte `b`.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi,gfni")]
fn bit_rows(bytes: __m512i) -> __m512i {
    // A matrix times each unit vector is its columns, so this transposes each word. The instruction
    // takes the rows of the matrix in reverse, hence the order of the bytes.
    let units = _mm512_set1_epi64(0x8040_2010_0804_0201_u64 as i64);
    let columns = _mm512_gf2p8affine_epi64_epi8::<0>(units, bytes);
    _mm512_permutexvar_epi8(load(&TRANSPOSE_BYTES), columns)
}

/// Writes word `j` of column `w` to `rows[j][w]`.
#[inline]
#[target_feature(enable = "avx512f")]
fn store_transposed(columns: [__m512i; BLOCK_WORDS], rows: &mut [[u64; BLOCK_WORDS]]) {
    let [a, b, c, d, e, f, g, h] = columns;
    // Words 0 2 4 6 and 1 3 5 7 of two columns, alternating.
    let pairs = [
        _mm512_unpacklo_epi64(a, b),
        _mm512_unpacklo_epi64(c, d),
        _mm512_unpacklo_epi64(e, f),
        _mm512_unpacklo_epi64(g, h),
        _mm512_unpackhi_epi64(a, b),
        _mm512_unpackhi_epi64(c, d),
        _mm512_unpackhi_epi64(e, f),
        _mm512_unpackhi_epi64(g, h),
    ];
    for (odd, [ab, cd, ef, gh]) in pairs.as_chunks::<4>().0.iter().enumerate() {
        // Words 0 and 4, and words 2 and 6, of four columns.
        let abcd04 = _mm512_shuffle_i64x2::<0b10_00_10_00>(*ab, *cd);
        let abcd26 = _mm512_shuffle_i64x2::<0b11_01_11_01>(*ab, *cd);
        let efgh04 = _mm512_shuffle_i64x2::<0b10_00_10_00>(*ef, *gh);
        let efgh26 = _mm512_shuffle_i64x2::<0b11_01_11_01>(*ef, *gh);
        // Now a quarter is (word 0 of a, b), (word 4 of a, b), (word 0 of c, d), (word 4 of c, d).
        store(_mm512_shuffle_i64x2::<0b10_00_10_00>(abcd04, efgh04), &mut rows[odd]);
        store(_mm512_shuffle_i64x2::<0b10_00_10_00>(abcd26, efgh26), &mut rows[2 + odd]);
        store(_mm512_shuffle_i64x2::<0b11_01_11_01>(abcd04, efgh04), &mut rows[4 + odd]);
        store(_mm512_shuffle_i64x2::<0b11_01_11_01>(abcd26, efgh26), &mut rows[6 + odd]);
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load<T: Copy, const N: usize>(values: &[T; N]) -> __m512i {
    const { assert!(size_of::<[T; N]>() == 64) };
    // SAFETY: `values` is 64 bytes long, as was just checked, and the load is unaligned.
    unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store<T: Copy, const N: usize>(register: __m512i, values: &mut [T; N]) {
    const { assert!(size_of::<[T; N]>() == 64) };
    // SAFETY: `values` is 64 bytes long, as was just checked, and the store is unaligned.
    unsafe { _mm512_storeu_si512(values.as_mut_ptr().cast(), register) }
}
