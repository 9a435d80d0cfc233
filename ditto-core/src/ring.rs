//! The rings Z_2^32 and Z_2^64, and the machine words that carry their elements.
//!
//! [`Ring`] is what types speak of (`B::Share<Z32>`); [`Word`] is what loops work on.
//! Both are sealed: a protocol may rely on there being no other ring.

use std::fmt::Debug;

use num_traits::{WrappingAdd, WrappingMul, WrappingNeg, WrappingSub};

use crate::gemm::{GemmWord, Packed, gemm};
use crate::prg::Stream;

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// A ring Z_2^k of integers modulo 2^k.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a ring",
    label = "the rings are `Z32` and `Z64`"
)]
pub trait Ring: sealed::Sealed + Copy + Default + Debug + Send + Sync + 'static {
    /// The machine word that carries one element.
    type Word: Word;
    /// k, the number of bits of an element.
    const BITS: u32;
    /// The name that errors and reports show.
    const NAME: &'static str;
}

/// Z_2^32: cheap products, few fractional bits. The ring of linear layers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Z32;

/// Z_2^64: room for many fractional bits. The ring of non-linear functions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Z64;

impl sealed::Sealed for Z32 {}
impl sealed::Sealed for Z64 {}

impl Ring for Z32 {
    type Word = u32;
    const BITS: u32 = 32;
    const NAME: &'static str = "Z32";
}

impl Ring for Z64 {
    type Word = u64;
    const BITS: u32 = 64;
    const NAME: &'static str = "Z64";
}

/// A ring that embeds into the wider ring `W` (`Z32` into `Z64`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not narrower than `{W}`",
    label = "widening goes from `Z32` to `Z64`, narrowing from `Z64` to `Z32`",
    note = "in the same ring use `rescale` (coarser) or `raise` (finer, local)"
)]
pub trait NarrowerThan<W: Ring>: Ring {}

#[diagnostic::do_not_recommend]
impl NarrowerThan<Z64> for Z32 {}

/// A machine word that carries a ring element; all arithmetic wraps.
pub trait Word:
    sealed::Sealed
    + Copy
    + Default
    + Debug
    + Eq
    + Send
    + Sync
    + WrappingAdd
    + WrappingSub
    + WrappingMul
    + WrappingNeg
    + 'static
{
    /// Number of bits of the ring, which is the word's for `u32` and `u64`.
    const BITS: u32;
    /// A right factor of a matrix product, packed once for the kernels.
    type Packed: Clone + Send + Sync + 'static;

    /// The element `value mod 2^k`.
    fn from_u64(value: u64) -> Self;
    /// The representative in `0..2^k`.
    fn to_u64(self) -> u64;
    /// The representative in `-2^(k-1)..2^(k-1)`.
    fn to_i64(self) -> i64 {
        let unused = 64 - Self::BITS;
        ((self.to_u64() << unused) as i64) >> unused
    }
    /// `self * 2^bits`; zero once `bits` reaches k.
    fn shl(self, bits: u32) -> Self;
    /// `floor(self / 2^bits)` of the representative in `0..2^k`; zero once `bits` reaches k.
    fn shr(self, bits: u32) -> Self;
    /// Bitwise AND.
    fn and(self, mask: Self) -> Self;
    /// Fills `out` with uniform elements.
    fn fill(stream: &mut Stream, out: &mut [Self]);
    /// Appends the low `width` bits of every element to a message.
    fn pack(values: &[Self], width: u32, out: &mut Vec<u8>);
    /// Reads `n` elements of `width` bits; `None` if `bytes` has another length.
    fn unpack(bytes: &[u8], n: usize, width: u32) -> Option<Vec<Self>>;
    /// The lowest `k` bits of every value as planes (see [`crate::bitplanes`]).
    fn planes(values: &[Self], k: u32) -> Vec<u64>;
    /// Packs a right factor of `k` rows and `n` columns, or of its transpose.
    fn pack_factor(b: &[Self], k: usize, n: usize, transposed: bool) -> Self::Packed;
    /// `c += a * b` for a row-major `a` of `m` rows.
    fn gemm(m: usize, a: &[Self], b: &Self::Packed, c: &mut [Self]);
}

macro_rules! word {
    ($word:ty, $fill:ident) => {
        impl sealed::Sealed for $word {}

        impl Word for $word {
            const BITS: u32 = <$word>::BITS;
            type Packed = Packed<$word>;

            #[inline(always)]
            fn from_u64(value: u64) -> Self {
                value as $word
            }
            #[inline(always)]
            fn to_u64(self) -> u64 {
                self as u64
            }
            #[inline(always)]
            fn shl(self, bits: u32) -> Self {
                self.checked_shl(bits).unwrap_or(0)
            }
            #[inline(always)]
            fn shr(self, bits: u32) -> Self {
                self.checked_shr(bits).unwrap_or(0)
            }
            #[inline(always)]
            fn and(self, mask: Self) -> Self {
                self & mask
            }
            fn fill(stream: &mut Stream, out: &mut [Self]) {
                stream.$fill(out);
            }
            fn pack(values: &[Self], width: u32, out: &mut Vec<u8>) {
                crate::pack::pack(values, width, out);
            }
            fn unpack(bytes: &[u8], n: usize, width: u32) -> Option<Vec<Self>> {
                let mut out = Vec::with_capacity(n);
                crate::pack::unpack(bytes, n, width, &mut out).ok()?;
                Some(out)
            }
            fn planes(values: &[Self], k: u32) -> Vec<u64> {
                let mut planes = Vec::new();
                crate::bitplanes::to_planes(values, k, &mut planes);
                planes
            }
            fn pack_factor(b: &[Self], k: usize, n: usize, transposed: bool) -> Self::Packed {
                if transposed { Packed::new_transposed(b, k, n) } else { Packed::new(b, k, n) }
            }
            fn gemm(m: usize, a: &[Self], b: &Self::Packed, c: &mut [Self]) {
                gemm::<$word>(m, a, b, c);
            }
        }
    };
}

word!(u32, fill_u32);
word!(u64, fill_u64);

const _: fn() = || {
    fn is_gemm_word<W: GemmWord>() {}
    is_gemm_word::<u32>();
    is_gemm_word::<u64>();
};
