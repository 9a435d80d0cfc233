//! Values clamped to a range, and chosen by a bit: both exact.

use ditto_dsl::Precision;
use ditto_dsl::layers::{Clamped, clamp};
use ditto_testing::{
    Bounds, Forward, Within, array, conformance, every_policy, layer, on_sim, tensor,
};
use ndarray::ArrayD;
use proptest::prelude::*;

const RANGE: std::ops::Range<f64> = -2.5..4.0;
const EXACT: Bounds = Bounds { approximation: Within::NOTHING, quantization: Within::NOTHING };

/// Clamped, and what was added for it once more, so that all three results are seen.
fn clamped() -> impl Forward<1, Parameters = f64> {
    layer!(<P>(bound: f64) |x: P::Act, cx: &mut B| -> P::Act {
        let Clamped { value, rise, fall } = clamp(x, RANGE, bound, cx)?;
        Ok(value.plus(&rise).plus(&fall))
    })
}

fn reference([x]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    x.mapv(|x| {
        let value = x.clamp(RANGE.start, RANGE.end);
        value + (value - x)
    })
}

#[test]
fn values_are_clamped_up_to_the_bound() {
    conformance("dsl_clamp", clamped())
        .cases(|_| {
            (tensor(19, -1.0..1.0), 3..12).prop_map(|(x, log)| {
                let bound = 2f64.powi(log);
                (bound, [x * bound * 0.998])
            })
        })
        .reference(reference)
        .check(EXACT);
}

/// The ends, their neighbours, and no element at all.
#[test]
fn ends_of_the_range_stay_as_they_are() {
    let edges = |ulp: f64| {
        let near = |x: f64| [x - ulp, x, x + ulp];
        let ends = [RANGE.start, RANGE.end].into_iter().flat_map(near);
        let values: Vec<f64> = ends.chain([0.0, -63.0, 63.0]).collect();
        [array(&[values.len()], values), array(&[0], vec![]), array(&[1], vec![5.0])]
    };
    conformance("edges", clamped())
        .examples(|policy| edges(policy.act.ulp).map(|x| (64.0, [x])).to_vec())
        .reference(reference)
        .check(EXACT);
}

#[test]
fn sim_reports_a_value_beyond_the_bound() {
    fn reports<P: Precision>() {
        let error = on_sim::<P>(&clamped().on(8.0, [array(&[2], vec![3.0, 12.5])]), 3).unwrap_err();
        assert_eq!(error.fault.operation, "comparison", "{error}");
    }
    every_policy!(reports());
}

/// x where it is below y, and 3y - 1 elsewhere.
#[test]
fn a_bit_selects_one_of_two_values() {
    conformance(
        "dsl_select",
        layer!(<P>(factor: i64) |x: P::Act, y: P::Act, cx: &mut B| -> P::Act {
            let below = x.is_less_than(y, 128.0, cx)?;
            below.select(x, &y.times_integer(factor).plus_public(-1.0), cx)
        }),
    )
    .cases(|_| {
        (1..4usize, 0..9usize).prop_flat_map(|(rows, n)| {
            let values = || {
                prop::collection::vec(-60.0..60.0, rows * n)
                    .prop_map(move |values| array(&[rows, n], values))
            };
            (values(), values()).prop_map(|(x, y)| (3, [x, y]))
        })
    })
    .reference(|[x, y]: [&ArrayD<f64>; 2]| {
        ndarray::Zip::from(x).and(y).map_collect(|x, y| if x < y { *x } else { 3.0 * y - 1.0 })
    })
    .check(EXACT);
}
