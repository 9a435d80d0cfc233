use ditto_core::Backend;
use ditto_dsl::{Precision, Tensor};

fn layer<B: Backend, P: Precision>(
    x: &Tensor<B, P::Exp>,
    cx: &mut B,
) -> Result<Tensor<B, P::High>, B::Error> {
    x.widen(cx)
}

fn main() {}
