use ditto_core::{Backend, Low};
use ditto_dsl::{Product, Tensor};

fn layer<B: Backend>(x: &Tensor<B, Low>, b: &Product<B, Low, Low>, cx: &mut B) -> Result<(), B::Error> {
    let _ = x.matmul(b, cx)?;
    Ok(())
}

fn main() {}
