//! The precision policy of a model: which format each part of it runs in, as a type.
//!
//! One model source runs under any policy. A policy names formats by their role; how to get from one role to
//! another follows from them, so that a model never asks which ring it is in.

mod path;
mod policies;

use ditto_core::{Backend, Finer, Format, Linear, Scaled};

use crate::product::Product;
use crate::tensor::Tensor;

pub use path::Path;
pub use policies::{Ditto, Fine, Puma};

/// The formats of a model.
///
/// | role | [`Ditto`] | [`Fine`] | [`Puma`] |
/// |---|---|---|---|
/// | `Act`: activations of linear layers, softmax's maximum | `Z32, F<8>` | `Z32, F<8>` | `Z64, F<18>` |
/// | `Weight`: weights | `Z32, F<10>` | `Z32, F<12>` | `Z64, F<18>` |
/// | `Table`: entries of embedding tables | `Z32, F<18>` | `Z32, F<18>` | `Z64, F<18>` |
/// | `Inner`: inside the GeLU polynomials, on values scaled below 1 | `Z32, F<14>` | `Z32, F<14>` | `Z64, F<24>` |
/// | `Exp`: powers of two of negative numbers | `Z32, F<18>` | `Z32, F<18>` | `Z64, F<18>` |
/// | `Prob`: attention probabilities | `Z32, F<12>` | `Z32, F<12>` | `Z64, F<18>` |
/// | `High`: division, LayerNorm, residuals | `Z64, F<18>` | `Z64, F<18>` | `Z64, F<18>` |
///
/// A policy of one's own is a type with these formats. What does not fit together does not compile: a
/// product of `Act` and `Weight` is at least as fine as `High`, as is the square of `High` for `Prob`; `High` is at
/// least as fine as `Exp`, `Table` and `Act`; and `Inner` has six bits more than `Act`. This one has finer
/// activations, and weights of 11 bits:
///
/// ```
/// use ditto_backends::Sim;
/// use ditto_backends::sim::SimSource;
/// use ditto_core::{F, Fixed, High, Z32};
/// use ditto_dsl::layers::{Gelu, Linear};
/// use ditto_dsl::{Precision, Tensor};
/// use ndarray::array;
///
/// #[derive(Clone, Copy, Debug, Default)]
/// struct Finer;
///
/// impl Precision for Finer {
///     const NAME: &'static str = "finer";
///     type Act = Fixed<Z32, F<9>>;
///     type Weight = Fixed<Z32, F<11>>;
///     type Table = Fixed<Z32, F<18>>;
///     type Inner = Fixed<Z32, F<15>>;
///     type Exp = Fixed<Z32, F<18>>;
///     type Prob = Fixed<Z32, F<12>>;
///     type High = High;
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// type Act = <Finer as Precision>::Act;
/// type Weight = <Finer as Precision>::Weight;
/// let (mut sim, source) = (Sim::new(1), &mut SimSource);
/// let (weight, bias) = (array![[0.5], [-0.25]].into_dyn(), array![0.125].into_dyn());
/// let linear = Linear::<_, Act, Weight>::share(source, "linear", &weight, &bias, &mut sim)?;
/// let x = Tensor::share(source, "x", &array![[3.0, 1.0]].into_dyn())?;
/// let y = linear.forward(&x, &mut sim)?;
/// let y = Gelu::Poly.forward::<Finer, _>(&y, 128.0, &mut sim)?.open(&mut sim)?;
/// assert!((y[[0, 0]] - 1.2579).abs() < 5e-3, "{y}");
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a precision policy",
    label = "a policy says which format each part of a model has",
    note = "the policies are `Ditto`, `Fine` and `Puma`; a model is generic over them: `P: Precision`, with formats such as `P::Act`"
)]
pub trait Precision: Copy + Default + Send + Sync + 'static {
    /// The name that commands use.
    const NAME: &'static str;
    /// Activations of linear layers.
    type Act: Format<Ring: Path<<Self::High as Format>::Ring>>;
    /// Weights.
    type Weight: Format<Ring = <Self::Act as Format>::Ring>;
    /// Entries of embedding tables.
    type Table: Format<Ring = <Self::Act as Format>::Ring>;
    /// The inside of polynomials on values scaled below 1 in magnitude.
    type Inner: Format<Ring = <Self::Act as Format>::Ring> + Finer<Self::Act>;
    /// Powers of two of negative numbers.
    type Exp: Format<Ring = <Self::Act as Format>::Ring>;
    /// Attention probabilities.
    type Prob: Format<Ring = <Self::Act as Format>::Ring>;
    /// Non-linear functions and residuals.
    type High: Format;

    /// From what a linear layer computes before it is scaled down to `High`.
    ///
    /// # Errors
    /// Those of the backend.
    fn linear_to_high<B: Backend>(
        x: Product<B, Self::Act, Self::Weight>,
        cx: &mut B,
    ) -> Result<Tensor<B, Self::High>, B::Error> {
        let bits = const { difference::<Self::High>(Self::Act::FRAC + Self::Weight::FRAC) };
        Ok(Tensor::new(<RingOf<Self::Act>>::truncate(x.into_inner(), bits, cx)?))
    }

    /// From powers to `High`, exactly.
    ///
    /// # Errors
    /// Those of the backend.
    fn exp_to_high<B: Backend>(
        x: &Tensor<B, Self::Exp>,
        cx: &mut B,
    ) -> Result<Tensor<B, Self::High>, B::Error> {
        let up = const { difference::<Self::Exp>(Self::High::FRAC) };
        Ok(Tensor::new(<RingOf<Self::Exp>>::widen(&x.share, up, cx)?))
    }

    /// x/4 in `Inner`, exactly and locally.
    fn act_to_inner_quarter<B: Backend>(x: &Tensor<B, Self::Act>) -> Tensor<B, Self::Inner> {
        act_over_power_of_two::<Self, 2, B>(x)
    }

    /// x/64 in `Inner`, exactly and locally.
    fn act_over_64<B: Backend>(x: &Tensor<B, Self::Act>) -> Tensor<B, Self::Inner> {
        act_over_power_of_two::<Self, 6, B>(x)
    }

    /// From table entries to `High`, exactly.
    ///
    /// # Errors
    /// Those of the backend.
    fn table_to_high<B: Backend>(
        x: &Tensor<B, Self::Table>,
        cx: &mut B,
    ) -> Result<Tensor<B, Self::High>, B::Error> {
        let up = const { difference::<Self::Table>(Self::High::FRAC) };
        Ok(Tensor::new(<RingOf<Self::Table>>::widen(&x.share, up, cx)?))
    }

    /// From `High` to activations, local.
    fn high_to_act<B: Backend>(x: &Tensor<B, Self::High>) -> Tensor<B, Self::Act> {
        let bits = const {
            let bits = difference::<Self::Act>(Self::High::FRAC);
            let local = <RingOf<Self::Act> as Path<RingOf<Self::High>>>::NARROWS;
            assert!(bits == 0 || local, "in one ring, `Act` and `High` have the same scale");
            bits
        };
        Tensor::new(<RingOf<Self::Act>>::narrow::<B>(&x.share, bits))
    }

    /// From a product in `High` to probabilities.
    ///
    /// # Errors
    /// Those of the backend.
    fn product_to_prob<B: Backend>(
        x: Product<B, Self::High, Self::High>,
        cx: &mut B,
    ) -> Result<Tensor<B, Self::Prob>, B::Error> {
        let bits = const { difference::<Self::Prob>(2 * Self::High::FRAC) };
        Ok(Tensor::new(<RingOf<Self::Prob>>::narrow_product(x.into_inner(), bits, cx)?))
    }
}

/// The ring of a format.
type RingOf<Q> = <Q as Format>::Ring;

/// By how many fractional bits `frac` is more than those of `Q`.
const fn difference<Q: Scaled>(frac: u32) -> u32 {
    assert!(frac >= Q::FRAC, "a role of this policy has a finer scale than what goes to it");
    frac - Q::FRAC
}

/// x / 2^BY in `Inner`: the same integers, and finer ones where `Inner` has more bits than that.
fn act_over_power_of_two<P: Precision, const BY: u32, B: Backend>(
    x: &Tensor<B, P::Act>,
) -> Tensor<B, P::Inner> {
    let up = const {
        assert!(
            P::Inner::FRAC >= P::Act::FRAC + BY,
            "`Inner` has six bits more than `Act`, or more"
        );
        P::Inner::FRAC - P::Act::FRAC - BY
    };
    let shifted = Linear::shift_point(x.share.clone(), BY);
    Tensor::new(if up == 0 { shifted } else { B::raise(&shifted, up) })
}
