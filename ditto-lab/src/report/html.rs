//! Pages that need nothing else: no script, no network, no font.

use std::fmt::Write;

use super::svg;

const STYLE: &str = "\
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

/// What a page ends with.
pub const END: &str = "</body></html>\n";

/// A page up to its body, for a title that is HTML already, and with rules of its own in `style`.
pub fn start(title: &str, style: &str) -> String {
    let style = [STYLE, svg::STYLE, style].concat();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title>\n<style>\n{style}</style></head>\n<body>\n"
    )
}

/// The most important figures, each with what it is.
///
/// # Errors
/// None: a string takes everything that is written to it.
pub fn tiles(out: &mut String, figures: &[(String, &str)]) -> std::fmt::Result {
    out.push_str("<div class=\"tiles\">");
    for (value, what) in figures {
        write!(out, "<div class=\"tile\"><b>{value}</b><span>{what}</span></div>")?;
    }
    writeln!(out, "</div>")
}

/// Text that stands for itself in HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_do_not_become_markup() {
        assert_eq!(super::escaped("a<b>\"&"), "a&lt;b&gt;&quot;&amp;");
    }
}
