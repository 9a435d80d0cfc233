//! Powers of two through the trait: the error, the cost, and what is out of range.

use ditto_core::{Backend, Linear, Ring, Z32, Z64, fixed};
use ndarray::{ArrayD, arr0, arr1};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::cases::{property, shape};
use super::integers::Integers;
use super::rig::{Program, on_additive, on_rep3, on_sim, sim_share};
use crate::clear::plain::PlainShare;
use crate::clear::sim::{SimError, SimShare};
use crate::{Plain, Sim};

/// 2^x for exponents of `frac` fractional bits, scaled down to `result` of them.
struct Power {
    frac: u32,
    result: u32,
}

impl<R: Ring> Program<R> for Power {
    fn run<B: Backend>(&self, cx: &mut B, inputs: &[B::Share<R>]) -> Result<B::Share<R>, B::Error> {
        let power = cx.exp2(&inputs[0], self.frac)?;
        assert_eq!(power.shape(), inputs[0].shape());
        cx.truncate(power, R::BITS - 2 - self.result)
    }
}

/// The power without the scaling down.
struct Bare(u32);

impl<R: Ring> Program<R> for Bare {
    fn run<B: Backend>(&self, cx: &mut B, inputs: &[B::Share<R>]) -> Result<B::Share<R>, B::Error> {
        let power = cx.exp2(&inputs[0], self.0)?;
        cx.truncate(power, 0)
    }
}

/// The power times a second input.
struct Masked(Power);

impl<R: Ring> Program<R> for Masked {
    fn run<B: Backend>(&self, cx: &mut B, inputs: &[B::Share<R>]) -> Result<B::Share<R>, B::Error> {
        let power = self.0.run(cx, &inputs[..1])?;
        let product = cx.mul(&power, &inputs[1])?;
        cx.truncate(product, 0)
    }
}

/// The bound of the error: as the trait states it, and as [`crate::gadgets::powers_of_two`] does for 64 bits.
fn bound<R: Ring>(power: f64) -> f64 {
    match R::BITS {
        32 => 2f64.powi(-15) + 2f64.powi(-12) * power,
        _ => 2f64.powi(-35) + 2f64.powi(-24) * power,
    }
}

/// Sim, Rep3 and Additive against f64; a scale-down adds less than one unit to the error, or none.
fn agree<R: Ring>(
    program: &impl Program<R>,
    [frac, result]: [u32; 2],
    ulp: f64,
    x: Integers,
    seed: u64,
) -> Result<(), TestCaseError> {
    let inputs = [x];
    let (rep3, cost) = on_rep3::<R, R>(program, &inputs, seed);
    let (sim, sim_cost) = on_sim::<R, R>(program, &inputs, seed).map_err(TestCaseError::fail)?;
    prop_assert_eq!(sim_cost, cost, "Sim's cost and Rep3's");
    let (additive, _) = on_additive::<R, R>(program, &inputs, seed);
    for (backend, got) in [("rep3", rep3), ("sim", sim), ("additive", additive)] {
        prop_assert_eq!(got.shape(), inputs[0].shape());
        for (&got, &x) in got.iter().zip(&inputs[0]) {
            let truth = (x as f64 / fixed::exp2(frac)).exp2();
            let error = got as f64 / fixed::exp2(result) - truth;
            let allowed = bound::<R>(truth) + ulp / fixed::exp2(result);
            prop_assert!(error.abs() <= allowed, "{backend}: {got} from {x}, error {error}");
        }
    }
    Ok(())
}

/// Exponents in the range, with both ends more often than chance has them.
fn exponents(frac: u32) -> impl Strategy<Value = Integers> {
    let lowest = -28i128 << frac;
    let value = prop_oneof![
        6 => lowest..0,
        1 => prop_oneof![Just(-1), Just(lowest), Just(lowest + 1)],
        1 => (1..=28i128).prop_map(move |x| -x << frac),
    ];
    shape().prop_flat_map(move |shape| {
        let n = shape.iter().product::<usize>();
        let values = proptest::collection::vec(value.clone(), n);
        values.prop_map(move |values| {
            ArrayD::from_shape_vec(shape.clone(), values).expect("as many values as places")
        })
    })
}

fn is_power<R: Ring>(name: &'static str, frac: u32, result: u32) {
    property(name, 48, (exponents(frac), any::<u64>(), any::<bool>()), |(x, seed, bare)| {
        if bare {
            agree::<R>(&Bare(frac), [frac, R::BITS - 2], 0.0, x, seed)
        } else {
            agree::<R>(&Power { frac, result }, [frac, result], 1.0, x, seed)
        }
    });
}

#[test]
fn powers_are_within_the_stated_error() {
    is_power::<Z32>("exp2_z32_8", 8, 14);
    is_power::<Z32>("exp2_z32_14", 14, 14);
    is_power::<Z64>("exp2_z64_18", 18, 34);
}

/// Many sharings of each end: the powers next to 1 must not leave what can be scaled down.
#[test]
fn ends_of_the_range_are_powers_whatever_the_shares() {
    fn ring<R: Ring>(frac: u32, result: u32) {
        for x in [-1, -28i128 << frac] {
            let x = ArrayD::from_elem(vec![1 << 14], x);
            agree::<R>(&Power { frac, result }, [frac, result], 1.0, x, 7)
                .unwrap_or_else(|e| panic!("{frac} bits in {}: {e}", R::NAME));
        }
    }
    ring::<Z32>(8, 14);
    ring::<Z32>(14, 14);
    ring::<Z32>(18, 14);
    ring::<Z64>(18, 34);
    ring::<Z64>(26, 34);
}

/// A round and 8k bits an element; nothing of an empty tensor.
#[test]
fn powers_cost_a_round_and_eight_words() {
    for n in [0, 1, 5, 64] {
        let x: Integers = ArrayD::from_elem(vec![n], -300);
        let resharing =
            |cost: ditto_core::Cost| (cost.rounds - 1, cost.total_bytes() - 3 * 4 * n as u64);
        let (_, cost) = on_rep3::<Z32, Z32>(&Bare(8), &[x], 1);
        assert_eq!(resharing(cost), (1, 8 * 4 * n as u64), "{n} elements");
    }
}

/// What `Sim` says to exponents at their own scale; that of the rig is finer, and its reals small.
fn checked_by_sim<R: Ring>(x: &Integers, frac: u32) -> Result<(), SimError> {
    let x = SimShare::<R> { frac, ..sim_share(x) };
    Sim::new(1).exp2(&x, frac).map(drop)
}

/// Lower exponents than the lowest are no error, and what becomes of them can be multiplied away.
#[test]
fn exponents_below_the_range_can_be_masked() {
    fn ring<R: Ring>(frac: u32) {
        let unit = 1i128 << frac;
        let end = -(1i128 << (R::BITS - 1));
        let below = [-28 * unit - 1, -29 * unit, -32 * unit, -33 * unit - 5, -500 * unit, end];
        let x: Integers = arr1(&below.repeat(16)).into_dyn();
        let zero = Integers::zeros(x.raw_dim());
        checked_by_sim::<R>(&x, frac).unwrap_or_else(|e| panic!("{e}"));
        let program = Masked(Power { frac, result: 14 });
        for seed in 0..4 {
            let inputs = [x.clone(), zero.clone()];
            let (rep3, cost) = on_rep3::<R, R>(&program, &inputs, seed);
            let (sim, sim_cost) = on_sim::<R, R>(&program, &inputs, seed)
                .unwrap_or_else(|e| panic!("Sim refuses what is below the range: {e}"));
            assert_eq!((&rep3, &sim), (&zero, &zero), "{frac} bits in {}", R::NAME);
            let (additive, _) = on_additive::<R, R>(&program, &inputs, seed);
            assert_eq!(additive, zero, "{frac} bits in {}", R::NAME);
            assert_eq!(sim_cost, cost);
        }
    }
    ring::<Z32>(8);
    ring::<Z32>(14);
    ring::<Z64>(18);
}

#[test]
fn exponents_that_are_not_negative_are_refused() {
    fn ring<R: Ring>(frac: u32) {
        for x in [0, 1, 5 << frac] {
            let x: Integers = arr1(&[-1, x]).into_dyn();
            let error = checked_by_sim::<R>(&x, frac).expect_err("x >= 0");
            let (operation, count) = (error.fault.operation, error.fault.count);
            assert_eq!((operation, count), ("declared range", 1), "{error}");
        }
    }
    ring::<Z32>(8);
    ring::<Z64>(18);
}

#[test]
fn plain_computes_the_true_power() {
    let x = [PlainShare(arr1(&[-0.5, -28.0, -3.25, -1e-9]).into_dyn())];
    let mut cx = Plain::new();
    let program = Power { frac: 8, result: 14 };
    let got = match Program::<Z32>::run(&program, &mut cx, &x) {
        Ok(got) => got,
        Err(never) => match never {},
    };
    assert_eq!(got.0, x[0].0.mapv(f64::exp2));
}

/// A whole number whose components are raised to eight fractional bits, and a part that is public: the
/// lower digits of an addend that is not rerandomised would be the same in all elements.
struct RaisedPower(f64);

impl Program<Z32> for RaisedPower {
    fn run<B: Backend>(
        &self,
        cx: &mut B,
        inputs: &[B::Share<Z32>],
    ) -> Result<B::Share<Z32>, B::Error> {
        let x = B::add_public(&B::raise(&inputs[0], 8), &arr0(self.0).into_dyn(), 8);
        let power = cx.exp2(&x, 8)?;
        cx.truncate(power, 0)
    }
}

/// Over many copies of one exponent the errors cancel, as [`crate::gadgets::powers_of_two`] says,
/// whatever its components look like.
#[test]
fn errors_cancel_where_components_end_in_zeros() {
    for (seed, (x, part)) in (70..).zip([(-1, 77.0), (-2, 200.0), (-3, 5.0), (-1, 129.0)]) {
        let program = RaisedPower(part / 256.0);
        let inputs = [ArrayD::from_elem(vec![1 << 14], x)];
        let truth = (x as f64 + part / 256.0).exp2() * fixed::exp2(30);
        let results = [
            ("sim", on_sim::<Z32, Z32>(&program, &inputs, seed).expect("in range").0),
            ("rep3", on_rep3::<Z32, Z32>(&program, &inputs, seed).0),
            ("additive", on_additive::<Z32, Z32>(&program, &inputs, seed).0),
        ];
        for (backend, got) in results {
            let n = got.len() as f64;
            let error = |&power: &i128| power as f64 - truth;
            let mean = got.iter().map(error).sum::<f64>() / n;
            let square = got.iter().map(|power| (error(power) - mean).powi(2)).sum::<f64>() / n;
            // What is left over all addends is at most 2^-21.
            let allowed = 5.0 * (square / n).sqrt() + fixed::exp2(30 - 21);
            let what = format!("2^({x} + {part} / 256) on {backend}: mean error {mean}");
            assert!(square > 0.0, "{what}: all elements are the same");
            assert!(mean.abs() <= allowed, "{what}, {allowed} allowed");
        }
    }
}
