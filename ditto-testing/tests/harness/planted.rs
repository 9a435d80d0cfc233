//! Layers with planted mistakes: the harness finds each of them, and says what is wrong.

use std::path::Path;

use ditto_core::{Backend, F, Fixed, Low, Z32};
use ditto_dsl::Tensor;
use ditto_dsl::layers::Gelu;
use ditto_testing::{Bounds, Within, array, config, conformance, filled, layer, ulp, values};
use proptest::prelude::*;

/// Asserts that the message names all of `parts`.
#[track_caller]
fn says(outcome: Result<(), String>, parts: &[&str]) {
    let message = outcome.expect_err("the mistake is found");
    for part in parts {
        assert!(message.contains(part), "no \"{part}\" in:\n{message}");
    }
}

#[test]
fn a_layer_without_a_mistake_conforms() {
    conformance("sound", layer!(|x: Low, y: Low, cx: &mut B| -> Low { x.times(y, cx)?.trunc(cx) }))
        .inputs([1..=3, 1..=9], |[n, h]| [values([n, h], -8.0..8.0), values([h], -8.0..8.0)])
        .reference(|[x, y]| x * y)
        .check(Within::absolute(ulp::<Low>()));
}

#[test]
fn an_overflow_is_found() {
    let outcome = conformance(
        "overflow",
        layer!(|x: Low, cx: &mut B| -> Low { cx.scope("energy", |cx| x.squared(cx)?.trunc(cx)) }),
    )
    .inputs([1..=9], |[n]| [values([n], -200.0..200.0)])
    .reference(|[x]| x * x)
    .outcome(Within::absolute(ulp::<Low>()));
    let message = ["`overflow` on sim", "energy: product", "outside the range of Z32", "16 frac"];
    says(outcome.clone(), &message);
    // 2^(32 - 2 - 8 - 8), the smallest input, and its seed.
    says(outcome, &["bound 16384", "x, shape [1]: [", "seed "]);
}

#[test]
fn a_wrong_scale_is_found() {
    let outcome = conformance(
        "scale",
        layer!(|x: Low, cx: &mut B| -> Low {
            x.times_public::<F<8>>(0.75).over_power_of_two(3).trunc(cx)
        }),
    )
    .inputs([1..=9], |[n]| [values([n], -200.0..200.0)])
    .reference(|[x]| x * 0.75)
    .outcome(Within::absolute(ulp::<Low>()));
    says(outcome, &["on plain", "every value is 2^-3 times what it should be: a scale is wrong"]);
}

#[test]
fn a_sign_error_is_found() {
    let outcome = conformance(
        "sign",
        layer!(|x: Low, y: Low, cx: &mut B| -> Low {
            let _ = cx;
            Ok(y.minus(x))
        }),
    )
    .inputs([1..=9], |[n]| [values([n], -200.0..200.0), values([n], -200.0..200.0)])
    .reference(|[x, y]| x - y)
    .outcome(Within::NOTHING);
    says(
        outcome,
        &["on plain", "every value is of the wrong sign", "x, shape [1]", "y, shape [1]"],
    );
}

#[test]
fn a_value_that_is_wrong_on_rep3_alone_is_found() {
    let outcome = conformance(
        "rep3_value",
        layer!(|x: Low, cx: &mut B| -> Low {
            let _ = cx;
            Ok(x.plus_public(if B::NAME == "rep3" { ulp::<Low>() } else { 0.0 }))
        }),
    )
    .inputs([1..=9], |[n]| [values([n], -200.0..200.0)])
    .reference(|[x]| x.clone())
    .outcome(Within::NOTHING);
    says(outcome, &["on rep3", "0.00390625 instead of 0 at [0]", "sim is right"]);
}

#[test]
fn a_value_that_is_wrong_on_additive_alone_is_found() {
    let outcome = conformance(
        "additive_value",
        layer!(|x: Low, cx: &mut B| -> Low {
            let _ = cx;
            Ok(x.plus_public(if B::NAME == "additive" { ulp::<Low>() } else { 0.0 }))
        }),
    )
    .inputs([1..=9], |[n]| [values([n], -200.0..200.0)])
    .reference(|[x]| x.clone())
    .outcome(Within::NOTHING);
    says(outcome, &["on additive", "0.00390625 instead of 0 at [0]", "sim and rep3 are right"]);
}

#[test]
fn a_layer_that_is_wrong_under_one_policy_is_found_under_it() {
    let outcome = conformance(
        "policy",
        layer!(<P>(offset: f64) |x: P::Act, cx: &mut B| -> P::Act {
            let _ = cx;
            Ok(x.plus_public(if P::NAME == "puma" { offset } else { 0.0 }))
        }),
    )
    .cases(|policy| (1.0..2.0, filled(vec![3], 0.0..policy.act.ulp)).prop_map(|(o, x)| (o, [x])))
    .reference(|[x]| x.clone())
    .outcome(Within::NOTHING);
    says(outcome, &["`policy` on plain, policy puma, seed ", "parameters: 1", "x, shape [3]: ["]);
}

#[test]
fn a_bound_that_an_example_exceeds_is_found() {
    let outcome = conformance(
        "example",
        layer!((bound: f64) |x: Low, cx: &mut B| -> Low { bad_gelu(&x.plus_public(bound), cx) }),
    )
    .examples(|_| vec![(0.0, [array(&[1], vec![3.0])]), (1.0, [array(&[100], vec![2.0; 100])])])
    .reference_with(|bound, [x]| x.mapv(|x| true_gelu(x + bound)))
    .outcome(Bounds { approximation: Within::absolute(0.9), quantization: Within::NOTHING });
    says(outcome, &["on plain, as written, seed 0: 4 instead of 2.99", "parameters: 0.0", "[3.0]"]);
}

#[test]
fn a_test_without_examples_does_not_pass() {
    let outcome = conformance("none", layer!(|x: Low, _cx: &mut B| -> Low { Ok(x.clone()) }))
        .examples(|_| Vec::new())
        .reference(|[x]| x.clone())
        .outcome(Within::NOTHING);
    says(outcome, &["layer `none`: no inputs: there is no example"]);
}

#[test]
fn messages_that_are_sent_on_rep3_alone_are_found() {
    let outcome = conformance(
        "rep3_messages",
        layer!(|x: Low, cx: &mut B| -> Low {
            cx.scope("outer", |cx| {
                cx.scope("inner", |cx| {
                    if B::NAME == "rep3" {
                        x.squared(cx)?.trunc(cx)?;
                    }
                    x.squared(cx)?.trunc(cx)
                })
            })
        }),
    )
    .inputs([1..=9], |[n]| [values([n], -8.0..8.0)])
    .reference(|[x]| x * x)
    .outcome(Within::absolute(ulp::<Low>()));
    let rounds = "sim 1 call(s), 2 rounds, bytes of the parties [";
    says(
        outcome,
        &["sim against rep3", "scope \"outer/inner\"", rounds, "rep3 1 call(s), 4 rounds"],
    );
}

/// Choosing by an opened bit gives the right values, and gives the secret away.
#[test]
fn a_layer_that_opens_its_secret_does_not_pass() {
    let outcome = conformance(
        "opens",
        layer!(|x: Low, cx: &mut B| -> Low {
            cx.scope("absolute", |cx| {
                cx.scope("sign", |cx| {
                    let signs = x.open(cx)?.mapv(|x| if x < 0.0 { -1 } else { 1 });
                    let signed = |i: usize| x.slice(0, i..i + 1).times_integer(signs[[i]]);
                    let parts: Vec<_> = (0..signs.len()).map(signed).collect();
                    Ok(Tensor::concat(&parts.iter().collect::<Vec<_>>(), 0))
                })
            })
        }),
    )
    .inputs([1..=9], |[n]| [values([n], -8.0..8.0)])
    .reference(|[x]| x.mapv(f64::abs))
    .outcome(Within::NOTHING);
    says(
        outcome,
        &["`opens` on plain", "opens 1 value(s)", "scope \"absolute/sign\"", "`is_below`"],
    );
}

/// Only where the approximation is computed.
#[test]
fn a_secret_that_is_opened_by_an_approximation_alone_is_found() {
    let outcome = conformance(
        "opens_as_written",
        layer!(|x: Low, cx: &mut B| -> Low {
            x.composite(&Gelu::Poly, cx, |cx| {
                x.open(cx)?;
                x.open(cx)?;
                Ok(x.clone())
            })
        }),
    )
    .inputs([1..=3], |[n]| [values([n], -8.0..8.0)])
    .reference(|[x]| x.mapv(true_gelu))
    .outcome(Within::NOTHING);
    says(outcome, &["on plain, as written", "opens 2 value(s) beside its result: all"]);
}

/// Off by more than noise explains, in a layer whose tolerance is too small besides.
#[test]
fn what_is_further_off_than_noise_is_still_a_fault() {
    let outcome = conformance(
        "fault",
        layer!(|x: Low, cx: &mut B| -> Low {
            let off = if B::NAME == "rep3" { 9.0 * ulp::<Low>() } else { 0.0 };
            Ok(x.squared(cx)?.trunc(cx)?.plus_public(off))
        }),
    )
    // 1/256 squared is 0 or, once in 256 times, an ulp.
    .examples(|_| vec![((), [array(&[1], vec![ulp::<Low>()])])])
    .reference(|[x]| x * x)
    .outcome(Within::absolute(0.75 * ulp::<Low>()));
    says(outcome, &["on rep3", "a protocol is wrong"]);
}

fn true_gelu(x: f64) -> f64 {
    0.5 * x * libm::erfc(-x / std::f64::consts::SQRT_2)
}

/// The true GeLU on `Plain`, and a bad approximation everywhere else.
fn bad_gelu<B: Backend>(x: &Tensor<B, Low>, cx: &mut B) -> Result<Tensor<B, Low>, B::Error> {
    x.composite(&Gelu::Poly, cx, |_| Ok(x.plus_public(1.0)))
}

#[test]
fn a_wrong_approximation_is_found() {
    let outcome =
        conformance("approximation", layer!(|x: Low, cx: &mut B| -> Low { bad_gelu(x, cx) }))
            .inputs([1..=9], |[n]| [values([n], -8.0..8.0)])
            .reference(|[x]| x.mapv(true_gelu))
            .outcome(Bounds {
                approximation: Within::absolute(0.2),
                quantization: Within::absolute(ulp::<Low>()),
            });
    says(outcome, &["on plain, as written", "the approximation is not"]);
}

#[test]
fn a_format_that_is_too_coarse_is_found() {
    let outcome = conformance(
        "coarse",
        layer!(|x: Low, cx: &mut B| -> Low { Ok(x.rescale::<Fixed<Z32, F<2>>>(cx)?.raise()) }),
    )
    .inputs([1..=9], |[n]| [values([n], -8.0..8.0)])
    .reference(|[x]| x.clone())
    .outcome(Within::absolute(ulp::<Low>()));
    says(outcome, &["on sim", "a format is too coarse"]);
}

#[test]
fn inputs_that_do_not_fit_their_format_are_told() {
    let outcome = conformance(
        "inputs",
        layer!(|x: Low, cx: &mut B| -> Low {
            let _ = cx;
            Ok(x.clone())
        }),
    )
    .inputs([1..=2], |[n]| [values([n], 5e6..6e6)])
    .reference(|[x]| x.clone())
    .outcome(Within::NOTHING);
    says(outcome, &["on its inputs", "x: ", "below 4194304", "draw them from a smaller range"]);
}

#[test]
fn shapes_that_do_not_fit_are_told() {
    let outcome = conformance(
        "shapes",
        layer!(|x: Low, y: Low, cx: &mut B| -> Low {
            let _ = cx;
            Ok(x.plus(y))
        }),
    )
    .inputs([2..=4], |[n]| [values([n], -1.0..1.0), values([n + 1], -1.0..1.0)])
    .reference(|[x, _]| x.clone())
    .outcome(Within::NOTHING);
    says(outcome, &["shapes [2] and [3] do not fit"]);
}

#[test]
fn failures_are_kept_at_the_root_of_the_workspace() {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace around the crate");
    let file = root.join("proptest-regressions/some_layer.txt");
    let config = config(7, "some_layer");
    let kept = format!("{:?}", config.failure_persistence);
    assert!(kept.contains(&format!("{file:?}")), "{kept}");
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    assert_eq!(config.cases, asked.unwrap_or(7));
}
