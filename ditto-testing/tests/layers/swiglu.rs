//! SwiGLU, with secret weights.

use ditto_core::{Format, High, Low};
use ditto_dsl::layers::SwiGlu;
use ditto_dsl::precision::{Ditto, Precision, Puma};
use ditto_testing::{Bounds, Within, array, conformance, layer, on_sim, ulp, values};
use ndarray::ArrayD;

type Weight = <Ditto as Precision>::Weight;

/// x · w for `[rows, inputs]` and `[inputs, outputs]`.
fn product(x: &ArrayD<f64>, w: &ArrayD<f64>) -> ArrayD<f64> {
    let [rows, inputs, outputs] = [x.shape()[0], w.shape()[0], w.shape()[1]];
    ArrayD::from_shape_fn(vec![rows, outputs], |i| {
        (0..inputs).map(|k| x[[i[0], k]] * w[[k, i[1]]]).sum()
    })
}

/// As the paper writes it.
fn reference(x: &ArrayD<f64>, gate: &ArrayD<f64>, value: &ArrayD<f64>) -> ArrayD<f64> {
    product(x, gate).mapv(|x| x / (1.0 + (-x).exp())) * product(x, value)
}

/// What the layer's documentation states for up to 12 inputs of at most 4 and weights of at most 1, so that
/// |xW| and |xV| are at most 48, and a result with a unit of `last`.
fn stated(last: f64) -> Bounds {
    let products = 12.0 * 2f64.powi(-30) + ulp::<High>();
    let of = |silu: f64| silu * 48.0 + products * 2.1 * 48.0 + last;
    Bounds {
        approximation: Within::absolute(4.6e-3 * 48.0),
        quantization: Within::absolute(of(2f64.powi(-10))),
    }
}

/// Three tensors that fit.
fn shapes([rows, inputs, outputs]: [usize; 3]) -> [ditto_testing::Values; 3] {
    let weight = || values([inputs, outputs], -1.0..1.0);
    [values([rows, inputs], -4.0..4.0), weight(), weight()]
}

#[test]
fn the_stated_errors_hold_in_mixed_precision() {
    conformance(
        "swiglu",
        layer!(|x: Low, gate: Weight, value: Weight, cx: &mut B| -> Low {
            SwiGlu::<B, Ditto>::new([gate, value], 64.0, cx)?.forward(x, cx)
        }),
    )
    .inputs([1..=3, 1..=12, 1..=6], shapes)
    .reference(|[x, gate, value]| reference(x, gate, value))
    .check(stated(ulp::<Low>()));
}

#[test]
fn the_stated_errors_hold_in_64_bits() {
    conformance(
        "swiglu in 64 bits",
        layer!(|x: High, gate: High, value: High, cx: &mut B| -> High {
            SwiGlu::<B, Puma>::new([gate, value], 64.0, cx)?.forward(x, cx)
        }),
    )
    .inputs([1..=3, 1..=12, 1..=6], shapes)
    .reference(|[x, gate, value]| reference(x, gate, value))
    .check(stated(12.0 * ulp::<High>()));
}

/// With weights that the layer shares by itself, on inputs that it names when they leave the range.
#[test]
fn sim_names_the_gate_that_exceeds_its_bound() {
    let weight = array(&[1, 1], vec![1.0]);
    let layer = layer!((weight: ArrayD<f64>) |x: Low, source, cx: &mut B| -> Low {
        let weights = [&weight, &weight];
        SwiGlu::<B, Ditto>::share(source, "feed forward", weights, 64.0, cx).unwrap().forward(x, cx)
    });
    use ditto_testing::Forward;
    let run = |x: f64| on_sim::<Ditto>(&layer.on(weight.clone(), [array(&[1, 1], vec![x])]), 1);
    let error = run(200.0).unwrap_err();
    assert_eq!((error.layer.as_str(), error.fault.operation), ("silu/clamp", "comparison"));
    let (values, report) = run(1.0).expect("in range");
    assert!((values[[0, 0]] - 0.731_058_578_6).abs() < 0.01 + 2.0 * Low::LIMIT.recip());
    // The harness opens the result.
    assert_eq!(report.total().rounds, 24 + 1);
}
