//! The shape of a tensor: local, exact and free.

use std::ops::Range;

use ditto_core::{Backend, Format, Linear};

use super::Tensor;

impl<B: Backend, Q: Format> Tensor<B, Q> {
    /// The same elements in row-major order under another shape.
    ///
    /// # Panics
    /// If the number of elements differs.
    #[track_caller]
    pub fn reshape(&self, shape: &[usize]) -> Self {
        Self::new(self.share.reshape(shape))
    }

    /// Axis i of the result is axis `axes[i]` of `self`.
    pub fn permute(&self, axes: &[usize]) -> Self {
        Self::new(self.share.permute(axes))
    }

    /// The part `range` of one axis.
    #[track_caller]
    pub fn slice(&self, axis: usize, range: Range<usize>) -> Self {
        Self::new(self.share.slice(axis, range))
    }

    /// The part `range` of the last axis.
    #[track_caller]
    pub fn slice_last(&self, range: Range<usize>) -> Self {
        self.slice(self.shape().len() - 1, range)
    }

    /// Tensors one after another along an axis.
    ///
    /// # Panics
    /// If there is none, or if their other axes differ.
    #[track_caller]
    pub fn concat(parts: &[&Self], axis: usize) -> Self {
        let shares: Vec<_> = parts.iter().map(|part| &part.share).collect();
        Self::new(Linear::concat(&shares, axis))
    }

    /// Tensors of the same shape along a new first axis.
    #[track_caller]
    pub fn stack(parts: &[&Self]) -> Self {
        let shape: Vec<usize> = [1].into_iter().chain(parts[0].shape().iter().copied()).collect();
        let parts: Vec<Self> = parts.iter().map(|part| part.reshape(&shape)).collect();
        Self::concat(&parts.iter().collect::<Vec<_>>(), 0)
    }

    /// Element `i` of the first axis: what [`Tensor::stack`] put there.
    #[track_caller]
    pub fn unstack(&self, i: usize) -> Self {
        let rest = self.shape()[1..].to_vec();
        self.slice(0, i..i + 1).reshape(&rest)
    }
}
