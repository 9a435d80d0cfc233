//! The policies that come with Ditto, and the macro that declares them and a user's own.

use ditto_core::{F, Fixed, High, Low, Z32, Z64};

/// Declares a precision policy: a type with a name for commands, and a format for each role of
/// [`Precision`](crate::Precision), in any order. Which formats go together, the compiler checks where the policy is declared.
///
/// ```
/// use ditto_core::{Backend, F, Fixed, High, Z32};
/// use ditto_dsl::layers::Gelu;
/// use ditto_dsl::{Precision, Tensor, policy};
///
/// policy! {
///     /// As `Fine`, with activations of one more bit.
///     pub struct Finer = "finer";
///     type Act = Fixed<Z32, F<9>>;
///     type Weight = Fixed<Z32, F<12>>;
///     type Table = Fixed<Z32, F<18>>;
///     type Inner = Fixed<Z32, F<14>>;
///     type Exp = Fixed<Z32, F<18>>;
///     type Prob = Fixed<Z32, F<12>>;
///     type High = High;
/// }
///
/// /// What is generic over the policy runs in this one too.
/// fn gelu<B: Backend>(
///     x: &Tensor<B, <Finer as Precision>::Act>,
///     cx: &mut B,
/// ) -> Result<Tensor<B, <Finer as Precision>::Act>, B::Error> {
///     Gelu::Poly.forward::<Finer, B>(x, 8.0, cx)
/// }
/// # assert_eq!(Finer::NAME, "finer");
/// ```
#[macro_export]
macro_rules! policy {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $policy:ident = $name:literal;
        $(type $role:ident = $format:ty;)+
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default)]
        $visibility struct $policy;

        #[diagnostic::do_not_recommend]
        impl $crate::Precision for $policy {
            const NAME: &'static str = $name;
            $(type $role = $format;)+
        }

        const _: () = <$policy as $crate::Precision>::FITS;
    };
}

policy! {
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
    pub struct Ditto = "ditto";
    type Act = Low;
    type Weight = Fixed<Z32, F<10>>;
    type Table = Fixed<Z32, F<18>>;
    type Inner = Fixed<Z32, F<14>>;
    type Exp = Fixed<Z32, F<18>>;
    type Prob = Fixed<Z32, F<12>>;
    type High = High;
}

policy! {
    /// As [`Ditto`], with weights of two more fractional bits.
    pub struct Fine = "fine";
    type Act = Low;
    type Weight = Fixed<Z32, F<12>>;
    type Table = Fixed<Z32, F<18>>;
    type Inner = Fixed<Z32, F<14>>;
    type Exp = Fixed<Z32, F<18>>;
    type Prob = Fixed<Z32, F<12>>;
    type High = High;
}

policy! {
    /// Everything in `High`, as in PUMA.
    pub struct Puma = "puma";
    type Act = High;
    type Weight = High;
    type Table = High;
    type Inner = Fixed<Z64, F<24>>;
    type Exp = High;
    type Prob = High;
    type High = High;
}
