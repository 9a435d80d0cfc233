//! A suggestion as a table for a terminal.

use super::{LayerFormats, Policy, Suggestion};
use crate::report::table::{Column, table};
use crate::report::units::megabytes;

/// A line for each format of each layer, and what they make together.
pub fn text(suggestion: &Suggestion) -> String {
    let (now, then) = (suggestion.now.bytes, suggestion.suggested.bytes);
    let whole = row("everything", Default::default(), now, then);
    let rows = suggestion.layers.iter().flat_map(rows).chain([whole]);
    let mut text = format!("{}\n\n  {}\n", table(&COLUMNS, rows).trim_fmt(), verdict(suggestion));
    if let Some(policy) = &suggestion.policy {
        text += &format!("\n  {}\n", policy_verdict(suggestion, policy));
        policy.lines().iter().for_each(|line| text += &format!("    {line}\n"));
    }
    text + "\n  cosine alone: the lowest of a text with nothing else rounded, against the same functions \
            in f64;\n  a search over these texts in fake quantization, not a proof about others; a layer's \
            own formats need\n  a Precision policy of its own\n"
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

const COLUMNS: [Column; 8] = [
    Column::left(2, "layer", 0),
    Column::left(1, "of", 8),
    Column::right("now", 10),
    Column::right("suggested", 10),
    Column::right("cosine alone", 12),
    Column::right("MB now", 9),
    Column::right("MB then", 9),
    Column::right("bytes", 7),
];

/// The rows of a layer: one for each format, its bytes in the first.
fn rows(layer: &LayerFormats) -> Vec<Vec<String>> {
    let formats = layer.formats.iter().map(|format| {
        let is_kept = format.now == format.suggested;
        [
            format.part.to_owned(),
            format.now.to_string(),
            if is_kept { "=".to_owned() } else { format.suggested.to_string() },
            cosine(format.cosine_alone),
        ]
    });
    let mut formats: Vec<[String; 4]> = formats.collect();
    if formats.is_empty() {
        formats.push(Default::default());
    }
    let name = if layer.path.is_empty() { "outside of all" } else { &layer.path };
    let rows = formats.into_iter().enumerate().map(|(i, format)| match i {
        0 => row(name, format, layer.bytes_now, layer.bytes_suggested),
        _ => [String::new()].into_iter().chain(format).collect(),
    });
    rows.collect()
}

fn row(name: &str, format: [String; 4], now: u64, suggested: u64) -> Vec<String> {
    let bytes = [megabytes(now), megabytes(suggested), saving(now, suggested)];
    [name.to_owned()].into_iter().chain(format).chain(bytes).collect()
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
