//! Layer normalisation over the last axis.

use ditto_core::{Backend, High, Source};
use ditto_dsl::layers::LayerNorm;
use ditto_dsl::testing::{
    Bounds, Layer, Within, array, check, config, every_policy, filled, measure, on_grid, on_sim,
    ulp,
};
use ditto_dsl::{Precision, Tensor};
use ndarray::{ArrayD, Axis};
use proptest::prelude::*;

#[derive(Debug)]
struct Case {
    x: ArrayD<f64>,
    gamma: ArrayD<f64>,
    beta: ArrayD<f64>,
    epsilon: f64,
}

impl Layer for Case {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let x = Tensor::<B, P::High>::share(source, "x", &self.x).unwrap();
        let norm =
            LayerNorm::<B, P::High>::share(source, "norm", &self.gamma, &self.beta, self.epsilon);
        norm.unwrap().forward(&x, cx)?.open(cx)
    }

    fn reference(&self) -> ArrayD<f64> {
        let mut out = self.x.clone();
        for mut row in out.lanes_mut(Axis(self.x.ndim() - 1)) {
            let (mean, variance) = moments(row.as_slice().unwrap());
            row.mapv_inplace(|x| (x - mean) / (variance + self.epsilon).sqrt());
            row *= &self.gamma.view().into_dimensionality::<ndarray::Ix1>().unwrap();
            row += &self.beta.view().into_dimensionality::<ndarray::Ix1>().unwrap();
        }
        out
    }
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
fn stated(case: &Case, variance: f64) -> Bounds {
    let h = *case.x.shape().last().unwrap() as f64;
    let gamma = case.gamma.fold(0.0f64, |max, g| max.max(g.abs()));
    let (z, u) = (h.sqrt(), ulp::<High>());
    let of_factor = 2.0 * u / (h * variance) + 2.0 * u * variance.sqrt() + 4.0 * u;
    let of_values = (1.0 + gamma) * 4.0 * u / variance.sqrt();
    Bounds {
        // The looked-up numbers are rounded, in the approximation as written too.
        approximation: Within::absolute(gamma * z * 7e-6 + u),
        quantization: Within::absolute(gamma * z * of_factor + of_values + 2.0 * u),
    }
}

fn plain_norm<P: Precision>(h: usize, variance: f64) -> Case {
    Case {
        x: on_grid::<P::High>(&rows(h, variance)),
        gamma: array(&[h], vec![1.0; h]),
        beta: array(&[h], vec![0.0; h]),
        epsilon: 1e-12,
    }
}

#[test]
fn the_stated_errors_are_the_measured_ones() {
    fn measured<P: Precision>(h: usize, variance: f64) {
        let case = plain_norm::<P>(h, variance);
        let measured = measure::<P>(&format!("norm of {h}, {variance:.0e}"), &case, 1);
        measured.approximation.is_at_most(stated(&case, variance).approximation);
        measured.quantization.is_at_most(stated(&case, variance).quantization);
    }
    for h in [5, 384, 768] {
        for variance in [5e-4, 1e-2, 1.0, 100.0, 12_000.0] {
            every_policy!(measured(h, variance));
        }
    }
}

fn keeps_its_errors<P: Precision>(
    x: &ArrayD<f64>,
    [gamma, beta]: [&ArrayD<f64>; 2],
    variance: f64,
    seed: u64,
) {
    let h = gamma.len();
    let rows = x.as_slice().unwrap().chunks(h).flat_map(|row| {
        let (mean, v) = moments(row);
        row.iter().map(|x| (x - 0.7 * mean) * (variance / v).sqrt()).collect::<Vec<_>>()
    });
    let x = on_grid::<P::High>(&array(x.shape(), rows.collect()));
    let (gamma, beta) = (on_grid::<P::High>(gamma), on_grid::<P::High>(beta));
    let case = Case { x, gamma, beta, epsilon: 1e-5 };
    check::<P>(&case, stated(&case, variance), seed);
}

proptest! {
    #![proptest_config(config(24, "dsl_layer_norm"))]

    #[test]
    fn layer_norm_keeps_its_errors_over_the_range_of_variances(
        (x, gamma, beta) in (1usize..4, 2usize..40).prop_flat_map(|(n, h)| (
            filled(vec![n, h], -1.0..1.0)
                .prop_filter("rows that vary", move |x| {
                    x.as_slice().unwrap().chunks(h).all(|row| moments(row).1 > 1e-3)
                }),
            filled(vec![h], -4.0..4.0),
            filled(vec![h], -4.0..4.0),
        )),
        log_variance in -10.9..13.9,
        seed: u64,
    ) {
        every_policy!(keeps_its_errors(&x, [&gamma, &beta], f64::exp2(log_variance), seed));
    }
}

#[test]
fn sim_reports_a_variance_outside_the_octaves() {
    fn reports<P: Precision>(variance: f64, bound: f64) {
        let error = on_sim::<P>(&plain_norm::<P>(8, variance), 3).unwrap_err();
        assert_eq!(error.layer, "reciprocal square root", "{error}");
        assert_eq!((error.fault.operation, error.fault.bound), ("declared range", bound));
    }
    // What is in the octaves is the sum of squares, 8 times the variance.
    every_policy!(reports(2f64.powi(14) + 10.0, 2f64.powi(17)));
    every_policy!(reports(2f64.powi(-13), 2f64.powi(-9)));
}

#[test]
fn a_row_without_variance_is_reported_unless_epsilon_is_in_the_range() {
    fn reports<P: Precision>() {
        let mut case = plain_norm::<P>(8, 1.0);
        case.x.fill(0.5);
        assert!(on_sim::<P>(&case, 3).is_err());
        case.epsilon = 1e-3;
        check::<P>(&case, stated(&case, 1e-3), 3);
    }
    every_policy!(reports());
}
