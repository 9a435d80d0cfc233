//! `ditto embed`.

use std::fmt::Write;

use anyhow::Result;
use clap::Args as ClapArgs;
use ditto_backends::rep3::AuditReport;
use ditto_lab::report::json::EmbeddingLine;
use ditto_lab::report::units::power_of_two;
use ditto_runtime::{BackendChoice, Embedding};

use crate::args::{BackendArg, CommonArgs};
use crate::embed_job::{EmbedJob, backend_name};

#[derive(Debug, ClapArgs)]
pub(crate) struct EmbedArgs {
    /// Where to compute: `rep3` is three parties, `additive` two parties and a dealer, `sim` an
    /// insecure simulation that finds values out of range, `plain` the f64 reference
    #[arg(long, value_enum, default_value_t = BackendArg::Rep3)]
    backend: BackendArg,

    /// On `plain`, compute the approximations that the layers are written with
    #[arg(long)]
    as_written: bool,

    /// On `rep3`, test in secret that every value stays in its range, and fail if one does not,
    /// naming the layer; the parties learn nothing of it, send 2.6 times as much, and take two to three
    /// and a half times as long
    #[arg(long)]
    audit: bool,

    #[command(flatten)]
    common: CommonArgs,
}

/// How many numbers of an embedding the summary shows.
const SHOWN: usize = 6;

pub(crate) fn run(args: &EmbedArgs) -> Result<String> {
    let backend = args.backend.choice(args.as_written, args.audit, args.common.transport.into())?;
    let job = EmbedJob::new(&args.common)?;
    let embeddings = job.embed(&args.common, backend)?;
    let mut output = String::new();
    for ((text, padded), embedding) in job.texts.iter().zip(&job.padded).zip(&embeddings) {
        let cost = embedding.report.total();
        let tokens = padded.ids.len();
        if args.common.json {
            let line = EmbeddingLine {
                text,
                tokens,
                embedding: &embedding.values,
                backend: backend_name(backend),
                seconds: embedding.seconds,
                rounds: cost.rounds,
                bytes_sent: cost.bytes,
                failure_probability: embedding.report.failure_probability(),
                batch: embedding.batch,
                audited_scopes: embedding.audit.as_ref().map(AuditReport::layers),
            };
            output += &serde_json::to_string(&line)?;
            output.push('\n');
        } else {
            summary(&mut output, text, tokens, padded.length, backend, embedding)?;
        }
    }
    Ok(output)
}

fn summary(
    output: &mut String,
    text: &str,
    tokens: usize,
    length: usize,
    backend: BackendChoice,
    embedding: &Embedding,
) -> Result<()> {
    let cost = embedding.report.total();
    writeln!(output, "{text}")?;
    write!(
        output,
        "  {tokens} tokens padded to {length}, {}: {:.2} s",
        backend_name(backend),
        embedding.seconds
    )?;
    if cost.rounds > 0 {
        let megabytes = cost.total_bytes() as f64 / 1e6;
        write!(output, ", {} rounds, {megabytes:.1} MB sent by all parties", cost.rounds)?;
    }
    let failure = embedding.report.failure_probability();
    if failure > 0.0 {
        write!(output, ", fails with a probability of {} at most", power_of_two(failure))?;
    }
    if embedding.batch > 1 {
        write!(output, ", for {} texts together", embedding.batch)?;
    }
    if let Some(audit) = &embedding.audit {
        write!(output, ", no value found out of range in {} scopes", audit.layers())?;
    }
    let first: Vec<String> =
        embedding.values.iter().take(SHOWN).map(|v| format!("{v:+.5}")).collect();
    let more = if embedding.values.len() > SHOWN { ", .." } else { "" };
    writeln!(output, "\n  [{}{more}] ({} numbers)", first.join(", "), embedding.values.len())?;
    Ok(())
}
