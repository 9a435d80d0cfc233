use ditto_backends::{Plain, Sim};
use ditto_core::Low;
use ditto_dsl::Tensor;

fn mixed(x: &Tensor<Sim, Low>, y: &Tensor<Plain, Low>) -> Tensor<Sim, Low> {
    x.plus(y)
}

fn main() {}
