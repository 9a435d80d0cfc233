//! Real numbers in f64: the reference that every other backend is measured against.
//!
//! There is no ring, no scale and no noise here, but that comparisons take values as their format holds
//! them: in a bit, the least difference would show. By default the true functions are computed
//! (the error function, e^x, 1/x); [`Plain::as_written`] computes the approximations that the
//! layers are written with instead, so that the two kinds of error can be told apart.

use std::borrow::Cow;
use std::convert::Infallible;

use ditto_core::fixed::{OutOfFormat, exp2};
use ditto_core::shape::MatmulShape;
use ditto_core::{
    Backend, Composite, Levels, Linear, LinearMap, NarrowerThan, Operation, Ring, Source,
    StepFunction, StepFunctions, Trace,
};
use ndarray::{ArrayD, ArrayView2, ArrayViewMut2};

use crate::party::arrays::{array, elements, linear_of_numbers, sum_rows, zipped};
use crate::party::timed::Timed;

type Share = PlainShare;
type Result<T> = std::result::Result<T, Infallible>;

/// The plaintext reference.
#[derive(Default)]
pub struct Plain {
    as_written: bool,
    trace: Trace,
}

impl Plain {
    /// Computes the true functions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Computes the approximations that the layers are written with, still in f64.
    pub fn as_written() -> Self {
        Self { as_written: true, ..Self::default() }
    }
}

/// A matrix product by the rules of [`MatmulShape`].
pub(crate) fn matmul(x: &ArrayD<f64>, y: &ArrayD<f64>, transposed: bool) -> ArrayD<f64> {
    let s = MatmulShape::of(x.shape(), y.shape(), transposed);
    let mut out = vec![0.0; s.batch * s.m * s.n];
    for i in 0..s.batch {
        let left = &elements(x)[i * s.m * s.k..(i + 1) * s.m * s.k];
        let right = &elements(y)[i * s.k * s.n..(i + 1) * s.k * s.n];
        let into = &mut out[i * s.m * s.n..(i + 1) * s.m * s.n];
        let fits = "the slices are cut to the shape";
        let left = ArrayView2::from_shape((s.m, s.k), left).expect(fits);
        let right = if transposed {
            ArrayView2::from_shape((s.n, s.k), right).expect(fits).reversed_axes()
        } else {
            ArrayView2::from_shape((s.k, s.n), right).expect(fits)
        };
        let mut into = ArrayViewMut2::from_shape((s.m, s.n), into).expect(fits);
        ndarray::linalg::general_mat_mul(1.0, &left, &right, 0.0, &mut into);
    }
    array(&s.result(x.shape()), out)
}

/// A tensor of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct PlainShare(pub(crate) ArrayD<f64>);

impl PlainShare {
    /// `f` of every number.
    fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self(self.0.mapv(f))
    }

    /// `f` of every pair of numbers, `other` broadcast.
    fn zip(&self, other: &ArrayD<f64>, f: impl Fn(f64, f64) -> f64) -> Self {
        Self(zipped(&self.0, &other.as_standard_layout(), f))
    }
}

impl Linear for PlainShare {
    fn shape(&self) -> &[usize] {
        self.0.shape()
    }

    fn apply(map: &LinearMap<'_>, operands: &[&Self]) -> Self {
        let arrays: Vec<_> = operands.iter().map(|x| x.0.view()).collect();
        Self(linear_of_numbers(map, &arrays))
    }

    fn shift_point(self, bits: u32) -> Self {
        self.map(|x| x / exp2(bits))
    }
}

// Three places in the source would not help who passes something that is no backend.
#[diagnostic::do_not_recommend]
impl Backend for Plain {
    type Share<R: Ring> = Share;
    type Product<R: Ring> = Share;
    type Weight<R: Ring> = Share;
    type Bit = Share;
    type Error = Infallible;
    type Verdict = ();

    const NAME: &'static str = "plain";

    fn trace(&mut self) -> &mut Trace {
        &mut self.trace
    }

    fn composite<R: Ring, S: Ring>(
        &mut self,
        function: &impl Composite,
        inputs: &[&Share],
        approximation: impl FnOnce(&mut Self) -> Result<Share>,
    ) -> Result<Share> {
        if self.as_written {
            return approximation(self);
        }
        let inputs: Vec<&ArrayD<f64>> = inputs.iter().map(|input| &input.0).collect();
        Ok(PlainShare(function.exact(&inputs).as_standard_layout().into_owned()))
    }

    /// As sharing rounds.
    fn on_grid<R: Ring>(x: &Share, frac: u32) -> Cow<'_, Share> {
        let scale = exp2(frac);
        Cow::Owned(x.map(|x| (x * scale).round() / scale))
    }

    fn scale<R: Ring>(x: &Share, factor: i64) -> Share {
        x.map(|x| x * factor as f64)
    }

    fn raise<R: Ring>(x: &Share, _: u32) -> Share {
        x.clone()
    }

    fn add_public<R: Ring>(x: &Share, values: &ArrayD<f64>, _: u32) -> Share {
        x.zip(values, |x, value| x + value)
    }

    fn mul_public<R: Ring>(x: &Share, values: &ArrayD<f64>, _: u32) -> Share {
        x.zip(values, |x, value| x * value)
    }

    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &Share, _: u32) -> Share {
        x.clone()
    }

    fn product_of<R: Ring>(x: &Share) -> Share {
        x.clone()
    }

    fn prepare<R: Ring>(&mut self, w: &Share) -> Result<Share> {
        Ok(w.clone())
    }

    fn matmul_weight<R: Ring>(&mut self, x: &Share, w: &Share) -> Result<Share> {
        Ok(PlainShare(matmul(&x.0, &w.0, false)))
    }

    fn matmul<R: Ring>(&mut self, x: &Share, y: &Share, transposed: bool) -> Result<Share> {
        Ok(PlainShare(matmul(&x.0, &y.0, transposed)))
    }

    fn mul<R: Ring>(&mut self, x: &Share, y: &Share) -> Result<Share> {
        Ok(x.zip(&y.0, |x, y| x * y))
    }

    fn truncate<R: Ring>(&mut self, x: Share, _: u32) -> Result<Share> {
        Ok(x)
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(&mut self, x: &Share, _: u32) -> Result<Share> {
        Ok(x.clone())
    }

    fn truncate_widen<R: NarrowerThan<W>, W: Ring>(&mut self, x: Share, _: u32) -> Result<Share> {
        Ok(x)
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &Share,
        _: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<Share>> {
        let of = |function: &StepFunction| x.map(|x| function.values[steps.interval(x)]);
        Ok(steps.functions().iter().map(of).collect())
    }

    fn exp2<R: Ring>(&mut self, x: &Share, _: u32) -> Result<Share> {
        Ok(x.map(f64::exp2))
    }

    fn row_maximum<R: Ring>(&mut self, x: &Share, frac: u32, levels: &Levels) -> Result<Share> {
        levels.step_bits(frac);
        assert!(x.shape().last() != Some(&0), "the maximum of an empty row");
        let max = PlainShare(sum_rows(&x.0, f64::NEG_INFINITY, f64::max));
        Ok(max.map(|max| (max / levels.step).floor() * levels.step))
    }

    fn is_negative<R: Ring>(&mut self, x: &Share, _: u32) -> Result<Share> {
        Ok(x.map(|x| if x < 0.0 { 1.0 } else { 0.0 }))
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &Share) -> Result<Share> {
        Ok(bit.clone())
    }

    /// Counts, although it costs nothing: what a computation reveals can be read off its account.
    fn open<R: Ring>(&mut self, x: &Share, _: u32) -> Result<ArrayD<f64>> {
        self.timed::<R, _>(|plain| {
            let (calls, elements) = (1, x.0.len() as u64);
            let opening = Operation { operation: "open", calls, elements, ..Operation::default() };
            plain.trace.count_operation(opening);
        });
        Ok(x.0.clone())
    }
}

/// Takes values as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainSource;

#[diagnostic::do_not_recommend]
impl Source<Plain> for PlainSource {
    fn share<R: Ring>(
        &mut self,
        values: &ArrayD<f64>,
        _: u32,
    ) -> std::result::Result<Share, OutOfFormat> {
        match values.iter().find(|v| !v.is_finite()) {
            Some(&value) => Err(OutOfFormat { value, limit: f64::INFINITY }),
            None => Ok(PlainShare(values.as_standard_layout().into_owned())),
        }
    }
}
