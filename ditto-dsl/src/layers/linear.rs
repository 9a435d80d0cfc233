//! The linear layer y = x · W + b.

use ditto_core::{Backend, Format, Source, Values};

use crate::product::Product;
use crate::tensor::Tensor;
use crate::weight::{ShareError, Weight};

/// y = x · W + b for activations of the format `A`, with a secret weight `[inputs, outputs]` of the
/// format `W` and a secret bias `[outputs]` of the scale of their products.
pub struct Linear<B: Backend, A: Format, W: Format> {
    weight: Weight<B, W>,
    bias: Product<B, A, W>,
}

impl<B: Backend, A: Format, W: Format<Ring = A::Ring>> Linear<B, A, W> {
    /// Shares a weight of shape `[inputs, outputs]` and a bias of shape `[outputs]`.
    ///
    /// # Errors
    /// If a weight is outside the range of `W`, or a bias outside that of a product; `name` says of which
    /// layer. Those of the backend.
    pub fn share(
        source: &mut impl Source<B>,
        name: &str,
        weight: &impl Values,
        bias: &impl Values,
        cx: &mut B,
    ) -> Result<Self, ShareError<B::Error>> {
        let weight = Tensor::share(source, &format!("{name}.weight"), weight)?;
        let bias = Product::share(source, &format!("{name}.bias"), bias)?;
        let weight = Weight::prepare(&weight, cx).map_err(ShareError::Prepare)?;
        Ok(Self { weight, bias })
    }

    /// As [`Linear::forward`] before it is scaled down: for what goes to another format than the
    /// activations'. Sends nothing on `Rep3`; a round on `Additive`.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn product(&self, x: &Tensor<B, A>, cx: &mut B) -> Result<Product<B, A, W>, B::Error> {
        Ok(x.matmul(&self.weight, cx)?.plus(&self.bias))
    }

    /// From `[.., inputs]` to `[.., outputs]`. 2 rounds, 3k + 4f_W bits an output.
    ///
    /// The bias is added to the product before it is scaled down: it costs nothing and is as exact
    /// as the product.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn forward(&self, x: &Tensor<B, A>, cx: &mut B) -> Result<Tensor<B, A>, B::Error> {
        x.matmul(&self.weight, cx)?.plus(&self.bias).trunc(cx)
    }
}
