//! GeLU: as an even polynomial between two straight lines, as PUMA's piecewise polynomial, or as
//! the paper's quadratic.

mod even;
mod piecewise;
mod truth;

use ditto_core::{Backend, Format};

use crate::precision::Precision;
use crate::tensor::Tensor;

/// Which function stands for x · Φ(x).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gelu {
    /// For models as they come: error against GeLU at most 3.4e-3, and of rounding at most 2 ulp
    /// of `Act` (measured by a test).
    #[default]
    Poly,
    /// The same polynomial for models whose GeLU is the tanh form, from which x · Φ(x) differs by
    /// at most 5e-4: only the reference is another function, and the error at most 3.9e-3.
    PolyTanh,
    /// PUMA's piecewise polynomial: error at most 2e-2 (just below the seam at 3), and of rounding
    /// at most 3 ulp of `Low` or 1e-4 in `High` (measured by a test), at half again the cost of
    /// `Poly`. For comparison with the literature.
    Puma,
    /// 0.125x² + 0.25x + 0.5, for models distilled with it. Exact to an ulp of `Act`; (x + 1)² has
    /// to fit a product, which in `Low` means |x| < 127.
    Quad,
}

impl Gelu {
    /// The function of every element, for |x| < `bound`.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a value that exceeds the bound.
    pub fn forward<P: Precision, B: Backend>(
        self,
        x: &Tensor<B, P::Act>,
        bound: f64,
        cx: &mut B,
    ) -> Result<Tensor<B, P::Act>, B::Error> {
        match self {
            Self::Poly | Self::PolyTanh => {
                x.composite(&self, cx, |cx| even::gelu::<P, B>(x, bound, cx))
            }
            Self::Puma => x.composite(&self, cx, |cx| piecewise::gelu::<P, B>(x, bound, cx)),
            // Not an approximation: models are trained with it.
            Self::Quad => quadratic(x, cx),
        }
    }
}

/// 0.125x² + 0.25x + 0.5 = ((x + 1)² + 3) / 8. 2 rounds, 3k + 4(f + 3) bits an element.
///
/// Source: Ditto (ICML 2024), section 4.3; MPCFormer (ICLR 2023).
fn quadratic<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    cx: &mut B,
) -> Result<Tensor<B, Q>, B::Error> {
    let square = x.plus_public(1.0).squared(cx)?.over_power_of_two(3).trunc(cx)?;
    Ok(square.plus_public(0.375))
}
