//! Every operation within one ring: the values on all backends, and that `Sim`'s account of
//! rounds and bytes is `Rep3`'s.

use ditto_core::fixed::exp2;
use ditto_core::{Backend, Linear, Ring, Z32, Z64};
use ndarray::Zip;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::cases::{Case, layout, linear, products, property, signs};
use super::integers::{Integers, Op, evaluate, wrapped};
use super::rig::{FRAC, Program, on_additive, on_rep3, on_sim};
use crate::Plain;
use crate::clear::plain::PlainShare;

/// How many units the result of `op` may be above the floor of the truth.
fn cut(op: &Op) -> u32 {
    if let Op::Product(_, bits) = op { *bits } else { 0 }
}

fn compare(
    backend: &str,
    got: &Integers,
    truth: &Integers,
    bits: u32,
    k: u32,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(got.shape(), truth.shape(), "the shape on {}", backend);
    let most = i128::from(bits > 0);
    for (got, truth) in got.iter().zip(truth.iter()) {
        let error = wrapped(got - (truth >> bits), k);
        prop_assert!(
            (0..=most).contains(&error),
            "{}: {} instead of {} / 2^{}: {} units off",
            backend,
            got,
            truth,
            bits,
            error
        );
    }
    Ok(())
}

/// On `Sim` a value out of range is an error, and only that is. Where nothing is scaled down,
/// `Rep3` and `Additive` compute on modulo 2^k.
fn ring_backends<R: Ring>(Case { op, inputs, seed }: Case) -> Result<(), TestCaseError> {
    let truth = evaluate(&op, &inputs, R::BITS, FRAC.into());
    let bits = cut(&op);
    let sim = on_sim::<R, R>(&op, &inputs, seed);
    if truth.leaves_range {
        prop_assert!(sim.is_err(), "Sim does not see a value out of range");
        let exact_anyway = bits == 0 && !matches!(op, Op::IsNegative(_));
        if !exact_anyway {
            return Ok(());
        }
    }
    let (values, cost) = on_rep3::<R, R>(&op, &inputs, seed);
    compare("rep3", &values, &truth.values, bits, R::BITS)?;
    let (values, _) = on_additive::<R, R>(&op, &inputs, seed);
    compare("additive", &values, &truth.values, bits, R::BITS)?;
    if !truth.leaves_range {
        match sim {
            Err(error) => prop_assert!(false, "Sim refuses what is in range: {}", error),
            Ok((values, sim_cost)) => {
                compare("sim", &values, &truth.values, bits, R::BITS)?;
                prop_assert_eq!(sim_cost, cost, "Sim's cost and Rep3's");
            }
        }
    }
    Ok(())
}

/// `Plain` on integers so small that f64 is exact; nothing is scaled down.
fn plain(Case { op, inputs, .. }: Case) -> Result<(), TestCaseError> {
    let k = <Z64 as Ring>::BITS;
    let truth = evaluate(&op, &inputs, k, FRAC.into());
    let reals: Vec<_> =
        inputs.iter().map(|x| PlainShare(x.mapv(|v| v as f64 / exp2(FRAC)))).collect();
    let mut cx = Plain::new();
    let got = match Program::<Z64>::run(&op, &mut cx, &reals) {
        Ok(got) => got,
        Err(never) => match never {},
    };
    let scale = 2f64.powi((i64::from(FRAC) + truth.more_bits) as i32);
    prop_assert_eq!(got.shape(), truth.values.shape());
    let exact = Zip::from(&got.0).and(&truth.values).all(|got, truth| got * scale == *truth as f64);
    prop_assert!(exact, "{:?} instead of {:?} / {}", got, truth.values, scale);
    prop_assert_eq!(cx.trace().total().total_bytes(), 0);
    Ok(())
}

fn both_rings(name: [&'static str; 2], cases: u32, strategy: impl Fn(u32) -> BoxedStrategy<Case>) {
    property(name[0], cases, strategy(32), ring_backends::<Z32>);
    property(name[1], cases, strategy(64), ring_backends::<Z64>);
}

#[test]
fn layout_moves_whole_elements() {
    both_rings(["layout_z32", "layout_z64"], 48, |k| layout(1 << (k - 2)).boxed());
    property("layout_plain", 48, layout(1 << 20), plain);
}

#[test]
fn sums_and_integer_multiples_are_exact() {
    // Half of them small enough to stay in the ring mostly, half with the ends of the ring.
    both_rings(["linear_z32", "linear_z64"], 128, |k| {
        prop_oneof![linear(k, k / 2), linear(k, k - 2), linear(k, k - 1)].boxed()
    });
    let small = linear(54, 20).prop_filter("f64 is exact", |case| match case.op {
        Op::Scale(factor) => factor.unsigned_abs() < 1 << 20,
        _ => true,
    });
    property("linear_plain", 64, small, plain);
}

#[test]
fn products_are_exact_and_round_as_stated() {
    both_rings(["products_z32", "products_z64"], 128, |k| {
        let cut = prop_oneof![1 => Just(0), 3 => 1..=k - 2, 2 => Just(8u32)];
        // A few of the sums leave the range: room for one more bit than there is.
        prop_oneof![4 => products(k, k - 2, cut.clone()), 1 => products(k, k - 1, cut)].boxed()
    });
    property("products_plain", 64, products(64, 40, Just(0)), plain);
}

#[test]
fn products_wrap_modulo_the_ring() {
    both_rings(["wrapping_products_z32", "wrapping_products_z64"], 48, |k| {
        products(k, 2 * k - 6, Just(0)).boxed()
    });
}

#[test]
fn signs_are_exact_at_every_width() {
    both_rings(["signs_z32", "signs_z64"], 96, |k| signs(k).boxed());
    property("signs_plain", 32, signs(20), plain);
}
