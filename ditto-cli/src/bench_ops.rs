//! `ditto bench ops`.

use std::fmt::Write;
use std::num::NonZeroUsize;

use anyhow::Result;
use clap::Args as ClapArgs;
use ditto_lab::operations::{self, Measured};
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
    Ok(table(&measured)?)
}

fn table(all: &[Measured]) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let name = "operation";
    writeln!(
        out,
        "{name:<22} {:>8} {:>9} {:>9} {:>7}  {:<6} others: ms / MB",
        "bits", "ms", "MB", "rounds", "ahead"
    )?;
    for measured in all {
        let peers = measured.peers.iter().map(|peer| {
            let bytes = peer.bytes as f64 / 1e6;
            format!("{} {:.0} / {bytes:.1}", peer.system, 1e3 * peer.seconds)
        });
        let peers: Vec<String> = peers.collect();
        writeln!(
            out,
            "{:<22} {:>8} {:>9.1} {:>9.2} {:>7}  {:<6} {}",
            measured.operation,
            measured.format,
            1e3 * measured.seconds,
            measured.bytes as f64 / 1e6,
            measured.rounds,
            if measured.is_ahead() { "yes" } else { "NO" },
            peers.join("; "),
        )?;
    }
    out.push_str(
        "\nahead: less time and fewer bytes of all parties than every other system here\n",
    );
    Ok(out)
}
