//! [`Backend`] for [`Sim`].

use std::ops::Range;

use ditto_core::fixed::exp2;
use ditto_core::shape::Broadcast;
use ditto_core::{Backend, Levels, Linear, NarrowerThan, Ring, StepFunctions, Trace, Word};
use ndarray::ArrayD;
use typenum::U1;

use super::operations::{self, integer_array};
use super::share::{Fault, SimProduct as Product, SimShare as Share, SimWeight as Weight};
use super::{Sim, SimError};
use crate::clear::local_coins::derived_from;
use crate::gadgets::constants::public_words;
use crate::party::arrays::elements;
use crate::party::shares::{Bits, check_narrowing};
use crate::party::timed::Timed;

type Bit = Bits<U1>;
type Result<T> = std::result::Result<T, SimError>;

/// What an operation with public numbers of `frac` fractional bits truly gives, as integers.
fn with_public<R: Ring>(
    x: &Share<R>,
    values: &ArrayD<f64>,
    frac: u32,
    f: impl Fn(i128, i128) -> i128,
) -> Vec<i128> {
    let rule = Broadcast::of(x.shape(), values.shape());
    let integers = values.as_standard_layout().mapv(|value| (value * exp2(frac)).round() as i128);
    let own: Vec<i128> = x.integers().collect();
    rule.zip(&own, elements(&integers), f)
}

// Three places in the source would not help who passes something that is no backend.
#[diagnostic::do_not_recommend]
impl Backend for Sim {
    type Share<R: Ring> = Share<R>;
    type Product<R: Ring> = Product<R>;
    type Weight<R: Ring> = Weight<R>;
    type Bit = Bit;
    type Error = SimError;
    type Verdict = ();

    const NAME: &'static str = "sim";

    fn trace(&mut self) -> &mut Trace {
        &mut self.account.trace
    }

    fn scope<T>(&mut self, name: &str, body: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.enter(name);
        let result = body(self);
        self.leave();
        result
    }

    fn declare_range<R: Ring>(&mut self, x: &Share<R>, frac: u32, range: Range<f64>) -> Result<()> {
        let inside = |range: &Range<f64>, v: f64| range.contains(&v);
        self.report(x, || Fault::find_declared("declared range", x, frac, range, inside))
    }

    fn declare_compared<R: Ring>(&mut self, x: &Share<R>, frac: u32, bound: f64) -> Result<()> {
        // Both ends are outside.
        let inside = |range: &Range<f64>, v: f64| range.start < v && v < range.end;
        let find = || Fault::find_declared("comparison", x, frac, -bound..bound, inside);
        // What is declared is a magnitude.
        self.report(x, || find().map(|fault| Fault { bound, ..fault }))
    }

    fn scale<R: Ring>(x: &Share<R>, factor: i64) -> Share<R> {
        let truth = x.integers().map(|v| v * i128::from(factor));
        let words = x.words.scale(R::Word::from_u64(factor as u64));
        x.checked(words, "integer multiple", truth, x.frac)
    }

    fn raise<R: Ring>(x: &Share<R>, bits: u32) -> Share<R> {
        let truth = x.integers().map(|v| v.saturating_mul(1 << bits.min(126)));
        x.checked(x.words.raise(bits), "raise", truth, x.frac + bits)
    }

    fn add_public<R: Ring>(x: &Share<R>, values: &ArrayD<f64>, frac: u32) -> Share<R> {
        let truth = with_public(x, values, frac, i128::saturating_add);
        let words = x.words.plus(&public_words(values, frac));
        x.checked(words, "addition of a constant", truth.into_iter(), x.frac)
    }

    fn mul_public<R: Ring>(x: &Share<R>, values: &ArrayD<f64>, frac: u32) -> Product<R> {
        let truth = with_public(x, values, frac, i128::saturating_mul);
        let words = x.words.times(&public_words(values, frac));
        let operation = "multiplication by a constant";
        Product::shared(x.checked(words, operation, truth.into_iter(), x.frac + frac))
    }

    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &Share<R>, bits: u32) -> Share<S> {
        check_narrowing::<R, S>(bits);
        // As three components would be: two of them uniform below the cut, the third what is missing.
        let below = (1u64 << bits) - 1;
        let words = || x.elements().iter().map(|word| word.to_u64());
        let coins: Vec<u64> = derived_from(words()).words(x.elements().len());
        let cut = |(word, coins): (u64, u64)| {
            let (r0, r1) = (coins & below, coins.rotate_right(29) & below);
            // Half of what three floors lose at most; halves are rounded by a coin.
            let lost = (3 * below + (coins >> 63 & below)) / 2;
            let x = word.wrapping_add(lost);
            let r2 = x.wrapping_sub(r0).wrapping_sub(r1) & below;
            let high = x.wrapping_sub(r0).wrapping_sub(r1).wrapping_sub(r2) as i64 >> bits;
            S::Word::from_u64(high as u64)
        };
        let words = words().zip(coins).map(cut).collect();
        let frac = x.frac - bits;
        let find = || Fault::find::<S>("narrow", x.integers(), S::BITS - 2 + bits, x.frac);
        let find = || x.here(find().map(|fault| Fault { frac, ..fault }));
        let mark = x.mark.clone().or_else(find);
        Share { mark, scopes: x.scopes.clone(), ..Share::new(x.shape(), words, frac) }
    }

    fn product_of<R: Ring>(x: &Share<R>) -> Product<R> {
        Product::shared(x.clone())
    }

    fn prepare<R: Ring>(&mut self, w: &Share<R>) -> Result<Weight<R>> {
        let &[k, n] = w.shape() else {
            panic!("a weight has two dimensions, not the shape {:?}", w.shape());
        };
        Ok(Weight {
            packed: R::Word::pack_factor(w.elements(), k, n, false),
            integers: integer_array(w),
            value: w.clone(),
        })
    }

    fn matmul_weight<R: Ring>(&mut self, x: &Share<R>, w: &Weight<R>) -> Result<Product<R>> {
        self.timed::<R, _>(|sim| operations::matmul_weight(sim, x, w))
    }

    fn matmul<R: Ring>(&mut self, x: &Share<R>, y: &Share<R>, t: bool) -> Result<Product<R>> {
        self.timed::<R, _>(|sim| operations::matmul(sim, x, y, t))
    }

    fn mul<R: Ring>(&mut self, x: &Share<R>, y: &Share<R>) -> Result<Product<R>> {
        self.timed::<R, _>(|sim| operations::mul(sim, x, y))
    }

    fn truncate<R: Ring>(&mut self, x: Product<R>, bits: u32) -> Result<Share<R>> {
        self.timed::<R, _>(|sim| operations::truncate(sim, x, bits))
    }

    fn truncate_widen<R, W>(&mut self, x: Product<R>, bits: u32) -> Result<Share<W>>
    where
        R: NarrowerThan<W>,
        W: Ring,
    {
        self.timed::<R, _>(|sim| operations::truncate_widen(sim, x, bits))
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(&mut self, x: &Share<R>, up: u32) -> Result<Share<W>> {
        self.timed::<R, _>(|sim| operations::widen(sim, x, up))
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &Share<R>,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<Share<R>>> {
        self.timed::<R, _>(|sim| operations::step_functions(sim, x, frac, steps))
    }

    fn exp2<R: Ring>(&mut self, x: &Share<R>, frac: u32) -> Result<Product<R>> {
        self.timed::<R, _>(|sim| operations::exp2(sim, x, frac))
    }

    fn row_maximum<R: Ring>(&mut self, x: &Share<R>, frac: u32, to: &Levels) -> Result<Share<R>> {
        self.timed::<R, _>(|sim| operations::row_maximum(sim, x, frac, to))
    }

    fn is_negative<R: Ring>(&mut self, x: &Share<R>, width: u32) -> Result<Bit> {
        self.timed::<R, _>(|sim| operations::is_negative(sim, x, width))
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &Bit) -> Result<Share<R>> {
        self.timed::<R, _>(|sim| operations::bit_to_ring(sim, bit))
    }

    fn open<R: Ring>(&mut self, x: &Share<R>, frac: u32) -> Result<ArrayD<f64>> {
        self.timed::<R, _>(|sim| operations::open(sim, x, frac))
    }
}
