//! The operations between the two rings, and long sequences of operations: values, and costs by
//! scope and party.

use ditto_core::fixed::exp2;
use ditto_core::tiny::{Z3, Z4, Z6};
use ditto_core::{Backend, Linear, NarrowerThan, Ring, Z32, Z64};
use ndarray::{ArrayD, arr0, arr1};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::cases::{Case, products, property, shape, tensor};
use super::integers::{Integers, Op, Product, evaluate};
use super::rig::{FRAC, Program, make, merged_report, on_additive, on_rep3, on_sim, sim_report};
use crate::Plain;
use crate::clear::plain::PlainShare;

/// To the wide ring with more fractional bits.
#[derive(Debug)]
struct Widen(u32);

impl<R: NarrowerThan<S>, S: Ring> Program<R, S> for Widen {
    fn run<B: Backend>(&self, cx: &mut B, x: &[B::Share<R>]) -> Result<B::Share<S>, B::Error> {
        cx.widen(&x[0], self.0)
    }
}

/// A product to the wide ring with fewer fractional bits.
#[derive(Debug)]
pub(super) struct TruncateWiden(pub(super) Product, pub(super) u32);

impl<R: NarrowerThan<S>, S: Ring> Program<R, S> for TruncateWiden {
    fn run<B: Backend>(&self, cx: &mut B, inputs: &[B::Share<R>]) -> Result<B::Share<S>, B::Error> {
        let product = make::<B, R>(&self.0, cx, inputs)?;
        let shape = product.shape().to_vec();
        let result = cx.truncate_widen(product, self.1)?;
        assert_eq!(result.shape(), shape);
        Ok(result)
    }
}

/// To the narrow ring with fewer fractional bits.
struct Narrow(u32);

impl<R: Ring, S: NarrowerThan<R>> Program<R, S> for Narrow {
    fn run<B: Backend>(&self, _: &mut B, x: &[B::Share<R>]) -> Result<B::Share<S>, B::Error> {
        Ok(B::narrow(&x[0], self.0))
    }
}

/// The sign of a value of one ring as an integer of another.
struct Sign(u32);

impl<R: Ring, S: Ring> Program<R, S> for Sign {
    fn run<B: Backend>(&self, cx: &mut B, x: &[B::Share<R>]) -> Result<B::Share<S>, B::Error> {
        let bit = cx.is_negative(&x[0], self.0)?;
        cx.bit_to_ring(&bit)
    }
}

/// Runs on `Sim`, `Rep3` and `Additive`; `stated` says whether a result is one of those that the operation may
/// give.
fn agree<R: Ring, S: Ring>(
    program: &impl Program<R, S>,
    x: Integers,
    seed: u64,
    stated: impl Fn(i128, i128) -> bool,
) -> Result<(), TestCaseError> {
    let inputs = [x];
    let (rep3, cost) = on_rep3::<R, S>(program, &inputs, seed);
    let (sim, sim_cost) = on_sim::<R, S>(program, &inputs, seed).map_err(TestCaseError::fail)?;
    prop_assert_eq!(sim_cost, cost, "Sim's cost and Rep3's");
    let (additive, _) = on_additive::<R, S>(program, &inputs, seed);
    for (backend, got) in [("rep3", rep3), ("sim", sim), ("additive", additive)] {
        prop_assert_eq!(got.shape(), inputs[0].shape());
        for (&got, &x) in got.iter().zip(&inputs[0]) {
            prop_assert!(stated(x, got), "{}: {} from {}", backend, got, x);
        }
    }
    Ok(())
}

fn values(bits: u32) -> impl Strategy<Value = Integers> {
    shape().prop_flat_map(move |shape| tensor(shape, 1 << bits))
}

#[test]
fn widening_is_exact() {
    // By 32 bits and more it is local, and the result has to fit the wide ring.
    let cases = prop_oneof![0..=33u32, 31..=33u32]
        .prop_flat_map(|up| (values(30.min(63 - up)), Just(up), any::<u64>()));
    property("widen", 128, cases, |(x, up, seed)| {
        agree::<Z32, Z64>(&Widen(up), x, seed, |x, got| got == x << up)
    });
}

/// On `Sim` a value out of range is an error, and only that is. The results are integers of the wide
/// ring, so a wrap that stays behind is seen.
fn truncates_and_widens<R: NarrowerThan<S>, S: Ring>(
    Case { op, inputs, seed }: Case,
) -> Result<(), TestCaseError> {
    let truth = evaluate(&op, &inputs, R::BITS, FRAC.into());
    let Op::Product(how, bits) = op else { unreachable!("{op:?} is not a product") };
    let program = TruncateWiden(how, bits);
    let sim = on_sim::<R, S>(&program, &inputs, seed);
    if truth.leaves_range {
        prop_assert!(sim.is_err(), "Sim does not see a value out of range");
        return Ok(());
    }
    let (sim, sim_cost) = sim.map_err(TestCaseError::fail)?;
    let (rep3, cost) = on_rep3::<R, S>(&program, &inputs, seed);
    prop_assert_eq!(sim_cost, cost, "Sim's cost and Rep3's");
    let (additive, _) = on_additive::<R, S>(&program, &inputs, seed);
    for (backend, got) in [("rep3", rep3), ("sim", sim), ("additive", additive)] {
        prop_assert_eq!(got.shape(), truth.values.shape(), "the shape on {}", backend);
        for (got, truth) in got.iter().zip(&truth.values) {
            let error = got - (truth >> bits);
            let stated = 0..=i128::from(bits > 0);
            prop_assert!(stated.contains(&error), "{}: {} from {}", backend, got, truth);
        }
    }
    Ok(())
}

#[test]
fn truncation_into_a_wider_ring_rounds_as_stated() {
    let cut = || prop_oneof![1 => Just(0), 4 => 0..=30u32, 1 => Just(30), 2 => Just(8)];
    let cases = prop_oneof![4 => products(32, 30, cut()), 1 => products(32, 31, cut())];
    property("truncate_widen", 192, cases, truncates_and_widens::<Z32, Z64>);
}

/// All values of small rings, and the ends of the large one, each as a share and as a product.
#[test]
fn truncation_into_a_wider_ring_holds_for_all_values() {
    fn ring<R: NarrowerThan<S>, S: Ring>(values: Vec<i128>) {
        let x: Integers = arr1(&values).into_dyn();
        let one: Integers = arr1(&vec![1; values.len()]).into_dyn();
        let products = [
            (Product::Of, vec![x.clone()]),
            (Product::Public(arr0(1).into_dyn()), vec![x.clone()]),
            (Product::Mul, vec![x, one]),
        ];
        for bits in 0..=R::BITS - 2 {
            for (how, inputs) in &products {
                for seed in 0..4 {
                    let op = Op::Product(how.clone(), bits);
                    let case = Case { op, inputs: inputs.clone(), seed };
                    truncates_and_widens::<R, S>(case)
                        .unwrap_or_else(|e| panic!("{how:?} by {bits} bits: {e}"));
                }
            }
        }
    }
    let all = |bits: u32| {
        let one_of_each = 1 - (1 << (bits - 2))..1 << (bits - 2);
        one_of_each.flat_map(|x| [x; 32]).collect()
    };
    ring::<Z3, Z4>(all(3));
    ring::<Z3, Z6>(all(3));
    ring::<Z4, Z6>(all(4));
    let end = (1 << 30) - 1;
    ring::<Z32, Z64>([end, -end, end - 1, 1 - end, 1, -1, 0].repeat(8));
}

#[test]
fn truncation_into_a_wider_ring_refuses_values_just_outside() {
    for bits in [0, 8, 30] {
        for how in [Product::Of, Product::Public(arr0(1).into_dyn())] {
            let program = TruncateWiden(how, bits);
            let run = |x: i128| on_sim::<Z32, Z64>(&program, &[arr1(&[x, 1]).into_dyn()], 0);
            for sign in [1, -1] {
                run(sign * ((1 << 30) - 1)).unwrap_or_else(|e| panic!("by {bits} bits: {e}"));
                let error = run(sign << 30).expect_err("out of range");
                assert!(error.contains("truncation: 1 value(s) outside"), "{error}");
            }
        }
    }
}

#[test]
#[should_panic(expected = "leaves nothing of Z32")]
fn truncation_into_a_wider_ring_by_more_than_the_bias_has_panics() {
    let x = ArrayD::zeros(vec![1]);
    let _ = on_sim::<Z32, Z64>(&TruncateWiden(Product::Of, 31), &[x], 0);
}

/// `Plain` has no scales: the values stay as they are, and nothing is sent.
#[test]
fn truncation_into_a_wider_ring_changes_nothing_on_plain() {
    let reals = [PlainShare(arr1(&[0.0, -1.5, 3.0 / exp2(20), 1e300]).into_dyn())];
    let mut cx = Plain::new();
    let program = TruncateWiden(Product::Of, 30);
    let got = match Program::<Z32, Z64>::run(&program, &mut cx, &reals) {
        Ok(got) => got,
        Err(never) => match never {},
    };
    assert_eq!(got, reals[0]);
    assert_eq!(cx.trace().total().total_bytes(), 0);
}

/// Against the nearest integer the error is {-1, 0, 1}, at every number of bits that can go.
#[test]
fn narrowing_is_within_one_unit_of_the_nearest() {
    let cases = prop_oneof![0..=32u32, 31..=32u32]
        .prop_flat_map(|bits| (values(30 + bits), Just(bits), any::<u64>()));
    property("narrow", 128, cases, |(x, bits, seed)| {
        agree::<Z64, Z32>(&Narrow(bits), x, seed, |x, got| match bits {
            0 => got == x,
            _ => (got - ((x + (1 << (bits - 1))) >> bits)).abs() <= 1,
        })
    });
}

#[test]
#[should_panic(expected = "32 are the most")]
fn narrowing_by_more_than_the_rings_differ_panics() {
    let x = ArrayD::zeros(vec![1]);
    let _ = on_sim::<Z64, Z32>(&Narrow(33), &[x], 0);
}

#[test]
#[should_panic(expected = "leaves nothing of Z32")]
fn truncation_by_more_than_the_bias_has_panics() {
    let x = ArrayD::zeros(vec![1]);
    let _ = on_sim::<Z32, Z32>(&Op::Product(Product::Of, 31), &[x], 0);
}

#[test]
fn signs_cross_between_the_rings() {
    let sign = |x: i128, got: i128| got == i128::from(x < 0);
    let up = (values(20), any::<u64>());
    property("sign_up", 32, up, |(x, seed)| agree::<Z32, Z64>(&Sign(21), x, seed, sign));
    let down = (values(40), any::<u64>());
    property("sign_down", 32, down, |(x, seed)| agree::<Z64, Z32>(&Sign(41), x, seed, sign));
}

/// Every operation once, in random order and in scopes: the number of the operation, and with it
/// who plays which role, has to stay the same on both sides.
#[derive(Debug)]
struct Sequence(Vec<u8>);

impl Program<Z32, Z64> for Sequence {
    fn run<B: Backend>(
        &self,
        cx: &mut B,
        inputs: &[B::Share<Z32>],
    ) -> Result<B::Share<Z64>, B::Error> {
        let x = &inputs[0];
        let mut sum = cx.widen(x, 4)?;
        for step in &self.0 {
            let name = format!("step {step}");
            sum = cx.scope(&name, |cx| {
                let part = match step {
                    0 => cx.widen(x, 4)?,
                    1 => {
                        let product = cx.mul(x, x)?;
                        let square = cx.truncate(product, 9)?;
                        cx.scope("inner", |cx| {
                            cx.widen(&Linear::shift_point(square.clone(), 53), 4)
                        })?
                    }
                    2 => {
                        let bit = cx.is_negative(x, 13)?;
                        B::raise(&cx.bit_to_ring::<Z64>(&bit)?.shift_point(62), 4)
                    }
                    3 => {
                        let product = cx.mul(x, x)?;
                        let narrow = cx.truncate(product, 0)?;
                        cx.widen(&Linear::shift_point(narrow.clone(), 0), 4)
                            .map(|wide| wide.sub(&wide))?
                    }
                    4 => {
                        cx.open(x, 62)?;
                        let narrow = B::narrow::<Z64, Z32>(&sum, 4);
                        cx.widen(&narrow, 4)?
                    }
                    _ => {
                        let bit = cx.is_negative(x, 32)?;
                        cx.bit_to_ring::<Z32>(&bit)?;
                        B::scale(&sum, -1)
                    }
                };
                // Scales are the layers' business; here only messages count.
                Ok(Linear::add(&part.sub(&part), &part))
            })?;
        }
        Ok(sum)
    }
}

#[test]
fn costs_agree_by_scope_over_long_sequences() {
    let cases = (proptest::collection::vec(0..6u8, 0..12), values(12), any::<u64>());
    property("sequence", 48, cases, |(steps, x, seed)| {
        let program = Sequence(steps);
        let rep3 = merged_report::<Z32, Z64>(&program, std::slice::from_ref(&x), seed);
        let sim = sim_report::<Z32, Z64>(&program, &[x], seed).map_err(TestCaseError::fail)?;
        let account = |report: &ditto_core::Report| {
            let scopes = report.scopes.iter();
            scopes.map(|s| (s.path.clone(), s.calls, s.cost.clone())).collect::<Vec<_>>()
        };
        prop_assert_eq!(account(&sim), account(&rep3));
        Ok(())
    });
}
