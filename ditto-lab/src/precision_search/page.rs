//! A suggestion as a part of the page of an inspection.

use maud::{Markup, html};

use super::text::{cosine, policy_verdict, saving, verdict};
use super::{LayerFormats, Suggestion};
use crate::breakdown::Kind;
use crate::report::html::tiles;
use crate::report::svg::bar;
use crate::report::units::megabytes;

/// The section.
pub fn section(suggestion: &Suggestion) -> Markup {
    let (now, then) = (suggestion.now.bytes, suggestion.suggested.bytes);
    let figures = [
        (cosine(suggestion.suggested.cosine), "lowest cosine, suggested"),
        (cosine(suggestion.now.cosine), "lowest cosine, as written"),
        (format!("{} MB", megabytes(then)), "sent, suggested"),
        (format!("{} MB", megabytes(now)), "sent, as written"),
        (saving(now, then), "bytes"),
    ];
    let most = suggestion.layers.iter().map(|l| l.bytes_now.max(l.bytes_suggested)).max();
    let most = most.unwrap_or(0).max(1) as f64;
    html! {
        h2 { "Suggested formats" }
        p.note { (verdict(suggestion)) "." }
        (tiles(&figures))
        table {
            tr {
                th { "layer" } th { "of" } th { "now" } th { "suggested" }
                th { "cosine alone" } th { "MB" } th.wide {}
            }
            @for layer in &suggestion.layers { (rows(layer, most)) }
        }
        p.note {
            "A search over these texts in fake quantization, not a proof about others. Bars: bytes as written \
             above, as suggested below. Cosine alone: the lowest of a text with nothing else rounded."
        }
        @if let Some(policy) = &suggestion.policy {
            p.note { (policy_verdict(suggestion, policy)) "." }
            pre { (policy.lines().join("\n")) }
        }
    }
}

/// A row for each format of a layer; its bytes are in the first.
fn rows(layer: &LayerFormats, most: f64) -> Markup {
    let name = if layer.path.is_empty() { "outside of all" } else { &layer.path };
    let bytes = [layer.bytes_now, layer.bytes_suggested];
    let bars = bytes.map(|bytes| {
        let written = format!("{} MB", megabytes(bytes));
        let segment = Kind::of_path(&layer.path).segment(bytes as f64, written);
        bar(name, &[segment], most, 7, false)
    });
    html! {
        @for (i, format) in layer.formats.iter().enumerate() {
            tr {
                td { @if i == 0 { (name) } }
                td { (format.part) }
                td { (format.now) }
                td { @if format.now == format.suggested { "=" } @else { (format.suggested) } }
                td { (cosine(format.cosine_alone)) }
                @if i == 0 {
                    td { (megabytes(bytes[0])) " → " (megabytes(bytes[1])) }
                    td.wide { @for bar in &bars { (bar) } }
                } @else {
                    td {}
                    td.wide {}
                }
            }
        }
    }
}
