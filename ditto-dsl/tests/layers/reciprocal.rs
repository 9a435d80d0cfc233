//! The reciprocal of positive values.

use std::ops::Range;

use ditto_core::{Backend, High, Source};
use ditto_dsl::layers::reciprocal::reciprocal;
use ditto_dsl::testing::{
    Bounds, Layer, Within, array, check, config, even_octaves, every_policy, measure, on_grid,
    on_sim, tensor, ulp,
};
use ditto_dsl::{Precision, Tensor};
use ndarray::ArrayD;
use proptest::prelude::*;

struct Case {
    x: ArrayD<f64>,
    octaves: Range<i32>,
}

impl Layer for Case {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let x = Tensor::<B, P::High>::share(source, "x", &self.x).unwrap();
        reciprocal(&x, self.octaves.clone(), cx)?.open(cx)
    }

    fn reference(&self) -> ArrayD<f64> {
        self.x.mapv(f64::recip)
    }
}

impl Case {
    /// `x` moved into the octaves: 0 is their lower end and 1 their upper.
    fn spread<P: Precision>(x: &ArrayD<f64>, octaves: Range<i32>) -> Self {
        let (low, high) = (f64::from(octaves.start), f64::from(octaves.end));
        let x = on_grid::<P::High>(&x.mapv(|x| (low + x * (high - low)).exp2()));
        let top = high.exp2() - ulp::<P::High>();
        Self { x: x.mapv(|x| x.clamp(low.exp2(), top)), octaves }
    }
}

/// What the layer's documentation states.
fn stated() -> Bounds {
    Bounds {
        approximation: Within { absolute: ulp::<High>(), relative: 5e-5 },
        quantization: Within { absolute: 2.0 * ulp::<High>(), relative: 2f64.powi(-16) },
    }
}

#[test]
fn the_stated_errors_are_the_measured_ones() {
    fn measured<P: Precision>() {
        for octaves in [-10..0, -1..8, 0..16] {
            let name = format!("reciprocal {octaves:?}");
            let x = even_octaves(0.0f64.exp2()..1.0f64.exp2(), 20_001).mapv(f64::log2);
            let case = Case::spread::<P>(&x, octaves);
            measure::<P>(&name, &case, 1);
            // The errors are partly relative and partly absolute.
            check::<P>(&case, stated(), 2);
        }
    }
    every_policy!(measured());
}

fn keeps_its_errors<P: Precision>(x: &ArrayD<f64>, octaves: Range<i32>, seed: u64) {
    check::<P>(&Case::spread::<P>(x, octaves), stated(), seed);
}

proptest! {
    #![proptest_config(config(24, "dsl_reciprocal"))]

    #[test]
    fn the_reciprocal_keeps_its_errors_over_its_octaves(
        x in tensor(7, 0.0..1.0),
        low in -10..6,
        span in 2..10,
        seed: u64,
    ) {
        every_policy!(keeps_its_errors(&x, low..low + span, seed));
    }
}

#[test]
fn sim_reports_a_value_outside_the_octaves() {
    fn reports<P: Precision>(outside: f64, bound: f64) {
        let case = Case { x: array(&[2], vec![1.0, outside]), octaves: -1..3 };
        let fault = on_sim::<P>(&case, 3).unwrap_err().fault;
        assert_eq!((fault.operation, fault.bound), ("declared range", bound));
        assert_eq!((fault.value, fault.count), (outside, 1));
    }
    every_policy!(reports(8.0, 8.0));
    every_policy!(reports(0.25, 0.5));
    every_policy!(reports(0.0, 0.5));
    every_policy!(reports(-1.0, 0.5));
}
