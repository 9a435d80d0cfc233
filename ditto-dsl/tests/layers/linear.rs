//! The linear layer: exact up to one ulp of the activations, over the whole range of its products.

use ditto_core::fixed::exp2;
use ditto_core::{Backend, Format, Scaled, Source};
use ditto_dsl::layers::Linear;
use ditto_dsl::testing::{
    Bounds, Layer, Within, array, check, config, every_policy, filled, on_grid, on_sim, ulp,
};
use ditto_dsl::{Precision, Tensor};
use ndarray::ArrayD;
use proptest::prelude::*;

#[derive(Debug)]
struct Case {
    x: ArrayD<f64>,
    weight: ArrayD<f64>,
    bias: ArrayD<f64>,
}

impl Layer for Case {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let x = Tensor::<B, P::Act>::share(source, "x", &self.x).unwrap();
        let linear =
            Linear::<B, P::Act, P::Weight>::share(source, "linear", &self.weight, &self.bias);
        linear.unwrap().forward(&x, cx)?.open(cx)
    }

    fn reference(&self) -> ArrayD<f64> {
        let (inputs, outputs) = (self.weight.shape()[0], self.weight.shape()[1]);
        let mut shape = self.x.shape().to_vec();
        *shape.last_mut().unwrap() = outputs;
        let x = self.x.as_slice().unwrap();
        let value = |i: usize| {
            let (row, column) = (i / outputs, i % outputs);
            let products = (0..inputs).map(|k| x[row * inputs + k] * self.weight[[k, column]]);
            products.sum::<f64>() + self.bias[[column]]
        };
        array(&shape, (0..shape.iter().product()).map(value).collect())
    }
}

/// Products are declared to be below this: 2^(k - 2 - f_Act - f_Weight).
fn product_limit<P: Precision>() -> f64 {
    P::Act::LIMIT / exp2(P::Weight::FRAC)
}

/// Rows, inputs and outputs; activations and weights below 1, and a bias below 1.
fn cases() -> impl Strategy<Value = Case> {
    (prop::collection::vec(1usize..5, 1..=2), 1usize..40, 1usize..20).prop_flat_map(
        |(rows, inputs, outputs)| {
            let x_shape = [rows, vec![inputs]].concat();
            (
                filled(x_shape, -1.0..1.0),
                filled(vec![inputs, outputs], -1.0..1.0),
                filled(vec![outputs], -1.0..1.0),
            )
                .prop_map(|(x, weight, bias)| Case { x, weight, bias })
        },
    )
}

/// The activations are spread so that the largest sum of products nearly reaches the limit.
fn is_exact_to_one_ulp<P: Precision>(case: &Case, share_of_limit: f64, seed: u64) {
    let inputs = case.weight.shape()[0] as f64;
    // In `High`, f64 resolves an ulp of the products only up to 2^16.
    let limit = product_limit::<P>().min(2f64.powi(16));
    let spread = (share_of_limit * (limit - 2.0) / inputs).max(1.0);
    let x = case.x.mapv(|x| x * spread);
    let case = Case {
        x: on_grid::<P::Act>(&x),
        weight: on_grid::<P::Weight>(&case.weight),
        bias: on_grid::<P::Weight>(&case.bias),
    };
    let one_ulp = Within::absolute(ulp::<P::Act>());
    check::<P>(&case, Bounds { approximation: Within::F64, quantization: one_ulp }, seed);
}

proptest! {
    #![proptest_config(config(24, "dsl_linear"))]

    #[test]
    fn linear_is_exact_to_one_ulp_up_to_the_limit_of_its_products(
        case in cases(),
        share_of_limit in 0.0..0.98,
        seed: u64,
    ) {
        every_policy!(is_exact_to_one_ulp(&case, share_of_limit, seed));
    }
}

#[test]
fn sim_reports_a_product_that_reaches_its_limit() {
    fn reports<P: Precision>() {
        let limit = product_limit::<P>();
        let value = array(&[1, 1], vec![limit.sqrt()]);
        let case = Case { x: value.clone(), weight: value, bias: array(&[1], vec![0.0]) };
        let error = on_sim::<P>(&case, 1).unwrap_err();
        assert_eq!((error.fault.bound, error.fault.value), (limit, limit), "{error}");
    }
    every_policy!(reports());
}
