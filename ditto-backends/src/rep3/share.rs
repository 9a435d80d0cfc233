//! What a party holds of a tensor, and the audit that the tensor is part of.

use std::ops::{Deref, Range};

use ditto_core::{Linear, Ring};
use generic_array::GenericArray;
use typenum::U2;

use super::audit::Audit;
use crate::party::shares::{Held, Shares, array};

/// What party i holds of a tensor: the components x_i and x_{i+1}.
pub struct Rep3Share<R: Ring> {
    components: Shares<R, U2>,
    /// Where narrowing, which is local and knows no party, leaves a test of its range.
    pub(super) audit: Option<Audit>,
}

impl<R: Ring> Clone for Rep3Share<R> {
    fn clone(&self) -> Self {
        Self { components: self.components.clone(), audit: self.audit.clone() }
    }
}

impl<R: Ring> Deref for Rep3Share<R> {
    type Target = Shares<R, U2>;

    fn deref(&self) -> &Shares<R, U2> {
        &self.components
    }
}

impl<R: Ring> Rep3Share<R> {
    /// Marked for what local operations need of public coins: see [`Shares::marked`].
    pub(crate) fn marked(self, mark: u64) -> Self {
        Self { components: self.components.marked(mark), ..self }
    }

    /// A local function of a tensor.
    pub(crate) fn map<S: Ring>(
        &self,
        f: impl FnOnce(&Shares<R, U2>) -> Shares<S, U2>,
    ) -> Rep3Share<S> {
        Rep3Share { components: f(&self.components), audit: self.audit.clone() }
    }

    /// A local function of two tensors.
    pub(crate) fn zip(
        &self,
        other: &Self,
        f: impl FnOnce(&Shares<R, U2>, &Shares<R, U2>) -> Shares<R, U2>,
    ) -> Self {
        let audit = Audit::of_all([&self.audit, &other.audit].into_iter());
        Self { components: f(&self.components, &other.components), audit }
    }
}

impl<R: Ring> Linear for Rep3Share<R> {
    fn shape(&self) -> &[usize] {
        self.components.shape()
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
        let components: Vec<_> = parts.iter().map(|part| &part.components).collect();
        let audit = Audit::of_all(parts.iter().map(|part| &part.audit));
        Self { components: Shares::concat(&components, axis), audit }
    }

    fn add(&self, other: &Self) -> Self {
        self.zip(other, Shares::add)
    }

    fn sub(&self, other: &Self) -> Self {
        self.zip(other, Shares::sub)
    }

    fn sum_last(&self) -> Self {
        self.map(Shares::sum_last)
    }

    fn shift_point(self, _: u32) -> Self {
        self
    }
}

/// A party's share from its two components.
pub(crate) fn share<R: Ring>(
    party: usize,
    shape: &[usize],
    first: Vec<R::Word>,
    second: Vec<R::Word>,
) -> Rep3Share<R> {
    let components = GenericArray::from_array([array(shape, first), array(shape, second)]);
    let components = Shares::new(components, Held { first: Some(party), of: 3 });
    Rep3Share { components, audit: None }
}
