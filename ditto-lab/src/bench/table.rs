//! An outcome as text for a terminal.

use std::fmt::Write;

use super::benchmark::Benchmark;
use crate::cost_model::Machine;
use crate::report::units::{megabytes, power_of_two};

/// A few lines of figures, then the split by kind of layer.
pub fn text(outcome: &Benchmark) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_text(&mut out, outcome);
    out
}

fn write_text(out: &mut String, outcome: &Benchmark) -> std::fmt::Result {
    let texts = match outcome.batch {
        1 => "1 text".to_owned(),
        n => format!("{n} texts"),
    };
    let setting: Vec<_> = outcome.setting.iter().map(|(name, v)| format!("{name} {v}")).collect();
    writeln!(out, "{}, {texts} of {} tokens; {}", outcome.model, outcome.seq, setting.join(", "))?;
    let runs: Vec<_> = outcome.runs.iter().map(|s| format!("{s:.3}")).collect();
    writeln!(out, "  time       {:.3} s, the median of {}", outcome.seconds, runs.join(", "))?;
    if let Some(predicted) = &outcome.predicted {
        writeln!(out, "  predicted  {:.3} s, {predicted}", predicted.seconds)?;
        if outcome.machine != Machine::REFERENCE {
            writeln!(out, "  machine    {}", outcome.machine)?;
        }
    }
    if outcome.batch > 1 {
        writeln!(out, "  a text     {:.3} s", outcome.seconds / outcome.batch as f64)?;
    }
    let plain = outcome.plain_seconds;
    writeln!(out, "  plain f32  {plain:.4} s on all cores: {:.1} times faster", outcome.ratio)?;
    writeln!(out, "  rounds     {}", outcome.rounds)?;
    let each: Vec<String> = outcome.bytes_sent.iter().map(|&bytes| megabytes(bytes)).collect();
    let each = each.join(" + ");
    writeln!(out, "  sent       {each} = {} MB", megabytes(outcome.total_bytes()))?;
    let failure = power_of_two(outcome.failure_probability);
    writeln!(out, "  failure    with a probability of {failure} at most")?;
    if let Some(peak) = outcome.peak_rss_bytes {
        let gib = peak as f64 / f64::from(1 << 30);
        write!(out, "  memory     {gib:.2} GiB at the peak of the whole process")?;
        if outcome.has_parties {
            let third = gib / 3.0;
            let what = "all three parties, the model in the clear, and sharing it";
            write!(out, ": {what}; a third of it is {third:.2} GiB")?;
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "\n  {:<12} {:>9} {:>6} {:>7} {:>11} {:>6}",
        "", "seconds", "", "rounds", "MB", ""
    )?;
    let share = |part: f64, whole: f64| match whole > 0.0 {
        true => format!("{:.0}%", 100.0 * part / whole),
        false => "-".to_owned(),
    };
    let seconds: f64 = outcome.split.iter().map(|(_, part)| part.seconds).sum();
    for (kind, part) in outcome.split.iter() {
        writeln!(
            out,
            "  {:<12} {:>9.3} {:>6} {:>7} {:>11} {:>6}",
            kind.title(),
            part.seconds,
            share(part.seconds, seconds),
            part.rounds,
            megabytes(part.bytes),
            share(part.bytes as f64, outcome.total_bytes() as f64),
        )?;
    }
    operations(out, outcome)
}

/// What the run was spent on, the longest first.
fn operations(out: &mut String, outcome: &Benchmark) -> std::fmt::Result {
    let mut operations = outcome.report.operations();
    operations.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    if operations.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n  {:<22} {:>5} {:>7} {:>9} {:>7} {:>11}",
        "", "ring", "calls", "seconds", "rounds", "MB"
    )?;
    for operation in operations {
        writeln!(
            out,
            "  {:<22} {:>5} {:>7} {:>9.3} {:>7} {:>11}",
            operation.operation,
            operation.ring,
            operation.calls,
            operation.seconds,
            operation.cost.rounds,
            megabytes(operation.cost.total_bytes()),
        )?;
    }
    Ok(())
}
