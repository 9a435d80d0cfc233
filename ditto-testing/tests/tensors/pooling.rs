//! Sentence embeddings: the mean over the real tokens, scaled to length 1.

use ditto_core::High;
use ditto_dsl::layers::pooling::normalised_mean;
use ditto_dsl::{Precision, Tensor};
use ditto_testing::{
    Bounds, Forward, Policy, Within, array, conformance, every_policy, filled, layer, on_sim, ulp,
};
use ndarray::ArrayD;
use proptest::prelude::*;

/// Which tokens are real, and the squared length of their mean.
#[derive(Clone, Debug)]
struct Text {
    real: Vec<bool>,
    squared_length: f64,
}

fn of_text() -> impl Forward<1, Parameters = Text> {
    layer!(<P>(text: Text) |x: P::High, source, cx: &mut B| -> P::High {
        let marks = text.real.iter().map(|&real| f64::from(u8::from(real)));
        let real = array(&[1, text.real.len()], marks.collect());
        let inverse = array(&[1], vec![real.sum().recip()]);
        let real = Tensor::<B, P::High>::share(source, "real", &real).unwrap();
        let inverse = Tensor::<B, P::High>::share(source, "inverse count", &inverse).unwrap();
        normalised_mean(x, &real, &inverse, cx)
    })
}

fn mean(x: &ArrayD<f64>, real: &[bool]) -> ArrayD<f64> {
    let (n, h) = (x.shape()[0], x.shape()[1]);
    let real: Vec<usize> = (0..n).filter(|&i| real[i]).collect();
    let mean = |j| real.iter().map(|&i| x[[i, j]]).sum::<f64>() / real.len() as f64;
    array(&[1, h], (0..h).map(mean).collect())
}

fn reference(text: &Text, [x]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    let mean = mean(x, &text.real);
    let length = mean.mapv(|x| x * x).sum().sqrt();
    mean / length
}

/// `x` scaled so that its mean has the squared length, with that length.
fn scaled(x: ArrayD<f64>, real: Vec<bool>, squared_length: f64) -> (Text, [ArrayD<f64>; 1]) {
    let factor = (squared_length / mean(&x, &real).mapv(|x| x * x).sum()).sqrt();
    (Text { real, squared_length }, [x * factor])
}

/// What the layer's documentation states.
fn stated(_: Policy, text: &Text, _: [&ArrayD<f64>; 1]) -> Bounds {
    let (ulp, squared) = (ulp::<High>(), text.squared_length);
    let of_mean = 3.0 * ulp / squared.sqrt();
    let of_squares = ulp / squared;
    let of_factor = 2.0 * ulp * squared.sqrt();
    Bounds {
        approximation: Within::absolute(7e-6 + ulp * squared.sqrt()),
        quantization: Within::absolute(2f64.powi(-16) + of_mean + of_squares + of_factor),
    }
}

#[test]
fn the_stated_errors_hold_for_every_length() {
    let waves = (0..16 * 384).map(|i| (i as f64 * 0.37).sin() + (f64::from(i % 384)).cos());
    let x = array(&[16, 384], waves.collect());
    let real: Vec<bool> = (0..16).map(|i| i < 11).collect();
    for squared in [1.2e-3, 1e-1, 1.0, 30.0, 6e4] {
        conformance(&format!("mean of length² {squared:.0e}"), of_text())
            .examples(|_| vec![scaled(x.clone(), real.clone(), squared)])
            .reference_with(reference)
            .check_with(stated);
    }
}

/// Up to 9 tokens of which at least one is real; padding is anywhere.
fn cases(_: Policy) -> impl Strategy<Value = (Text, [ArrayD<f64>; 1])> {
    (1usize..9, 1usize..20)
        .prop_flat_map(|(n, h)| {
            (filled(vec![n, h], -1.0..1.0), prop::collection::vec(any::<bool>(), n), 0..n)
        })
        .prop_map(|(x, mut real, first)| {
            real[first] = true;
            (x, real)
        })
        .prop_filter("a mean with a direction", |(x, real)| {
            mean(x, real).mapv(|x| x * x).sum() > 1e-2
        })
        .prop_flat_map(|(x, real)| (Just(x), Just(real), -9.9..15.9))
        .prop_map(|(x, real, log_squared)| scaled(x, real, f64::exp2(log_squared)))
}

#[test]
fn the_normalised_mean_keeps_its_errors() {
    conformance("dsl_pooling", of_text()).cases(cases).reference_with(reference).check_with(stated);
}

/// One value of one token, close to the shortest mean: it failed once.
#[test]
fn a_short_mean_of_one_value() {
    let x = array(&[1, 1], vec![-0.36300718931807663]);
    conformance("one value", of_text())
        .examples(|_| vec![scaled(x.clone(), vec![true], f64::exp2(-9.628785406012305))])
        .reference_with(reference)
        .check_with(stated);
}

#[test]
fn sim_reports_a_mean_without_a_direction() {
    fn reports<P: Precision>() {
        let text = Text { real: vec![true; 2], squared_length: 3e-4 };
        let layer = of_text();
        let fault = on_sim::<P>(&layer.on(text, [array(&[2, 3], vec![0.01; 6])]), 3);
        let fault = fault.unwrap_err().fault;
        assert_eq!((fault.operation, fault.bound), ("declared range", 2f64.powi(-10)));
    }
    every_policy!(reports());
}
