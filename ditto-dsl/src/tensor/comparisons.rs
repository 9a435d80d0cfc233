//! Comparisons, whose results are bits.

use ditto_core::portable::ceil_log2;
use ditto_core::{Backend, Format, Linear, Ring};

use super::Tensor;
use crate::bit::Bit;
use crate::operand::Public;

impl<B: Backend, Q: Format> Tensor<B, Q> {
    /// The bit self < value, for a public value: exact for what the format holds of `self`, even where it does
    /// not hold `value`. (`Plain` rounds `self` as sharing does, and so gives the same.) `bound`
    /// declares |self| < bound, which keeps the comparison narrow: log2(w) + 2 rounds for the w bits that
    /// hold bound + |value|.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a value outside the bound.
    pub fn is_below(&self, value: f64, bound: f64, cx: &mut B) -> Result<Bit<B>, B::Error> {
        cx.declare_compared(&self.share, Q::FRAC, bound)?;
        // Multiples of a unit are below the value exactly if they are below the next multiple. Beyond
        // the bound, all values compare the same.
        let unit = unit::<Q>();
        let most = (bound / unit).ceil();
        let edge = (value / unit).ceil().max(-most).min(most);
        let values = B::on_grid(&self.share, Q::FRAC);
        let difference = B::add_public(&values, &(-edge * unit).values(), Q::FRAC);
        let bits = cx.is_negative(&difference, comparison_width::<Q>(most + edge.abs()))?;
        Ok(Bit::new(bits, self.shape()))
    }

    /// The bit self < other, on `Plain` for what the format holds as in [`Tensor::is_below`]. `bound`
    /// declares |self - other| < bound; rounds as of [`Tensor::is_below`].
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a difference outside the bound.
    #[track_caller]
    pub fn is_less_than(&self, other: &Self, bound: f64, cx: &mut B) -> Result<Bit<B>, B::Error> {
        let [x, y] = [self, other].map(|tensor| B::on_grid(&tensor.share, Q::FRAC));
        let difference = x.sub(&y);
        cx.declare_compared(&difference, Q::FRAC, bound)?;
        let width = comparison_width::<Q>((bound / unit::<Q>()).ceil());
        Ok(Bit::new(cx.is_negative(&difference, width)?, self.shape()))
    }
}

/// One unit of the last place of the format.
fn unit<Q: Format>() -> f64 {
    ditto_core::fixed::exp2(Q::FRAC).recip()
}

/// The number of bits that hold every integer below `bound` in magnitude, with its sign.
fn comparison_width<Q: Format>(bound: f64) -> u32 {
    (ceil_log2(bound.max(1.0)) as u32).saturating_add(1).min(Q::Ring::BITS)
}
