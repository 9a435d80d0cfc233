//! [`Bit`]: shared bits, the results of comparisons.

use ditto_core::{Backend, Format};

use crate::tensor::Tensor;

/// Shared bits with a shape. A bit decides nothing in the clear: it becomes the number 0 or 1 and
/// is multiplied.
pub struct Bit<B: Backend> {
    bits: B::Bit,
    shape: Vec<usize>,
}

impl<B: Backend> Bit<B> {
    pub(crate) fn new(bits: B::Bit, shape: &[usize]) -> Self {
        Self { bits, shape: shape.to_vec() }
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The bits as the integers 0 and 1 of the ring of `Q`. Exact; 1 round, 5k bits an element.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn indicator<Q: Format>(&self, cx: &mut B) -> Result<Tensor<B, Q::Integer>, B::Error> {
        Ok(Tensor::new(cx.bit_to_ring(&self.bits)?))
    }

    /// `x` where the bit is 1, and `y` where it is 0. Exact; 2 rounds, 8k bits an element on `Rep3`.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn select<Q: Format>(
        &self,
        x: &Tensor<B, Q>,
        y: &Tensor<B, Q>,
        cx: &mut B,
    ) -> Result<Tensor<B, Q>, B::Error> {
        let difference = x.minus(y);
        // A bit times a value is a value: nothing to scale down.
        let chosen = self.indicator::<Q>(cx)?.times(&difference, cx)?.settle(cx)?;
        Ok(y.plus(&chosen))
    }
}
