//! A value that knows the audit that it is part of.

use std::ops::Range;

use ditto_core::fixed::OutOfFormat;
use ditto_core::{Linear, Ring, Source};
use ndarray::ArrayD;

use super::Audited;
use super::log::Audit;
use crate::rep3::sharing::Rep3Source;
use crate::rep3::{Rep3Product, Rep3Share};

/// A tensor and the audit that it is part of: narrowing, which is local and knows no party, leaves a test
/// of its range there. What an owner has shared is part of none.
#[derive(Clone)]
pub struct Watched<S> {
    pub(super) value: S,
    pub(super) audit: Option<Audit>,
    /// Whether a product must be in range to be scaled down: powers of very low exponents mean nothing,
    /// and need not be.
    pub(super) bounded: bool,
}

/// What party i holds of a tensor in an audit.
pub type AuditedShare<R> = Watched<Rep3Share<R>>;
/// A tensor of products in an audit.
pub type AuditedProduct<R> = Watched<Rep3Product<R>>;

impl<S> From<S> for Watched<S> {
    /// A value that is part of no audit yet.
    fn from(value: S) -> Self {
        Self::new(value, None)
    }
}

impl<S> Watched<S> {
    pub(super) fn new(value: S, audit: Option<Audit>) -> Self {
        Self { value, audit, bounded: true }
    }

    /// The share itself.
    pub fn into_inner(self) -> S {
        self.value
    }

    /// A local function of a tensor.
    pub(super) fn map<T>(&self, f: impl FnOnce(&S) -> T) -> Watched<T> {
        Watched { value: f(&self.value), audit: self.audit.clone(), bounded: self.bounded }
    }

    /// A local function of two tensors.
    fn zip(&self, other: &Self, f: impl FnOnce(&S, &S) -> S) -> Self {
        let audit = Audit::of_all([&self.audit, &other.audit].into_iter());
        let bounded = self.bounded && other.bounded;
        Self { value: f(&self.value, &other.value), audit, bounded }
    }
}

impl<S: Linear> Linear for Watched<S> {
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
        let values: Vec<_> = parts.iter().map(|part| &part.value).collect();
        let audit = Audit::of_all(parts.iter().map(|part| &part.audit));
        let bounded = parts.iter().all(|part| part.bounded);
        Self { value: S::concat(&values, axis), audit, bounded }
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
        Self { value: self.value.shift_point(bits), ..self }
    }
}

#[diagnostic::do_not_recommend]
impl Source<Audited> for Rep3Source {
    fn share<R: Ring>(
        &mut self,
        values: &ArrayD<f64>,
        frac: u32,
    ) -> Result<AuditedShare<R>, OutOfFormat> {
        Ok(self.share(values, frac)?.into())
    }
}
