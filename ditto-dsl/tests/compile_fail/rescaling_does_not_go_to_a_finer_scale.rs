use ditto_core::{Backend, F, Fixed, Low, Z32};
use ditto_dsl::Tensor;

fn layer<B: Backend>(
    x: &Tensor<B, Low>,
    cx: &mut B,
) -> Result<Tensor<B, Fixed<Z32, F<12>>>, B::Error> {
    x.rescale(cx)
}

fn main() {}
