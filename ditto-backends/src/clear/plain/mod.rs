//! Real numbers in f64: the reference that every other backend is measured against.
//!
//! There is no ring, no scale and no noise here, but that comparisons take values as their format holds
//! them: in a bit, the least difference would show. By default the true functions are computed
//! (the error function, e^x, 1/x); [`Plain::as_written`] computes the approximations that the
//! layers are written with instead, so that the two kinds of error can be told apart.

mod functions;

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;

use ditto_core::fixed::{OutOfFormat, exp2};
use ditto_core::shape::{Broadcast, MatmulShape};
use ditto_core::{
    Backend, Function, Levels, NarrowerThan, Operation, Ring, Source, StepFunction, StepFunctions,
    Trace,
};
use ndarray::{ArrayD, ArrayView2, ArrayViewMut2};

use crate::party::shares::{array, elements, joined, permuted, sliced, sum_rows};

pub use functions::apply;

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

fn map(x: &ArrayD<f64>, f: impl Fn(f64) -> f64) -> ArrayD<f64> {
    x.mapv(f)
}

fn zip(x: &ArrayD<f64>, y: &ArrayD<f64>, f: impl Fn(f64, f64) -> f64) -> ArrayD<f64> {
    let rule = Broadcast::of(x.shape(), y.shape());
    array(x.shape(), rule.zip(elements(x), elements(y), f))
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

// Three places in the source would not help who passes something that is no backend.
#[diagnostic::do_not_recommend]
impl Backend for Plain {
    type Share<R: Ring> = ArrayD<f64>;
    type Product<R: Ring> = ArrayD<f64>;
    type Weight<R: Ring> = ArrayD<f64>;
    type Bit = ArrayD<f64>;
    type Error = Infallible;

    const NAME: &'static str = "plain";

    fn trace(&mut self) -> &mut Trace {
        &mut self.trace
    }

    fn exact<R: Ring>(&mut self, function: Function, x: &ArrayD<f64>) -> Option<ArrayD<f64>> {
        (!self.as_written).then(|| apply(function, x))
    }

    /// As sharing rounds.
    fn on_grid<R: Ring>(x: &ArrayD<f64>, frac: u32) -> Cow<'_, ArrayD<f64>> {
        let scale = exp2(frac);
        Cow::Owned(map(x, |x| (x * scale).round() / scale))
    }

    fn shape<R: Ring>(x: &ArrayD<f64>) -> &[usize] {
        x.shape()
    }

    fn reshape<R: Ring>(x: &ArrayD<f64>, shape: &[usize]) -> ArrayD<f64> {
        array(shape, elements(x).to_vec())
    }

    fn permute<R: Ring>(x: &ArrayD<f64>, axes: &[usize]) -> ArrayD<f64> {
        permuted(x, axes)
    }

    fn slice<R: Ring>(x: &ArrayD<f64>, axis: usize, range: Range<usize>) -> ArrayD<f64> {
        sliced(x, axis, range)
    }

    fn concat<R: Ring>(parts: &[&ArrayD<f64>], axis: usize) -> ArrayD<f64> {
        joined(parts, axis)
    }

    fn add<R: Ring>(x: &ArrayD<f64>, y: &ArrayD<f64>) -> ArrayD<f64> {
        zip(x, y, |x, y| x + y)
    }

    fn sub<R: Ring>(x: &ArrayD<f64>, y: &ArrayD<f64>) -> ArrayD<f64> {
        zip(x, y, |x, y| x - y)
    }

    fn scale<R: Ring>(x: &ArrayD<f64>, factor: i64) -> ArrayD<f64> {
        map(x, |x| x * factor as f64)
    }

    fn raise<R: Ring>(x: &ArrayD<f64>, _: u32) -> ArrayD<f64> {
        x.clone()
    }

    fn shift_point<R: Ring>(x: &ArrayD<f64>, bits: u32) -> ArrayD<f64> {
        map(x, |x| x / exp2(bits))
    }

    fn add_public<R: Ring>(x: &ArrayD<f64>, value: f64, _: u32) -> ArrayD<f64> {
        map(x, |x| x + value)
    }

    fn mul_public<R: Ring>(x: &ArrayD<f64>, value: f64, _: u32) -> ArrayD<f64> {
        map(x, |x| x * value)
    }

    fn sum_last<R: Ring>(x: &ArrayD<f64>) -> ArrayD<f64> {
        sum_rows(x, 0.0, |x, y| x + y)
    }

    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &ArrayD<f64>, _: u32) -> ArrayD<f64> {
        x.clone()
    }

    fn product_shape<R: Ring>(x: &ArrayD<f64>) -> &[usize] {
        x.shape()
    }

    fn product_of<R: Ring>(x: &ArrayD<f64>) -> ArrayD<f64> {
        x.clone()
    }

    fn product_add<R: Ring>(x: &ArrayD<f64>, y: &ArrayD<f64>) -> ArrayD<f64> {
        Self::add::<R>(x, y)
    }

    fn product_sub<R: Ring>(x: &ArrayD<f64>, y: &ArrayD<f64>) -> ArrayD<f64> {
        Self::sub::<R>(x, y)
    }

    fn product_sum_last<R: Ring>(x: &ArrayD<f64>) -> ArrayD<f64> {
        Self::sum_last::<R>(x)
    }

    fn product_shift_point<R: Ring>(x: ArrayD<f64>, bits: u32) -> ArrayD<f64> {
        Self::shift_point::<R>(&x, bits)
    }

    fn product_reshape<R: Ring>(x: &ArrayD<f64>, shape: &[usize]) -> ArrayD<f64> {
        Self::reshape::<R>(x, shape)
    }

    fn product_concat<R: Ring>(parts: &[&ArrayD<f64>]) -> ArrayD<f64> {
        joined(parts, 0)
    }

    fn prepare<R: Ring>(w: &ArrayD<f64>) -> ArrayD<f64> {
        w.clone()
    }

    fn weight_shape<R: Ring>(w: &ArrayD<f64>) -> [usize; 2] {
        [w.shape()[0], w.shape()[1]]
    }

    fn matmul_weight<R: Ring>(
        &mut self,
        x: &ArrayD<f64>,
        w: &ArrayD<f64>,
    ) -> Result<ArrayD<f64>, Infallible> {
        Ok(matmul(x, w, false))
    }

    fn matmul<R: Ring>(
        &mut self,
        x: &ArrayD<f64>,
        y: &ArrayD<f64>,
        transposed: bool,
    ) -> Result<ArrayD<f64>, Infallible> {
        Ok(matmul(x, y, transposed))
    }

    fn mul<R: Ring>(
        &mut self,
        x: &ArrayD<f64>,
        y: &ArrayD<f64>,
    ) -> Result<ArrayD<f64>, Infallible> {
        Ok(zip(x, y, |x, y| x * y))
    }

    fn truncate<R: Ring>(&mut self, x: ArrayD<f64>, _: u32) -> Result<ArrayD<f64>, Infallible> {
        Ok(x)
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: &ArrayD<f64>,
        _: u32,
    ) -> Result<ArrayD<f64>, Infallible> {
        Ok(x.clone())
    }

    fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: ArrayD<f64>,
        _: u32,
    ) -> Result<ArrayD<f64>, Infallible> {
        Ok(x)
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &ArrayD<f64>,
        _: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<ArrayD<f64>>, Infallible> {
        let of = |function: &StepFunction| map(x, |x| function.values[steps.interval(x)]);
        Ok(steps.functions().iter().map(of).collect())
    }

    fn exp2<R: Ring>(&mut self, x: &ArrayD<f64>, _: u32) -> Result<ArrayD<f64>, Infallible> {
        Ok(map(x, f64::exp2))
    }

    fn row_maximum<R: Ring>(
        &mut self,
        x: &ArrayD<f64>,
        frac: u32,
        levels: &Levels,
    ) -> Result<ArrayD<f64>, Infallible> {
        levels.step_bits(frac);
        assert!(x.shape().last() != Some(&0), "the maximum of an empty row");
        let max = sum_rows(x, f64::NEG_INFINITY, f64::max);
        Ok(map(&max, |max| (max / levels.step).floor() * levels.step))
    }

    fn is_negative<R: Ring>(&mut self, x: &ArrayD<f64>, _: u32) -> Result<ArrayD<f64>, Infallible> {
        Ok(map(x, |x| if x < 0.0 { 1.0 } else { 0.0 }))
    }

    fn bit_shape(x: &ArrayD<f64>) -> &[usize] {
        x.shape()
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &ArrayD<f64>) -> Result<ArrayD<f64>, Infallible> {
        Ok(bit.clone())
    }

    /// Counts, although it costs nothing: what a computation reveals can be read off its account.
    fn open<R: Ring>(&mut self, x: &ArrayD<f64>, _: u32) -> Result<ArrayD<f64>, Infallible> {
        self.timed::<R, _>(|plain| {
            let (calls, elements) = (1, x.len() as u64);
            let opening = Operation { operation: "open", calls, elements, ..Operation::default() };
            plain.trace.count_operation(opening);
        });
        Ok(x.clone())
    }
}

/// Takes values as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainSource;

#[diagnostic::do_not_recommend]
impl Source<Plain> for PlainSource {
    fn share<R: Ring>(&mut self, values: &ArrayD<f64>, _: u32) -> Result<ArrayD<f64>, OutOfFormat> {
        match values.iter().find(|v| !v.is_finite()) {
            Some(&value) => Err(OutOfFormat { value, limit: f64::INFINITY }),
            None => Ok(values.as_standard_layout().into_owned()),
        }
    }
}
