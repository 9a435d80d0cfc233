//! What a failed check says: on which backend, which value, and what such a value looks like.

use std::cmp::Reverse;
use std::fmt;

use ditto_core::trace::{Report, ScopeReport};
use ndarray::{ArrayD, Dimension};

use crate::Within;

/// Where a check failed: enough to run it again.
#[derive(Clone, Copy)]
pub(crate) struct At {
    pub(crate) backend: &'static str,
    /// The precision policy, for a layer that depends on one.
    pub(crate) policy: Option<&'static str>,
    pub(crate) seed: u64,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { backend, policy, seed } = self;
        let policy = policy.map(|name| format!(", policy {name}")).unwrap_or_default();
        write!(f, "{backend}{policy}, seed {seed}")
    }
}

/// Why a check failed.
#[derive(Clone)]
pub(crate) struct Failure {
    pub(crate) at: At,
    pub(crate) cause: String,
    /// What the values look like, where they show it, or what else explains them.
    pub(crate) looks_like: Option<String>,
    /// By how much a value is too far off on a backend that rounds, if that is the failure.
    pub(crate) off_by: Option<f64>,
}

impl Failure {
    pub(crate) fn new(at: At, cause: String) -> Self {
        Self { at, cause, looks_like: None, off_by: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.cause)?;
        match &self.looks_like {
            Some(pattern) => write!(f, "\n  {pattern}"),
            None => Ok(()),
        }
    }
}

/// The first value of `got` that is not within `tolerance` of `want`, in words.
pub(crate) fn difference(
    got: &ArrayD<f64>,
    want: &ArrayD<f64>,
    tolerance: Within,
) -> Option<String> {
    if got.shape() != want.shape() {
        let (got, want) = (got.shape(), want.shape());
        return Some(format!("the result has the shape {got:?} instead of {want:?}"));
    }
    // NaN is not within anything.
    let within = |got: f64, want: f64| (got - want).abs() <= tolerance.allowed(want);
    let mut pairs = got.indexed_iter().zip(want);
    let ((index, got), want) = pairs.find(|((_, got), want)| !within(**got, **want))?;
    Some(format!(
        "{got} instead of {want} at {:?}, {:.3e} apart where {:.3e} is allowed",
        index.slice(),
        (got - want).abs(),
        tolerance.allowed(*want)
    ))
}

/// How far the worst value exceeds its tolerance; at most 0 if all of `got` is within `tolerance` of `want`,
/// which has the same shape.
pub(crate) fn excess(got: &ArrayD<f64>, want: &ArrayD<f64>, tolerance: Within) -> f64 {
    let pairs = got.iter().zip(want);
    let by = pairs.map(|(g, w)| (g - w).abs() - tolerance.allowed(*w));
    // Nothing is further off than NaN.
    by.map(|by| if by.is_nan() { f64::INFINITY } else { by }).fold(f64::NEG_INFINITY, f64::max)
}

/// What a layer opens beside its result, in words, from the account of a run that opens the result once.
pub(crate) fn openings(report: &Report) -> Option<String> {
    let opened = |scope: &&ScopeReport| {
        let of_scope = scope.operations.iter().filter(|o| o.operation == "open");
        of_scope.map(|o| o.calls).sum::<u64>()
    };
    let more = report.scopes.iter().map(|scope| opened(&scope)).sum::<u64>().saturating_sub(1);
    if more == 0 {
        return None;
    }
    let inside = report.scopes.iter().filter(|s| !s.path.is_empty()).find(|s| opened(s) > 0);
    let place =
        inside.map(|scope| format!(", in the scope \"{}\"", scope.path)).unwrap_or_default();
    Some(format!(
        "the layer opens {more} value(s) beside its result{place}: all parties would see them; leave out \
         `open`, keep the values shared, and instead of branching choose with the bit of a comparison \
         (`is_below`, then `indicator` and a product)"
    ))
}

/// The factor that all of `got` differs by from `want`, if it is one that a known mistake makes.
///
/// At least one value has to stand out from its tolerance: close to it, any factor fits.
pub(crate) fn pattern(got: &ArrayD<f64>, want: &ArrayD<f64>, tolerance: Within) -> Option<String> {
    if got.shape() != want.shape() {
        return None;
    }
    let pairs = || got.iter().zip(want);
    let (g, w) = pairs().max_by(|(_, a), (_, b)| a.abs().total_cmp(&b.abs()))?;
    if w.abs() <= 16.0 * tolerance.allowed(*w) || *g == 0.0 {
        return None;
    }
    let bits = (g / w).abs().log2().round();
    let factor = bits.exp2() * (g / w).signum();
    let fits = |(g, w): (&f64, &f64)| {
        (g - factor * w).abs() <= tolerance.allowed(*w) * factor.abs().max(1.0)
    };
    if factor == 1.0 || !factor.is_finite() || !pairs().all(fits) {
        return None;
    }
    let mut mistakes = Vec::new();
    if factor < 0.0 {
        mistakes.push("of the wrong sign".to_owned());
    }
    if bits != 0.0 {
        mistakes.push(format!(
            "2^{bits} times what it should be: a scale is wrong (see `over_power_of_two`, \
             `shift_point`, `times_integer`)"
        ));
    }
    Some(format!("every value is {}", mistakes.join(" and ")))
}

/// The first scope in which two accounts differ in calls, rounds, or bytes of a party.
pub(crate) fn other_costs(sim: &Report, rep3: &Report) -> Option<String> {
    let line = |scope: &ScopeReport| (scope.path.clone(), scope.calls, scope.cost.clone());
    let name = |scope: &ScopeReport| match scope.path.as_str() {
        "" => "the whole run".to_owned(),
        path => format!("the scope \"{path}\""),
    };
    let says = |scope: Option<&ScopeReport>| match scope {
        Some(s) => {
            let (calls, rounds, bytes) = (s.calls, s.cost.rounds, &s.cost.bytes);
            format!("{calls} call(s), {rounds} rounds, bytes of the parties {bytes:?}")
        }
        None => "no such scope".to_owned(),
    };
    let length = sim.scopes.len().max(rep3.scopes.len());
    let pairs = (0..length).map(|i| (sim.scopes.get(i), rep3.scopes.get(i)));
    // The innermost first: what differs there differs in all around it.
    let depth = |scope: &ScopeReport| scope.path.split_terminator('/').count();
    let mut differing = pairs.filter(|(s, r)| s.map(line) != r.map(line)).collect::<Vec<_>>();
    differing.sort_by_key(|(sim, rep3)| Reverse(sim.or(*rep3).map(depth)));
    let &(sim, rep3) = differing.first()?;
    let scope = sim.or(rep3).map(name).unwrap_or_default();
    Some(format!(
        "scopes, calls, rounds and bytes differ in {scope}: sim {}; rep3 {}; the layer does not do \
         the same on both",
        says(sim),
        says(rep3)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;

    fn looks_like(got: &[f64], want: &[f64]) -> Option<String> {
        let [got, want] = [got, want].map(|values| array(&[values.len()], values.to_vec()));
        pattern(&got, &want, Within::absolute(0.01))
    }

    #[test]
    fn a_sign_and_a_scale_are_recognised_by_all_values() {
        let sign = looks_like(&[-1.0, 2.0, 0.001], &[1.0, -2.0, 0.001]);
        assert_eq!(sign.as_deref(), Some("every value is of the wrong sign"));
        let scale = looks_like(&[8.0, -16.02], &[1.0, -2.0]).expect("a scale");
        assert!(scale.starts_with("every value is 2^3 times"), "{scale}");
        let both = looks_like(&[-0.5, 1.0], &[1.0, -2.0]).expect("both");
        assert!(both.starts_with("every value is of the wrong sign and 2^-1 times"), "{both}");
    }

    #[test]
    fn other_differences_are_not() {
        assert_eq!(looks_like(&[1.0, 2.0], &[1.0, 2.0]), None);
        assert_eq!(looks_like(&[1.0, -2.0], &[1.0, 2.0]), None, "one sign of two");
        assert_eq!(looks_like(&[1.3, 2.6], &[1.0, 2.0]), None, "no power of two");
        assert_eq!(looks_like(&[-0.05], &[0.05]), None, "too close to the tolerance to tell");
        assert_eq!(looks_like(&[f64::NAN], &[1.0]), None);
        assert_eq!(looks_like(&[], &[]), None);
    }

    #[test]
    fn nothing_is_within_a_nan() {
        let (nan, one) = (array(&[1], vec![f64::NAN]), array(&[1], vec![1.0]));
        assert!(difference(&nan, &one, Within::absolute(1e9)).is_some());
        assert!(difference(&one, &nan, Within::absolute(1e9)).is_some());
        assert!(difference(&one, &one, Within::NOTHING).is_none());
    }
}
