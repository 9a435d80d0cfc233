#![deny(unused_must_use)]

use ditto_core::{Backend, Low};
use ditto_dsl::Tensor;

fn layer<B: Backend>(x: &Tensor<B, Low>, cx: &mut B) -> Result<(), B::Error> {
    x.squared(cx)?;
    Ok(())
}

fn main() {}
