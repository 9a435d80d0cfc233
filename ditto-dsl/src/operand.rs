//! What may stand on the right of `+`, `-` and `*`: traits that exist for their error messages, and so for
//! what a product or a power may be taken to.
//!
//! Most of them hold of one type alone. Where such a bound stands in the place of that type, the compiler says
//! what to do, instead of `expected 8, found 12`.

use std::borrow::Cow;

use ditto_core::{Backend, Format, Ring};
use ndarray::{ArrayD, arr0};

use crate::tensor::Tensor;

/// What can be added to a tensor of the format `Q`: a tensor of the same format.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be added to a tensor of `{Q}`",
    label = "both sides of a sum are tensors of the same format, on the same backend",
    note = "a product is scaled down first: `.trunc(cx)?`; a weight is for `matmul` alone",
    note = "between scales of one ring use `raise` (finer, local) or `rescale` (coarser); between rings use `widen` or `narrow`"
)]
pub trait Addend<B: Backend, Q: Format> {
    #[doc(hidden)]
    fn share(&self) -> &B::Share<Q::Ring>;
}

#[diagnostic::do_not_recommend]
impl<B: Backend, Q: Format> Addend<B, Q> for Tensor<B, Q> {
    fn share(&self) -> &B::Share<Q::Ring> {
        &self.share
    }
}

/// The ring `R` itself: both factors of a product are in the same ring.
#[diagnostic::on_unimplemented(
    message = "the factors of a product are in two rings, `{R}` and `{Self}`",
    label = "both factors must be in the same ring",
    note = "bring one factor to the other's ring first: `widen` from `Z32` to `Z64`, `narrow` from `Z64` to `Z32`"
)]
pub trait SameRing<R: Ring>: Ring {
    #[doc(hidden)]
    fn share<B: Backend>(x: &B::Share<Self>) -> &B::Share<R>;
    #[doc(hidden)]
    fn weight<B: Backend>(w: &B::Weight<Self>) -> &B::Weight<R>;
}

#[diagnostic::do_not_recommend]
impl<R: Ring> SameRing<R> for R {
    fn share<B: Backend>(x: &B::Share<R>) -> &B::Share<R> {
        x
    }

    fn weight<B: Backend>(w: &B::Weight<R>) -> &B::Weight<R> {
        w
    }
}

/// A format of integers, such as those of bits, counts and one-hot rows: a product with them needs no scaling
/// down.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a format of integers",
    label = "only a product by integers settles",
    note = "a product of values is scaled down: `.trunc(cx)?`; where the integers are the second factor, `.swapped().settle(cx)?`"
)]
pub trait Integral: Format<Integer = Self> {}

#[diagnostic::do_not_recommend]
impl<Q: Format<Integer = Q>> Integral for Q {}

/// A format of the ring `R`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a format of the ring `{R}`",
    label = "the result is in the ring of the tensor",
    note = "go on in the same ring, and to the other afterwards: `widen` from `Z32` to `Z64`, `narrow` from `Z64` to `Z32`"
)]
pub trait InRing<R: Ring>: Format<Ring = R> {}

#[diagnostic::do_not_recommend]
impl<R: Ring, Q: Format<Ring = R>> InRing<R> for Q {}

/// What all parties know: a number, or a tensor of numbers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no public number and no tensor of public numbers",
    label = "a public operand is an `f64` or an `&ArrayD<f64>`",
    note = "an array of fixed dimensions becomes one by `.into_dyn()`; for secret operands there are `plus`, `minus` and `times`"
)]
pub trait Public {
    /// The numbers, with a shape.
    fn values(&self) -> Cow<'_, ArrayD<f64>>;
}

#[diagnostic::do_not_recommend]
impl Public for f64 {
    fn values(&self) -> Cow<'_, ArrayD<f64>> {
        Cow::Owned(arr0(*self).into_dyn())
    }
}

#[diagnostic::do_not_recommend]
impl Public for &ArrayD<f64> {
    fn values(&self) -> Cow<'_, ArrayD<f64>> {
        Cow::Borrowed(self)
    }
}
