//! The linear layer: exact up to one ulp of the activations, over the whole range of its products.

use ditto_core::fixed::exp2;
use ditto_core::{Format, Scaled};
use ditto_dsl::Precision;
use ditto_dsl::layers::Linear;
use ditto_testing::{
    Forward, Policy, Within, array, conformance, every_policy, filled, layer, on_sim,
};
use ndarray::ArrayD;
use proptest::prelude::*;

/// A weight `[inputs, outputs]` and a bias `[outputs]`.
#[derive(Clone, Debug)]
struct Affine {
    weight: ArrayD<f64>,
    bias: ArrayD<f64>,
}

fn linear() -> impl Forward<1, Parameters = Affine> {
    layer!(<P>(affine: Affine) |x: P::Act, source, cx: &mut B| -> P::Act {
        let Affine { weight, bias } = affine;
        Linear::<B, P::Act, P::Weight>::share(source, "linear", &weight, &bias, cx)
            .unwrap()
            .forward(x, cx)
    })
}

fn reference(Affine { weight, bias }: &Affine, [x]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    let (inputs, outputs) = (weight.shape()[0], weight.shape()[1]);
    let mut shape = x.shape().to_vec();
    *shape.last_mut().unwrap() = outputs;
    let x = x.as_slice().unwrap();
    let value = |i: usize| {
        let (row, column) = (i / outputs, i % outputs);
        let products = (0..inputs).map(|k| x[row * inputs + k] * weight[[k, column]]);
        products.sum::<f64>() + bias[[column]]
    };
    array(&shape, (0..shape.iter().product()).map(value).collect())
}

/// Products are declared to be below this: 2^(k - 2 - f_Act - f_Weight).
fn product_limit(policy: Policy) -> f64 {
    policy.act.limit * policy.weight.ulp
}

/// Rows, inputs and outputs; weights and biases below 1. The activations are spread so that the
/// largest sum of products nearly reaches the limit.
fn cases(policy: Policy) -> impl Strategy<Value = (Affine, [ArrayD<f64>; 1])> {
    let sizes = (prop::collection::vec(1usize..5, 1..=2), 1usize..40, 1usize..20);
    let drawn = sizes.prop_flat_map(|(rows, inputs, outputs)| {
        (
            filled([rows, vec![inputs]].concat(), -1.0..1.0),
            filled(vec![inputs, outputs], -1.0..1.0),
            filled(vec![outputs], -1.0..1.0),
            0.0..0.98,
        )
    });
    drawn.prop_map(move |(x, weight, bias, share_of_limit)| {
        let inputs = weight.shape()[0] as f64;
        // In `High`, f64 resolves an ulp of the products only up to 2^16.
        let limit = product_limit(policy).min(2f64.powi(16));
        let spread = f64::max(share_of_limit * (limit - 2.0) / inputs, 1.0);
        let (weight, bias) = (policy.weight.nearest(&weight), policy.weight.nearest(&bias));
        (Affine { weight, bias }, [x * spread])
    })
}

#[test]
fn linear_is_exact_to_one_ulp_up_to_the_limit_of_its_products() {
    conformance("dsl_linear", linear())
        .cases(cases)
        .reference_with(reference)
        .check_with(|policy, _, _| Within::absolute(policy.act.ulp));
}

#[test]
fn sim_reports_a_product_that_reaches_its_limit() {
    fn reports<P: Precision>() {
        let limit = P::Act::LIMIT / exp2(P::Weight::FRAC);
        let value = array(&[1, 1], vec![limit.sqrt()]);
        let affine = Affine { weight: value.clone(), bias: array(&[1], vec![0.0]) };
        let error = on_sim::<P>(&linear().on(affine, [value]), 1).unwrap_err();
        assert_eq!((error.fault.bound, error.fault.value), (limit, limit), "{error}");
    }
    every_policy!(reports());
}
