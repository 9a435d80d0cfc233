use ditto_core::{Backend, F, Fixed, Z64};
use ditto_dsl::Tensor;

fn layer<B: Backend>(_: &Tensor<B, Fixed<Z64, F<99>>>) {}

fn main() {}
