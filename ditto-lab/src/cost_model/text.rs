//! A plan as text for a terminal.

use std::fmt::Write;

use super::Plan;
use crate::breakdown::{Kind, KindCost};
use crate::report::units::{megabytes, power_of_two};

/// A few lines of figures, then the split by kind of layer. `title` says what was planned.
pub fn text(title: &str, plan: &Plan) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_text(&mut out, title, plan);
    out
}

fn write_text(out: &mut String, title: &str, plan: &Plan) -> std::fmt::Result {
    writeln!(out, "{title}")?;
    let e = &plan.estimate;
    writeln!(
        out,
        "  time       {:.2} s predicted: {:.2} to compute, {:.2} of latency, {:.2} of bandwidth",
        plan.seconds, e.compute, e.latency, e.bandwidth
    )?;
    if plan.texts > 1 {
        writeln!(out, "  a text     {:.2} s", plan.seconds / plan.texts as f64)?;
    }
    writeln!(out, "  machine    {}", plan.machine)?;
    writeln!(out, "  rounds     {}", plan.rounds)?;
    let each: Vec<String> = plan.bytes_sent.iter().map(|&bytes| megabytes(bytes)).collect();
    let each = each.join(" + ");
    let total = megabytes(plan.bytes_sent.iter().sum());
    writeln!(out, "  sent       {each} = {total} MB")?;
    let failure = power_of_two(plan.failure_probability);
    writeln!(out, "  failure    with a probability of {failure} at most")?;
    writeln!(out, "  products   {} million multiplications", millions(plan.multiplications))?;
    writeln!(
        out,
        "\n  {:<12} {:>9} {:>7} {:>11} {:>12}",
        "", "seconds", "rounds", "MB", "10^6 mult."
    )?;
    for ((kind, part), multiplications) in plan.split.iter().zip(plan.multiplications_by_kind) {
        line(out, kind, part, multiplications)?;
    }
    Ok(())
}

fn line(out: &mut String, kind: Kind, part: KindCost, multiplications: u64) -> std::fmt::Result {
    writeln!(
        out,
        "  {:<12} {:>9.3} {:>7} {:>11} {:>12}",
        kind.title(),
        part.seconds,
        part.rounds,
        megabytes(part.bytes),
        millions(multiplications),
    )
}

fn millions(count: u64) -> String {
    format!("{:.1}", count as f64 / 1e6)
}
