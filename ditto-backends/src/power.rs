//! The tables behind 2^x for a sum x = a + b, of which one party knows a and the others b.
//!
//! x lies in [-28, 0), and a and b are integers modulo 32·2^f. With the digits a = 4·h_a + l_a and
//! b = 4·h_b + l_b in real units, x + 32 = 4·((h_a + h_b) mod 8) + l_a + l_b, so
//! 2^x = 2^(4·((h_a + h_b) mod 8) + l_a - 32) · 2^l_b. The left factor is one of eight numbers that
//! only a fixes, chosen by h_b; the right factor is a number that only b fixes.

use ditto_core::fixed::exp2;
use ditto_core::{Ring, Word};

/// The lowest exponent.
pub(crate) const LOWEST: f64 = -28.0;

/// The number of left factors.
pub(crate) const ENTRIES: usize = 8;

/// What a ring and a scale of the exponent fix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tables {
    /// Fractional bits of the exponent.
    frac: u32,
    /// Fractional bits of the left factors, which are below 1.
    left: u32,
    /// Fractional bits of the right factor, which is in [1, 16).
    right: u32,
}

impl Tables {
    /// The scales of both factors add up to k - 2 bits.
    ///
    /// # Panics
    /// If the ring does not hold 32·2^frac.
    pub(crate) fn new<R: Ring>(frac: u32) -> Self {
        assert!(frac + 5 <= R::BITS, "2^x takes at most {} fractional bits", R::BITS - 5);
        let right = 2 * (R::BITS - 2) / 5;
        Self { frac, left: R::BITS - 2 - right, right }
    }

    /// The digits of a: h_a, and l_a in real units.
    fn digits(&self, a: u64) -> (u64, f64) {
        let low = a & ((4 << self.frac) - 1);
        (a >> (self.frac + 2) & 7, low as f64 / exp2(self.frac))
    }

    /// The left factors for a, in the order of h_b.
    pub(crate) fn left<W: Word>(&self, a: W) -> [W; ENTRIES] {
        let (high, low) = self.digits(a.to_u64());
        let mantissa = (low - 32.0 + f64::from(self.left)).exp2();
        std::array::from_fn(|j| {
            let digit = (high + j as u64) & 7;
            W::from_u64((mantissa * (1u64 << (4 * digit)) as f64).round() as u64)
        })
    }

    /// Which of the left factors b chooses, and its right factor.
    pub(crate) fn right<W: Word>(&self, b: W) -> (usize, W) {
        let (high, low) = self.digits(b.to_u64());
        let factor = (low + f64::from(self.right)).exp2();
        (high as usize, W::from_u64(factor.round() as u64))
    }
}
