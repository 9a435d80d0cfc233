//! What a value was computed with: a digest of the operations and the public numbers that led to it.
//!
//! Parties that run the same program on the same shapes have the same digests, and those whose tables
//! or constants differ in one integer, or whose programs differ in one step, have others. Values are
//! absorbed as the integers that the protocols compute with.

use std::fmt;

use ditto_core::{Ring, StepFunctions, Word};
use sha2::{Digest, Sha256};

use crate::gadgets::constants::public;

/// A SHA-256 digest; prints as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct History([u8; 32]);

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A digest under construction. Everything has a fixed length or its length before it, so that no two
/// sequences of calls absorb the same bytes.
pub(crate) struct Absorbing(Sha256);

impl Absorbing {
    /// Starts with what the digest is of.
    pub(crate) fn new(name: &str) -> Self {
        let mut absorbing = Self(Sha256::new());
        absorbing.0.update((name.len() as u64).to_le_bytes());
        absorbing.0.update(name);
        absorbing
    }

    pub(crate) fn numbers(mut self, numbers: impl IntoIterator<Item = u64>) -> Self {
        let mut count = 0u64;
        for number in numbers {
            self.0.update(number.to_le_bytes());
            count += 1;
        }
        self.0.update(count.to_le_bytes());
        self
    }

    pub(crate) fn history(mut self, history: &History) -> Self {
        self.0.update(history.0);
        self
    }

    pub(crate) fn end(self) -> History {
        History(self.0.finalize().into())
    }
}

impl History {
    /// A part of it that seeds a stream.
    pub(crate) fn seed(&self) -> [u8; 16] {
        std::array::from_fn(|i| self.0[i])
    }

    /// Of an operation in the ring of `ring` bits on values with these histories, with public `numbers`.
    pub(crate) fn step(ring: u32, name: &str, operands: &[&Self], numbers: &[u64]) -> Self {
        let start = Absorbing::new(name).numbers([u64::from(ring), operands.len() as u64]);
        let start = operands.iter().fold(start, |absorbing, history| absorbing.history(history));
        start.numbers(numbers.iter().copied()).end()
    }
}

/// The integer that a public number becomes.
pub(crate) fn constant<R: Ring>(value: f64, frac: u32) -> u64 {
    public::<R::Word>(value, frac).to_u64()
}

/// The integers that step functions become.
pub(crate) fn table<R: Ring>(steps: &StepFunctions, frac: u32) -> History {
    let start = Absorbing::new("table")
        .numbers([u64::from(R::BITS), u64::from(steps.width(frac))])
        .numbers(steps.integer_edges(frac));
    let functions = steps.functions().iter();
    let all = functions.fold(start, |absorbing, function| {
        let values = function.values.iter();
        absorbing.numbers(values.map(|&value| constant::<R>(value, function.frac)))
    });
    all.end()
}
