//! Normalisation by the root mean square of the last axis.

use ditto_core::High;
use ditto_dsl::Precision;
use ditto_dsl::layers::RmsNorm;
use ditto_dsl::precision::Ditto;
use ditto_testing::{
    Bounds, Forward, Policy, Within, array, conformance, even, every_policy, layer, on_sim, ulp,
};
use ndarray::{ArrayD, Axis};
use proptest::prelude::*;

const EPSILON: f64 = 1e-5;

fn norm() -> impl Forward<2, Parameters = f64> {
    layer!(<P>(epsilon: f64) |x: P::High, gamma: P::High, cx: &mut B| -> P::High {
        RmsNorm::new(gamma.clone(), epsilon).forward(x, cx)
    })
}

/// As the paper writes it.
fn reference(epsilon: &f64, [x, gamma]: [&ArrayD<f64>; 2]) -> ArrayD<f64> {
    let mut y = x.clone();
    for mut row in y.lanes_mut(Axis(x.ndim() - 1)) {
        let mean_square = row.iter().map(|x| x * x).sum::<f64>() / row.len() as f64;
        row /= (mean_square + epsilon).sqrt();
    }
    y * gamma
}

/// What the layer's documentation states, at the largest and the smallest mean square of the rows, where
/// z is at most the root of their length.
fn stated(_: Policy, _: &f64, [x, gamma]: [&ArrayD<f64>; 2]) -> Bounds {
    let (u, h) = (ulp::<High>(), gamma.len() as f64);
    let largest = gamma.iter().fold(0.0f64, |max, g| max.max(g.abs())) * h.sqrt();
    let mean_squares = x.rows().into_iter().map(|row| row.iter().map(|x| x * x).sum::<f64>() / h);
    let (low, high) =
        mean_squares.fold((f64::INFINITY, 0.0f64), |(low, high), m| (low.min(m), high.max(m)));
    let of_scale = 2.0 * u / low + 2.0 * u * high.sqrt() + 4.0 * u;
    Bounds {
        approximation: Within::absolute(largest * 7e-6 + u),
        quantization: Within::absolute(largest * of_scale + 2.0 * u / low.sqrt() + 2.0 * u),
    }
}

#[test]
fn the_stated_errors_hold_for_random_rows() {
    conformance("rms_norm", norm())
        .cases(|_| {
            (1..=4usize, 1..=24usize).prop_flat_map(|(rows, h)| {
                // From 1/4 on, so that no row is too short.
                let sign = prop::bool::ANY.prop_map(|negative| if negative { -1.0 } else { 1.0 });
                let element = (0.25..4.0, sign).prop_map(|(x, sign)| x * sign);
                let x = prop::collection::vec(element, rows * h);
                let gamma = prop::collection::vec(-2.0..2.0, h);
                (x, gamma).prop_map(move |(x, gamma)| {
                    (EPSILON, [array(&[rows, h], x), array(&[h], gamma)])
                })
            })
        })
        .reference_with(reference)
        .check_with(stated);
}

/// Rows of every size from one element on, over all octaves of the mean square that are allowed.
#[test]
fn the_stated_errors_hold_over_the_whole_range() {
    for h in [1, 2, 5, 384] {
        for mean_square in [4.5e-3, 0.25, 1.0, 60.0, 4000.0] {
            let waves = even(-1.0..1.0, 4 * h + 1).iter().skip(1).copied().collect::<Vec<_>>();
            let rows = waves.chunks(h).flat_map(|row| {
                let own = row.iter().map(|x| x * x).sum::<f64>() / h as f64;
                row.iter().map(move |x| x * (mean_square / own).sqrt()).collect::<Vec<_>>()
            });
            let x = array(&[4, h], rows.collect());
            let gamma = even(-1.5..2.0, h.max(2)).slice_axis(Axis(0), (0..h).into()).to_owned();
            conformance(&format!("rms norm of {h}, {mean_square:.0e}"), norm())
                .examples(|_| vec![(EPSILON, [x.clone(), gamma.clone()])])
                .reference_with(reference)
                .check_with(stated);
        }
    }
}

#[test]
fn sim_reports_a_row_outside_of_the_range() {
    fn reports<P: Precision>() {
        for outside in [0.0, 70.0] {
            let x = array(&[2, 4], [[1.0; 4], [outside; 4]].concat());
            let gamma = array(&[4], vec![1.0; 4]);
            let error = on_sim::<P>(&norm().on(EPSILON, [x, gamma]), 3).unwrap_err();
            assert_eq!(error.fault.operation, "declared range", "{error}");
            assert_eq!(error.layer, "reciprocal square root");
        }
    }
    every_policy!(reports());
}

#[test]
fn the_rounds_are_the_documented_ones() {
    let inputs = [array(&[2, 4], vec![1.0; 8]), array(&[4], vec![1.0; 4])];
    let (_, report) = on_sim::<Ditto>(&norm().on(EPSILON, inputs), 1).expect("in range");
    // The harness opens the result.
    assert_eq!(report.total().rounds, 12 + 1);
}
