use ditto_core::{Backend, High, Low};
use ditto_dsl::Tensor;

fn negative_part<B: Backend>(x: &Tensor<B, Low>, cx: &mut B) -> Result<(), B::Error> {
    let negative = x.is_below(0.0, 8.0, cx)?.indicator::<High>(cx)?;
    let _ = negative.times(x, cx)?;
    Ok(())
}

fn main() {}
