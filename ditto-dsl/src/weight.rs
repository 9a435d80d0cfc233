//! [`Weight`]: the right factor of many matrix products, prepared once.

use std::marker::PhantomData;

use ditto_core::{Backend, Format, Ring};

use crate::operand::SameRing;
use crate::tensor::Tensor;

/// A weight matrix `[k, n]` of the format `Q`, with everything that depends on it alone
/// (component sums, kernel layouts) computed once.
pub struct Weight<B: Backend, Q: Format> {
    prepared: B::Weight<Q::Ring>,
    format: PhantomData<fn() -> Q>,
}

impl<B: Backend, Q: Format> Weight<B, Q> {
    /// Prepares a matrix.
    ///
    /// # Panics
    /// If the tensor does not have two axes.
    pub fn new(matrix: &Tensor<B, Q>) -> Self {
        Self { prepared: B::prepare(&matrix.share), format: PhantomData }
    }

    /// The shape `[k, n]`.
    pub fn shape(&self) -> [usize; 2] {
        B::weight_shape(&self.prepared)
    }
}

/// What can stand on the right of [`Tensor::matmul`]: a [`Weight`], or another [`Tensor`] of the
/// ring `R`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the right factor of a matrix product in `{R}`",
    label = "the right factor is a `Weight` or a `Tensor`, in the same ring"
)]
pub trait RightFactor<B: Backend, R: Ring> {
    /// The format of its elements.
    type Format: Format;

    #[doc(hidden)]
    fn multiply(&self, left: &B::Share<R>, cx: &mut B) -> Result<B::Product<R>, B::Error>;
}

impl<B: Backend, R: Ring, Q: Format<Ring: SameRing<R>>> RightFactor<B, R> for Weight<B, Q> {
    type Format = Q;

    fn multiply(&self, left: &B::Share<R>, cx: &mut B) -> Result<B::Product<R>, B::Error> {
        cx.matmul_weight(left, Q::Ring::weight::<B>(&self.prepared))
    }
}

impl<B: Backend, R: Ring, Q: Format<Ring: SameRing<R>>> RightFactor<B, R> for Tensor<B, Q> {
    type Format = Q;

    fn multiply(&self, left: &B::Share<R>, cx: &mut B) -> Result<B::Product<R>, B::Error> {
        cx.matmul(left, Q::Ring::share::<B>(&self.share), false)
    }
}
