//! Every operation of the `Backend` trait on every backend, against exact integer arithmetic.
//!
//! - [`integers`] says what is true: each operation on tensors of `i128`, written with ndarray.
//! - [`rig`] runs an operation on `Plain`, `Sim`, the three parties of `Rep3` and the nodes of `Additive`,
//!   words in and words out, with what it cost.
//! - [`cases`] makes random operations; [`operations`], [`conversions`] and
//!   [`step_functions`] hold the properties, [`exp2`] those of powers of two and [`row_maximum`] those of
//!   maxima.
//! - [`noise`] is about the statistics of rounding, [`compositions`] about those of two operations,
//!   [`ranges`] about what `Sim` refuses, [`failures`] about parties that stop or disagree, [`sharing`]
//!   about sharing and opening, [`public_coins`] about who draws what with whom; [`additive`] is about
//!   all of this on `Additive`, where it differs.

mod additive;
mod audit;
mod audit_views;
mod cases;
mod compositions;
mod conversions;
mod exp2;
mod failures;
mod integers;
mod noise;
mod operations;
mod public_coins;
mod ranges;
mod rig;
mod row_maximum;
mod sharing;
mod step_functions;
