//! An inspection as one HTML page that needs nothing else: no script, no network, no font.

use maud::{Markup, html};

use super::{Inspection, LayerNumerics};
use crate::breakdown::Kind;
use crate::report::html;
use crate::report::svg::bar;
use crate::report::units::{megabytes, power_of_two};

/// What a chart shows of every layer.
struct Chart {
    title: &'static str,
    note: &'static str,
    columns: &'static [&'static str],
    /// The length of a layer's bar.
    length: fn(&LayerNumerics) -> f64,
    /// What stands in its columns.
    cells: fn(&LayerNumerics) -> Vec<String>,
}

const CHARTS: [Chart; 3] = [
    Chart {
        title: "Headroom by layer",
        note: "Bits between the furthest value and its limit, in the format where it is least: how \
               often values could double. A product counts before it is scaled down. What \
               scales values to its format itself, as softmax, GeLU and LayerNorm do, leaves less \
               than a bit by design.",
        columns: &["bits", "format", "lowest", "highest", "limit"],
        length: |layer| layer.tightest().map_or(0.0, |range| range.headroom_bits.max(0.0)),
        cells: |layer| match layer.tightest() {
            Some(range) => vec![
                format!("{:.1}", range.headroom_bits),
                format!("{}, F<{}>", range.ring, range.frac),
                format!("{:.4}", range.lowest),
                format!("{:.4}", range.highest),
                format!("{}", range.limit),
            ],
            None => vec!["-".to_owned(); 5],
        },
    },
    Chart {
        title: "Error by layer",
        note: "The error of quantization, against the same functions in f64; the bar is its root \
               mean square over that of the values.",
        columns: &["SNR", "cosine", "largest", "mean"],
        length: |layer| layer.error.relative,
        cells: |layer| {
            let error = &layer.error;
            let snr = error.snr_db.map_or("exact".to_owned(), |db| format!("{db:.1} dB"));
            let cosine = format!("{:.7}", error.cosine);
            vec![snr, cosine, format!("{:.1e}", error.max), format!("{:.1e}", error.mean)]
        },
    },
    Chart {
        title: "Cost by layer",
        note: "Rounds and bytes are those of three parties; seconds are predicted, and the bar is \
               the WAN's.",
        columns: &["rounds", "bytes", "LAN", "WAN"],
        length: |layer| layer.wan_seconds,
        cells: |layer| {
            vec![
                layer.rounds.to_string(),
                format!("{} MB", megabytes(layer.bytes)),
                format!("{:.3} s", layer.lan_seconds),
                format!("{:.2} s", layer.wan_seconds),
            ]
        },
    },
];

/// The whole page, with the layers of up to `depth` names; `title` says what was run, and `more` are
/// sections that follow.
pub fn page(title: &str, inspection: &Inspection, more: &Markup, depth: usize) -> String {
    let body = html! {
        h1 { (title) }
        (tiles(inspection, depth))
        @for chart in &CHARTS { (draw(chart, inspection, depth)) }
        (more)
    };
    html::page(title, "tr.worst td{font-weight:650}\n", &body)
}

fn tiles(inspection: &Inspection, depth: usize) -> Markup {
    let whole = &inspection.whole;
    let snr = whole.error.snr_db.map_or("exact".to_owned(), |db| format!("{db:.1} dB"));
    let least = whole.tightest().map_or("-".to_owned(), |r| format!("{:.1}", r.headroom_bits));
    let figures = [
        (format!("{:.6}", whole.error.cosine), "cosine of the last pass"),
        (snr, "signal to noise, last pass"),
        (least, "bits of headroom at least"),
        (whole.rounds.to_string(), "rounds"),
        (format!("{} MB", megabytes(whole.bytes)), "sent by all parties"),
        (power_of_two(inspection.failure_probability), "probability of failure, at most"),
        (format!("{:.2} s", whole.lan_seconds), "on a LAN, predicted"),
        (format!("{:.1} s", whole.wan_seconds), "on a WAN, predicted"),
    ];
    html! {
        (html::tiles(&figures))
        @if let Some(worst) = inspection.worst(depth) {
            p.note { (worst.path) " loses most, and is set in bold." }
        }
    }
}

fn draw(chart: &Chart, inspection: &Inspection, depth: usize) -> Markup {
    // An error beside values that are all 0 has no ratio to them.
    let length = |layer: &LayerNumerics| {
        Some((chart.length)(layer)).filter(|l| l.is_finite()).unwrap_or(0.0)
    };
    let longest = inspection.to_depth(depth).map(length).fold(0.0, f64::max);
    // With a bar of no length there is nothing to measure the others by.
    let full = if longest > 0.0 { longest } else { 1.0 };
    let worst = inspection.worst(depth);
    html! {
        h2 { (chart.title) }
        p.note { (chart.note) }
        table {
            tr {
                th { "layer" }
                @for column in chart.columns { th { (column) } }
                th.wide {}
            }
            @for layer in inspection.to_depth(depth) {
                @let cells = (chart.cells)(layer);
                @let segment = Kind::of_path(&layer.path).segment(length(layer), cells[0].clone());
                tr class=[(worst == Some(layer)).then_some("worst")] {
                    td { (layer.path) }
                    @for cell in &cells { td { (cell) } }
                    td.wide { (bar(&layer.path, &[segment], full, 14, false)) }
                }
            }
        }
    }
}
