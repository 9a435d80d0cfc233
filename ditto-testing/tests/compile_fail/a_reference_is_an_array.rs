use ditto_core::Low;
use ditto_testing::{Within, conformance, layer, values};

fn main() {
    conformance("sum", layer!(|x: Low, cx: &mut B| -> Low { Ok(x.sum_last()) }))
        .inputs([1..=4], |[n]| [values([n], -8.0..8.0)])
        .reference(|[x]| x.sum())
        .check(Within::NOTHING);
}
