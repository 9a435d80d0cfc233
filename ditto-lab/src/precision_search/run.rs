//! Runs in formats that are chosen at run time.

use ditto_backends::fake_quant::{FakeQuant, FakeSource, OutOfRange};
use ditto_dsl::Precision;
use ditto_models::bert::{Bert, Input};
use ditto_runtime::{Padded, Pass, Run, with_precision};

use super::{Options, Progress, Role, SuggestError, Suggestion, suggest};

/// Searches for the cheapest formats of each layer that keep the cosine of the texts' embeddings
/// to the reference's above a bound, whatever `run.backend` says; see [`suggest`].
///
/// # Errors
/// See [`SuggestError`].
pub fn suggest_for_run(
    run: &Run<'_>,
    texts: &[Padded],
    options: &Options,
    progress: Option<Progress>,
) -> Result<Suggestion, SuggestError> {
    with_precision!(run.precision, |P| suggest_in::<P>(run, texts, options, progress))
}

fn suggest_in<P: Precision>(
    run: &Run<'_>,
    texts: &[Padded],
    options: &Options,
    progress: Option<Progress>,
) -> Result<Suggestion, SuggestError> {
    let source = &mut FakeSource;
    let bert = Bert::<FakeQuant, P>::share(source, run.config, run.weights, run.options)?;
    let passes: Vec<Pass> = Pass::plan(texts, run.batch).into_iter().flatten().collect();
    let share = |pass: &Pass| pass.share(source, texts, run.config);
    let inputs: Vec<Input<FakeQuant, P>> = passes.iter().map(share).collect::<Result<_, _>>()?;
    let embed = |cx: &mut FakeQuant| -> Result<Vec<Vec<f64>>, OutOfRange> {
        let mut results = vec![Vec::new(); texts.len()];
        for (pass, input) in passes.iter().zip(&inputs) {
            let embedding = bert.embed(input, cx)?.into_share();
            let rows = FakeQuant::values(&embedding).outer_iter();
            for (&text, row) in pass.texts.iter().zip(rows) {
                results[text] = row.iter().copied().collect();
            }
        }
        Ok(results)
    };
    suggest(&embed, &Role::all::<P>(), options, progress)
}
