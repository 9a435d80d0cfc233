//! An inspection as a table for a terminal.

use super::{Inspection, LayerNumerics};
use crate::report::table::{Column, table};
use crate::report::units::{megabytes, power_of_two};

const COLUMNS: [Column; 14] = [
    Column::left(2, "layer", 0),
    Column::right("headroom", 8),
    Column::right("format", 10),
    Column::right("lowest", 11),
    Column::right("highest", 11),
    Column::right("cosine", 10).after(2),
    Column::right("max err", 9),
    Column::right("mean err", 9),
    Column::right("SNR", 6),
    Column::right("rounds", 7),
    Column::right("MB", 9),
    Column::right("LAN s", 8),
    Column::right("WAN s", 8),
    // What marks the worst.
    Column::left(2, "", 0),
];

/// A line for each layer of up to `depth` names, and one for the whole.
pub fn text(inspection: &Inspection, depth: usize) -> String {
    let worst = inspection.worst(depth);
    let layers = inspection.to_depth(depth).map(|layer| {
        let mark = if worst == Some(layer) { "<- loses most" } else { "" };
        row(&layer.path, layer, mark)
    });
    let whole = row("everything", &inspection.whole, "");
    let mut text = table(&COLUMNS, layers.chain([whole])).trim_fmt() + "\n";
    if let Some(layer) = worst {
        let (name, noise) = (&layer.path, layer.error.added_noise.sqrt());
        text += &format!("\n  {name} loses most: its error alone is {noise:.1e} of its values\n");
    }
    text + &notes(inspection)
}

/// A layer's name and figures.
fn row(name: &str, layer: &LayerNumerics, mark: &str) -> Vec<String> {
    let values = match layer.tightest() {
        Some(range) => [
            format!("{:.1}", range.headroom_bits),
            format!("{}, F<{}>", range.ring, range.frac),
            format!("{:.3}", range.lowest),
            format!("{:.3}", range.highest),
        ],
        None => ["-"; 4].map(str::to_owned),
    };
    let error = &layer.error;
    let figures = [
        format!("{:.7}", error.cosine),
        format!("{:.1e}", error.max),
        format!("{:.1e}", error.mean),
        error.snr_db.map_or("exact".to_owned(), |decibels| format!("{decibels:.1}")),
        layer.rounds.to_string(),
        megabytes(layer.bytes),
        format!("{:.3}", layer.lan_seconds),
        format!("{:.2}", layer.wan_seconds),
        mark.to_owned(),
    ];
    [name.to_owned()].into_iter().chain(values).chain(figures).collect()
}

/// What the columns are.
fn notes(inspection: &Inspection) -> String {
    format!(
        "\n  headroom: bits between the furthest value and its limit, in the format (of a product, \
         before it\n  is scaled down) where it is least; softmax, GeLU and LayerNorm scale to less \
         than a bit by design;\n  errors: of quantization, against the same functions in f64; SNR \
         in dB; cost: of {}, with\n  predicted seconds; on three parties any value is wrong \
         by more than this with a probability of {} at most\n",
        match inspection.passes {
            1 => "one pass".to_owned(),
            n => format!("{n} passes together"),
        },
        power_of_two(inspection.failure_probability)
    )
}
