//! `ditto compare`.

use std::fmt::Write;

use anyhow::Result;
use clap::Args as ClapArgs;
use ditto_lab::report::json::ComparisonLine;
use ditto_lab::report::units::power_of_two;
use ditto_runtime::{BackendChoice, cosine};

use crate::args::{CommonArgs, GeluArg, name};
use crate::embed_job::{EmbedJob, backend_name};

#[derive(Debug, ClapArgs)]
pub(crate) struct CompareArgs {
    #[command(flatten)]
    common: CommonArgs,
}

pub(crate) fn run(args: &CompareArgs) -> Result<String> {
    let transport = args.common.transport.into();
    let backends = [
        BackendChoice::Plain { as_written: false },
        BackendChoice::Plain { as_written: true },
        BackendChoice::Sim,
        BackendChoice::Rep3(transport),
    ];
    let job = EmbedJob::new(&args.common)?;
    let mut results = Vec::with_capacity(backends.len());
    for backend in backends {
        results.push(job.embed(&args.common, backend)?);
    }
    // `poly` stands for what the model has, and `plain` computes that truly.
    let own = CommonArgs { gelu: GeluArg::Poly, ..args.common.clone() };
    let is_own = args.common.gelu == own.gelu;
    let of_model = match is_own {
        true => None,
        false => Some(job.embed(&own, BackendChoice::Plain { as_written: false })?),
    };
    let mut output = String::new();
    for (i, text) in job.texts.iter().enumerate() {
        let reference = &results[0][i].values;
        let model = of_model.as_ref().map_or(reference, |embeddings| &embeddings[i].values);
        let rows = backends.iter().zip(&results).map(|(&backend, embeddings)| {
            let embedding = &embeddings[i];
            let cost = embedding.report.total();
            ComparisonLine {
                text,
                backend: backend_name(backend),
                cosine: cosine(reference, &embedding.values),
                model_cosine: cosine(model, &embedding.values),
                seconds: embedding.seconds,
                rounds: cost.rounds,
                bytes_sent: cost.bytes,
                failure_probability: embedding.report.failure_probability(),
            }
        });
        let rows: Vec<ComparisonLine<'_>> = rows.collect();
        if args.common.json {
            for row in &rows {
                output += &serde_json::to_string(row)?;
                output.push('\n');
            }
        } else {
            let padded = &job.padded[i];
            writeln!(output, "{text}\n  {} tokens padded to {}", padded.ids.len(), padded.length)?;
            table(&mut output, &rows)?;
            if let Some(rep3) = rows.last().filter(|_| !is_own) {
                let gelu = name(args.common.gelu);
                writeln!(
                    output,
                    "  to the model with the GeLU of its config.json, the cosine of rep3 with `{gelu}` is \
                     {:.6}",
                    rep3.model_cosine
                )?;
            }
        }
    }
    Ok(output)
}

fn table(output: &mut String, rows: &[ComparisonLine<'_>]) -> Result<()> {
    writeln!(
        output,
        "  {:<17} {:>9} {:>9} {:>7} {:>30} {:>13}",
        "backend", "cosine", "seconds", "rounds", "MB sent by parties 0, 1, 2", "fails with <="
    )?;
    for row in rows {
        let each = row.bytes_sent.iter().map(|&b| format!("{:.1}", b as f64 / 1e6));
        let megabytes = each.collect::<Vec<_>>().join(", ");
        writeln!(
            output,
            "  {:<17} {:>9.6} {:>9.3} {:>7} {:>30} {:>13}",
            row.backend,
            row.cosine,
            row.seconds,
            row.rounds,
            megabytes,
            power_of_two(row.failure_probability)
        )?;
    }
    Ok(())
}
