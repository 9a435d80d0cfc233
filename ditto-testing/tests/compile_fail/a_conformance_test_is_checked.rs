#![deny(unused_must_use)]

use ditto_core::Low;
use ditto_testing::{conformance, layer, values};

fn main() {
    conformance("double", layer!(|x: Low, cx: &mut B| -> Low { Ok(x.plus(x)) }))
        .inputs([1..=4], |[n]| [values([n], -8.0..8.0)])
        .reference(|[x]| x + x);
}
