//! The ways between a narrow and a wide ring, which may be one and the same: what a policy needs to get from
//! one role to another, whichever rings it chose.

use ditto_core::{Backend, Ring, Z32, Z64};

/// A ring whose values go to the ring `W` and come back: the same ring, or a narrower one.
///
/// Costs are those of [`Backend`]'s operations; between values of one ring nothing is sent.
#[diagnostic::on_unimplemented(
    message = "a policy cannot have activations in `{Self}` and its wide values in `{W}`",
    label = "activations are in the ring of `High` or in a narrower one",
    note = "the rings are `Z32` and `Z64`; a policy may have all of its formats in one"
)]
pub trait Path<W: Ring>: Ring {
    /// The same values in `W`, with `up` more fractional bits.
    ///
    /// # Errors
    /// Those of the backend.
    fn widen<B: Backend>(x: &B::Share<Self>, up: u32, cx: &mut B) -> Result<B::Share<W>, B::Error>;

    /// A product in this ring, scaled down by 2^bits, in `W`.
    ///
    /// # Errors
    /// Those of the backend.
    fn truncate<B: Backend>(
        x: B::Product<Self>,
        bits: u32,
        cx: &mut B,
    ) -> Result<B::Share<W>, B::Error>;

    /// A value of `W` in this ring, with `bits` fewer fractional bits: local, and within one ring only for
    /// 0 bits (see [`Path::NARROWS`]).
    fn narrow<B: Backend>(x: &B::Share<W>, bits: u32) -> B::Share<Self>;

    /// A product in `W`, scaled down by 2^bits, in this ring.
    ///
    /// # Errors
    /// Those of the backend.
    fn narrow_product<B: Backend>(
        x: B::Product<W>,
        bits: u32,
        cx: &mut B,
    ) -> Result<B::Share<Self>, B::Error>;

    /// Whether fractional bits can be dropped locally on the way back.
    const NARROWS: bool;
}

#[diagnostic::do_not_recommend]
impl Path<Z64> for Z32 {
    const NARROWS: bool = true;

    fn widen<B: Backend>(
        x: &B::Share<Z32>,
        up: u32,
        cx: &mut B,
    ) -> Result<B::Share<Z64>, B::Error> {
        cx.widen(x, up)
    }

    fn truncate<B: Backend>(
        x: B::Product<Z32>,
        bits: u32,
        cx: &mut B,
    ) -> Result<B::Share<Z64>, B::Error> {
        cx.truncate_widen(x, bits)
    }

    fn narrow<B: Backend>(x: &B::Share<Z64>, bits: u32) -> B::Share<Z32> {
        B::narrow(x, bits)
    }

    fn narrow_product<B: Backend>(
        x: B::Product<Z64>,
        bits: u32,
        cx: &mut B,
    ) -> Result<B::Share<Z32>, B::Error> {
        // Reshared as it stands and then cut, which is local.
        Ok(B::narrow(&cx.truncate(x, 0)?, bits))
    }
}

macro_rules! within {
    ($ring:ty) => {
        #[diagnostic::do_not_recommend]
        impl Path<$ring> for $ring {
            const NARROWS: bool = false;

            fn widen<B: Backend>(
                x: &B::Share<$ring>,
                up: u32,
                _: &mut B,
            ) -> Result<B::Share<$ring>, B::Error> {
                Ok(if up == 0 { x.clone() } else { B::raise(x, up) })
            }

            fn truncate<B: Backend>(
                x: B::Product<$ring>,
                bits: u32,
                cx: &mut B,
            ) -> Result<B::Share<$ring>, B::Error> {
                cx.truncate(x, bits)
            }

            fn narrow<B: Backend>(x: &B::Share<$ring>, bits: u32) -> B::Share<$ring> {
                assert!(bits == 0, "within a ring bits are dropped by a truncation, which talks");
                x.clone()
            }

            fn narrow_product<B: Backend>(
                x: B::Product<$ring>,
                bits: u32,
                cx: &mut B,
            ) -> Result<B::Share<$ring>, B::Error> {
                cx.truncate(x, bits)
            }
        }
    };
}

within!(Z32);
within!(Z64);
