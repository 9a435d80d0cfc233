//! RMSNorm, the normalisation of LLaMA, on three parties.
//!
//! `cargo run --release -p ditto-testing --example rms_norm`
//!
//! y = γ · x / sqrt(mean(x²) + ε) over the last axis (Zhang and Sennrich, NeurIPS 2019, section 4).

mod common;

use common::{AnyError, cost_of, on_three_parties, print_cost, print_side_by_side};
use ditto_core::{Backend, Format, High, Source};
use ditto_dsl::layers::reciprocal_sqrt::reciprocal_sqrt;
use ditto_dsl::{InputError, Tensor};
use ndarray::{ArrayD, Axis};

/// The octaves that the mean square may lie in, ε included: from 2^-8 to 2^12.
const MEAN_SQUARE: std::ops::Range<i32> = -8..12;

/// γ · x / sqrt(mean(x²) + ε) over the last axis, of length h, with a secret γ `[h]`.
///
/// The sum of squares is not divided by h: the root's numerator is sqrt(h) instead. The product
/// γ·x is scaled down in the same rounds as the sum.
///
/// Range: a mean square in [2^-8, 2^12). Error with u = 2^-18 in `High`, for a value that normalises
/// to z in a row of mean square m: of the approximation |γz|·7e-6 + u, and of rounding at most
/// |γz|·(2u/m + 2u·√m + 4u) + 2u/√m + 2u (tested below).
///
/// 12 rounds.
pub struct RmsNorm<B: Backend, Q: Format> {
    gamma: Tensor<B, Q>,
    epsilon: f64,
}

impl<B: Backend, Q: Format> RmsNorm<B, Q> {
    /// Shares γ, of shape `[h]`.
    ///
    /// # Errors
    /// If a value is outside the range of `Q`.
    pub fn share(
        source: &mut impl Source<B>,
        name: &str,
        gamma: &ArrayD<f64>,
        epsilon: f64,
    ) -> Result<Self, InputError> {
        Ok(Self::new(Tensor::share(source, &format!("{name}.weight"), gamma)?, epsilon))
    }

    /// With a γ that is shared already.
    pub fn new(gamma: Tensor<B, Q>, epsilon: f64) -> Self {
        Self { gamma, epsilon }
    }

    /// From `[.., h]` to `[.., h]`.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a mean square outside the range.
    pub fn forward(&self, x: &Tensor<B, Q>, cx: &mut B) -> Result<Tensor<B, Q>, B::Error> {
        let h = x.row_length() as f64;
        let squares = x.squared(cx)?.sum_last();
        let weighted = x.times(&self.gamma, cx)?;
        let [squares, weighted] = squares.trunc_with(weighted, cx)?;
        let scale = cx.scope("reciprocal square root", |cx| {
            let (low, high) = (h.log2().floor() as i32, h.log2().ceil() as i32);
            let octaves = MEAN_SQUARE.start + low..MEAN_SQUARE.end + high;
            reciprocal_sqrt(&squares.plus_public(self.epsilon * h), h.sqrt(), octaves, cx)
        })?;
        weighted.times(&scale, cx)?.trunc(cx)
    }
}

const EPSILON: f64 = 1e-5;

/// The same in f64, as the paper writes it.
fn reference(x: &ArrayD<f64>, gamma: &ArrayD<f64>) -> ArrayD<f64> {
    let mut y = x.clone();
    for mut row in y.lanes_mut(Axis(x.ndim() - 1)) {
        let mean_square = row.iter().map(|x| x * x).sum::<f64>() / row.len() as f64;
        row /= (mean_square + EPSILON).sqrt();
    }
    y * gamma
}

/// What a client and a model owner run together: the inputs are shared, the result stays shared.
fn program<B: Backend>(
    source: &mut impl Source<B>,
    cx: &mut B,
    [x, gamma]: [&ArrayD<f64>; 2],
) -> Result<Tensor<B, High>, AnyError> {
    let norm = RmsNorm::<B, High>::share(source, "norm", gamma, EPSILON)?;
    let x = Tensor::share(source, "x", x)?;
    Ok(cx.scope("rms norm", |cx| norm.forward(&x, cx))?)
}

fn main() -> Result<(), AnyError> {
    let wave = |n: usize, step: f64| (0..n).map(|i| 3.0 * (i as f64 * step).sin()).collect();
    let x = ArrayD::from_shape_vec(vec![2, 6], wave(12, 0.7))?;
    let gamma = ArrayD::from_shape_vec(vec![6], wave(6, 1.3))?;

    let secure = on_three_parties(|source, cx| program(source, cx, [&x, &gamma]))?;
    println!("RMSNorm of 2 rows of 6, on three parties:");
    let lines =
        reference(&x, &gamma).into_iter().zip(&secure).enumerate().map(|(i, (clear, secure))| {
            let place = format!("row {}, column {}", i / 6, i % 6);
            [place, format!("{clear:.5}"), format!("{secure:.5}")]
        });
    print_side_by_side(lines);
    print_cost(&cost_of(|source, cx| program(source, cx, [&x, &gamma]))?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use ditto_testing::{Bounds, Within, conformance, layer, ulp, values};

    use super::*;

    /// A mean square of at least 1/16, at which the documented errors are largest for |x| <= 4.
    const SMALLEST: f64 = 1.0 / 16.0;

    #[test]
    fn rms_norm_keeps_its_errors() {
        // |γ| is at most 2, and |z| at most the root of the longest row.
        let (u, largest) = (ulp::<High>(), 2.0 * 24f64.sqrt());
        let of_scale = 2.0 * u / SMALLEST + 2.0 * u * 4.0 + 4.0 * u;
        conformance(
            "rms_norm",
            layer!(|x: High, gamma: High, cx: &mut B| -> High {
                RmsNorm::new(gamma.clone(), EPSILON).forward(x, cx)
            }),
        )
        .inputs([1..=4, 1..=24], |[rows, h]| {
            let x = values([rows, h], -4.0..4.0).such_that("rows of some length", move |x| {
                let rows = x.as_slice().expect("in order").chunks(h);
                rows.map(|row| row.iter().map(|x| x * x).sum::<f64>())
                    .all(|squares| squares >= SMALLEST * h as f64)
            });
            [x, values([h], -2.0..2.0)]
        })
        .reference(|[x, gamma]| reference(x, gamma))
        .check(Bounds {
            approximation: Within::absolute(largest * 7e-6 + u),
            quantization: Within::absolute(
                largest * of_scale + 2.0 * u / SMALLEST.sqrt() + 2.0 * u,
            ),
        });
    }

    #[test]
    fn sim_names_the_row_that_has_no_length() {
        let (x, gamma) = (ArrayD::zeros(vec![2, 4]), ArrayD::ones(vec![4]));
        let error = cost_of(|source, cx| program(source, cx, [&x, &gamma])).unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with("rms norm/reciprocal square root: declared range"), "{error}");
    }

    #[test]
    fn the_rounds_are_the_documented_ones() {
        let (x, gamma) = (ArrayD::ones(vec![2, 4]), ArrayD::ones(vec![4]));
        let report = cost_of(|source, cx| program(source, cx, [&x, &gamma])).unwrap();
        assert_eq!(report.total().rounds, 12);
    }
}
