//! The exponential on [-18.5, 0].

use ditto_core::{Backend, Scaled, Source};
use ditto_dsl::layers::exponential::{ZERO_EXPONENT, exponential};
use ditto_dsl::{Precision, Tensor};
use ndarray::ArrayD;
use proptest::prelude::*;

use crate::harness::{Bounds, Layer, Within, check, every_policy, measure};
use crate::inputs::{array, config, even, on_grid, tensor};

struct Case(ArrayD<f64>);

impl Layer for Case {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let x = Tensor::<B, P::Act>::share(source, "x", &self.0).unwrap();
        exponential::<B, P>(&x, cx)?.open(cx)
    }

    fn reference(&self) -> ArrayD<f64> {
        self.0.mapv(f64::exp)
    }
}

/// What the layer's documentation states.
fn stated<P: Precision>() -> Bounds {
    let rounding = if P::Exp::FRAC < P::High::FRAC { 4e-3 } else { 2.5e-4 };
    Bounds { approximation: Within::absolute(5.5e-4), quantization: Within::absolute(rounding) }
}

#[test]
fn the_stated_errors_are_the_measured_ones() {
    fn measured<P: Precision>() {
        let x = on_grid::<P::Act>(&even(ZERO_EXPONENT..0.0, 40_001));
        let measured = measure::<P>("exponential", &Case(x), 1);
        measured.approximation.is_at_most(stated::<P>().approximation);
        measured.quantization.is_at_most(stated::<P>().quantization);
    }
    every_policy!(measured());
}

fn keeps_its_errors<P: Precision>(x: &ArrayD<f64>, seed: u64) {
    check::<P>(&Case(on_grid::<P::Act>(x)), stated::<P>(), seed);
}

proptest! {
    #![proptest_config(config(24, "../proptest-regressions/dsl_exponential.txt"))]

    #[test]
    fn the_exponential_keeps_its_errors(x in tensor(9, ZERO_EXPONENT..0.0), seed: u64) {
        every_policy!(keeps_its_errors(&x, seed));
    }
}

#[test]
fn zero_gives_one_and_the_smallest_exponent_nearly_nothing() {
    every_policy!(keeps_its_errors(&array(&[2], vec![0.0, ZERO_EXPONENT]), 4));
}
