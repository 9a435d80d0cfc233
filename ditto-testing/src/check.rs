//! One layer on one input, checked in all six ways. The sources of error are kept apart, as the backends keep
//! them apart: between the true functions and the layer as written is the error of the approximation, between
//! that and `Sim`, `Rep3` or `Additive` that of quantization.

use std::fmt;

use ditto_backends::Plain;
use ditto_core::Report;
use ditto_dsl::precision::Precision;
use ndarray::ArrayD;

use crate::failure::{At, Failure, difference, excess, openings, other_costs, pattern};
use crate::run::{Layer, Run, as_written, in_f64, on_additive, on_rep3, on_rep3_audited, on_sim};
use crate::{Bounds, Within};

/// Runs `layer` in all six ways under the precision policy `P`.
///
/// # Panics
/// With `seed` in the message, if a value is further off than `bounds` allow, if a backend
/// stops, if the layer opens more than its result, or if `Sim` accounts for other rounds or bytes than
/// `Rep3` sends.
#[track_caller]
pub fn check<P: Precision>(layer: &impl Layer, bounds: Bounds, seed: u64) {
    let reference = layer.reference();
    if let Err(failure) = run::<P>(layer, &reference, bounds, Some(P::NAME), seed) {
        panic!("{}", with_noise::<P>(failure, layer, bounds));
    }
}

/// As [`check`] against `reference`, with the failure as a value. `policy` is what it calls `P`.
/// Gives the errors where they are within their bounds.
pub(crate) fn run<P: Precision>(
    layer: &impl Run,
    reference: &ArrayD<f64>,
    bounds: Bounds,
    policy: Option<&'static str>,
    seed: u64,
) -> Result<Errors, Failure> {
    let at = |backend| At { backend, policy, seed };
    let stopped = |backend, cause: &dyn fmt::Display| Failure::new(at(backend), cause.to_string());
    let sealed = |backend, account: &Report| match openings(account) {
        Some(cause) => Err(stopped(backend, &cause)),
        None => Ok(()),
    };
    let compare = |backend, got: &ArrayD<f64>, want: &ArrayD<f64>, tolerance, hint: &str| {
        difference(got, want, tolerance).map_or(Ok(furthest(got, want)), |cause| {
            let looks_like = pattern(got, want, tolerance);
            let looks_like = looks_like.or_else(|| (!hint.is_empty()).then(|| hint.to_owned()));
            Err(Failure { looks_like, ..Failure::new(at(backend), cause) })
        })
    };

    let (values, account) = in_f64::<P>(layer, Plain::new());
    sealed("plain", &account)?;
    compare("plain", &values, reference, Within::F64, "")?;
    let (written, account) = in_f64::<P>(layer, Plain::as_written());
    sealed("plain, as written", &account)?;
    let hint = "plain, with the true functions, is right: the approximation is not";
    let approximation =
        compare("plain, as written", &written, reference, bounds.approximation, hint)?;

    let secure = |backend, values: &ArrayD<f64>, hint: &str| {
        compare(backend, values, &written, bounds.quantization, hint).map_err(|failure| {
            let comparable = values.shape() == written.shape();
            let off_by = comparable.then(|| excess(values, &written, bounds.quantization));
            Failure { off_by, ..failure }
        })
    };
    let (values, sim_report) = on_sim::<P>(layer, seed).map_err(|e| stopped("sim", &e))?;
    sealed("sim", &sim_report)?;
    let hint = "the same in f64 is right: a format is too coarse for a value here";
    let sim = secure("sim", &values, hint)?;
    let (values, rep3_report) = on_rep3::<P>(layer, seed).map_err(|e| stopped("rep3", &e))?;
    sealed("rep3", &rep3_report)?;
    let hint = "sim is right: the layer does something else on rep3, or a protocol is wrong";
    let rep3 = secure("rep3", &values, hint)?;
    if let Some(costs) = other_costs(&sim_report, &rep3_report) {
        return Err(stopped("sim against rep3", &costs));
    }
    let (values, audit) = on_rep3_audited::<P>(layer, seed).map_err(|e| stopped("rep3", &e))?;
    secure("rep3, audited", &values, hint)?;
    if let Some(scope) = audit.failed().next() {
        let cause = format!(
            "{scope}, but sim finds all of them in range (an audit may count a product within an ulp \
             of the lower end as outside)"
        );
        return Err(stopped("rep3, audited", &cause));
    }
    // It has protocols of its own, so its costs are its own too.
    let (values, account) = on_additive::<P>(layer, seed).map_err(|e| stopped("additive", &e))?;
    sealed("additive", &account)?;
    let hint = "sim and rep3 are right: the layer does something else on additive, or a protocol \
                is wrong";
    let additive = secure("additive", &values, hint)?;
    Ok(Errors { approximation, sim, rep3, additive })
}

/// The failure, and where a value was too far off on a backend that rounds, what `Sim` gives with other
/// rounding noise: a tolerance below the noise is no fault of the backend that happens to exceed it first.
pub(crate) fn with_noise<P: Precision>(
    failure: Failure,
    layer: &impl Run,
    bounds: Bounds,
) -> Failure {
    let Some(off_by) = failure.off_by else {
        return failure;
    };
    let written = as_written::<P>(layer);
    let runs = (NOISE_ELEMENTS / written.len().max(1)).clamp(NOISE_RUNS.0, NOISE_RUNS.1);
    let (mut exceeding, mut worst, mut furthest_off) = (0, f64::NEG_INFINITY, 0.0f64);
    for seed in 0..runs as u64 {
        let Ok((values, _)) = on_sim::<P>(layer, seed) else {
            return failure;
        };
        let by = excess(&values, &written, bounds.quantization);
        exceeding += usize::from(by > 0.0);
        worst = worst.max(by);
        furthest_off = furthest_off.max(furthest(&values, &written).absolute);
    }
    let noise = format!(
        "the tolerance is below the rounding noise: in {exceeding} of {runs} runs with other noise sim \
         exceeds it too, and is up to {furthest_off:.3e} away from the same in f64"
    );
    let noise = match failure.at.backend {
        "sim" if exceeding == runs => None,
        "sim" => failure.looks_like.as_ref().map(|hint| format!("{hint}, or {noise}")),
        // What is much further off than any of these is another matter.
        _ => (exceeding > 0 && off_by <= 2.0 * worst).then_some(noise),
    };
    Failure { looks_like: noise.or(failure.looks_like), ..failure }
}

/// How often a layer runs on `Sim` to see its noise: for about so many elements, within these limits.
const NOISE_ELEMENTS: usize = 1 << 15;
const NOISE_RUNS: (usize, usize) = (16, 512);

/// Measured errors: the approximation's, and the quantization's on each backend.
#[derive(Clone, Copy)]
pub(crate) struct Errors {
    pub(crate) approximation: Within,
    pub(crate) sim: Within,
    pub(crate) rep3: Within,
    pub(crate) additive: Within,
}

impl Errors {
    /// The larger of both in everything.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        Self {
            approximation: self.approximation.or_worse(other.approximation),
            sim: self.sim.or_worse(other.sim),
            rep3: self.rep3.or_worse(other.rep3),
            additive: self.additive.or_worse(other.additive),
        }
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { approximation, sim, rep3, additive } = self;
        write!(
            f,
            "approximation {approximation}, quantization on sim {sim}, on rep3 {rep3}, on additive \
             {additive}"
        )
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

/// The largest absolute and relative difference of `got` from `want`.
fn furthest(got: &ArrayD<f64>, want: &ArrayD<f64>) -> Within {
    let mut worst = Within::NOTHING;
    for (got, want) in got.iter().zip(want) {
        worst.absolute = worst.absolute.max((got - want).abs());
        worst.relative = worst.relative.max(((got - want) / want).abs());
    }
    worst
}

/// Calls a function that is generic over the precision policy once for each policy.
#[doc(hidden)]
#[macro_export]
macro_rules! __every_policy {
    ($test:ident($($argument:expr),* $(,)?)) => {{
        $test::<$crate::__private::Ditto>($($argument),*);
        $test::<$crate::__private::Fine>($($argument),*);
        $test::<$crate::__private::Puma>($($argument),*);
    }};
}
