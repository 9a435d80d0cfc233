//! The embedding of secret tokens: a matrix product with one-hot rows.

use ditto_core::{Backend, Format, Source, Values};

use crate::precision::Precision;
use crate::tensor::Tensor;
use crate::weight::{ShareError, Weight};

/// The one-hot rows `[.., tokens, vocabulary]` that the client shares: neither the tokens nor which of
/// them are padding is known to any party.
pub type OneHot<B, P> = Tensor<B, <<P as Precision>::Table as Format>::Integer>;

/// A table `[vocabulary, h]` of token embeddings, and `[positions, h]` that is added by position.
pub struct Embedding<B: Backend, P: Precision> {
    tokens: Weight<B, P::Table>,
    positions: Tensor<B, P::Table>,
}

impl<B: Backend, P: Precision> Embedding<B, P> {
    /// Shares both tables.
    ///
    /// # Errors
    /// If a value is outside the range of `P::Table`; `name` says of which layer. Those of the backend.
    pub fn share(
        source: &mut impl Source<B>,
        name: &str,
        tokens: &impl Values,
        positions: &impl Values,
        cx: &mut B,
    ) -> Result<Self, ShareError<B::Error>> {
        let tokens = Tensor::share(source, &format!("{name}.word_embeddings"), tokens)?;
        let positions = Tensor::share(source, &format!("{name}.position_embeddings"), positions)?;
        let tokens = Weight::prepare(&tokens, cx).map_err(ShareError::Prepare)?;
        Ok(Self { tokens, positions })
    }

    /// From one-hot rows `[.., n, vocabulary]` to `[.., n, h]` in `High`, exactly; the leading axes
    /// count texts, and positions begin anew in each.
    ///
    /// One-hot rows are integers, so the product needs no scale-down: 1 round and 3k bits an
    /// element, then the widening.
    ///
    /// # Errors
    /// Those of the backend.
    ///
    /// # Panics
    /// If `one_hot` has no two axes, or more tokens than there are positions.
    pub fn forward(
        &self,
        one_hot: &OneHot<B, P>,
        cx: &mut B,
    ) -> Result<Tensor<B, P::High>, B::Error> {
        let &[.., n, _] = one_hot.shape() else {
            panic!("an embedding takes [.., tokens, vocabulary], not {:?}", one_hot.shape());
        };
        let positions = self.positions.slice(0, 0..n);
        let sum = one_hot.matmul(&self.tokens, cx)?.plus_tensor(&positions).settle(cx)?;
        P::table_to_high(&sum, cx)
    }
}
