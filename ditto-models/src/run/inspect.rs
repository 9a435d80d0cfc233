//! Runs on the simulation beside the reference.

use ditto_backends::inspect::{Inspect, InspectSource};
use ditto_core::Backend;
use ditto_core::isa::Isa;
use ditto_dsl::Precision;
use ditto_dsl::precision::{Ditto, Fine, Puma};

use super::pass::Pass;
use super::{Padded, PrecisionChoice, Progress, Run, RunError};
use crate::bert::Bert;
use crate::inspect::Inspection;

impl Run<'_> {
    /// Runs texts through the simulation and the reference together, whatever `backend` says, and
    /// tells what happened to the values in each layer.
    ///
    /// # Errors
    /// The first that occurs: above all [`RunError::Sim`], a value that leaves its range.
    pub fn inspect(
        &self,
        texts: &[Padded],
        progress: Option<Progress>,
    ) -> Result<Inspection, RunError> {
        Isa::select()?;
        match self.precision {
            PrecisionChoice::Ditto => self.inspect_in::<Ditto>(texts, progress),
            PrecisionChoice::Fine => self.inspect_in::<Fine>(texts, progress),
            PrecisionChoice::Puma => self.inspect_in::<Puma>(texts, progress),
        }
    }

    fn inspect_in<P: Precision>(
        &self,
        texts: &[Padded],
        progress: Option<Progress>,
    ) -> Result<Inspection, RunError> {
        let source = &mut InspectSource;
        let bert = Bert::<Inspect, P>::share(source, self.config, self.weights, self.options)?;
        let mut cx = Inspect::new(self.seed.unwrap_or_default());
        if let Some(progress) = progress {
            cx.trace().observe(move |path| progress(path));
        }
        let passes: Vec<Pass> = Pass::plan(texts, self.batch).into_iter().flatten().collect();
        for pass in &passes {
            let input = pass.share(source, texts, self.config)?;
            bert.embed(&input, &mut cx)?;
        }
        Ok(Inspection::new(cx.findings(), cx.report(), passes.len()))
    }
}
