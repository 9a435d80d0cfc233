//! The statistics of rounding: the stated probabilities, on `Rep3` and on `Sim` alike.
//!
//! Many copies of one value are rounded at once, from fixed seeds; every count must be within five
//! standard deviations of what the statement gives.

use ditto_core::{Backend, NarrowerThan, Ring, Z32, Z64};
use ndarray::{ArrayD, arr0};

use super::conversions::TruncateWiden;
use super::integers::{Integers, Op, Product};
use super::rig::{Program, on_rep3, on_sim};

const SAMPLES: usize = 1 << 16;

fn copies(x: i128) -> Integers {
    ArrayD::from_elem(vec![SAMPLES], x)
}

/// How often the result is `base`, `base` + 1, `base` + 2, on `Rep3` and on `Sim`.
fn counts<R: Ring, S: Ring>(
    program: &impl Program<R, S>,
    inputs: &[Integers],
    base: i128,
) -> [[usize; 3]; 2] {
    let (rep3, _) = on_rep3::<R, S>(program, inputs, 11);
    let (sim, _) = on_sim::<R, S>(program, inputs, 12).expect("in range");
    [rep3, sim].map(|values| {
        let counts = [0, 1, 2].map(|j| values.iter().filter(|&&v| v == base + j).count());
        assert_eq!(counts.iter().sum::<usize>(), SAMPLES, "some are not of the three values");
        counts
    })
}

fn is_plausible(count: usize, probability: f64, what: &str) {
    let n = SAMPLES as f64;
    let deviation = (n * probability * (1.0 - probability)).sqrt();
    let off = (count as f64 - n * probability).abs();
    assert!(
        off <= 5.0 * deviation + 1e-6,
        "{what}: {count} of {n}, expected {probability} of them"
    );
}

/// Rounded up with probability (x mod 2^f) / 2^f, so that the mean error is 0; and the same for a share
/// and for a product of the same value. `program` scales a product down.
fn rounding<R: Ring, S: Ring, P: Program<R, S>>(
    x: i128,
    bits: u32,
    program: impl Fn(Product, u32) -> P,
) {
    let cases = [
        (program(Product::Of, bits), vec![copies(x)]),
        (program(Product::Mul, bits), vec![copies(x), copies(1)]),
    ];
    for (program, inputs) in cases {
        let up = x.rem_euclid(1 << bits) as f64 / 2f64.powi(bits as i32);
        for (backend, [down, rounded_up, beyond]) in
            ["rep3", "sim"].into_iter().zip(counts::<R, S>(&program, &inputs, x >> bits))
        {
            let what = format!("{x} / 2^{bits} on {backend}");
            is_plausible(rounded_up, up, &what);
            assert_eq!((down + rounded_up, beyond), (SAMPLES, 0), "{what}");
            // The error against the exact quotient, in units.
            let mean = rounded_up as f64 / SAMPLES as f64 - up;
            let spread = (up * (1.0 - up) / SAMPLES as f64).sqrt();
            assert!(mean.abs() <= 5.0 * spread + 1e-9, "{what}: mean error {mean}");
        }
    }
}

fn truncation<R: Ring>(x: i128, bits: u32) {
    rounding::<R, R, _>(x, bits, Op::Product);
}

#[test]
fn truncation_into_a_wider_ring_rounds_up_as_often_as_stated() {
    for x in [0, -1, 127, 128, -128, 1_000_003, -1_000_003, (1 << 30) - 1, 1 - (1 << 30)] {
        rounding::<Z32, Z64, _>(x, 8, TruncateWiden);
    }
    rounding::<Z32, Z64, _>(5, 1, TruncateWiden);
    rounding::<Z32, Z64, _>(3 << 18, 20, TruncateWiden);
    rounding::<Z32, Z64, _>(-(1 << 29), 30, TruncateWiden);
}

#[test]
fn truncation_rounds_up_as_often_as_stated() {
    for x in [0, 1, -1, 127, 128, -128, 255, 1_000_003, -1_000_003, (1 << 30) - 1, 1 - (1 << 30)] {
        truncation::<Z32>(x, 8);
        truncation::<Z64>(x << 30, 38);
    }
    truncation::<Z32>(5, 1);
    truncation::<Z32>(12345, 2);
    truncation::<Z32>(-(1 << 29), 30);
    truncation::<Z64>(3 << 60, 62);
}

struct Narrow(u32);

impl<R: Ring, S: NarrowerThan<R>> Program<R, S> for Narrow {
    fn run<B: Backend>(&self, _: &mut B, x: &[B::Share<R>]) -> Result<B::Share<S>, B::Error> {
        Ok(B::narrow(&x[0], self.0))
    }
}

/// Three components are cut, two of which are uniform: the exact chance of each result, and that
/// the errors cancel.
#[test]
fn narrowing_errs_as_often_up_as_down() {
    for bits in [1u32, 2, 10, 20, 32] {
        let unit = 1i128 << bits;
        for x in [0, 1, -1, unit / 2, unit / 3, -unit / 3, 7 * unit + unit / 5, 1 - (unit << 20)] {
            // Half of what three floors lose at most is added, rounded up or down by a coin. The part
            // below the cut is then what the parts of the components add up to, but for 0, 1 or 2
            // units: (r0, r1) uniform, r2 what is missing.
            let pairs = |m: i128| if m < 0 { 0 } else { (m + 1) * (m + 2) / 2 };
            let all = unit as f64 * unit as f64;
            let half = 3 * (unit - 1) / 2;
            let base = ((x + half + 1) >> bits) - 2;
            let mut chances = [0.0; 3];
            for centred in [x + half, x + half + 1] {
                let below = centred.rem_euclid(unit);
                let none = pairs(below) as f64 / all;
                let two = pairs(unit - 3 - below) as f64 / all;
                for (lost, chance) in [none, 1.0 - none - two, two].into_iter().enumerate() {
                    let result = (centred >> bits) - lost as i128 - base;
                    match usize::try_from(result) {
                        Ok(result) => chances[result] += chance / 2.0,
                        Err(_) => assert_eq!(chance, 0.0),
                    }
                }
            }
            let counts = counts::<Z64, Z32>(&Narrow(bits), &[copies(x)], base);
            for (backend, counts) in ["rep3", "sim"].into_iter().zip(counts) {
                let what = format!("narrowing {x} by {bits} bits on {backend}");
                for (count, chance) in counts.into_iter().zip(chances) {
                    is_plausible(count, chance, &what);
                }
                let exact = x as f64 / unit as f64;
                let sum = |f: &dyn Fn(f64) -> f64| -> f64 {
                    let errors = counts.iter().enumerate();
                    errors.map(|(j, &c)| c as f64 * f(base as f64 + j as f64 - exact)).sum()
                };
                let mean = sum(&|e| e) / SAMPLES as f64;
                let deviation = (sum(&|e| e * e) / SAMPLES as f64 / SAMPLES as f64).sqrt();
                assert!(mean.abs() <= 5.0 * deviation + 1e-9, "{what}: mean error {mean}");
            }
        }
    }
}

/// A value that is raised by six bits, with so much added, scaled down by as many: the components other
/// than that which takes constants end in zeros, and the value does not.
struct RaisedAndBack(f64);

impl RaisedAndBack {
    fn raised<B: Backend>(&self, x: &B::Share<Z32>) -> B::Product<Z32> {
        B::product_of(&B::add_public(&B::raise(x, 6), &arr0(self.0).into_dyn(), 6))
    }
}

impl Program<Z32, Z32> for RaisedAndBack {
    fn run<B: Backend>(&self, cx: &mut B, x: &[B::Share<Z32>]) -> Result<B::Share<Z32>, B::Error> {
        cx.truncate(self.raised::<B>(&x[0]), 6)
    }
}

impl Program<Z32, Z64> for RaisedAndBack {
    fn run<B: Backend>(&self, cx: &mut B, x: &[B::Share<Z32>]) -> Result<B::Share<Z64>, B::Error> {
        cx.truncate_widen(self.raised::<B>(&x[0]), 6)
    }
}

/// The low bits of components do not decide how a value is rounded.
#[test]
fn values_whose_components_end_in_zeros_are_rounded_as_often_as_stated() {
    for (x, part) in [(0, 1), (-77_003, 21), (5, 48)] {
        let chance = f64::from(part) / 64.0;
        let program = RaisedAndBack(chance);
        let ring = counts::<Z32, Z32>(&program, &[copies(x)], x);
        let wider = counts::<Z32, Z64>(&program, &[copies(x)], x);
        for (number, [_, up, beyond]) in [ring, wider].into_iter().flatten().enumerate() {
            let what = format!("{x} and {part} / 64, count {number}");
            is_plausible(up, chance, &what);
            assert_eq!(beyond, 0, "{what}");
        }
    }
}
