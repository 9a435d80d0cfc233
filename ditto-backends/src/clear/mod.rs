//! Backends that compute, or count, in the clear: for references, debugging and estimates.

pub mod count;
// These three compute in one process, which has nobody to agree with.
#[allow(clippy::disallowed_methods)]
pub mod fake_quant;
#[allow(clippy::disallowed_methods)]
pub mod inspect;
mod local_coins;
#[allow(clippy::disallowed_methods)]
pub mod plain;
pub mod sim;
