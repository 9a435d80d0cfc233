use ditto_core::{Backend, F};
use ditto_dsl::Tensor;

fn layer<B: Backend>(_: &Tensor<B, F<8>>) {}

fn main() {}
