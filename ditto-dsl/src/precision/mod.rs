//! The precision policy of a model: which format each part of it runs in, as a type.
//!
//! One model source runs under any policy. A policy names formats by their role, and how to get from one
//! role to another follows from them, so that a model never asks which ring it is in.

mod policies;
mod rings;

use ditto_core::{Backend, Finer, Format, Linear, Ring, Scaled};

pub use self::policies::{Ditto, Fine, Puma};
pub use self::rings::NoWiderThan;
use crate::product::Product;
use crate::tensor::Tensor;

/// The ring of a format.
type RingOf<Q> = <Q as Format>::Ring;

/// The formats of a model. [`policy!`](crate::policy) declares one.
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
/// All roles but `High` are in one ring, and `High` is in the same or the wider one. Of the fractional bits:
///
/// - `Inner` has no fewer than `Act` (5 more for GeLU), and leaves room for products of values below 2: it has at
///   most 14 in 32 bits, 30 in 64;
/// - `Exp` and `Table` have no more than `High`, and `Act` and `Weight` together no fewer;
/// - in one ring, `High` is `Act`, and `Prob` has at most twice as many;
/// - in two rings, `High` has 0 to 32 more than `Act`, and twice those of `High` are 0 to 32 more than those of `Prob`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a precision policy",
    label = "a policy says which format each part of a model has",
    note = "the policies are `Ditto`, `Fine`, `Puma` and what `policy!` declares; a model is generic over them: `P: Precision`, with formats such as `P::Act`"
)]
pub trait Precision: Copy + Default + Send + Sync + 'static {
    /// The name that commands use.
    const NAME: &'static str;
    /// Activations of linear layers.
    type Act: Format<Ring: NoWiderThan<RingOf<Self::High>>>;
    /// Weights.
    type Weight: Format<Ring = RingOf<Self::Act>>;
    /// Entries of embedding tables.
    type Table: Format<Ring = RingOf<Self::Act>>;
    /// The inside of polynomials on values scaled below 1 in magnitude.
    type Inner: Format<Ring = RingOf<Self::Act>> + Finer<Self::Act>;
    /// Powers of two of negative numbers.
    type Exp: Format<Ring = RingOf<Self::Act>>;
    /// Attention probabilities.
    type Prob: Format<Ring = RingOf<Self::Act>>;
    /// Non-linear functions and residuals.
    type High: Format;

    /// That the scales fit each other, which compiles only where they do.
    #[doc(hidden)]
    const FITS: () = {
        let (act, high, prob) = (Self::Act::FRAC, Self::High::FRAC, Self::Prob::FRAC);
        assert!(
            2 * Self::Inner::FRAC + 4 <= <RingOf<Self::Act> as Ring>::BITS,
            "`Inner` leaves no room for products of values below 2"
        );
        assert!(Self::Exp::FRAC <= high, "`Exp` has more fractional bits than `High`");
        assert!(Self::Table::FRAC <= high, "`Table` has more fractional bits than `High`");
        assert!(
            act + Self::Weight::FRAC >= high,
            "`Act` and `Weight` have fewer fractional bits together than `High`"
        );
        assert!(prob <= 2 * high, "`Prob` has more than twice the fractional bits of `High`");
        if <RingOf<Self::Act> as Ring>::BITS == <RingOf<Self::High> as Ring>::BITS {
            assert!(act == high, "in one ring, `High` has as many fractional bits as `Act`");
        } else {
            assert!(act <= high, "`Act` has more fractional bits than `High`");
            assert!(high - act <= 32, "`High` has over 32 fractional bits more than `Act`");
            assert!(
                2 * high - prob <= 32,
                "twice the fractional bits of `High` are over 32 more than those of `Prob`"
            );
        }
    };

    /// From what a linear layer computes before it is scaled down to `High`.
    ///
    /// # Errors
    /// Those of the backend.
    fn linear_to_high<B: Backend>(
        x: Product<B, Self::Act, Self::Weight>,
        cx: &mut B,
    ) -> Result<Tensor<B, Self::High>, B::Error> {
        let () = Self::FITS;
        let bits = Self::Act::FRAC + Self::Weight::FRAC - Self::High::FRAC;
        Ok(Tensor::new(RingOf::<Self::Act>::product_up(x.product, bits, cx)?))
    }

    /// From powers to `High`, exactly.
    ///
    /// # Errors
    /// Those of the backend.
    fn exp_to_high<B: Backend>(
        x: &Tensor<B, Self::Exp>,
        cx: &mut B,
    ) -> Result<Tensor<B, Self::High>, B::Error> {
        let () = Self::FITS;
        let bits = Self::High::FRAC - Self::Exp::FRAC;
        Ok(Tensor::new(RingOf::<Self::Act>::up(&x.share, bits, cx)?))
    }

    /// x / 2^`bits` in `Inner`, exactly and locally: the same integers at a scale finer by `bits`, raised to
    /// what `Inner` has beyond.
    ///
    /// # Panics
    /// If `Inner` does not have that many fractional bits more than `Act`.
    fn act_to_inner<B: Backend>(x: &Tensor<B, Self::Act>, bits: u32) -> Tensor<B, Self::Inner> {
        let beyond = (Self::Inner::FRAC - Self::Act::FRAC).checked_sub(bits);
        let shifted = x.share.clone().shift_point(bits);
        Tensor::new(match beyond.expect("`Inner` has that many bits more than `Act`") {
            0 => shifted,
            beyond => B::raise(&shifted, beyond),
        })
    }

    /// From table entries to `High`, exactly.
    ///
    /// # Errors
    /// Those of the backend.
    fn table_to_high<B: Backend>(
        x: &Tensor<B, Self::Table>,
        cx: &mut B,
    ) -> Result<Tensor<B, Self::High>, B::Error> {
        let () = Self::FITS;
        let bits = Self::High::FRAC - Self::Table::FRAC;
        Ok(Tensor::new(RingOf::<Self::Act>::up(&x.share, bits, cx)?))
    }

    /// From `High` to activations, local.
    fn high_to_act<B: Backend>(x: &Tensor<B, Self::High>) -> Tensor<B, Self::Act> {
        let () = Self::FITS;
        let bits = Self::High::FRAC - Self::Act::FRAC;
        Tensor::new(RingOf::<Self::Act>::down::<B>(&x.share, bits))
    }

    /// From a product in `High` to probabilities.
    ///
    /// # Errors
    /// Those of the backend.
    fn product_to_prob<B: Backend>(
        x: Product<B, Self::High, Self::High>,
        cx: &mut B,
    ) -> Result<Tensor<B, Self::Prob>, B::Error> {
        let () = Self::FITS;
        let bits = 2 * Self::High::FRAC - Self::Prob::FRAC;
        Ok(Tensor::new(RingOf::<Self::Act>::product_down(x.product, bits, cx)?))
    }
}
