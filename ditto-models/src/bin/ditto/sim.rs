//! `ditto sim`: what happens to the values in each layer, and what each costs.

use std::fs::File;
use std::io::{self, BufReader};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args as ClapArgs;
use ditto_backends::rep3::net::shaped::Shape;
use ditto_models::bert::Options;
use ditto_models::folder::{default_folder, read_texts};
use ditto_models::inspect;
use ditto_models::run::{BackendChoice, Run};

use crate::args::GeluArg;
use crate::progress::Bar;
use crate::work::Work;

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

    /// Formats: `ditto`, `fine` or `puma`, as for `ditto embed`
    #[arg(long, value_name = "POLICY", default_value = "ditto", value_parser = ["ditto", "fine", "puma"])]
    precision: String,

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

    /// Print one JSON object, with the scopes of all levels
    #[arg(long)]
    json: bool,

    /// Also write a page with headroom, error and cost of each layer as pictures
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
}

impl SimArgs {
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
    let folder = match args.model.as_str() {
        "minilm" => default_folder(),
        path => PathBuf::from(path),
    };
    let precision = args.precision.parse().map_err(anyhow::Error::msg)?;
    let work = Work::open(folder, args.read_texts()?, args.pad)?;
    let run = Run {
        config: &work.folder.config,
        weights: &work.folder.weights,
        backend: BackendChoice::Sim,
        precision,
        options: Options { gelu: args.gelu.into() },
        batch: args.batch.get(),
        net: Shape::LOCAL,
        seed: Some(args.seed),
    };
    let layers = work.folder.config.num_hidden_layers;
    let bar = Bar::new(run.backend, work.texts.len(), layers + 2);
    let inspection = run.inspect(&work.padded, bar.observer());
    bar.finish();
    let inspection = inspection?;
    let depth = args.depth.get();
    let texts = match work.texts.len() {
        1 => "1 text".to_owned(),
        n => format!("{n} texts"),
    };
    let title =
        format!("{}, {texts}; precision {}, GeLU {}", args.model, args.precision, args.gelu.name());
    if let Some(path) = &args.report {
        std::fs::write(path, inspect::html(&title, &inspection, depth))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    match args.json {
        true => Ok(serde_json::to_string(&inspection)? + "\n"),
        false => Ok(format!("{title}\n{}", inspect::text(&inspection, depth))),
    }
}
