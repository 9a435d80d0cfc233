//! The coins of a local operation, which has no generator at hand: derived from what it works on.

use ditto_core::prg::Stream;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// A stream that is fixed by the words, so that an operation on equal values gives equal results.
pub(super) fn derived_from(words: impl IntoIterator<Item = u64>) -> Stream {
    let mut digest = Sha256::new();
    for word in words {
        digest.update(word.to_le_bytes());
    }
    let mut seed = [0; 16];
    seed.copy_from_slice(&digest.finalize()[..16]);
    Stream::from_seed(seed)
}
