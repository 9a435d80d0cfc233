use ditto_core::{Backend, Low};
use ditto_dsl::Tensor;

fn layer<B: Backend>(x: &Tensor<B, Low>, cx: &mut B) -> Result<Tensor<B, Low>, B::Error> {
    x.squared(cx)?.settle(cx)
}

fn main() {}
