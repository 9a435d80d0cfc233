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
mod machine;
mod output;
mod plan;
mod progress;
mod sim;
mod work;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use ditto_core::gemm::Isa;

use args::{Args, Command};

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
