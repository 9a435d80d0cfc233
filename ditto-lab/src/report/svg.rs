//! Stacked bars as inline SVG.

use maud::{Markup, html};

/// Segments narrower than this, in percent of the bar, have no label.
const NARROWEST_LABEL: f64 = 5.5;

/// A part of a bar.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Which of the colours, from 0 to 8.
    pub colour: usize,
    /// What it stands for.
    pub name: &'static str,
    /// How long it is.
    pub length: f64,
    /// Its length, for people to read.
    pub value: String,
}

/// The class that gives an element one of the colours; see [`STYLE`].
pub fn class(colour: usize) -> String {
    format!("k{colour}")
}

/// The colours, by class: `fill` for segments, `--ink` for labels on them. They are far apart in
/// hue and of middle lightness, so that one set serves light and dark pages.
pub const STYLE: &str = "\
.k0{fill:#9c6b4e;background:#9c6b4e;--ink:#fff}
.k1{fill:#4269d0;background:#4269d0;--ink:#fff}
.k2{fill:#6cc5b0;background:#6cc5b0;--ink:#10241f}
.k3{fill:#efb118;background:#efb118;--ink:#2b2000}
.k4{fill:#ff725c;background:#ff725c;--ink:#2d0a04}
.k5{fill:#a463f2;background:#a463f2;--ink:#fff}
.k6{fill:#3ca951;background:#3ca951;--ink:#04200b}
.k7{fill:#9498a0;background:#9498a0;--ink:#14161a}
.k8{fill:#d8557f;background:#d8557f;--ink:#2a0513}
svg{display:block;width:100%}
svg text{fill:var(--ink);font:600 11px system-ui,sans-serif;text-anchor:middle;dominant-baseline:central}
";

/// A bar as wide as its place and `height` pixels high, whose segments have the lengths of `parts`,
/// the whole being `full`. With `labels`, segments that are wide enough say their percentage of all
/// parts.
///
/// `title` is what a screen reader says; the pointer shows what each segment is.
pub fn bar(title: &str, parts: &[Segment], full: f64, height: u32, labels: bool) -> Markup {
    let sum: f64 = parts.iter().map(|part| part.length).sum();
    let mut end = 0.0;
    let segment = |part: &Segment| {
        // Lengths are in percent of the place, so that text is not stretched with it.
        let extent = 100.0 * part.length / full;
        let share = 100.0 * part.length / sum;
        let start = end;
        end += extent;
        html! {
            g class=(class(part.colour)) {
                title {
                    (part.name) ": " (part.value)
                    @if parts.len() > 1 { (format_args!(" ({share:.1}%)")) }
                }
                // An element of SVG has an end.
                rect
                    x=(format_args!("{start:.3}%"))
                    width=(format_args!("{extent:.3}%"))
                    height="100%" {}
                @if labels && extent >= NARROWEST_LABEL {
                    text x=(format_args!("{:.3}%", start + extent / 2.0)) y="50%" {
                        (format_args!("{share:.0}%"))
                    }
                }
            }
        }
    };
    let segments: Vec<Markup> =
        parts.iter().filter(|part| part.length > 0.0).map(segment).collect();
    html! {
        svg height=(height) role="img" aria-label=(title) {
            @for segment in &segments { (segment) }
        }
    }
}
