//! Softmax over the last axis.

use std::f64::consts::LN_2;
use std::ops::Range;

use ditto_core::Report;
use ditto_dsl::Precision;
use ditto_dsl::layers::Maximum;
use ditto_dsl::layers::softmax::{softmax_base2_with, softmax_with};
use ditto_dsl::precision::Ditto;
use ditto_testing::{
    Bounds, Forward, Policy, Within, array, conformance, even, every_policy, layer, on_sim, tensor,
    ulp,
};
use ndarray::{ArrayD, Axis};
use proptest::prelude::*;
use proptest::sample::select;

/// Which of the two softmaxes, and where its elements are declared to lie.
#[derive(Clone, Debug)]
struct Form {
    range: Range<f64>,
    base2: bool,
    maximum: Maximum,
}

const MAXIMA: [Maximum; 2] = [Maximum::Bound, Maximum::Exact];

fn of_form() -> impl Forward<1, Parameters = Form> {
    layer!(<P>(form: Form) |x: P::Act, cx: &mut B| -> P::Prob {
        match form.base2 {
            true => softmax_base2_with::<B, P>(x, form.range, form.maximum, cx),
            false => softmax_with::<B, P>(x, form.range, form.maximum, cx),
        }
    })
}

fn reference_of(form: &Form, [x]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    match form.base2 {
        true => reference(&(x * LN_2)),
        false => reference(x),
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
fn bounds(policy: Policy, _: &Form, [x]: [&ArrayD<f64>; 1]) -> Bounds {
    let n = *x.shape().last().unwrap();
    let u = policy.exp.ulp;
    let mixed = policy.prob.ulp > policy.high.ulp;
    // The change of base rounds exponents to half a unit, and drops up to one.
    let of_exponent = 1.5 * policy.act.ulp * LN_2;
    let of_one_power = if mixed { 2f64.powi(-15) + u } else { 2.0 * u };
    let relative = if mixed { 2f64.powi(-12) } else { 2.0 * u };
    Bounds {
        approximation: Within::absolute(6e-5),
        quantization: Within::absolute(
            of_exponent + relative + 16.0 * of_one_power * (n + 1) as f64 + 2.0 * policy.prob.ulp,
        ),
    }
}

/// What the layer's documentation states.
fn stated(policy: Policy) -> Bounds {
    let rounding = if policy.prob.ulp > policy.high.ulp { 2e-3 } else { 5e-4 };
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
fn the_stated_errors_hold_with_one_token_ahead() {
    for n in [2, 4, 16, 64, 128] {
        conformance(&format!("softmax of {n}"), of_form())
            .examples(|_| {
                let form = |maximum| Form { range: 0.0..14.5, base2: false, maximum };
                MAXIMA.map(|maximum| (form(maximum), [one_ahead(n)])).to_vec()
            })
            .reference_with(reference_of)
            .check_with(|policy, _, _| stated(policy));
    }
}

#[test]
fn softmax_keeps_its_errors_over_the_range() {
    conformance("dsl_softmax", of_form())
        .cases(|_| {
            let lengths = prop_oneof![1.0..30.0, 30.0..340.0];
            let drawn =
                (tensor(9, 0.0..1.0), -180.0..100.0, lengths, any::<bool>(), select(&MAXIMA[..]));
            drawn.prop_map(|(x, low, length, base2, maximum)| {
                let x = x.mapv(|x| low + 0.01 + x * (length - 0.02));
                (Form { range: low..low + length, base2, maximum }, [x])
            })
        })
        .reference_with(reference_of)
        .check_with(bounds);
}

#[test]
fn rows_of_one_of_equal_values_and_with_a_masked_part() {
    let masked = array(&[2, 3], vec![1.0, -156.0, 2.0, -180.0, -156.0, 0.5]);
    conformance("rows", of_form())
        .examples(|_| {
            let of = |maximum| {
                let form = |range, base2| Form { range, base2, maximum };
                [
                    (form(-406.0..100.0, true), [masked.clone()]),
                    (form(-4.0..8.0, false), [array(&[2, 1], vec![-3.0, 7.0])]),
                    (form(0.0..3.0, false), [array(&[8], vec![2.5; 8])]),
                ]
            };
            MAXIMA.map(of).concat()
        })
        .reference_with(reference_of)
        .check_with(bounds);
}

/// 128 tokens of which one is real, with padding at the top of its range: nothing of it is left.
#[test]
fn a_masked_part_has_no_weight() {
    fn no_weight<P: Precision>() {
        let mut x = array(&[1, 128], vec![-156.0 + 99.0; 128]);
        x[[0, 5]] = -32.0;
        for maximum in MAXIMA {
            let form = Form { range: -406.0..100.0, base2: true, maximum };
            let (weights, _) = on_sim::<P>(&of_form().on(form, [x.clone()]), 3).unwrap();
            let of_padding = weights.iter().enumerate().filter(|&(i, _)| i != 5);
            assert!(of_padding.into_iter().all(|(_, &w)| w.abs() <= 1.5 * ulp::<P::Prob>()));
        }
    }
    every_policy!(no_weight());
}

#[test]
fn sim_reports_a_value_outside_the_range() {
    fn reports<P: Precision>() {
        for maximum in MAXIMA {
            let form = Form { range: -1.0..16.0, base2: true, maximum };
            let x = array(&[3], vec![0.0, 1.0, 40.0]);
            let fault = on_sim::<P>(&of_form().on(form, [x]), 3).unwrap_err().fault;
            assert_eq!((fault.operation, fault.bound), ("declared range", 16.0));
        }
    }
    every_policy!(reports());
}

#[test]
#[should_panic(expected = "at most 508")]
fn a_range_that_no_scale_covers_is_refused() {
    let form = Form { range: -300.0..300.0, base2: true, maximum: Maximum::Bound };
    drop(on_sim::<Ditto>(&of_form().on(form, [array(&[3], vec![0.0, 1.0, 40.0])]), 3));
}

/// Elements at both ends of the range, and many equal ones at its upper end, whose powers add up to most.
#[test]
fn the_ends_of_the_range_are_in_range() {
    let ends = array(&[2, 3], vec![-180.0, 99.875, -180.0, 99.875, 99.875, -180.0]);
    let top = array(&[2, 64], vec![99.875; 128]);
    conformance("ends", of_form())
        .examples(|_| {
            let of = |maximum| {
                let form = |range| Form { range, base2: true, maximum };
                [(form(-180.0..100.0), [ends.clone()]), (form(99.0..100.0), [top.clone()])]
            };
            MAXIMA.map(of).concat()
        })
        .reference_with(reference_of)
        .check_with(bounds);
}

/// The tournament's rounds over those of the bound, from the protocols' own numbers: by 7 levels, each of a
/// comparison of 18 bits, a bit and a product. The scopes are the same.
#[test]
fn the_exact_maximum_takes_more_rounds_and_fewer_bytes() {
    let x = array(&[4, 128], (0..512).map(|i| f64::from(i % 37)).collect());
    let report = |maximum| {
        let form = Form { range: -406.0..100.0, base2: true, maximum };
        on_sim::<Ditto>(&of_form().on(form, [x.clone()]), 3).unwrap().1
    };
    let [bound, exact] = MAXIMA.map(report);
    assert_eq!(exact.total().rounds - bound.total().rounds, 7 * (7 + 1 + 1) - 11);
    assert!(exact.total().total_bytes() < bound.total().total_bytes());
    assert_eq!(exact.failure_probability(), 0.0);
    assert!(bound.failure_probability() > 0.0);
    let paths = |report: &Report| report.scopes.iter().map(|s| s.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&exact), paths(&bound));
}
