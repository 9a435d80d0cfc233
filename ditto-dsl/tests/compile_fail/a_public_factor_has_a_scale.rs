use ditto_core::{Backend, Low};
use ditto_dsl::Tensor;

fn layer<B: Backend>(x: &Tensor<B, Low>) {
    let _ = x.times_public::<f64>(0.3);
}

fn main() {}
