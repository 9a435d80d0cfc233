//! Tests of the `ditto` command as a user meets it: its output, its errors, its exit codes.
//!
//! They run the binary on a tiny random model of their own, so they need no download. Nothing here
//! depends on how long a run takes.

mod audit;
mod bad_folder;
mod bad_range;
mod bad_text;
mod bad_usage;
mod command;
mod compare;
mod embed;
mod model;
mod plan;
mod replay;
#[path = "../shape/mod.rs"]
mod shape;
mod sim;
