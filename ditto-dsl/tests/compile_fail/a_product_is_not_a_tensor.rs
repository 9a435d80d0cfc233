use ditto_core::{Backend, Low};
use ditto_dsl::Tensor;

fn layer<B: Backend>(x: &Tensor<B, Low>, cx: &mut B) -> Result<Tensor<B, Low>, B::Error> {
    let square = x.squared(cx)?;
    Ok(x.plus(&square))
}

fn main() {}
