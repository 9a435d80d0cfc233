//! An outcome as one HTML page that needs nothing else: no script, no network, no font.

use std::fmt::Write;

use super::outcome::Outcome;
use super::split::{Kind, Part, Split};
use super::svg::{self, bar, class};
use super::table::{megabytes, power_of_two};

pub(crate) const STYLE: &str = "\
:root{color-scheme:light dark;--page:#fff;--text:#1b1f24;--soft:#5b6470;--line:#dfe3e8;--tile:#f5f7f9}
@media(prefers-color-scheme:dark){:root{--page:#14171b;--text:#e6e9ed;--soft:#9aa4b0;--line:#2c323a;--tile:#1d2228}}
body{margin:0 auto;max-width:60rem;padding:2rem 1.25rem 4rem;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2.5rem 0 .75rem}
p{margin:.25rem 0;color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;margin:1.5rem 0 0}
.tile{background:var(--tile);border-radius:.5rem;padding:.75rem 1rem}
.tile b{display:block;font-size:1.35rem;font-weight:650;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:.85rem}
.note{font-size:.85rem;margin-top:.6rem}
.measure{display:grid;grid-template-columns:5rem 1fr 6.5rem;gap:.75rem;align-items:center;margin:.6rem 0}
.measure>:last-child{text-align:right;font-variant-numeric:tabular-nums}
.measure svg{border-radius:.25rem}
.dot{display:inline-block;width:.75rem;height:.75rem;border-radius:.2rem;margin-right:.5rem;vertical-align:-.05rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{font-weight:600;color:var(--soft);font-size:.85rem}
th:first-child,td:first-child{text-align:left;padding-left:0}
td small{color:var(--soft);margin-left:.35rem}
td.wide{width:45%;padding-right:0}
";

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
    let style = [STYLE, svg::STYLE].concat();
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{name} on Ditto</title>\n<style>\n{style}</style></head>\n<body>\n"
    );
    // Writing to a string does not fail.
    let _ = head(&mut out, outcome, &name)
        .and_then(|()| bars(&mut out, outcome))
        .and_then(|()| kinds(&mut out, outcome))
        .and_then(|()| layers(&mut out, outcome));
    out.push_str("</body></html>\n");
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
    let mut tiles = vec![
        (format!("{:.3} s", outcome.seconds), "median time"),
        (format!("{:.4} s", outcome.plain_seconds), "the same in plain f32"),
        (format!("{:.1}×", outcome.ratio), "of the plain time"),
        (outcome.rounds.to_string(), "rounds"),
        (format!("{} MB", megabytes(outcome.total_bytes())), "sent by all parties"),
        (power_of_two(outcome.failure_probability), "probability of failure, at most"),
    ];
    if outcome.batch > 1 {
        tiles.insert(1, (format!("{:.3} s", outcome.seconds / outcome.batch as f64), "a text"));
    }
    let difference = outcome.predicted.map(|predicted| format!("predicted, {predicted}"));
    if let (Some(predicted), Some(difference)) = (outcome.predicted, &difference) {
        tiles.insert(1, (format!("{:.3} s", predicted.seconds), difference));
    }
    if let Some(peak) = outcome.peak_rss_bytes {
        let gib = peak as f64 / f64::from(1 << 30);
        let whose = if outcome.has_parties { "peak memory, all parties" } else { "peak memory" };
        tiles.push((format!("{gib:.2} GiB"), whose));
    }
    out.push_str("<div class=\"tiles\">");
    for (value, what) in tiles {
        write!(out, "<div class=\"tile\"><b>{value}</b><span>{what}</span></div>")?;
    }
    writeln!(out, "</div>")
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
        write!(out, "<tr><td><i class=\"dot {}\"></i>{}</td>", class(kind), kind.title())?;
        for column in &columns {
            let (_, value, text) = &column[i];
            let whole = sum(column);
            let percent = if whole > 0.0 { 100.0 * value / whole } else { 0.0 };
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

fn parts(split: &Split, (_, of, written): Measure) -> Vec<(Kind, f64, String)> {
    let part = |(kind, part): (Kind, Part)| (kind, of(&part), written(of(&part)));
    split.iter().map(part).collect()
}

fn sum(parts: &[(Kind, f64, String)]) -> f64 {
    parts.iter().map(|(_, value, _)| value).sum()
}

/// Text that stands for itself in HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_do_not_become_markup() {
        assert_eq!(super::escaped("a<b>\"&"), "a&lt;b&gt;&quot;&amp;");
    }
}
