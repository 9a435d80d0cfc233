//! The protocols, one a file.
//!
//! Each file opens with the functionality, the messages, the cost, the range and the error, and
//! with the reason why a party's view is independent of what it must not learn. Costs are in bits
//! an element: what each of the two parties sends, and what the dealer sends.
//!
//! Three things hold for all of them. The dealer receives nothing, so it learns nothing. What a
//! party receives from the dealer is a share of a secret, masked by the other party's share, which
//! is uniform and which it lacks. So what is left to say is why that which the parties reveal to each
//! other hides their inputs. The reasons are backed by tests that run the protocols on tiny rings for
//! all shares and all randomness that a party does not know, where these can be enumerated, and by
//! statistics of the messages where they cannot.

pub(super) mod and;
pub(super) mod bit_to_ring;
pub(super) mod compare;
pub(super) mod exp2;
pub(super) mod open;
pub(super) mod product;
pub(super) mod row_maximum;
pub(super) mod step_functions;
pub(super) mod truncate;
pub(super) mod widen;

pub(crate) use bit_to_ring::bit_to_ring;
pub(crate) use compare::is_negative;
pub(crate) use exp2::exp2;
pub(crate) use open::open;
pub use product::AdditiveWeight;
pub(crate) use product::{matmul, matmul_weight, mul, weight};
pub(crate) use row_maximum::row_maximum;
pub(crate) use step_functions::step_functions;
pub(crate) use truncate::{truncate, truncate_widen};
pub(crate) use widen::widen;
