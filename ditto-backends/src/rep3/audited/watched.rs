//! A value that knows the audit that it is part of.

use ditto_core::fixed::OutOfFormat;
use ditto_core::{Linear, LinearMap, Ring, Source};
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
}

impl<S: Linear> Linear for Watched<S> {
    fn shape(&self) -> &[usize] {
        self.value.shape()
    }

    fn apply(map: &LinearMap<'_>, operands: &[&Self]) -> Self {
        let values: Vec<&S> = operands.iter().map(|x| &x.value).collect();
        Self {
            value: S::apply(map, &values),
            audit: Audit::of_all(operands.iter().map(|x| &x.audit)),
            bounded: operands.iter().all(|x| x.bounded),
        }
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
