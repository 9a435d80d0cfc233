use ditto_core::Low;
use ditto_testing::{Within, conformance, layer, values};

fn main() {
    let offset = 1.5;
    conformance("shifted", layer!(|x: Low, cx: &mut B| -> Low { Ok(x.plus_public(offset)) }))
        .inputs([1..=4], |[n]| [values([n], -8.0..8.0)])
        .reference(|[x]| x + 1.5)
        .check(Within::NOTHING);
}
