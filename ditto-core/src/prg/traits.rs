//! Streams as generators of `rand_core`, for samplers and distributions of other crates.

use std::convert::Infallible;

use rand_core::{SeedableRng, TryCryptoRng, TryRng};
use zeroize::Zeroize;

use super::{BLOCK_BYTES, Key, Prg, Stream};

/// One word at a time costs a block of 16 bytes each; many at once ([`Stream::fill`], or `fill_bytes`)
/// take no more blocks than they fill.
impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut word = [0];
        self.fill(&mut word);
        Ok(word[0])
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut word = [0];
        self.fill(&mut word);
        Ok(word[0])
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        Stream::fill_bytes(self, out);
        Ok(())
    }
}

/// AES-128 in counter mode, as long as the key is secret.
impl TryCryptoRng for Stream {}

/// The seed is an AES-128 key; the stream is that of session, operation and purpose 0. For a key that is
/// used for anything else, too, take [`Prg::stream`].
impl SeedableRng for Stream {
    type Seed = [u8; BLOCK_BYTES];

    fn from_seed(mut seed: Self::Seed) -> Self {
        let stream = Prg::new(&Key::new(seed), 0).stream(0, 0);
        seed.zeroize();
        stream
    }
}
