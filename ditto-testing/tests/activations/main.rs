//! Activations on every backend, under every precision policy: one file a layer states what is tested.
//! See [`ditto_testing`].

mod clamp;
mod gelu;
mod silu;
mod swiglu;
#[path = "../users_policies/mod.rs"]
mod users_policies;
