//! Normalisation by the root mean square, over the last axis.

use ditto_core::High;
use ditto_dsl::Precision;
use ditto_dsl::layers::RmsNorm;
use ditto_dsl::precision::Ditto;
use ditto_testing::{
    Bounds, Forward, Policy, Within, array, conformance, every_policy, filled, layer, on_sim, ulp,
};
use ndarray::{ArrayD, Axis, Ix1};
use proptest::prelude::*;

/// What the layer is built from, and the mean square of the rows that it gets, ε included.
#[derive(Clone, Debug)]
struct Norm {
    gamma: ArrayD<f64>,
    epsilon: f64,
    mean_square: f64,
}

fn norm() -> impl Forward<1, Parameters = Norm> {
    layer!(<P>(norm: Norm) |x: P::High, source, cx: &mut B| -> P::High {
        let layer = RmsNorm::<B, P::High>::share(source, "norm", &norm.gamma, norm.epsilon);
        layer.unwrap().forward(x, cx)
    })
}

fn reference(norm: &Norm, [x]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    let mut out = x.clone();
    for mut row in out.lanes_mut(Axis(x.ndim() - 1)) {
        let root = (mean_square(row.as_slice().unwrap()) + norm.epsilon).sqrt();
        row.mapv_inplace(|x| x / root);
        row *= &norm.gamma.view().into_dimensionality::<Ix1>().unwrap();
    }
    out
}

fn mean_square(row: &[f64]) -> f64 {
    row.iter().map(|x| x * x).sum::<f64>() / row.len() as f64
}

/// The rows of `x` scaled to the mean square that is wanted.
fn scaled(x: &ArrayD<f64>, wanted: f64) -> ArrayD<f64> {
    let h = *x.shape().last().unwrap();
    let rows = x.as_slice().unwrap().chunks(h).flat_map(|row| {
        let factor = (wanted / mean_square(row)).sqrt();
        row.iter().map(move |x| x * factor).collect::<Vec<_>>()
    });
    array(x.shape(), rows.collect())
}

/// Eight rows of `h`, not around 0, with this mean square.
fn rows(h: usize, mean_square: f64) -> ArrayD<f64> {
    let waves = (0..8 * h).map(|i| 0.3 + (i as f64 * 0.7 + (i / h) as f64).sin());
    scaled(&array(&[8, h], waves.collect()), mean_square)
}

/// What the layer's documentation states for a value γ·z, where z is at most sqrt(h).
fn stated(_: Policy, norm: &Norm, [x]: [&ArrayD<f64>; 1]) -> Bounds {
    let (h, m) = (*x.shape().last().unwrap() as f64, norm.mean_square);
    let gamma = norm.gamma.fold(0.0f64, |max, g| max.max(g.abs()));
    let (z, u) = (h.sqrt(), ulp::<High>());
    let of_factor = 2.0 * u / (h * m) + 2.0 * u * m.sqrt() + 4.0 * u;
    Bounds {
        approximation: Within::absolute(gamma * z * 7e-6 + u),
        quantization: Within::absolute(gamma * z * of_factor + 2.0 * u / m.sqrt() + 2.0 * u),
    }
}

fn plain_norm(h: usize, mean_square: f64) -> Norm {
    Norm { gamma: array(&[h], vec![1.0; h]), epsilon: 1e-12, mean_square }
}

/// Just inside both ends of the range, as elements are rounded.
const ENDS: [f64; 2] = [0.00391, 4095.0];

#[test]
fn the_stated_errors_hold_for_every_size_and_mean_square() {
    for h in [1, 5, 384, 4096] {
        for mean_square in [ENDS[0], 0.0625, 1.0, 100.0, ENDS[1]] {
            conformance(&format!("rms norm of {h}, {mean_square:.0e}"), norm())
                .examples(|_| vec![(plain_norm(h, mean_square), [rows(h, mean_square)])])
                .reference_with(reference)
                .check_with(stated);
        }
    }
}

/// One element has all of the row, the others none of it or an ulp.
#[test]
fn the_stated_errors_hold_for_a_row_with_one_large_element() {
    for (h, mean_square) in [(16, ENDS[0]), (2048, 1.0), (2048, ENDS[1])] {
        let far = (mean_square * h as f64).sqrt();
        let row = |place: usize, others: f64| -> Vec<f64> {
            (0..h).map(|i| if i == place { far } else { others }).collect()
        };
        let u = ulp::<High>();
        let x = [row(0, 0.0), row(h / 2, u), row(h - 1, -u)].concat();
        conformance(&format!("rms norm of {h}, {mean_square:.0e}, one large"), norm())
            .examples(|_| vec![(plain_norm(h, mean_square), [array(&[3, h], x.clone())])])
            .reference_with(reference)
            .check_with(stated);
    }
}

/// No row at all; and a row of zeros, whose mean square is ε.
#[test]
fn rows_of_zeros_and_no_rows() {
    let with_epsilon = Norm { epsilon: 0.0625, ..plain_norm(4, 0.0625) };
    conformance("rms norm of nothing", norm())
        .examples(|_| {
            let nothing = [array(&[0, 4], vec![]), array(&[2, 4], vec![0.0; 8])];
            nothing.map(|x| (with_epsilon.clone(), [x])).to_vec()
        })
        .reference_with(reference)
        .check_with(stated);
}

/// Rows that have a direction, scaled to the mean square that is drawn.
fn cases(policy: Policy) -> impl Strategy<Value = (Norm, [ArrayD<f64>; 1])> {
    let drawn = (1usize..4, 1usize..40).prop_flat_map(|(n, h)| {
        let x = filled(vec![n, h], -1.0..1.0).prop_filter("rows of some length", move |x| {
            x.as_slice().unwrap().chunks(h).all(|row| mean_square(row) > 1e-3)
        });
        (x, filled(vec![h], -4.0..4.0), -7.9..11.9)
    });
    drawn.prop_map(move |(x, gamma, log_mean_square)| {
        let mean_square = f64::exp2(log_mean_square);
        let x = scaled(&x, mean_square);
        (Norm { gamma: policy.high.nearest(&gamma), epsilon: 1e-5, mean_square }, [x])
    })
}

#[test]
fn rms_norm_keeps_its_errors_over_the_range_of_mean_squares() {
    conformance("dsl_rms_norm", norm()).cases(cases).reference_with(reference).check_with(stated);
}

#[test]
fn sim_reports_a_mean_square_outside_the_octaves() {
    fn reports<P: Precision>(mean_square: f64, bound: f64) {
        let layer = norm();
        let error = on_sim::<P>(&layer.on(plain_norm(8, mean_square), [rows(8, mean_square)]), 3);
        let error = error.unwrap_err();
        assert_eq!(error.layer, "reciprocal square root", "{error}");
        assert_eq!((error.fault.operation, error.fault.bound), ("declared range", bound));
    }
    // What is in the octaves is the sum of squares, 8 times the mean.
    every_policy!(reports(2f64.powi(12) + 10.0, 2f64.powi(15)));
    every_policy!(reports(2f64.powi(-9), 2f64.powi(-5)));
    every_policy!(reports(0.0, 2f64.powi(-5)));
}

/// Rounds, and bytes of all parties for a row, the opening of the result with them.
#[test]
fn the_costs_are_the_documented_ones() {
    for (h, bytes) in [(64, 7710), (128, 13_520)] {
        let x = array(&[1, h], vec![1.0; h]);
        let (_, report) = on_sim::<Ditto>(&norm().on(plain_norm(h, 1.0), [x]), 3).unwrap();
        let total = report.total();
        assert_eq!((total.rounds, total.total_bytes()), (12 + 1, bytes), "{h}");
    }
}
