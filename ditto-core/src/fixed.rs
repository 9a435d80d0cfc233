//! Fixed-point formats: a ring and a scale, fixed at compile time.
//!
//! A value v of the format `Fixed<R, F<N>>` is the integer round(v * 2^N) in the ring `R`.
//! Its declared range is |v| * 2^N < 2^(k-2): one bit is the sign's, and the bit below it
//! is what truncation and widening need to be free of wrap errors.

use std::fmt;
use std::marker::PhantomData;

use typenum::{Const, ToUInt, U, Unsigned};

use crate::portable::power_of_two;
use crate::ring::{Ring, Word, Z32, Z64};

/// The scale 2^-N: N fractional bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct F<const N: u32>;

/// A number of fractional bits, known to the compiler both as a constant and as a type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scale",
    label = "a scale is `F<N>` with N from 0 to 60 fractional bits"
)]
pub trait Scale: Copy + Default + Send + Sync + 'static {
    /// The number of fractional bits.
    const BITS: u32;
    /// The same number as a type, for comparisons between scales.
    type Number: Unsigned;
}

/// A scale that the ring `R` has room for: at least two bits are left above it, for the sign and
/// for the guard bit.
#[diagnostic::on_unimplemented(
    message = "the ring `{R}` has no room for the scale `{Self}`",
    label = "this format does not exist",
    note = "`Z32` takes scales up to `F<28>`, `Z64` up to `F<60>`"
)]
pub trait ScaleIn<R: Ring>: Scale {}

macro_rules! scales {
    ($rings:tt: $($n:literal)*) => { $( scales!(@one $rings $n); )* };
    (@one [$($ring:ty),*] $n:literal) => {
        // Sixty scales in a message about one that does not exist would not help.
        #[diagnostic::do_not_recommend]
        impl Scale for F<$n> {
            const BITS: u32 = $n;
            type Number = U<$n>;
        }
        $(
            #[diagnostic::do_not_recommend]
            impl ScaleIn<$ring> for F<$n> {}
        )*
    };
}

scales!([Z32, Z64]: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28);
scales!([Z64]: 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60);

/// A fixed-point format: the ring `R` with the scale `S`, written `Fixed<Z32, F<8>>`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fixed<R, S>(PhantomData<fn() -> (R, S)>);

/// The paper's FXP32 (Ditto, section 4.1): linear layers.
pub type Low = Fixed<Z32, F<8>>;
/// The paper's FXP64 (Ditto, section 4.1): non-linear functions.
pub type High = Fixed<Z64, F<18>>;

/// Something that carries a scale: a format, or a bare `F<N>` for public constants.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no scale",
    label = "a public factor has a scale: `F<N>`, or a format",
    note = "choose N fractional bits by how precise the factor has to be, as in `x.times_public::<F<10>>(0.3)`"
)]
pub trait Scaled: 'static {
    /// The number of fractional bits.
    const FRAC: u32;
}

#[diagnostic::do_not_recommend]
impl<const N: u32> Scaled for F<N>
where
    F<N>: Scale,
{
    const FRAC: u32 = <F<N> as Scale>::BITS;
}

/// A fixed-point format.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a fixed-point format",
    label = "no such format",
    note = "a format is `Fixed<Z32, F<N>>` with N up to 28, or `Fixed<Z64, F<N>>` with N up to 60"
)]
pub trait Format: Scaled + Copy + Default + Send + Sync + 'static {
    /// The ring that values live in.
    type Ring: Ring;
    /// The scale.
    type Scale: Scale;
    /// The integers of the same ring: what bits, counts and one-hot vectors are.
    type Integer: Format<Ring = Self::Ring, Integer = Self::Integer>;
    /// Values v of the format satisfy |v| < `LIMIT`, which is 2^(k - 2 - N).
    const LIMIT: f64;
}

#[diagnostic::do_not_recommend]
impl<R: Ring, S: Scale> Scaled for Fixed<R, S> {
    const FRAC: u32 = S::BITS;
}

impl<R: Ring, const N: u32> Format for Fixed<R, F<N>>
where
    F<N>: ScaleIn<R>,
    F<0>: ScaleIn<R>,
{
    type Ring = R;
    type Scale = F<N>;
    type Integer = Fixed<R, F<0>>;
    const LIMIT: f64 = (1u64 << (R::BITS - 2 - N)) as f64;
}

/// The name of a format as a user writes it.
pub fn format_name<Q: Format>() -> String {
    format!("Fixed<{}, F<{}>>", Q::Ring::NAME, Q::FRAC)
}

/// A value that a format cannot hold.
#[derive(Clone, Debug, PartialEq)]
pub struct OutOfFormat {
    /// The value as it came; may be infinite or NaN.
    pub value: f64,
    /// Values must be smaller than this in magnitude.
    pub limit: f64,
}

impl fmt::Display for OutOfFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, limit } = self;
        write!(f, "{value} is outside the format's range, which is below {limit} in magnitude")
    }
}

impl std::error::Error for OutOfFormat {}

/// The ring element of `value` at `frac` fractional bits, rounded to nearest.
///
/// # Errors
/// If `value` is not finite, or |value| * 2^frac reaches 2^(k-2).
pub fn encode<R: Ring>(value: f64, frac: u32) -> Result<R::Word, OutOfFormat> {
    let scaled = (value * exp2(frac)).round();
    let limit = exp2(R::BITS - 2);
    if scaled.is_finite() && scaled.abs() < limit {
        Ok(R::Word::from_u64(scaled as i64 as u64))
    } else {
        Err(OutOfFormat { value, limit: limit / exp2(frac) })
    }
}

/// The real number that `word` stands for at `frac` fractional bits.
pub fn decode<R: Ring>(word: R::Word, frac: u32) -> f64 {
    word.to_i64() as f64 / exp2(frac)
}

/// 2^bits.
pub fn exp2(bits: u32) -> f64 {
    power_of_two(bits as i32)
}

// The number behind a scale is typenum's own for the same constant.
const _: fn() = || {
    fn same<T>(_: PhantomData<T>, _: PhantomData<T>) {}
    same(PhantomData::<<F<8> as Scale>::Number>, PhantomData::<<Const<8> as ToUInt>::Output>);
};
