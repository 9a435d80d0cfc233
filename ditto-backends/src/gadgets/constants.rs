//! Public constants as ring elements.

use ditto_core::Word;
use ditto_core::fixed::exp2;

/// The ring element of a public constant; wraps like any other value outside of the range.
pub(crate) fn public<W: Word>(value: f64, frac: u32) -> W {
    W::from_u64((value * exp2(frac)).round() as i64 as u64)
}
