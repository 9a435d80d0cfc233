//! Runs on the backends that compute in the clear.

use std::time::Instant;

use ditto_backends::plain::{Plain, PlainSource};
use ditto_backends::sim::{Sim, SimSource};
use ditto_core::{Backend, Report, Source};
use ditto_dsl::Precision;

use crate::run::{BatchResults, Each};
use crate::{Run, RunError, ScopeObserver, Task};

impl<T: Task> Run<T> {
    pub(crate) fn on_plain<P: Precision>(
        &self,
        as_written: bool,
        requests: &[T::Request],
        progress: Option<ScopeObserver>,
        each: Each<'_>,
    ) -> Result<(), RunError> {
        let new = if as_written { Plain::as_written } else { Plain::new };
        let cannot_fail = |error: std::convert::Infallible| match error {};
        self.locally::<Plain, P>(PlainSource, new, cannot_fail, requests, progress, each)
    }

    pub(crate) fn on_sim<P: Precision>(
        &self,
        requests: &[T::Request],
        progress: Option<ScopeObserver>,
        each: Each<'_>,
    ) -> Result<(), RunError> {
        let new = || Sim::new(self.seed.unwrap_or_default());
        self.locally::<Sim, P>(SimSource, new, RunError::Sim, requests, progress, each)
    }

    fn locally<B: Backend, P: Precision>(
        &self,
        mut source: impl Source<B>,
        new: impl Fn() -> B,
        error: impl Fn(B::Error) -> RunError,
        requests: &[T::Request],
        progress: Option<ScopeObserver>,
        each: Each<'_>,
    ) -> Result<(), RunError> {
        let model = self.task.load::<B, P>(&mut source, &mut new());
        let model = model.map_err(|cause| RunError::of_loading(cause, &error))?;
        // The passes of a batch run one after another here, each on a backend of its own as on three
        // parties. It stays from batch to batch: roles rotate with the number of the operation, so
        // the account of a pass depends on what came before it.
        let mut contexts: Vec<B> = Vec::new();
        for batch in self.batches(requests) {
            while contexts.len() < batch.len() {
                let mut cx = new();
                if let Some(progress) = progress.clone() {
                    cx.trace().observe(move |path| progress(path));
                }
                contexts.push(cx);
            }
            let (mut values, mut reports) = (Vec::new(), Vec::new());
            let started = Instant::now();
            for (pass, cx) in batch.iter().zip(&mut contexts) {
                let input = self.task.share(&mut source, &pass.of(requests), pass.length)?;
                cx.trace().restart();
                let answers = T::compute(&model, &input, cx).map_err(&error)?;
                cx.finish().map_err(&error)?;
                reports.push(cx.trace().report());
                // Opened on a backend of its own: the client's part is not the computation's.
                let opened = answers.open(&mut new()).map_err(&error)?;
                if !opened.iter().all(|value| value.is_finite()) {
                    return Err(RunError::NotFinite);
                }
                values.push((opened, None));
            }
            let seconds = started.elapsed().as_secs_f64();
            let report = Report::concurrent(reports.into_iter());
            BatchResults { values, report, seconds }.answers(&batch).for_each(&mut *each);
        }
        Ok(())
    }
}
