//! [`Weight`]: the right factor of many matrix products, prepared once.

use std::marker::PhantomData;

use ditto_core::{Backend, Format, Ring};

use crate::operand::SameRing;
use crate::tensor::{InputError, Tensor};

/// A weight matrix `[k, n]` of the format `Q`, with everything that depends on it alone
/// (component sums, kernel layouts, masks) computed once.
pub struct Weight<B: Backend, Q: Format> {
    prepared: B::Weight<Q::Ring>,
    shape: [usize; 2],
    format: PhantomData<fn() -> Q>,
}

impl<B: Backend, Q: Format> Weight<B, Q> {
    /// Prepares a matrix. Sends nothing on `Rep3`; on `Additive` 1 round, and k bits an element from each
    /// party. It then serves any computation of the same nodes.
    ///
    /// # Errors
    /// Those of the backend.
    ///
    /// # Panics
    /// If the tensor does not have two axes.
    pub fn prepare(matrix: &Tensor<B, Q>, cx: &mut B) -> Result<Self, B::Error> {
        let &[k, n] = matrix.shape() else {
            panic!("a weight has two dimensions, not the shape {:?}", matrix.shape());
        };
        let prepared = cx.prepare(&matrix.share)?;
        Ok(Self { prepared, shape: [k, n], format: PhantomData })
    }

    /// The shape `[k, n]`.
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }
}

/// Why parameters could not be shared: `I` is what can be wrong with them, `E` the backend's error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ShareError<E, I = InputError> {
    /// A value does not fit its format.
    #[error(transparent)]
    Input(I),
    /// A weight could not be prepared.
    #[error(transparent)]
    Prepare(E),
}

impl<E, I> From<I> for ShareError<E, I> {
    fn from(input: I) -> Self {
        Self::Input(input)
    }
}

impl<E, I> ShareError<E, I> {
    /// The same with another error for what is shared.
    pub fn map_input<J>(self, f: impl FnOnce(I) -> J) -> ShareError<E, J> {
        match self {
            Self::Input(input) => ShareError::Input(f(input)),
            Self::Prepare(error) => ShareError::Prepare(error),
        }
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
