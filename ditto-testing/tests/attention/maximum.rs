//! The maximum of every row: exact.

use ditto_dsl::Precision;
use ditto_dsl::layers::maximum::row_maximum;
use ditto_testing::{
    Bounds, Forward, Within, array, conformance, even, every_policy, layer, on_sim, tensor,
};
use ndarray::{ArrayD, Axis};
use proptest::prelude::*;

/// The maximum of rows whose elements differ by less than a bound.
fn maximum() -> impl Forward<1, Parameters = f64> {
    layer!(<P>(bound: f64) |x: P::Act, cx: &mut B| -> P::Act { row_maximum(x, bound, cx) })
}

fn reference([x]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    let last = Axis(x.ndim() - 1);
    let maximum = x.fold_axis(last, f64::NEG_INFINITY, |max, &x| max.max(x));
    maximum.insert_axis(last)
}

const EXACT: Bounds = Bounds { approximation: Within::NOTHING, quantization: Within::NOTHING };

/// Two elements differ by at most twice the largest, and so by less than the bound.
#[test]
fn the_maximum_is_exact_up_to_the_bound() {
    conformance("dsl_maximum", maximum())
        .cases(|_| {
            (tensor(19, -1.0..1.0), 0..21).prop_map(|(x, log)| {
                let bound = 2f64.powi(log);
                (bound, [x * bound * 0.498])
            })
        })
        .reference(reference)
        .check(EXACT);
}

#[test]
fn rows_of_one_of_equal_and_of_ordered_values() {
    let rows = [
        array(&[3, 1], vec![-4.0, 0.0, 4.0]),
        array(&[7], vec![-2.5; 7]),
        array(&[1], vec![0.0]),
        even(0.0..64.0, 65),
        even(0.0..64.0, 65).mapv(|x| 64.0 - x),
    ];
    conformance("rows", maximum())
        .examples(|_| rows.clone().map(|x| (65.0, [x])).to_vec())
        .reference(reference)
        .check(EXACT);
}

#[test]
fn sim_reports_a_row_that_exceeds_the_bound() {
    fn reports<P: Precision>() {
        let error = on_sim::<P>(&maximum().on(4.0, [array(&[2], vec![3.0, 8.0])]), 3).unwrap_err();
        assert_eq!((error.fault.operation, error.fault.bound), ("comparison", 4.0), "{error}");
    }
    every_policy!(reports());
}
