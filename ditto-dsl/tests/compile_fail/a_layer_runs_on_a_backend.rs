use ditto_core::{Low, Z32};
use ditto_dsl::Tensor;

fn layer(_: &Tensor<Z32, Low>) {}

fn main() {}
