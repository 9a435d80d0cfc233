use ditto_core::Low;
use ditto_testing::{Within, conformance, layer, values};

fn main() {
    conformance("sum", layer!(|x: Low, y: Low, cx: &mut B| -> Low { Ok(x.plus(y)) }))
        .inputs([1..=4], |[n]| [values([n], -8.0..8.0)])
        .reference(|[x, y]| x + y)
        .check(Within::NOTHING);
}
