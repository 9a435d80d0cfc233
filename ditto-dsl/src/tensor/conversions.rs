//! From one format to another.

use ditto_core::{Backend, Finer, Format, Linear, Narrow, NarrowerThan, Widen};

use super::Tensor;

impl<B: Backend, Q: Format> Tensor<B, Q> {
    /// The same values in the finer format `T` of the same ring.
    pub fn raise<T: Finer<Q> + Format<Ring = Q::Ring>>(&self) -> Tensor<B, T> {
        Tensor::new(B::raise(&self.share, T::FRAC - Q::FRAC))
    }

    /// The same integers read in the finer format `T`: the values divided by 2^(f_T - f_Q), exactly.
    pub fn shift_point<T: Finer<Q> + Format<Ring = Q::Ring>>(&self) -> Tensor<B, T> {
        Tensor::new(self.share.clone().shift_point(T::FRAC - Q::FRAC))
    }

    /// The values of the format `T` whose integers these are, times `value`: what turns a bit
    /// into one of two constants. Exact up to the rounding of `value`.
    pub fn times_value<T>(&self, value: f64) -> Tensor<B, T>
    where
        T: Format<Ring = Q::Ring, Integer = Q>,
    {
        let factor = (value * ditto_core::fixed::exp2(T::FRAC)).round() as i64;
        Tensor::new(B::scale(&self.share, factor).shift_point(T::FRAC))
    }

    /// Narrows to a format `T` of `Z32` (DownCast). Error: {-1, 0, 1} ulp of `T` against rounding to
    /// nearest, so below 1.5 ulp in all; mean 0. The values must lie in the range of `T`.
    pub fn narrow<T>(&self) -> Tensor<B, T>
    where
        T: Format<Ring: NarrowerThan<Q::Ring>>,
        Q: Narrow<T>,
    {
        Tensor::new(B::narrow(&self.share, Q::FRAC - T::FRAC))
    }

    /// Widens to a format `W` of `Z64` (UpCast), exactly. 1 round, 5(32 - (f_W - f_Q)) bits an
    /// element.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn widen<W: Format>(&self, cx: &mut B) -> Result<Tensor<B, W>, B::Error>
    where
        Q: Widen<W>,
    {
        Ok(Tensor::new(cx.widen::<Q::Ring, W::Ring>(&self.share, W::FRAC - Q::FRAC)?))
    }

    /// Rescales to a coarser format `T` of the same ring: a truncation, error {0, 1} ulp of `T`
    /// against the floor. 1 round, k + 4(f_Q - f_T) bits an element.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn rescale<T>(&self, cx: &mut B) -> Result<Tensor<B, T>, B::Error>
    where
        T: Format,
        Q: Finer<T>,
    {
        let product = B::product_of(&self.share);
        Ok(Tensor::new(cx.truncate(product, Q::FRAC - T::FRAC)?))
    }
}
