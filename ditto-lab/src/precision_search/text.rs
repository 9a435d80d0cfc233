//! A suggestion as a table for a terminal.

use std::fmt::Write;

use super::{LayerFormats, Policy, Suggestion};
use crate::report::units::megabytes;

/// A line for each format of each layer, and what they make together.
pub fn text(suggestion: &Suggestion) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_text(&mut out, suggestion);
    out
}

/// A cosine with as many digits as tell it from 1.
pub(super) fn cosine(cosine: f64) -> String {
    format!("{cosine:.7}")
}

/// How much less a number of bytes is than another.
pub(super) fn saving(now: u64, suggested: u64) -> String {
    match now {
        0 => "-".to_owned(),
        _ => format!("{:+.1}%", 100.0 * (suggested as f64 / now as f64 - 1.0)),
    }
}

/// What is to be known of a suggestion as a whole.
pub(super) fn verdict(suggestion: &Suggestion) -> String {
    let Suggestion { bound, texts, now, suggested, .. } = suggestion;
    let texts = match texts {
        1 => "the text".to_owned(),
        n => format!("{n} texts"),
    };
    let unchanged = suggestion.layers.iter().flat_map(|l| &l.formats).all(|f| f.now == f.suggested);
    let lowest = cosine(suggested.cosine);
    match (suggestion.kept, unchanged) {
        (true, false) => format!(
            "over {texts}, the suggested formats keep the cosine above {bound} (lowest {lowest}, as \
             written {})",
            cosine(now.cosine)
        ),
        (true, true) => format!(
            "over {texts}, no cheaper formats were found that keep the cosine above {bound}; as \
             written the lowest is {lowest}"
        ),
        (false, _) => format!(
            "over {texts}, no formats were found that keep the cosine above {bound}: the best \
             reach {lowest}, those that are written {}; take a policy with wider rings, or a lower \
             bound",
            cosine(now.cosine)
        ),
    }
}

fn write_text(out: &mut String, suggestion: &Suggestion) -> std::fmt::Result {
    let longest = suggestion.layers.iter().map(|layer| name(layer).len()).max().unwrap_or(0);
    let width = longest.max("everything".len());
    writeln!(
        out,
        "  {:width$} {:<8} {:>10} {:>10} {:>12} {:>9} {:>9} {:>7}",
        "layer", "of", "now", "suggested", "cosine alone", "MB now", "MB then", "bytes"
    )?;
    for layer in &suggestion.layers {
        write_layer(out, layer, width)?;
    }
    let (now, then) = (suggestion.now.bytes, suggestion.suggested.bytes);
    writeln!(
        out,
        "  {:width$} {:<8} {:>10} {:>10} {:>12} {:>9} {:>9} {:>7}",
        "everything",
        "",
        "",
        "",
        "",
        megabytes(now),
        megabytes(then),
        saving(now, then)
    )?;
    writeln!(out, "\n  {}", verdict(suggestion))?;
    if let Some(policy) = &suggestion.policy {
        write_policy(out, suggestion, policy)?;
    }
    writeln!(
        out,
        "\n  cosine alone: the lowest of a text with nothing else rounded, against the same functions \
         in f64;\n  a search over these texts in fake quantization, not a proof about others; a layer's \
         own formats need\n  a Precision policy of its own"
    )
}

fn name(layer: &LayerFormats) -> &str {
    if layer.path.is_empty() { "outside of all" } else { &layer.path }
}

fn write_layer(out: &mut String, layer: &LayerFormats, width: usize) -> std::fmt::Result {
    let bytes = [
        megabytes(layer.bytes_now),
        megabytes(layer.bytes_suggested),
        saving(layer.bytes_now, layer.bytes_suggested),
    ];
    if layer.formats.is_empty() {
        writeln!(
            out,
            "  {:width$} {:<8} {:>10} {:>10} {:>12} {:>9} {:>9} {:>7}",
            name(layer),
            "",
            "",
            "",
            "",
            bytes[0],
            bytes[1],
            bytes[2]
        )?;
    }
    for (i, format) in layer.formats.iter().enumerate() {
        let mark = if format.now == format.suggested {
            "=".to_owned()
        } else {
            format.suggested.to_string()
        };
        let title = if i == 0 { name(layer) } else { "" };
        let (now, alone) = (format.now.to_string(), cosine(format.cosine_alone));
        write!(out, "  {title:width$} {:<8} {now:>10} {mark:>10} {alone:>12}", format.part)?;
        match i {
            0 => writeln!(out, " {:>9} {:>9} {:>7}", bytes[0], bytes[1], bytes[2])?,
            _ => writeln!(out)?,
        }
    }
    Ok(())
}

/// What a policy came to, as one sentence.
pub(super) fn policy_verdict(suggestion: &Suggestion, policy: &Policy) -> String {
    match (&policy.outcome, &policy.out_of_range) {
        (Some(outcome), _) => {
            let keeps = if outcome.cosine >= suggestion.bound { "keeps" } else { "does not keep" };
            format!(
                "one format a role in all layers: {} MB ({}), lowest cosine {}, which {keeps} the bound",
                megabytes(outcome.bytes),
                saving(suggestion.now.bytes, outcome.bytes),
                cosine(outcome.cosine)
            )
        }
        (None, Some(error)) => format!("one format a role in all layers does not hold: {error}"),
        (None, None) => "one format a role in all layers was not run".to_owned(),
    }
}

fn write_policy(out: &mut String, suggestion: &Suggestion, policy: &Policy) -> std::fmt::Result {
    writeln!(out, "\n  {}", policy_verdict(suggestion, policy))?;
    policy.lines().iter().try_for_each(|line| writeln!(out, "    {line}"))
}
