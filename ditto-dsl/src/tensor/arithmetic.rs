//! Sums, and products with what is public: local.

use ditto_core::{Backend, Format, Linear, Scaled};

use super::Tensor;
use crate::operand::{Addend, Public};
use crate::product::Product;

impl<B: Backend, Q: Format> Tensor<B, Q> {
    /// self + other; `other` has the same shape, a suffix of it, or 1 for its last axis.
    #[track_caller]
    pub fn plus(&self, other: &impl Addend<B, Q>) -> Self {
        Self::new(self.share.add(other.share()))
    }

    /// self - other; shapes as for [`Tensor::plus`].
    #[track_caller]
    pub fn minus(&self, other: &impl Addend<B, Q>) -> Self {
        Self::new(self.share.sub(other.share()))
    }

    /// self · factor for a public integer.
    pub fn times_integer(&self, factor: i64) -> Self {
        Self::new(B::scale(&self.share, factor))
    }

    /// self + value for a public number, or for public numbers whose shape fits as for [`Tensor::plus`],
    /// rounded to the format's scale.
    #[track_caller]
    pub fn plus_public(&self, value: impl Public) -> Self {
        Self::new(B::add_public(&self.share, &value.values(), Q::FRAC))
    }

    /// value - self for a public number or public numbers; shapes as for [`Tensor::plus`].
    #[track_caller]
    pub fn subtracted_from(&self, value: impl Public) -> Self {
        self.times_integer(-1).plus_public(value)
    }

    /// self · value for a public number, or for public numbers whose shape fits as for [`Tensor::plus`],
    /// rounded to the scale `S`. Sends nothing.
    ///
    /// ```
    /// use ditto_backends::Sim;
    /// use ditto_backends::sim::SimSource;
    /// use ditto_core::{F, Low};
    /// use ditto_dsl::Tensor;
    /// use ndarray::array;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut sim = Sim::new(1);
    /// let x = array![[1.0, 2.0], [3.0, 4.0]].into_dyn();
    /// let x = Tensor::<Sim, Low>::share(&mut SimSource, "x", &x)?;
    /// let halves = x.times_public::<F<4>>(0.5).trunc(&mut sim)?;
    /// assert_eq!(halves.open(&mut sim)?, array![[0.5, 1.0], [1.5, 2.0]].into_dyn());
    /// let columns = x.times_public::<F<4>>(&array![1.0, -0.5].into_dyn()).trunc(&mut sim)?;
    /// assert_eq!(columns.open(&mut sim)?, array![[1.0, -1.0], [3.0, -2.0]].into_dyn());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn times_public<S: Scaled>(&self, value: impl Public) -> Product<B, Q, S> {
        Product::new(B::mul_public(&self.share, &value.values(), S::FRAC))
    }

    /// Sums over the last axis, which stays with length 1.
    pub fn sum_last(&self) -> Self {
        Self::new(self.share.sum_last())
    }
}
