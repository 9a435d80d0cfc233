//! The maximum of every row: exact.

use ditto_core::{Backend, Source};
use ditto_dsl::layers::maximum::row_maximum;
use ditto_dsl::testing::{
    Bounds, Layer, Within, array, check, config, even, every_policy, on_grid, on_sim, tensor,
};
use ditto_dsl::{Precision, Tensor};
use ndarray::{ArrayD, Axis};
use proptest::prelude::*;

struct Case {
    x: ArrayD<f64>,
    bound: f64,
}

impl Layer for Case {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let x = Tensor::<B, P::Act>::share(source, "x", &self.x).unwrap();
        row_maximum(&x, self.bound, cx)?.open(cx)
    }

    fn reference(&self) -> ArrayD<f64> {
        let last = Axis(self.x.ndim() - 1);
        let maximum = self.x.fold_axis(last, f64::NEG_INFINITY, |max, &x| max.max(x));
        maximum.insert_axis(last)
    }
}

const EXACT: Bounds = Bounds { approximation: Within::NOTHING, quantization: Within::NOTHING };

/// Two elements differ by at most twice the largest, and so by less than the bound.
fn is_exact<P: Precision>(x: &ArrayD<f64>, bound: f64, seed: u64) {
    let x = on_grid::<P::Act>(&x.mapv(|x| x * bound * 0.498));
    check::<P>(&Case { x, bound }, EXACT, seed);
}

proptest! {
    #![proptest_config(config(32, "dsl_maximum"))]

    #[test]
    fn the_maximum_is_exact_up_to_the_bound(x in tensor(19, -1.0..1.0), log in 0..21, seed: u64) {
        every_policy!(is_exact(&x, 2f64.powi(log), seed));
    }
}

#[test]
fn rows_of_one_of_equal_and_of_ordered_values() {
    fn is_exact<P: Precision>(x: &ArrayD<f64>) {
        check::<P>(&Case { x: x.clone(), bound: 65.0 }, EXACT, 2);
    }
    every_policy!(is_exact(&array(&[3, 1], vec![-4.0, 0.0, 4.0])));
    every_policy!(is_exact(&array(&[7], vec![-2.5; 7])));
    every_policy!(is_exact(&array(&[1], vec![0.0])));
    every_policy!(is_exact(&even(0.0..64.0, 65)));
    every_policy!(is_exact(&even(0.0..64.0, 65).mapv(|x| 64.0 - x)));
}

#[test]
fn sim_reports_a_row_that_exceeds_the_bound() {
    fn reports<P: Precision>() {
        let case = Case { x: array(&[2], vec![3.0, 8.0]), bound: 4.0 };
        let error = on_sim::<P>(&case, 3).unwrap_err();
        assert_eq!((error.fault.operation, error.fault.bound), ("comparison", 4.0), "{error}");
    }
    every_policy!(reports());
}
