//! The mean error of every two operations one after the other, on `Sim`, `Rep3` and `Additive`.
//!
//! An operation rounds by the low bits of what it is given, and what it is given comes from another
//! operation: shares of twice a value are even, those of a value that was raised end in zeros. So what
//! each operation promises of its error has to hold behind every other. Many values are computed with
//! at once, from fixed seeds: the mean errors of all three backends are within four standard errors of
//! each other, and of 0 where both operations say that they have no bias.

use ditto_core::{Backend, Levels, Linear, Ring, StepFunction, StepFunctions, Z32, Z64};
use ndarray::{ArrayD, arr0};

use super::integers::Integers;
use super::rig::{Program, on_additive, on_rep3, on_sim};

const SAMPLES: usize = 1 << 13;

/// Fractional bits of what is computed with at first, in the narrow and in the wide ring.
const LOW: u32 = 8;
const HIGH: u32 = 18;

/// Bits that truncations of a value drop, and that conversions cross.
const CUT: u32 = 5;
const CROSSED: u32 = 10;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Scale(i64),
    AddToItself,
    Raise(u32),
    /// A multiple by a public number of eight fractional bits, scaled down.
    Public(f64),
    /// The value itself, scaled down.
    Rescale,
    Square,
    /// A product of a row with a constant matrix whose entries are even.
    Matrix,
    SumOfRow,
    Sign,
    Lookup,
    Exp2,
    RowMaximum,
    Widen(u32),
    TruncateWiden,
    Narrow,
}

use Step::*;

/// What there is in a ring; all of them leave the number of elements.
const IN_BOTH: [Step; 15] = [
    Scale(2),
    Scale(-3),
    Scale(32),
    AddToItself,
    Raise(6),
    Public(0.5),
    Public(1.0),
    Public(0.75),
    Public(-0.2421875),
    Rescale,
    Square,
    Matrix,
    SumOfRow,
    Sign,
    Lookup,
];
const IN_NARROW: [Step; 5] = [Exp2, RowMaximum, Widen(CROSSED), Widen(0), TruncateWiden];
const IN_WIDE: [Step; 1] = [Narrow];

impl Step {
    /// Whether the documentation says that the error has no bias, for any operand.
    fn is_fair(self) -> bool {
        !matches!(self, Exp2 | RowMaximum | Square | Sign | Lookup)
    }
}

/// A tensor of one of the rings, with its fractional bits.
enum Value<B: Backend> {
    Narrow(B::Share<Z32>, u32),
    Wide(B::Share<Z64>, u32),
}

/// The powers of two are of values below 0, row maxima of values near it.
const LEVELS: Levels = Levels { low: -32.0, step: 1.0, count: 64 };

/// Rows of this many elements.
const ROW: usize = 8;

fn step_function() -> StepFunctions {
    let function = StepFunction { frac: LOW, values: vec![1.5, -0.25, 3.0] };
    StepFunctions::new(0.0..64.0, vec![10.0, 20.0], vec![function])
}

/// The matrix of [`Step::Matrix`], in units of 1/256.
fn matrix(row: usize, column: usize) -> f64 {
    [128.0, -64.0, 256.0, 32.0][(row * 3 + column) % 4]
}

impl Step {
    fn within<B: Backend, R: Ring>(
        self,
        cx: &mut B,
        x: &B::Share<R>,
        frac: u32,
    ) -> Result<(B::Share<R>, u32), B::Error> {
        let shape = x.shape().to_vec();
        let rows = [shape.iter().product::<usize>() / ROW, ROW];
        Ok(match self {
            Scale(factor) => (B::scale(x, factor), frac),
            AddToItself => (x.add(x), frac),
            Raise(bits) => (B::raise(x, bits), frac + bits),
            Public(value) => {
                (cx.truncate(B::mul_public(x, &arr0(value).into_dyn(), LOW), LOW)?, frac)
            }
            Rescale => (cx.truncate(B::product_of(x), CUT)?, frac - CUT),
            Square => {
                let square = cx.mul(x, x)?;
                (cx.truncate(square, frac)?, frac)
            }
            Matrix => {
                // Every element times the entry of its place: local, like a public matrix.
                let x = x.reshape(&rows);
                let columns: Vec<_> = (0..ROW).map(|i| x.slice(1, i..i + 1)).collect();
                let mut sums = Vec::new();
                for column in 0..ROW {
                    let mut sum = B::scale(&columns[0], matrix(0, column) as i64);
                    for (row, x) in columns.iter().enumerate().skip(1) {
                        sum = sum.add(&B::scale(x, matrix(row, column) as i64));
                    }
                    sums.push(sum);
                }
                let product = Linear::concat(&sums.iter().collect::<Vec<_>>(), 1);
                let product = B::product_of(&product.reshape(&shape));
                (cx.truncate(product, LOW)?, frac)
            }
            SumOfRow => {
                let sum = Linear::sum_last(&x.reshape(&rows));
                let sums = Linear::concat(&[&sum; ROW], 1);
                (sums.reshape(&shape), frac)
            }
            Sign => {
                let sign = cx.is_negative(x, R::BITS)?;
                (B::raise(&cx.bit_to_ring::<R>(&sign)?, LOW), LOW)
            }
            Lookup => {
                let functions = cx.step_functions(x, frac, &step_function())?;
                (functions.into_iter().next().expect("one function"), LOW)
            }
            Exp2 => {
                let power = cx.exp2(x, frac)?;
                (cx.truncate(power, R::BITS - 2 - HIGH)?, HIGH)
            }
            RowMaximum => {
                let maximum = cx.row_maximum(&x.reshape(&rows), frac, &LEVELS)?;
                (Linear::reshape(&Linear::concat(&[&maximum; ROW], 1), &shape), frac)
            }
            _ => unreachable!("{self:?} leaves the ring"),
        })
    }

    fn apply<B: Backend>(self, cx: &mut B, x: Value<B>) -> Result<Value<B>, B::Error> {
        Ok(match (self, x) {
            (Widen(up), Value::Narrow(x, frac)) => Value::Wide(cx.widen(&x, up)?, frac + up),
            (TruncateWiden, Value::Narrow(x, frac)) => {
                Value::Wide(cx.truncate_widen(B::product_of(&x), CUT)?, frac - CUT)
            }
            (Narrow, Value::Wide(x, frac)) => Value::Narrow(B::narrow(&x, CROSSED), frac - CROSSED),
            (step, Value::Narrow(x, frac)) => {
                let (x, frac) = step.within(cx, &x, frac)?;
                Value::Narrow(x, frac)
            }
            (step, Value::Wide(x, frac)) => {
                let (x, frac) = step.within(cx, &x, frac)?;
                Value::Wide(x, frac)
            }
        })
    }

    /// What is true, for any two values that stand for the operand: itself, and fractional bits.
    fn truth(self, x: &[f64], frac: u32) -> (Vec<f64>, u32) {
        let each = |f: &dyn Fn(f64) -> f64| x.iter().map(|&x| f(x)).collect::<Vec<_>>();
        let rows = |f: &dyn Fn(&[f64]) -> [f64; ROW]| -> Vec<f64> {
            x.chunks_exact(ROW).flat_map(f).collect()
        };
        match self {
            Scale(factor) => (each(&|x| x * factor as f64), frac),
            AddToItself => (each(&|x| x + x), frac),
            Raise(bits) => (x.to_vec(), frac + bits),
            Public(value) => (each(&|x| x * value), frac),
            Rescale => (x.to_vec(), frac - CUT),
            Square => (each(&|x| x * x), frac),
            Matrix => {
                let product = |row: &[f64]| {
                    std::array::from_fn(|column| {
                        let terms = row.iter().enumerate();
                        terms.map(|(i, x)| x * matrix(i, column) / 256.0).sum::<f64>()
                    })
                };
                (rows(&product), frac)
            }
            SumOfRow => (rows(&|row| [row.iter().sum(); ROW]), frac),
            Sign => (each(&|x| f64::from(u8::from(x < 0.0))), LOW),
            Lookup => {
                let steps = step_function();
                (each(&|x| steps.functions()[0].values[steps.interval(x)]), LOW)
            }
            Exp2 => (each(&f64::exp2), HIGH),
            RowMaximum => (rows(&|row| [row.iter().copied().fold(f64::MIN, f64::max); ROW]), frac),
            Widen(up) => (x.to_vec(), frac + up),
            TruncateWiden => (x.to_vec(), frac - CUT),
            Narrow => (x.to_vec(), frac - CROSSED),
        }
    }

    /// Whether the values, exact or off by a few units, are where the operation is defined.
    fn takes(self, x: &[f64], frac: u32, wide: bool) -> bool {
        let largest = x.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        let bits = largest.log2() + f64::from(frac) + 2.0;
        let room = if wide { 61.0 } else { 29.0 };
        let between = |low: f64, high: f64| x.iter().all(|&x| low < x && x < high);
        bits < room
            && match self {
                Scale(_) | Raise(_) | AddToItself => bits + 6.0 < room,
                Public(_) | Matrix => bits + f64::from(LOW) + 3.0 < room,
                Square => 2.0 * bits < room,
                Rescale | TruncateWiden => frac > CUT,
                Narrow => wide && frac > CROSSED && bits < 29.0 + f64::from(CROSSED),
                Exp2 => !wide && between(-20.0, -0.1) && frac <= 20,
                RowMaximum => !wide && between(-31.0, 30.0) && frac <= 20,
                Lookup => between(0.5, 63.0),
                SumOfRow => bits + 4.0 < room,
                _ => true,
            }
    }
}

/// Two operations, and their result in the wide ring, as it is or widened.
struct Pair([Step; 2]);

impl Pair {
    fn run<B: Backend>(&self, cx: &mut B, mut x: Value<B>) -> Result<B::Share<Z64>, B::Error> {
        for step in self.0 {
            x = step.apply(cx, x)?;
        }
        match x {
            Value::Narrow(x, _) => cx.widen(&x, 0),
            Value::Wide(x, _) => Ok(x),
        }
    }
}

impl Program<Z32, Z64> for Pair {
    fn run<B: Backend>(&self, cx: &mut B, x: &[B::Share<Z32>]) -> Result<B::Share<Z64>, B::Error> {
        Pair::run(self, cx, Value::Narrow(x[0].clone(), LOW))
    }
}

impl Program<Z64> for Pair {
    fn run<B: Backend>(&self, cx: &mut B, x: &[B::Share<Z64>]) -> Result<B::Share<Z64>, B::Error> {
        Pair::run(self, cx, Value::Wide(x[0].clone(), HIGH))
    }
}

/// The mean error in units of the result's last place, and its standard error.
fn mean_error(got: &Integers, truth: &[f64], frac: u32) -> (f64, f64) {
    let unit = 2f64.powi(frac as i32);
    let errors: Vec<f64> = got.iter().zip(truth).map(|(&v, t)| v as f64 - t * unit).collect();
    let n = errors.len() as f64;
    // Elements of a row may have an error in common.
    let rows: Vec<f64> =
        errors.chunks(ROW).map(|row| row.iter().sum::<f64>() / ROW as f64).collect();
    let mean = errors.iter().sum::<f64>() / n;
    let variance = rows.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / rows.len() as f64;
    (mean, (variance / rows.len() as f64).sqrt())
}

/// The inputs: between -`below` and `above`.
fn inputs(below: f64, above: f64, frac: u32) -> Integers {
    let number = |i: usize| {
        let part = (i as f64 * 0.618_033_988_749_895 + 0.3).fract();
        ((part * (above + below) - below) * 2f64.powi(frac as i32)).floor() as i128
    };
    ArrayD::from_shape_fn(vec![SAMPLES], |i| number(i[0]))
}

fn compare<R: Ring>(pairs: &mut usize, wide: bool, [below, above]: [f64; 2])
where
    Pair: Program<R, Z64>,
{
    let start = if wide { HIGH } else { LOW };
    let x = inputs(below, above, start);
    let exact: Vec<f64> = x.iter().map(|&x| x as f64 / 2f64.powi(start as i32)).collect();
    let steps = |wide: bool| {
        let own: &[Step] = if wide { &IN_WIDE } else { &IN_NARROW };
        IN_BOTH.iter().chain(own).copied().collect::<Vec<_>>()
    };
    for first in steps(wide) {
        if !first.takes(&exact, start, wide) {
            continue;
        }
        let (between, frac) = first.truth(&exact, start);
        let wide_between = match first {
            Widen(_) | TruncateWiden => true,
            Narrow => false,
            _ => wide,
        };
        for second in steps(wide_between) {
            if !second.takes(&between, frac, wide_between) {
                continue;
            }
            let (truth, frac) = second.truth(&between, frac);
            let (pair, name) = (Pair([first, second]), format!("{first:?}, {second:?}"));
            let inputs = [x.clone()];
            let seed = *pairs as u64;
            let (sim, _) =
                on_sim::<R, Z64>(&pair, &inputs, seed).unwrap_or_else(|e| panic!("{name}: {e}"));
            let results = [
                ("sim", sim),
                ("rep3", on_rep3::<R, Z64>(&pair, &inputs, seed).0),
                ("additive", on_additive::<R, Z64>(&pair, &inputs, seed).0),
            ];
            let errors = results.map(|(backend, got)| (backend, mean_error(&got, &truth, frac)));
            for (i, (one, (mean, deviation))) in errors.iter().enumerate() {
                if first.is_fair() && second.is_fair() {
                    let off = 4.0 * deviation + 1e-9;
                    assert!(mean.abs() <= off, "{name} on {one}: mean error {mean} ± {deviation}");
                }
                for (other, (theirs, their_deviation)) in &errors[..i] {
                    let off = 4.0 * deviation.hypot(*their_deviation) + 1e-9;
                    assert!(
                        (mean - theirs).abs() <= off,
                        "{name}: mean error {mean} ± {deviation} on {one}, {theirs} ± \
                         {their_deviation} on {other}"
                    );
                }
            }
            *pairs += 1;
        }
    }
}

#[test]
fn two_operations_have_the_same_mean_error_on_every_backend() {
    let mut pairs = 0;
    for range in [[1.9, 1.7], [3.9, -0.2], [-10.0, 30.0]] {
        compare::<Z32>(&mut pairs, false, range);
        compare::<Z64>(&mut pairs, true, range);
    }
    assert!(pairs > 500, "{pairs} pairs");
}
