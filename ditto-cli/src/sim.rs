//! `ditto sim`: what happens to the values in each layer, and what each costs.

use std::fs::File;
use std::io::{self, BufReader};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args as ClapArgs;
use ditto_lab::model_names;
use ditto_lab::numerics::{self, Inspection};
use ditto_lab::precision_search::{self, Suggestion};
use ditto_models::bert::BertOptions;
use ditto_models::tokenizer::read_texts;
use ditto_net::NetworkProfile;
use ditto_runtime::{BackendChoice, Embed, Run};
use serde::Serialize;

use crate::args::{GeluArg, MaximumArg, PrecisionArg, name};
use crate::embed_job::EmbedJob;
use crate::output::{check_page, write_page};
use crate::progress::Bar;

#[derive(Debug, ClapArgs)]
pub(crate) struct SimArgs {
    /// `minilm`, or a folder with config.json, model.safetensors and tokenizer.json
    #[arg(value_name = "MODEL", default_value = "minilm")]
    model: String,

    /// A text; may be given several times. Without any, and without --texts, lines of standard input
    #[arg(long = "text", value_name = "TEXT", conflicts_with = "texts")]
    text: Vec<String>,

    /// A file with a text a line
    #[arg(long, value_name = "FILE")]
    texts: Option<PathBuf>,

    /// GeLU: `poly`, `puma` or `quad`, as for `ditto embed`
    #[arg(long, value_enum, default_value_t = GeluArg::Poly)]
    gelu: GeluArg,

    /// What a softmax takes for its rows' maxima: `bound` or `exact`, as for `ditto embed`
    #[arg(long, value_enum, default_value_t = MaximumArg::Bound)]
    maximum: MaximumArg,

    /// Formats: `ditto`, `fine` or `puma`, as for `ditto embed`
    #[arg(long, value_name = "POLICY", value_enum, default_value_t = PrecisionArg::Ditto)]
    precision: PrecisionArg,

    /// Pad every text to N tokens [default: the next multiple of 32]
    #[arg(long, value_name = "N")]
    pad: Option<usize>,

    /// Texts of equal padded length in one pass
    #[arg(long, value_name = "N", default_value = "1")]
    batch: NonZeroUsize,

    /// Draw the rounding noise from this seed
    #[arg(long, value_name = "N", default_value = "0")]
    seed: u64,

    /// Show scopes inside of scopes down to this many levels
    #[arg(long, value_name = "N", default_value = "2")]
    depth: NonZeroUsize,

    /// Also search for the cheapest formats of each layer that keep every text's cosine to the reference
    /// above a bound; a layer is a scope of at most --depth names
    ///
    /// The texts are the calibration set: ten or more sentences of the kind that the model is for. It is
    /// a search, not a proof about other texts.
    #[arg(long)]
    suggest: bool,

    /// The bound of --suggest, above 0 and below 1
    #[arg(long, value_name = "BOUND", default_value = "0.999", value_parser = bound, requires = "suggest")]
    cosine: f64,

    /// Print one JSON object, with the scopes of all levels
    #[arg(long)]
    json: bool,

    /// Also write a page with headroom, error and cost of each layer, and suggested formats, as pictures
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    inspection: Inspection,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<Suggestion>,
}

/// A bound of the cosine.
fn bound(value: &str) -> Result<f64, String> {
    match value.parse() {
        Ok(bound) if bound > 0.0 && bound < 1.0 => Ok(bound),
        _ => Err("a cosine's bound is a number above 0 and below 1, such as 0.999".to_owned()),
    }
}

impl SimArgs {
    fn suggest(&self, run: &Run<Embed<'_>>, job: &EmbedJob) -> Result<Option<Suggestion>> {
        if !self.suggest {
            return Ok(None);
        }
        let options = precision_search::SearchOptions {
            cosine: self.cosine,
            depth: self.depth.get(),
            seed: self.seed,
        };
        let bar = Bar::of_runs();
        let show = |done, expected| bar.show(done, expected);
        let suggestion = precision_search::suggest_for_run(run, &job.padded, &options, Some(&show));
        bar.finish();
        Ok(Some(suggestion?))
    }

    fn read_texts(&self) -> Result<Vec<String>> {
        if !self.text.is_empty() {
            return Ok(self.text.clone());
        }
        let Some(path) = &self.texts else {
            return Ok(read_texts(io::stdin().lock())?);
        };
        let about = || format!("cannot read texts from {}", path.display());
        read_texts(BufReader::new(File::open(path).with_context(about)?)).with_context(about)
    }
}

pub(crate) fn run(args: &SimArgs) -> Result<String> {
    let folder = model_names::folder(&args.model);
    check_page(args.report.as_deref())?;
    let job = EmbedJob::open(folder, args.read_texts()?, args.pad)?;
    let run = Run {
        task: Embed {
            config: &job.folder.config,
            weights: &job.folder.weights,
            options: BertOptions { gelu: args.gelu.into(), maximum: args.maximum.into() },
        },
        backend: BackendChoice::Sim,
        precision: args.precision.into(),
        batch: args.batch.get(),
        net: NetworkProfile::LOCAL,
        seed: Some(args.seed),
    };
    let layers = job.folder.config.num_hidden_layers;
    let bar = Bar::new(run.backend, job.texts.len(), layers + 2);
    let inspection = numerics::inspect(&run, &job.padded, bar.observer());
    bar.finish();
    let inspection = inspection?;
    let suggestion = args.suggest(&run, &job)?;
    let depth = args.depth.get();
    let texts = match job.texts.len() {
        1 => "1 text".to_owned(),
        n => format!("{n} texts"),
    };
    let title = format!(
        "{}, {texts}; precision {}, GeLU {}, maximum {}",
        args.model,
        name(args.precision),
        name(args.gelu),
        name(args.maximum)
    );
    if let Some(path) = &args.report {
        let more = suggestion.as_ref().map(precision_search::section).unwrap_or_default();
        write_page(path, &numerics::page(&title, &inspection, &more, depth))?;
    }
    if args.json {
        let found = Found { inspection, suggestion };
        return Ok(serde_json::to_string(&found)? + "\n");
    }
    let mut out = format!("{title}\n{}", numerics::text(&inspection, depth));
    if let Some(suggestion) = &suggestion {
        out = format!("{out}\n{}", precision_search::text(suggestion));
    }
    Ok(out)
}
