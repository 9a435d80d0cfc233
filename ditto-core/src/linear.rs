//! What is the same for every linear sharing: layout, sums, and the reading of a scale.

use std::ops::Range;

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
    /// The same elements in row-major order under another shape.
    fn reshape(&self, shape: &[usize]) -> Self;
    /// Axis i of the result is axis `axes[i]`.
    fn permute(&self, axes: &[usize]) -> Self;
    /// The part `range` of one axis.
    fn slice(&self, axis: usize, range: Range<usize>) -> Self;
    /// Tensors one after another along an axis.
    fn concat(parts: &[&Self], axis: usize) -> Self;
    /// The sum, `other` broadcast by the rules of [`crate::shape`].
    fn add(&self, other: &Self) -> Self;
    /// The difference, `other` broadcast by the rules of [`crate::shape`].
    fn sub(&self, other: &Self) -> Self;
    /// Sums over the last axis, which stays with length 1.
    fn sum_last(&self) -> Self;
    /// The same integers read at a scale of `bits` more fractional bits: values divided by 2^bits,
    /// without error or message.
    fn shift_point(self, bits: u32) -> Self;
}
