//! Rings small enough to enumerate, for tests that try all shares and all randomness.
//!
//! They exist only under the feature `tiny`, which dev-dependencies switch on: no format of a
//! model can name them.

use std::ops::{Add, Mul, Sub};

use num_traits::{WrappingAdd, WrappingMul, WrappingNeg, WrappingSub};

use crate::prg::Stream;
use crate::ring::{NarrowerThan, Ring, Word, sealed};

macro_rules! tiny {
    ($ring:ident, $word:ident, $bits:literal, $name:literal) => {
        #[doc = concat!("The ring of integers modulo 2^", $bits, ".")]
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $ring;

        #[doc = concat!("An element of [`", stringify!($ring), "`].")]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $word(u8);

        impl sealed::Sealed for $ring {}
        impl sealed::Sealed for $word {}

        impl Ring for $ring {
            type Word = $word;
            const BITS: u32 = $bits;
            const NAME: &'static str = $name;
        }

        impl $word {
            const MASK: u8 = (1 << $bits) - 1;

            fn reduce(value: u8) -> Self {
                Self(value & Self::MASK)
            }
        }

        // The wrapping traits of num-traits ask for the operators, which wrap here as well.
        impl Add for $word {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self::reduce(self.0.wrapping_add(other.0))
            }
        }

        impl Sub for $word {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self::reduce(self.0.wrapping_sub(other.0))
            }
        }

        impl Mul for $word {
            type Output = Self;
            fn mul(self, other: Self) -> Self {
                Self::reduce(self.0.wrapping_mul(other.0))
            }
        }

        impl WrappingAdd for $word {
            fn wrapping_add(&self, other: &Self) -> Self {
                *self + *other
            }
        }

        impl WrappingSub for $word {
            fn wrapping_sub(&self, other: &Self) -> Self {
                *self - *other
            }
        }

        impl WrappingMul for $word {
            fn wrapping_mul(&self, other: &Self) -> Self {
                *self * *other
            }
        }

        impl WrappingNeg for $word {
            fn wrapping_neg(&self) -> Self {
                Self::default() - *self
            }
        }

        impl Word for $word {
            const BITS: u32 = $bits;
            /// Row by row, as `k` rows of `n` elements.
            type Packed = (Vec<Self>, usize, usize);

            fn from_u64(value: u64) -> Self {
                Self::reduce(value as u8)
            }
            fn to_u64(self) -> u64 {
                self.0.into()
            }
            fn shl(self, bits: u32) -> Self {
                Self::reduce(self.0.checked_shl(bits).unwrap_or(0))
            }
            fn shr(self, bits: u32) -> Self {
                Self(self.0.checked_shr(bits).unwrap_or(0))
            }
            fn and(self, mask: Self) -> Self {
                Self(self.0 & mask.0)
            }
            fn fill(stream: &mut Stream, out: &mut [Self]) {
                let mut bytes = vec![0; out.len()];
                stream.fill_bytes(&mut bytes);
                for (out, byte) in out.iter_mut().zip(bytes) {
                    *out = Self::reduce(byte);
                }
            }
            fn pack(values: &[Self], width: u32, out: &mut Vec<u8>) {
                assert!(width <= $bits, "{width} bits of a ring of {}", $bits);
                crate::pack::pack_map(values.len(), width, |i| u32::from(values[i].0), out);
            }
            fn unpack(bytes: &[u8], n: usize, width: u32) -> Option<Vec<Self>> {
                let mut words: Vec<u32> = Vec::with_capacity(n);
                crate::pack::unpack(bytes, n, width, &mut words).ok()?;
                Some(words.into_iter().map(|w| Self::reduce(w as u8)).collect())
            }
            fn planes(values: &[Self], k: u32) -> Vec<u64> {
                let mut planes = Vec::new();
                crate::bitplanes::to_planes_map(values.len(), k, |i| values[i].0, &mut planes);
                planes
            }
            fn pack_factor(b: &[Self], k: usize, n: usize, transposed: bool) -> Self::Packed {
                assert_eq!(b.len(), k * n, "a factor of {k} x {n}");
                let at = |i: usize| if transposed { (i % n) * k + i / n } else { i };
                ((0..k * n).map(|i| b[at(i)]).collect(), k, n)
            }
            fn gemm(m: usize, a: &[Self], b: &Self::Packed, c: &mut [Self]) {
                let (b, k, n) = (&b.0, b.1, b.2);
                for i in 0..m {
                    for j in 0..n {
                        for l in 0..k {
                            c[i * n + j] = c[i * n + j] + a[i * k + l] * b[l * n + j];
                        }
                    }
                }
            }
        }
    };
}

tiny!(Z3, W3, 3, "Z3");
tiny!(Z4, W4, 4, "Z4");
tiny!(Z6, W6, 6, "Z6");

impl NarrowerThan<Z4> for Z3 {}
impl NarrowerThan<Z6> for Z3 {}
impl NarrowerThan<Z6> for Z4 {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_is_that_of_integers_modulo_16() {
        for a in 0..16u64 {
            for b in 0..16u64 {
                let (x, y) = (W4::from_u64(a), W4::from_u64(b));
                assert_eq!(x.wrapping_add(&y).to_u64(), (a + b) % 16);
                assert_eq!(x.wrapping_sub(&y).to_u64(), (16 + a - b) % 16);
                assert_eq!(x.wrapping_mul(&y).to_u64(), a * b % 16);
            }
            let x = W4::from_u64(a + 32);
            assert_eq!(x.wrapping_neg().to_u64(), (16 - a) % 16);
            assert_eq!(x.to_i64(), if a < 8 { a as i64 } else { a as i64 - 16 });
            assert_eq!(x.shl(1).to_u64(), 2 * a % 16);
            assert_eq!(x.shl(4), W4::default());
            assert_eq!(x.shr(3).to_u64(), a / 8);
        }
    }

    #[test]
    fn messages_keep_every_element() {
        let all: Vec<W6> = (0..64).map(W6::from_u64).collect();
        let mut bytes = Vec::new();
        W6::pack(&all, 6, &mut bytes);
        assert_eq!(bytes.len(), 48);
        assert_eq!(W6::unpack(&bytes, 64, 6), Some(all));
    }

    #[test]
    fn products_of_matrices_with_either_orientation() {
        let word = |v: &[u64]| v.iter().map(|&v| W4::from_u64(v)).collect::<Vec<_>>();
        let a = word(&[1, 2, 3, 4, 5, 6]); // 2 x 3
        for (b, transposed) in [([1, 2, 3, 4, 5, 6], false), ([1, 3, 5, 2, 4, 6], true)] {
            let mut c = word(&[0; 4]);
            W4::gemm(2, &a, &W4::pack_factor(&word(&b), 3, 2, transposed), &mut c);
            assert_eq!(c, word(&[22, 28, 49, 64]));
        }
    }
}
