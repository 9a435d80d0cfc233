//! Runs on the backends that compute in the clear.

use std::time::Instant;

use ditto_backends::plain::{Plain, PlainSource};
use ditto_backends::sim::{Sim, SimSource};
use ditto_core::{Backend, Report, Source};
use ditto_dsl::Precision;
use ditto_models::bert::Bert;

use crate::pass::Pass;
use crate::run::Done;
use crate::{Embedding, Padded, Progress, Run, RunError};

impl Run<'_> {
    pub(crate) fn embed_plain<P: Precision>(
        &self,
        as_written: bool,
        texts: &[Padded],
        progress: Option<Progress>,
        each: impl FnMut(Embedding),
    ) -> Result<(), RunError> {
        let new = if as_written { Plain::as_written } else { Plain::new };
        let cannot_fail = |error: std::convert::Infallible| match error {};
        self.embed_locally::<Plain, P>(PlainSource, new, cannot_fail, texts, progress, each)
    }

    pub(crate) fn embed_sim<P: Precision>(
        &self,
        texts: &[Padded],
        progress: Option<Progress>,
        each: impl FnMut(Embedding),
    ) -> Result<(), RunError> {
        let new = || Sim::new(self.seed.unwrap_or_default());
        self.embed_locally::<Sim, P>(SimSource, new, RunError::Sim, texts, progress, each)
    }

    fn embed_locally<B: Backend, P: Precision>(
        &self,
        mut source: impl Source<B>,
        new: impl Fn() -> B,
        error: impl Fn(B::Error) -> RunError,
        texts: &[Padded],
        progress: Option<Progress>,
        mut each: impl FnMut(Embedding),
    ) -> Result<(), RunError> {
        let config = self.config;
        let bert = Bert::<B, P>::share(&mut source, config, self.weights, self.options)?;
        // The passes of a batch run one after another here, each on a backend of its own as on three
        // parties. It stays from batch to batch: roles rotate with the number of the operation, so
        // the account of a pass depends on what came before it.
        let mut contexts: Vec<B> = Vec::new();
        for batch in Pass::plan(texts, self.batch) {
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
                let input = pass.share(&mut source, texts, config)?;
                cx.trace().restart();
                let embedding = bert.embed(&input, cx).map_err(&error)?;
                reports.push(cx.trace().report());
                // Opened on a backend of its own: the client's part is not the computation's.
                let opened = embedding.open(&mut new()).map_err(&error)?;
                if !opened.iter().all(|value| value.is_finite()) {
                    return Err(RunError::NotFinite);
                }
                values.push((opened, None));
            }
            let seconds = started.elapsed().as_secs_f64();
            let report = Report::concurrent(reports.into_iter());
            Done { values, report, seconds }.embeddings(&batch).for_each(&mut each);
        }
        Ok(())
    }
}
