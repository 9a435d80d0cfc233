//! Runs in formats that are chosen at run time.

use ditto_backends::fake_quant::{FakeQuant, FakeSource, OutOfRange};
use ditto_dsl::Precision;
use ditto_dsl::precision::{Ditto, Fine, Puma};

use super::pass::Pass;
use super::{Padded, PrecisionChoice, Run};
use crate::bert::{Bert, Input};
use crate::suggest::{Options, Progress, Role, SuggestError, Suggestion, suggest};

impl Run<'_> {
    /// Searches for the cheapest formats of each layer that keep the cosine of the texts' embeddings
    /// to the reference's above a bound, whatever `backend` says; see [`crate::suggest`].
    ///
    /// # Errors
    /// See [`SuggestError`].
    pub fn suggest(
        &self,
        texts: &[Padded],
        options: &Options,
        progress: Option<Progress>,
    ) -> Result<Suggestion, SuggestError> {
        match self.precision {
            PrecisionChoice::Ditto => self.suggest_in::<Ditto>(texts, options, progress),
            PrecisionChoice::Fine => self.suggest_in::<Fine>(texts, options, progress),
            PrecisionChoice::Puma => self.suggest_in::<Puma>(texts, options, progress),
        }
    }

    fn suggest_in<P: Precision>(
        &self,
        texts: &[Padded],
        options: &Options,
        progress: Option<Progress>,
    ) -> Result<Suggestion, SuggestError> {
        let source = &mut FakeSource;
        let bert = Bert::<FakeQuant, P>::share(source, self.config, self.weights, self.options)?;
        let passes: Vec<Pass> = Pass::plan(texts, self.batch).into_iter().flatten().collect();
        let share = |pass: &Pass| pass.share(source, texts, self.config);
        let inputs: Vec<Input<FakeQuant, P>> =
            passes.iter().map(share).collect::<Result<_, _>>()?;
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
}
