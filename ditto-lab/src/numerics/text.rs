//! An inspection as a table for a terminal.

use std::fmt::Write;

use super::{Inspection, LayerNumerics};
use crate::report::units::{megabytes, power_of_two};

/// A line for each layer of up to `depth` names, and one for the whole.
pub fn text(inspection: &Inspection, depth: usize) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_text(&mut out, inspection, depth);
    out
}

fn write_text(out: &mut String, inspection: &Inspection, depth: usize) -> std::fmt::Result {
    let longest = inspection.to_depth(depth).map(|layer| layer.path.len()).max().unwrap_or(0);
    let width = longest.max("everything".len());
    writeln!(
        out,
        "  {:width$} {:>8} {:>10} {:>11} {:>11}  {:>10} {:>9} {:>9} {:>6} {:>7} {:>9} {:>8} {:>8}",
        "layer",
        "headroom",
        "format",
        "lowest",
        "highest",
        "cosine",
        "max err",
        "mean err",
        "SNR",
        "rounds",
        "MB",
        "LAN s",
        "WAN s"
    )?;
    let worst = inspection.worst(depth);
    for layer in inspection.to_depth(depth) {
        line(out, &layer.path, layer, width)?;
        let mark = if worst == Some(layer) { "  <- loses most" } else { "" };
        writeln!(out, "{mark}")?;
    }
    line(out, "everything", &inspection.whole, width)?;
    writeln!(out)?;
    if let Some(layer) = worst {
        let (name, noise) = (&layer.path, layer.error.added_noise.sqrt());
        writeln!(out, "\n  {name} loses most: its error alone is {noise:.1e} of its values")?;
    }
    writeln!(
        out,
        "\n  headroom: bits between the furthest value and its limit, in the format (of a product, \
         before it\n  is scaled down) where it is least; softmax, GeLU and LayerNorm scale to less \
         than a bit by design;\n  errors: of quantization, against the same functions in f64; SNR \
         in dB; cost: of {}, with\n  predicted seconds; on three parties any value is wrong \
         by more than this with a probability of {} at most",
        match inspection.passes {
            1 => "one pass".to_owned(),
            n => format!("{n} passes together"),
        },
        power_of_two(inspection.failure_probability)
    )
}

fn line(out: &mut String, name: &str, layer: &LayerNumerics, width: usize) -> std::fmt::Result {
    write!(out, "  {name:width$} ")?;
    match layer.tightest() {
        Some(range) => write!(
            out,
            "{:>8.1} {:>10} {:>11.3} {:>11.3}  ",
            range.headroom_bits,
            format!("{}, F<{}>", range.ring, range.frac),
            range.lowest,
            range.highest
        )?,
        None => write!(out, "{:>8} {:>10} {:>11} {:>11}  ", "-", "-", "-", "-")?,
    }
    let error = &layer.error;
    let snr = error.snr_db.map_or("exact".to_owned(), |decibels| format!("{decibels:.1}"));
    write!(
        out,
        "{:>10.7} {:>9.1e} {:>9.1e} {snr:>6} {:>7} {:>9} {:>8.3} {:>8.2}",
        error.cosine,
        error.max,
        error.mean,
        layer.rounds,
        megabytes(layer.bytes),
        layer.lan_seconds,
        layer.wan_seconds
    )
}
