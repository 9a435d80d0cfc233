//! A scale of levels in units of a ring: what protocols of a row's maximum compute with.

use ditto_core::{Levels, Ring, Word};

use crate::gadgets::constants::public;

/// The levels in units of the ring.
pub(crate) struct Scale<W> {
    pub(crate) low: W,
    /// The step is 2^bits.
    pub(crate) bits: u32,
    pub(crate) count: u32,
}

impl<W: Word> Scale<W> {
    pub(crate) fn new<R: Ring<Word = W>>(frac: u32, levels: &Levels) -> Self {
        let (bits, count) = (levels.step_bits(frac), levels.count);
        assert!(bits + count.ilog2() <= R::BITS, "{count} levels of 2^{bits} units in {}", R::NAME);
        Self { low: public(levels.low, frac), bits, count }
    }

    /// Of three functions on strings of 1, 2 and 4 words the one whose strings have a bit for every level.
    pub(crate) fn of_words<F>(&self, [one, two, four]: [F; 3]) -> F {
        match self.count {
            64 => one,
            128 => two,
            256 => four,
            count => unreachable!("{count} levels have been refused"),
        }
    }

    /// What is added to every value, so that none is below one step.
    pub(crate) fn offset(&self) -> W {
        W::from_u64(1).shl(self.bits).wrapping_sub(&self.low)
    }

    pub(crate) fn digit(&self, addend: W) -> u64 {
        addend.to_u64() >> self.bits & u64::from(self.count - 1)
    }

    /// The level for a largest sum of digits.
    pub(crate) fn level(&self, sum: u32) -> W {
        let steps = W::from_u64(sum.saturating_sub(1).into());
        self.low.wrapping_add(&steps.shl(self.bits))
    }
}
