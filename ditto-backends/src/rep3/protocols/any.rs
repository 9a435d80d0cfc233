//! Whether any of many bits is set: their OR, which is all that is opened.
//!
//! Functionality: for each group of XOR-shared bits, one bit that is 1 if any of them is, to all
//! parties.
//!
//! - Coins: a random value is opened, which makes the key of a stream that all parties read.
//! - Sums, local: every bit of a group has 64 coins from the stream. Sum i of the group, i < 64, is
//!   the XOR of those bits whose coin i is 1. Sums of parts of a group add up by XOR.
//! - OR of the 64 sums, in a tree: x OR y = x ^ y ^ (x AND y). The result of each group is opened.
//!
//! Cost: 384 bits and 1 round for the coins, once. Then 6 rounds of 192 bits for each group, and 1
//! round of 3 bits for each group, padded to 64 groups. Error: if no bit is set, none. If one is,
//! every sum is 1 with probability 1/2, independently, so the result is 0 with probability 2^-64.
//!
//! Views. The coins are random bits that depend on nothing else. Each AND as in [`super::and`]. The
//! opening shows the results and nothing more: each party receives the component that it lacks,
//! which the result and its own components determine.
//!
//! Source: the OR by random sums is the one of Razborov and Smolensky.

use ditto_core::Z64;
use ditto_core::prg::{Key, Prg, Stream};

use super::and::{Planes, and};
use super::open;
use crate::rep3::message::{Message, Received};
use crate::rep3::party::{Peer, Purpose, Rep3, Rep3Error};
use crate::rep3::{Rep3Bit, share};

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
pub(crate) fn common_coins(party: &mut Rep3) -> Result<Prg, Rep3Error> {
    party.start("coins");
    let draw = |peer| party.draw::<u64>(peer, Purpose::Component, 2, 64);
    let random = share::<Z64>(party.id(), &[2], draw(Peer::Prev), draw(Peer::Next));
    let mut key = [0; 16];
    for (bytes, word) in key.chunks_exact_mut(8).zip(open(party, &random)?) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    Ok(Prg::new(&Key::new(key), 0))
}

/// For each group whether any of its bits is set, with its sums.
pub(crate) fn any(party: &mut Rep3, groups: &[Sums]) -> Result<Vec<bool>, Rep3Error> {
    party.start("any");
    let component = |i: usize| groups.iter().map(|Sums(sums)| sums[i]).collect();
    let mut or = Planes { first: component(0), second: component(1) };
    for half in [32, 16, 8, 4, 2, 1] {
        let upper = Planes {
            first: or.first.iter().map(|word| word >> half).collect(),
            second: or.second.iter().map(|word| word >> half).collect(),
        };
        party.step();
        let both = and(party, &or, &upper)?;
        let join = |or: &mut [u64], upper: &[u64], both: &[u64]| {
            for ((or, upper), both) in or.iter_mut().zip(upper).zip(both) {
                *or ^= upper ^ both;
            }
        };
        join(&mut or.first, &upper.first, &both.first);
        join(&mut or.second, &upper.second, &both.second);
    }
    open_lowest(party, &or)
}

/// The lowest bit of every word, in the clear, at every party. The others are not sent.
fn open_lowest(party: &mut Rep3, words: &Planes) -> Result<Vec<bool>, Rep3Error> {
    let n = words.first.len();
    let lowest = |words: &[u64]| -> Vec<u64> {
        let bits = |chunk: &[u64]| {
            chunk.iter().enumerate().fold(0, |all, (i, word)| all | (word & 1) << i)
        };
        words.chunks(64).map(bits).collect()
    };
    let (first, second) = (lowest(&words.first), lowest(&words.second));
    party.step();
    Message::new().put(&first, 64).send(party, Peer::Next)?;
    party.round();
    let count = first.len();
    let missing: Vec<u64> = Received::from(party, Peer::Prev, 8 * count)?.take(count, 64);
    let bit = |i: usize| (first[i / 64] ^ second[i / 64] ^ missing[i / 64]) >> (i % 64) & 1;
    Ok((0..n).map(|i| bit(i) == 1).collect())
}
