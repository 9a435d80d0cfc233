//! Layer normalisation over the last axis.

use ditto_core::{Format, High};
use ditto_dsl::Precision;
use ditto_dsl::layers::LayerNorm;
use ditto_dsl::precision::Ditto;
use ditto_testing::{
    Bounds, Forward, Policy, Within, array, conformance, every_policy, filled, layer, on_sim, ulp,
};
use ndarray::{ArrayD, Axis, Ix1};
use proptest::prelude::*;

/// What the layer is built from, and the variance of the rows that it gets.
#[derive(Clone, Debug)]
struct Norm {
    gamma: ArrayD<f64>,
    beta: ArrayD<f64>,
    epsilon: f64,
    variance: f64,
}

fn norm() -> impl Forward<1, Parameters = Norm> {
    layer!(<P>(norm: Norm) |x: P::High, source, cx: &mut B| -> P::High {
        LayerNorm::<B, P::High>::share(source, "norm", &norm.gamma, &norm.beta, norm.epsilon)
            .unwrap()
            .forward(x, cx)
    })
}

fn reference(norm: &Norm, [x]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    let mut out = x.clone();
    for mut row in out.lanes_mut(Axis(x.ndim() - 1)) {
        // What f64 holds of values far from 0, it holds of their distances too.
        let first = row[0];
        row.mapv_inplace(|x| x - first);
        let (mean, variance) = moments(row.as_slice().unwrap());
        row.mapv_inplace(|x| (x - mean) / (variance + norm.epsilon).sqrt());
        row *= &norm.gamma.view().into_dimensionality::<Ix1>().unwrap();
        row += &norm.beta.view().into_dimensionality::<Ix1>().unwrap();
    }
    out
}

fn moments(row: &[f64]) -> (f64, f64) {
    let n = row.len() as f64;
    let mean = row.iter().sum::<f64>() / n;
    (mean, row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n)
}

/// Rows of `h` with the variance `variance` and a mean that is not zero.
fn rows(h: usize, variance: f64) -> ArrayD<f64> {
    let waves = (0..8 * h).map(|i| (i as f64 * 0.7 + (i / h) as f64).sin());
    let waves: Vec<f64> = waves.collect();
    let rows = waves.chunks(h).flat_map(|row| {
        let (mean, v) = moments(row);
        row.iter().map(move |x| 0.3 + (x - mean) * (variance / v).sqrt()).collect::<Vec<_>>()
    });
    array(&[8, h], rows.collect())
}

/// What the layer's documentation states for a value γ·z + β, where z is at most sqrt(h), in a row
/// of variance v.
fn stated(_: Policy, norm: &Norm, [x]: [&ArrayD<f64>; 1]) -> Bounds {
    let (h, variance) = (*x.shape().last().unwrap() as f64, norm.variance);
    let gamma = norm.gamma.fold(0.0f64, |max, g| max.max(g.abs()));
    let (z, u) = (h.sqrt(), ulp::<High>());
    let of_factor = 2.0 * u / (h * variance) + 2.0 * u * variance.sqrt() + 4.0 * u;
    let of_values = (1.0 + gamma) * 4.0 * u / variance.sqrt();
    Bounds {
        // The looked-up numbers are rounded, in the approximation as written too.
        approximation: Within::absolute(gamma * z * 7e-6 + u),
        quantization: Within::absolute(gamma * z * of_factor + of_values + 2.0 * u),
    }
}

fn plain_norm(h: usize, variance: f64) -> Norm {
    let (gamma, beta) = (array(&[h], vec![1.0; h]), array(&[h], vec![0.0; h]));
    Norm { gamma, beta, epsilon: 1e-12, variance }
}

#[test]
fn the_stated_errors_hold_for_every_size_and_variance() {
    for h in [5, 384, 768] {
        for variance in [5e-4, 1e-2, 1.0, 100.0, 12_000.0] {
            conformance(&format!("norm of {h}, {variance:.0e}"), norm())
                .examples(|_| vec![(plain_norm(h, variance), [rows(h, variance)])])
                .reference_with(reference)
                .check_with(stated);
        }
    }
}

/// Values far from 0 and close to each other: only their distances count.
#[test]
fn the_stated_errors_hold_however_far_from_0_a_row_lies() {
    for h in [5, 384, 768] {
        for variance in [5e-4, 1.0, 12_000.0] {
            let far = [3e4, -3e4, 2f64.powi(33), -2f64.powi(33)];
            let cases = far.map(|mean| (plain_norm(h, variance), [rows(h, variance) + mean]));
            conformance(&format!("norm of {h}, {variance:.0e}, far"), norm())
                .examples(|_| cases.to_vec())
                .reference_with(reference)
                .check_with(stated);
        }
        // As far as the format goes, where f64 has fewer bits.
        let end = High::LIMIT - 1024.0;
        let cases = [end, -end].map(|mean| (plain_norm(h, 12_000.0), [rows(h, 12_000.0) + mean]));
        conformance(&format!("norm of {h} at the end of the range"), norm())
            .examples(|_| cases.to_vec())
            .reference_with(reference)
            .check_with(stated);
    }
}

/// A row with one value that has all of the variance: whether it is the first must not matter.
#[test]
fn the_stated_errors_hold_for_a_first_value_far_from_the_others() {
    for (h, variance) in [(384, 1.0), (384, 12_000.0), (2048, 1.0), (2048, 12_000.0)] {
        let far = (variance * h as f64).sqrt();
        let row = |place: usize| -> Vec<f64> {
            (0..h).map(|i| if i == place { far } else { (i as f64).sin() * 1e-3 }).collect()
        };
        let x = array(&[2, h], [row(0), row(h / 2)].concat());
        conformance(&format!("norm of {h}, {variance:.0e}, one far"), norm())
            .examples(|_| vec![(plain_norm(h, variance), [x.clone()])])
            .reference_with(reference)
            .check_with(stated);
    }
}

/// 4096 elements leave room for a distance of 4096 between the mean and the first value.
#[test]
fn sim_reports_a_first_value_too_far_from_the_mean() {
    let run = |first: f64| {
        let x = (0..4096).map(|i| if i == 0 { first } else { 0.0 }).collect();
        on_sim::<Ditto>(&norm().on(plain_norm(4096, 1.0), [array(&[1, 4096], x)]), 3)
    };
    assert!(run(4000.0).is_ok());
    let error = run(4200.0).unwrap_err();
    assert_eq!((error.fault.operation, error.fault.count), ("truncation", 1), "{error}");
}

/// Rows that vary, moved to the variance that is drawn.
fn cases(policy: Policy) -> impl Strategy<Value = (Norm, [ArrayD<f64>; 1])> {
    let drawn = (1usize..4, 2usize..40).prop_flat_map(|(n, h)| {
        let x = filled(vec![n, h], -1.0..1.0).prop_filter("rows that vary", move |x| {
            x.as_slice().unwrap().chunks(h).all(|row| moments(row).1 > 1e-3)
        });
        (x, filled(vec![h], -4.0..4.0), filled(vec![h], -4.0..4.0), -10.9..13.9)
    });
    drawn.prop_map(move |(x, gamma, beta, log_variance)| {
        let variance = f64::exp2(log_variance);
        let rows = x.as_slice().unwrap().chunks(gamma.len()).flat_map(|row| {
            let (mean, v) = moments(row);
            row.iter().map(|x| (x - 0.7 * mean) * (variance / v).sqrt()).collect::<Vec<_>>()
        });
        let x = array(x.shape(), rows.collect());
        let (gamma, beta) = (policy.high.nearest(&gamma), policy.high.nearest(&beta));
        (Norm { gamma, beta, epsilon: 1e-5, variance }, [x])
    })
}

#[test]
fn layer_norm_keeps_its_errors_over_the_range_of_variances() {
    conformance("dsl_layer_norm", norm()).cases(cases).reference_with(reference).check_with(stated);
}

#[test]
fn sim_reports_a_variance_outside_the_octaves() {
    fn reports<P: Precision>(variance: f64, bound: f64) {
        let layer = norm();
        let error = on_sim::<P>(&layer.on(plain_norm(8, variance), [rows(8, variance)]), 3);
        let error = error.unwrap_err();
        assert_eq!(error.layer, "reciprocal square root", "{error}");
        assert_eq!((error.fault.operation, error.fault.bound), ("declared range", bound));
    }
    // What is in the octaves is the sum of squares, 8 times the variance.
    every_policy!(reports(2f64.powi(14) + 10.0, 2f64.powi(17)));
    every_policy!(reports(2f64.powi(-13), 2f64.powi(-9)));
}

#[test]
fn a_row_without_variance_is_reported_unless_epsilon_is_in_the_range() {
    let flat = array(&[8, 8], vec![0.5; 64]);
    fn reports<P: Precision>(flat: &ArrayD<f64>) {
        assert!(on_sim::<P>(&norm().on(plain_norm(8, 1.0), [flat.clone()]), 3).is_err());
    }
    every_policy!(reports(&flat));
    let with_epsilon = Norm { epsilon: 1e-3, ..plain_norm(8, 1e-3) };
    conformance("flat", norm())
        .examples(|_| vec![(with_epsilon.clone(), [flat.clone()])])
        .reference_with(reference)
        .check_with(stated);
}
