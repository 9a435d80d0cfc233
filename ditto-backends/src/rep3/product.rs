//! Products before they are shared again, and right factors of matrix products.

use std::ops::Range;

use ditto_core::shape::Broadcast;
use ditto_core::{Linear, Ring, Word};
use ndarray::ArrayD;
use num_traits::{WrappingAdd, WrappingSub};

use super::Rep3Share;
use crate::party::shares::{array, joined, permuted, sliced, sum_rows};

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
    },
}

impl<R: Ring> Rep3Product<R> {
    /// This party's summand; of a replicated value that is its first component.
    fn summand(&self) -> &[R::Word] {
        match self {
            Self::Shared(x) => x.component(0),
            Self::Additive { summand, .. } => summand,
        }
    }

    /// `shared` of a replicated value, or `summands` of the party's summands as an array.
    fn map(
        &self,
        shared: impl FnOnce(&Rep3Share<R>) -> Rep3Share<R>,
        summands: impl FnOnce(ArrayD<R::Word>) -> ArrayD<R::Word>,
    ) -> Self {
        match self {
            Self::Shared(x) => Self::Shared(shared(x)),
            Self::Additive { shape, summand } => {
                Self::additive(summands(array(shape, summand.clone())))
            }
        }
    }

    fn zip(
        &self,
        other: &Self,
        shared: impl Fn(&Rep3Share<R>, &Rep3Share<R>) -> Rep3Share<R>,
        summands: impl Fn(R::Word, R::Word) -> R::Word,
    ) -> Self {
        if let (Self::Shared(x), Self::Shared(y)) = (self, other) {
            return Self::Shared(shared(x, y));
        }
        let rule = Broadcast::of(self.shape(), other.shape());
        let summand = rule.zip(self.summand(), other.summand(), summands);
        Self::Additive { shape: self.shape().to_vec(), summand }
    }

    fn additive(summands: ArrayD<R::Word>) -> Self {
        let shape = summands.shape().to_vec();
        Self::Additive { shape, summand: summands.into_raw_vec_and_offset().0 }
    }
}

impl<R: Ring> Linear for Rep3Product<R> {
    fn shape(&self) -> &[usize] {
        match self {
            Self::Shared(x) => x.shape(),
            Self::Additive { shape, .. } => shape,
        }
    }

    fn reshape(&self, shape: &[usize]) -> Self {
        let reshaped = |x: ArrayD<R::Word>| {
            let from = x.shape().to_vec();
            let reshaped = x.into_shape_with_order(shape);
            reshaped.unwrap_or_else(|_| panic!("{from:?} reshaped to {shape:?}"))
        };
        self.map(|x| x.reshape(shape), reshaped)
    }

    fn permute(&self, axes: &[usize]) -> Self {
        self.map(|x| x.permute(axes), |x| permuted(&x, axes))
    }

    fn slice(&self, axis: usize, range: Range<usize>) -> Self {
        self.map(|x| x.slice(axis, range.clone()), |x| sliced(&x, axis, range.clone()))
    }

    fn concat(parts: &[&Self], axis: usize) -> Self {
        let shared = parts.iter().map(|part| match part {
            Self::Shared(x) => Some(x),
            Self::Additive { .. } => None,
        });
        if let Some(shared) = shared.collect::<Option<Vec<_>>>() {
            return Self::Shared(Rep3Share::concat(&shared, axis));
        }
        if axis == 0 {
            let inner = |part: &Self| part.shape()[1..].to_vec();
            let first = parts[0];
            for part in parts {
                let (own, other) = (first.shape(), part.shape());
                assert!(inner(first) == inner(part), "{own:?} and {other:?} joined");
            }
            let mut shape = parts[0].shape().to_vec();
            shape[0] = parts.iter().map(|part| part.shape()[0]).sum();
            let summand = parts.iter().flat_map(|part| part.summand().iter().copied()).collect();
            return Self::Additive { shape, summand };
        }
        let arrays: Vec<_> =
            parts.iter().map(|part| array(part.shape(), part.summand().to_vec())).collect();
        let arrays: Vec<_> = arrays.iter().collect();
        Self::additive(joined(&arrays, axis))
    }

    fn add(&self, other: &Self) -> Self {
        self.zip(other, Linear::add, |x, y| x.wrapping_add(&y))
    }

    fn sub(&self, other: &Self) -> Self {
        self.zip(other, Linear::sub, |x, y| x.wrapping_sub(&y))
    }

    fn sum_last(&self) -> Self {
        let sums = |x| sum_rows(&x, R::Word::default(), |x, y| x.wrapping_add(&y));
        self.map(Linear::sum_last, sums)
    }

    fn shift_point(self, _: u32) -> Self {
        self
    }
}

/// A right factor w of matrix products: what z_i = x_i (w_i + w_{i+1}) + x_{i+1} w_i needs.
#[derive(Clone)]
pub struct Rep3Weight<R: Ring> {
    pub(crate) shape: [usize; 2],
    pub(crate) sum: <R::Word as Word>::Packed,
    pub(crate) first: <R::Word as Word>::Packed,
}
