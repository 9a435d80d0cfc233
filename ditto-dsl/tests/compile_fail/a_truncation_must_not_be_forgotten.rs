use ditto_core::{Backend, Low};
use ditto_dsl::{Tensor, Weight};

fn layer<B: Backend>(
    x: &Tensor<B, Low>,
    w: &Weight<B, Low>,
    cx: &mut B,
) -> Result<Tensor<B, Low>, B::Error> {
    x.matmul(w, cx)
}

fn main() {}
