//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use ditto_dsl::layers::{Gelu, Maximum};
use ditto_models::run::{BackendChoice, PrecisionChoice, Transport};
use ditto_net::NetworkProfile;

use crate::bench::BenchArgs;
use crate::plan::PlanArgs;
use crate::sim::SimArgs;

/// Private Transformer inference: sentence embeddings computed by three parties, none of which
/// learns the text, its length, or the model's weights.
#[derive(Debug, Parser)]
#[command(name = "ditto", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Embed texts with a BERT model, by default on three parties
    ///
    /// The embedding is the mean over the tokens' last hidden states, scaled to length 1.
    #[command(after_help = "Examples:\n  \
        ditto embed \"The weather is lovely today.\"\n  \
        ditto embed --json --pad 128 < sentences.txt > embeddings.jsonl\n  \
        ditto embed --backend sim --precision fine \"Which layer leaves its range?\"")]
    Embed(EmbedArgs),
    /// Run texts on plain, sim and rep3 and show how close the results are and what they cost
    ///
    /// The cosine is to `plain`, which computes what --gelu names. Where that is not the GeLU of the
    /// model's config.json, as for `quad`, a line (in JSON, `model_cosine`) says how close the result is
    /// to the model as it is.
    #[command(
        after_help = "Example:\n  ditto compare --precision fine \"A man is playing a guitar.\""
    )]
    Compare(CompareArgs),
    /// Measure a model on three parties beside plain f32, or with `ops` single operations
    ///
    /// Times are those of forward passes: loading and sharing are not in them.
    #[command(after_help = "Examples:\n  \
        ditto bench bert-base --gelu quad\n  \
        ditto bench minilm --batch 8 --net lan --report minilm.html\n  \
        ditto bench ops")]
    Bench(BenchArgs),
    /// Say at once what a forward pass would cost: rounds and bytes exactly, the time by a model
    ///
    /// Nothing is computed and no weight is read. The predicted time is that of the machine in
    /// BENCHMARKS.md, with all three parties on it.
    #[command(after_help = "Examples:\n  \
        ditto plan bert-base --gelu quad --net wan\n  \
        ditto plan bert-large --seq 512 --batch 4 --json")]
    Plan(PlanArgs),
    /// Simulate texts and show what happens to the values in each layer: the room that is left in its
    /// formats, the error of quantization, and what the layer costs
    ///
    /// A value that leaves its range ends the run with an error that names the layer, the operation,
    /// the value, and the smallest format that holds it.
    #[command(after_help = "Examples:\n  \
        ditto sim minilm --text \"The weather is lovely today.\"\n  \
        ditto sim path/to/model --texts sentences.txt --precision fine --report layers.html")]
    Sim(SimArgs),
}

/// What both commands take.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct CommonArgs {
    /// Folder with config.json, model.safetensors and tokenizer.json
    /// [default: models/all-MiniLM-L6-v2, fetched by scripts/fetch-minilm]
    #[arg(long, value_name = "DIR")]
    pub(crate) model: Option<PathBuf>,

    /// Formats: `ditto` is the paper's map (32 bits for linear layers, 64 for the rest), `fine` the
    /// same with more precise weights, `puma` 64 bits everywhere
    #[arg(long, value_name = "POLICY", default_value = "ditto", value_parser = ["ditto", "fine", "puma"])]
    pub(crate) precision: String,

    /// GeLU: `poly` for models as they come, `puma` the same by PUMA's less exact polynomials,
    /// `quad` for models distilled with the quadratic
    #[arg(long, value_enum, default_value_t = GeluArg::Poly)]
    pub(crate) gelu: GeluArg,

    /// What a softmax takes for its rows' maxima: `bound` is a bound near it in few rounds, `exact` the
    /// maximum itself, in fewer bytes and about 52 rounds more a layer; results differ by rounding
    ///
    /// With `exact` the protocols open nothing, not even masked: a party that deviates from them makes
    /// the result wrong and learns nothing from it. SECURITY.md has more.
    #[arg(long, value_enum, default_value_t = MaximumArg::Bound)]
    pub(crate) maximum: MaximumArg,

    /// Pad every text to N tokens; the padded length is public, the true one is not
    /// [default: the next multiple of 32]
    #[arg(long, value_name = "N")]
    pub(crate) pad: Option<usize>,

    /// Compute up to N texts at the same time: the time that each takes falls, the time until its
    /// result is there grows; seconds, rounds and bytes are then those of the batch
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) batch: NonZeroUsize,

    /// What the three parties talk over: channels in memory, or TCP with TLS on this machine
    #[arg(long, value_name = "KIND", default_value = "memory", value_parser = ["memory", "tcp"])]
    pub(crate) transport: String,

    /// Network that the parties' links imitate: `local`, `lan` (0.4 ms, 5 Gbit/s), `wan` (40 ms,
    /// 400 Mbit/s), or round trip in ms and rate in Mbit/s, such as `10:1000`
    #[arg(long, value_name = "NET", default_value = "local")]
    pub(crate) net: NetworkProfile,

    /// Replay all randomness from a seed, for debugging; a seeded run protects nothing
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Print JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,

    /// The texts; without any, lines of standard input
    #[arg(value_name = "TEXT")]
    pub(crate) texts: Vec<String>,
}

impl CommonArgs {
    pub(crate) fn precision(&self) -> anyhow::Result<PrecisionChoice> {
        self.precision.parse().map_err(anyhow::Error::msg)
    }

    pub(crate) fn transport(&self) -> anyhow::Result<Transport> {
        self.transport.parse().map_err(anyhow::Error::msg)
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct EmbedArgs {
    /// Where to compute: `rep3` is three parties, `additive` two parties and a dealer, `sim` an
    /// insecure simulation that finds values out of range, `plain` the f64 reference
    #[arg(long, value_enum, default_value_t = BackendArg::Rep3)]
    pub(crate) backend: BackendArg,

    /// On `plain`, compute the approximations that the layers are written with
    #[arg(long)]
    pub(crate) as_written: bool,

    /// On `rep3`, test in secret that every value stays in its range, and fail if one does not,
    /// naming the layer; the parties learn nothing of it, send 2.6 times as much, and take two to three
    /// and a half times as long
    #[arg(long)]
    pub(crate) audit: bool,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CompareArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendArg {
    Plain,
    Sim,
    Rep3,
    Additive,
}

impl BackendArg {
    /// The backend, over a transport that it has.
    pub(crate) fn choice(
        self,
        as_written: bool,
        audit: bool,
        transport: Transport,
    ) -> anyhow::Result<BackendChoice> {
        if as_written && self != Self::Plain {
            bail!("--as-written is for --backend plain: the others always compute that");
        }
        if audit && self != Self::Rep3 {
            bail!(
                "--audit is for --backend rep3: `sim` reports values out of range by itself, and \
                 the others do not test them"
            );
        }
        Ok(match (self, transport) {
            (Self::Plain, _) => BackendChoice::Plain { as_written },
            (Self::Sim, _) => BackendChoice::Sim,
            (Self::Rep3, transport) if audit => BackendChoice::Rep3Audited(transport),
            (Self::Rep3, transport) => BackendChoice::Rep3(transport),
            (Self::Additive, Transport::Memory) => BackendChoice::Additive,
            (Self::Additive, Transport::Tcp) => bail!(
                "--backend additive runs over memory channels only: leave out --transport tcp, or \
                 take --backend rep3"
            ),
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GeluArg {
    Poly,
    Puma,
    Quad,
}

impl GeluArg {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            GeluArg::Poly => "poly",
            GeluArg::Puma => "puma",
            GeluArg::Quad => "quad",
        }
    }
}

impl From<GeluArg> for Gelu {
    fn from(gelu: GeluArg) -> Self {
        match gelu {
            GeluArg::Poly => Gelu::Poly,
            GeluArg::Puma => Gelu::Puma,
            GeluArg::Quad => Gelu::Quad,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MaximumArg {
    Bound,
    Exact,
}

impl MaximumArg {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            MaximumArg::Bound => "bound",
            MaximumArg::Exact => "exact",
        }
    }
}

impl From<MaximumArg> for Maximum {
    fn from(maximum: MaximumArg) -> Self {
        match maximum {
            MaximumArg::Bound => Maximum::Bound,
            MaximumArg::Exact => Maximum::Exact,
        }
    }
}
