use ditto_core::{Backend, Low};
use ditto_dsl::Tensor;

fn layer<B: Backend>(x: &Tensor<B, Low>, cx: &mut B) -> Result<Tensor<B, Low>, B::Error> {
    if x.is_below(0.0, 8.0, cx)? {
        Ok(x.times_integer(-1))
    } else {
        Ok(x.clone())
    }
}

fn main() {}
