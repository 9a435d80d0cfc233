//! `ditto bench ops`.

use std::num::NonZeroUsize;

use anyhow::Result;
use clap::Args as ClapArgs;
use ditto_lab::operations;
use ditto_lab::report::json::OperationLine;
use ditto_net::NetworkProfile;

#[derive(Debug, ClapArgs)]
pub(crate) struct OpsArgs {
    /// How often to run each operation; the median counts
    #[arg(long, value_name = "N", default_value = "3")]
    runs: NonZeroUsize,

    /// Network that the parties' links imitate: `local`, `lan`, `wan`, or round trip in ms and rate
    /// in Mbit/s, such as `10:1000`
    #[arg(long, value_name = "NET", default_value = "local")]
    net: NetworkProfile,

    /// Print JSON, one object an operation
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &OpsArgs) -> Result<String> {
    let measured = operations::measure(args.net, args.runs.get())?;
    if args.json {
        let mut output = String::new();
        for measured in &measured {
            let line = OperationLine { measured, ahead: measured.is_ahead() };
            output += &serde_json::to_string(&line)?;
            output.push('\n');
        }
        return Ok(output);
    }
    Ok(operations::text(&measured))
}
