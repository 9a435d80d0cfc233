//! Multi-head self-attention with a secret padding mask.

use std::f64::consts::LOG2_E;
use std::ops::Range;

use ditto_core::fixed::exp2;
use ditto_core::{Backend, Format, Lazy, Source, Values};
use ndarray::{ArrayD, Axis, concatenate};

use super::linear::Linear;
use super::maximum::Maximum;
use super::softmax::softmax_base2_with;
use crate::precision::Precision;
use crate::tensor::Tensor;
use crate::weight::ShareError;

/// Where scores before masking are declared to lie, as exponents of base 2; to base e that is from
/// -173 to 69. (In all-MiniLM-L6-v2 they go from -161 to 71.)
pub const SCORES: Range<f64> = -250.0..100.0;

/// What the mask adds to the score of a padding token; 0 for a real token. It is low enough for
/// the power of a padding token to be 0 unless its score is above the highest real one by 132, and no
/// lower than the 256 levels of the softmax's maximum reach.
pub const MASKED: f64 = -156.0;

/// A weight matrix `[inputs, outputs]` and its bias `[outputs]`.
pub struct Affine<V = ArrayD<f64>> {
    /// `[inputs, outputs]`.
    pub weight: V,
    /// `[outputs]`.
    pub bias: V,
}

/// softmax(Q·Kᵀ / sqrt(d) + mask) · V for every head, and the output projection.
///
/// In texts of more than 32 tokens: 41 rounds, of which 33 are the softmax's.
///
/// Error: most of it is the rounding of query and key, which moves the scores, and of the
/// probabilities. For activations up to 2 and weights up to 1/2, in at most 6 tokens and 3 heads of 5,
/// at most 1e-2 of the approximation, and of rounding 0.1 with `Ditto`, 0.06 with `Fine` and 3e-4 with
/// `Puma` (held by a test).
///
/// Source: Vaswani et al. (NeurIPS 2017), section 3.2, in the formats of Ditto (ICML 2024), section 4.1.
pub struct Attention<B: Backend, P: Precision> {
    query_key_value: Linear<B, P::Act, P::Weight>,
    output: Linear<B, P::Act, P::Weight>,
    heads: usize,
    maximum: Maximum,
}

impl<B: Backend, P: Precision> Attention<B, P> {
    /// Shares the projections, each `[h, h]`; `heads` divides h.
    ///
    /// Query, key and value become one product. Scores are exponents of base 2: their factor is
    /// log2(e)/sqrt(d). A power of two of it is left to the scale-down of the scores and the rest,
    /// between 0.72 and 1.45, is multiplied into the query projection: so the query keeps its
    /// precision.
    ///
    /// # Errors
    /// If a value is outside the range of `P::Weight`; `name` says of which layer. Those of the backend.
    pub fn share<V: Values>(
        source: &mut impl Source<B>,
        name: &str,
        heads: usize,
        [query, key, value, output]: [Affine<V>; 4],
        cx: &mut B,
    ) -> Result<Self, ShareError<B::Error>> {
        let head_size = query.bias.shape().iter().product::<usize>() / heads;
        let rest = LOG2_E * exp2(score_shift(head_size)) / (head_size as f64).sqrt();
        let weight = joined(1, rest, [&query.weight, &key.weight, &value.weight]);
        let bias = joined(0, rest, [&query.bias, &key.bias, &value.bias]);
        let name_of = |part| format!("{name}.{part}");
        let joined = name_of("query_key_value");
        let Affine { weight: of_output, bias: bias_of_output } = output;
        Ok(Self {
            query_key_value: Linear::share(source, &joined, &weight, &bias, cx)?,
            output: Linear::share(source, &name_of("output"), &of_output, &bias_of_output, cx)?,
            heads,
            maximum: Maximum::default(),
        })
    }

    /// The same with another form of the softmax's maximum.
    #[must_use]
    pub fn with_maximum(self, maximum: Maximum) -> Self {
        Self { maximum, ..self }
    }

    /// From `[.., n, h]` to the same shape in `High`: the leading axes count texts, each of which attends to
    /// itself alone. `mask` of shape `[.., n]` is 0 for real tokens and [`MASKED`] for padding.
    ///
    /// All heads of all texts are one batch, so rounds do not grow with the number of texts.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a score outside [`SCORES`].
    ///
    /// # Panics
    /// If `x` has no two axes, or `mask` does not have one element a token.
    pub fn forward(
        &self,
        x: &Tensor<B, P::Act>,
        mask: &Tensor<B, P::Act>,
        cx: &mut B,
    ) -> Result<Tensor<B, P::High>, B::Error> {
        let &[ref texts @ .., n, h] = x.shape() else {
            panic!("attention takes [.., tokens, hidden], not {:?}", x.shape());
        };
        let texts = texts.iter().product();
        let (heads, d) = (self.heads, h / self.heads);
        let projected = cx.scope("linear", |cx| self.query_key_value.forward(x, cx))?;
        // [texts, n, 3h] -> [3, texts, heads, n, d]
        let projected = projected.reshape(&[texts, n, 3, heads, d]).permute(&[2, 0, 3, 1, 4]);
        let [query, key, value] = [0, 1, 2].map(|i| projected.unstack(i));
        let scores = cx.scope("scores", |cx| {
            let scores = query.matmul_transposed(&key, cx)?;
            let scores = scores.over_power_of_two(score_shift(d)).trunc(cx)?;
            scores.declare(SCORES, cx)?;
            Ok(masked(&scores, &mask.reshape(&[texts, n])))
        })?;
        let range = SCORES.start + MASKED..SCORES.end;
        let weights =
            cx.scope("softmax", |cx| softmax_base2_with::<B, P>(&scores, range, self.maximum, cx))?;
        let context = cx.scope("scores", |cx| weights.matmul(&value, cx)?.swapped().trunc(cx))?;
        let context = context.permute(&[0, 2, 1, 3]).reshape(x.shape());
        cx.scope("linear", |cx| P::linear_to_high(self.output.product(&context, cx)?, cx))
    }
}

/// Values of equal shape one after another along an axis, the first of them times `factor`.
fn joined<V: Values>(axis: usize, factor: f64, parts: [&V; 3]) -> Lazy<'_> {
    let mut shape = parts[0].shape().to_vec();
    shape[axis] *= parts.len();
    Lazy::new(shape, move || {
        let [first, others @ ..] = parts.map(Values::array);
        let first = first.into_owned() * factor;
        concatenate(Axis(axis), &[first.view(), others[0].view(), others[1].view()])
            .expect("the three projections have the same shape")
    })
}

/// The scores `[texts, heads, n, n]` of every text plus that text's row of `mask` `[texts, n]`.
fn masked<B: Backend, Q: Format>(scores: &Tensor<B, Q>, mask: &Tensor<B, Q>) -> Tensor<B, Q> {
    match mask.shape()[0] {
        1 => scores.plus(mask),
        texts => {
            let of_text = |i| scores.unstack(i).plus(&mask.unstack(i));
            let parts: Vec<_> = (0..texts).map(of_text).collect();
            Tensor::stack(&parts.iter().collect::<Vec<_>>())
        }
    }
}

/// The power of two in sqrt(d), rounded down.
fn score_shift(head_size: usize) -> u32 {
    head_size.ilog2() / 2
}
