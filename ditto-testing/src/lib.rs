//! The cross-backend test harness: whether a layer, written once, computes on every backend what
//! its author says it does. It is for `[dev-dependencies]` alone.
//!
//! A whole test is one statement: a layer, its inputs, a reference in f64, and how far off a value
//! may be.
//!
//! ```
//! use ditto_core::Low;
//! use ditto_testing::{Within, conformance, layer, ulp, values};
//!
//! # fn main() {
//! conformance("square_plus_one", layer!(|x: Low, cx: &mut B| -> Low {
//!     Ok(x.squared(cx)?.trunc(cx)?.plus_public(1.0))
//! }))
//! .inputs([1..=3, 1..=9], |[rows, n]| [values([rows, n], -8.0..8.0)])
//! .reference(|[x]| x.mapv(|x| x * x + 1.0))
//! .check(Within::absolute(ulp::<Low>()));
//! # }
//! ```
//!
//! For each of many random inputs it runs the layer
//!
//! 1. on `Plain`, which computes the true functions: against the reference, to f64's precision;
//! 2. on `Plain` as written, with the approximations in f64: against the reference, within the
//!    approximation's error;
//! 3. on `Sim`, on `Rep3` (three parties in this process, from a seed) and on `Additive` (two parties
//!    and a dealer, likewise): against 2, within the error of quantization; all parties have to open
//!    the same values, and an audit of `Rep3` has to find none of them outside of its range.
//!
//! It fails a layer that opens anything on the way, which would show it to all parties (the harness opens the
//! result), and compares `Sim`'s account with what `Rep3` sent, scope by scope: calls, rounds and bytes of
//! each party. (`Additive` has protocols and costs of its own.) A failure says on which backend and
//! why, shows the smallest inputs that were found to fail and their seed, and is kept in
//! `proptest-regressions/` at the root of the workspace, to be tried first from then on.
//! `PROPTEST_CASES` sets the number of inputs.
//!
//! [`conformance`] starts this statement. A layer may be generic over the precision policy, and have
//! parameters (a bound, a range, weights): [`layer!`](layer) says how, and [`Conformance::cases`] and
//! [`Conformance::examples`] how they are drawn and listed. A test that passes prints the largest errors
//! it measured, for `cargo test -- --nocapture` to show.
//!
//! The pieces of the statement can be used by themselves: [`on_sim`] and its like, with [`Forward::on`], for
//! what an input out of range gives; [`Layer`] and [`check`] for code that opens its own result; [`compare`]
//! for values that somebody else has published.
//!
//! The language knows no backend, and this crate knows both, so Ditto's own layers are tested in its `tests`.
//! Nothing that is released needs it.

#![forbid(unsafe_code)]

mod check;
mod conformance;
mod failure;
mod forward;
#[cfg(doctest)]
mod guide;
mod inputs;
mod policy;
mod run;
mod seeds;
mod trial;
mod within;

pub use check::{check, compare};
pub use conformance::{Conformance, ConformanceOn, ConformanceTo, conformance};
pub use forward::{Formats, Forward, On};
pub use inputs::{Values, array, even, even_octaves, filled, on_grid, tensor, ulp, value, values};
pub use policy::{Grid, Policy};
pub use run::{Layer, Run, as_written, on_additive, on_plain, on_rep3, on_rep3_audited, on_sim};
pub use seeds::config;
pub use within::{Bounds, Within};

#[doc(inline)]
pub use crate::__every_policy as every_policy;
#[doc(inline)]
pub use crate::__layer as layer;

/// What the code of [`layer!`](layer) and [`every_policy!`](every_policy) names.
#[doc(hidden)]
pub mod __private {
    pub use ditto_core::{Backend, Source};
    pub use ditto_dsl::Tensor;
    pub use ditto_dsl::precision::{Ditto, Fine, Precision, Puma};
}
