use ditto_backends::Sim;
use ditto_core::Low;
use ditto_dsl::Tensor;
use ditto_testing::conformance;

fn main() {
    let _ = conformance("double", |x: &Tensor<Sim, Low>, _: &mut Sim| x.plus(x));
}
