//! The reciprocal of positive values.

use std::ops::Range;

use ditto_core::High;
use ditto_dsl::Precision;
use ditto_dsl::layers::reciprocal::reciprocal;
use ditto_testing::{
    Bounds, Forward, Policy, Within, array, conformance, even, every_policy, layer, on_sim, tensor,
    ulp,
};
use ndarray::ArrayD;
use proptest::prelude::*;

/// 1/x of values in octaves.
fn of_octaves() -> impl Forward<1, Parameters = Range<i32>> {
    layer!(<P>(octaves: Range<i32>) |x: P::High, cx: &mut B| -> P::High {
        reciprocal(x, octaves, cx)
    })
}

/// `x` moved into the octaves: 0 is their lower end and 1 their upper.
pub(crate) fn spread(x: &ArrayD<f64>, octaves: &Range<i32>, policy: Policy) -> ArrayD<f64> {
    let (low, high) = (f64::from(octaves.start), f64::from(octaves.end));
    let x = policy.high.nearest(&x.mapv(|x| (low + x * (high - low)).exp2()));
    let top = high.exp2() - policy.high.ulp;
    x.mapv(|x| x.clamp(low.exp2(), top))
}

/// What the layer's documentation states.
fn stated() -> Bounds {
    Bounds {
        approximation: Within { absolute: ulp::<High>(), relative: 5e-5 },
        quantization: Within { absolute: 2.0 * ulp::<High>(), relative: 2f64.powi(-16) },
    }
}

#[test]
fn the_stated_errors_hold_over_whole_octaves() {
    for octaves in [-10..0, -1..8, 0..16, 0..2, 0..8, 4..12] {
        conformance(&format!("reciprocal {octaves:?}"), of_octaves())
            .examples(|policy| {
                vec![(octaves.clone(), [spread(&even(0.0..1.0, 20_001), &octaves, policy)])]
            })
            .reference(|[x]| x.mapv(f64::recip))
            .check(stated());
    }
}

#[test]
fn the_reciprocal_keeps_its_errors_over_its_octaves() {
    conformance("dsl_reciprocal", of_octaves())
        .cases(|policy| {
            (tensor(7, 0.0..1.0), -10..6, 2..10).prop_map(move |(x, low, span)| {
                let octaves = low..low + span;
                let x = spread(&x, &octaves, policy);
                (octaves, [x])
            })
        })
        .reference(|[x]| x.mapv(f64::recip))
        .check(stated());
}

#[test]
fn sim_reports_a_value_outside_the_octaves() {
    fn reports<P: Precision>(outside: f64, bound: f64) {
        let layer = of_octaves();
        let fault = on_sim::<P>(&layer.on(-1..3, [array(&[2], vec![1.0, outside])]), 3);
        let fault = fault.unwrap_err().fault;
        assert_eq!((fault.operation, fault.bound), ("declared range", bound));
        assert_eq!((fault.value, fault.count), (outside, 1));
    }
    every_policy!(reports(8.0, 8.0));
    every_policy!(reports(0.25, 0.5));
    every_policy!(reports(0.0, 0.5));
    every_policy!(reports(-1.0, 0.5));
}
