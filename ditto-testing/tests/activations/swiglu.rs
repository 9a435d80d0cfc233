//! SwiGLU: a linear layer, gated by the SiLU of another one.

use ditto_dsl::Precision;
use ditto_dsl::layers::SwiGlu;
use ditto_dsl::precision::{Ditto, Fine, Puma};
use ditto_testing::{
    Bounds, Forward, Policy, Within, array, conformance, every_policy, filled, layer, on_sim,
};
use ndarray::{ArrayD, Ix2};
use proptest::prelude::*;

use crate::silu;
use crate::users_policies::check_under_each;

/// The weights, `[inputs, outputs]` each, and the bound of the gate.
#[derive(Clone, Debug)]
struct Model {
    gate: ArrayD<f64>,
    value: ArrayD<f64>,
    bound: f64,
}

impl Model {
    fn on_grid(self, policy: Policy) -> Self {
        let [gate, value] = [&self.gate, &self.value].map(|x| policy.weight.nearest(x));
        Self { gate, value, ..self }
    }
}

fn swiglu() -> impl Forward<1, Parameters = Model> {
    layer!(<P>(model: Model) |x: P::Act, source, cx: &mut B| -> P::Act {
        let Model { gate, value, bound } = &model;
        let layer = SwiGlu::<B, P>::share(source, "swiglu", gate, value, *bound, cx);
        layer.unwrap().forward(x, cx)
    })
}

fn reference(model: &Model, [x]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    let gate = product(x, &model.gate);
    silu::reference([&gate]) * product(x, &model.value)
}

fn product(x: &ArrayD<f64>, weight: &ArrayD<f64>) -> ArrayD<f64> {
    let [x, weight] = [x, weight].map(|x| x.view().into_dimensionality::<Ix2>().expect("two axes"));
    x.dot(&weight).into_dyn()
}

/// What the layer's documentation states.
fn stated(policy: Policy, model: &Model, [x]: [&ArrayD<f64>; 1]) -> Bounds {
    let largest = |x: ArrayD<f64>| x.fold(0.0, |most, x| f64::max(most, x.abs()));
    let (gate, value) = (product(x, &model.gate), product(x, &model.value));
    let (gate, value) = (largest(silu::reference([&gate])), largest(value));
    let u = policy.high.ulp;
    let rounding = 8.0 * u * value + u * (1.1 * value + gate) + 2.0 * policy.act.ulp;
    Bounds {
        approximation: Within::absolute(4.6e-3 * value),
        quantization: Within::absolute(rounding),
    }
}

fn cases(policy: Policy) -> impl Strategy<Value = (Model, [ArrayD<f64>; 1])> {
    (1usize..4, 1usize..13, 1usize..7).prop_flat_map(move |(rows, inputs, outputs)| {
        let weight = || filled(vec![inputs, outputs], -1.0..1.0);
        (filled(vec![rows, inputs], -4.0..4.0), weight(), weight()).prop_map(
            move |(x, gate, value)| (Model { gate, value, bound: 64.0 }.on_grid(policy), [x]),
        )
    })
}

#[test]
fn swiglu_keeps_its_errors() {
    conformance("dsl_swiglu", swiglu()).cases(cases).reference_with(reference).check_with(stated);
}

/// One input and one output: the gate is the input itself, and goes through its whole range.
#[test]
fn the_stated_errors_hold_over_the_range_of_the_gate() {
    conformance("swiglu, the range of the gate", swiglu())
        .examples(|policy| {
            let one = |value: f64| {
                let [gate, value] = [1.0, value].map(|weight| array(&[1, 1], vec![weight]));
                Model { gate, value, bound: 64.0 }.on_grid(policy)
            };
            let most = 64.0 - policy.act.ulp;
            let x: Vec<f64> = (-512..=512).map(|i| f64::from(i) / 512.0 * most).collect();
            let column = |x: &[f64]| [array(&[x.len(), 1], x.to_vec())];
            let ulp = policy.act.ulp;
            vec![
                (one(1.0), column(&x)),
                (one(-7.5), column(&x)),
                (one(0.0), column(&x)),
                (one(-7.5), column(&[-8.0 - ulp, -8.0, -ulp, 0.0, ulp, 8.0, 8.0 + ulp])),
                (one(-7.5), column(&[ulp])),
                (one(-7.5), column(&[])),
            ]
        })
        .reference_with(reference)
        .check_with(stated);
}

#[test]
fn sim_reports_a_gate_that_exceeds_the_bound() {
    fn reports<P: Precision>() {
        let [gate, value] = [1.0, 0.5].map(|weight| array(&[1, 1], vec![weight]));
        let model = Model { gate, value, bound: 64.0 };
        let x = array(&[1, 1], vec![200.0]);
        let error = on_sim::<P>(&swiglu().on(model, [x]), 3).unwrap_err();
        assert_eq!((error.layer.as_str(), error.fault.operation), ("silu/clamp", "comparison"));
    }
    every_policy!(reports());
}

/// Rounds, and bytes of all parties for 64 outputs.
#[test]
fn the_costs_are_the_documented_ones() {
    fn costs<P: Precision>(linear: u64) {
        let [gate, value] = [1.0, 0.5].map(|weight| array(&[1, 64], vec![weight; 64]));
        let model = Model { gate, value, bound: 64.0 };
        let (_, report) = on_sim::<P>(&swiglu().on(model, [array(&[1, 1], vec![2.0])]), 3).unwrap();
        for (path, rounds, bytes) in [("linear", 2, linear), ("silu", 18, 23_568)] {
            let cost = &report.scopes.iter().find(|s| s.path == path).expect("the scope").cost;
            assert_eq!((cost.rounds, cost.total_bytes()), (rounds, bytes), "{path}");
        }
        // Two for the product of both, and one to open it.
        assert_eq!(report.total().rounds, 2 + 18 + 2 + 1);
    }
    costs::<Ditto>(4096);
    costs::<Fine>(4224);
    costs::<Puma>(4224);
}

#[test]
fn swiglu_runs_in_policies_of_a_user() {
    check_under_each!(
        conformance("own_policy_swiglu", swiglu()).cases(cases).reference_with(reference),
        stated
    );
}
