//! AND of XOR-shared bits, 64 to a word.
//!
//! Functionality: z = x AND y. Party i computes x_i y_i ^ x_i y_{i+1} ^ x_{i+1} y_i and adds a
//! sharing of zero from the keys of the pairs: that is z_i, which it sends to party i - 1.
//!
//! Cost: 3 bits an AND, 1 round. Views: the one message is masked by the randomness of the pair
//! that the receiver is not in.
//!
//! Source: Araki et al., "High-Throughput Semi-Honest Secure Three-Party Computation with an
//! Honest Majority", CCS 2016, section 2.

use crate::party::message::{Message, Received};
use crate::rep3::party::{PartyError, Peer, Purpose, Rep3};

/// The two components of many bits, packed into words.
#[derive(Clone, Default)]
pub(crate) struct Planes {
    pub(crate) first: Vec<u64>,
    pub(crate) second: Vec<u64>,
}

impl Planes {
    /// No words yet, with room for so many.
    pub(crate) fn with_capacity(words: usize) -> Self {
        Self { first: Vec::with_capacity(words), second: Vec::with_capacity(words) }
    }

    pub(crate) fn components(&self) -> [&[u64]; 2] {
        [&self.first, &self.second]
    }

    /// Appends the words `range` of `other`.
    pub(crate) fn extend_from(&mut self, other: &Planes, range: std::ops::Range<usize>) {
        self.first.extend_from_slice(&other.first[range.clone()]);
        self.second.extend_from_slice(&other.second[range]);
    }
}

/// x AND y for two components of each, all words in one round. An operation of its own must have been
/// started.
pub(crate) fn and(party: &mut Rep3, x: [&[u64]; 2], y: [&[u64]; 2]) -> Result<Planes, PartyError> {
    let words = x[0].len();
    let mut first: Vec<u64> = party.draw(Peer::Next, Purpose::Zero, words, 64);
    let with_prev: Vec<u64> = party.draw(Peer::Prev, Purpose::Zero, words, 64);
    let components = x[0].iter().zip(x[1]).zip(y[0].iter().zip(y[1]));
    for ((z, with_prev), ((x0, x1), (y0, y1))) in first.iter_mut().zip(&with_prev).zip(components) {
        *z ^= (x0 & (y0 ^ y1)) ^ (x1 & y0) ^ with_prev;
    }
    Message::new().put(&first, 64).send(party, Peer::Prev)?;
    party.round();
    let second = Received::from(party, Peer::Next, 8 * words)?.take(words, 64);
    Ok(Planes { first, second })
}
