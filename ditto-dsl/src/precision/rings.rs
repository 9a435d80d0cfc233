//! The ways between the ring of a policy's activations and that of its `High`, which is the same or the
//! wider one. In one ring most of them are nothing; between two they widen and narrow.

use ditto_core::{Backend, Ring, Z32, Z64};

/// The ring `H`, or one that is narrower.
///
/// Numbers of bits are differences of scales, which [`Precision`](super::Precision) has checked.
#[diagnostic::on_unimplemented(
    message = "a policy with activations in `{Self}` cannot have its `High` in `{H}`",
    label = "`High` is in the ring of the activations or in the wider one"
)]
pub trait NoWiderThan<H: Ring>: Ring {
    /// To a scale that is finer by `bits`, exactly.
    #[doc(hidden)]
    fn up<B: Backend>(x: &B::Share<Self>, bits: u32, cx: &mut B) -> Result<B::Share<H>, B::Error>;

    /// A product to a scale that is coarser than its own by `bits`.
    #[doc(hidden)]
    fn product_up<B: Backend>(
        x: B::Product<Self>,
        bits: u32,
        cx: &mut B,
    ) -> Result<B::Share<H>, B::Error>;

    /// To a scale that is coarser by `bits`, which are 0 in one ring: locally.
    #[doc(hidden)]
    fn down<B: Backend>(x: &B::Share<H>, bits: u32) -> B::Share<Self>;

    /// A product to a scale that is coarser than its own by `bits`.
    #[doc(hidden)]
    fn product_down<B: Backend>(
        x: B::Product<H>,
        bits: u32,
        cx: &mut B,
    ) -> Result<B::Share<Self>, B::Error>;
}

#[diagnostic::do_not_recommend]
impl<R: Ring> NoWiderThan<R> for R {
    fn up<B: Backend>(x: &B::Share<R>, bits: u32, _: &mut B) -> Result<B::Share<R>, B::Error> {
        Ok(match bits {
            0 => x.clone(),
            _ => B::raise(x, bits),
        })
    }

    fn product_up<B: Backend>(
        x: B::Product<R>,
        bits: u32,
        cx: &mut B,
    ) -> Result<B::Share<R>, B::Error> {
        cx.truncate(x, bits)
    }

    fn down<B: Backend>(x: &B::Share<R>, _: u32) -> B::Share<R> {
        x.clone()
    }

    fn product_down<B: Backend>(
        x: B::Product<R>,
        bits: u32,
        cx: &mut B,
    ) -> Result<B::Share<R>, B::Error> {
        cx.truncate(x, bits)
    }
}

#[diagnostic::do_not_recommend]
impl NoWiderThan<Z64> for Z32 {
    fn up<B: Backend>(x: &B::Share<Z32>, bits: u32, cx: &mut B) -> Result<B::Share<Z64>, B::Error> {
        cx.widen::<Z32, Z64>(x, bits)
    }

    fn product_up<B: Backend>(
        x: B::Product<Z32>,
        bits: u32,
        cx: &mut B,
    ) -> Result<B::Share<Z64>, B::Error> {
        cx.truncate_widen(x, bits)
    }

    fn down<B: Backend>(x: &B::Share<Z64>, bits: u32) -> B::Share<Z32> {
        B::narrow(x, bits)
    }

    fn product_down<B: Backend>(
        x: B::Product<Z64>,
        bits: u32,
        cx: &mut B,
    ) -> Result<B::Share<Z32>, B::Error> {
        // Reshared as it stands and then cut, which is local.
        Ok(B::narrow(&cx.truncate(x, 0)?, bits))
    }
}
