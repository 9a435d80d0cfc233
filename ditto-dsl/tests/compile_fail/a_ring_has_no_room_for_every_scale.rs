use ditto_core::{Backend, F, Fixed, Z32};
use ditto_dsl::Tensor;

fn layer<B: Backend>(_: &Tensor<B, Fixed<Z32, F<40>>>) {}

fn main() {}
