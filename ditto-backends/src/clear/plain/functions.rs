//! The true functions, element by element in f64.

use ditto_core::Function;
use ndarray::{ArrayD, Axis};

/// `function` of every element, or of every row of the last axis for softmax.
pub fn apply(function: Function, x: &ArrayD<f64>) -> ArrayD<f64> {
    match function {
        Function::Gelu => x.mapv(|x| 0.5 * x * (1.0 + libm::erf(x / std::f64::consts::SQRT_2))),
        Function::GeluTanh => x.mapv(|x| {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
            0.5 * x * (1.0 + inner.tanh())
        }),
        Function::Reciprocal => x.mapv(f64::recip),
        Function::ReciprocalSqrt => x.mapv(|x| x.sqrt().recip()),
        Function::Softmax => softmax(x, f64::exp),
        Function::SoftmaxBase2 => softmax(x, f64::exp2),
        Function::Elementwise(f) => x.mapv(f),
    }
}

fn softmax(x: &ArrayD<f64>, power: impl Fn(f64) -> f64) -> ArrayD<f64> {
    let mut out = x.clone();
    let last = Axis(x.ndim().saturating_sub(1));
    for mut row in out.lanes_mut(last) {
        let max = row.fold(f64::NEG_INFINITY, |max, &x| max.max(x));
        row.mapv_inplace(|x| power(x - max));
        let sum = row.sum();
        row.mapv_inplace(|x| x / sum);
    }
    out
}
