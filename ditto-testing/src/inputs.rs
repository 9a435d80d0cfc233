//! Inputs for the layers: values on a format's grid, even grids over a range, random tensors.

use std::ops::Range;

use ditto_core::Format;
use ditto_core::fixed::exp2;
use ndarray::ArrayD;
use proptest::prelude::*;

/// Values in row-major order.
///
/// # Panics
/// If there are not as many as the shape has elements.
#[track_caller]
pub fn array(shape: &[usize], values: Vec<f64>) -> ArrayD<f64> {
    ArrayD::from_shape_vec(shape, values).expect("as many values as the shape has elements")
}

/// The nearest values that the format `Q` can hold.
pub fn on_grid<Q: Format>(x: &ArrayD<f64>) -> ArrayD<f64> {
    let scale = exp2(Q::FRAC);
    x.mapv(|v| (v * scale).round() / scale)
}

/// One unit of the last place of the format `Q`.
pub fn ulp<Q: Format>() -> f64 {
    exp2(Q::FRAC).recip()
}

/// `n` values spread evenly over `range`, both ends included.
pub fn even(range: Range<f64>, n: usize) -> ArrayD<f64> {
    let step = (range.end - range.start) / (n - 1) as f64;
    array(&[n], (0..n).map(|i| range.start + step * i as f64).collect())
}

/// `n` values spread evenly over the octaves of `range`, both ends included.
pub fn even_octaves(range: Range<f64>, n: usize) -> ArrayD<f64> {
    even(range.start.log2()..range.end.log2(), n).mapv(f64::exp2)
}

/// Values in `range`; one in ten is the lowest or the highest.
pub fn value(range: Range<f64>) -> impl Strategy<Value = f64> + Clone {
    prop_oneof![18 => range.clone(), 1 => Just(range.start), 1 => Just(range.end)]
}

/// Tensors of a shape, with values in `range`.
pub fn filled(shape: Vec<usize>, range: Range<f64>) -> impl Strategy<Value = ArrayD<f64>> {
    let n = shape.iter().product::<usize>();
    prop::collection::vec(value(range), n).prop_map(move |values| array(&shape, values))
}

/// Tensors of one to three axes, each of length 1 to `longest`, with values in `range`.
pub fn tensor(longest: usize, range: Range<f64>) -> impl Strategy<Value = ArrayD<f64>> {
    prop::collection::vec(1..=longest, 1..=3)
        .prop_flat_map(move |shape| filled(shape, range.clone()))
}

/// The values of one input of a [`Conformance`](crate::Conformance).
#[derive(Clone)]
pub struct Values(pub(crate) BoxedStrategy<ArrayD<f64>>);

/// Values in `range` for an input of any shape; one in ten is the lowest or the highest.
pub fn values(shape: impl AsRef<[usize]>, range: Range<f64>) -> Values {
    Values::from_strategy(filled(shape.as_ref().to_vec(), range))
}

impl Values {
    /// Those of a strategy of proptest.
    pub fn from_strategy(strategy: impl Strategy<Value = ArrayD<f64>> + 'static) -> Self {
        Self(strategy.boxed())
    }

    /// Only those that `holds` is true of, `what` saying which these are. It should be
    /// true of most, as the others are drawn again.
    pub fn such_that(
        self,
        what: &'static str,
        holds: impl Fn(&ArrayD<f64>) -> bool + 'static,
    ) -> Self {
        Self::from_strategy(self.0.prop_filter(what, holds))
    }
}
