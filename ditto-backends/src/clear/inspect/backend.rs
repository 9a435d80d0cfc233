//! [`Backend`] for [`Inspect`]: every operation on both backends.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;

use ditto_core::{Backend, Levels, Linear, LinearMap, NarrowerThan, Ring, StepFunctions, Trace};
use ndarray::ArrayD;

use super::{
    Inspect, InspectBit as Bit, InspectProduct as Product, InspectShare as Share,
    InspectWeight as Weight, Pair,
};
use crate::clear::plain::{Plain, PlainShare};
use crate::clear::sim::{Sim, SimError};

/// What the reference computes: it cannot fail.
fn sure<T>(result: std::result::Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// What the reference computes.
type Certain = std::result::Result<PlainShare, Infallible>;
type Result<T> = std::result::Result<T, SimError>;

impl<S> Pair<S> {
    /// A local operation on both.
    fn map<T>(
        &self,
        sim: impl FnOnce(&S) -> T,
        truth: impl FnOnce(&PlainShare) -> PlainShare,
    ) -> Pair<T> {
        Pair { sim: sim(&self.sim), truth: truth(&self.truth) }
    }
}

impl Inspect {
    /// An operation that talks, on both.
    fn both<S>(
        &mut self,
        sim: impl FnOnce(&mut Sim) -> Result<S>,
        truth: impl FnOnce(&mut Plain) -> Certain,
    ) -> Result<Pair<S>> {
        Ok(Pair { sim: sim(&mut self.sim)?, truth: sure(truth(&mut self.plain)) })
    }
}

impl<S: Linear> Linear for Pair<S> {
    fn shape(&self) -> &[usize] {
        self.sim.shape()
    }

    fn apply(map: &LinearMap<'_>, operands: &[&Self]) -> Self {
        let (sim, truth): (Vec<_>, Vec<_>) = operands.iter().map(|x| (&x.sim, &x.truth)).unzip();
        Self { sim: S::apply(map, &sim), truth: PlainShare::apply(map, &truth) }
    }

    fn shift_point(self, bits: u32) -> Self {
        Self { sim: self.sim.shift_point(bits), truth: self.truth.shift_point(bits) }
    }
}

#[diagnostic::do_not_recommend]
impl Backend for Inspect {
    type Share<R: Ring> = Share<R>;
    type Product<R: Ring> = Product<R>;
    type Weight<R: Ring> = Weight<R>;
    type Bit = Bit;
    type Error = SimError;
    type Verdict = ();

    const NAME: &'static str = "inspect";

    fn trace(&mut self) -> &mut Trace {
        self.sim.trace()
    }

    fn scope<T>(&mut self, name: &str, body: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.sim.enter(name);
        let path = self.sim.trace().path().to_owned();
        self.notes.enter(&path);
        let result = body(self);
        self.notes.leave();
        self.sim.leave();
        result
    }

    fn declare_range<R: Ring>(&mut self, x: &Share<R>, frac: u32, range: Range<f64>) -> Result<()> {
        self.sim.declare_range(&x.sim, frac, range)
    }

    fn declare_compared<R: Ring>(&mut self, x: &Share<R>, frac: u32, bound: f64) -> Result<()> {
        self.sim.declare_compared(&x.sim, frac, bound)
    }

    fn on_grid<R: Ring>(x: &Share<R>, frac: u32) -> Cow<'_, Share<R>> {
        Cow::Owned(x.map(Clone::clone, |x| Plain::on_grid::<R>(x, frac).into_owned()))
    }

    // ---- local ----

    fn scale<R: Ring>(x: &Share<R>, factor: i64) -> Share<R> {
        x.map(|x| Sim::scale(x, factor), |x| Plain::scale::<R>(x, factor))
    }

    fn raise<R: Ring>(x: &Share<R>, bits: u32) -> Share<R> {
        x.map(|x| Sim::raise(x, bits), |x| Plain::raise::<R>(x, bits))
    }

    fn add_public<R: Ring>(x: &Share<R>, values: &ArrayD<f64>, f: u32) -> Share<R> {
        x.map(|x| Sim::add_public(x, values, f), |x| Plain::add_public::<R>(x, values, f))
    }

    fn mul_public<R: Ring>(x: &Share<R>, values: &ArrayD<f64>, f: u32) -> Product<R> {
        x.map(|x| Sim::mul_public(x, values, f), |x| Plain::mul_public::<R>(x, values, f))
    }

    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &Share<R>, bits: u32) -> Share<S> {
        x.map(|x| Sim::narrow(x, bits), |x| Plain::narrow::<R, S>(x, bits))
    }

    fn product_of<R: Ring>(x: &Share<R>) -> Product<R> {
        x.map(Sim::product_of, Plain::product_of::<R>)
    }

    // ---- interactive ----

    fn prepare<R: Ring>(&mut self, w: &Share<R>) -> Result<Weight<R>> {
        self.both(|sim| sim.prepare(&w.sim), |plain| plain.prepare::<R>(&w.truth))
    }

    fn matmul_weight<R: Ring>(&mut self, x: &Share<R>, w: &Weight<R>) -> Result<Product<R>> {
        self.both(
            |sim| sim.matmul_weight(&x.sim, &w.sim),
            |plain| plain.matmul_weight::<R>(&x.truth, &w.truth),
        )
    }

    fn matmul<R: Ring>(&mut self, x: &Share<R>, y: &Share<R>, t: bool) -> Result<Product<R>> {
        self.both(
            |sim| sim.matmul(&x.sim, &y.sim, t),
            |plain| plain.matmul::<R>(&x.truth, &y.truth, t),
        )
    }

    fn mul<R: Ring>(&mut self, x: &Share<R>, y: &Share<R>) -> Result<Product<R>> {
        self.both(|sim| sim.mul(&x.sim, &y.sim), |plain| plain.mul::<R>(&x.truth, &y.truth))
    }

    fn truncate<R: Ring>(&mut self, x: Product<R>, bits: u32) -> Result<Share<R>> {
        self.see("product", &x.sim.value, R::BITS - 2);
        let sim = self.sim.truncate(x.sim, bits)?;
        Ok(self.result("truncation", sim, x.truth))
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(&mut self, x: &Share<R>, up: u32) -> Result<Share<W>> {
        self.see("widening", &x.sim, R::BITS - 2);
        let sim = self.sim.widen::<R, W>(&x.sim, up)?;
        Ok(self.result("widening", sim, x.truth.clone()))
    }

    fn truncate_widen<R, W>(&mut self, x: Product<R>, bits: u32) -> Result<Share<W>>
    where
        R: NarrowerThan<W>,
        W: Ring,
    {
        self.see("product", &x.sim.value, R::BITS - 2);
        let sim = self.sim.truncate_widen::<R, W>(x.sim, bits)?;
        Ok(self.result("truncation and widening", sim, x.truth))
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &Share<R>,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<Share<R>>> {
        self.see("step functions", &x.sim, steps.width(frac));
        let sims = self.sim.step_functions(&x.sim, frac, steps)?;
        let truths = sure(self.plain.step_functions::<R>(&x.truth, frac, steps));
        let pairs = sims.into_iter().zip(truths);
        Ok(pairs.map(|(sim, truth)| self.result("step functions", sim, truth)).collect())
    }

    fn exp2<R: Ring>(&mut self, x: &Share<R>, frac: u32) -> Result<Product<R>> {
        self.both(|sim| sim.exp2(&x.sim, frac), |plain| plain.exp2::<R>(&x.truth, frac))
    }

    fn row_maximum<R: Ring>(&mut self, x: &Share<R>, frac: u32, to: &Levels) -> Result<Share<R>> {
        let sim = self.sim.row_maximum(&x.sim, frac, to)?;
        // Any of several levels is right, so the reference takes that of the simulation.
        let truth = PlainShare(Sim::values(&sim));
        Ok(self.result("row maximum", sim, truth))
    }

    fn is_negative<R: Ring>(&mut self, x: &Share<R>, width: u32) -> Result<Bit> {
        self.see("comparison", &x.sim, width - 1);
        self.both(
            |sim| sim.is_negative(&x.sim, width),
            |plain| plain.is_negative::<R>(&x.truth, width),
        )
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &Bit) -> Result<Share<R>> {
        let Pair { sim, truth } =
            self.both(|sim| sim.bit_to_ring(&bit.sim), |plain| plain.bit_to_ring::<R>(&bit.truth))?;
        Ok(self.result("bit to ring", sim, truth))
    }

    /// The simulation's values.
    fn open<R: Ring>(&mut self, x: &Share<R>, frac: u32) -> Result<ArrayD<f64>> {
        self.sim.open(&x.sim, frac)
    }
}
