//! The tables behind 2^x for a sum x = a + b, of which one party knows a and the others b.
//!
//! x lies in [-28, 0), and a and b are integers modulo 32·2^f. With the digits a = 4·h_a + l_a and
//! b = 4·h_b + l_b in real units, x + 32 = 4·((h_a + h_b) mod 8) + l_a + l_b, so
//! 2^x = 2^(4·((h_a + h_b) mod 8) + l_a - 32) · 2^l_b. The left factor is one of eight numbers that
//! only a fixes, chosen by h_b; the right factor is a number that only b fixes.
//!
//! Error: the left factor is below 1 and has l = k - 2 - r fractional bits, the right factor is in
//! [1, 16) and has r = 2(k - 2)/5. Rounding both to the nearest gives at most
//! 2^-(l-3) + 2^-(r+1) · 2^x: l = 18 and r = 12 in a ring of 32 bits, 38 and 24 in 64.
//!
//! The product has to stay below 1, or it could not be scaled down. Where the exponents are so fine
//! that both roundings may add up to more than 1 - 2^(-2^-f) (13 bits and more in a ring of 32, 25
//! in 64), the left factors are lowered by that: by less than 2^-(r+1) + 2^-l of their value.
//!
//! Bias: over random a and b of one sum the errors cancel to less than 2^-l (and for exponents of 8
//! bits in a ring of 32, down to x = -10, to 2^-21), but for what is lowered. A power below 2^-(l+1)
//! has no bits left in its left factor and becomes 0.

use ditto_core::fixed::exp2;
use ditto_core::portable;
use ditto_core::{Ring, Word};

use crate::gadgets::history::{Absorbing, History};

/// The lowest exponent.
pub(crate) const LOWEST: f64 = -28.0;

/// The number of left factors.
pub(crate) const ENTRIES: usize = 8;

/// Up to this many fractional bits all factors are computed beforehand.
const TABULATED: u32 = 10;

/// What a ring and a scale of the exponent fix.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    /// Fractional bits of the exponent.
    frac: u32,
    /// Fractional bits of the left factors, which are below 1.
    left: u32,
    /// Fractional bits of the right factor, which is in [1, 16).
    right: u32,
    /// What the left factors are multiplied by, so that rounding never takes a product to 1.
    lowering: f64,
    /// The factors for every low digit, or none if they are too many.
    lefts: Vec<[u64; ENTRIES]>,
    rights: Vec<u64>,
}

impl Tables {
    /// The scales of both factors add up to k - 2 bits.
    ///
    /// # Panics
    /// If the ring does not hold 32·2^frac.
    pub(crate) fn new<R: Ring>(frac: u32) -> Self {
        assert!(frac + 5 <= R::BITS, "2^x takes at most {} fractional bits", R::BITS - 5);
        let right = 2 * (R::BITS - 2) / 5;
        let left = R::BITS - 2 - right;
        // (L + 1/2)(V + 1/2) for L·V = 2^(k-2), V in [2^right, 16·2^right], is largest at an end.
        let highest = portable::exp2(-1.0 / exp2(frac));
        let room = 1.0 - 1.0 / exp2(right + 1) - 1.0 / exp2(left);
        let lowering = (room / highest).min(1.0);
        let mut tables = Self { frac, left, right, lowering, lefts: vec![], rights: vec![] };
        if frac <= TABULATED {
            let digits = 0..4 << frac;
            tables.lefts = digits.clone().map(|low| tables.lefts_of(low)).collect();
            tables.rights = digits.map(|low| tables.right_of(low)).collect();
        }
        tables
    }

    /// The digits of a: h_a, and l_a as an integer.
    fn digits(&self, a: u64) -> (usize, u64) {
        ((a >> (self.frac + 2) & 7) as usize, a & ((4 << self.frac) - 1))
    }

    /// The left factors for the low digit of a, in the order of (h_a + h_b) mod 8.
    fn lefts_of(&self, low: u64) -> [u64; ENTRIES] {
        let exponent = low as f64 / exp2(self.frac) - 32.0 + f64::from(self.left);
        let mantissa = portable::exp2(exponent) * self.lowering;
        std::array::from_fn(|digit| nearest(mantissa * (1u64 << (4 * digit)) as f64))
    }

    fn right_of(&self, low: u64) -> u64 {
        nearest(portable::exp2(low as f64 / exp2(self.frac) + f64::from(self.right)))
    }

    /// A digest of the factors: of all of them, or of some all over the range where they are too many
    /// to be computed beforehand.
    pub(crate) fn digest(&self) -> History {
        let every = 1 << (self.frac.max(TABULATED) - TABULATED);
        let lows = || (0..4u64 << self.frac).step_by(every).chain([(4 << self.frac) - 1]);
        Absorbing::new("powers")
            .numbers([self.frac, self.left, self.right].map(u64::from))
            .numbers(lows().flat_map(|low| self.lefts_of(low)))
            .numbers(lows().map(|low| self.right_of(low)))
            .end()
    }

    /// The left factors for a, in the order of h_b.
    pub(crate) fn left<W: Word>(&self, a: W) -> [W; ENTRIES] {
        let (high, low) = self.digits(a.to_u64());
        let known = self.lefts.get(low as usize).copied();
        let factors = known.unwrap_or_else(|| self.lefts_of(low));
        std::array::from_fn(|j| W::from_u64(factors[(high + j) % ENTRIES]))
    }

    /// Which of the left factors b chooses, and its right factor.
    pub(crate) fn right<W: Word>(&self, b: W) -> (usize, W) {
        let (high, low) = self.digits(b.to_u64());
        let known = self.rights.get(low as usize).copied();
        (high, W::from_u64(known.unwrap_or_else(|| self.right_of(low))))
    }
}

/// `value` rounded to the nearest integer, for values from 0 to 2^52: many times as fast as
/// `f64::round`, which few processors have.
fn nearest(value: f64) -> u64 {
    (value + 0.5) as u64
}

#[cfg(test)]
mod tests {
    use ditto_core::prg::{Key, Prg};
    use ditto_core::{Z32, Z64};

    use super::*;

    /// One exponent x = a + b modulo 32·2^frac, and what its power becomes.
    struct Power {
        /// The product of both factors, as an integer.
        integer: u128,
        /// The product over 2^(k-2), less 2^x.
        error: f64,
        truth: f64,
    }

    /// Any words a and b with the given remainders must do: `junk` is what lies above.
    fn power<R: Ring>(tables: &Tables, x: i64, b: u64, junk: u64) -> Power {
        let modulus = 32u64 << tables.frac;
        let a = (x as u64).wrapping_sub(b) & (modulus - 1);
        let b = b & (modulus - 1);
        let above = |word: u64, junk: u64| R::Word::from_u64(word | junk & !(modulus - 1));
        let (index, right) = tables.right(above(b, junk));
        let left = tables.left(above(a, junk.rotate_left(17)))[index];
        let integer = u128::from(left.to_u64()) * u128::from(right.to_u64());
        let truth = (x as f64 / exp2(tables.frac)).exp2();
        Power { integer, error: integer as f64 / exp2(R::BITS - 2) - truth, truth }
    }

    fn random(seed: u8, n: usize) -> Vec<u64> {
        Prg::new(&Key::new([seed; 16]), 0).stream(0, 0).words(n)
    }

    /// The ends of the range, whole numbers, multiples of 4, and their neighbours.
    fn exponents(frac: u32) -> Vec<i64> {
        let unit = 1i64 << frac;
        let near = |x: i64| [x - 1, x, x + 1];
        let edges = (-28..=0).flat_map(|x| near(x * unit));
        let drawn = random(1, 4000).into_iter().map(|r| -1 - (r % (28 << frac)) as i64);
        edges.chain(drawn).filter(|x| (-28 * unit..0).contains(x)).collect()
    }

    fn addends(frac: u32) -> Vec<u64> {
        let edges = (0..=8u64).flat_map(|h| {
            let digit = h << (frac + 2);
            [digit.wrapping_sub(1), digit, digit + 1]
        });
        edges.chain(random(2, 40)).collect()
    }

    /// Holds all powers to absolute + relative · 2^x, and to what can be scaled down; returns the
    /// largest part of the bound that was used.
    fn within<R: Ring>(frac: u32, absolute: f64, relative: f64) -> f64 {
        let tables = Tables::new::<R>(frac);
        let junk = random(3, 64);
        let mut used: f64 = 0.0;
        for x in exponents(frac) {
            for (i, b) in addends(frac).into_iter().enumerate() {
                let Power { integer, error, truth } = power::<R>(&tables, x, b, junk[i % 64]);
                assert!(integer < 1 << (R::BITS - 2), "2^({x} / 2^{frac}) with {b}: {integer}");
                let part = error.abs() / (absolute + relative * truth);
                assert!(part <= 1.0, "2^({x} / 2^{frac}) with {b}: error {error}");
                used = used.max(part);
            }
        }
        used
    }

    /// 2^-(l-3) + 2^-(r+1) · 2^x; and bounds that are much too wide would be no bounds.
    #[test]
    fn powers_are_within_the_rounding_of_both_factors() {
        let (in_32, in_64) = ([-15, -13], [-35, -25]);
        for (frac, [absolute, relative]) in [(0, in_32), (8, in_32), (10, in_32), (12, in_32)] {
            let used = within::<Z32>(frac, 2f64.powi(absolute), 2f64.powi(relative));
            assert!(frac == 0 || used > 0.9, "{used} of the bound in Z32, {frac} bits");
        }
        for (frac, [absolute, relative]) in [(0, in_64), (8, in_64), (18, in_64), (24, in_64)] {
            let used = within::<Z64>(frac, 2f64.powi(absolute), 2f64.powi(relative));
            assert!(frac == 0 || used > 0.9, "{used} of the bound in Z64, {frac} bits");
        }
    }

    /// Also where the left factors are lowered: the bounds that the trait states, and in Z64 2^-35 +
    /// 2^-24 · 2^x.
    #[test]
    fn powers_of_fine_exponents_are_within_the_stated_bound() {
        for frac in [13, 14, 18, 27] {
            within::<Z32>(frac, 2f64.powi(-15), 2f64.powi(-12));
        }
        for frac in [25, 26, 40] {
            within::<Z64>(frac, 2f64.powi(-35), 2f64.powi(-24));
        }
    }

    /// The highest exponent with every low digit of b: here two roundings up come closest to 1.
    #[test]
    fn the_highest_power_can_be_scaled_down() {
        for frac in [8, 12, 13, 14, 18] {
            let tables = Tables::new::<Z32>(frac);
            let largest = (0..4u64 << frac).map(|b| power::<Z32>(&tables, -1, b, 0).integer).max();
            assert!(largest < Some(1 << 30), "{frac} bits: {largest:?}");
        }
        for frac in [24, 25, 26] {
            let tables = Tables::new::<Z64>(frac);
            let digits = random(4, 1 << 16).into_iter().map(|b| b % (4 << frac));
            let largest = digits.map(|b| power::<Z64>(&tables, -1, b, 0).integer).max();
            assert!(largest < Some(1 << 62), "{frac} bits: {largest:?}");
        }
    }

    /// Over all b, which is what chance draws, the errors of an exponent cancel, but for what the
    /// left factors cannot show: those of powers below 2^-l are 0 or 1 of their units.
    #[test]
    fn errors_cancel_over_the_addends() {
        fn ring<R: Ring>(high: i32, low: i32) {
            let frac = 8;
            let tables = Tables::new::<R>(frac);
            for x in exponents(frac) {
                let digits = 0..4u64 << frac;
                let n = digits.end as f64;
                let mean = digits.map(|b| power::<R>(&tables, x, b, 0).error).sum::<f64>() / n;
                let bound = 2f64.powi(if x >= -10 << frac { high } else { low });
                assert!(mean.abs() <= bound, "2^({x} / 2^{frac}) in {}: {mean}", R::NAME);
            }
        }
        ring::<Z32>(-21, -18);
        ring::<Z64>(-36, -40);
    }

    /// What is computed beforehand is what would be computed each time, and `nearest` is `round`.
    #[test]
    fn tabulated_factors_are_the_factors() {
        fn ring<R: Ring>() {
            for frac in [0, 1, 8, 10, 11, 18] {
                let tables = Tables::new::<R>(frac);
                assert_eq!(tables.lefts.is_empty(), frac > 10);
                for a in random(5, 2000) {
                    let low = (a % (4 << frac)) as f64 / exp2(frac);
                    let high = a >> (frac + 2) & 7;
                    let word = R::Word::from_u64(a);
                    let exponent = low - 32.0 + f64::from(tables.left);
                    let mantissa = portable::exp2(exponent) * tables.lowering;
                    let left = |j| mantissa * exp2(4 * ((high as u32 + j) % 8));
                    let lefts: [u64; ENTRIES] =
                        std::array::from_fn(|j| left(j as u32).round() as u64);
                    assert_eq!(tables.left(word).map(|left| left.to_u64()), lefts, "{a}");
                    let right = portable::exp2(low + f64::from(tables.right)).round();
                    let (index, factor) = tables.right(word);
                    assert_eq!((index as u64, factor.to_u64()), (high, right as u64), "{a}");
                }
            }
        }
        ring::<Z32>();
        ring::<Z64>();
    }

    /// Against powers by integer square roots, which no library computes: every entry is the nearest
    /// integer, but for ties that 53 bits cannot tell.
    #[test]
    fn factors_are_the_nearest_integers_to_the_powers() {
        const ONE: u32 = 62;
        // 2^(1/2^j) with 62 fractional bits.
        let root = |power: &u128| Some((power << ONE).isqrt());
        let roots: Vec<u128> = std::iter::successors(Some(2 << ONE), root).take(19).collect();
        let nearest_to = |entry: u64, exponent: i64, frac: u32| {
            let bits = (1..=frac).filter(|j| exponent >> (frac - j) & 1 == 1);
            let product = bits.fold(1u128 << ONE, |x, j| (x * roots[j as usize]) >> ONE);
            let whole = exponent >> frac;
            let shifted = |x: u128| if whole < 0 { x >> -whole } else { x << whole };
            // What 18 products and the f64 are off by, at most.
            let slack = shifted(1 << (ONE - 50));
            let off = (u128::from(entry) << ONE).abs_diff(shifted(product));
            assert!(off <= (1 << (ONE - 1)) + slack, "2^({exponent} / 2^{frac}): {entry}");
        };
        fn ring<R: Ring>(frac: u32, nearest_to: impl Fn(u64, i64, u32)) {
            let tables = Tables::new::<R>(frac);
            assert_eq!(tables.lowering, 1.0);
            let every = (4 << frac) / (4 << frac.min(10));
            for low in (0..4u64 << frac).step_by(every) {
                let unit = 1i64 << frac;
                let (index, right) = tables.right(R::Word::from_u64(low));
                assert_eq!(index, 0);
                nearest_to(right.to_u64(), low as i64 + i64::from(tables.right) * unit, frac);
                let lefts = tables.left(R::Word::from_u64(low));
                for (digit, left) in (0i64..).zip(lefts) {
                    let whole = 4 * digit - 32 + i64::from(tables.left);
                    nearest_to(left.to_u64(), low as i64 + whole * unit, frac);
                }
            }
        }
        ring::<Z32>(8, nearest_to);
        ring::<Z64>(8, nearest_to);
        ring::<Z64>(18, nearest_to);
    }

    /// What the factors are, to the last bit, on every machine: those of the formats in use. The
    /// digests are those of the same factors in decimal arithmetic of 60 digits (Python's `decimal`).
    #[test]
    fn factors_are_the_same_everywhere() {
        let digests = [
            Tables::new::<Z32>(8).digest(),
            Tables::new::<Z32>(14).digest(),
            Tables::new::<Z64>(18).digest(),
        ];
        let pinned = [
            "ed0c3fdd42d5ffe860c908df145019960f74e15b8a8c5ce9c2facca140ed827d",
            "b4d8062ea987fe89bf5b4b3f52e602e7d8b912302ecbda56317d68324cf04ebf",
            "63142f25adeb6b10786ce916e5db4926da710b51a60772cfc34fb37a6a1be3c9",
        ];
        assert_eq!(digests.map(|digest| digest.to_string()), pinned);
        // Another format has other factors.
        assert_ne!(Tables::new::<Z32>(9).digest(), digests[0]);
        assert_ne!(Tables::new::<Z64>(8).digest(), digests[0]);
    }

    #[test]
    #[should_panic(expected = "at most 27 fractional bits")]
    fn an_exponent_that_the_ring_cannot_hold_panics() {
        Tables::new::<Z32>(28);
    }
}
