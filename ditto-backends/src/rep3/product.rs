//! Products before they are shared again, and right factors of matrix products.

use ditto_core::shape::Broadcast;
use ditto_core::{Ring, Word};
use typenum::U2;

use super::Rep3Share;
use crate::party::shares::Shares;

/// A tensor of products.
#[derive(Clone)]
pub enum Rep3Product<R: Ring> {
    /// Already shared like any value: the multiple of a shared value by a public one.
    Shared(Rep3Share<R>),
    /// One summand at each party; no message has been sent yet.
    Additive {
        /// The shape of the tensor.
        shape: Vec<usize>,
        /// This party's summand of every element.
        summand: Vec<R::Word>,
        /// Whether values must be in range to be scaled down: powers of very low exponents mean
        /// nothing, and need not be.
        bounded: bool,
    },
}

impl<R: Ring> Rep3Product<R> {
    pub(super) fn shape(&self) -> &[usize] {
        match self {
            Self::Shared(x) => x.shape(),
            Self::Additive { shape, .. } => shape,
        }
    }

    pub(super) fn bounded(&self) -> bool {
        match self {
            Self::Shared(_) => true,
            Self::Additive { bounded, .. } => *bounded,
        }
    }

    pub(super) fn zip(
        &self,
        other: &Self,
        shared: impl Fn(&Shares<R, U2>, &Shares<R, U2>) -> Shares<R, U2>,
        summands: impl Fn(R::Word, R::Word) -> R::Word,
    ) -> Self {
        if let (Self::Shared(x), Self::Shared(y)) = (self, other) {
            return Self::Shared(x.zip(y, shared));
        }
        let rule = Broadcast::of(self.shape(), other.shape());
        let summand = rule.zip(self.summand(), other.summand(), summands);
        let bounded = self.bounded() && other.bounded();
        Self::Additive { shape: self.shape().to_vec(), summand, bounded }
    }

    /// This party's summand; of a replicated value that is its first component.
    pub(super) fn summand(&self) -> &[R::Word] {
        match self {
            Self::Shared(x) => x.component(0),
            Self::Additive { summand, .. } => summand,
        }
    }
}

/// A right factor w of matrix products: what z_i = x_i (w_i + w_{i+1}) + x_{i+1} w_i needs.
#[derive(Clone)]
pub struct Rep3Weight<R: Ring> {
    pub(crate) shape: [usize; 2],
    pub(crate) sum: <R::Word as Word>::Packed,
    pub(crate) first: <R::Word as Word>::Packed,
}
