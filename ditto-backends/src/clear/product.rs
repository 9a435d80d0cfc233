//! Products as an account of `Rep3` knows them.

use std::ops::Range;

use ditto_core::Linear;

/// A tensor of products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product<S> {
    pub(crate) value: S,
    /// Whether `Rep3` holds it as an ordinary share, which makes truncation cheaper.
    pub(crate) reshared: bool,
}

impl<S> Product<S> {
    /// A product that no party has resent yet.
    pub(crate) fn fresh(value: S) -> Self {
        Self { value, reshared: false }
    }

    /// A multiple of a shared value by a public one.
    pub(crate) fn shared(value: S) -> Self {
        Self { value, reshared: true }
    }

    fn map(&self, f: impl FnOnce(&S) -> S) -> Self {
        Self { value: f(&self.value), reshared: self.reshared }
    }

    fn zip(&self, other: &Self, f: impl FnOnce(&S, &S) -> S) -> Self {
        let reshared = self.reshared && other.reshared;
        Self { value: f(&self.value, &other.value), reshared }
    }
}

impl<S: Linear> Linear for Product<S> {
    fn shape(&self) -> &[usize] {
        self.value.shape()
    }

    fn reshape(&self, shape: &[usize]) -> Self {
        self.map(|x| x.reshape(shape))
    }

    fn permute(&self, axes: &[usize]) -> Self {
        self.map(|x| x.permute(axes))
    }

    fn slice(&self, axis: usize, range: Range<usize>) -> Self {
        self.map(|x| x.slice(axis, range))
    }

    fn concat(parts: &[&Self], axis: usize) -> Self {
        let values: Vec<&S> = parts.iter().map(|part| &part.value).collect();
        let reshared = parts.iter().all(|part| part.reshared);
        Self { value: S::concat(&values, axis), reshared }
    }

    fn add(&self, other: &Self) -> Self {
        self.zip(other, S::add)
    }

    fn sub(&self, other: &Self) -> Self {
        self.zip(other, S::sub)
    }

    fn sum_last(&self) -> Self {
        self.map(S::sum_last)
    }

    fn shift_point(self, bits: u32) -> Self {
        Self { value: self.value.shift_point(bits), reshared: self.reshared }
    }
}
