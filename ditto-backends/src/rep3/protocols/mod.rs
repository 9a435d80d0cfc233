//! The protocols, one a file.
//!
//! Each file opens with the functionality, the messages, the cost, the range and the error, and
//! with the reason why a party's view is independent of what it must not learn. The reasons are
//! backed by tests that run the protocol on a ring of 4 bits for all shares and all randomness.

mod and;
mod bit_to_ring;
mod compare;
mod exp2;
mod open;
mod product;
mod row_maximum;
mod step_functions;
mod transfer;
mod truncate;
mod widen;

#[cfg(test)]
mod view;

pub(crate) use bit_to_ring::bit_to_ring;
pub(crate) use compare::is_negative;
pub(crate) use exp2::exp2;
pub(crate) use open::open;
pub(crate) use product::{matmul, matmul_weight, mul, reshare};
pub(crate) use row_maximum::row_maximum;
pub(crate) use step_functions::step_functions;
pub(crate) use truncate::{truncate, truncate_widen};
pub(crate) use widen::widen;
