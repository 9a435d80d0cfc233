use ditto_core::{Backend, Low};
use ditto_dsl::{Tensor, Weight};

fn layer<B: Backend>(x: &Tensor<B, Low>, w: &Weight<B, Low>) -> Tensor<B, Low> {
    x.plus(w)
}

fn main() {}
