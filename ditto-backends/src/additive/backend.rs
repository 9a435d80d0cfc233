//! [`Backend`] for [`Additive`]: which protocol each operation is.

use std::sync::{Arc, OnceLock};

use ditto_core::fixed::decode;
use ditto_core::{Backend, Levels, NarrowerThan, Ring, StepFunctions, Trace, Word};
use ndarray::ArrayD;

use super::party::Additive;
use super::{AdditiveBit, AdditiveShare, PartyError, protocols};
use crate::gadgets::constants::public;
use crate::party::shares::array;
use crate::party::timed::Timed;

/// A right factor of matrix products. What its first product finds out is kept for all others, and
/// for all clones.
///
/// So the first product must be the same one at all three nodes: computations that run at the same
/// time cannot have prepared weights in common.
#[derive(Clone)]
pub struct AdditiveWeight<R: Ring> {
    pub(crate) share: AdditiveShare<R>,
    pub(crate) factors: Arc<OnceLock<Factors<R>>>,
}

/// What a node multiplies with, ready for the kernels.
pub(crate) enum Factors<R: Ring> {
    /// At a party.
    Party {
        /// Its share.
        share: <R::Word as Word>::Packed,
        /// The weight less its mask.
        masked: <R::Word as Word>::Packed,
    },
    /// At the dealer.
    Dealer {
        /// The mask.
        mask: <R::Word as Word>::Packed,
    },
}

impl Additive {
    /// Runs an operation on operands of `R`; its result is marked with it.
    fn operation<R: Ring, S: Ring>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<AdditiveShare<S>, PartyError>,
    ) -> Result<AdditiveShare<S>, PartyError> {
        let result = self.timed::<R, _>(body)?;
        Ok(result.marked(self.mark()))
    }
}

#[diagnostic::do_not_recommend]
impl Backend for Additive {
    type Share<R: Ring> = AdditiveShare<R>;
    /// Shared like any value: see [`Backend::mul`], which sends messages here.
    type Product<R: Ring> = AdditiveShare<R>;
    type Weight<R: Ring> = AdditiveWeight<R>;
    type Bit = AdditiveBit;
    type Error = PartyError;

    const NAME: &'static str = "additive";

    fn trace(&mut self) -> &mut Trace {
        self.account()
    }

    fn scale<R: Ring>(x: &AdditiveShare<R>, factor: i64) -> AdditiveShare<R> {
        x.scale(R::Word::from_u64(factor as u64))
    }

    fn raise<R: Ring>(x: &AdditiveShare<R>, bits: u32) -> AdditiveShare<R> {
        x.raise(bits)
    }

    fn add_public<R: Ring>(x: &AdditiveShare<R>, value: f64, frac: u32) -> AdditiveShare<R> {
        x.add_constant(public(value, frac))
    }

    fn mul_public<R: Ring>(x: &AdditiveShare<R>, value: f64, frac: u32) -> AdditiveShare<R> {
        x.scale(public(value, frac))
    }

    /// The floor or 1 more, as the lower parts of both summands carry or not.
    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &AdditiveShare<R>, bits: u32) -> AdditiveShare<S> {
        x.narrow(bits)
    }

    fn product_of<R: Ring>(x: &AdditiveShare<R>) -> AdditiveShare<R> {
        x.clone()
    }

    fn prepare<R: Ring>(w: &AdditiveShare<R>) -> AdditiveWeight<R> {
        assert_eq!(
            w.shape().len(),
            2,
            "a weight has two dimensions, not the shape {:?}",
            w.shape()
        );
        AdditiveWeight { share: w.clone(), factors: Arc::default() }
    }

    fn weight_shape<R: Ring>(w: &AdditiveWeight<R>) -> [usize; 2] {
        [w.share.shape()[0], w.share.shape()[1]]
    }

    fn matmul_weight<R: Ring>(
        &mut self,
        x: &AdditiveShare<R>,
        w: &AdditiveWeight<R>,
    ) -> Result<AdditiveShare<R>, PartyError> {
        self.operation::<R, _>(|node| protocols::matmul_weight(node, x, w))
    }

    fn matmul<R: Ring>(
        &mut self,
        x: &AdditiveShare<R>,
        y: &AdditiveShare<R>,
        transposed: bool,
    ) -> Result<AdditiveShare<R>, PartyError> {
        self.operation::<R, _>(|node| protocols::matmul(node, x, y, transposed))
    }

    fn mul<R: Ring>(
        &mut self,
        x: &AdditiveShare<R>,
        y: &AdditiveShare<R>,
    ) -> Result<AdditiveShare<R>, PartyError> {
        self.operation::<R, _>(|node| protocols::mul(node, x, y))
    }

    fn truncate<R: Ring>(
        &mut self,
        x: AdditiveShare<R>,
        bits: u32,
    ) -> Result<AdditiveShare<R>, PartyError> {
        self.operation::<R, _>(|node| protocols::truncate(node, x, bits))
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: &AdditiveShare<R>,
        up: u32,
    ) -> Result<AdditiveShare<W>, PartyError> {
        self.operation::<R, _>(|node| protocols::widen(node, x, up))
    }

    fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: AdditiveShare<R>,
        bits: u32,
    ) -> Result<AdditiveShare<W>, PartyError> {
        self.operation::<R, _>(|node| protocols::truncate_widen(node, &x, bits))
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &AdditiveShare<R>,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<AdditiveShare<R>>, PartyError> {
        let values = self.timed::<R, _>(|node| protocols::step_functions(node, x, frac, steps))?;
        Ok(values.into_iter().map(|y| y.marked(self.mark())).collect())
    }

    fn exp2<R: Ring>(
        &mut self,
        x: &AdditiveShare<R>,
        frac: u32,
    ) -> Result<AdditiveShare<R>, PartyError> {
        self.operation::<R, _>(|node| protocols::exp2(node, x, frac))
    }

    fn row_maximum<R: Ring>(
        &mut self,
        x: &AdditiveShare<R>,
        frac: u32,
        levels: &Levels,
    ) -> Result<AdditiveShare<R>, PartyError> {
        self.operation::<R, _>(|node| protocols::row_maximum(node, x, frac, levels))
    }

    fn is_negative<R: Ring>(
        &mut self,
        x: &AdditiveShare<R>,
        width: u32,
    ) -> Result<AdditiveBit, PartyError> {
        self.timed::<R, _>(|node| protocols::is_negative(node, x, width))
    }

    fn bit_shape(x: &AdditiveBit) -> &[usize] {
        x.shape()
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &AdditiveBit) -> Result<AdditiveShare<R>, PartyError> {
        self.operation::<R, _>(|node| protocols::bit_to_ring(node, bit))
    }

    fn open<R: Ring>(
        &mut self,
        x: &AdditiveShare<R>,
        frac: u32,
    ) -> Result<ArrayD<f64>, PartyError> {
        let words = self.timed::<R, _>(|node| protocols::open(node, x))?;
        Ok(array(x.shape(), words.into_iter().map(|w| decode::<R>(w, frac)).collect()))
    }
}
