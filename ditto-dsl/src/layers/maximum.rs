//! The maximum of every row, by a tournament; and which maximum a softmax takes.
//!
//! `max(a, b) = a + [a < b] · (b - a)`, over halves of the row until one element is left: log2 n
//! levels, n - 1 comparisons a row in all.

use ditto_core::{Backend, Format};

use crate::tensor::Tensor;

/// What a softmax takes for its rows' maxima. Its result is the same but for rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Maximum {
    /// A bound less than two steps of a coarse scale below the maximum
    /// ([`Tensor::row_maximum`]): 5 + log2 min(n, 64) rounds on `Rep3`, whose protocol shows one party
    /// a position that the others have masked. A row of more than 64 elements fails with the
    /// probability that the account states.
    #[default]
    Bound,
    /// The maximum itself, by a tournament ([`row_maximum`]): fewer bytes and many more rounds. Nothing is
    /// opened to anybody, and it never fails.
    Exact,
}

/// The maximum over the last axis, which stays with length 1. `bound` declares that any two
/// elements of a row differ by less.
///
/// Error: none. For every level a comparison, a bit to ring and a product: log2(w) + 4 rounds for
/// comparisons of w bits.
///
/// # Errors
/// Those of the backend.
///
/// # Panics
/// If the last axis is empty.
pub fn row_maximum<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    bound: f64,
    cx: &mut B,
) -> Result<Tensor<B, Q>, B::Error> {
    let axis = x.shape().len().checked_sub(1).expect("a maximum is taken over an axis");
    let mut left = x.clone();
    assert!(left.row_length() > 0, "the maximum of an empty row");
    while left.row_length() > 1 {
        let n = left.row_length();
        let (a, b) = (left.slice_last(0..n / 2), left.slice_last(n / 2..n / 2 * 2));
        let winners = a.is_less_than(&b, bound, cx)?.select(&b, &a, cx)?;
        left = match n % 2 {
            0 => winners,
            _ => Tensor::concat(&[&winners, &left.slice_last(n - 1..n)], axis),
        };
    }
    Ok(left)
}
