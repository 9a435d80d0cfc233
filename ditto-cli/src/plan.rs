//! `ditto plan`: what a forward pass would cost, without running it.

use std::num::NonZeroUsize;

use anyhow::Result;
use clap::Args as ClapArgs;
use ditto_lab::cost_model::{self, BatchShape};
use ditto_lab::model_names;
use ditto_lab::report::json::PlanLine;
use ditto_models::bert::BertOptions;
use ditto_net::NetworkProfile;

use crate::args::{GeluArg, MaximumArg, PrecisionArg, name};
use crate::machine::MachineArgs;

#[derive(Debug, ClapArgs)]
pub(crate) struct PlanArgs {
    /// `bert-base`, `bert-large`, `minilm`, or a folder with a config.json
    #[arg(value_name = "MODEL")]
    model: String,

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

    /// Network to predict the time on: `local`, `lan`, `wan`, or round trip in ms and rate in
    /// Mbit/s, such as `10:1000`
    #[arg(long, value_name = "NET", default_value = "local")]
    net: NetworkProfile,

    #[command(flatten)]
    machine: MachineArgs,

    /// Print one JSON object, with every scope and operation
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &PlanArgs) -> Result<String> {
    let config = model_names::sizes(&args.model)?;
    let batch = BatchShape {
        precision: args.precision.into(),
        options: BertOptions { gelu: args.gelu.into(), maximum: args.maximum.into() },
        seq: args.seq,
        texts: args.batch.get(),
    };
    let plan = cost_model::plan(&config, &batch, &args.machine.machine()?, args.net)?;
    let net = match args.net {
        NetworkProfile::LOCAL => "local".to_owned(),
        net => net.to_string(),
    };
    let line = PlanLine {
        model: &args.model,
        seq: args.seq,
        batch: args.batch.get(),
        precision: name(args.precision),
        gelu: name(args.gelu),
        maximum: name(args.maximum),
        net,
        plan: &plan,
    };
    if args.json {
        return Ok(serde_json::to_string(&line)? + "\n");
    }
    let texts = match line.batch {
        1 => "1 text".to_owned(),
        n => format!("{n} texts"),
    };
    let title = format!(
        "{}, {texts} of {} tokens; precision {}, GeLU {}, maximum {}, net {}; all parties on one machine",
        line.model, line.seq, line.precision, line.gelu, line.maximum, line.net
    );
    Ok(cost_model::text(&title, &plan))
}
