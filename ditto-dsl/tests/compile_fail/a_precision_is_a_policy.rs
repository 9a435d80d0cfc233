use ditto_backends::Sim;
use ditto_core::Low;
use ditto_dsl::Tensor;
use ditto_dsl::layers::Gelu;

fn layer(x: &Tensor<Sim, Low>, cx: &mut Sim) {
    let _ = Gelu::Poly.forward::<Low, Sim>(x, 8.0, cx);
}

fn main() {}
