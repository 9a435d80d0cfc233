//! Pages that need nothing else: no script, no network, no font.

use maud::{DOCTYPE, PreEscaped, html};

use super::svg;

/// A part of a page, in which all text is escaped.
pub use maud::Markup;

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

/// A whole page, with rules of its own in `style`.
pub fn page(title: &str, style: &str, body: &Markup) -> String {
    let style = [STYLE, svg::STYLE, style].concat();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                style { "\n" (PreEscaped(style)) }
            }
            body { "\n" (body) }
        }
    };
    page.into_string() + "\n"
}

/// The most important figures, each with its name.
pub fn tiles(figures: &[(String, &str)]) -> Markup {
    html! {
        div.tiles {
            @for (value, what) in figures {
                div.tile { b { (value) } span { (what) } }
            }
        }
        "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_become_markup() {
        let page = page("a<b>\"&", "", &tiles(&[("<i>".to_owned(), "&amp;")]));
        assert!(page.contains("<title>a&lt;b&gt;&quot;&amp;</title>"), "{page}");
        assert!(page.contains("<b>&lt;i&gt;</b><span>&amp;amp;</span>"), "{page}");
    }
}
