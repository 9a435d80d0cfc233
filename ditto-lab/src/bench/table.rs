//! An outcome as text for a terminal.

use super::benchmark::Benchmark;
use crate::cost_model::Machine;
use crate::report::table::{Column, figures, table};
use crate::report::units::{megabytes, power_of_two};

/// A few lines of figures, then the split by kind of layer, then what the run was spent on.
pub fn text(outcome: &Benchmark) -> String {
    let texts = match outcome.batch {
        1 => "1 text".to_owned(),
        n => format!("{n} texts"),
    };
    let setting: Vec<_> = outcome.setting.iter().map(|(name, v)| format!("{name} {v}")).collect();
    let title =
        format!("{}, {texts} of {} tokens; {}", outcome.model, outcome.seq, setting.join(", "));
    let parts = [title, figures(lines(outcome)), String::new(), split(outcome)];
    let mut text = parts.join("\n") + "\n";
    if let Some(operations) = operations(outcome) {
        text = format!("{text}\n{operations}\n");
    }
    text
}

/// The figures of the whole run.
fn lines(outcome: &Benchmark) -> Vec<(&'static str, String)> {
    let runs: Vec<_> = outcome.runs.iter().map(|s| format!("{s:.3}")).collect();
    let mut lines =
        vec![("time", format!("{:.3} s, the median of {}", outcome.seconds, runs.join(", ")))];
    if let Some(predicted) = &outcome.predicted {
        lines.push(("predicted", format!("{:.3} s, {predicted}", predicted.seconds)));
        if outcome.machine != Machine::REFERENCE {
            lines.push(("machine", outcome.machine.to_string()));
        }
    }
    if outcome.batch > 1 {
        lines.push(("a text", format!("{:.3} s", outcome.seconds / outcome.batch as f64)));
    }
    let plain = outcome.plain_seconds;
    let plain = format!("{plain:.4} s on all cores: {:.1} times faster", outcome.ratio);
    let each: Vec<String> = outcome.bytes_sent.iter().map(|&bytes| megabytes(bytes)).collect();
    let failure = power_of_two(outcome.failure_probability);
    lines.extend([
        ("plain f32", plain),
        ("rounds", outcome.rounds.to_string()),
        ("sent", format!("{} = {} MB", each.join(" + "), megabytes(outcome.total_bytes()))),
        ("failure", format!("with a probability of {failure} at most")),
    ]);
    if let Some(peak) = outcome.peak_rss_bytes {
        let gib = peak as f64 / f64::from(1 << 30);
        let mut memory = format!("{gib:.2} GiB at the peak of the whole process");
        if outcome.has_parties {
            let third = gib / 3.0;
            let what = "all three parties, the model in the clear, and sharing it";
            memory += &format!(": {what}; a third of it is {third:.2} GiB");
        }
        lines.push(("memory", memory));
    }
    lines
}

/// The cost by kind of layer.
fn split(outcome: &Benchmark) -> String {
    let share = |part: f64, whole: f64| match whole > 0.0 {
        true => format!("{:.0}%", 100.0 * part / whole),
        false => "-".to_owned(),
    };
    let seconds: f64 = outcome.split.iter().map(|(_, part)| part.seconds).sum();
    let rows = outcome.split.iter().map(|(kind, part)| {
        vec![
            kind.title().to_owned(),
            format!("{:.3}", part.seconds),
            share(part.seconds, seconds),
            part.rounds.to_string(),
            megabytes(part.bytes),
            share(part.bytes as f64, outcome.total_bytes() as f64),
        ]
    });
    let columns = [
        Column::left(2, "", 12),
        Column::right("seconds", 9),
        Column::right("", 6),
        Column::right("rounds", 7),
        Column::right("MB", 11),
        Column::right("", 6),
    ];
    table(&columns, rows).to_string()
}

/// What the run was spent on, the longest first.
fn operations(outcome: &Benchmark) -> Option<String> {
    let mut operations = outcome.report.operations();
    operations.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    let rows = operations.iter().map(|operation| {
        vec![
            operation.operation.to_owned(),
            operation.ring.to_owned(),
            operation.calls.to_string(),
            format!("{:.3}", operation.seconds),
            operation.cost.rounds.to_string(),
            megabytes(operation.cost.total_bytes()),
        ]
    });
    let columns = [
        Column::left(2, "", 22),
        Column::right("ring", 5),
        Column::right("calls", 7),
        Column::right("seconds", 9),
        Column::right("rounds", 7),
        Column::right("MB", 11),
    ];
    (!operations.is_empty()).then(|| table(&columns, rows).to_string())
}
