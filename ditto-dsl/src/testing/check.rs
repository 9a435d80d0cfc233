//! One account of the errors: the three sources of error are kept apart, as the backends keep them
//! apart. True to as written is the approximation's error, as written to `Sim` or `Rep3` the
//! quantization's.

use std::fmt;

use ndarray::ArrayD;

use super::failure::{At, Failure, difference, other_costs, pattern};
use super::run::{Layer, as_written, on_plain, on_rep3, on_sim};
use super::{Bounds, Within};
use crate::precision::Precision;

/// Runs `layer` in all four ways under the precision policy `P`.
///
/// # Panics
/// With `seed` in the message, if a value is further off than `bounds` allow, if a backend
/// stops, or if `Sim` accounts for other rounds or bytes than `Rep3` sends.
#[track_caller]
pub fn check<P: Precision>(layer: &impl Layer, bounds: Bounds, seed: u64) {
    if let Err(failure) = run::<P>(layer, bounds, Some(P::NAME), seed) {
        panic!("{failure}");
    }
}

/// As [`check`], with the failure as a value. `policy` is what it calls `P`.
pub(super) fn run<P: Precision>(
    layer: &impl Layer,
    bounds: Bounds,
    policy: Option<&'static str>,
    seed: u64,
) -> Result<(), Failure> {
    let at = |backend| At { backend, policy, seed };
    let stopped = |backend, cause: &dyn fmt::Display| Failure {
        at: at(backend),
        cause: cause.to_string(),
        looks_like: None,
    };
    let compare = |backend, got: &ArrayD<f64>, want: &ArrayD<f64>, tolerance, hint: &str| {
        difference(got, want, tolerance).map_or(Ok(()), |cause| {
            let looks_like = pattern(got, want, tolerance);
            let looks_like = looks_like.or_else(|| (!hint.is_empty()).then(|| hint.to_owned()));
            Err(Failure { at: at(backend), cause, looks_like })
        })
    };

    let reference = layer.reference();
    compare("plain", &on_plain::<P>(layer), &reference, Within::F64, "")?;
    let written = as_written::<P>(layer);
    let hint = "plain, with the true functions, is right: the approximation is not";
    compare("plain, as written", &written, &reference, bounds.approximation, hint)?;

    let (sim, sim_report) = on_sim::<P>(layer, seed).map_err(|e| stopped("sim", &e))?;
    let hint = "the same in f64 is right: a format is too coarse for a value here";
    compare("sim", &sim, &written, bounds.quantization, hint)?;
    let (rep3, rep3_report) = on_rep3::<P>(layer, seed).map_err(|e| stopped("rep3", &e))?;
    let hint = "sim is right: the layer does something else on rep3, or a protocol is wrong";
    compare("rep3", &rep3, &written, bounds.quantization, hint)?;
    match other_costs(&sim_report, &rep3_report) {
        Some(costs) => Err(stopped("sim against rep3", &costs)),
        None => Ok(()),
    }
}

/// Checks that `got` is within `tolerance` of `want`, element by element. `at` says what it is.
///
/// # Panics
/// If it is not.
#[track_caller]
pub fn compare(at: impl fmt::Display, got: &ArrayD<f64>, want: &ArrayD<f64>, tolerance: Within) {
    if let Some(difference) = difference(got, want, tolerance) {
        panic!("{at}: {difference}");
    }
}

/// The largest absolute and relative difference of `got` from `want`, for tables of measurements.
pub fn furthest(got: &ArrayD<f64>, want: &ArrayD<f64>) -> Within {
    let mut worst = Within::NOTHING;
    for (got, want) in got.iter().zip(want) {
        worst.absolute = worst.absolute.max((got - want).abs());
        worst.relative = worst.relative.max(((got - want) / want).abs());
    }
    worst
}

/// Measures the errors of `layer` over its whole range: the approximation's, and the
/// quantization's as the worst of `Sim` and `Rep3`. Prints them (`cargo test -- --nocapture`).
///
/// # Panics
/// If a backend stops.
#[track_caller]
pub fn measure<P: Precision>(name: &str, layer: &impl Layer, seed: u64) -> Bounds {
    let written = as_written::<P>(layer);
    let approximation = furthest(&written, &layer.reference());
    let (sim, _) = on_sim::<P>(layer, seed).unwrap_or_else(|e| panic!("{name}, sim: {e}"));
    let (rep3, _) = on_rep3::<P>(layer, seed).unwrap_or_else(|e| panic!("{name}, rep3: {e}"));
    let (sim, rep3) = (furthest(&sim, &written), furthest(&rep3, &written));
    println!(
        "{name:24} {:6} approximation {:.3e} (relative {:.3e}), quantization on sim {:.3e} \
         ({:.3e}), on rep3 {:.3e} ({:.3e})",
        P::NAME,
        approximation.absolute,
        approximation.relative,
        sim.absolute,
        sim.relative,
        rep3.absolute,
        rep3.relative
    );
    let quantization = Within {
        absolute: sim.absolute.max(rep3.absolute),
        relative: sim.relative.max(rep3.relative),
    };
    Bounds { approximation, quantization }
}

/// Calls a function that is generic over the precision policy once for each policy.
#[doc(hidden)]
#[macro_export]
macro_rules! __every_policy {
    ($test:ident($($argument:expr),* $(,)?)) => {{
        $test::<$crate::precision::Ditto>($($argument),*);
        $test::<$crate::precision::Fine>($($argument),*);
        $test::<$crate::precision::Puma>($($argument),*);
    }};
}
