//! What is the same for every linear sharing: layout, sums, and the reading of a scale.

use std::ops::Range;

/// A linear function of one tensor or of several. A linear sharing computes it of each component by itself,
/// and whatever holds a share beside other things of the share: so there is one way through all of them.
#[derive(Clone, Debug)]
pub enum LinearMap<'a> {
    /// The same elements in row-major order under another shape.
    Reshape(&'a [usize]),
    /// Axis i of the result is axis `axes[i]`.
    Permute(&'a [usize]),
    /// A part of one axis.
    Slice {
        /// The axis.
        axis: usize,
        /// The part.
        range: Range<usize>,
    },
    /// Any number of tensors, one after another along an axis.
    Concat {
        /// The axis.
        axis: usize,
    },
    /// The sum of two tensors, the second broadcast by the rules of [`crate::shape`].
    Add,
    /// The difference of two tensors, the second broadcast by the rules of [`crate::shape`].
    Sub,
    /// Sums over the last axis, which stays with length 1.
    SumLast,
}

/// A tensor of shared values, or of products that have not been scaled down: what parties do to it each
/// on its own.
///
/// Shapes that do not fit are errors of the program and the same at every party, so they panic with both
/// shapes in the message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tensor of shares or products",
    label = "it has no layout and no sums",
    note = "a backend's `Share<R>` and `Product<R>` are such; `ditto_backends::Shares` is one for any linear sharing"
)]
pub trait Linear: Clone + Send + Sync + 'static {
    /// The shape of the tensor.
    fn shape(&self) -> &[usize];
    /// The function of `operands`, of which there are as many as the function takes.
    fn apply(map: &LinearMap<'_>, operands: &[&Self]) -> Self;
    /// The same integers read at a scale of `bits` more fractional bits: values divided by 2^bits,
    /// without error or message.
    fn shift_point(self, bits: u32) -> Self;

    /// The same elements in row-major order under another shape.
    fn reshape(&self, shape: &[usize]) -> Self {
        Self::apply(&LinearMap::Reshape(shape), &[self])
    }

    /// Axis i of the result is axis `axes[i]`.
    fn permute(&self, axes: &[usize]) -> Self {
        Self::apply(&LinearMap::Permute(axes), &[self])
    }

    /// The part `range` of one axis.
    fn slice(&self, axis: usize, range: Range<usize>) -> Self {
        Self::apply(&LinearMap::Slice { axis, range }, &[self])
    }

    /// Tensors one after another along an axis.
    fn concat(parts: &[&Self], axis: usize) -> Self {
        Self::apply(&LinearMap::Concat { axis }, parts)
    }

    /// The sum, `other` broadcast by the rules of [`crate::shape`].
    fn add(&self, other: &Self) -> Self {
        Self::apply(&LinearMap::Add, &[self, other])
    }

    /// The difference, `other` broadcast by the rules of [`crate::shape`].
    fn sub(&self, other: &Self) -> Self {
        Self::apply(&LinearMap::Sub, &[self, other])
    }

    /// Sums over the last axis, which stays with length 1.
    fn sum_last(&self) -> Self {
        Self::apply(&LinearMap::SumLast, &[self])
    }
}
