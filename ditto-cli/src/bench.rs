//! `ditto bench`: a model, or with `ops` single operations.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args as ClapArgs, Subcommand};
use ditto_lab::bench::{Model, model, page, table};
use ditto_models::bert::BertOptions;
use ditto_net::NetworkProfile;
use ditto_runtime::{BackendChoice, Embed, Run};

use crate::args::{BackendArg, GeluArg, MaximumArg, PrecisionArg, TransportArg, name};
use crate::bench_ops::{self, OpsArgs};
use crate::embed_job::backend_name;
use crate::machine::MachineArgs;
use crate::output::{check_page, write_page};
use crate::progress::Bar;

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    what: Option<What>,

    #[command(flatten)]
    model: ModelArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Measure single operations on three parties, beside the figures of other systems
    Ops(OpsArgs),
}

#[derive(Debug, ClapArgs)]
struct ModelArgs {
    /// `bert-base`, `bert-large`, `minilm`, or a model folder, of which a config.json is enough; where
    /// there are no weights, random ones
    #[arg(value_name = "MODEL", required = true)]
    model: Option<String>,

    /// Tokens of every text
    #[arg(long, value_name = "N", default_value = "128")]
    seq: usize,

    /// Texts that are computed at the same time
    #[arg(long, value_name = "N", default_value = "1")]
    batch: NonZeroUsize,

    /// GeLU: `poly`, `puma` or `quad`, as for `ditto embed`
    #[arg(long, value_enum, default_value_t = GeluArg::Poly)]
    gelu: GeluArg,

    /// What a softmax takes for its rows' maxima: `bound` or `exact`, as for `ditto embed`
    #[arg(long, value_enum, default_value_t = MaximumArg::Bound)]
    maximum: MaximumArg,

    /// Formats: `ditto`, `fine` or `puma`, as for `ditto embed`
    #[arg(long, value_name = "POLICY", value_enum, default_value_t = PrecisionArg::Ditto)]
    precision: PrecisionArg,

    /// Where to compute
    #[arg(long, value_enum, default_value_t = BackendArg::Rep3)]
    backend: BackendArg,

    /// On `rep3`, test that every value stays in its range, as `ditto embed --audit` does
    #[arg(long)]
    audit: bool,

    /// What the three parties talk over: channels in memory, or TCP with TLS on this machine
    #[arg(long, value_name = "KIND", value_enum, default_value_t = TransportArg::Memory)]
    transport: TransportArg,

    /// Network that the parties' links imitate: `local`, `lan`, `wan`, or round trip in ms and rate
    /// in Mbit/s, such as `10:1000`
    #[arg(long, value_name = "NET", default_value = "local")]
    net: NetworkProfile,

    /// How often to run; the median counts
    #[arg(long, value_name = "N", default_value = "3")]
    runs: NonZeroUsize,

    #[command(flatten)]
    machine: MachineArgs,

    /// Print one JSON object
    #[arg(long)]
    json: bool,

    /// Also write a page with the figures as pictures
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
}

pub(crate) fn run(args: &BenchArgs) -> Result<String> {
    match &args.what {
        Some(What::Ops(args)) => bench_ops::run(args),
        None => run_model(&args.model),
    }
}

fn run_model(args: &ModelArgs) -> Result<String> {
    let name = args.model.as_deref().context("no model; see ditto bench --help")?;
    let backend = args.backend.choice(false, args.audit, args.transport.into())?;
    check_page(args.report.as_deref())?;
    let Model { name, config, weights } = Model::find(name)?;
    let machine = args.machine.machine()?;
    let run = Run {
        task: Embed {
            config: &config,
            weights: &weights,
            options: BertOptions { gelu: args.gelu.into(), maximum: args.maximum.into() },
        },
        backend,
        precision: args.precision.into(),
        batch: args.batch.get(),
        net: args.net,
        seed: None,
    };
    let runs = args.runs.get();
    let bar = Bar::new(backend, runs, config.num_hidden_layers + 2);
    let outcome = model::measure(&name, &run, args.seq, runs, &machine, bar.observer());
    bar.finish();
    let mut outcome = outcome?;
    outcome.setting = args.setting(backend);
    if let Some(path) = &args.report {
        write_page(path, &page::html(&outcome))?;
    }
    match args.json {
        true => Ok(serde_json::to_string(&outcome)? + "\n"),
        false => Ok(table::text(&outcome)),
    }
}

impl ModelArgs {
    /// How the model was run, for people to read.
    fn setting(&self, backend: BackendChoice) -> Vec<(&'static str, String)> {
        let mut setting = vec![
            ("backend", backend_name(backend).to_owned()),
            ("precision", name(self.precision)),
            ("GeLU", name(self.gelu)),
            ("maximum", name(self.maximum)),
        ];
        if let BackendChoice::Rep3Audited(_) = backend {
            setting.push(("audit", "yes".to_owned()));
        }
        if !matches!(backend, BackendChoice::Plain { .. } | BackendChoice::Sim) {
            let net = match self.net {
                NetworkProfile::LOCAL => "local".to_owned(),
                net => net.to_string(),
            };
            setting.extend([("transport", name(self.transport)), ("net", net)]);
        }
        setting
    }
}
