//! The `ditto` command.
//!
//! Every error is one message on standard error and exit code 2; results are printed only when all
//! of them are there.

#![forbid(unsafe_code)]

mod args;
mod bench;
mod bench_ops;
mod compare;
mod embed;
mod machine;
mod plan;
mod progress;
mod sim;
mod work;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

/// The exit code of every failure.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let args = Args::parse();
    let output = match args.command {
        Command::Embed(args) => embed::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Sim(args) => sim::run(&args),
    };
    match output.and_then(|text| print(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do if standard error is closed too.
            let _ = writeln!(io::stderr(), "ditto: {}", message(&error));
            ExitCode::from(FAILED)
        }
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

/// Writes the whole output; a reader that has gone away is not an error.
fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("cannot write the output"))
        }
        _ => Ok(()),
    }
}
