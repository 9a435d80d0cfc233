//! Comparisons with public values and of secret ones: exact, for what a format holds.

use ditto_backends::plain::{Plain, PlainSource};
use ditto_backends::sim::{Sim, SimError, SimSource};
use ditto_core::{Backend, Cost, Format, Low, Source};
use ditto_dsl::{Precision, Tensor};
use ditto_testing::{
    Forward, Grid, Policy, Within, array, conformance, every_policy, layer, on_sim,
};
use ndarray::ArrayD;
use proptest::prelude::*;
use proptest::sample::Index;

/// The bit x < value, for |x| below a bound.
fn below() -> impl Forward<1, Parameters = (f64, f64)> {
    layer!(<P>(value: f64, bound: f64) |x: P::Act, cx: &mut B| -> <P::Act as Format>::Integer {
        x.is_below(value, bound, cx)?.indicator::<P::Act>(cx)
    })
}

/// The values of the format are what they are in f64, so the true comparison is the reference.
fn truth(&(value, _): &(f64, f64), [x]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    x.mapv(|x| f64::from(u8::from(x < value)))
}

/// Bounds from an ulp to the whole format, values on the grid, off it and beyond the bound, and what is
/// compared all over the range, at its ends and next to the value.
fn cases(policy: Policy) -> impl Strategy<Value = ((f64, f64), [ArrayD<f64>; 1])> {
    let Grid { ulp, limit, .. } = policy.act;
    let value = (-1.25..1.25f64, prop_oneof![Just(0.0), Just(0.5), 0.001..0.999f64], any::<bool>());
    let bound = (0.0..(limit / ulp).log2(), any::<bool>());
    let places = prop::collection::vec((any::<Index>(), 0..6u8), 1..40);
    (bound, value, places).prop_map(move |((log, whole), (part, beside, small), places)| {
        let bound = if whole { log.floor().exp2() } else { log.exp2() } * ulp;
        let part = if small { part / 64.0 } else { part };
        let value = ((part * bound / ulp).round() + beside) * ulp;
        let end = (bound / ulp).ceil();
        // In 64 bits there are more than f64 tells apart.
        let last = (end - 1.0).min(end.next_down().floor());
        let place = |(index, kind): &(Index, u8)| {
            let units = match kind {
                0 => -last,
                1 => last,
                2 | 3 => (value / ulp).floor() + index.index(4) as f64 - 1.0,
                _ => {
                    ((2.0 * index.index(1 << 30) as f64 / f64::from(1 << 30) - 1.0) * last).round()
                }
            };
            units.clamp(-last, last) * ulp
        };
        let x: Vec<f64> = places.iter().map(place).collect();
        ((value, bound), [array(&[x.len()], x)])
    })
}

#[test]
fn a_value_is_compared_exactly_whether_it_is_on_the_grid_or_not() {
    conformance("dsl_is_below", below()).cases(cases).reference_with(truth).check(Within::NOTHING);
}

/// A case that failed once, its mirror image at the other side of 0, and both ends of the range.
#[test]
fn values_next_to_a_multiple_of_a_unit() {
    let x = 10.046875;
    let examples = [
        ((10.0479, 64.0), vec![x]),
        ((-10.0479, 64.0), vec![-x, -x - 0.00390625]),
        ((x, 64.0), vec![x, x - 0.00390625]),
        ((1e-9, 1.0), vec![0.0, 0.00390625, -0.00390625]),
        ((-1e-9, 1.0), vec![0.0, 0.00390625, -0.00390625]),
        ((64.0, 64.0), vec![63.99609375, -63.99609375]),
        ((1e30, 64.0), vec![63.99609375, -63.99609375]),
        ((-1e30, 64.0), vec![63.99609375, -63.99609375]),
    ];
    let examples = examples.map(|(parameters, x)| (parameters, [array(&[x.len()], x)]));
    conformance("edges", below())
        .examples(|_| examples.to_vec())
        .reference_with(truth)
        .check(Within::NOTHING);
}

/// Whether each x is below `value`, and whether each is less than the next.
fn bits<B: Backend>(
    source: &mut impl Source<B>,
    cx: &mut B,
    x: &ArrayD<f64>,
    value: f64,
) -> Result<[ArrayD<f64>; 2], B::Error> {
    let x = Tensor::<B, Low>::share(source, "x", x).expect("small numbers");
    let n = x.row_length();
    let (one, other) = (x.slice_last(0..n - 1), x.slice_last(1..n));
    let below = x.is_below(value, 64.0, cx)?.indicator::<Low>(cx)?;
    let less = one.is_less_than(&other, 128.0, cx)?.indicator::<Low>(cx)?;
    Ok([below.open(cx)?, less.open(cx)?])
}

/// `Sim` rounds what an owner shares, `Plain` does not: their bits agree nevertheless.
#[test]
fn inputs_off_the_grid_compare_as_they_are_rounded() {
    // By twelfths of a unit, halves among them, on both sides of a value on the grid and of one off it.
    let x: Vec<f64> = (-40..40).map(|i| (f64::from(i) / 12.0 + 2572.0) / 256.0).collect();
    for sign in [1.0, -1.0] {
        let x = array(&[x.len()], x.iter().map(|x| sign * x).collect());
        for value in [2572.0, 2572.26, 2572.5, 2572.75, 2573.0].map(|v| sign * v / 256.0) {
            let Ok(plain) = bits(&mut PlainSource, &mut Plain::new(), &x, value);
            let sim = bits(&mut SimSource, &mut Sim::new(1), &x, value).expect("in range");
            assert_eq!(plain, sim, "{value}");
            let [below, less] = sim.map(|bits| bits.sum());
            assert!(below > 0.0 && below < 79.0, "{below} bits are set");
            // Eighty values in a row are rounded to seven multiples: six of them differ from the one before.
            assert_eq!(less, if sign > 0.0 { 6.0 } else { 0.0 });
        }
    }
}

#[test]
fn sim_reports_what_is_not_below_the_bound() {
    fn reports<P: Precision>() {
        let Policy { act: Grid { ulp, .. }, .. } = Policy::of::<P>();
        // The value makes room for more than is declared, and is on either side.
        for value in [0.0, 10.0479, -33.0] {
            for sign in [1.0, -1.0] {
                let run = |x: f64| {
                    on_sim::<P>(&below().on((value, 64.0), [array(&[2], vec![1.0, sign * x])]), 3)
                };
                assert!(run(64.0 - ulp).is_ok());
                for x in [64.0, 64.0 + ulp, 100.0] {
                    let SimError { fault, .. } = run(x).unwrap_err();
                    assert_eq!((fault.operation, fault.value), ("comparison", sign * x));
                    assert_eq!((fault.bound, fault.count, fault.index), (64.0, 1, 1));
                }
            }
        }
    }
    every_policy!(reports());
}

/// A bound between powers of two is the bound for `Sim`, whatever the width that holds it.
#[test]
fn sim_reports_a_difference_that_is_not_below_the_bound() {
    let compare = |y: f64| {
        let x = array(&[2], vec![-1.0, y]);
        let x = Tensor::<Sim, Low>::share(&mut SimSource, "x", &x).expect("small numbers");
        x.slice_last(0..1).is_less_than(&x.slice_last(1..2), 5.0, &mut Sim::new(1)).map(drop)
    };
    assert!(compare(3.99609375).is_ok());
    let fault = compare(4.0).unwrap_err().fault;
    assert_eq!((fault.operation, fault.value, fault.bound), ("comparison", -5.0, 5.0));
}

#[test]
fn a_value_off_the_grid_costs_what_one_on_it_does() {
    let cost = |value: f64| -> Cost {
        let mut cx = Sim::new(1);
        let x = Tensor::<Sim, Low>::share(&mut SimSource, "x", &array(&[9], vec![1.0; 9]));
        x.expect("ones").is_below(value, 64.0, &mut cx).expect("in range");
        cx.trace().total()
    };
    assert_eq!(cost(10.0479), cost(10.046875));
    // 64 + 10 units need as many bits as 128 do; no value needs more, however large.
    assert_eq!(cost(10.0479), cost(64.0));
    assert_eq!(cost(1e30), cost(64.0));
    assert!(cost(0.0).total_bytes() < cost(64.0).total_bytes());
}
