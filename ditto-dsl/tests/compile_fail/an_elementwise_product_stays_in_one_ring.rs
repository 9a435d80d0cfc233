use ditto_core::{Backend, High, Low};
use ditto_dsl::Tensor;

fn layer<B: Backend>(x: &Tensor<B, Low>, y: &Tensor<B, High>, cx: &mut B) -> Result<(), B::Error> {
    let _ = x.times(y, cx)?;
    Ok(())
}

fn main() {}
