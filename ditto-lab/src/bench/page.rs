//! An outcome as one HTML page that needs nothing else: no script, no network, no font.

use std::fmt::Write;

use super::outcome::Outcome;
use crate::breakdown::{Kind, Part, Split};
use crate::report::html::{self, escaped, tiles};
use crate::report::svg::{Segment, bar, class};
use crate::report::units::{megabytes, power_of_two};

/// What is measured of every part: its name, how much of it, and how that is written.
type Measure = (&'static str, fn(&Part) -> f64, fn(f64) -> String);

const MEASURES: [Measure; 3] = [
    ("time", |part| part.seconds, |v| format!("{v:.3} s")),
    ("bytes", |part| part.bytes as f64, |v| format!("{} MB", megabytes(v as u64))),
    ("rounds", |part| part.rounds as f64, |v| format!("{v:.0}")),
];

/// The whole page.
pub fn html(outcome: &Outcome) -> String {
    let name = escaped(&outcome.model);
    let mut out = html::start(&format!("{name} on Ditto"), "");
    // Writing to a string does not fail.
    let _ = head(&mut out, outcome, &name)
        .and_then(|()| bars(&mut out, outcome))
        .and_then(|()| kinds(&mut out, outcome))
        .and_then(|()| layers(&mut out, outcome));
    out.push_str(html::END);
    out
}

fn head(out: &mut String, outcome: &Outcome, name: &str) -> std::fmt::Result {
    let texts = match outcome.batch {
        1 => "one text".to_owned(),
        n => format!("{n} texts"),
    };
    writeln!(out, "<h1>{name}: {texts} of {} tokens</h1>", outcome.seq)?;
    let setting: Vec<_> =
        outcome.setting.iter().map(|(name, value)| format!("{name} {}", escaped(value))).collect();
    let runs: Vec<_> = outcome.runs.iter().map(|s| format!("{s:.3}")).collect();
    writeln!(out, "<p>{}; runs of {} s</p>", setting.join(", "), runs.join(", "))?;
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
    tiles(out, &figures)
}

/// A bar for each measure.
fn bars(out: &mut String, outcome: &Outcome) -> std::fmt::Result {
    writeln!(out, "<h2>By kind of layer</h2>")?;
    for measure @ (title, _, written) in MEASURES {
        let parts = parts(&outcome.split, measure);
        let sum = sum(&parts);
        let drawn = bar(title, &parts, sum, 26, true);
        let total = written(sum);
        writeln!(
            out,
            "<div class=\"measure\"><span>{title}</span>{drawn}<span>{total}</span></div>"
        )?;
    }
    Ok(())
}

/// The legend, with the figures behind the bars.
fn kinds(out: &mut String, outcome: &Outcome) -> std::fmt::Result {
    let columns = MEASURES.map(|measure| parts(&outcome.split, measure));
    out.push_str("<table><tr><th>kind</th><th>time</th><th>bytes</th><th>rounds</th></tr>\n");
    for (i, (kind, _)) in outcome.split.iter().enumerate() {
        write!(out, "<tr><td><i class=\"dot {}\"></i>{}</td>", class(kind as usize), kind.title())?;
        for column in &columns {
            let Segment { length, value: text, .. } = &column[i];
            let whole = sum(column);
            let percent = if whole > 0.0 { 100.0 * length / whole } else { 0.0 };
            write!(out, "<td>{text}<small>{percent:.0}%</small></td>")?;
        }
        out.push_str("</tr>\n");
    }
    out.push_str(
        "</table>\n<p class=\"note\">The time of a part is the slowest party's, waiting for ",
    );
    writeln!(out, "the others included, so the parts add up to a little more than the whole.</p>")
}

/// What each layer of the model takes, in the order in which they run.
fn layers(out: &mut String, outcome: &Outcome) -> std::fmt::Result {
    let scopes = outcome.report.scopes.iter();
    let outermost = scopes.filter(|scope| !scope.path.is_empty() && !scope.path.contains('/'));
    let rows: Vec<_> =
        outermost.map(|scope| (scope, Split::within(&outcome.report, &scope.path))).collect();
    let longest = rows.iter().map(|(_, split)| sum(&parts(split, MEASURES[0]))).fold(0.0, f64::max);
    writeln!(out, "<h2>By layer</h2>")?;
    out.push_str("<table><tr><th>layer</th><th>time</th><th>bytes</th><th>rounds</th>");
    out.push_str("<th class=\"wide\">time by kind</th></tr>\n");
    for (scope, split) in rows {
        let name = escaped(&scope.path);
        let drawn = bar(&name, &parts(&split, MEASURES[0]), longest, 14, false);
        writeln!(
            out,
            "<tr><td>{name}</td><td>{:.3} s</td><td>{} MB</td><td>{}</td>\
             <td class=\"wide\">{drawn}</td></tr>",
            scope.seconds,
            megabytes(scope.cost.total_bytes()),
            scope.cost.rounds,
        )?;
    }
    writeln!(out, "</table>")
}

fn parts(split: &Split, (_, of, written): Measure) -> Vec<Segment> {
    let part = |(kind, part): (Kind, Part)| kind.segment(of(&part), written(of(&part)));
    split.iter().map(part).collect()
}

fn sum(parts: &[Segment]) -> f64 {
    parts.iter().map(|part| part.length).sum()
}
