//! The harness finds what it is there to find.

use std::sync::atomic::{AtomicU32, Ordering};

use ditto_core::{Backend, Low, Source};
use ditto_dsl::precision::Ditto;
use ditto_dsl::{Precision, Tensor};
use ditto_testing::{Bounds, Layer, Within, array, check, ulp};
use ndarray::ArrayD;

/// Opens its input, with a flaw.
#[derive(PartialEq)]
enum Flaw {
    None,
    /// The result is one ulp off.
    Value,
    /// One backend squares something besides.
    ExtraRound,
    /// The backend of this name opens a value besides.
    Opens(&'static str),
    /// The parties of one backend end with different values.
    Disagreement,
}

impl Layer for Flaw {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let x = Tensor::<B, P::Act>::share(source, "x", &self.reference()).unwrap();
        if *self == Self::ExtraRound && B::NAME == "rep3" {
            x.squared(cx)?.trunc(cx)?;
        }
        if *self == Self::Opens(B::NAME) {
            x.open(cx)?;
        }
        let off = if *self == Self::Value && B::NAME != "plain" { 1.0 / 256.0 } else { 0.0 };
        let opened = x.plus_public(off).open(cx)?;
        Ok(match self {
            Self::Disagreement if B::NAME == "additive" => opened + number_of_call(),
            _ => opened,
        })
    }

    fn reference(&self) -> ArrayD<f64> {
        array(&[2], vec![1.5, -2.0])
    }
}

/// Another at each party.
fn number_of_call() -> f64 {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    f64::from(CALLS.fetch_add(1, Ordering::Relaxed))
}

fn run(flaw: &Flaw) {
    let nothing = Bounds { approximation: Within::NOTHING, quantization: Within::NOTHING };
    check::<Ditto>(flaw, nothing, 7);
}

#[test]
fn a_layer_without_a_flaw_passes() {
    run(&Flaw::None);
}

#[test]
#[should_panic(expected = "sim, policy ditto, seed 7: 1.50390625 instead of 1.5 at [0]")]
fn a_wrong_value_is_found_and_the_seed_told() {
    run(&Flaw::Value);
}

#[test]
#[should_panic(
    expected = "sim against rep3, policy ditto, seed 7: scopes, calls, rounds and bytes"
)]
fn a_round_too_many_is_found() {
    run(&Flaw::ExtraRound);
}

#[test]
fn an_opened_value_is_found_on_every_backend() {
    for backend in ["plain", "sim", "rep3", "additive"] {
        let opened = std::panic::catch_unwind(|| run(&Flaw::Opens(backend))).expect_err(backend);
        let message = opened.downcast::<String>().expect("a message");
        let says = format!("{backend}, policy ditto, seed 7: the layer opens 1 value(s) beside");
        assert!(message.starts_with(&says), "{message}");
    }
}

#[test]
#[should_panic(expected = "seed 7: the parties of additive opened different values")]
fn parties_that_disagree_are_found() {
    run(&Flaw::Disagreement);
}

/// The square of 6/256, which is 36/256 ulp: rounded up, once in seven times, it is off by 0.86 ulp.
struct Square;

impl Layer for Square {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let x = array(&[1], vec![6.0 * ulp::<Low>()]);
        let x = Tensor::<B, Low>::share(source, "x", &x).unwrap();
        x.squared(cx)?.trunc(cx)?.open(cx)
    }

    fn reference(&self) -> ArrayD<f64> {
        array(&[1], vec![(6.0 * ulp::<Low>()).powi(2)])
    }
}

/// Where three quarters of an ulp are allowed, some backend is the first to be unlucky, and none is wrong.
#[test]
fn a_tolerance_below_the_rounding_noise_is_no_fault_of_a_backend() {
    let bounds = Bounds::from(Within::absolute(0.75 * ulp::<Low>()));
    let mut unlucky = Vec::new();
    for seed in 0..48 {
        let Err(message) = std::panic::catch_unwind(|| check::<Ditto>(&Square, bounds, seed))
        else {
            continue;
        };
        let message = message.downcast::<String>().expect("a message");
        assert!(message.contains("the tolerance is below the rounding noise"), "{message}");
        assert!(!message.contains("a protocol is wrong"), "{message}");
        unlucky.push(message.split(',').next().expect("a backend").to_owned());
    }
    for backend in ["sim", "rep3", "additive"] {
        assert!(unlucky.iter().any(|name| name == backend), "{unlucky:?}");
    }
    assert!(unlucky.len() < 48, "some seeds pass");
}
