//! The `ditto` command.
//!
//! Every error is one message on standard error and exit code 2; results are printed only when all
//! of them are there. That nobody reads them is an error too: they would be lost without a word.

#![forbid(unsafe_code)]

mod args;
mod bench;
mod bench_ops;
mod compare;
mod embed;
mod embed_job;
mod machine;
mod output;
mod plan;
mod progress;
mod sim;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ditto_core::isa::Isa;

use bench::BenchArgs;
use compare::CompareArgs;
use embed::EmbedArgs;
use plan::PlanArgs;
use sim::SimArgs;

/// Private Transformer inference: sentence embeddings computed by three parties, none of which
/// learns the text, its length, or the model's weights.
#[derive(Debug, Parser)]
#[command(name = "ditto", version, arg_required_else_help = true)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
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

/// The exit code of every failure.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args.command).and_then(|text| output::print(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do if standard error is closed too.
            let _ = writeln!(io::stderr(), "ditto: {}", message(&error));
            ExitCode::from(FAILED)
        }
    }
}

fn run(command: &Command) -> anyhow::Result<String> {
    // Before anything is read: what the environment asks for has to be there.
    Isa::select()?;
    match command {
        Command::Embed(args) => embed::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Plan(args) => plan::run(args),
        Command::Sim(args) => sim::run(args),
    }
}

/// An error and its causes, each told once: some repeat their cause in their own text.
fn message(error: &anyhow::Error) -> String {
    let mut message = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !message.contains(&cause) {
            let colon = if message.is_empty() { "" } else { ": " };
            message = format!("{message}{colon}{cause}");
        }
    }
    message
}
