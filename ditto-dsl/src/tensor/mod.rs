//! [`Tensor`]: shared values in a fixed-point format, what layer code handles.
//!
//! Methods that take `cx` talk to the other parties and may fail; methods that do not are local.

mod arithmetic;
mod comparisons;
mod conversions;
mod functions;
mod layout;
mod products;

use std::marker::PhantomData;
use std::ops::Range;

use ditto_core::fixed::{OutOfFormat, format_name};
use ditto_core::{Backend, Format, Linear, Source, Values};
use ndarray::ArrayD;

/// Shared values of the format `Q` on the backend `B`, with a shape.
///
/// There is no `Debug` of values and no comparison: see [`Tensor::open`].
pub struct Tensor<B: Backend, Q: Format> {
    pub(crate) share: B::Share<Q::Ring>,
    format: PhantomData<fn() -> Q>,
}

impl<B: Backend, Q: Format> Clone for Tensor<B, Q> {
    fn clone(&self) -> Self {
        Self::new(self.share.clone())
    }
}

/// A value that does not fit the format it was to be shared in.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name}: {cause} ({format})")]
#[non_exhaustive]
pub struct InputError {
    /// What was to be shared.
    pub name: String,
    /// The format.
    pub format: String,
    /// The value and the format's limit.
    pub cause: OutOfFormat,
}

impl<B: Backend, Q: Format> Tensor<B, Q> {
    pub(crate) fn new(share: B::Share<Q::Ring>) -> Self {
        Self { share, format: PhantomData }
    }

    /// Shares values through the data owner's `source`. `name` is what an error calls them.
    ///
    /// # Errors
    /// If a value is not finite or outside the range of `Q`.
    pub fn share(
        source: &mut impl Source<B>,
        name: &str,
        values: &impl Values,
    ) -> Result<Self, InputError> {
        let shared = source.share_values::<Q::Ring>(values, Q::FRAC);
        shared.map(Self::new).map_err(|cause| InputError {
            name: name.to_owned(),
            format: format_name::<Q>(),
            cause,
        })
    }

    /// The backend's share, for code that puts the results of several parties together.
    pub fn into_share(self) -> B::Share<Q::Ring> {
        self.share
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        self.share.shape()
    }

    /// The length of the last axis; 1 for a tensor without axes.
    pub fn row_length(&self) -> usize {
        self.shape().last().copied().unwrap_or(1)
    }

    /// Declares that all values lie in `range`: `Sim` reports a value outside, and `Audited` tests
    /// it. Elsewhere it is free.
    ///
    /// # Errors
    /// On `Sim`, a value outside; on `Audited` those of the network.
    pub fn declare(&self, range: Range<f64>, cx: &mut B) -> Result<(), B::Error> {
        cx.declare_range(&self.share, Q::FRAC, range)
    }

    /// Reveals the values to all parties: the only way from a tensor to its values.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn open(&self, cx: &mut B) -> Result<ArrayD<f64>, B::Error> {
        cx.open(&self.share, Q::FRAC)
    }
}
