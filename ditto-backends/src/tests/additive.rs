//! What is particular to `Additive`: its exact costs, its rounding, and nodes that stop.

use ditto_core::prg::Key;
use ditto_core::{
    Backend, Cost, Levels, Linear, Ring, Source, StepFunction, StepFunctions, Z32, Z64,
};
use ditto_net::NetError;
use ndarray::ArrayD;

use super::conversions::TruncateWiden;
use super::integers::{Integers, Op, Product};
use super::rig::{FRAC, Program, additive_shares, on_additive};
use crate::Additive;
use crate::additive::run::{all_of, seeded_key, seeded_nodes, threads};
use crate::additive::{AdditiveShare, DEALER, PartyError, cost, sharing};
use crate::rep3::Cause;

/// The cost of `body` on one share of `n` elements.
fn cost_of<R: Ring>(
    shape: &[usize],
    body: impl Fn(&mut Additive, AdditiveShare<R>) -> Result<(), PartyError> + Sync,
) -> Cost {
    let x = Integers::from_elem(shape, 3);
    let results = threads(seeded_nodes(1), additive_shares::<R>(&x, 2), |node, x| {
        body(node, x)?;
        Ok::<_, PartyError>(node.trace().total())
    });
    let costs = all_of(results).unwrap_or_else(|e| panic!("{e}"));
    // The dealer does not wait, the parties wait equally long.
    assert_eq!(costs[0].rounds, costs[1].rounds);
    let bytes = costs.iter().enumerate().map(|(node, cost)| cost.bytes[node]).collect();
    Cost { rounds: costs[0].rounds, bytes }
}

/// By the formulas, and these against plain numbers.
#[test]
fn every_operation_costs_what_it_says() {
    for n in [0, 1, 5, 64, 100] {
        let mul = cost_of::<Z32>(&[n], |cx, x| cx.mul(&x, &x).map(drop));
        assert_eq!(mul, cost::product(n, n, n, 32));
        for bits in [1, 8, 30] {
            let cut = cost_of::<Z32>(&[n], |cx, x| cx.truncate(x, bits).map(drop));
            assert_eq!(cut, cost::truncate(n, 32, 32, bits));
        }
        for bits in [0, 9] {
            let cut =
                cost_of::<Z32>(&[n], |cx, x| cx.truncate_widen::<Z32, Z64>(x, bits).map(drop));
            assert_eq!(cut, cost::truncate(n, 32, 64, bits));
        }
        for up in [0, 10, 31] {
            let wide = cost_of::<Z32>(&[n], |cx, x| cx.widen::<Z32, Z64>(&x, up).map(drop));
            assert_eq!(wide, cost::widen(n, 32, 64, up));
        }
        for width in [1, 2, 3, 4, 5, 8, 9, 17, 32] {
            let sign = cost_of::<Z32>(&[n], |cx, x| cx.is_negative(&x, width).map(drop));
            assert_eq!(sign, cost::is_negative(n, width), "{width} bits");
        }
        let integers = cost_of::<Z32>(&[n], |cx, x| {
            let bit = cx.is_negative(&x, 1)?;
            cx.bit_to_ring::<Z64>(&bit).map(drop)
        });
        assert_eq!(integers, cost::is_negative(n, 1) + cost::bit_to_ring(n, 64));
        let power = cost_of::<Z64>(&[n], |cx, x| cx.exp2(&x, 18).map(drop));
        assert_eq!(power, cost::exp2(n, 64, 18));
        let functions = vec![StepFunction { frac: 4, values: vec![1.0, 2.0] }; 3];
        let steps = StepFunctions::new(0.0..256.0, vec![3.0], functions);
        let lookup = cost_of::<Z32>(&[n], |cx, x| cx.step_functions(&x, 2, &steps).map(drop));
        assert_eq!(lookup, cost::step_functions(n, 32, 10));
        let opened = cost_of::<Z32>(&[n], |cx, x| cx.open(&x, 0).map(drop));
        assert_eq!(opened, Cost { rounds: 1, bytes: vec![8 * n as u64, 8 * n as u64, 0] });
        assert_eq!(opened, cost::open(n, 32));
    }
    let mul = cost::product(64, 64, 64, 32);
    assert_eq!(mul, Cost { rounds: 1, bytes: vec![512, 512, 256] });
    // Of 32 bits: 32 and 47; then 15 + 1 groups become 8, 4, 2, 1.
    let sign = cost::is_negative(64, 32);
    let (levels, dealt) = (23 + 11 + 5 + 2, 15 + 7 + 3 + 1);
    let sent = 8 * (32 + levels);
    assert_eq!(sign, Cost { rounds: 5, bytes: vec![sent, sent, 8 * (47 + dealt)] });
    assert_eq!(cost::widen(8, 32, 64, 10), Cost { rounds: 1, bytes: vec![32, 32, 44] });
    assert_eq!(cost::truncate(8, 32, 32, 8), Cost { rounds: 1, bytes: vec![32, 32, 40] });
}

#[test]
fn maxima_cost_what_they_say() {
    for (rows, row) in [(0, 3), (1, 1), (2, 2), (3, 7), (2, 64), (2, 65), (3, 128)] {
        for count in [64, 128, 256] {
            let levels = Levels { low: 0.0, step: 4.0, count };
            let maximum =
                cost_of::<Z32>(&[rows, row], |cx, x| cx.row_maximum(&x, 3, &levels).map(drop));
            assert_eq!(maximum, cost::row_maximum(rows, row, 32, count, 5), "{rows} x {row}");
        }
    }
    assert_eq!(cost::row_maximum(3, 128, 32, 64, 5).rounds, 2 + 6);
    assert_eq!(cost::row_maximum(3, 1, 32, 64, 5).rounds, 2);
}

/// A weight is revealed, masked, when it is prepared and in no product, whoever holds a clone.
#[test]
fn a_weight_is_revealed_once() {
    let twice = cost_of::<Z32>(&[4, 4], |cx, x| {
        let weight = cx.prepare(&x)?;
        let clone = weight.clone();
        cx.matmul_weight(&x, &weight)?;
        cx.matmul_weight(&x, &clone).map(drop)
    });
    assert_eq!(
        twice,
        cost::weight(16, 32) + cost::product(16, 0, 16, 32) + cost::product(16, 0, 16, 32)
    );
    let matmul = cost_of::<Z64>(&[3, 2, 5], |cx, x| cx.matmul(&x, &x, true).map(drop));
    assert_eq!(matmul, cost::product(30, 30, 12, 64));
}

/// The second product with a weight, and one of another shape, give what the first does.
#[test]
fn a_weight_serves_many_products() {
    struct Thrice;
    impl Program<Z32> for Thrice {
        fn run<B: Backend>(
            &self,
            cx: &mut B,
            inputs: &[B::Share<Z32>],
        ) -> Result<B::Share<Z32>, B::Error> {
            let weight = cx.prepare(&inputs[1])?;
            let mut sum = None;
            for rows in [0..2, 2..3, 3..7] {
                let x = inputs[0].slice(0, rows);
                let product = cx.matmul_weight(&x, &weight)?;
                sum = Some(match sum {
                    None => product,
                    Some(before) => Linear::concat(&[&before, &product], 0),
                });
            }
            cx.truncate(sum.expect("three products"), 0)
        }
    }
    let x = ArrayD::from_shape_fn(vec![7, 3], |at| (at[0] * 31 + at[1]) as i128 - 90);
    let w = ArrayD::from_shape_fn(vec![3, 5], |at| (at[0] * 7 + at[1]) as i128 - 12);
    let expected = super::integers::matmul(&x, &w, false);
    let (got, _) = on_additive::<Z32, Z32>(&Thrice, &[x, w], 5);
    assert_eq!(got, expected);
}

const SAMPLES: usize = 1 << 16;

/// How often the result is `base` and `base` + 1.
fn counts<R: Ring, S: Ring>(program: &impl Program<R, S>, x: i128, base: i128) -> [usize; 2] {
    let (values, _) = on_additive::<R, S>(program, &[Integers::from_elem(vec![SAMPLES], x)], 12);
    let counts = [0, 1].map(|j| values.iter().filter(|&&v| v == base + j).count());
    assert_eq!(counts[0] + counts[1], SAMPLES, "some are not of the two values");
    counts
}

fn is_plausible(count: usize, probability: f64, what: &str) {
    let n = SAMPLES as f64;
    let deviation = (n * probability * (1.0 - probability)).sqrt();
    let off = (count as f64 - n * probability).abs();
    assert!(off <= 5.0 * deviation + 1e-6, "{what}: {count} of {n}, expected {probability}");
}

/// Rounded up with probability (x mod 2^f) / 2^f exactly: without bias.
#[test]
fn truncation_is_unbiased() {
    for x in
        [0i128, 1, -1, 127, 128, -128, 255, 1_000_003, -1_000_003, (1 << 30) - 1, 1 - (1 << 30)]
    {
        for bits in [1, 8, 20, 30] {
            let up = x.rem_euclid(1 << bits) as f64 / 2f64.powi(bits as i32);
            let what = format!("{x} / 2^{bits}");
            let [_, narrow] = counts::<Z32, Z32>(&Op::Product(Product::Of, bits), x, x >> bits);
            is_plausible(narrow, up, &what);
            let [_, wide] = counts::<Z32, Z64>(&TruncateWiden(Product::Of, bits), x, x >> bits);
            is_plausible(wide, up, &what);
        }
    }
}

/// Two floors and what they lose on average: the floor or one more, by what a uniform addend carries.
#[test]
fn narrowing_is_unbiased() {
    struct Narrow(u32);
    impl Program<Z64, Z32> for Narrow {
        fn run<B: Backend>(
            &self,
            _: &mut B,
            x: &[B::Share<Z64>],
        ) -> Result<B::Share<Z32>, B::Error> {
            Ok(B::narrow(&x[0], self.0))
        }
    }
    for bits in [1u32, 2, 10, 20, 32] {
        let unit = 1i128 << bits;
        for x in [0, 1, -1, unit / 2, unit / 3, -unit / 3, 7 * unit + unit / 5] {
            // The lower part of the first summand is uniform: it is below x's, or it is not.
            let below = x.rem_euclid(unit);
            let [_, up] = counts::<Z64, Z32>(&Narrow(bits), x, x >> bits);
            let chance = below as f64 / unit as f64;
            is_plausible(up, chance, &format!("narrowing {x} by {bits} bits"));
        }
    }
}

/// Given to the parties, opened by whoever holds both shares; the dealer's part is empty.
#[test]
fn what_is_dealt_opens_to_the_same_values() {
    let x = ArrayD::from_shape_fn(vec![3, 5], |at| at[0] as f64 - 0.25 * at[1] as f64);
    let [a, b, c] = sharing::AdditiveSource::trio(&seeded_key(4, 0))
        .map(|mut source| [0; 2].map(|_| source.share::<Z32>(&x, 8).expect("in range")));
    for tensor in 0..2 {
        assert_eq!(sharing::open([&a[tensor], &b[tensor]], 8), x);
        assert!(c[tensor].component(0).iter().all(|&word| word == 0));
        assert_eq!(c[tensor].shape(), x.shape());
    }
    assert!(a[0].component(0) != a[1].component(0), "the same randomness for two tensors");
    let mut source = sharing::AdditiveSource::new(&Key::new([1; 16]), 2);
    assert!(source.share::<Z32>(&ArrayD::from_elem(vec![1], f64::NAN), 8).is_err());
}

/// A tensor's mark, which all nodes know, is no part of what a party is given.
#[test]
fn marks_are_no_words_of_a_share() {
    let x = ArrayD::from_elem(vec![40], 0.0);
    for node in [0, 1] {
        let share: AdditiveShare<Z64> =
            sharing::AdditiveSource::new(&seeded_key(5, 0), node).share(&x, 8).expect("in range");
        // What narrowing makes of a share says which mark it has.
        let narrowed = |share: AdditiveShare<Z64>| share.narrow::<Z32>(20).component(0).to_vec();
        let own = narrowed(share.clone());
        for &word in share.component(0) {
            for mark in [word, word.wrapping_neg()] {
                assert!(narrowed(share.clone().marked(mark)) != own, "node {node}");
            }
        }
    }
}

type Step = fn(&mut Additive, &AdditiveShare<Z32>) -> Result<(), PartyError>;

const STEPS: [Step; 4] = [
    |cx, x| cx.mul(x, x).map(drop),
    |cx, x| cx.truncate(x.clone(), 4).map(drop),
    |cx, x| {
        let bit = cx.is_negative(x, 20)?;
        cx.bit_to_ring::<Z32>(&bit).map(drop)
    },
    |cx, x| cx.open(x, FRAC).map(drop),
];

/// Whoever leaves, and wherever: the others end, with an error that says so.
#[test]
fn a_node_that_leaves_is_lost_to_the_others() {
    for gone in 0..3 {
        for at in 0..STEPS.len() {
            let x = Integers::from_elem(vec![100], 5);
            let results = threads(seeded_nodes(3), additive_shares::<Z32>(&x, 1), |node, x| {
                for (number, step) in STEPS.iter().enumerate() {
                    if node.id() == gone && number == at {
                        return Ok(());
                    }
                    step(node, &x)?;
                }
                Ok::<_, PartyError>(())
            });
            assert!(results[gone].is_ok());
            // An opening tells the dealer values and needs nothing of it: whether it is still there when
            // they are sent is chance. If it is not, the error is the same as elsewhere.
            let may_end = gone == DEALER && at + 1 == STEPS.len();
            for (node, result) in results.iter().enumerate().filter(|(node, _)| *node != gone) {
                let Err(error) = result else {
                    assert!(may_end, "node {node} has not noticed");
                    continue;
                };
                let lost = matches!(error.cause, Cause::Net(NetError::Lost { .. }));
                assert!(lost && error.party == node, "{error}");
            }
        }
    }
}

/// One node has a tensor of another length.
#[test]
fn nodes_agree_on_shapes_or_stop() {
    let x = Integers::from_elem(vec![100], 5);
    let results = threads(seeded_nodes(3), additive_shares::<Z32>(&x, 1), |node, x| {
        let n = if node.id() == 1 { 50 } else { 100 };
        let x = x.slice(0, 0..n);
        STEPS.iter().try_for_each(|step| step(node, &x))
    });
    let error = all_of(results).expect_err("the nodes disagree");
    assert!(matches!(error.cause, Cause::Length { .. }), "{error}");
}
