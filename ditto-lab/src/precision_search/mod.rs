//! The cheapest formats of each layer that keep a model's results close: a search over a calibration
//! set of texts.
//!
//! Everything runs on [`FakeQuant`], whose formats are chosen at run time. Noise adds up: each format of
//! each layer is measured alone, once, and from these measurements a budget of noise is shared among
//! all of them, where a bit saves most bytes for the noise that it adds. `Z64` becomes `Z32` where range
//! and budget allow. The whole combination is run, with several draws of the rounding noise, and what is
//! suggested is a combination that kept the bound then. Bytes are those of that run.
//!
//! It is greedy: rings are tried one layer at a time, so what pays only if neighbours move together is not
//! found, nor is what is left of the budget after a combination had to be made finer.
//!
//! What it is not: a proof about other texts, and a model that can be run at once. A suggestion holds for
//! the calibration texts, with one bit of room for others wherever a format became finer or narrower. And
//! the precision of a model is a type, with formats by role and not by layer: to use a suggestion, write
//! a [`Precision`](ditto_dsl::Precision) policy, for which [`Suggestion::policy`] has the smallest formats that
//! hold all layers' suggestions, and run `ditto sim` on it.
//!
//! Any computation on [`FakeQuant`] can be searched, not only the models of `ditto-models`: see [`suggest`].

mod budget;
mod page;
mod policy;
mod run;
mod search;
mod text;
mod trials;

use std::fmt;

use ditto_backends::fake_quant::{FakeQuant, FormatValue, LayerNote, OutOfRange, Site, SiteKind};
use ditto_dsl::InputError;
use ditto_models::checkpoint::LoadError;
use serde::Serialize;

use search::Found;
use trials::{Trial, Trials};

pub use page::section;
pub use policy::{Policy, Role, RoleFormat};
pub use run::suggest_for_run;
pub use text::text;

/// What to search for.
#[derive(Clone, Copy, Debug)]
pub struct SearchOptions {
    /// No text's result may have a lower cosine to the reference's: between 0 and 1.
    pub cosine: f64,
    /// A layer is a scope of at most this many names (0 counts as 1).
    pub depth: usize,
    /// Rounding noise is drawn from this seed and the next ones.
    pub seed: u64,
}

/// Called after every run with the number of runs done, and of those that are expected by then.
pub type RunsObserver<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Why there is no suggestion.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuggestError {
    /// The bound is not between 0 and 1.
    #[error("the bound of the cosine must be above 0 and below 1, not {0}")]
    Bound(f64),
    /// There is nothing to calibrate with.
    #[error("a suggestion takes at least one text to calibrate with")]
    NoTexts,
    /// A result that cannot be compared.
    #[error("the result of text {text} is zero or not finite, so it has no cosine")]
    NoDirection {
        /// Counted from 1.
        text: usize,
    },
    /// A value leaves its range in the formats as they are written.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// The model cannot be shared.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// An input cannot be shared.
    #[error(transparent)]
    Input(#[from] InputError),
}

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RingAndScale {
    /// The ring's name.
    pub ring: &'static str,
    /// Fractional bits.
    pub frac: u32,
}

impl From<FormatValue> for RingAndScale {
    fn from(format: FormatValue) -> Self {
        Self { ring: format.ring_name(), frac: format.frac }
    }
}

impl fmt::Display for RingAndScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, F<{}>", self.ring, self.frac)
    }
}

/// Bytes of all parties together, and the lowest cosine of a text.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Bytes.
    pub bytes: u64,
    /// Over all texts and several draws of the rounding noise.
    pub cosine: f64,
}

impl Outcome {
    fn of(trial: &Trial) -> Self {
        Self { bytes: trial.bytes(), cosine: 1.0 - trial.loss() }
    }
}

/// One format of a layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerFormat {
    /// `weights`, the right factors of matrix products, or `values`, all the rest.
    pub part: &'static str,
    /// As it is written.
    pub now: RingAndScale,
    /// What is suggested.
    pub suggested: RingAndScale,
    /// The lowest cosine of a text if nothing but these values is rounded, in the suggested format.
    pub cosine_alone: f64,
}

/// A layer's formats.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerFormats {
    /// Names of scopes from the outermost inwards, joined by `/`; empty outside of all.
    pub path: String,
    /// Bytes of all parties together, as the formats are written.
    pub bytes_now: u64,
    /// With the suggested formats in all layers.
    pub bytes_suggested: u64,
    /// In the order in which values of them came first.
    pub formats: Vec<LayerFormat>,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Suggestion {
    /// The bound of the cosine.
    pub bound: f64,
    /// How many texts it was calibrated with.
    pub texts: usize,
    /// Whether the suggested formats keep the bound. If not, they are the best that were found.
    pub kept: bool,
    /// With the formats that are written.
    pub now: Outcome,
    /// With the suggested formats.
    pub suggested: Outcome,
    /// Layer by layer.
    pub layers: Vec<LayerFormats>,
    /// One format for each role in all layers; `None` if no roles were given.
    pub policy: Option<Policy>,
}

/// Searches for the cheapest formats of a computation, which gives one result for each text of a
/// calibration set. It is run some hundred times, on several threads. `roles` are the formats of its
/// precision policy; there may be none.
///
/// The reference is the computation itself in f64, with the approximations that it is written with.
///
/// # Errors
/// If the bound is not between 0 and 1, there is no text, or a value leaves its range in the formats as written.
pub fn suggest(
    computation: &(impl Fn(&mut FakeQuant) -> Result<Vec<Vec<f64>>, OutOfRange> + Sync),
    roles: &[Role],
    options: &SearchOptions,
    progress: Option<RunsObserver>,
) -> Result<Suggestion, SuggestError> {
    if !(options.cosine > 0.0 && options.cosine < 1.0) {
        return Err(SuggestError::Bound(options.cosine));
    }
    let budget = 1.0 - options.cosine;
    let trials = Trials::new(computation, options.depth.max(1), options.seed, progress)?;
    let found = search::search(&trials, budget)?;
    let policy = match roles {
        [] => None,
        roles => Some(Policy::new(roles, &found, &trials)),
    };
    Ok(Suggestion {
        bound: options.cosine,
        texts: trials.texts(),
        kept: found.trial.loss() <= budget,
        now: Outcome::of(&found.written),
        suggested: Outcome::of(&found.trial),
        layers: layers(&found),
        policy,
    })
}

fn layers(found: &Found) -> Vec<LayerFormats> {
    let suggested =
        |layer: &LayerNote| found.trial.layers.iter().find(|other| other.layer == layer.layer);
    let layer = |layer: &LayerNote| {
        let after = suggested(layer);
        let format = |site: &Site| -> FormatValue {
            let note = after.and_then(|after| after.sites.iter().find(|note| note.site == *site));
            note.map_or(site.written, |note| note.format)
        };
        let formats = layer.sites.iter().map(|note| LayerFormat {
            part: match note.site.kind {
                SiteKind::Weight => "weights",
                SiteKind::Value => "values",
            },
            now: note.site.written.into(),
            suggested: format(&note.site).into(),
            cosine_alone: 1.0 - found.alone.get(&note.site).copied().unwrap_or_default(),
        });
        LayerFormats {
            path: layer.layer.clone(),
            bytes_now: layer.bytes,
            bytes_suggested: after.map_or(0, |after| after.bytes),
            formats: formats.collect(),
        }
    };
    found.written.layers.iter().map(layer).collect()
}

#[cfg(test)]
mod tests;
