//! Arguments that several subcommands take.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args as ClapArgs, ValueEnum};
use ditto_dsl::layers::{Gelu, Maximum};
use ditto_net::NetworkProfile;
use ditto_runtime::{BackendChoice, PrecisionChoice, Transport};

/// What `embed` and `compare` take.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct CommonArgs {
    /// Folder with config.json, model.safetensors and tokenizer.json
    /// [default: models/all-MiniLM-L6-v2, fetched by scripts/fetch-minilm]
    #[arg(long, value_name = "DIR")]
    pub(crate) model: Option<PathBuf>,

    /// Formats: `ditto` is the paper's map (32 bits for linear layers, 64 for the rest), `fine` the
    /// same with more precise weights, `puma` 64 bits everywhere
    #[arg(long, value_name = "POLICY", value_enum, default_value_t = PrecisionArg::Ditto)]
    pub(crate) precision: PrecisionArg,

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
    #[arg(long, value_name = "KIND", value_enum, default_value_t = TransportArg::Memory)]
    pub(crate) transport: TransportArg,

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

/// The name of a value on the command line.
pub(crate) fn name(value: impl ValueEnum) -> String {
    let possible = value.to_possible_value();
    possible.map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Which formats the model runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrecisionArg {
    Ditto,
    Fine,
    Puma,
}

impl From<PrecisionArg> for PrecisionChoice {
    fn from(precision: PrecisionArg) -> Self {
        match precision {
            PrecisionArg::Ditto => PrecisionChoice::Ditto,
            PrecisionArg::Fine => PrecisionChoice::Fine,
            PrecisionArg::Puma => PrecisionChoice::Puma,
        }
    }
}

/// What the three parties talk over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransportArg {
    Memory,
    Tcp,
}

impl From<TransportArg> for Transport {
    fn from(transport: TransportArg) -> Self {
        match transport {
            TransportArg::Memory => Transport::Memory,
            TransportArg::Tcp => Transport::Tcp,
        }
    }
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

impl From<MaximumArg> for Maximum {
    fn from(maximum: MaximumArg) -> Self {
        match maximum {
            MaximumArg::Bound => Maximum::Bound,
            MaximumArg::Exact => Maximum::Exact,
        }
    }
}
