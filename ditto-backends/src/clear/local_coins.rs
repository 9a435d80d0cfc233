//! The coins of a local operation, which has no generator at hand: derived from what it works on.

use ditto_core::prg::Stream;
use rand_core::SeedableRng;

use crate::gadgets::history::Absorbing;

/// A stream that is fixed by the words, so that an operation on equal values gives equal results.
pub(super) fn derived_from(words: impl IntoIterator<Item = u64>) -> Stream {
    Stream::from_seed(Absorbing::new("local coins").numbers(words).end().seed())
}
