//! The right factor of a product, laid out in the order in which the kernels read it.
//!
//! The columns are cut into panels of `width` columns; a panel holds its rows one after another.
//! So a kernel reads one panel from front to back, whole cache lines at a time. The last panel is
//! filled up with zero columns, and a panel of odd depth with a row of zeros, because some kernels
//! take two rows at a time.

use super::GemmWord;
use crate::isa::Isa;

/// A cache line, which is also the widest vector: panels begin on a multiple of it.
const LINE: usize = 64;

/// A right factor, `k x n`, packed for one instruction set.
pub struct Packed<W> {
    isa: Isa,
    k: usize,
    n: usize,
    width: usize,
    /// `skip` unused words, then the panels.
    words: Vec<W>,
    skip: usize,
}

impl<W: GemmWord> Packed<W> {
    /// Packs `b`, which is `k x n` and row-major, for [`Isa::current`].
    ///
    /// # Panics
    ///
    /// When the length of `b` is not `k * n`.
    pub fn new(b: &[W], k: usize, n: usize) -> Self {
        Self::new_with(Isa::current(), b, k, n)
    }

    /// Packs the transpose of `b`, which is `n x k` and row-major, for [`Isa::current`]: the
    /// product is then `A * B^T`.
    ///
    /// # Panics
    ///
    /// When the length of `b` is not `k * n`.
    pub fn new_transposed(b: &[W], k: usize, n: usize) -> Self {
        Self::new_transposed_with(Isa::current(), b, k, n)
    }

    /// Packs `b`, which is `k x n` and row-major, for `isa`.
    ///
    /// # Panics
    ///
    /// When the length of `b` is not `k * n`, or the machine lacks `isa`.
    pub fn new_with(isa: Isa, b: &[W], k: usize, n: usize) -> Self {
        let mut packed = Self::zeros(isa, b.len(), k, n);
        if b.is_empty() {
            return packed;
        }
        let width = packed.width;
        for (p, panel) in packed.panels_mut().enumerate() {
            let first = p * width;
            let used = width.min(n - first);
            for (to, from) in panel.chunks_exact_mut(width).zip(b.chunks_exact(n)) {
                to[..used].copy_from_slice(&from[first..first + used]);
            }
            W::encode(isa, panel);
        }
        packed
    }

    /// Packs the transpose of `b`, which is `n x k` and row-major, for `isa`.
    ///
    /// # Panics
    ///
    /// When the length of `b` is not `k * n`, or the machine lacks `isa`.
    pub fn new_transposed_with(isa: Isa, b: &[W], k: usize, n: usize) -> Self {
        let mut packed = Self::zeros(isa, b.len(), k, n);
        if b.is_empty() {
            return packed;
        }
        let width = packed.width;
        for (panel, columns) in packed.panels_mut().zip(b.chunks(width * k)) {
            transpose(columns, k, panel, width);
            W::encode(isa, panel);
        }
        packed
    }

    /// The number of rows.
    pub fn k(&self) -> usize {
        self.k
    }

    /// The number of columns.
    pub fn n(&self) -> usize {
        self.n
    }

    /// The instruction set it was packed for.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// The number of columns of a panel.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The number of words of all panels.
    pub(super) fn len(&self) -> usize {
        self.words.len() - self.skip
    }

    /// Panel `p`: `k x width`, row-major, and a row of zeros where `k` is odd.
    pub(super) fn panel(&self, p: usize) -> &[W] {
        let size = self.panel_size();
        &self.words[self.skip + p * size..][..size]
    }

    fn panels_mut(&mut self) -> impl Iterator<Item = &mut [W]> {
        let size = self.panel_size();
        self.words[self.skip..].chunks_exact_mut(size)
    }

    fn panel_size(&self) -> usize {
        self.k.next_multiple_of(2) * self.width
    }

    fn zeros(isa: Isa, len: usize, k: usize, n: usize) -> Self {
        assert!(isa.supported(), "this machine cannot run the {isa} kernels");
        assert_eq!(Some(len), k.checked_mul(n), "b does not have {k} x {n} words");
        let width = W::panel_width(isa);
        let (words, skip) = aligned(n.div_ceil(width) * width * k.next_multiple_of(2));
        Packed { isa, k, n, width, words, skip }
    }
}

impl<W: GemmWord> Clone for Packed<W> {
    fn clone(&self) -> Self {
        let used = &self.words[self.skip..];
        let (mut words, skip) = aligned(used.len());
        words[skip..].copy_from_slice(used);
        Packed { words, skip, ..*self }
    }
}

/// A vector of zeros, and the number of words to skip so that `len` words from there on begin on a
/// cache line. Vectors that straddle two lines would cost two loads each.
fn aligned<W: GemmWord>(len: usize) -> (Vec<W>, usize) {
    let slack = LINE / size_of::<W>() - 1;
    let mut words = vec![W::default(); len + slack];
    let skip = words.as_ptr().align_offset(LINE).min(slack);
    words.truncate(skip + len);
    (words, skip)
}

/// Makes the columns, `k` words each, the first columns of the panel.
///
/// Four columns at a time, so that a row of the panel is written in pieces of four words.
fn transpose<W: GemmWord>(columns: &[W], k: usize, panel: &mut [W], width: usize) {
    for (j, some) in columns.chunks(4 * k).enumerate() {
        let rows = panel.chunks_exact_mut(width).take(k).map(|row| &mut row[4 * j..]);
        if some.len() == 4 * k {
            let four: [_; 4] = std::array::from_fn(|c| &some[c * k..][..k]);
            for (i, row) in rows.enumerate() {
                row[..4].copy_from_slice(&four.map(|column| column[i]));
            }
        } else {
            for (i, row) in rows.enumerate() {
                for (to, column) in row.iter_mut().zip(some.chunks_exact(k)) {
                    *to = column[i];
                }
            }
        }
    }
}
