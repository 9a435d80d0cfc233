//! GeLU in its four forms.

use ditto_dsl::Precision;
use ditto_dsl::layers::Gelu;
use ditto_testing::{
    Bounds, Forward, Policy, Within, array, conformance, even, every_policy, layer, on_sim, tensor,
};
use ndarray::ArrayD;
use proptest::prelude::*;

use crate::users_policies::check_under_each;

const FORMS: [Gelu; 4] = [Gelu::Poly, Gelu::PolyTanh, Gelu::Puma, Gelu::Quad];

/// A form, up to a bound.
fn gelu() -> impl Forward<1, Parameters = (Gelu, f64)> {
    layer!(<P>(form: Gelu, bound: f64) |x: P::Act, cx: &mut B| -> P::Act {
        form.forward::<P, B>(x, bound, cx)
    })
}

fn reference((form, _): &(Gelu, f64), [x]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    x.mapv(match form {
        Gelu::Poly | Gelu::Puma => true_gelu,
        Gelu::PolyTanh => gelu_tanh,
        Gelu::Quad => |x| 0.125 * x * x + 0.25 * x + 0.5,
        form => panic!("no reference for {form:?}"),
    })
}

fn true_gelu(x: f64) -> f64 {
    0.5 * x * libm::erfc(-x / std::f64::consts::SQRT_2)
}

fn gelu_tanh(x: f64) -> f64 {
    0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)).tanh())
}

/// What the layer's documentation states.
fn stated(policy: Policy, (form, _): &(Gelu, f64), _: [&ArrayD<f64>; 1]) -> Bounds {
    let low = policy.name != "puma";
    let ulp = policy.act.ulp;
    let (approximation, quantization) = match form {
        Gelu::Poly => (3.4e-3, 2.0 * ulp),
        Gelu::PolyTanh => (3.9e-3, 2.0 * ulp),
        Gelu::Puma => (2e-2, if low { 3.0 * ulp } else { 1e-4 }),
        Gelu::Quad => (1e-9, ulp),
        form => panic!("no error stated for {form:?}"),
    };
    Bounds {
        approximation: Within::absolute(approximation),
        quantization: Within::absolute(quantization),
    }
}

#[test]
fn the_stated_errors_hold_from_minus_8_to_8() {
    for form in FORMS {
        conformance(&format!("gelu {form:?}"), gelu())
            .examples(|_| vec![((form, 8.5), [even(-8.0..8.0, 65_537)])])
            .reference_with(reference)
            .check_with(stated);
    }
}

#[test]
fn gelu_keeps_its_errors_up_to_the_bound() {
    conformance("dsl_gelu", gelu())
        .cases(|_| {
            let bounds = prop_oneof![Just(4.0), Just(8.0), 8.0..1000.0];
            let forms = prop::sample::select(FORMS.to_vec());
            (forms, bounds, tensor(9, -1.0..1.0)).prop_map(|(form, bound, x)| {
                // The square of x + 1 has to fit, which in `Low` leaves |x| < 127.
                let bound = if form == Gelu::Quad { f64::min(bound, 127.0) } else { bound };
                ((form, bound), [x * (bound - 0.01)])
            })
        })
        .reference_with(reference)
        .check_with(stated);
}

#[test]
fn the_seams_and_their_neighbours() {
    // -1.95 lies on no grid, so the value that it is rounded to is on either side of it, depending on the
    // format: its neighbours are moved off it.
    let seams = [-4.0, -3.0625, -1.95 + 0.5 / 256.0, 0.0, 3.0, 3.0625];
    let x = seams.iter().flat_map(|seam| (-8..=8).map(move |i| seam + f64::from(i) / 256.0));
    let x: Vec<f64> = x.collect();
    conformance("seams", gelu())
        .examples(|_| FORMS.map(|form| ((form, 8.0), [array(&[x.len()], x.clone())])).to_vec())
        .reference_with(reference)
        .check_with(stated);
}

#[test]
fn sim_reports_a_value_that_exceeds_the_bound() {
    fn reports<P: Precision>(form: Gelu) {
        let x = array(&[2], vec![1.0, -40.0]);
        let error = on_sim::<P>(&gelu().on((form, 8.0), [x]), 3).unwrap_err();
        assert_eq!(error.fault.operation, "comparison", "{error}");
    }
    every_policy!(reports(Gelu::Poly));
    every_policy!(reports(Gelu::PolyTanh));
}

#[test]
fn gelu_runs_in_policies_of_a_user() {
    check_under_each!(
        conformance("own_policy_gelu", gelu())
            .cases(|_| {
                let forms = prop::sample::select(vec![Gelu::Poly, Gelu::Puma]);
                (forms, tensor(9, -7.9..7.9)).prop_map(|(form, x)| ((form, 8.0), [x]))
            })
            .reference_with(reference),
        |policy, (form, bound), x| Bounds {
            // Coefficients of 12 bits, where `Gelu::Puma` has them, are as coarse in any format.
            quantization: Within::absolute(match form {
                Gelu::Puma => f64::max(3.0 * policy.act.ulp, 1e-4),
                _ => 2.0 * policy.act.ulp,
            }),
            ..stated(policy, &(*form, *bound), x)
        }
    );
}
