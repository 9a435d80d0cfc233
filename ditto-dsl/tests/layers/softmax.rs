//! Softmax over the last axis.

use std::f64::consts::LN_2;
use std::ops::Range;

use ditto_core::{Backend, Scaled, Source};
use ditto_dsl::layers::softmax::{softmax, softmax_base2};
use ditto_dsl::testing::{
    Bounds, Layer, Within, array, check, config, even, every_policy, measure, on_grid, on_sim,
    tensor, ulp,
};
use ditto_dsl::{Precision, Tensor};
use ndarray::{ArrayD, Axis};
use proptest::prelude::*;

#[derive(Debug)]
struct Case {
    x: ArrayD<f64>,
    range: Range<f64>,
    base2: bool,
}

impl Layer for Case {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let x = Tensor::<B, P::Act>::share(source, "x", &self.x).unwrap();
        let range = self.range.clone();
        match self.base2 {
            true => softmax_base2::<B, P>(&x, range, cx)?.open(cx),
            false => softmax::<B, P>(&x, range, cx)?.open(cx),
        }
    }

    fn reference(&self) -> ArrayD<f64> {
        match self.base2 {
            true => reference(&(&self.x * LN_2)),
            false => reference(&self.x),
        }
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

/// What the layer may err at most. A row's sum is at least 1/16 in the scale of the powers, so an
/// error of one power counts 16 times, and once more for each power in the sum. (What is measured
/// is far less: roundings are as often up as down.)
fn bounds<P: Precision>(n: usize) -> Bounds {
    let u = ulp::<P::Exp>();
    let mixed = P::Prob::FRAC < P::High::FRAC;
    // The change of base rounds exponents to half a unit, and drops up to one.
    let of_exponent = 1.5 * ulp::<P::Act>() * LN_2;
    let of_one_power = if mixed { 2f64.powi(-15) + u } else { 2.0 * u };
    let relative = if mixed { 2f64.powi(-12) } else { 2.0 * u };
    Bounds {
        approximation: Within::absolute(6e-5),
        quantization: Within::absolute(
            of_exponent + relative + 16.0 * of_one_power * (n + 1) as f64 + 2.0 * ulp::<P::Prob>(),
        ),
    }
}

/// What the layer's documentation states.
fn stated<P: Precision>() -> Bounds {
    let rounding = if P::Prob::FRAC < P::High::FRAC { 2e-3 } else { 5e-4 };
    Bounds { approximation: Within::absolute(6e-5), quantization: Within::absolute(rounding) }
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
        let x = on_grid::<P::Act>(&one_ahead(n));
        let case = Case { x, range: 0.0..14.5, base2: false };
        let measured = measure::<P>(&format!("softmax of {n}"), &case, 1);
        let stated = stated::<P>();
        measured.approximation.is_at_most(stated.approximation);
        measured.quantization.is_at_most(stated.quantization);
    }
    for n in [2, 4, 16, 64, 128] {
        every_policy!(measured(n));
    }
}

fn keeps_its_errors<P: Precision>(x: &ArrayD<f64>, range: &Range<f64>, base2: bool, seed: u64) {
    let n = *x.shape().last().unwrap();
    let case = Case { x: on_grid::<P::Act>(x), range: range.clone(), base2 };
    check::<P>(&case, bounds::<P>(n), seed);
}

proptest! {
    #![proptest_config(config(24, "dsl_softmax"))]

    #[test]
    fn softmax_keeps_its_errors_over_the_range(
        x in tensor(9, 0.0..1.0),
        low in -180.0..100.0,
        length in prop_oneof![1.0..30.0, 30.0..340.0],
        base2: bool,
        seed: u64,
    ) {
        let x = x.mapv(|x| low + 0.01 + x * (length - 0.02));
        every_policy!(keeps_its_errors(&x, &(low..low + length), base2, seed));
    }
}

#[test]
fn rows_of_one_of_equal_values_and_with_a_masked_part() {
    let masked = array(&[2, 3], vec![1.0, -156.0, 2.0, -180.0, -156.0, 0.5]);
    every_policy!(keeps_its_errors(&masked, &(-406.0..100.0), true, 6));
    every_policy!(keeps_its_errors(&array(&[2, 1], vec![-3.0, 7.0]), &(-4.0..8.0), false, 7));
    every_policy!(keeps_its_errors(&array(&[8], vec![2.5; 8]), &(0.0..3.0), false, 8));
}

/// 128 tokens of which one is real, with padding at the top of its range: nothing of it is left.
#[test]
fn a_masked_part_has_no_weight() {
    fn no_weight<P: Precision>() {
        let mut x = array(&[1, 128], vec![-156.0 + 99.0; 128]);
        x[[0, 5]] = -32.0;
        let case = Case { x, range: -406.0..100.0, base2: true };
        let (weights, _) = on_sim::<P>(&case, 3).unwrap();
        let of_padding = weights.iter().enumerate().filter(|&(i, _)| i != 5);
        assert!(of_padding.into_iter().all(|(_, &w)| w.abs() <= 1.5 * ulp::<P::Prob>()));
    }
    every_policy!(no_weight());
}

#[test]
fn sim_reports_a_value_outside_the_range() {
    fn reports<P: Precision>() {
        let x = array(&[3], vec![0.0, 1.0, 40.0]);
        let case = Case { x, range: -1.0..16.0, base2: true };
        let fault = on_sim::<P>(&case, 3).unwrap_err().fault;
        assert_eq!((fault.operation, fault.bound), ("declared range", 16.0));
    }
    every_policy!(reports());
}

#[test]
#[should_panic(expected = "at most 508")]
fn a_range_that_no_scale_covers_is_refused() {
    let x = array(&[3], vec![0.0, 1.0, 40.0]);
    let case = Case { x, range: -300.0..300.0, base2: true };
    drop(on_sim::<ditto_dsl::precision::Ditto>(&case, 3));
}
