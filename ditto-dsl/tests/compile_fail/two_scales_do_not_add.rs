use ditto_core::{Backend, F, Fixed, Low, Z32};
use ditto_dsl::Tensor;

fn layer<B: Backend>(x: &Tensor<B, Low>, y: &Tensor<B, Fixed<Z32, F<12>>>) -> Tensor<B, Low> {
    x.plus(y)
}

fn main() {}
