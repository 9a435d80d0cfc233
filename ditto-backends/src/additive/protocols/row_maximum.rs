//! A bound of the maximum of every row, on a scale of levels.
//!
//! Functionality: a level m with max - 2·step < m <= max, for rows of n values from
//! [low, low + (L - 1)·step). The step is 2^s units, and L is 64, 128 or 256.
//!
//! - Let v = x - low + step. The parties draw shares of a uniform mask r of s + log2 L bits and reveal
//!   c = v + r modulo L·2^s. So v = a + c with a = -r, which the dealer knows. The upper log2 L bits of
//!   a and c are digits; the sum of both digits modulo L is floor(v / step), or 1 less if the lower
//!   bits carry. It does not wrap below 0, as v >= step.
//! - The dealer deals the unit string of a's digit, L bits with one 1. The parties rotate it by c's
//!   digit: that is a sharing of the unit string of the sum.
//! - Sums, local: the parties draw in common a coefficient of 64 bits for every element, not 0. Sum i
//!   of a row, i < 64, is the XOR of the strings of those elements whose coefficient has bit i. Rows
//!   of up to 64 elements keep their strings as they are instead. Then, from the upper end on, bit t
//!   of a string becomes the sum of the bits from t on.
//! - OR over the strings of a row, in a tree: x OR y = x ^ y ^ (x AND y). The result has ones at
//!   the positions t <= C, C the largest sum of digits, and its differences are the unit string of C.
//! - The binary digits of max(C - 1, 0) are XORs of bits of that string, so local. They go to the ring
//!   ([`super::bit_to_ring`]), and the level is low + step times their number.
//!
//! Cost for S = min(n, 64), in bits: s + log2 L an element from each party and L from the dealer. A
//! row: 2L from each party and L from the dealer for each of the S - 1 ANDs, then log2 L from each
//! party (of all rows together padded to a multiple of 64) and k·log2 L from the dealer. Rounds:
//! 2 + ceil(log2 S).
//!
//! Range: [low, low + (L - 1)·step), and L·2^s at most 2^k. Error: none for n <= 64. In a longer row the
//! sums miss a bit with probability at most min(n - 1, L)·(2^-64 + 2^-127), as for three parties
//! ([`crate::rep3`]); the result is then some other level.
//!
//! Views. c is masked by the other party's share of r; each AND and the bits as in their protocols.
//!
//! Source: own; see the protocol of the same name for three parties.

use ditto_core::{Levels, Ring, Word};
use generic_array::GenericArray;
use num_traits::{WrappingAdd, WrappingNeg};

use super::and::and;
use super::bit_to_ring::bit_to_ring;
use crate::additive::party::{Sums, Xors, plus};
use crate::additive::{Additive, AdditiveShare, PartyError, share};
use crate::gadgets::bit_strings::{add, differences, row_strings, unit};
use crate::gadgets::levels::Scale;
use crate::gadgets::rows::Rows;
use crate::party::shares::Bits;
use crate::party::streams::Purpose;

/// A bound of every row's maximum, for values of `frac` fractional bits.
pub(crate) fn row_maximum<R: Ring>(
    party: &mut Additive,
    x: &AdditiveShare<R>,
    frac: u32,
    levels: &Levels,
) -> Result<AdditiveShare<R>, PartyError> {
    let scale = Scale::new::<R>(frac, levels);
    let on_strings = scale.of_words([on_strings::<R, 1>, on_strings::<R, 2>, on_strings::<R, 4>]);
    on_strings(party, x, &scale)
}

/// The protocol with strings of `N` words.
fn on_strings<R: Ring, const N: usize>(
    party: &mut Additive,
    x: &AdditiveShare<R>,
    scale: &Scale<R::Word>,
) -> Result<AdditiveShare<R>, PartyError> {
    let rows = Rows::of(x.shape());
    let n = x.len();
    let width = scale.bits + scale.count.ilog2();
    party.begin("row maximum");
    party.may_fail(rows.failure(scale.count));

    let r: Vec<R::Word> = party.mask(Sums, Purpose::Mask, n, width);
    let v = x.add_constant(scale.offset());
    let c = party.reveal(Sums, plus(Sums, v.component(0).to_vec(), &r), width)?;
    let units = || r.iter().flat_map(|r| unit::<N>(scale.digit(r.wrapping_neg()))).collect();
    let codes = party.deal(Xors, Purpose::Component, n * N, 64, units)?;
    let strings = if party.is_dealer() {
        vec![0; rows.sums * rows.count * N]
    } else {
        let digits: Vec<u64> = c.iter().map(|&c| scale.digit(c)).collect();
        let draw = |n| party.draw(party.other(), Purpose::Coefficients, n, 64);
        row_strings::<N>(&codes, &digits, rows.length, &rows.coefficients(draw))
    };
    let largest = differences::<N>(&any(party, strings, rows.sums, rows.count * N)?);

    // The binary digits of a position.
    let count = scale.count.ilog2() as usize;
    let plane = position_digits::<N>(&largest, rows.count, count);
    let digits = Bits::new(&[count, rows.count], GenericArray::from_array([plane]));
    let digits = bit_to_ring::<R>(party, &digits)?;
    let digits = digits.component(0);
    let level = |at: usize| {
        let digit = |i: usize| digits[i * rows.count + at].shl(scale.bits + i as u32);
        (0..count).fold(R::Word::default(), |sum, i| sum.wrapping_add(&digit(i)))
    };
    let steps = (0..rows.count).map(level).collect();
    Ok(share::<R>(party.id, &rows.shape, steps).add_constant(scale.low))
}

/// The OR of `groups` groups of `words` words. Their number comes from the row's length: an empty
/// tensor takes as many rounds as any.
fn any(
    party: &mut Additive,
    mut strings: Vec<u64>,
    mut groups: usize,
    words: usize,
) -> Result<Vec<u64>, PartyError> {
    while groups > 1 {
        party.step();
        let half = groups / 2 * words;
        // What is left over stays as it is.
        let rest = strings.split_off(2 * half);
        let right = strings.split_off(half);
        let [both, _] = and(party, &strings, &right, &[])?;
        add(&mut strings, &right);
        add(&mut strings, &both);
        strings.extend_from_slice(&rest);
        groups -= groups / 2;
    }
    Ok(strings)
}

/// From the unit strings of `rows` numbers C to the binary digits of max(C - 1, 0): of all rows the
/// lowest, and so on, as one plane.
fn position_digits<const N: usize>(strings: &[u64], rows: usize, digits: usize) -> Vec<u64> {
    let mut plane = vec![0; (digits * rows).div_ceil(64)];
    let (strings, _) = strings.as_chunks::<N>();
    for digit in 0..digits {
        // The positions that have the digit.
        let chosen: [u64; N] = std::array::from_fn(|word| {
            let has = |bit: usize| ((64 * word + bit).saturating_sub(1) >> digit & 1) as u64;
            (0..64).fold(0, |chosen, bit| chosen | has(bit) << bit)
        });
        for (row, string) in strings.iter().enumerate() {
            let sum = string.iter().zip(&chosen).fold(0, |sum, (word, chosen)| sum ^ word & chosen);
            let at = digit * rows + row;
            plane[at / 64] |= u64::from(sum.count_ones() & 1) << (at % 64);
        }
    }
    plane
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_position_before() {
        for position in 0..256u64 {
            let plane = position_digits::<4>(&unit::<4>(position), 1, 8);
            assert_eq!(plane, [position.saturating_sub(1)]);
        }
    }
}
