//! Bit planes: `n` values of `k` bits held as `k` planes of `ceil(n / 64)` words, for work on
//! XOR-shared bits 64 at a time.
//!
//! Bit `b` of word `w` of plane `j` is bit `j` of value `64 w + b`. Planes stand one after another,
//! lowest bit first. The bits after the last value ("padding") are zero in everything this module
//! writes, and ignored in everything it reads; a caller that complements a plane clears them with
//! [`clear_padding`].

use sealed::Kernel;

#[cfg(target_arch = "x86_64")]
mod gfni;

/// Bits in a plane's word.
const WORD_BITS: usize = 64;

/// Words of each plane written at a time: one cache line, so that the planes, which often lie a
/// multiple of 4096 bytes apart, do not evict each other half-written.
const BLOCK_WORDS: usize = 8;

/// Values behind one block of every plane.
const BLOCK: usize = BLOCK_WORDS * WORD_BITS;

/// One block of every plane that a word type can have.
type BlockPlanes = [[u64; BLOCK_WORDS]; 64];

/// The number of words in a plane of `n` values.
pub const fn plane_words(n: usize) -> usize {
    n.div_ceil(WORD_BITS)
}

/// The bits of a plane's last word that belong to one of its `n` values.
pub const fn tail_mask(n: usize) -> u64 {
    match n % WORD_BITS {
        0 => u64::MAX,
        used => u64::MAX >> (WORD_BITS - used),
    }
}

/// Zeroes the bits of one plane of `n` values that belong to no value.
///
/// # Panics
///
/// If `plane` is not [`plane_words`]`(n)` long.
pub fn clear_padding(plane: &mut [u64], n: usize) {
    assert_eq!(plane.len(), plane_words(n), "words of a plane of {n} values");
    if let Some(last) = plane.last_mut() {
        *last &= tail_mask(n);
    }
}

/// Appends the `k` lowest bit planes of `values`, `k * plane_words(n)` words in all.
///
/// # Panics
///
/// If `k` is more than the bits of `W`.
pub fn to_planes<W: PlaneWord>(values: &[W], k: u32, planes: &mut Vec<u64>) {
    let mut writer = PlaneWriter::new::<W>(values.len(), k, planes, Kernel::detected());
    let (blocks, rest) = values.as_chunks::<BLOCK>();
    for block in blocks {
        writer.write(block);
    }
    if !rest.is_empty() {
        let mut block = [W::default(); BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        writer.write(&block);
    }
}

/// Appends the `k` lowest bit planes of `value(0)`, `value(1)`, .. `value(n - 1)`.
///
/// The closure is called once for each index, in order, and is inlined in a plain loop.
///
/// # Panics
///
/// If `k` is more than the bits of `W`.
pub fn to_planes_map<W: PlaneWord>(
    n: usize,
    k: u32,
    mut value: impl FnMut(usize) -> W,
    planes: &mut Vec<u64>,
) {
    let mut writer = PlaneWriter::new::<W>(n, k, planes, Kernel::detected());
    let mut block = [W::default(); BLOCK];
    for start in (0..n).step_by(BLOCK) {
        let (used, padding) = block.split_at_mut(BLOCK.min(n - start));
        for (i, slot) in used.iter_mut().enumerate() {
            *slot = value(start + i);
        }
        padding.fill(W::default());
        writer.write(&block);
    }
}

/// Appends the `n` values whose `k` bits are in `planes`, the inverse of [`to_planes`].
///
/// # Panics
///
/// If `k` is more than the bits of `W` or `planes` is not `k * plane_words(n)` long.
pub fn from_planes<W: PlaneWord>(planes: &[u64], n: usize, k: u32, out: &mut Vec<W>) {
    check_bits::<W>(k);
    let (k, words) = (k as usize, plane_words(n));
    assert_eq!(planes.len(), k * words, "words of {k} planes of {n} values");
    out.reserve(n);
    let mut block = [W::default(); BLOCK];
    let mut rows: BlockPlanes = [[0; BLOCK_WORDS]; 64];
    for first in (0..words).step_by(BLOCK_WORDS) {
        let width = BLOCK_WORDS.min(words - first);
        let (used, unused) = rows.split_at_mut(k);
        for (j, row) in used.iter_mut().enumerate() {
            row[..width].copy_from_slice(&planes[j * words + first..][..width]);
        }
        // The block before left its values here.
        unused.fill([0; BLOCK_WORDS]);
        W::from_rows(&mut rows, k, &mut block);
        out.extend_from_slice(&block[..BLOCK.min(n - first * WORD_BITS)]);
    }
}

/// Appends the `n` bits of one plane as words, 0 or 1 each.
///
/// # Panics
///
/// If `plane` is not [`plane_words`]`(n)` long.
pub fn bits_to_words<W: PlaneWord>(plane: &[u64], n: usize, out: &mut Vec<W>) {
    select(plane, n, W::LOWEST_BIT, out, Kernel::detected());
}

/// Appends the `n` bits of one plane as masks, 0 or all ones each.
///
/// # Panics
///
/// If `plane` is not [`plane_words`]`(n)` long.
pub fn bits_to_masks<W: PlaneWord>(plane: &[u64], n: usize, out: &mut Vec<W>) {
    select(plane, n, W::ALL_BITS, out, Kernel::detected());
}

/// A word that can be taken apart into planes: `u8`, `u16`, `u32` or `u64`.
pub trait PlaneWord: Copy + Default + sealed::Rows {
    /// The bits of the word.
    const MAX_PLANES: u32;
}

mod sealed {
    #[cfg(target_arch = "x86_64")]
    use super::gfni;
    use super::{BLOCK, BlockPlanes, WORD_BITS};

    /// Which code moves the bits.
    #[derive(Clone, Copy, Debug)]
    pub enum Kernel {
        /// Shifts and masks on 64-bit words.
        Portable,
        /// Bit-matrix instructions on 512-bit registers.
        #[cfg(target_arch = "x86_64")]
        Gfni(gfni::Token),
    }

    /// One block of values from and to one block of each plane ("rows").
    pub trait Rows: Sized {
        const LOWEST_BIT: Self;
        const ALL_BITS: Self;
        /// Fills the first `k` rows, and perhaps some more.
        fn to_rows(block: &[Self; BLOCK], k: usize, rows: &mut BlockPlanes, kernel: Kernel);
        /// Fills `block` from rows that are zero from `k` on, using them up.
        fn from_rows(rows: &mut BlockPlanes, k: usize, block: &mut [Self; BLOCK]);
        /// Bit `b` of `word` selects `value` or zero for `out[b]`.
        fn select(word: u64, value: Self, out: &mut [Self; WORD_BITS], kernel: Kernel);
    }
}

macro_rules! plane_word {
    ($word:ident, $select:ident, $to_rows:ident) => {
        impl PlaneWord for $word {
            const MAX_PLANES: u32 = $word::BITS;
        }

        impl sealed::Rows for $word {
            const LOWEST_BIT: Self = 1;
            const ALL_BITS: Self = $word::MAX;

            fn to_rows(block: &[Self; BLOCK], k: usize, rows: &mut BlockPlanes, kernel: Kernel) {
                match kernel {
                    Kernel::Portable => {
                        let value = |i: usize| u64::from(block[i]);
                        match k {
                            0 => {}
                            1 => to_rows::<_, 1>(value, rows),
                            2 => to_rows::<_, 2>(value, rows),
                            3..=4 => to_rows::<_, 4>(value, rows),
                            5..=8 => to_rows::<_, 8>(value, rows),
                            9..=16 => to_rows::<_, 16>(value, rows),
                            17..=32 => to_rows::<_, 32>(value, rows),
                            _ => to_rows::<_, 64>(value, rows),
                        }
                    }
                    #[cfg(target_arch = "x86_64")]
                    Kernel::Gfni(token) => token.$to_rows(block, k, rows),
                }
            }

            fn from_rows(rows: &mut BlockPlanes, k: usize, block: &mut [Self; BLOCK]) {
                let put = |i: usize, value: u64| block[i] = value as $word;
                match k {
                    0 => block.fill(0),
                    1..=8 => from_rows::<_, 8>(rows, put),
                    9..=16 => from_rows::<_, 16>(rows, put),
                    17..=32 => from_rows::<_, 32>(rows, put),
                    _ => from_rows::<_, 64>(rows, put),
                }
            }

            #[inline(always)]
            fn select(word: u64, value: Self, out: &mut [Self; WORD_BITS], kernel: Kernel) {
                match kernel {
                    Kernel::Portable => {
                        for (b, slot) in out.iter_mut().enumerate() {
                            *slot = ((word >> b & 1) as $word).wrapping_neg() & value;
                        }
                    }
                    #[cfg(target_arch = "x86_64")]
                    Kernel::Gfni(token) => token.$select(word, value, out),
                }
            }
        }
    };
}

plane_word!(u8, select_u8, to_rows_u8);
plane_word!(u16, select_u16, to_rows_u16);
plane_word!(u32, select_u32, to_rows_u32);
plane_word!(u64, select_u64, to_rows_u64);

impl Kernel {
    /// The fastest kernel here.
    fn detected() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = gfni::Token::detect() {
            return Self::Gfni(token);
        }
        Self::Portable
    }
}

/// Appends planes a block at a time.
struct PlaneWriter<'a> {
    planes: &'a mut [u64],
    /// Words in each plane.
    words: usize,
    /// The number of planes.
    k: usize,
    /// The first word of the next block.
    next: usize,
    kernel: Kernel,
    /// One block of each plane, before it is cut to what the planes have room for.
    rows: BlockPlanes,
}

impl<'a> PlaneWriter<'a> {
    fn new<W: PlaneWord>(n: usize, k: u32, planes: &'a mut Vec<u64>, kernel: Kernel) -> Self {
        check_bits::<W>(k);
        let (k, words) = (k as usize, plane_words(n));
        let start = planes.len();
        planes.resize(start + k * words, 0);
        let planes = &mut planes[start..];
        Self { planes, words, k, next: 0, kernel, rows: [[0; BLOCK_WORDS]; 64] }
    }

    fn write<W: PlaneWord>(&mut self, block: &[W; BLOCK]) {
        W::to_rows(block, self.k, &mut self.rows, self.kernel);
        let width = BLOCK_WORDS.min(self.words - self.next);
        for (j, row) in self.rows[..self.k].iter().enumerate() {
            let place = &mut self.planes[j * self.words + self.next..];
            match place.first_chunk_mut::<BLOCK_WORDS>() {
                // A fixed length, so that this is one move and no call.
                Some(place) if width == BLOCK_WORDS => *place = *row,
                _ => place[..width].copy_from_slice(&row[..width]),
            }
        }
        self.next += width;
    }
}

fn check_bits<W: PlaneWord>(k: u32) {
    assert!(k <= W::MAX_PLANES, "{k} planes of a word of {} bits", W::MAX_PLANES);
}

fn select<W: PlaneWord>(plane: &[u64], n: usize, value: W, out: &mut Vec<W>, kernel: Kernel) {
    assert_eq!(plane.len(), plane_words(n), "words of a plane of {n} values");
    out.reserve(n);
    let mut words = [W::default(); WORD_BITS];
    for (w, bits) in plane.iter().enumerate() {
        W::select(*bits, value, &mut words, kernel);
        out.extend_from_slice(&words[..WORD_BITS.min(n - w * WORD_BITS)]);
    }
}

/// The portable kernel. With `C` a power of two, `C` words hold 64 values of `C` bits: value
/// `r + C l` in the bits `C l ..` of word `r`. Transposing the square of `C` by `C` bits in each such
/// lane leaves bit `j` of value `r + C l` in bit `r + C l` of word `j`, which is the plane.
#[inline(always)]
fn to_rows<F: Fn(usize) -> u64, const C: usize>(value: F, rows: &mut BlockPlanes) {
    let low = u64::MAX >> (64 - C);
    for (r, row) in rows[..C].iter_mut().enumerate() {
        for (w, word) in row.iter_mut().enumerate() {
            *word = 0;
            for l in 0..WORD_BITS / C {
                *word |= (value(w * WORD_BITS + r + C * l) & low) << (C * l);
            }
        }
    }
    transpose::<C>(rows);
}

/// The inverse of [`to_rows`]: a transposition undoes itself.
#[inline(always)]
fn from_rows<F: FnMut(usize, u64), const C: usize>(rows: &mut BlockPlanes, mut put: F) {
    let low = u64::MAX >> (64 - C);
    transpose::<C>(rows);
    for (r, row) in rows[..C].iter().enumerate() {
        for (w, word) in row.iter().enumerate() {
            for l in 0..WORD_BITS / C {
                put(w * WORD_BITS + r + C * l, word >> (C * l) & low);
            }
        }
    }
}

/// Transposes every square of `C` by `C` bits: of the words `r` and `r + half`, swap the upper half
/// of the one with the lower half of the other, for all halves down to single bits.
#[inline(always)]
fn transpose<const C: usize>(rows: &mut BlockPlanes) {
    let mut half = C / 2;
    while half > 0 {
        // The low half of each lane of 2 * half bits.
        let low = u64::MAX / ((1 << half) + 1);
        for r in (0..C).filter(|r| r & half == 0) {
            let (upper, lower) = rows.split_at_mut(r + half);
            for (a, b) in upper[r].iter_mut().zip(&mut lower[0]) {
                let swap = (*a >> half ^ *b) & low;
                *b ^= swap;
                *a ^= swap << half;
            }
        }
        half /= 2;
    }
}

#[cfg(test)]
mod tests;
