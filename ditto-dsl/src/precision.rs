//! The precision policy of a model: which format each part of it runs in, as a type.
//!
//! One model source runs under any policy. A policy names formats by their role and says how to
//! get from one role to another, so that a model never asks which ring it is in.

use ditto_core::{Backend, F, Finer, Fixed, Format, High, Low, Z32, Z64};

use crate::product::Product;
use crate::tensor::Tensor;

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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a precision policy",
    label = "a policy says which format each part of a model has",
    note = "the policies are `Ditto`, `Fine` and `Puma`; a model is generic over them: `P: Precision`, with formats such as `P::Act`"
)]
pub trait Precision: Copy + Default + Send + Sync + 'static {
    /// The name that commands use.
    const NAME: &'static str;
    /// Activations of linear layers.
    type Act: Format;
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
    ) -> Result<Tensor<B, Self::High>, B::Error>;

    /// From powers to `High`, exactly.
    ///
    /// # Errors
    /// Those of the backend.
    fn exp_to_high<B: Backend>(
        x: &Tensor<B, Self::Exp>,
        cx: &mut B,
    ) -> Result<Tensor<B, Self::High>, B::Error>;

    /// x/4 in `Inner`, exactly and locally.
    fn act_to_inner_quarter<B: Backend>(x: &Tensor<B, Self::Act>) -> Tensor<B, Self::Inner>;

    /// x/64 in `Inner`, exactly and locally.
    fn act_over_64<B: Backend>(x: &Tensor<B, Self::Act>) -> Tensor<B, Self::Inner>;

    /// From table entries to `High`, exactly.
    ///
    /// # Errors
    /// Those of the backend.
    fn table_to_high<B: Backend>(
        x: &Tensor<B, Self::Table>,
        cx: &mut B,
    ) -> Result<Tensor<B, Self::High>, B::Error>;

    /// From `High` to activations, local.
    fn high_to_act<B: Backend>(x: &Tensor<B, Self::High>) -> Tensor<B, Self::Act>;

    /// From a product in `High` to probabilities.
    ///
    /// # Errors
    /// Those of the backend.
    fn product_to_prob<B: Backend>(
        x: Product<B, Self::High, Self::High>,
        cx: &mut B,
    ) -> Result<Tensor<B, Self::Prob>, B::Error>;
}

/// The paper's map (Ditto, section 4.1): `Low` for linear layers and the softmax's maximum,
/// `High` for division and LayerNorm.
///
/// It departs from the paper's 8 fractional bits in four places, each of which was measured on
/// all-MiniLM-L6-v2:
///
/// - Weights have 10: with 8, the embeddings of one-word texts fall to a cosine of 0.990. It costs
///   8 bits an output.
/// - Embedding tables have 18: they are looked up, not multiplied, so it costs nothing but a wider
///   carry when the sum is widened.
/// - Attention probabilities have 12: they are below 1, and with 128 tokens most are below an ulp of
///   `Low`. It costs 16 bits an element of the context.
/// - The powers of a softmax, which are below 1 too, stay in 32 bits, with 18 fractional bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ditto;

/// As [`Ditto`], with weights of two more fractional bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fine;

/// Everything in `High`, as in PUMA.
#[derive(Clone, Copy, Debug, Default)]
pub struct Puma;

macro_rules! mixed_policy {
    ($policy:ty, $name:literal, $weight:ty, $prob:ty) => {
        #[diagnostic::do_not_recommend]
        impl Precision for $policy {
            const NAME: &'static str = $name;
            type Act = Low;
            type Weight = $weight;
            type Table = Fixed<Z32, F<18>>;
            type Inner = Fixed<Z32, F<14>>;
            type Exp = Fixed<Z32, F<18>>;
            type Prob = $prob;
            type High = High;

            fn linear_to_high<B: Backend>(
                x: Product<B, Low, $weight>,
                cx: &mut B,
            ) -> Result<Tensor<B, High>, B::Error> {
                x.trunc_widen(cx)
            }

            fn exp_to_high<B: Backend>(
                x: &Tensor<B, Self::Exp>,
                cx: &mut B,
            ) -> Result<Tensor<B, High>, B::Error> {
                x.widen(cx)
            }

            fn act_to_inner_quarter<B: Backend>(x: &Tensor<B, Low>) -> Tensor<B, Self::Inner> {
                x.shift_point::<Fixed<Z32, F<10>>>().raise()
            }

            fn act_over_64<B: Backend>(x: &Tensor<B, Low>) -> Tensor<B, Self::Inner> {
                x.shift_point()
            }

            fn table_to_high<B: Backend>(
                x: &Tensor<B, Self::Table>,
                cx: &mut B,
            ) -> Result<Tensor<B, High>, B::Error> {
                x.widen(cx)
            }

            fn high_to_act<B: Backend>(x: &Tensor<B, High>) -> Tensor<B, Low> {
                x.narrow()
            }

            fn product_to_prob<B: Backend>(
                x: Product<B, High, High>,
                cx: &mut B,
            ) -> Result<Tensor<B, $prob>, B::Error> {
                x.narrow(cx)
            }
        }
    };
}

mixed_policy!(Ditto, "ditto", Fixed<Z32, F<10>>, Fixed<Z32, F<12>>);
mixed_policy!(Fine, "fine", Fixed<Z32, F<12>>, Fixed<Z32, F<12>>);

#[diagnostic::do_not_recommend]
impl Precision for Puma {
    const NAME: &'static str = "puma";
    type Act = High;
    type Weight = High;
    type Table = High;
    type Inner = Fixed<Z64, F<24>>;
    type Exp = High;
    type Prob = High;
    type High = High;

    fn linear_to_high<B: Backend>(
        x: Product<B, High, High>,
        cx: &mut B,
    ) -> Result<Tensor<B, High>, B::Error> {
        x.trunc(cx)
    }

    fn exp_to_high<B: Backend>(
        x: &Tensor<B, High>,
        _: &mut B,
    ) -> Result<Tensor<B, High>, B::Error> {
        Ok(x.clone())
    }

    fn act_to_inner_quarter<B: Backend>(x: &Tensor<B, High>) -> Tensor<B, Self::Inner> {
        x.shift_point::<Fixed<Z64, F<20>>>().raise()
    }

    fn act_over_64<B: Backend>(x: &Tensor<B, High>) -> Tensor<B, Self::Inner> {
        x.shift_point()
    }

    fn table_to_high<B: Backend>(
        x: &Tensor<B, High>,
        _: &mut B,
    ) -> Result<Tensor<B, High>, B::Error> {
        Ok(x.clone())
    }

    fn high_to_act<B: Backend>(x: &Tensor<B, High>) -> Tensor<B, High> {
        x.clone()
    }

    fn product_to_prob<B: Backend>(
        x: Product<B, High, High>,
        cx: &mut B,
    ) -> Result<Tensor<B, High>, B::Error> {
        x.trunc(cx)
    }
}
