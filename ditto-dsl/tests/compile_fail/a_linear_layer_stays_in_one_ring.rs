use ditto_core::{Backend, High, Low};
use ditto_dsl::Tensor;
use ditto_dsl::layers::Linear;

fn layer<B: Backend>(
    linear: &Linear<B, Low, High>,
    x: &Tensor<B, Low>,
    cx: &mut B,
) -> Result<Tensor<B, Low>, B::Error> {
    linear.forward(x, cx)
}

fn main() {}
