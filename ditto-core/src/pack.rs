//! Exact-width bit packing for messages: `n` values of `width` bits take `ceil(n * width / 8)` bytes.
//!
//! Value `i` occupies the bits `i * width ..` of the message, where bit `b` of a message is bit
//! `b % 8` of byte `b / 8` (little-endian throughout). The bits after the last value are zero when
//! written and ignored when read.
//!
//! [`pack_map`] and [`unpack_map`] produce and consume the values through a closure, so that a caller
//! can mask, subtract or add on the way without an array in between.

use std::error::Error;
use std::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Values that share whole bytes: 8 values of any width are `width` bytes.
const GROUP: usize = 8;

/// Values handled at a time, so that what is in flight stays in the first-level cache.
const BLOCK: usize = 512;

/// The number of bytes that `n` values of `width` bits take.
///
/// # Panics
///
/// If the number does not fit a `usize`.
pub fn packed_len(n: usize, width: u32) -> usize {
    // In two parts, so that no product is larger than the result demands.
    let groups = (n / GROUP).checked_mul(width as usize);
    let rest = (n % GROUP * width as usize).div_ceil(8);
    groups.and_then(|bytes| bytes.checked_add(rest)).expect("a packed message fits in memory")
}

/// Appends the low `width` bits of each value to `out`.
///
/// # Panics
///
/// If `width` is 0 or more than the bits of `W`.
pub fn pack<W: PackWord>(values: &[W], width: u32, out: &mut Vec<u8>) {
    check_width::<W>(width);
    out.reserve(packed_len(values.len(), width));
    if width == W::MAX_WIDTH && cfg!(target_endian = "little") {
        out.extend_from_slice(values.as_bytes());
        return;
    }
    let kernel = W::pack_kernel(width);
    for block in values.chunks(BLOCK) {
        pack_block(block, width, kernel, out);
    }
}

/// Appends the low `width` bits of `value(0)`, `value(1)`, .. `value(n - 1)` to `out`.
///
/// The closure is called once for each index, in order. It is inlined in a plain loop, so indexing
/// slices that were cut to length `n` beforehand costs no bounds checks worth mentioning.
///
/// # Panics
///
/// If `width` is 0 or more than the bits of `W`.
pub fn pack_map<W: PackWord>(
    n: usize,
    width: u32,
    mut value: impl FnMut(usize) -> W,
    out: &mut Vec<u8>,
) {
    check_width::<W>(width);
    out.reserve(packed_len(n, width));
    let kernel = W::pack_kernel(width);
    let mut buffer = [W::default(); BLOCK];
    for start in (0..n).step_by(BLOCK) {
        let block = &mut buffer[..BLOCK.min(n - start)];
        for (i, slot) in block.iter_mut().enumerate() {
            *slot = value(start + i);
        }
        pack_block(block, width, kernel, out);
    }
}

/// Appends the `n` values of `width` bits in `bytes` to `out`, zero-extended.
///
/// # Errors
///
/// If `bytes` is not exactly [`packed_len`]`(n, width)` long; `out` is then left as it was.
///
/// # Panics
///
/// If `width` is 0 or more than the bits of `W`.
pub fn unpack<W: PackWord>(
    bytes: &[u8],
    n: usize,
    width: u32,
    out: &mut Vec<W>,
) -> Result<(), LengthError> {
    check_width::<W>(width);
    LengthError::check(bytes, n, width)?;
    out.reserve(n);
    let kernel = W::unpack_kernel(width);
    for (start, bytes) in blocks(bytes, n, width) {
        let old = out.len();
        out.resize(old + BLOCK.min(n - start), W::default());
        unpack_block(bytes, width, kernel, &mut out[old..]);
    }
    Ok(())
}

/// Hands the `n` values of `width` bits in `bytes` to `consume` as (index, value), in order.
///
/// # Errors
///
/// If `bytes` is not exactly [`packed_len`]`(n, width)` long; nothing is then consumed.
///
/// # Panics
///
/// If `width` is 0 or more than the bits of `W`.
pub fn unpack_map<W: PackWord>(
    bytes: &[u8],
    n: usize,
    width: u32,
    mut consume: impl FnMut(usize, W),
) -> Result<(), LengthError> {
    check_width::<W>(width);
    LengthError::check(bytes, n, width)?;
    let kernel = W::unpack_kernel(width);
    let mut buffer = [W::default(); BLOCK];
    for (start, bytes) in blocks(bytes, n, width) {
        let block = &mut buffer[..BLOCK.min(n - start)];
        unpack_block(bytes, width, kernel, block);
        for (i, value) in block.iter().enumerate() {
            consume(start + i, *value);
        }
    }
    Ok(())
}

/// A message that is not as long as what it should hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthError {
    /// The bytes that the values take.
    pub expected: usize,
    /// The bytes that came.
    pub found: usize,
}

impl LengthError {
    fn check(bytes: &[u8], n: usize, width: u32) -> Result<(), Self> {
        let expected = packed_len(n, width);
        let found = bytes.len();
        if expected == found { Ok(()) } else { Err(Self { expected, found }) }
    }
}

impl fmt::Display for LengthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a packed message of {} bytes where {} are due", self.found, self.expected)
    }
}

impl Error for LengthError {}

/// A word that can be packed: `u8`, `u16`, `u32` or `u64`.
pub trait PackWord: Copy + Default + FromBytes + IntoBytes + Immutable + sealed::Kernels {
    /// The bits of the word.
    const MAX_WIDTH: u32;
}

type PackKernel<W> = fn(&[[W; GROUP]], &mut [u8]);
type UnpackKernel<W> = fn(&[u8], &mut [[W; GROUP]]);

mod sealed {
    use super::{PackKernel, UnpackKernel};

    /// The kernels of a word type, one for each width.
    pub trait Kernels: Sized {
        fn pack_kernel(width: u32) -> PackKernel<Self>;
        fn unpack_kernel(width: u32) -> UnpackKernel<Self>;
        fn pack_to_u64(self) -> u64;
        fn unpack_from_u64(word: u64) -> Self;
    }
}

macro_rules! pack_word {
    ($word:ident: $($width:literal)*) => {
        impl PackWord for $word {
            const MAX_WIDTH: u32 = $word::BITS;
        }

        impl sealed::Kernels for $word {
            fn pack_kernel(width: u32) -> PackKernel<Self> {
                match width {
                    $($width => pack_groups::<$word, $width>,)*
                    _ => unreachable!("the width was checked"),
                }
            }

            fn unpack_kernel(width: u32) -> UnpackKernel<Self> {
                match width {
                    $($width => unpack_groups::<$word, $width>,)*
                    _ => unreachable!("the width was checked"),
                }
            }

            #[inline(always)]
            fn pack_to_u64(self) -> u64 {
                self.into()
            }

            #[inline(always)]
            fn unpack_from_u64(word: u64) -> Self {
                word as $word
            }
        }
    };
}

pack_word!(u8: 1 2 3 4 5 6 7 8);
pack_word!(u16: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
pack_word!(u32: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
    17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
pack_word!(u64: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
    17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
    33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48
    49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64);

fn check_width<W: PackWord>(width: u32) {
    assert!((1..=W::MAX_WIDTH).contains(&width), "width {width} is not in 1..={}", W::MAX_WIDTH);
}

/// Cuts a message into the bytes of its blocks, each with the index of its first value.
fn blocks(bytes: &[u8], n: usize, width: u32) -> impl Iterator<Item = (usize, &[u8])> {
    (0..n).step_by(BLOCK).zip(bytes.chunks(BLOCK / GROUP * width as usize))
}

/// Appends one block: whole groups at full speed, then what is left as a group padded with zeros.
fn pack_block<W: PackWord>(values: &[W], width: u32, kernel: PackKernel<W>, out: &mut Vec<u8>) {
    let (groups, rest) = values.as_chunks::<GROUP>();
    let start = out.len();
    out.resize(start + groups.len() * width as usize, 0);
    kernel(groups, &mut out[start..]);
    if !rest.is_empty() {
        let mut group = [W::default(); GROUP];
        group[..rest.len()].copy_from_slice(rest);
        let mut bytes = [0; 64];
        kernel(&[group], &mut bytes[..width as usize]);
        out.extend_from_slice(&bytes[..packed_len(rest.len(), width)]);
    }
}

/// Fills `values` from one block's bytes, the counterpart of [`pack_block`].
fn unpack_block<W: PackWord>(bytes: &[u8], width: u32, kernel: UnpackKernel<W>, values: &mut [W]) {
    if width == W::MAX_WIDTH && cfg!(target_endian = "little") {
        values.as_mut_bytes().copy_from_slice(bytes);
        return;
    }
    let (groups, rest) = values.as_chunks_mut::<GROUP>();
    let (whole, tail) = bytes.split_at(groups.len() * width as usize);
    kernel(whole, groups);
    if !rest.is_empty() {
        let mut padded = [0; 64];
        padded[..tail.len()].copy_from_slice(tail);
        let mut group = [[W::default(); GROUP]];
        kernel(&padded[..width as usize], &mut group);
        rest.copy_from_slice(&group[0][..rest.len()]);
    }
}

/// Packs groups of 8 values into `WIDTH` bytes each. With the width constant, the shifts and the
/// branches below are settled when this is compiled and a group is a straight line of code.
fn pack_groups<W: PackWord, const WIDTH: usize>(groups: &[[W; GROUP]], out: &mut [u8]) {
    for (group, out) in groups.iter().zip(out.as_chunks_mut::<WIDTH>().0) {
        let mut word = 0;
        let mut used = 0;
        let mut written = 0;
        for value in group {
            let value = value.pack_to_u64() & mask(WIDTH);
            word |= value << used;
            used += WIDTH;
            if used >= 64 {
                out[written..written + 8].copy_from_slice(&word.to_le_bytes());
                written += 8;
                used -= 64;
                word = if used > 0 { value >> (WIDTH - used) } else { 0 };
            }
        }
        let left = WIDTH - written;
        out[written..].copy_from_slice(&word.to_le_bytes()[..left]);
    }
}

/// Unpacks groups of `WIDTH` bytes into 8 values each.
fn unpack_groups<W: PackWord, const WIDTH: usize>(bytes: &[u8], groups: &mut [[W; GROUP]]) {
    for (bytes, group) in bytes.as_chunks::<WIDTH>().0.iter().zip(groups) {
        let mut padded = [0; 64];
        padded[..WIDTH].copy_from_slice(bytes);
        let words: [u64; 8] = zerocopy::transmute!(padded);
        for (i, value) in group.iter_mut().enumerate() {
            let (word, used) = (i * WIDTH / 64, i * WIDTH % 64);
            let mut bits = u64::from_le(words[word]) >> used;
            if used + WIDTH > 64 {
                bits |= u64::from_le(words[word + 1]) << (64 - used);
            }
            *value = W::unpack_from_u64(bits & mask(WIDTH));
        }
    }
}

/// The lowest `width` bits, for 1 to 64.
#[inline(always)]
const fn mask(width: usize) -> u64 {
    u64::MAX >> (64 - width)
}

#[cfg(test)]
mod tests;
