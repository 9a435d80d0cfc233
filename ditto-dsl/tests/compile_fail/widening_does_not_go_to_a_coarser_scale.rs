use ditto_core::{Backend, F, Fixed, Low, Z64};
use ditto_dsl::Tensor;

fn layer<B: Backend>(
    x: &Tensor<B, Low>,
    cx: &mut B,
) -> Result<Tensor<B, Fixed<Z64, F<4>>>, B::Error> {
    x.widen(cx)
}

fn main() {}
