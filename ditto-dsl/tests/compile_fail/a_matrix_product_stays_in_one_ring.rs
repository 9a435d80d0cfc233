use ditto_core::{Backend, High, Low};
use ditto_dsl::{Tensor, Weight};

fn layer<B: Backend>(x: &Tensor<B, Low>, w: &Weight<B, High>, cx: &mut B) -> Result<(), B::Error> {
    let _ = x.matmul(w, cx)?;
    Ok(())
}

fn main() {}
