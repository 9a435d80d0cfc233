//! Common randomness: AES-128 in counter mode, one expanded key for each pair of parties.
//!
//! Two parties that hold the same [`Key`] draw the same words without talking, as long as they name
//! the same session, operation and purpose. These three are the 96-bit nonce of the counter mode, so
//! a stream is used for one purpose of one operation and never again:
//!
//! ```text
//! byte   0       4                 11        12          16
//!        | session | operation (56) | purpose | block count |      all big-endian
//! ```
//!
//! A stream therefore ends after 2^32 blocks (64 GiB); drawing more panics rather than repeats.
//!
//! **What holds between draws.** Every draw starts at the next whole block of 16 bytes and a draw of
//! `n` bytes uses up `ceil(n / 16)` blocks. So a draw in pieces equals the draw at once exactly when
//! every piece but the last is a multiple of 16 bytes long. Words are little-endian on every machine.

use std::fmt;
use std::sync::Arc;

use aes::Aes128Enc;
use aes::cipher::array::Array;
use aes::cipher::consts::U16;
use aes::cipher::{
    BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit,
    ParBlocks,
};
use zerocopy::{FromBytes, IntoBytes};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

#[cfg(target_arch = "x86_64")]
use crate::isa;

mod traits;
#[cfg(target_arch = "x86_64")]
mod vaes;

const BLOCK_BYTES: usize = 16;

/// The number of blocks in a stream: the block counter has 32 bits.
const STREAM_BLOCKS: u64 = 1 << 32;

/// Bytes produced at a time by [`Stream::for_each_chunk`]: small enough to stay in the L1 cache.
const CHUNK_BYTES: usize = 4096;

/// An AES-128 key that a pair of parties shares. Wiped when dropped; it cannot be printed or compared.
///
/// The bytes stay in one place on the heap, so that moving a key leaves no copy behind.
pub struct Key(Box<[u8; BLOCK_BYTES]>);

impl Key {
    /// From 16 uniformly random bytes. The array is copied: where its bytes are secret, wipe it, or let
    /// [`Key::filled`] have them written in place.
    pub fn new(bytes: [u8; BLOCK_BYTES]) -> Self {
        let bytes = Zeroizing::new(bytes);
        Self::filled(|key| key.copy_from_slice(&*bytes))
    }

    /// A key whose 16 uniformly random bytes `fill` writes where they stay.
    pub fn filled(fill: impl FnOnce(&mut [u8; BLOCK_BYTES])) -> Self {
        let mut key = Self(Box::default());
        fill(&mut key.0);
        key
    }

    /// As [`Key::filled`], where bytes may fail to come.
    ///
    /// # Errors
    /// Those of `fill`.
    pub fn try_filled<E>(
        fill: impl FnOnce(&mut [u8; BLOCK_BYTES]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut key = Self(Box::default());
        fill(&mut key.0)?;
        Ok(key)
    }

    /// The bytes themselves, for sending to the other party of the pair and for nothing else. Whoever
    /// copies them wipes the copy.
    pub fn expose(&self) -> &[u8; BLOCK_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Key {}

/// A word that a [`Stream`] can be drawn as: `u8`, `u16`, `u32` or `u64`.
pub trait PrgWord: Copy + Default + Zeroize + FromBytes + IntoBytes + sealed::Sealed {
    /// Reads a word as little-endian: nothing to do on most machines.
    fn le_to_native(self) -> Self;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! prg_word {
    ($($word:ty),*) => {$(
        impl sealed::Sealed for $word {}
        impl PrgWord for $word {
            #[inline(always)]
            fn le_to_native(self) -> Self {
                <$word>::from_le(self)
            }
        }
    )*};
}

prg_word!(u8, u16, u32, u64);

/// The expanded key of one pair of parties, for one session.
pub struct Prg {
    cipher: Arc<Cipher>,
    session: u32,
}

impl Prg {
    /// Expands the key. `session` must differ between any two runs that use the same key.
    pub fn new(key: &Key, session: u32) -> Self {
        Self::with_kernel(key, session, Kernel::detected())
    }

    fn with_kernel(key: &Key, session: u32, kernel: Kernel) -> Self {
        Self { cipher: Arc::new(Cipher::new(key, kernel)), session }
    }

    /// The stream of `purpose` within operation number `op`, from its first block.
    ///
    /// The same triple (session, op, purpose) must not be used for two different things.
    ///
    /// # Panics
    ///
    /// If `op` has more than 56 bits.
    pub fn stream(&self, op: u64, purpose: u8) -> Stream {
        assert!(op < 1 << 56, "operation number {op} has more than 56 bits");
        let mut nonce = [0; 12];
        nonce[..4].copy_from_slice(&self.session.to_be_bytes());
        nonce[4..].copy_from_slice(&(op << 8 | u64::from(purpose)).to_be_bytes());
        Stream { cipher: Arc::clone(&self.cipher), nonce, next: 0 }
    }
}

impl fmt::Debug for Prg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prg").field("session", &self.session).finish_non_exhaustive()
    }
}

/// Pseudorandom words in order. See the module's head for what holds between draws.
pub struct Stream {
    cipher: Arc<Cipher>,
    nonce: [u8; 12],
    /// The block that the next draw starts at.
    next: u64,
}

impl Stream {
    /// What tells the stream from others of the same key, and is no secret: session, operation and
    /// purpose.
    pub fn nonce(&self) -> [u8; 12] {
        self.nonce
    }

    /// Overwrites `out` with the next bytes.
    ///
    /// # Panics
    ///
    /// If the stream would pass its last block (also true of every other draw).
    pub fn fill_bytes(&mut self, out: &mut [u8]) {
        let first = self.take_blocks(out.len());
        self.cipher.keystream(&self.nonce, first, out);
    }

    /// Overwrites `out` with the next words.
    pub fn fill_u32(&mut self, out: &mut [u32]) {
        self.fill(out);
    }

    /// Overwrites `out` with the next words.
    pub fn fill_u64(&mut self, out: &mut [u64]) {
        self.fill(out);
    }

    /// Overwrites `out` with the next words of any of the four widths.
    pub fn fill<W: PrgWord>(&mut self, out: &mut [W]) {
        self.fill_bytes(out.as_mut_bytes());
        if cfg!(target_endian = "big") {
            out.iter_mut().for_each(|word| *word = word.le_to_native());
        }
    }

    /// The next `n` words.
    pub fn words<W: PrgWord>(&mut self, n: usize) -> Vec<W> {
        let mut words = vec![W::default(); n];
        self.fill(&mut words);
        words
    }

    /// Hands the next `n` words to `consume` in pieces that stay in the first-level cache, as
    /// (index of the first word, words): the same words as one [`fill`](Self::fill) of length `n`.
    ///
    /// For a mask that is only added to something, this saves a trip through memory.
    pub fn for_each_chunk<W: PrgWord>(&mut self, n: usize, mut consume: impl FnMut(usize, &[W])) {
        // Every piece but the last is a whole number of blocks, so no words are skipped in between.
        let step = CHUNK_BYTES / size_of::<W>();
        let mut chunk = Zeroizing::new(vec![W::default(); step.min(n)]);
        for start in (0..n).step_by(step) {
            let words = &mut chunk[..step.min(n - start)];
            self.fill(words);
            consume(start, words);
        }
    }

    /// Moves past the blocks that `bytes` bytes need and returns the first of them.
    fn take_blocks(&mut self, bytes: usize) -> u32 {
        let blocks = bytes.div_ceil(BLOCK_BYTES) as u64;
        assert!(
            blocks <= STREAM_BLOCKS - self.next,
            "a stream ends after 2^32 blocks: {} drawn, {blocks} more asked for",
            self.next
        );
        let first = self.next;
        self.next += blocks;
        // Truncates only for an empty draw at the very end, which reads nothing.
        first as u32
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("next", &self.next).finish_non_exhaustive()
    }
}

/// Which code computes the keystream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kernel {
    /// The `aes` crate, whatever it does on this machine.
    Portable,
    /// Four blocks in a 512-bit register.
    #[cfg(target_arch = "x86_64")]
    Vaes,
}

impl Kernel {
    /// The fastest kernel here.
    fn detected() -> Self {
        #[cfg(target_arch = "x86_64")]
        if isa::vaes() {
            return Self::Vaes;
        }
        Self::Portable
    }
}

/// An expanded key in the form that its kernel wants.
enum Cipher {
    Portable(Box<Aes128Enc>),
    #[cfg(target_arch = "x86_64")]
    Vaes(vaes::RoundKeys),
}

impl Cipher {
    fn new(key: &Key, kernel: Kernel) -> Self {
        match kernel {
            Kernel::Portable => Self::Portable(Box::new(Aes128Enc::new(key.expose().into()))),
            #[cfg(target_arch = "x86_64")]
            Kernel::Vaes => Self::Vaes(vaes::RoundKeys::new(key.expose())),
        }
    }

    /// Writes the encrypted counter blocks from number `first` on; the last may be cut short.
    fn keystream(&self, nonce: &[u8; 12], first: u32, out: &mut [u8]) {
        match self {
            Self::Portable(aes) => aes.encrypt_with_backend(CounterMode { nonce, first, out }),
            #[cfg(target_arch = "x86_64")]
            Self::Vaes(keys) => keys.keystream(nonce, first, out),
        }
    }
}

/// The portable keystream, as the closure that the `aes` crate runs with its best backend.
struct CounterMode<'a> {
    nonce: &'a [u8; 12],
    first: u32,
    out: &'a mut [u8],
}

impl CounterMode<'_> {
    #[inline(always)]
    fn next_block(&mut self) -> Array<u8, U16> {
        let mut block = Array::default();
        block[..12].copy_from_slice(self.nonce);
        block[12..].copy_from_slice(&self.first.to_be_bytes());
        // Wraps only after a stream's very last block, and then is not read again.
        self.first = self.first.wrapping_add(1);
        block
    }
}

impl BlockSizeUser for CounterMode<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for CounterMode<'_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(mut self, backend: &B) {
        let out = std::mem::take(&mut self.out);
        let (blocks, tail) = Array::<u8, U16>::slice_as_chunks_mut(out);
        let (wide, narrow) = ParBlocks::<B>::slice_as_chunks_mut(blocks);
        for blocks in wide {
            blocks.iter_mut().for_each(|block| *block = self.next_block());
            backend.encrypt_par_blocks(blocks.into());
        }
        for block in narrow {
            *block = self.next_block();
            backend.encrypt_block(block.into());
        }
        if !tail.is_empty() {
            let mut block = self.next_block();
            backend.encrypt_block((&mut block).into());
            tail.copy_from_slice(&block[..tail.len()]);
            block.as_mut_slice().zeroize();
        }
    }
}

#[cfg(test)]
mod tests;
