//! Products as an account of `Rep3` knows them.

use ditto_core::{Linear, LinearMap};

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
}

impl<S: Linear> Linear for Product<S> {
    fn shape(&self) -> &[usize] {
        self.value.shape()
    }

    fn apply(map: &LinearMap<'_>, operands: &[&Self]) -> Self {
        let values: Vec<&S> = operands.iter().map(|x| &x.value).collect();
        Self { value: S::apply(map, &values), reshared: operands.iter().all(|x| x.reshared) }
    }

    fn shift_point(self, bits: u32) -> Self {
        Self { value: self.value.shift_point(bits), ..self }
    }
}
