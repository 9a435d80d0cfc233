//! [`Backend`] for [`Rep3`]: which protocol each operation is.

use ditto_core::fixed::decode;
use ditto_core::{Backend, Levels, NarrowerThan, Operation, Ring, StepFunctions, Trace, Word};
use ndarray::ArrayD;

use super::party::{PartyError, Rep3};
use super::{Rep3Bit, Rep3Product as Product, Rep3Share as Share, Rep3Weight as Weight, protocols};
use crate::gadgets::constants::public_words;
use crate::party::arrays::array;
use crate::party::timed::Timed;

type Result<T> = std::result::Result<T, PartyError>;

impl Rep3 {
    /// Counts and times an operation that sends nothing.
    fn local<R: Ring, T>(&mut self, operation: &'static str, body: impl FnOnce() -> T) -> T {
        self.timed::<R, _>(|party| {
            let counted = Operation { operation, calls: 1, ..Operation::default() };
            party.account().count_operation(counted);
            body()
        })
    }

    /// Runs an operation on operands of `R`; its result is marked with it.
    fn operation<R: Ring, S: Ring>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<Share<S>>,
    ) -> Result<Share<S>> {
        let result = self.timed::<R, _>(body)?;
        Ok(result.marked(self.mark()))
    }
}

// Three places in the source would not help who passes something that is no backend.
#[diagnostic::do_not_recommend]
impl Backend for Rep3 {
    type Share<R: Ring> = Share<R>;
    type Product<R: Ring> = Product<R>;
    type Weight<R: Ring> = Weight<R>;
    type Bit = Rep3Bit;
    type Error = PartyError;
    type Verdict = ();

    const NAME: &'static str = "rep3";

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

    fn mul_public<R: Ring>(x: &Share<R>, values: &ArrayD<f64>, frac: u32) -> Product<R> {
        Product::Shared(x.times(&public_words(values, frac)))
    }

    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &Share<R>, bits: u32) -> Share<S> {
        x.narrow(bits)
    }

    fn product_of<R: Ring>(x: &Share<R>) -> Product<R> {
        Product::Shared(x.clone())
    }

    /// Local.
    fn prepare<R: Ring>(&mut self, w: &Share<R>) -> Result<Weight<R>> {
        Ok(protocols::weight(w))
    }

    fn matmul_weight<R: Ring>(&mut self, x: &Share<R>, w: &Weight<R>) -> Result<Product<R>> {
        Ok(self.local::<R, _>("matrix product", || protocols::matmul_weight(x, w)))
    }

    fn matmul<R: Ring>(&mut self, x: &Share<R>, y: &Share<R>, t: bool) -> Result<Product<R>> {
        Ok(self.local::<R, _>("matrix product", || protocols::matmul(x, y, t)))
    }

    fn mul<R: Ring>(&mut self, x: &Share<R>, y: &Share<R>) -> Result<Product<R>> {
        Ok(self.local::<R, _>("product", || protocols::mul(x, y)))
    }

    fn truncate<R: Ring>(&mut self, x: Product<R>, bits: u32) -> Result<Share<R>> {
        self.operation::<R, _>(|party| match bits {
            0 => protocols::reshare(party, x),
            _ => protocols::truncate(party, x, bits),
        })
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(&mut self, x: &Share<R>, up: u32) -> Result<Share<W>> {
        self.operation::<R, _>(|party| protocols::widen(party, x, up))
    }

    fn truncate_widen<R, W>(&mut self, x: Product<R>, bits: u32) -> Result<Share<W>>
    where
        R: NarrowerThan<W>,
        W: Ring,
    {
        self.operation::<R, _>(|party| protocols::truncate_widen(party, x, bits))
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &Share<R>,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<Share<R>>> {
        let values =
            self.timed::<R, _>(|party| protocols::step_functions(party, x, frac, steps))?;
        Ok(values.into_iter().map(|y| y.marked(self.mark())).collect())
    }

    fn exp2<R: Ring>(&mut self, x: &Share<R>, frac: u32) -> Result<Product<R>> {
        self.timed::<R, _>(|party| protocols::exp2(party, x, frac))
    }

    fn row_maximum<R: Ring>(&mut self, x: &Share<R>, frac: u32, to: &Levels) -> Result<Share<R>> {
        self.operation::<R, _>(|party| protocols::row_maximum(party, x, frac, to))
    }

    fn is_negative<R: Ring>(&mut self, x: &Share<R>, width: u32) -> Result<Rep3Bit> {
        self.timed::<R, _>(|party| protocols::is_negative(party, x, width))
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &Rep3Bit) -> Result<Share<R>> {
        self.operation::<R, _>(|party| protocols::bit_to_ring(party, bit))
    }

    fn open<R: Ring>(&mut self, x: &Share<R>, frac: u32) -> Result<ArrayD<f64>> {
        let words = self.timed::<R, _>(|party| protocols::open(party, x))?;
        Ok(array(x.shape(), words.into_iter().map(|w| decode::<R>(w, frac)).collect()))
    }
}
