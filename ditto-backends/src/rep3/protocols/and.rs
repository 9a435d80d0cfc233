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

use crate::rep3::message::{Message, Received};
use crate::rep3::party::{Peer, Purpose, Rep3, Rep3Error};

/// The two components of many bits, packed into words.
#[derive(Clone, Default)]
pub(crate) struct Planes {
    pub(crate) first: Vec<u64>,
    pub(crate) second: Vec<u64>,
}

impl Planes {
    /// Appends the words `range` of `other`.
    pub(crate) fn extend_from(&mut self, other: &Planes, range: std::ops::Range<usize>) {
        self.first.extend_from_slice(&other.first[range.clone()]);
        self.second.extend_from_slice(&other.second[range]);
    }
}

/// x AND y, all words in one round. An operation of its own must have been started.
pub(crate) fn and(party: &mut Rep3, x: &Planes, y: &Planes) -> Result<Planes, Rep3Error> {
    let words = x.first.len();
    let with_next: Vec<u64> = party.draw(Peer::Next, Purpose::Zero, words, 64);
    let with_prev: Vec<u64> = party.draw(Peer::Prev, Purpose::Zero, words, 64);
    let first: Vec<u64> = (0..words)
        .map(|i| {
            let (x0, x1, y0, y1) = (x.first[i], x.second[i], y.first[i], y.second[i]);
            (x0 & (y0 ^ y1)) ^ (x1 & y0) ^ with_next[i] ^ with_prev[i]
        })
        .collect();
    Message::new().put(&first, 64).send(party, Peer::Prev)?;
    party.round();
    let second = Received::from(party, Peer::Next, 8 * words)?.take(words, 64);
    Ok(Planes { first, second })
}
