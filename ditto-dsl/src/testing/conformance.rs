//! A whole conformance test as one statement: see [`conformance`].

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ditto_backends::sim::SimSource;
use ditto_core::{Backend, Source};
use ndarray::ArrayD;
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};

use super::failure::Failure;
use super::forward::{Formats, Forward};
use super::run::Layer;
use super::seeds::config;
use super::{Bounds, Values, check};
use crate::precision::{Ditto, Precision};

/// Inputs a layer is run on, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 32;

/// How often a failing case is made smaller at most.
const SHRINKS: u32 = 2000;

/// Starts a conformance test of `layer` (see [`layer!`](super::layer)): whether it computes the
/// same on all backends, and what it should. `name` names the file that keeps failures.
///
/// ```
/// # use ditto_core::Low;
/// # use ditto_dsl::testing::{Within, conformance, layer, ulp, values};
/// conformance("scaled_product", layer!(|x: Low, y: Low, cx: &mut B| -> Low {
///     x.times(y, cx)?.over_power_of_two(2).trunc(cx)
/// }))
/// .inputs([1..=4, 1..=9], |[rows, n]| [values([rows, n], -64.0..64.0), values([n], -1.0..1.0)])
/// .reference(|[x, y]| x * y / 4.0)
/// .check(Within::absolute(ulp::<Low>()));
/// ```
pub fn conformance<const N: usize, L: Forward<N>>(name: &str, layer: L) -> Conformance<L, N> {
    Conformance { name: name.to_owned(), layer }
}

/// A layer to be tested. Next: [`Conformance::inputs`].
#[must_use = "nothing is tested before `.inputs(..).reference(..).check(..)`"]
pub struct Conformance<L, const N: usize> {
    name: String,
    layer: L,
}

/// A layer to be tested on inputs. Next: [`ConformanceOn::reference`].
#[must_use = "nothing is tested before `.reference(..).check(..)`"]
pub struct ConformanceOn<L, const N: usize> {
    name: String,
    layer: L,
    inputs: BoxedStrategy<Vec<ArrayD<f64>>>,
}

/// A layer to be tested on inputs against a reference. Next: [`ConformanceTo::check`].
#[must_use = "nothing is tested before `.check(..)`"]
pub struct ConformanceTo<L, R, const N: usize> {
    name: String,
    layer: L,
    inputs: BoxedStrategy<Vec<ArrayD<f64>>>,
    reference: R,
}

impl<const N: usize, L: Forward<N>> Conformance<L, N> {
    /// The inputs: `of` gives a strategy for each from sizes that are drawn from `sizes`, as in
    /// `.inputs([1..=4, 2..=9], |[n, h]| [values([n, h], -8.0..8.0), values([h], 0.0..1.0)])`.
    ///
    /// Any strategy of proptest for an array will do: [`Values::from_strategy`]. What it gives is
    /// rounded to the format's grid.
    pub fn inputs<const D: usize>(
        self,
        sizes: [RangeInclusive<usize>; D],
        of: impl Fn([usize; D]) -> [Values; N] + 'static,
    ) -> ConformanceOn<L, N> {
        let sizes = sizes.to_vec().prop_map(|sizes| {
            <[usize; D]>::try_from(sizes).expect("as many sizes as there are ranges")
        });
        let inputs =
            sizes.prop_flat_map(move |sizes| of(sizes).map(|values| values.0).to_vec()).boxed();
        let Self { name, layer } = self;
        ConformanceOn { name, layer, inputs }
    }
}

impl<const N: usize, L: Forward<N>> ConformanceOn<L, N> {
    /// What the layer should give, in f64, written without the layer's own tricks.
    pub fn reference<R>(self, reference: R) -> ConformanceTo<L, R, N>
    where
        R: Fn([&ArrayD<f64>; N]) -> ArrayD<f64> + Sync,
    {
        let Self { name, layer, inputs } = self;
        ConformanceTo { name, layer, inputs, reference }
    }
}

impl<const N: usize, L, R> ConformanceTo<L, R, N>
where
    L: Forward<N>,
    R: Fn([&ArrayD<f64>; N]) -> ArrayD<f64> + Sync,
{
    /// Runs the test. `bounds` is what the layer may be off by: a [`Within`](super::Within)
    /// for one that approximates nothing, [`Bounds`] for one that does.
    ///
    /// # Panics
    /// If the layer does not conform: with the backend, the cause, the seed, and the smallest
    /// inputs found.
    #[track_caller]
    pub fn check(self, bounds: impl Into<Bounds>) {
        let config = config(CASES, &self.name);
        if let Err(message) = self.run(bounds.into(), config) {
            panic!("{message}");
        }
    }

    /// What [`ConformanceTo::check`] would panic with, keeping no seed: for tests of tests.
    ///
    /// # Errors
    /// The message of the failure.
    pub fn outcome(self, bounds: impl Into<Bounds>) -> Result<(), String> {
        let config = ProptestConfig { failure_persistence: None, ..config(CASES, &self.name) };
        self.run(bounds.into(), config)
    }

    fn run(self, bounds: Bounds, config: ProptestConfig) -> Result<(), String> {
        let kept = config.failure_persistence.as_ref().map(|_| format!("{}.txt", self.name));
        let mut runner = TestRunner::new(ProptestConfig { max_shrink_iters: SHRINKS, ..config });
        // Small inputs show what fails, large ones what it looks like.
        let last = RefCell::new(None::<Failure>);
        let pattern = RefCell::new(None::<(&'static str, String)>);
        let result = runner.run(&(self.inputs.clone(), any::<u64>()), |(inputs, seed)| {
            self.run_once(inputs, bounds, seed).map_err(|failure| {
                let backend = failure.at.backend;
                if let Some(looks_like) = &failure.looks_like {
                    pattern.borrow_mut().get_or_insert((backend, looks_like.clone()));
                }
                last.borrow_mut().replace(failure.clone());
                TestCaseError::fail(failure.cause)
            })
        });
        let (inputs, seed) = match result {
            Ok(()) => return Ok(()),
            Err(TestError::Abort(reason)) => {
                return Err(format!("layer `{}`: no inputs: {reason}", self.name));
            }
            Err(TestError::Fail(_, case)) => case,
        };
        // The smallest case again, for its own words.
        let inputs = on_grid::<N, L>(inputs);
        let failure = self.run_once(inputs.to_vec(), bounds, seed).err().or(last.into_inner());
        let mut message = format!("layer `{}` on ", self.name);
        if let Some(mut failure) = failure {
            if let Some((backend, looks_like)) = pattern.into_inner()
                && backend == failure.at.backend
            {
                failure.looks_like = Some(looks_like);
            }
            message += &failure.to_string();
        }
        message += "\nthe smallest inputs found to fail:";
        for (name, values) in L::NAMES.iter().zip(&inputs) {
            let elements = values.iter().collect::<Vec<_>>();
            message += &format!("\n  {name}, shape {:?}: {elements:?}", values.shape());
        }
        if let Some(file) = kept {
            message += &format!("\nkept in proptest-regressions/{file}, to be tried first again");
        }
        Err(message)
    }

    fn run_once(&self, inputs: Vec<ArrayD<f64>>, bounds: Bounds, seed: u64) -> Result<(), Failure> {
        let inputs = on_grid::<N, L>(inputs);
        let failed = |backend, cause: String| {
            let at = super::failure::At { backend, policy: None, seed };
            Failure { at, cause, looks_like: None }
        };
        L::Inputs::share(&mut SimSource, L::NAMES, &inputs)
            .map_err(|e| failed("its inputs", format!("{e}; draw them from a smaller range")))?;
        let case = Case { layer: &self.layer, reference: &self.reference, inputs };
        let run = AssertUnwindSafe(|| check::run::<Ditto>(&case, bounds, None, seed));
        catch_unwind(run).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            let text = text.unwrap_or_else(|| "no message".to_owned());
            Err(failed("plain or in its reference", format!("it panicked: {text}")))
        })
    }
}

/// The inputs as the layer's formats hold them.
fn on_grid<const N: usize, L: Forward<N>>(inputs: Vec<ArrayD<f64>>) -> [ArrayD<f64>; N] {
    let Ok(inputs) = inputs.try_into() else { unreachable!("a strategy gives each input") };
    L::Inputs::on_grid(inputs)
}

/// A layer with one set of inputs.
struct Case<'a, L, R, const N: usize> {
    layer: &'a L,
    reference: &'a R,
    inputs: [ArrayD<f64>; N],
}

impl<const N: usize, L, R> Layer for Case<'_, L, R, N>
where
    L: Forward<N>,
    R: Fn([&ArrayD<f64>; N]) -> ArrayD<f64> + Sync,
{
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let inputs = L::Inputs::share(source, L::NAMES, &self.inputs);
        let inputs = inputs.expect("the inputs were shared once before");
        self.layer.forward(&inputs, cx)?.open(cx)
    }

    fn reference(&self) -> ArrayD<f64> {
        (self.reference)(self.inputs.each_ref())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use ditto_core::Low;
    use proptest::test_runner::FileFailurePersistence;

    use super::*;
    use crate::testing::{Within, layer, values};

    /// The identity against a reference, without seeds of the workspace.
    fn identity(
        reference: impl Fn([&ArrayD<f64>; 1]) -> ArrayD<f64> + Sync,
        config: ProptestConfig,
    ) -> Result<(), String> {
        let identity = layer!(|x: Low, _cx: &mut B| -> Low { Ok(x.clone()) });
        conformance("identity", identity)
            .inputs([1..=4], |[n]| [values([n], -8.0..8.0)])
            .reference(reference)
            .run(Within::NOTHING.into(), config)
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
