//! Products with what is secret.

use ditto_core::{Backend, Format};

use super::Tensor;
use crate::operand::SameRing;
use crate::product::Product;
use crate::weight::RightFactor;

impl<B: Backend, Q: Format> Tensor<B, Q> {
    /// Element-wise product; shapes as for [`Tensor::plus`]. Exact, and below 2^(k - 2 - f_Q - f_P) in
    /// magnitude. On `Rep3` it is local, and the scale-down sends; on `Additive` it takes 1 round.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a product outside the range.
    #[track_caller]
    pub fn times<P>(&self, other: &Tensor<B, P>, cx: &mut B) -> Result<Product<B, Q, P>, B::Error>
    where
        P: Format<Ring: SameRing<Q::Ring>>,
    {
        Ok(Product::new(cx.mul(&self.share, P::Ring::share::<B>(&other.share))?))
    }

    /// self · self; range and cost as of [`Tensor::times`].
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a product outside the range.
    pub fn squared(&self, cx: &mut B) -> Result<Product<B, Q, Q>, B::Error> {
        self.times(self, cx)
    }

    /// Matrix product with a prepared weight `[k, n]`, or with a tensor `[.., k, n]`, whose
    /// leading axes are those of `self` `[.., m, k]`. The shape of the result is `[.., m, n]`; its range
    /// and cost are those of [`Tensor::times`].
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a product outside the range.
    #[track_caller]
    pub fn matmul<W>(&self, right: &W, cx: &mut B) -> Result<Product<B, Q, W::Format>, B::Error>
    where
        W: RightFactor<B, Q::Ring>,
    {
        Ok(Product::new(right.multiply(&self.share, cx)?))
    }

    /// Matrix product of `[.., m, k]` with the transpose of a tensor `[.., n, k]`: `[.., m, n]`. Range
    /// and cost as of [`Tensor::times`].
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a product outside the range.
    #[track_caller]
    pub fn matmul_transposed<P>(
        &self,
        right: &Tensor<B, P>,
        cx: &mut B,
    ) -> Result<Product<B, Q, P>, B::Error>
    where
        P: Format<Ring: SameRing<Q::Ring>>,
    {
        Ok(Product::new(cx.matmul(&self.share, P::Ring::share::<B>(&right.share), true)?))
    }
}
