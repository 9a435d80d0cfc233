//! Attention and what it is made of on every backend, under every precision policy: one file a layer
//! states what is tested. See [`ditto_testing`].

mod attention;
mod maximum;
mod softmax;
#[path = "../users_policies/mod.rs"]
mod users_policies;
