//! What each protocol costs, from public shapes alone.
//!
//! `Sim` and `Count` count with these functions and `Rep3` with its messages; a
//! test for every operation holds them equal. Lengths are in bytes, for each role; which party plays
//! a role rotates with the operations of a kind.

use ditto_core::Cost;
use ditto_core::bitplanes::plane_words;
use ditto_core::pack::packed_len;

use crate::gadgets::random_sums::{ROW_SUMS, row_maximum_failure};

/// The cost of one operation by role.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RoleCost {
    /// Times in a row that a party waits.
    pub rounds: u64,
    /// Bytes sent by the first, second and third role.
    pub bytes: [u64; 3],
    /// Bytes of the longest message of each round, added up: what the rate of a link makes wait.
    pub link_bytes: u64,
    /// How likely any of its results is to be wrong, at most.
    pub failure_probability: f64,
    /// The kind of operation, which takes turns in who plays the first role.
    pub(crate) operation: &'static str,
}

impl RoleCost {
    /// One message of each role, of so many bytes.
    fn new(operation: &'static str, bytes: [usize; 3]) -> Self {
        Self { operation, ..Self::default() }.and_then(bytes)
    }

    /// One message of the second and third role, and two of the first: a transfer.
    fn transfer(operation: &'static str, first: [usize; 2], other: usize) -> Self {
        let mut cost = Self::new(operation, [first[0] + first[1], other, other]);
        cost.link_bytes = first.into_iter().chain([other]).max().unwrap_or(0) as u64;
        cost
    }

    /// The cost by party if party `turn` plays the first role.
    pub(crate) fn by_party(self, turn: usize) -> Cost {
        let mut bytes = vec![0; 3];
        for (role, sent) in self.bytes.into_iter().enumerate() {
            bytes[(role + turn) % 3] = sent;
        }
        Cost { rounds: self.rounds, bytes }
    }

    /// The same operation going on with another message of each role, of so many bytes.
    fn and_then(mut self, bytes: [usize; 3]) -> Self {
        for (own, more) in self.bytes.iter_mut().zip(bytes) {
            *own += more as u64;
        }
        self.rounds += 1;
        self.link_bytes += bytes.into_iter().max().unwrap_or(0) as u64;
        self
    }
}

/// Resharing `n` products of `k` bits: 3k bits an element in one round.
pub fn reshare(n: usize, k: u32) -> RoleCost {
    RoleCost::new("reshare", [packed_len(n, k); 3])
}

/// Opening `n` elements of `k` bits to all parties: 3k bits an element in one round.
pub fn open(n: usize, k: u32) -> RoleCost {
    RoleCost::new("open", [packed_len(n, k); 3])
}

/// Truncating `n` elements of `k` bits by `bits`: k + 4·bits an element in one round, and
/// 2k more in one more round if they are products that have not been reshared.
pub fn truncate(n: usize, k: u32, bits: u32, reshared: bool) -> RoleCost {
    let word = packed_len(n, k);
    let cut = packed_len(n, bits);
    let cost = RoleCost::transfer("truncate", [cut + word, cut], cut);
    if reshared { cost } else { cost.and_then([0, word, word]) }
}

/// Truncating `n` elements of `k` bits by `bits` into `wide` bits: wide + 4(wide - k + bits) bits an
/// element in one round, and 2k more in one more round if they are products that have not been
/// reshared.
pub fn truncate_widen(n: usize, k: u32, wide: u32, bits: u32, reshared: bool) -> RoleCost {
    let (word, cut) = (packed_len(n, k), packed_len(n, wide - k + bits));
    let cost = RoleCost::transfer("truncate and widen", [cut + packed_len(n, wide), cut], cut);
    if reshared { cost } else { cost.and_then([0, word, word]) }
}

/// Widening `n` elements from `k` to `wide` bits with `up` more fractional bits: 5(wide - k - up)
/// bits an element in one round.
pub fn widen(n: usize, k: u32, wide: u32, up: u32) -> RoleCost {
    let carry = packed_len(n, wide - k - up);
    RoleCost::transfer("widen", [2 * carry, carry], carry)
}

/// `n` bits as elements of `k` bits: 5k bits an element in one round.
pub fn bit_to_ring(n: usize, k: u32) -> RoleCost {
    let word = packed_len(n, k);
    RoleCost::transfer("bit to ring", [2 * word, word], word)
}

/// The sign of `n` elements known to fit `width` bits; see the protocol for the count of ANDs.
pub fn is_negative(n: usize, width: u32) -> RoleCost {
    let plane = 8 * plane_words(n);
    let leaves = width as usize - 1;
    // The planes of one addend, then the carries of single bits.
    let mut cost = RoleCost::new("compare", [width as usize * plane, 0, 0]);
    if leaves > 0 {
        cost = cost.and_then([0, leaves * plane, leaves * plane]);
    }
    let mut groups = leaves;
    while groups > 1 {
        let pairs = groups / 2;
        // Every pair joins its carries, and all but the lowest their propagations.
        cost = cost.and_then([(2 * pairs - 1) * plane; 3]);
        groups -= pairs;
    }
    cost
}

/// `functions` step functions of `n` elements of `k` bits that fit `width` bits: keys of
/// `width`·(k + 130) + k bits an element to two parties, then 2k bits for each function; 2 rounds.
pub fn step_functions(n: usize, k: u32, width: u32, functions: usize) -> RoleCost {
    let levels = n * width as usize;
    let key = 16 * levels + packed_len(levels + n, k) + packed_len(2 * levels, 1);
    let results = packed_len(n * functions, k);
    RoleCost::transfer("step functions", [key; 2], 0).and_then([0, results, results])
}

/// 2^x of `n` elements of `k` bits: 8k bits an element in one round.
pub fn exp2(n: usize, k: u32) -> RoleCost {
    RoleCost::new("power of two", [packed_len(8 * n, k), 0, 0])
}

/// A bound of the maximum of `rows` rows of `row` elements of `k` bits, on a scale of `levels`
/// levels: `levels` bits an element, and `levels`·(5s - 1 + k) + 2k bits a row with s strings, the
/// lesser of `row` and 64; 5 + ceil(log2 s) rounds.
pub fn row_maximum(rows: usize, row: usize, k: u32, levels: u32) -> RoleCost {
    let strings = packed_len(rows, levels);
    let mut groups = row.min(ROW_SUMS);
    // The codes, then the strings.
    let mut cost = RoleCost::new("row maximum", [row * strings, 0, 0]);
    cost = cost.and_then([0, groups * strings, groups * strings]);
    while groups > 1 {
        let pairs = groups / 2;
        cost = cost.and_then([pairs * strings; 3]);
        groups -= pairs;
    }
    // The position, the levels, the result.
    let (table, result) = (packed_len(rows * levels as usize, k), packed_len(rows, k));
    cost = cost.and_then([0, strings, strings]);
    cost = cost.and_then([table, 0, 0]);
    cost = cost.and_then([0, result, result]);
    cost.failure_probability = row_maximum_failure(rows, row, levels);
    cost
}
