use ditto_core::{Backend, Low, Source};
use ditto_dsl::{InputError, Tensor};

fn share<B: Backend>(source: &mut impl Source<B>) -> Result<Tensor<B, Low>, InputError> {
    Tensor::share(source, "x", &vec![1.0_f32, 2.0])
}

fn main() {}
