//! An outcome as one HTML page that needs nothing else: no script, no network, no font.

use maud::{Markup, html};

use super::benchmark::Benchmark;
use crate::breakdown::{Kind, KindCost, Split};
use crate::report::html::{page, tiles};
use crate::report::svg::{Segment, bar, class};
use crate::report::units::{megabytes, power_of_two};

/// What is measured of every part: its name, how much of it, and how that is written.
type Measure = (&'static str, fn(&KindCost) -> f64, fn(f64) -> String);

const MEASURES: [Measure; 3] = [
    ("time", |part| part.seconds, |v| format!("{v:.3} s")),
    ("bytes", |part| part.bytes as f64, |v| format!("{} MB", megabytes(v as u64))),
    ("rounds", |part| part.rounds as f64, |v| format!("{v:.0}")),
];

/// The whole page.
pub fn html(outcome: &Benchmark) -> String {
    let body = html! { (head(outcome)) (bars(outcome)) (kinds(outcome)) (layers(outcome)) };
    page(&format!("{} on Ditto", outcome.model), "", &body)
}

fn head(outcome: &Benchmark) -> Markup {
    let texts = match outcome.batch {
        1 => "one text".to_owned(),
        n => format!("{n} texts"),
    };
    let setting: Vec<_> =
        outcome.setting.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let runs: Vec<_> = outcome.runs.iter().map(|s| format!("{s:.3}")).collect();
    let mut figures = vec![
        (format!("{:.3} s", outcome.seconds), "median time"),
        (format!("{:.4} s", outcome.plain_seconds), "the same in plain f32"),
        (format!("{:.1}×", outcome.ratio), "of the plain time"),
        (outcome.rounds.to_string(), "rounds"),
        (format!("{} MB", megabytes(outcome.total_bytes())), "sent by all parties"),
        (power_of_two(outcome.failure_probability), "probability of failure, at most"),
    ];
    if outcome.batch > 1 {
        figures.insert(1, (format!("{:.3} s", outcome.seconds / outcome.batch as f64), "a text"));
    }
    let difference = outcome.predicted.map(|predicted| format!("predicted, {predicted}"));
    if let (Some(predicted), Some(difference)) = (outcome.predicted, &difference) {
        figures.insert(1, (format!("{:.3} s", predicted.seconds), difference));
    }
    if let Some(peak) = outcome.peak_rss_bytes {
        let gib = peak as f64 / f64::from(1 << 30);
        let whose = if outcome.has_parties { "peak memory, all parties" } else { "peak memory" };
        figures.push((format!("{gib:.2} GiB"), whose));
    }
    html! {
        h1 { (outcome.model) ": " (texts) " of " (outcome.seq) " tokens" }
        p { (setting.join(", ")) "; runs of " (runs.join(", ")) " s" }
        (tiles(&figures))
    }
}

/// A bar for each measure.
fn bars(outcome: &Benchmark) -> Markup {
    html! {
        h2 { "By kind of layer" }
        @for measure @ (title, _, written) in MEASURES {
            @let parts = parts(&outcome.split, measure);
            @let sum = sum(&parts);
            div.measure {
                span { (title) }
                (bar(title, &parts, sum, 26, true))
                span { (written(sum)) }
            }
        }
    }
}

/// The legend, with the figures behind the bars.
fn kinds(outcome: &Benchmark) -> Markup {
    let columns = MEASURES.map(|measure| parts(&outcome.split, measure));
    html! {
        table {
            tr { th { "kind" } th { "time" } th { "bytes" } th { "rounds" } }
            @for (i, (kind, _)) in outcome.split.iter().enumerate() {
                tr {
                    td { i class={ "dot " (class(kind as usize)) } {} (kind.title()) }
                    @for column in &columns {
                        @let whole = sum(column);
                        @let percent = if whole > 0.0 { 100.0 * column[i].length / whole } else { 0.0 };
                        td { (column[i].value) small { (format_args!("{percent:.0}%")) } }
                    }
                }
            }
        }
        p.note {
            "The time of a part is the slowest party's, waiting for the others included, so the parts add up to \
             a little more than the whole."
        }
    }
}

/// What each layer of the model takes, in the order in which they run.
fn layers(outcome: &Benchmark) -> Markup {
    let scopes = outcome.report.scopes.iter();
    let outermost = scopes.filter(|scope| !scope.path.is_empty() && !scope.path.contains('/'));
    let rows: Vec<_> =
        outermost.map(|scope| (scope, Split::within(&outcome.report, &scope.path))).collect();
    let longest = rows.iter().map(|(_, split)| sum(&parts(split, MEASURES[0]))).fold(0.0, f64::max);
    html! {
        h2 { "By layer" }
        table {
            tr {
                th { "layer" } th { "time" } th { "bytes" } th { "rounds" } th.wide { "time by kind" }
            }
            @for (scope, split) in &rows {
                tr {
                    td { (scope.path) }
                    td { (format_args!("{:.3} s", scope.seconds)) }
                    td { (megabytes(scope.cost.total_bytes())) " MB" }
                    td { (scope.cost.rounds) }
                    td.wide { (bar(&scope.path, &parts(split, MEASURES[0]), longest, 14, false)) }
                }
            }
        }
    }
}

fn parts(split: &Split, (_, of, written): Measure) -> Vec<Segment> {
    let part = |(kind, part): (Kind, KindCost)| kind.segment(of(&part), written(of(&part)));
    split.iter().map(part).collect()
}

fn sum(parts: &[Segment]) -> f64 {
    parts.iter().map(|part| part.length).sum()
}
