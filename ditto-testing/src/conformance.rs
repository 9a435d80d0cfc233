//! A whole conformance test as one statement: see [`conformance`].

use std::ops::RangeInclusive;

use ditto_dsl::precision::Precision;
use ndarray::ArrayD;
use proptest::prelude::*;

use crate::forward::Forward;
use crate::seeds::config;
use crate::trial::{Case, Cases, Trial};
use crate::{Bounds, Policy, Values};

/// Inputs a layer is run on, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 32;

/// Starts a conformance test of `layer` (see [`layer!`](crate::layer)): whether it computes the
/// same on all backends, and what it should. `name` names the file that keeps failures.
///
/// ```
/// # use ditto_core::Low;
/// # use ditto_testing::{Within, conformance, layer, ulp, values};
/// conformance("scaled_product", layer!(|x: Low, y: Low, cx: &mut B| -> Low {
///     x.times(y, cx)?.over_power_of_two(2).trunc(cx)
/// }))
/// .inputs([1..=4, 1..=9], |[rows, n]| [values([rows, n], -64.0..64.0), values([n], -1.0..1.0)])
/// .reference(|[x, y]| x * y / 4.0)
/// .check(Within::absolute(ulp::<Low>()));
/// ```
///
/// A layer that is generic over the precision policy is tested under each. It may have parameters, and
/// what is drawn and what is allowed may depend on all of these:
///
/// ```
/// # use ditto_dsl::layers::maximum::row_maximum;
/// # use ditto_testing::{Within, conformance, filled, layer};
/// # use ndarray::Axis;
/// # use proptest::prelude::*;
/// conformance("row_maximum", layer!(<P>(bound: f64) |x: P::Act, cx: &mut B| -> P::Act {
///     row_maximum(x, bound, cx)
/// }))
/// .cases(|policy| {
///     let bounds = 1.0..policy.act.limit.min(1e6);
///     (bounds, filled(vec![2, 5], -0.49..0.49)).prop_map(|(bound, x)| (bound, [x * bound]))
/// })
/// .reference(|[x]| x.fold_axis(Axis(1), f64::MIN, |max, x| max.max(*x)).insert_axis(Axis(1)))
/// .check(Within::NOTHING);
/// ```
pub fn conformance<const N: usize, L: Forward<N>>(name: &str, layer: L) -> Conformance<L, N> {
    Conformance { name: name.to_owned(), layer }
}

/// A layer to be tested. Next: [`Conformance::inputs`], or for a layer with parameters
/// [`Conformance::cases`] or [`Conformance::examples`].
#[must_use = "nothing is tested before `.inputs(..).reference(..).check(..)`"]
pub struct Conformance<L, const N: usize> {
    name: String,
    layer: L,
}

/// A layer to be tested on inputs. Next: [`ConformanceOn::reference`].
#[must_use = "nothing is tested before `.reference(..).check(..)`"]
pub struct ConformanceOn<'a, L: Forward<N>, const N: usize> {
    name: String,
    layer: L,
    cases: Cases<'a, L::Parameters, N>,
}

/// A layer to be tested on inputs against a reference. Next: [`ConformanceTo::check`].
#[must_use = "nothing is tested before `.check(..)`"]
pub struct ConformanceTo<'a, L: Forward<N>, const N: usize> {
    on: ConformanceOn<'a, L, N>,
    reference: Box<Reference<'a, L::Parameters, N>>,
}

/// What a layer should give, in f64, for parameters and inputs.
pub(crate) type Reference<'a, T, const N: usize> =
    dyn Fn(&T, [&ArrayD<f64>; N]) -> ArrayD<f64> + 'a;

/// What a layer may be off by, for parameters and inputs.
pub(crate) type Allowed<'a, T, const N: usize> =
    dyn Fn(Policy, &T, [&ArrayD<f64>; N]) -> Bounds + 'a;

impl<const N: usize, L: Forward<N, Parameters = ()>> Conformance<L, N> {
    /// The inputs: `of` gives a strategy for each from sizes that are drawn from `sizes`, as in
    /// `.inputs([1..=4, 2..=9], |[n, h]| [values([n, h], -8.0..8.0), values([h], 0.0..1.0)])`.
    ///
    /// Any strategy of proptest for an array will do: [`Values::from_strategy`]. What it gives is
    /// rounded to the format's grid.
    pub fn inputs<const D: usize>(
        self,
        sizes: [RangeInclusive<usize>; D],
        of: impl Fn([usize; D]) -> [Values; N] + 'static,
    ) -> ConformanceOn<'static, L, N> {
        let sizes = sizes.to_vec().prop_map(|sizes| {
            <[usize; D]>::try_from(sizes).expect("as many sizes as there are ranges")
        });
        let inputs = sizes.prop_flat_map(move |sizes| of(sizes).map(|values| values.0).to_vec());
        let inputs = inputs.prop_map(|inputs| match <[ArrayD<f64>; N]>::try_from(inputs) {
            Ok(inputs) => ((), inputs),
            Err(_) => unreachable!("a strategy gives each input"),
        });
        let inputs = inputs.boxed();
        self.cases(move |_| inputs.clone())
    }
}

impl<const N: usize, L: Forward<N>> Conformance<L, N> {
    /// The layer's parameters with its inputs, from any strategy of proptest, which may depend on
    /// the precision policy. The inputs are rounded to their formats' grids; values in the
    /// parameters are not ([`Grid::nearest`](crate::Grid::nearest) does that).
    pub fn cases<'a, S>(self, of: impl Fn(Policy) -> S + 'a) -> ConformanceOn<'a, L, N>
    where
        S: Strategy<Value = Case<L::Parameters, N>> + 'static,
    {
        let Self { name, layer } = self;
        ConformanceOn { name, layer, cases: Cases::Drawn(Box::new(move |p| of(p).boxed())) }
    }

    /// The layer's parameters with its inputs, each to be tried once: edges, and whole ranges.
    pub fn examples<'a>(
        self,
        of: impl Fn(Policy) -> Vec<Case<L::Parameters, N>> + 'a,
    ) -> ConformanceOn<'a, L, N> {
        let Self { name, layer } = self;
        ConformanceOn { name, layer, cases: Cases::Given(Box::new(of)) }
    }
}

impl<'a, const N: usize, L: Forward<N>> ConformanceOn<'a, L, N> {
    /// What the layer should give, in f64, written without the layer's own tricks.
    pub fn reference<R>(self, reference: R) -> ConformanceTo<'a, L, N>
    where
        R: Fn([&ArrayD<f64>; N]) -> ArrayD<f64> + 'a,
    {
        self.reference_with(move |_, inputs| reference(inputs))
    }

    /// As [`ConformanceOn::reference`], from the layer's parameters and inputs.
    pub fn reference_with<R>(self, reference: R) -> ConformanceTo<'a, L, N>
    where
        R: Fn(&L::Parameters, [&ArrayD<f64>; N]) -> ArrayD<f64> + 'a,
    {
        ConformanceTo { on: self, reference: Box::new(reference) }
    }
}

impl<const N: usize, L: Forward<N>> ConformanceTo<'_, L, N> {
    /// Runs the test. `bounds` is what the layer may be off by: a [`Within`](crate::Within)
    /// for one that approximates nothing, [`Bounds`] for one that does.
    ///
    /// Prints the largest errors that it measured (`cargo test -- --nocapture` shows them).
    ///
    /// # Panics
    /// If the layer does not conform: with the backend, the cause, the seed, and the smallest
    /// inputs found.
    #[track_caller]
    pub fn check(self, bounds: impl Into<Bounds>) {
        let bounds = bounds.into();
        self.check_with(|_, _, _| bounds);
    }

    /// As [`ConformanceTo::check`], with bounds that depend on the precision policy, and on the
    /// layer's parameters and inputs.
    ///
    /// # Panics
    /// If the layer does not conform.
    #[track_caller]
    pub fn check_with<T: Into<Bounds>>(
        self,
        bounds: impl Fn(Policy, &L::Parameters, [&ArrayD<f64>; N]) -> T,
    ) {
        let config = config(CASES, &self.on.name);
        if let Err(message) = self.run(&|p, parameters, x| bounds(p, parameters, x).into(), config)
        {
            panic!("{message}");
        }
    }

    /// As [`ConformanceTo::check_with`], under the policy `P` instead of those that come with Ditto: for one
    /// of your own ([`policy!`](ditto_dsl::policy)).
    ///
    /// # Panics
    /// If the layer does not conform.
    #[track_caller]
    pub fn check_under<P: Precision>(
        self,
        bounds: impl Fn(Policy, &L::Parameters, [&ArrayD<f64>; N]) -> Bounds,
    ) {
        let config = config(CASES, &self.on.name);
        if let Err(message) = self.trial(&bounds).run_under::<P>(&config) {
            panic!("{message}");
        }
    }

    /// What [`ConformanceTo::check`] would panic with, keeping no seed: for tests of tests.
    ///
    /// # Errors
    /// The message of the failure.
    pub fn outcome(self, bounds: impl Into<Bounds>) -> Result<(), String> {
        let bounds = bounds.into();
        let config = ProptestConfig { failure_persistence: None, ..config(CASES, &self.on.name) };
        self.run(&|_, _, _| bounds, config)
    }

    fn run(
        &self,
        bounds: &Allowed<L::Parameters, N>,
        config: ProptestConfig,
    ) -> Result<(), String> {
        self.trial(bounds).run(&config)
    }

    fn trial<'b>(&'b self, bounds: &'b Allowed<'b, L::Parameters, N>) -> Trial<'b, L, N> {
        let ConformanceOn { name, layer, cases } = &self.on;
        Trial { name, layer, cases, reference: &*self.reference, bounds }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use ditto_core::Low;
    use proptest::test_runner::FileFailurePersistence;

    use super::*;
    use crate::{Within, layer, values};

    /// The identity against a reference, without seeds of the workspace.
    fn identity(
        reference: impl Fn([&ArrayD<f64>; 1]) -> ArrayD<f64>,
        config: ProptestConfig,
    ) -> Result<(), String> {
        let identity = layer!(|x: Low, _cx: &mut B| -> Low { Ok(x.clone()) });
        conformance("identity", identity)
            .inputs([1..=4], |[n]| [values([n], -8.0..8.0)])
            .reference(reference)
            .run(&|_, _, _| Within::NOTHING.into(), config)
    }

    #[test]
    fn as_many_cases_run_as_are_asked_for() {
        let calls = AtomicU32::new(0);
        let counted = |[x]: [&ArrayD<f64>; 1]| {
            calls.fetch_add(1, Ordering::Relaxed);
            x.clone()
        };
        let config =
            ProptestConfig { cases: 17, failure_persistence: None, ..ProptestConfig::default() };
        identity(counted, config).expect("the identity is the identity");
        assert_eq!(calls.into_inner(), 17);
    }

    #[test]
    fn a_seed_that_failed_is_tried_first_from_then_on() {
        let file = std::env::temp_dir().join(format!("ditto-seeds-{}.txt", std::process::id()));
        let path: &'static str = Box::leak(file.to_string_lossy().into_owned().into_boxed_str());
        let config = |cases| ProptestConfig {
            cases,
            failure_persistence: Some(Box::new(FileFailurePersistence::Direct(path))),
            ..ProptestConfig::default()
        };
        // Wrong for large values alone.
        let reference = |[x]: [&ArrayD<f64>; 1]| x.mapv(|x| if x > 7.5 { 0.0 } else { x });
        identity(reference, config(0)).expect("no case, no failure");
        let message = identity(reference, config(500)).expect_err("some value is large");
        assert!(message.contains("kept in proptest-regressions/identity.txt"), "{message}");
        // No new case, and it fails still.
        let again = identity(reference, config(0));
        std::fs::remove_file(&file).expect("the seed was kept");
        assert!(again.is_err());
    }
}
