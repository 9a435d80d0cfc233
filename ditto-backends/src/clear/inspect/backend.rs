//! [`Backend`] for [`Inspect`]: every operation on both backends.

use std::borrow::Cow;
use std::ops::Range;

use ditto_core::{Backend, Levels, Linear, NarrowerThan, Ring, StepFunctions, Trace};
use ndarray::ArrayD;

use super::{Inspect, InspectBit, InspectProduct, InspectShare, InspectWeight, Pair};
use crate::clear::plain::{Plain, PlainShare};
use crate::clear::sim::{Sim, SimError};

/// What the reference computes: it cannot fail.
fn sure<T>(result: Result<T, std::convert::Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// A local operation, by its name, on both.
macro_rules! both {
    ($operation:ident::<$($ring:ty),+>($x:expr $(, $y:expr)?; $($argument:expr),*)) => {
        Pair {
            sim: Sim::$operation::<$($ring),+>($x.sim $(, $y.sim)? $(, $argument)*),
            truth: Plain::$operation::<$($ring),+>($x.truth $(, $y.truth)? $(, $argument)*),
        }
    };
}

/// The two halves of a pair, borrowed.
struct Halves<'a, S> {
    sim: &'a S,
    truth: &'a PlainShare,
}

impl<S> Pair<S> {
    fn halves(&self) -> Halves<'_, S> {
        Halves { sim: &self.sim, truth: &self.truth }
    }
}

impl<S: Linear> Linear for Pair<S> {
    fn shape(&self) -> &[usize] {
        self.sim.shape()
    }

    fn reshape(&self, shape: &[usize]) -> Self {
        Self { sim: self.sim.reshape(shape), truth: self.truth.reshape(shape) }
    }

    fn permute(&self, axes: &[usize]) -> Self {
        Self { sim: self.sim.permute(axes), truth: self.truth.permute(axes) }
    }

    fn slice(&self, axis: usize, range: Range<usize>) -> Self {
        let truth = self.truth.slice(axis, range.clone());
        Self { sim: self.sim.slice(axis, range), truth }
    }

    fn concat(parts: &[&Self], axis: usize) -> Self {
        let (sim, truth): (Vec<_>, Vec<_>) =
            parts.iter().map(|part| (&part.sim, &part.truth)).unzip();
        Self { sim: S::concat(&sim, axis), truth: PlainShare::concat(&truth, axis) }
    }

    fn add(&self, other: &Self) -> Self {
        Self { sim: self.sim.add(&other.sim), truth: self.truth.add(&other.truth) }
    }

    fn sub(&self, other: &Self) -> Self {
        Self { sim: self.sim.sub(&other.sim), truth: self.truth.sub(&other.truth) }
    }

    fn sum_last(&self) -> Self {
        Self { sim: self.sim.sum_last(), truth: self.truth.sum_last() }
    }

    fn shift_point(self, bits: u32) -> Self {
        Self { sim: self.sim.shift_point(bits), truth: self.truth.shift_point(bits) }
    }
}

#[diagnostic::do_not_recommend]
impl Backend for Inspect {
    type Share<R: Ring> = InspectShare<R>;
    type Product<R: Ring> = InspectProduct<R>;
    type Weight<R: Ring> = InspectWeight<R>;
    type Bit = InspectBit;
    type Error = SimError;

    const NAME: &'static str = "inspect";

    fn trace(&mut self) -> &mut Trace {
        self.sim.trace()
    }

    fn scope<T>(
        &mut self,
        name: &str,
        body: impl FnOnce(&mut Self) -> Result<T, SimError>,
    ) -> Result<T, SimError> {
        self.sim.trace().enter(name);
        let path = self.sim.trace().path().to_owned();
        self.notes.enter(&path);
        let result = body(self);
        self.notes.leave();
        self.sim.trace().leave();
        result
    }

    fn declare_range<R: Ring>(
        &mut self,
        x: &InspectShare<R>,
        frac: u32,
        range: Range<f64>,
    ) -> Result<(), SimError> {
        self.sim.declare_range(&x.sim, frac, range)
    }

    fn declare_compared<R: Ring>(
        &mut self,
        x: &InspectShare<R>,
        frac: u32,
        bound: f64,
    ) -> Result<(), SimError> {
        self.sim.declare_compared(&x.sim, frac, bound)
    }

    fn on_grid<R: Ring>(x: &InspectShare<R>, frac: u32) -> Cow<'_, InspectShare<R>> {
        let truth = Plain::on_grid::<R>(&x.truth, frac).into_owned();
        Cow::Owned(Pair { sim: x.sim.clone(), truth })
    }

    // ---- local ----

    fn scale<R: Ring>(x: &InspectShare<R>, factor: i64) -> InspectShare<R> {
        both!(scale::<R>(x.halves(); factor))
    }

    fn raise<R: Ring>(x: &InspectShare<R>, bits: u32) -> InspectShare<R> {
        both!(raise::<R>(x.halves(); bits))
    }

    fn add_public<R: Ring>(x: &InspectShare<R>, value: f64, frac: u32) -> InspectShare<R> {
        both!(add_public::<R>(x.halves(); value, frac))
    }

    fn mul_public<R: Ring>(x: &InspectShare<R>, value: f64, frac: u32) -> InspectProduct<R> {
        both!(mul_public::<R>(x.halves(); value, frac))
    }

    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &InspectShare<R>, bits: u32) -> InspectShare<S> {
        both!(narrow::<R, S>(x.halves(); bits))
    }

    fn product_of<R: Ring>(x: &InspectShare<R>) -> InspectProduct<R> {
        both!(product_of::<R>(x.halves();))
    }

    fn prepare<R: Ring>(w: &InspectShare<R>) -> InspectWeight<R> {
        both!(prepare::<R>(w.halves();))
    }

    fn weight_shape<R: Ring>(w: &InspectWeight<R>) -> [usize; 2] {
        Sim::weight_shape(&w.sim)
    }

    // ---- interactive ----

    fn matmul_weight<R: Ring>(
        &mut self,
        x: &InspectShare<R>,
        w: &InspectWeight<R>,
    ) -> Result<InspectProduct<R>, SimError> {
        let sim = self.sim.matmul_weight(&x.sim, &w.sim)?;
        let truth = sure(self.plain.matmul_weight::<R>(&x.truth, &w.truth));
        Ok(Pair { sim, truth })
    }

    fn matmul<R: Ring>(
        &mut self,
        x: &InspectShare<R>,
        y: &InspectShare<R>,
        transposed: bool,
    ) -> Result<InspectProduct<R>, SimError> {
        let sim = self.sim.matmul(&x.sim, &y.sim, transposed)?;
        let truth = sure(self.plain.matmul::<R>(&x.truth, &y.truth, transposed));
        Ok(Pair { sim, truth })
    }

    fn mul<R: Ring>(
        &mut self,
        x: &InspectShare<R>,
        y: &InspectShare<R>,
    ) -> Result<InspectProduct<R>, SimError> {
        let sim = self.sim.mul(&x.sim, &y.sim)?;
        Ok(Pair { sim, truth: sure(self.plain.mul::<R>(&x.truth, &y.truth)) })
    }

    fn truncate<R: Ring>(
        &mut self,
        x: InspectProduct<R>,
        bits: u32,
    ) -> Result<InspectShare<R>, SimError> {
        self.see("product", &x.sim.value, R::BITS - 2);
        let sim = self.sim.truncate(x.sim, bits)?;
        Ok(self.result("truncation", sim, x.truth))
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: &InspectShare<R>,
        up: u32,
    ) -> Result<InspectShare<W>, SimError> {
        self.see("widening", &x.sim, R::BITS - 2);
        let sim = self.sim.widen::<R, W>(&x.sim, up)?;
        Ok(self.result("widening", sim, x.truth.clone()))
    }

    fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: InspectProduct<R>,
        bits: u32,
    ) -> Result<InspectShare<W>, SimError> {
        self.see("product", &x.sim.value, R::BITS - 2);
        let sim = self.sim.truncate_widen::<R, W>(x.sim, bits)?;
        Ok(self.result("truncation and widening", sim, x.truth))
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &InspectShare<R>,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<InspectShare<R>>, SimError> {
        self.see("step functions", &x.sim, steps.width(frac));
        let sims = self.sim.step_functions(&x.sim, frac, steps)?;
        let truths = sure(self.plain.step_functions::<R>(&x.truth, frac, steps));
        let pairs = sims.into_iter().zip(truths);
        Ok(pairs.map(|(sim, truth)| self.result("step functions", sim, truth)).collect())
    }

    fn exp2<R: Ring>(
        &mut self,
        x: &InspectShare<R>,
        frac: u32,
    ) -> Result<InspectProduct<R>, SimError> {
        let sim = self.sim.exp2(&x.sim, frac)?;
        Ok(Pair { sim, truth: sure(self.plain.exp2::<R>(&x.truth, frac)) })
    }

    fn row_maximum<R: Ring>(
        &mut self,
        x: &InspectShare<R>,
        frac: u32,
        levels: &Levels,
    ) -> Result<InspectShare<R>, SimError> {
        let sim = self.sim.row_maximum(&x.sim, frac, levels)?;
        // Any of several levels is right, so the reference takes that of the simulation.
        let truth = PlainShare(Sim::values(&sim));
        Ok(self.result("row maximum", sim, truth))
    }

    fn is_negative<R: Ring>(
        &mut self,
        x: &InspectShare<R>,
        width: u32,
    ) -> Result<InspectBit, SimError> {
        self.see("comparison", &x.sim, width - 1);
        let sim = self.sim.is_negative(&x.sim, width)?;
        Ok(Pair { sim, truth: sure(self.plain.is_negative::<R>(&x.truth, width)) })
    }

    fn bit_shape(x: &InspectBit) -> &[usize] {
        Sim::bit_shape(&x.sim)
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &InspectBit) -> Result<InspectShare<R>, SimError> {
        let sim = self.sim.bit_to_ring(&bit.sim)?;
        let truth = sure(self.plain.bit_to_ring::<R>(&bit.truth));
        Ok(self.result("bit to ring", sim, truth))
    }

    /// The simulation's values.
    fn open<R: Ring>(&mut self, x: &InspectShare<R>, frac: u32) -> Result<ArrayD<f64>, SimError> {
        self.sim.open(&x.sim, frac)
    }
}
