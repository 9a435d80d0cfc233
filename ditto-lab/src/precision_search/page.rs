//! A suggestion as a part of the page of an inspection.

use std::fmt::Write;

use super::text::{cosine, policy_verdict, saving, verdict};
use super::{Layer, Suggestion};
use crate::breakdown::Kind;
use crate::report::html::{escaped, tiles};
use crate::report::svg;
use crate::report::units::megabytes;

/// The section, as HTML.
pub fn section(suggestion: &Suggestion) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_section(&mut out, suggestion);
    out
}

fn write_section(out: &mut String, suggestion: &Suggestion) -> std::fmt::Result {
    let verdict = escaped(&verdict(suggestion));
    writeln!(out, "<h2>Suggested formats</h2>\n<p class=\"note\">{verdict}.</p>")?;
    let (now, then) = (suggestion.now.bytes, suggestion.suggested.bytes);
    let figures = [
        (cosine(suggestion.suggested.cosine), "lowest cosine, suggested"),
        (cosine(suggestion.now.cosine), "lowest cosine, as written"),
        (format!("{} MB", megabytes(then)), "sent, suggested"),
        (format!("{} MB", megabytes(now)), "sent, as written"),
        (saving(now, then), "bytes"),
    ];
    tiles(out, &figures)?;
    writeln!(out, "<table><tr><th>layer</th><th>of</th><th>now</th><th>suggested</th>")?;
    writeln!(out, "<th>cosine alone</th><th>MB</th><th class=\"wide\"></th></tr>")?;
    let most = suggestion.layers.iter().map(|l| l.bytes_now.max(l.bytes_suggested)).max();
    for layer in &suggestion.layers {
        write_layer(out, layer, most.unwrap_or(0).max(1) as f64)?;
    }
    writeln!(out, "</table>")?;
    writeln!(
        out,
        "<p class=\"note\">A search over these texts in fake quantization, not a proof about others. \
         Bars: bytes as written above, as suggested below. Cosine alone: the lowest of a text with \
         nothing else rounded.</p>"
    )?;
    if let Some(policy) = &suggestion.policy {
        let verdict = escaped(&policy_verdict(suggestion, policy));
        let lines = escaped(&policy.lines().join("\n"));
        writeln!(out, "<p class=\"note\">{verdict}.</p>\n<pre>{lines}</pre>")?;
    }
    Ok(())
}

fn write_layer(out: &mut String, layer: &Layer, most: f64) -> std::fmt::Result {
    let name = escaped(if layer.path.is_empty() { "outside of all" } else { &layer.path });
    for (i, format) in layer.formats.iter().enumerate() {
        let title = if i == 0 { name.as_str() } else { "" };
        let suggested = match format.now == format.suggested {
            true => "=".to_owned(),
            false => escaped(&format.suggested.to_string()),
        };
        write!(
            out,
            "<tr><td>{title}</td><td>{}</td><td>{}</td><td>{suggested}</td><td>{}</td>",
            format.part,
            escaped(&format.now.to_string()),
            cosine(format.cosine_alone)
        )?;
        if i > 0 {
            writeln!(out, "<td></td><td class=\"wide\"></td></tr>")?;
            continue;
        }
        let [now, then] = [layer.bytes_now, layer.bytes_suggested];
        write!(out, "<td>{} &rarr; {}</td><td class=\"wide\">", megabytes(now), megabytes(then))?;
        for bytes in [now, then] {
            let written = format!("{} MB", megabytes(bytes));
            let part = Kind::of_path(&layer.path).segment(bytes as f64, written);
            out.push_str(&svg::bar(&name, &[part], most, 7, false));
        }
        writeln!(out, "</td></tr>")?;
    }
    Ok(())
}
