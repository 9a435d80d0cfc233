//! Whether any of many bits is set: their OR.
//!
//! Functionality: for each group of XOR-shared bits, one shared bit that is 1 if any of them is.
//!
//! - Coins: a stream that all parties read, from the key that they have in common.
//! - Sums, local: every bit of a group has 64 coins from the stream. Sum i of the group, i < 64, is
//!   the XOR of those bits whose coin i is 1. Sums of parts of a group add up by XOR.
//! - OR of the 64 sums, in a tree: x OR y = x ^ y ^ (x AND y).
//!
//! Cost: 6 rounds, and 189 bits in all for each group, padded to 64 groups. Error: if no bit is set,
//! none. If one is, every sum is 1 with probability 1/2, independently, so the result is 0 with
//! probability 2^-64.
//!
//! Views. The coins are public, and depend on nothing else. Each AND as in [`super::and`]. Nothing of the
//! groups is opened. Whoever is given all components of a result learns that bit and no more: the masks
//! of the last AND are a fresh sharing of 0 and used for nothing else, so the three components are
//! uniform but for their sum.
//!
//! Source: the OR by random sums is the one of Razborov and Smolensky.

use ditto_core::Word;
use ditto_core::bitplanes::plane_words;
use ditto_core::prg::{Key, Prg, Stream};
use generic_array::GenericArray;

use super::and::{Planes, and};
use crate::gadgets::bit_strings::add;
use crate::gadgets::random_sums::any_failure;
use crate::party::shares::Bits;
use crate::rep3::Rep3Bit;
use crate::rep3::party::{PartyError, Purpose, Rep3};

/// The sums of a group: each component has one of them in every bit.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sums([u64; 2]);

impl Sums {
    #[cfg(test)]
    pub(crate) fn of(components: [u64; 2]) -> Self {
        Self(components)
    }

    /// Adds the next `n` bits from `start` on, each with the next coins.
    pub(crate) fn add(&mut self, bits: &Rep3Bit, start: usize, n: usize, coins: &mut Stream) {
        let words = [bits.component(0), bits.component(1)];
        coins.for_each_chunk(n, |at, coins: &[u64]| {
            for (i, coin) in (start + at..).zip(coins) {
                for (sum, words) in self.0.iter_mut().zip(words) {
                    let bit = words[i / 64] >> (i % 64) & 1;
                    *sum ^= coin & bit.wrapping_neg();
                }
            }
        });
    }
}

/// What all parties draw their coins from.
pub(crate) fn common_coins(party: &mut Rep3) -> Prg {
    party.start("coins");
    let mut key = [0; 16];
    let words = party.coins::<u64>(Purpose::Coefficients, 2, 64);
    for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    Prg::new(&Key::new(key), 0)
}

/// For each group whether any of its bits is set, from its sums.
pub(crate) fn any_set(party: &mut Rep3, groups: &[Sums]) -> Result<Rep3Bit, PartyError> {
    party.start("any");
    party.may_fail(any_failure(groups.len()));
    let words = plane_words(groups.len());
    let planes = |i: usize| {
        let sums: Vec<u64> = groups.iter().map(|Sums(sums)| sums[i]).collect();
        Word::planes(&sums, 64)
    };
    let Planes { first, second } =
        any(party, Planes { first: planes(0), second: planes(1) }, 64, words)?;
    Ok(Bits::new(&[groups.len()], GenericArray::from_array([first, second])))
}

/// The OR of `groups` groups of `words` words. Their number does not come from the words: an empty
/// tensor takes as many rounds as any.
pub(crate) fn any(
    party: &mut Rep3,
    mut strings: Planes,
    mut groups: usize,
    words: usize,
) -> Result<Planes, PartyError> {
    while groups > 1 {
        party.step();
        let pairs = groups / 2;
        let half = pairs * words;
        let left = strings.components().map(|words| &words[..half]);
        let right = strings.components().map(|words| &words[half..2 * half]);
        let both = and(party, left, right)?;
        for (strings, both) in
            [(&mut strings.first, both.first), (&mut strings.second, both.second)]
        {
            let (left, right) = strings.split_at_mut(half);
            add(left, right);
            add(left, &both);
            // The odd one out follows.
            strings.copy_within(2 * half.., half);
            strings.truncate(strings.len() - half);
        }
        groups -= pairs;
    }
    Ok(strings)
}
