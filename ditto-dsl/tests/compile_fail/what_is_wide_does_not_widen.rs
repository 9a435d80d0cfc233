use ditto_core::{Backend, F, Fixed, High, Z64};
use ditto_dsl::Tensor;

fn layer<B: Backend>(
    x: &Tensor<B, High>,
    cx: &mut B,
) -> Result<Tensor<B, Fixed<Z64, F<20>>>, B::Error> {
    x.widen(cx)
}

fn main() {}
