//! The reciprocal square root of positive values.

use std::ops::Range;

use ditto_core::High;
use ditto_dsl::Precision;
use ditto_dsl::layers::reciprocal_sqrt::reciprocal_sqrt;
use ditto_testing::{
    Bounds, Forward, Within, array, conformance, even, every_policy, layer, on_sim, tensor, ulp,
};
use ndarray::ArrayD;
use proptest::prelude::*;

use crate::reciprocal::spread;

/// c/sqrt(x) of values in octaves.
fn of_octaves() -> impl Forward<1, Parameters = (f64, Range<i32>)> {
    layer!(<P>(c: f64, octaves: Range<i32>) |x: P::High, cx: &mut B| -> P::High {
        reciprocal_sqrt(x, c, octaves, cx)
    })
}

fn reference((c, _): &(f64, Range<i32>), [x]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    x.mapv(|x| c / x.sqrt())
}

/// What the layer's documentation states.
fn stated() -> Bounds {
    Bounds {
        // Plain scales the true root by a c of 20 fractional bits.
        approximation: Within { absolute: ulp::<High>(), relative: 7e-6 },
        quantization: Within { absolute: 2.0 * ulp::<High>(), relative: 4.0 * ulp::<High>() },
    }
}

#[test]
fn the_stated_errors_hold_over_whole_octaves() {
    for (octaves, c) in [(-12..0, 1.0), (-1..8, 1.0), (-12..14, 1.0), (-3..24, 768f64.sqrt())] {
        conformance(&format!("reciprocal_sqrt {octaves:?}"), of_octaves())
            .examples(|policy| {
                let x = spread(&even(0.0..1.0, 20_001), &octaves, policy);
                vec![((c, octaves.clone()), [x])]
            })
            .reference_with(reference)
            .check(stated());
    }
}

#[test]
fn the_reciprocal_square_root_keeps_its_errors_over_its_octaves() {
    conformance("dsl_reciprocal_sqrt", of_octaves())
        .cases(|policy| {
            (tensor(7, 0.0..1.0), -10..6, 1..10, 0.5..30.0).prop_map(move |(x, low, span, c)| {
                let octaves = low..low + span;
                let x = spread(&x, &octaves, policy);
                ((c, octaves), [x])
            })
        })
        .reference_with(reference)
        .check(stated());
}

#[test]
fn sim_reports_a_value_outside_the_octaves() {
    fn reports<P: Precision>(outside: f64, bound: f64) {
        let layer = of_octaves();
        let fault = on_sim::<P>(&layer.on((1.0, -1..3), [array(&[2], vec![1.0, outside])]), 3);
        let fault = fault.unwrap_err().fault;
        assert_eq!((fault.operation, fault.bound), ("declared range", bound));
        assert_eq!((fault.value, fault.count), (outside, 1));
    }
    every_policy!(reports(8.0, 8.0));
    every_policy!(reports(0.25, 0.5));
    every_policy!(reports(0.0, 0.5));
    every_policy!(reports(-1.0, 0.5));
}
