//! What the client shares of texts: everything about them but their number and their padded length
//! is secret.

use ditto_core::{Backend, Lazy, Source};
use ditto_dsl::layers::attention::MASKED;
use ditto_dsl::layers::embedding::OneHot;
use ditto_dsl::{InputError, Precision, Tensor};
use ndarray::{Array2, Array3};

/// Texts of n tokens each, padding included, as the client shares them: what one forward pass
/// takes.
pub struct BertInput<B: Backend, P: Precision> {
    /// One-hot rows `[texts, n, vocabulary]`.
    pub(super) one_hot: OneHot<B, P>,
    /// What is added to attention scores, `[texts, n]`: 0 for real tokens, [`MASKED`] for padding.
    pub(super) mask: Tensor<B, P::Act>,
    /// 1 for real tokens, 0 for padding, `[texts, 1, n]`.
    pub(super) real: Tensor<B, P::High>,
    /// One over the number of real tokens, `[texts, 1, 1]`.
    pub(super) inverse_count: Tensor<B, P::High>,
}

impl<B: Backend, P: Precision> BertInput<B, P> {
    /// Shares the token ids of texts, each padded to `length` with `pad_id`.
    ///
    /// # Errors
    /// If a value does not fit its format, which does not happen with a real text.
    ///
    /// # Panics
    /// If there is no text, or one without ids, with more ids than `length`, or with an id that is
    /// not below `vocabulary`.
    pub fn share(
        source: &mut impl Source<B>,
        texts: &[&[u32]],
        pad_id: u32,
        length: usize,
        vocabulary: usize,
    ) -> Result<Self, InputError> {
        assert!(!texts.is_empty(), "a forward pass takes at least one text");
        for ids in texts {
            let tokens = ids.len();
            assert!((1..=length).contains(&tokens), "from 1 to {length} tokens, not {tokens}");
        }
        // By far the largest: not computed where its shape is enough.
        let one_hot = Lazy::new([texts.len(), length, vocabulary], || {
            let mut one_hot = Array3::zeros((texts.len(), length, vocabulary));
            for (text, ids) in texts.iter().enumerate() {
                let padded = ids.iter().copied().chain(std::iter::repeat(pad_id)).take(length);
                for (row, id) in padded.enumerate() {
                    one_hot[[text, row, id as usize]] = 1.0;
                }
            }
            one_hot.into_dyn()
        });
        let is_real = |text: usize, token: usize| token < texts[text].len();
        let mask = Array2::from_shape_fn((texts.len(), length), |(text, token)| {
            if is_real(text, token) { 0.0 } else { MASKED }
        });
        let real = Array3::from_shape_fn((texts.len(), 1, length), |(text, _, token)| {
            f64::from(u8::from(is_real(text, token)))
        });
        let inverse_count = Array3::from_shape_fn((texts.len(), 1, 1), |(text, _, _)| {
            1.0 / texts[text].len() as f64
        });
        Ok(Self {
            one_hot: Tensor::share(source, "one-hot tokens", &one_hot)?,
            mask: Tensor::share(source, "padding mask", &mask.into_dyn())?,
            real: Tensor::share(source, "pooling mask", &real.into_dyn())?,
            inverse_count: Tensor::share(source, "pooling weight", &inverse_count.into_dyn())?,
        })
    }
}
