//! The protocols, one a file.
//!
//! Each file opens with the functionality, the messages, the cost, the range and the error, and
//! with the reason why a party's view is independent of what it must not learn. The reasons are
//! backed by tests that run the protocol on a ring of 4 bits for all shares and all randomness,
//! where these can be enumerated, and by statistics of the messages where they cannot.

pub(super) mod and;
pub(super) mod bit_to_ring;
pub(super) mod compare;
pub(super) mod dither;
pub(super) mod exp2;
pub(super) mod open;
pub(super) mod or_of_groups;
pub(super) mod product;
pub(super) mod row_maximum;
pub(super) mod step_functions;
pub(super) mod transfer;
pub(super) mod truncate;
pub(super) mod widen;

use std::ops::Range;

pub(crate) use bit_to_ring::bit_to_ring;
pub(crate) use compare::is_negative;
pub(crate) use exp2::exp2;
pub(crate) use open::open;
pub(crate) use or_of_groups::{Sums, any_set, common_coins};
pub(crate) use product::{matmul, matmul_weight, mul, reshare, weight};
pub(crate) use row_maximum::row_maximum;
pub(crate) use step_functions::step_functions;
pub(crate) use truncate::{truncate, truncate_widen};
pub(crate) use widen::widen;

/// How many elements are worked on at a time: few enough that all that a protocol computes of them
/// stays in the cache, and a multiple of what fills whole bytes of any message and whole blocks of
/// common randomness.
pub(crate) const PIECE: usize = 2048;

/// `0..n` in pieces.
pub(crate) fn pieces(n: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n).step_by(PIECE).map(move |start| start..n.min(start + PIECE))
}
