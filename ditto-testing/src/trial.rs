//! Running a conformance test: on each case, under each precision policy, down to the smallest inputs
//! that fail.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ditto_backends::sim::SimSource;
use ditto_dsl::precision::{Ditto, Fine, Precision, Puma};
use ndarray::ArrayD;
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};

use crate::Policy;
use crate::check::{self, Errors};
use crate::conformance::{Allowed, Reference};
use crate::failure::{At, Failure};
use crate::forward::{Formats, Forward};

/// How often a failing case is made smaller at most.
const SHRINKS: u32 = 2000;

/// How many elements of an input a failure shows at most.
const SHOWN: usize = 64;

/// The parameters of a layer, and its inputs.
pub(crate) type Case<T, const N: usize> = (T, [ArrayD<f64>; N]);

/// What a layer is tested on, under a precision policy.
pub(crate) enum Cases<'a, T, const N: usize> {
    /// As many as are asked for.
    Drawn(Box<dyn Fn(Policy) -> BoxedStrategy<Case<T, N>> + 'a>),
    /// Each of them, once.
    Given(Box<dyn Fn(Policy) -> Vec<Case<T, N>> + 'a>),
}

/// A test with all its parts.
pub(crate) struct Trial<'a, L: Forward<N>, const N: usize> {
    pub(crate) name: &'a str,
    pub(crate) layer: &'a L,
    pub(crate) cases: &'a Cases<'a, L::Parameters, N>,
    pub(crate) reference: &'a Reference<'a, L::Parameters, N>,
    pub(crate) bounds: &'a Allowed<'a, L::Parameters, N>,
}

impl<L: Forward<N>, const N: usize> Trial<'_, L, N> {
    /// Runs all cases, under each policy if the layer depends on one, and prints the errors.
    ///
    /// # Errors
    /// What failed first, in words.
    pub(crate) fn run(&self, config: &ProptestConfig) -> Result<(), String> {
        self.run_under::<Ditto>(config)?;
        if L::EVERY_POLICY {
            self.run_under::<Fine>(config)?;
            self.run_under::<Puma>(config)?;
        }
        Ok(())
    }

    /// Runs all cases under one policy, and prints the errors.
    ///
    /// # Errors
    /// What failed first, in words.
    pub(crate) fn run_under<P: Precision>(&self, config: &ProptestConfig) -> Result<(), String> {
        let policy = Policy::of::<P>();
        let worst = match self.cases {
            Cases::Drawn(cases) => self.run_drawn::<P>(cases(policy), config.clone())?,
            Cases::Given(cases) => self.run_given::<P>(cases(policy))?,
        };
        if let Some(errors) = worst {
            println!("{:24} {:6} {errors}", self.name, Self::policy::<P>().unwrap_or_default());
        }
        Ok(())
    }

    fn run_given<P: Precision>(
        &self,
        cases: Vec<Case<L::Parameters, N>>,
    ) -> Result<Option<Errors>, String> {
        if cases.is_empty() {
            return Err(format!("layer `{}`: no inputs: there is no example", self.name));
        }
        let mut worst = None::<Errors>;
        for (seed, case) in (0..).zip(cases) {
            let (parameters, inputs) = on_grid::<P, L, N>(case);
            let errors = self.run_once::<P>(&parameters, &inputs, seed);
            let errors = errors.map_err(|failure| {
                let failure = self.with_noise::<P>(failure, &parameters, &inputs);
                self.message(&failure.to_string(), "the inputs", &parameters, &inputs)
            })?;
            worst = Some(worst.map_or(errors, |worst| worst.or_worse(errors)));
        }
        Ok(worst)
    }

    fn run_drawn<P: Precision>(
        &self,
        cases: BoxedStrategy<Case<L::Parameters, N>>,
        config: ProptestConfig,
    ) -> Result<Option<Errors>, String> {
        let kept = config.failure_persistence.as_ref().map(|_| format!("{}.txt", self.name));
        let mut runner = TestRunner::new(ProptestConfig { max_shrink_iters: SHRINKS, ..config });
        let worst = RefCell::new(None::<Errors>);
        // Small inputs show what fails, large ones what it looks like.
        let last = RefCell::new(None::<Failure>);
        let pattern = RefCell::new(None::<(&'static str, String)>);
        let result = runner.run(&(cases, any::<u64>()), |(case, seed)| {
            let (parameters, inputs) = on_grid::<P, L, N>(case);
            let errors = self.run_once::<P>(&parameters, &inputs, seed).map_err(|failure| {
                let backend = failure.at.backend;
                if let Some(looks_like) = &failure.looks_like {
                    pattern.borrow_mut().get_or_insert((backend, looks_like.clone()));
                }
                last.borrow_mut().replace(failure.clone());
                TestCaseError::fail(failure.cause)
            })?;
            let so_far = worst.take();
            worst.replace(Some(so_far.map_or(errors, |worst| worst.or_worse(errors))));
            Ok(())
        });
        let (case, seed) = match result {
            Ok(()) => return Ok(worst.into_inner()),
            Err(TestError::Abort(reason)) => {
                return Err(format!("layer `{}`: no inputs: {reason}", self.name));
            }
            Err(TestError::Fail(_, case)) => case,
        };
        // The smallest case again, for its own words.
        let (parameters, inputs) = on_grid::<P, L, N>(case);
        let failure = self.run_once::<P>(&parameters, &inputs, seed).err().or(last.into_inner());
        let mut what = String::new();
        if let Some(mut failure) = failure {
            if let Some((backend, looks_like)) = pattern.into_inner()
                && backend == failure.at.backend
            {
                failure.looks_like = Some(looks_like);
            }
            what = self.with_noise::<P>(failure, &parameters, &inputs).to_string();
        }
        let which = "the smallest inputs found to fail";
        let mut message = self.message(&what, which, &parameters, &inputs);
        if let Some(file) = kept {
            message += &format!("\nkept in proptest-regressions/{file}, to be tried first again");
        }
        Err(message)
    }

    /// What failed, and on which inputs, which are on their grids.
    fn message(
        &self,
        failure: &str,
        which: &str,
        parameters: &L::Parameters,
        inputs: &[ArrayD<f64>; N],
    ) -> String {
        let mut message = format!("layer `{}` on {failure}\n{which}:", self.name);
        let parameters = format!("{parameters:?}");
        if parameters != "()" {
            message += &format!("\n  parameters: {parameters}");
        }
        for (name, values) in L::NAMES.iter().zip(inputs) {
            let elements = values.iter().take(SHOWN).collect::<Vec<_>>();
            message += &format!("\n  {name}, shape {:?}: {elements:?}", values.shape());
            if values.len() > SHOWN {
                message += &format!(" and {} more", values.len() - SHOWN);
            }
        }
        message
    }

    /// Runs one case, whose inputs are on their grids.
    fn run_once<P: Precision>(
        &self,
        parameters: &L::Parameters,
        inputs: &[ArrayD<f64>; N],
        seed: u64,
    ) -> Result<Errors, Failure> {
        let failed = |backend, cause: String| {
            let at = At { backend, policy: Self::policy::<P>(), seed };
            Failure::new(at, cause)
        };
        L::Inputs::<P>::share(&mut SimSource, L::NAMES, inputs)
            .map_err(|e| failed("its inputs", format!("{e}; draw them from a smaller range")))?;
        let layer = self.layer.on(parameters.clone(), inputs.clone());
        let run = AssertUnwindSafe(|| {
            let reference = (self.reference)(parameters, inputs.each_ref());
            let bounds = (self.bounds)(Policy::of::<P>(), parameters, inputs.each_ref());
            check::run::<P>(&layer, &reference, bounds, Self::policy::<P>(), seed)
        });
        catch_unwind(run).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            let text = text.unwrap_or_else(|| "no message".to_owned());
            Err(failed("plain or in its reference", format!("it panicked: {text}")))
        })
    }

    /// The failure of a case with what other noise gives in it.
    fn with_noise<P: Precision>(
        &self,
        failure: Failure,
        parameters: &L::Parameters,
        inputs: &[ArrayD<f64>; N],
    ) -> Failure {
        // Without it where a bound panics, as the failure then says already.
        let bounds = || (self.bounds)(Policy::of::<P>(), parameters, inputs.each_ref());
        let Ok(bounds) = catch_unwind(AssertUnwindSafe(bounds)) else {
            return failure;
        };
        let layer = self.layer.on(parameters.clone(), inputs.clone());
        check::with_noise::<P>(failure, &layer, bounds)
    }

    /// What a failure calls the policy, where the layer depends on it.
    fn policy<P: Precision>() -> Option<&'static str> {
        L::EVERY_POLICY.then_some(P::NAME)
    }
}

/// The inputs as the layer's formats hold them.
fn on_grid<P: Precision, L: Forward<N>, const N: usize>(
    (parameters, inputs): Case<L::Parameters, N>,
) -> Case<L::Parameters, N> {
    (parameters, L::Inputs::<P>::on_grid(inputs))
}
