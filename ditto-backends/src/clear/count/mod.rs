//! The cost of a computation without its values: a share is a shape, an operation a line in an
//! account.
//!
//! Rounds, bytes and multiplications of the protocols depend on public shapes alone. So a layer that
//! runs on [`Count`] leaves behind what it would cost on `Rep3`, in the time that it takes to add up a
//! few numbers, whatever the size of the model: no weight is read and no value computed. It is also
//! the smallest complete backend, to start another one from.
//!
//! All that such a run computes with is public. So it also gives a digest of the program: of its
//! operations, shapes, tables and constants, which parties compare before they compute as one.

mod backend;

use std::collections::HashMap;
use std::convert::Infallible;

use ditto_core::fixed::OutOfFormat;
use ditto_core::{Ring, Source, Values};
use ndarray::ArrayD;

use crate::clear::product::Product;
use crate::gadgets::history::Absorbing;
use crate::rep3::account::Account;

pub use crate::gadgets::history::History;

/// Counts what [`Rep3`](crate::Rep3) would send, all three parties together.
///
/// Its account is equal to that of [`Sim`](crate::Sim), scope for scope and operation for operation,
/// but for the clock.
#[derive(Default)]
pub struct Count {
    account: Account,
    /// Of all operations so far, in order.
    program: Option<History>,
    /// Of the tables of powers, which are too many to compute for every operation.
    powers: HashMap<(u32, u32), History>,
}

impl Count {
    /// An account with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// A digest of the program that ran: of every operation, with its shapes and public numbers, as the
    /// integers that a protocol computes with. What is computed locally counts from where it enters an
    /// operation that talks or multiplies, or is opened.
    pub fn program(&self) -> History {
        self.program.unwrap_or_else(|| Absorbing::new("program").end())
    }

    /// Takes down an operation by its result.
    fn ran(&mut self, result: Counted) -> Counted {
        let shape = result.shape.iter().map(|&size| size as u64);
        let step = Absorbing::new("program").history(&self.program()).history(&result.history);
        self.program = Some(step.numbers(shape).end());
        result
    }
}

/// A shape, and what led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    shape: Vec<usize>,
    /// The bits of its ring.
    ring: u32,
    history: History,
}

/// The shape of a tensor of products, and what led to it.
pub type CountProduct = Product<Counted>;

/// Takes shapes and leaves values alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountSource;

impl CountSource {
    fn counted<R: Ring>(shape: &[usize], frac: u32) -> Counted {
        let sizes = shape.iter().map(|&size| size as u64);
        let numbers: Vec<u64> = [u64::from(frac)].into_iter().chain(sizes).collect();
        let history = History::step(R::BITS, "share", &[], &numbers);
        Counted { shape: shape.to_vec(), ring: R::BITS, history }
    }
}

#[diagnostic::do_not_recommend]
impl Source<Count> for CountSource {
    fn share<R: Ring>(&mut self, values: &ArrayD<f64>, frac: u32) -> Result<Counted, OutOfFormat> {
        Ok(Self::counted::<R>(values.shape(), frac))
    }

    fn share_values<R: Ring>(
        &mut self,
        values: &impl Values,
        frac: u32,
    ) -> Result<Counted, OutOfFormat> {
        Ok(Self::counted::<R>(values.shape(), frac))
    }
}

/// Counting cannot fail.
type Never = Infallible;

#[cfg(test)]
mod tests {
    use ditto_core::{Backend, Levels, Linear, StepFunction, StepFunctions, Z32, Z64};
    use ndarray::arr0;

    use super::*;

    #[test]
    fn shapes_follow_the_operations() {
        let x = CountSource::counted::<Z32>(&[2, 3, 4], 8);
        assert_eq!(x.permute(&[2, 0, 1]).shape, [4, 2, 3]);
        assert_eq!(x.slice(1, 1..3).shape, [2, 2, 4]);
        assert_eq!(Linear::concat(&[&x, &x, &x], 1).shape, [2, 9, 4]);
        assert_eq!(x.sum_last().shape, [2, 3, 1]);
        let mut cx = Count::new();
        let Ok(product) = cx.matmul::<Z64>(&x, &CountSource::counted::<Z64>(&[2, 5, 4], 8), true);
        assert_eq!(product.shape(), [2, 3, 5]);
        let Ok(max) = cx.row_maximum::<Z32>(&x, 8, &Levels { low: -64.0, step: 1.0, count: 128 });
        assert_eq!(max.shape, [2, 3, 1]);
        let report = cx.trace().report();
        let product = &report.scopes[0].operations[0];
        assert_eq!((product.elements, product.multiplications), (30, 120));
        assert_eq!((product.ring, product.cost.rounds), ("Z64", 0));
    }

    #[test]
    #[should_panic(expected = "reshaped to [7]")]
    fn a_shape_of_other_size_panics() {
        Linear::reshape(&CountSource::counted::<Z32>(&[2, 3], 8), &[7]);
    }

    #[test]
    fn an_opened_value_is_unknown() {
        let x = CountSource::counted::<Z32>(&[3], 8);
        let mut count = Count::new();
        let Ok(values) = count.open::<Z32>(&x, 8);
        assert!(values.iter().all(|value| value.is_nan()));
        let opened = count.trace().report().operations();
        let opened: Vec<_> = opened.iter().map(|o| (o.operation, o.calls, o.elements)).collect();
        assert_eq!(opened, [("open", 1, 3)]);
    }

    /// A program that uses every public number that there is.
    #[derive(Clone)]
    struct Program {
        rows: usize,
        frac: u32,
        added: f64,
        factor: f64,
        integer: i64,
        truncated: u32,
        range: std::ops::Range<f64>,
        levels: Levels,
        edges: Vec<f64>,
        values: Vec<f64>,
        width: u32,
        transposed: bool,
    }

    impl Program {
        fn new() -> Self {
            Self {
                rows: 4,
                frac: 8,
                added: 0.5,
                factor: 0.25,
                integer: 3,
                truncated: 8,
                range: -64.0..63.0,
                levels: Levels { low: -64.0, step: 1.0, count: 128 },
                edges: vec![1.0, 2.0],
                values: vec![0.5, 0.25, 0.125],
                width: 20,
                transposed: true,
            }
        }

        fn digest(&self) -> History {
            let mut cx = Count::new();
            let x = CountSource::counted::<Z64>(&[self.rows, 4], self.frac);
            // The operations before the constant is added are local.
            let x = Count::scale::<Z64>(
                &Count::add_public::<Z64>(&x, &arr0(self.added).into_dyn(), 8),
                self.integer,
            );
            let Ok(()) = cx.declare_range::<Z64>(&x, 8, self.range.clone());
            let y = CountSource::counted::<Z64>(&[4, 4], 8);
            let Ok(x) = cx.matmul::<Z64>(&x, &y, self.transposed);
            let Ok(x) = cx.truncate::<Z64>(x, self.truncated);
            let Ok(x) = cx
                .truncate::<Z64>(Count::mul_public::<Z64>(&x, &arr0(self.factor).into_dyn(), 8), 8);
            let Ok(max) = cx.row_maximum::<Z64>(&x, 8, &self.levels);
            let function = StepFunction { frac: 8, values: self.values.clone() };
            let steps = StepFunctions::new(0.0..4.0, self.edges.clone(), vec![function]);
            let Ok(looked_up) = cx.step_functions::<Z64>(&max, 8, &steps);
            let Ok(power) = cx.exp2::<Z64>(&looked_up[0], self.frac);
            let Ok(power) = cx.truncate::<Z64>(power, 54);
            let Ok(bit) = cx.is_negative::<Z64>(&power, self.width);
            let Ok(bit) = cx.bit_to_ring::<Z64>(&bit);
            let Ok(_) = cx
                .open::<Z64>(&Count::add_public::<Z64>(&bit, &arr0(self.factor).into_dyn(), 8), 8);
            cx.program()
        }
    }

    /// Two runs of a program have one digest, and a program in which one public number differs has
    /// another.
    #[test]
    fn every_public_number_is_in_the_digest() {
        let program = Program::new();
        let with = |change: fn(&mut Program)| {
            let mut program = program.clone();
            change(&mut program);
            program.digest()
        };
        let changed = [
            with(|_| {}),
            with(|p| p.rows = 5),
            with(|p| p.frac = 9),
            with(|p| p.added += 1.0 / 256.0),
            with(|p| p.factor += 1.0 / 256.0),
            with(|p| p.integer = 4),
            with(|p| p.truncated = 9),
            with(|p| p.range.end = 62.0),
            with(|p| p.levels.low = -65.0),
            with(|p| p.levels.step = 2.0),
            with(|p| p.levels.count = 64),
            with(|p| p.edges[1] += 1.0 / 256.0),
            with(|p| p.values[2] += 1.0 / 256.0),
            with(|p| p.width = 21),
            with(|p| p.transposed = false),
        ];
        assert_eq!(changed[0], program.digest());
        for (i, x) in changed.iter().enumerate() {
            assert!(!changed[..i].contains(x), "change {i} is not in the digest");
        }
        // What rounds to the same integer is the same to the parties.
        assert_eq!(with(|p| p.added += 1e-6), changed[0]);
    }

    /// The order of operands, of operations and of what is opened counts.
    #[test]
    fn the_order_is_in_the_digest() {
        let digest = |run: fn(&mut Count, &Counted, &Counted)| {
            let [x, y] = [8, 9].map(|frac| CountSource::counted::<Z32>(&[2, 2], frac));
            let mut cx = Count::new();
            run(&mut cx, &x, &y);
            cx.program()
        };
        let all = [
            digest(|_, _, _| {}),
            digest(|cx, x, y| drop(cx.mul::<Z32>(x, y))),
            digest(|cx, x, y| drop(cx.mul::<Z32>(y, x))),
            digest(|cx, x, y| drop(cx.open::<Z32>(&x.sub(y), 8))),
            digest(|cx, x, y| drop(cx.open::<Z32>(&y.sub(x), 8))),
            digest(|cx, x, y| drop(cx.open::<Z32>(&x.add(y), 8))),
            digest(|cx, x, y| drop((cx.open::<Z32>(x, 8), cx.open::<Z32>(y, 8)))),
            digest(|cx, x, y| drop((cx.open::<Z32>(y, 8), cx.open::<Z32>(x, 8)))),
            digest(|cx, x, _| drop(cx.open::<Z32>(&x.permute(&[1, 0]), 8))),
            digest(|cx, x, _| drop(cx.open::<Z32>(&x.permute(&[0, 1]), 8))),
        ];
        for (i, x) in all.iter().enumerate() {
            assert!(!all[..i].contains(x), "program {i} is not told from another");
        }
    }

    #[test]
    fn a_digest_prints_as_hexadecimal_digits() {
        let empty = Count::new().program().to_string();
        assert_eq!(empty.len(), 64);
        assert!(empty.chars().all(|digit| digit.is_ascii_hexdigit()));
    }
}
