//! Linear layers, and operations of tensors, on every backend, under every precision policy: one file a
//! layer states what is tested. See [`ditto_testing`].

mod comparisons;
mod embedding;
mod linear;
mod pooling;
mod same_everywhere;
#[path = "../users_policies/mod.rs"]
mod users_policies;
