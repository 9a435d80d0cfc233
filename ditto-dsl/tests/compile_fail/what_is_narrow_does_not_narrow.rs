use ditto_core::{Backend, F, Fixed, Low, Z32};
use ditto_dsl::Tensor;

fn layer<B: Backend>(x: &Tensor<B, Low>) -> Tensor<B, Fixed<Z32, F<4>>> {
    x.narrow()
}

fn main() {}
