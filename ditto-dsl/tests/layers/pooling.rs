//! Sentence embeddings: the mean over the real tokens, scaled to length 1.

use ditto_core::{Backend, High, Source};
use ditto_dsl::layers::pooling::normalised_mean;
use ditto_dsl::testing::{
    Bounds, Layer, Within, array, check, config, every_policy, filled, measure, on_grid, on_sim,
    ulp,
};
use ditto_dsl::{Precision, Tensor};
use ndarray::ArrayD;
use proptest::prelude::*;

#[derive(Debug)]
struct Case {
    x: ArrayD<f64>,
    real: Vec<bool>,
}

impl Layer for Case {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let n = self.real.len();
        let marks = self.real.iter().map(|&real| f64::from(u8::from(real)));
        let real = array(&[1, n], marks.collect());
        let inverse = array(&[1], vec![real.sum().recip()]);
        let x = Tensor::<B, P::High>::share(source, "x", &self.x).unwrap();
        let real = Tensor::<B, P::High>::share(source, "real", &real).unwrap();
        let inverse = Tensor::<B, P::High>::share(source, "inverse count", &inverse).unwrap();
        normalised_mean(&x, &real, &inverse, cx)?.open(cx)
    }

    fn reference(&self) -> ArrayD<f64> {
        let mean = self.mean();
        let length = mean.mapv(|x| x * x).sum().sqrt();
        mean / length
    }
}

impl Case {
    fn mean(&self) -> ArrayD<f64> {
        let (n, h) = (self.x.shape()[0], self.x.shape()[1]);
        let real: Vec<usize> = (0..n).filter(|&i| self.real[i]).collect();
        let mean = |j| real.iter().map(|&i| self.x[[i, j]]).sum::<f64>() / real.len() as f64;
        array(&[1, h], (0..h).map(mean).collect())
    }

    /// The same tokens, times what gives their mean the squared length `squared`.
    fn scaled<P: Precision>(&self, squared: f64) -> Self {
        let factor = (squared / self.mean().mapv(|x| x * x).sum()).sqrt();
        Self { x: on_grid::<P::High>(&self.x.mapv(|x| x * factor)), real: self.real.clone() }
    }
}

/// What the layer's documentation states, for a mean of the squared length `squared`.
fn stated(squared: f64) -> Bounds {
    let ulp = ulp::<High>();
    let of_mean = 3.0 * ulp / squared.sqrt();
    let of_squares = ulp / squared;
    let of_factor = 2.0 * ulp * squared.sqrt();
    Bounds {
        approximation: Within::absolute(7e-6 + ulp * squared.sqrt()),
        quantization: Within::absolute(2f64.powi(-16) + of_mean + of_squares + of_factor),
    }
}

#[test]
fn the_stated_errors_are_the_measured_ones() {
    fn measured<P: Precision>(squared: f64) {
        let waves = (0..16 * 384).map(|i| (i as f64 * 0.37).sin() + (f64::from(i % 384)).cos());
        let x = array(&[16, 384], waves.collect());
        let case = Case { x, real: (0..16).map(|i| i < 11).collect() }.scaled::<P>(squared);
        let measured = measure::<P>(&format!("mean of length² {squared:.0e}"), &case, 1);
        measured.approximation.is_at_most(stated(squared).approximation);
        measured.quantization.is_at_most(stated(squared).quantization);
    }
    for squared in [1.2e-3, 1e-1, 1.0, 30.0, 6e4] {
        every_policy!(measured(squared));
    }
}

fn keeps_its_errors<P: Precision>(case: &Case, squared: f64, seed: u64) {
    check::<P>(&case.scaled::<P>(squared), stated(squared), seed);
}

/// Up to 9 tokens of which at least one is real; padding is anywhere.
fn cases() -> impl Strategy<Value = Case> {
    (1usize..9, 1usize..20)
        .prop_flat_map(|(n, h)| {
            (filled(vec![n, h], -1.0..1.0), prop::collection::vec(any::<bool>(), n), 0..n)
        })
        .prop_map(|(x, mut real, first)| {
            real[first] = true;
            Case { x, real }
        })
        .prop_filter("a mean with a direction", |case| case.mean().mapv(|x| x * x).sum() > 1e-2)
}

proptest! {
    #![proptest_config(config(24, "dsl_pooling"))]

    #[test]
    fn the_normalised_mean_keeps_its_errors(
        case in cases(),
        log_squared in -9.9..15.9,
        seed: u64,
    ) {
        every_policy!(keeps_its_errors(&case, f64::exp2(log_squared), seed));
    }
}

#[test]
fn sim_reports_a_mean_without_a_direction() {
    fn reports<P: Precision>() {
        let case = Case { x: array(&[2, 3], vec![0.01; 6]), real: vec![true; 2] };
        let fault = on_sim::<P>(&case, 3).unwrap_err().fault;
        assert_eq!((fault.operation, fault.bound), ("declared range", 2f64.powi(-10)));
    }
    every_policy!(reports());
}
