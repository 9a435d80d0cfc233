//! The policies that come with Ditto.

use ditto_core::{F, Fixed, High, Low, Z32, Z64};

use super::Precision;

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

#[diagnostic::do_not_recommend]
impl Precision for Ditto {
    const NAME: &'static str = "ditto";
    type Act = Low;
    type Weight = Fixed<Z32, F<10>>;
    type Table = Fixed<Z32, F<18>>;
    type Inner = Fixed<Z32, F<14>>;
    type Exp = Fixed<Z32, F<18>>;
    type Prob = Fixed<Z32, F<12>>;
    type High = High;
}

#[diagnostic::do_not_recommend]
impl Precision for Fine {
    const NAME: &'static str = "fine";
    type Act = Low;
    type Weight = Fixed<Z32, F<12>>;
    type Table = Fixed<Z32, F<18>>;
    type Inner = Fixed<Z32, F<14>>;
    type Exp = Fixed<Z32, F<18>>;
    type Prob = Fixed<Z32, F<12>>;
    type High = High;
}

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
}
