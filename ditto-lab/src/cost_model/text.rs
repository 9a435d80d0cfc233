//! A plan as text for a terminal.

use super::Plan;
use crate::report::table::{Column, figures, table};
use crate::report::units::{megabytes, power_of_two};

/// A few lines of figures, then the split by kind of layer. `title` says what was planned.
pub fn text(title: &str, plan: &Plan) -> String {
    format!("{title}\n{}\n\n{}\n", figures(lines(plan)), split(plan))
}

/// The figures of the whole batch.
fn lines(plan: &Plan) -> Vec<(&'static str, String)> {
    let e = &plan.estimate;
    let time = format!(
        "{:.2} s predicted: {:.2} to compute, {:.2} of latency, {:.2} of bandwidth",
        plan.seconds, e.compute, e.latency, e.bandwidth
    );
    let mut lines = vec![("time", time)];
    if plan.texts > 1 {
        lines.push(("a text", format!("{:.2} s", plan.seconds / plan.texts as f64)));
    }
    let each: Vec<String> = plan.bytes_sent.iter().map(|&bytes| megabytes(bytes)).collect();
    let total = megabytes(plan.bytes_sent.iter().sum());
    let failure = power_of_two(plan.failure_probability);
    lines.extend([
        ("machine", plan.machine.to_string()),
        ("rounds", plan.rounds.to_string()),
        ("sent", format!("{} = {total} MB", each.join(" + "))),
        ("failure", format!("with a probability of {failure} at most")),
        ("products", format!("{} million multiplications", millions(plan.multiplications))),
    ]);
    lines
}

/// The cost by kind of layer.
fn split(plan: &Plan) -> String {
    let rows = plan.split.iter().zip(plan.multiplications_by_kind);
    let rows = rows.map(|((kind, part), multiplications)| {
        vec![
            kind.title().to_owned(),
            format!("{:.3}", part.seconds),
            part.rounds.to_string(),
            megabytes(part.bytes),
            millions(multiplications),
        ]
    });
    let columns = [
        Column::left(2, "", 12),
        Column::right("seconds", 9),
        Column::right("rounds", 7),
        Column::right("MB", 11),
        Column::right("10^6 mult.", 12),
    ];
    table(&columns, rows).to_string()
}

fn millions(count: u64) -> String {
    format!("{:.1}", count as f64 / 1e6)
}
