//! The account that [`Rep3`](super::Rep3) would run up, without running it: what [`Sim`](crate::Sim)
//! and [`Count`](crate::Count) count with.
//!
//! Which protocol an operation runs, what it costs and who plays which role in it is decided here
//! for both. A test for every operation holds it equal to the messages of three parties.

use ditto_core::shape::MatmulShape;
use ditto_core::{Levels, NarrowerThan, Operation, Ring, StepFunctions, Trace};

use super::cost::{self, RoleCost};
use super::party::Turns;

/// A running account of all three parties together.
#[derive(Default)]
pub(crate) struct Account {
    turns: Turns,
    pub(crate) trace: Trace,
}

fn count(shape: &[usize]) -> usize {
    shape.iter().product()
}

impl Account {
    /// An operation that sends messages, with results of `elements` elements.
    fn talk<R: Ring>(&mut self, elements: usize, cost: RoleCost) {
        let turn = self.turns.next(cost.operation);
        self.trace.count_operation(Operation {
            operation: cost.operation,
            ring: R::NAME,
            calls: 1,
            elements: elements as u64,
            multiplications: 0,
            cost: cost.by_party(turn),
            link_bytes: cost.link_bytes,
            failure_probability: cost.failure_probability,
            seconds: 0.0,
        });
    }

    /// A local operation with results of `elements` elements.
    fn multiply<R: Ring>(&mut self, operation: &'static str, elements: usize, each: usize) {
        self.trace.count_operation(Operation {
            operation,
            ring: R::NAME,
            calls: 1,
            elements: elements as u64,
            multiplications: (elements * each) as u64,
            ..Operation::default()
        });
    }

    pub(crate) fn matrix_product<R: Ring>(&mut self, s: MatmulShape) {
        self.multiply::<R>("matrix product", s.batch * s.m * s.n, s.k);
    }

    pub(crate) fn product<R: Ring>(&mut self, shape: &[usize]) {
        self.multiply::<R>("product", count(shape), 1);
    }

    /// # Panics
    /// If nothing would be left of the ring.
    pub(crate) fn truncate<R: Ring>(&mut self, shape: &[usize], bits: u32, reshared: bool) {
        assert!(bits <= R::BITS - 2, "truncation by {bits} bits leaves nothing of {}", R::NAME);
        let n = count(shape);
        match bits {
            0 if reshared => {}
            0 => self.talk::<R>(n, cost::reshare(n, R::BITS)),
            _ => self.talk::<R>(n, cost::truncate(n, R::BITS, bits, reshared)),
        }
    }

    /// # Panics
    /// As [`Account::truncate`].
    pub(crate) fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        shape: &[usize],
        bits: u32,
        reshared: bool,
    ) {
        assert!(bits <= R::BITS - 2, "truncation by {bits} bits leaves nothing of {}", R::NAME);
        let n = count(shape);
        self.talk::<R>(n, cost::truncate_widen(n, R::BITS, W::BITS, bits, reshared));
    }

    pub(crate) fn widen<R: NarrowerThan<W>, W: Ring>(&mut self, shape: &[usize], up: u32) {
        let n = count(shape);
        // Where the scale takes all the room, no carry is left to know.
        if R::BITS + up < W::BITS {
            self.talk::<R>(n, cost::widen(n, R::BITS, W::BITS, up));
        }
    }

    /// # Panics
    /// If the arguments do not fit the ring.
    pub(crate) fn step_functions<R: Ring>(
        &mut self,
        shape: &[usize],
        frac: u32,
        steps: &StepFunctions,
    ) {
        let (n, width) = (count(shape), steps.width(frac));
        assert!(width <= R::BITS, "step functions of {width} bits of {}", R::NAME);
        let functions = steps.functions().len();
        self.talk::<R>(n * functions, cost::step_functions(n, R::BITS, width, functions));
    }

    pub(crate) fn exp2<R: Ring>(&mut self, shape: &[usize]) {
        let n = count(shape);
        self.talk::<R>(n, cost::exp2(n, R::BITS));
    }

    /// # Panics
    /// If the rows are empty, or the levels do not fit the ring.
    pub(crate) fn row_maximum<R: Ring>(&mut self, shape: &[usize], frac: u32, levels: &Levels) {
        let (bits, count_of) = (levels.step_bits(frac), levels.count);
        let fits = bits + count_of.ilog2() <= R::BITS;
        assert!(fits, "{count_of} levels of 2^{bits} units in {}", R::NAME);
        let row = shape.last().copied().unwrap_or(1);
        assert!(row > 0, "the maximum of an empty row");
        let rows = count(shape) / row;
        self.talk::<R>(rows, cost::row_maximum(rows, row, R::BITS, count_of));
    }

    pub(crate) fn is_negative<R: Ring>(&mut self, shape: &[usize], width: u32) {
        let n = count(shape);
        self.talk::<R>(n, cost::is_negative(n, width));
    }

    pub(crate) fn bit_to_ring<R: Ring>(&mut self, shape: &[usize]) {
        let n = count(shape);
        self.talk::<R>(n, cost::bit_to_ring(n, R::BITS));
    }

    pub(crate) fn open<R: Ring>(&mut self, shape: &[usize]) {
        let n = count(shape);
        self.talk::<R>(n, cost::open(n, R::BITS));
    }
}
