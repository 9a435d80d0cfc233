use ditto_core::{Backend, F, Fixed, High, Z32};
use ditto_dsl::Tensor;

fn layer<B: Backend>(x: &Tensor<B, High>) -> Tensor<B, Fixed<Z32, F<20>>> {
    x.narrow()
}

fn main() {}
