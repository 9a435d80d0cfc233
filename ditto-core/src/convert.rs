//! Which quantization conversions exist, decided by the compiler.
//!
//! Conversions are named by direction. [`Widen`] goes from Z32 to Z64 and talks, [`Narrow`] goes from Z64
//! to Z32 and is local, [`Finer`] orders the formats of one ring: going down from a finer one is a
//! truncation, going up to it a local shift.

use std::ops::Sub;

use typenum::{B1, Diff, IsGreaterOrEqual, IsLessOrEqual, U32};

use crate::fixed::{F, Fixed, Format, Scale};
use crate::ring::{NarrowerThan, Ring};

/// The scale `Self` has at least as many fractional bits as the scale `T`.
#[diagnostic::on_unimplemented(
    message = "the scale `{Self}` has fewer fractional bits than `{T}`",
    label = "needs at least as many fractional bits as `{T}`"
)]
pub trait AtLeast<T: Scale>: Scale {}

impl<const N: u32, const M: u32> AtLeast<F<M>> for F<N>
where
    F<N>: Scale,
    F<M>: Scale,
    <F<N> as Scale>::Number: IsGreaterOrEqual<<F<M> as Scale>::Number, Output = B1>,
{
}

/// The scale `Self` is finer than `T` by at most 32 bits: dropping more from shares of Z64 would
/// leave the wrap of that ring visible in Z32.
#[diagnostic::on_unimplemented(
    message = "from the scale `{Self}` to `{T}`, narrowing would not drop 0 to 32 bits",
    label = "narrowing drops 0 to 32 fractional bits",
    note = "`rescale` in the wider ring first, to a scale that is at most 32 bits finer"
)]
pub trait AtMost32BitsFiner<T: Scale>: AtLeast<T> {}

impl<const N: u32, const M: u32> AtMost32BitsFiner<F<M>> for F<N>
where
    F<N>: AtLeast<F<M>>,
    F<M>: Scale,
    <F<N> as Scale>::Number: Sub<<F<M> as Scale>::Number>,
    Diff<<F<N> as Scale>::Number, <F<M> as Scale>::Number>: IsLessOrEqual<U32, Output = B1>,
{
}

/// A format of Z32 that widens to the format `W` of Z64 (the paper's UpCast).
///
/// The target keeps at least the scale of the source; the scale-up is part of the protocol.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not widen to `{W}`",
    label = "widening goes from `Z32` to `Z64`, to a scale that is not coarser",
    note = "in the same ring use `raise` (finer, local) or `rescale` (coarser); from `Z64` to `Z32` use `narrow`",
    note = "a layer that is generic over its format states the conversion: `where Q: Widen<W>`; one over a `Precision` policy uses the policy's own, such as `P::exp_to_high(&x, cx)?`"
)]
pub trait Widen<W: Format>: Format<Ring: NarrowerThan<W::Ring>> {}

#[diagnostic::do_not_recommend]
impl<R, S, V, T> Widen<Fixed<V, T>> for Fixed<R, S>
where
    R: Ring + NarrowerThan<V>,
    V: Ring,
    S: Scale,
    T: AtLeast<S>,
    Fixed<R, S>: Format<Ring = R, Scale = S>,
    Fixed<V, T>: Format<Ring = V, Scale = T>,
{
}

/// A format of Z64 that narrows to the format `T` of Z32 (the paper's DownCast).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not narrow to `{T}`",
    label = "narrowing goes from `Z64` to `Z32`, to a scale that is coarser by 0 to 32 bits",
    note = "in the same ring use `rescale` (coarser) or `raise` (finer, local); from `Z32` to `Z64` use `widen`",
    note = "a layer that is generic over its format states the conversion: `where Q: Narrow<T>`; one over a `Precision` policy uses the policy's own, such as `P::high_to_act(&x)`"
)]
pub trait Narrow<T: Format<Ring: NarrowerThan<Self::Ring>>>: Format {}

#[diagnostic::do_not_recommend]
impl<R, S, V, T> Narrow<Fixed<V, T>> for Fixed<R, S>
where
    R: Ring,
    V: Ring + NarrowerThan<R>,
    S: AtMost32BitsFiner<T>,
    T: Scale,
    Fixed<R, S>: Format<Ring = R, Scale = S>,
    Fixed<V, T>: Format<Ring = V, Scale = T>,
{
}

/// A format with at least as many fractional bits as `T`, in the same ring.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not at least as fine as `{T}` in the same ring",
    label = "needs the same ring and at least as many fractional bits",
    note = "`rescale` goes to a coarser scale and `raise` to a finer one; between rings use `widen` or `narrow`; a generic layer states `where Q: Finer<T>`"
)]
pub trait Finer<T: Format>: Format<Ring = T::Ring> {}

#[diagnostic::do_not_recommend]
impl<R: Ring, S: AtLeast<T>, T: Scale> Finer<Fixed<R, T>> for Fixed<R, S>
where
    Fixed<R, S>: Format<Ring = R, Scale = S>,
    Fixed<R, T>: Format<Ring = R, Scale = T>,
{
}
