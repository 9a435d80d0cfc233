//! SiLU, in the formats that activations have and in the finest of 32 bits.

use ditto_core::{F, Fixed, Z32};
use ditto_dsl::Precision;
use ditto_dsl::layers::silu;
use ditto_dsl::precision::{Ditto, Puma};
use ditto_testing::{
    Bounds, Forward, Within, array, conformance, even, every_policy, layer, on_sim, tensor, ulp,
};
use ndarray::ArrayD;
use proptest::prelude::*;

/// Up to a bound: in 32 bits under two policies, in 64 under one.
fn of_act() -> impl Forward<1, Parameters = f64> {
    layer!(<P>(bound: f64) |x: P::Act, cx: &mut B| -> P::Act { silu(x, bound, cx) })
}

/// x / (1 + e^-x), without the overflow of e^-x far below 0.
pub(crate) fn reference([x]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    x.mapv(|x| if x < 0.0 { x * x.exp() / (1.0 + x.exp()) } else { x / (1.0 + (-x).exp()) })
}

/// What the layer's documentation states, in a format of this ulp.
fn stated(ulp: f64) -> Bounds {
    Bounds { approximation: Within::absolute(4.6e-3), quantization: Within::absolute(8.0 * ulp) }
}

/// Where the polynomial is.
fn stated_inside(ulp: f64) -> Bounds {
    Bounds { approximation: Within::absolute(1.9e-3), ..stated(ulp) }
}

#[test]
fn the_stated_errors_hold_where_the_polynomial_is() {
    conformance("silu, inside", of_act())
        .examples(|_| vec![(8.5, [even(-8.0..8.0, 32_769)])])
        .reference(reference)
        .check_with(|policy, _, _| stated_inside(policy.act.ulp));
}

#[test]
fn the_stated_errors_hold_up_to_bounds_far_and_near() {
    for bound in [8.5, 64.0, 4096.0] {
        conformance(&format!("silu up to {bound}"), of_act())
            .examples(|policy| {
                let most = bound - policy.act.ulp;
                vec![(bound, [even(-most..most, 16_385)])]
            })
            .reference(reference)
            .check_with(|policy, _, _| stated(policy.act.ulp));
    }
}

/// Squares of 8 just fit.
#[test]
fn the_stated_errors_hold_in_the_finest_format_of_32_bits() {
    type Finest = Fixed<Z32, F<11>>;
    conformance("silu in F<11>", layer!(|x: Finest, cx: &mut B| -> Finest { silu(x, 64.0, cx) }))
        .examples(|_| vec![((), [even(-63.0..63.0, 16_385)])])
        .reference(reference)
        .check(stated(ulp::<Finest>()));
}

#[test]
fn silu_keeps_its_errors_up_to_the_bound() {
    conformance("dsl_silu", of_act())
        .cases(|policy| {
            let bounds = prop_oneof![Just(8.0), 8.0..1000.0];
            (bounds, tensor(9, -1.0..1.0)).prop_map(move |(bound, x)| {
                let bound = (bound / policy.act.ulp).round() * policy.act.ulp;
                (bound, [x * (bound - policy.act.ulp)])
            })
        })
        .reference(reference)
        .check_with(|policy, _, _| stated(policy.act.ulp));
}

/// 0, the ends of the polynomial, the bound, and the neighbours of all; one element, and none.
#[test]
fn the_seams_and_their_neighbours() {
    conformance("silu at its seams", of_act())
        .examples(|policy| {
            let ulp = policy.act.ulp;
            let near = |x: f64| [x - ulp, x, x + ulp];
            let seams: Vec<f64> = [-8.0, 0.0, 8.0].into_iter().flat_map(near).collect();
            let ends = [-64.0 + ulp, 64.0 - ulp];
            let values = [seams, ends.to_vec()].concat();
            vec![
                (64.0, [array(&[values.len()], values)]),
                (64.0, [array(&[1, 1], vec![-8.0])]),
                (64.0, [array(&[0], vec![])]),
                (64.0, [array(&[3, 0], vec![])]),
            ]
        })
        .reference(reference)
        .check_with(|policy, _, _| stated(policy.act.ulp));
}

#[test]
fn sim_reports_a_value_that_exceeds_the_bound() {
    fn reports<P: Precision>() {
        let x = array(&[2], vec![1.0, -40.0]);
        let error = on_sim::<P>(&of_act().on(8.0, [x]), 3).unwrap_err();
        assert_eq!((error.layer.as_str(), error.fault.operation), ("clamp", "comparison"));
    }
    every_policy!(reports());
}

/// Rounds, and bytes of all parties for 64 elements below 64.
#[test]
fn the_costs_are_the_documented_ones() {
    fn costs<P: Precision>(expected: [(&str, u64, u64); 2]) {
        let (_, report) =
            on_sim::<P>(&of_act().on(64.0, [array(&[64], vec![-4.0; 64])]), 3).unwrap();
        for (path, rounds, bytes) in expected {
            let cost = &report.scopes.iter().find(|s| s.path == path).expect("the scope").cost;
            assert_eq!((cost.rounds, cost.total_bytes()), (rounds, bytes), "{path}");
        }
    }
    costs::<Ditto>([("clamp", 8, 5984), ("polynomial", 9, 6080)]);
    costs::<Puma>([("clamp", 9, 11_472), ("polynomial", 9, 12_096)]);
}
