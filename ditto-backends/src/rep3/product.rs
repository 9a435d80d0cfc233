//! Products before they are shared again, and right factors of matrix products.

use ditto_core::{Linear, LinearMap, Ring, Word};
use ndarray::ArrayViewD;

use super::Rep3Share;
use crate::party::arrays::linear_of_words;

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
    /// This party's summands; of a replicated value they are its first component.
    fn summands(&self) -> ArrayViewD<'_, R::Word> {
        let summands = match self {
            Self::Shared(x) => x.component(0),
            Self::Additive { summand, .. } => summand,
        };
        ArrayViewD::from_shape(self.shape(), summands)
            .expect("a summand for each place of the shape")
    }
}

impl<R: Ring> Linear for Rep3Product<R> {
    fn shape(&self) -> &[usize] {
        match self {
            Self::Shared(x) => x.shape(),
            Self::Additive { shape, .. } => shape,
        }
    }

    fn apply(map: &LinearMap<'_>, operands: &[&Self]) -> Self {
        let shared = operands.iter().map(|x| match x {
            Self::Shared(x) => Some(x),
            Self::Additive { .. } => None,
        });
        if let Some(shared) = shared.collect::<Option<Vec<_>>>() {
            return Self::Shared(Rep3Share::apply(map, &shared));
        }
        let summands: Vec<_> = operands.iter().map(|x| x.summands()).collect();
        let result = linear_of_words(map, &summands);
        let shape = result.shape().to_vec();
        Self::Additive { shape, summand: result.into_raw_vec_and_offset().0 }
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
