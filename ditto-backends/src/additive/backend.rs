//! [`Backend`] for [`Additive`]: which protocol each operation is.

use ditto_core::fixed::decode;
use ditto_core::{Backend, Levels, NarrowerThan, Ring, StepFunctions, Trace, Word};
use ndarray::ArrayD;

use super::party::Additive;
use super::{AdditiveBit, AdditiveShare as Share, AdditiveWeight as Weight, PartyError, protocols};
use crate::gadgets::constants::public_words;
use crate::party::arrays::array;
use crate::party::timed::Timed;

type Result<T> = std::result::Result<T, PartyError>;

impl Additive {
    /// Runs an operation on operands of `R`; its result is marked with it.
    fn operation<R: Ring, S: Ring>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<Share<S>>,
    ) -> Result<Share<S>> {
        let result = self.timed::<R, _>(body)?;
        Ok(result.marked(self.mark()))
    }
}

#[diagnostic::do_not_recommend]
impl Backend for Additive {
    type Share<R: Ring> = Share<R>;
    /// Shared like any value: see [`Backend::mul`], which sends messages here.
    type Product<R: Ring> = Share<R>;
    type Weight<R: Ring> = Weight<R>;
    type Bit = AdditiveBit;
    type Error = PartyError;
    type Verdict = ();

    const NAME: &'static str = "additive";

    fn trace(&mut self) -> &mut Trace {
        self.account()
    }

    fn scale<R: Ring>(x: &Share<R>, factor: i64) -> Share<R> {
        x.scale(R::Word::from_u64(factor as u64))
    }

    fn raise<R: Ring>(x: &Share<R>, bits: u32) -> Share<R> {
        x.raise(bits)
    }

    fn add_public<R: Ring>(x: &Share<R>, values: &ArrayD<f64>, frac: u32) -> Share<R> {
        x.plus(&public_words(values, frac))
    }

    fn mul_public<R: Ring>(x: &Share<R>, values: &ArrayD<f64>, frac: u32) -> Share<R> {
        x.times(&public_words(values, frac))
    }

    /// The floor or 1 more, as the lower parts of both summands carry or not.
    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &Share<R>, bits: u32) -> Share<S> {
        x.narrow(bits)
    }

    fn product_of<R: Ring>(x: &Share<R>) -> Share<R> {
        x.clone()
    }

    /// 1 round: the parties reveal the weight less its mask to each other, k bits an element from each.
    fn prepare<R: Ring>(&mut self, w: &Share<R>) -> Result<Weight<R>> {
        self.timed::<R, _>(|node| protocols::weight(node, w))
    }

    fn matmul_weight<R: Ring>(&mut self, x: &Share<R>, w: &Weight<R>) -> Result<Share<R>> {
        self.operation::<R, _>(|node| protocols::matmul_weight(node, x, w))
    }

    fn matmul<R: Ring>(&mut self, x: &Share<R>, y: &Share<R>, t: bool) -> Result<Share<R>> {
        self.operation::<R, _>(|node| protocols::matmul(node, x, y, t))
    }

    fn mul<R: Ring>(&mut self, x: &Share<R>, y: &Share<R>) -> Result<Share<R>> {
        self.operation::<R, _>(|node| protocols::mul(node, x, y))
    }

    fn truncate<R: Ring>(&mut self, x: Share<R>, bits: u32) -> Result<Share<R>> {
        self.operation::<R, _>(|node| protocols::truncate(node, x, bits))
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(&mut self, x: &Share<R>, up: u32) -> Result<Share<W>> {
        self.operation::<R, _>(|node| protocols::widen(node, x, up))
    }

    fn truncate_widen<R, W>(&mut self, x: Share<R>, bits: u32) -> Result<Share<W>>
    where
        R: NarrowerThan<W>,
        W: Ring,
    {
        self.operation::<R, _>(|node| protocols::truncate_widen(node, &x, bits))
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &Share<R>,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<Share<R>>> {
        let values = self.timed::<R, _>(|node| protocols::step_functions(node, x, frac, steps))?;
        Ok(values.into_iter().map(|y| y.marked(self.mark())).collect())
    }

    fn exp2<R: Ring>(&mut self, x: &Share<R>, frac: u32) -> Result<Share<R>> {
        self.operation::<R, _>(|node| protocols::exp2(node, x, frac))
    }

    fn row_maximum<R: Ring>(&mut self, x: &Share<R>, frac: u32, to: &Levels) -> Result<Share<R>> {
        self.operation::<R, _>(|node| protocols::row_maximum(node, x, frac, to))
    }

    fn is_negative<R: Ring>(&mut self, x: &Share<R>, width: u32) -> Result<AdditiveBit> {
        self.timed::<R, _>(|node| protocols::is_negative(node, x, width))
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &AdditiveBit) -> Result<Share<R>> {
        self.operation::<R, _>(|node| protocols::bit_to_ring(node, bit))
    }

    fn open<R: Ring>(&mut self, x: &Share<R>, frac: u32) -> Result<ArrayD<f64>> {
        let words = self.timed::<R, _>(|node| protocols::open(node, x))?;
        Ok(array(x.shape(), words.into_iter().map(|w| decode::<R>(w, frac)).collect()))
    }
}
