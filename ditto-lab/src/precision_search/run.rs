//! Runs in formats that are chosen at run time.

use ditto_backends::fake_quant::{FakeQuant, FakeSource, Formats, OutOfRange};
use ditto_dsl::{Precision, ShareError};
use ditto_models::bert::BertInput;
use ditto_runtime::{Embed, PaddedText, Pass, Run, Task, with_precision};

use super::{Role, RunsObserver, SearchOptions, SuggestError, Suggestion, suggest};

/// Searches for the cheapest formats of each layer that keep the cosine of the texts' embeddings
/// to the reference's above a bound, whatever `run.backend` says; see [`suggest`].
///
/// # Errors
/// See [`SuggestError`].
pub fn suggest_for_run(
    run: &Run<Embed<'_>>,
    texts: &[PaddedText],
    options: &SearchOptions,
    progress: Option<RunsObserver>,
) -> Result<Suggestion, SuggestError> {
    with_precision!(run.precision, |P| suggest_in::<P>(run, texts, options, progress))
}

fn suggest_in<P: Precision>(
    run: &Run<Embed<'_>>,
    texts: &[PaddedText],
    options: &SearchOptions,
    progress: Option<RunsObserver>,
) -> Result<Suggestion, SuggestError> {
    let source = &mut FakeSource;
    // Preparing a weight does nothing here, so it does not matter on what.
    let mut preparing = FakeQuant::new(Formats::as_written(1), 0);
    let bert = run.task.load::<FakeQuant, P>(source, &mut preparing);
    let bert = bert.map_err(|error| match error {
        ShareError::Input(error) => SuggestError::from(error),
        ShareError::Prepare(error) => error.into(),
    })?;
    let passes: Vec<Pass> = run.batches(texts).into_iter().flatten().collect();
    let share = |pass: &Pass| run.task.share(source, &pass.of(texts), pass.length);
    let inputs: Vec<BertInput<FakeQuant, P>> =
        passes.iter().map(share).collect::<Result<_, _>>()?;
    let embed = |cx: &mut FakeQuant| -> Result<Vec<Vec<f64>>, OutOfRange> {
        let mut results = vec![Vec::new(); texts.len()];
        for (pass, input) in passes.iter().zip(&inputs) {
            let embedding = bert.embed(input, cx)?.into_share();
            let rows = FakeQuant::values(&embedding).outer_iter();
            for (&text, row) in pass.requests.iter().zip(rows) {
                results[text] = row.iter().copied().collect();
            }
        }
        Ok(results)
    };
    suggest(&embed, &Role::all::<P>(), options, progress)
}
