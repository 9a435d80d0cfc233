//! Softmax over the last axis.

use ditto_core::{Backend, Scaled, Source};
use ditto_dsl::layers::softmax::softmax;
use ditto_dsl::{Precision, Tensor};
use ndarray::{ArrayD, Axis};
use proptest::prelude::*;

use crate::harness::{Bounds, Layer, Within, check, every_policy, measure, on_sim};
use crate::inputs::{array, config, even, on_grid, tensor, ulp};

struct Case {
    x: ArrayD<f64>,
    bound: f64,
}

impl Layer for Case {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let x = Tensor::<B, P::Act>::share(source, "x", &self.x).unwrap();
        softmax::<B, P>(&x, self.bound, cx)?.open(cx)
    }

    fn reference(&self) -> ArrayD<f64> {
        reference(&self.x)
    }
}

/// The true softmax over the last axis.
pub(crate) fn reference(x: &ArrayD<f64>) -> ArrayD<f64> {
    let mut out = x.clone();
    for mut row in out.lanes_mut(Axis(x.ndim() - 1)) {
        let max = row.fold(f64::NEG_INFINITY, |max, &x| max.max(x));
        row.mapv_inplace(|x| (x - max).exp());
        let sum = row.sum();
        row.mapv_inplace(|x| x / sum);
    }
    out
}

/// What the layer's documentation states for rows of at most `n`.
fn approximation(n: usize) -> f64 {
    match n {
        0..=2 => 4.4e-4,
        3..=16 => 2.7e-3,
        17..=128 => 3.9e-3,
        _ => unreachable!("nothing is stated for rows of {n}"),
    }
}

/// What the layer's documentation states on top.
fn quantization<P: Precision>() -> f64 {
    let narrow = P::Prob::FRAC < P::High::FRAC;
    if narrow { 1.2e-3 + 1.5 * ulp::<P::Prob>() } else { 2e-4 }
}

fn stated<P: Precision>(n: usize) -> Bounds {
    Bounds {
        approximation: Within::absolute(approximation(n)),
        quantization: Within::absolute(quantization::<P>()),
    }
}

/// One token ahead of n - 1 equal ones: what an error of the exponential moves furthest, as it is
/// the same for all but one.
fn one_ahead(n: usize) -> ArrayD<f64> {
    let gaps = even(0.0..14.0, 225);
    let rows = gaps.iter().flat_map(|&gap| (0..n).map(move |i| if i == 0 { gap } else { 0.0 }));
    array(&[gaps.len(), n], rows.collect())
}

#[test]
fn the_stated_errors_are_the_measured_ones() {
    fn measured<P: Precision>(n: usize) {
        let case = Case { x: on_grid::<P::Act>(&one_ahead(n)), bound: 15.0 };
        let measured = measure::<P>(&format!("softmax of {n}"), &case, 1);
        let stated = stated::<P>(n);
        measured.approximation.is_at_most(stated.approximation);
        measured.quantization.is_at_most(stated.quantization);
    }
    for n in [2, 4, 16, 64, 128] {
        every_policy!(measured(n));
    }
}

fn keeps_its_errors<P: Precision>(x: &ArrayD<f64>, bound: f64, seed: u64) {
    let n = *x.shape().last().unwrap();
    check::<P>(&Case { x: on_grid::<P::Act>(x), bound }, stated::<P>(n), seed);
}

proptest! {
    #![proptest_config(config(24, "../proptest-regressions/dsl_softmax.txt"))]

    #[test]
    fn softmax_keeps_its_errors_up_to_the_bound(
        x in tensor(9, -1.0..1.0),
        bound in prop_oneof![1.0..30.0, 30.0..2000.0],
        seed: u64,
    ) {
        let x = x.mapv(|x| x * (bound * 0.5 - 0.01));
        every_policy!(keeps_its_errors(&x, bound, seed));
    }
}

#[test]
fn rows_of_one_of_equal_values_and_with_a_masked_part() {
    let masked = array(&[2, 3], vec![1.0, -512.0, 2.0, -512.0, -511.0, 0.5]);
    every_policy!(keeps_its_errors(&masked, 1024.0, 6));
    every_policy!(keeps_its_errors(&array(&[2, 1], vec![-3.0, 7.0]), 16.0, 7));
    every_policy!(keeps_its_errors(&array(&[8], vec![2.5; 8]), 16.0, 8));
}

#[test]
fn sim_reports_a_row_that_exceeds_the_bound() {
    fn reports<P: Precision>() {
        let case = Case { x: array(&[3], vec![0.0, 1.0, 40.0]), bound: 16.0 };
        let error = on_sim::<P>(&case, 3).unwrap_err();
        assert_eq!((error.layer.as_str(), error.fault.bound), ("maximum", 16.0), "{error}");
    }
    every_policy!(reports());
}
