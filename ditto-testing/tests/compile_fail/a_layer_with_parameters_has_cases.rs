use ditto_core::Low;
use ditto_testing::{Within, conformance, layer, values};

fn main() {
    conformance("shift", layer!((by: f64) |x: Low, cx: &mut B| -> Low { Ok(x.plus_public(by)) }))
        .inputs([1..=4], |[n]| [values([n], -8.0..8.0)])
        .reference(|[x]| x + 1.0)
        .check(Within::NOTHING);
}
