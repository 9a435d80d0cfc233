//! SiLU, a polynomial between two straight lines.

use ditto_core::High;
use ditto_dsl::layers::silu;
use ditto_dsl::precision::Ditto;
use ditto_testing::{
    Bounds, Forward, Within, array, conformance, even, layer, on_sim, ulp, values,
};
use ndarray::ArrayD;

const ROUNDING: f64 = 1.0 / 1024.0;

fn layer_of() -> impl Forward<1, Parameters = f64> {
    layer!((bound: f64) |x: High, cx: &mut B| -> High { silu(x, bound, cx) })
}

fn true_silu(x: f64) -> f64 {
    x / (1.0 + (-x).exp())
}

fn reference(_: &f64, [x]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    x.mapv(true_silu)
}

fn within(approximation: f64) -> Bounds {
    Bounds {
        approximation: Within::absolute(approximation),
        quantization: Within::absolute(ROUNDING),
    }
}

#[test]
fn the_stated_error_holds_up_to_the_bound() {
    conformance("silu", layer!(|x: High, cx: &mut B| -> High { silu(x, 64.0, cx) }))
        .inputs([1..=3, 1..=40], |[rows, n]| [values([rows, n], -63.9..63.9)])
        .reference(|[x]| x.mapv(true_silu))
        .check(within(4.6e-3));
}

/// Where the polynomial is, at every 2^-8.
#[test]
fn the_stated_error_holds_inside() {
    conformance("silu inside", layer_of())
        .examples(|_| vec![(64.0, [even(-8.0..8.0, 4097)])])
        .reference_with(reference)
        .check(within(1.9e-3));
}

/// Both seams and 0 with their neighbours, the ends of what is declared, one element and none.
#[test]
fn the_stated_error_holds_at_the_edges() {
    let ulp = ulp::<High>();
    let near = |x: f64| [x - ulp, x, x + ulp];
    let end = 64.0 - ulp;
    let edges: Vec<f64> = [-8.0, 0.0, 8.0].into_iter().flat_map(near).chain([-end, end]).collect();
    let edges = array(&[edges.len()], edges);
    conformance("silu at the edges", layer_of())
        .examples(|_| {
            [edges.clone(), array(&[1], vec![3.0]), array(&[0], vec![])]
                .map(|x| (64.0, [x]))
                .to_vec()
        })
        .reference_with(reference)
        .check(within(4.6e-3));
}

#[test]
fn sim_reports_a_value_beyond_the_bound() {
    let x = array(&[2], vec![3.0, 200.0]);
    let error = on_sim::<Ditto>(&layer_of().on(64.0, [x]), 3).unwrap_err();
    assert_eq!((error.fault.operation, error.layer.as_str()), ("comparison", "clamp"), "{error}");
}

#[test]
fn the_rounds_are_the_documented_ones() {
    let (_, report) =
        on_sim::<Ditto>(&layer_of().on(64.0, [array(&[1], vec![1.0])]), 1).expect("in range");
    let clamp = report.scopes.iter().find(|scope| scope.path == "clamp").expect("a scope");
    // The harness opens the result.
    assert_eq!((report.total().rounds, clamp.cost.rounds), (18 + 1, 9));
}
