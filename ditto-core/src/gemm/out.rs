//! A rectangle of the output matrix, which can be cut in two for two threads.
//!
//! A slice cannot be cut by columns; this can. It is the one place that turns a pointer into the
//! output into a slice of it.

#![allow(unsafe_code)]

use std::marker::PhantomData;

/// Exclusive access to `rows x cols` words, each row `stride` words after the one above it.
pub(super) struct Out<'a, W> {
    start: *mut W,
    rows: usize,
    cols: usize,
    stride: usize,
    owner: PhantomData<&'a mut [W]>,
}

// SAFETY: an `Out` is a `&mut` to its words: no other `Out` reaches them (`new` borrows them
// exclusively, the cuts give disjoint rectangles), so it may move to another thread if they may.
unsafe impl<W: Send> Send for Out<'_, W> {}

impl<'a, W> Out<'a, W> {
    /// All of `c`, which is `rows x cols`, row-major.
    pub(super) fn new(c: &'a mut [W], rows: usize, cols: usize) -> Self {
        assert_eq!(Some(c.len()), rows.checked_mul(cols));
        let start = c.as_mut_ptr();
        Out { start, rows, cols, stride: cols, owner: PhantomData }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn cols(&self) -> usize {
        self.cols
    }

    /// The first `at` rows, and the others.
    pub(super) fn cut_rows(self, at: usize) -> (Self, Self) {
        assert!(at < self.rows);
        // SAFETY: row `at` is inside the rectangle, so inside the borrowed slice.
        let start = unsafe { self.start.add(at * self.stride) };
        let below = Out { start, rows: self.rows - at, ..self };
        (Out { rows: at, ..self }, below)
    }

    /// The first `at` columns, and the others.
    pub(super) fn cut_cols(self, at: usize) -> (Self, Self) {
        assert!(at < self.cols);
        // SAFETY: column `at` of the first row is inside the rectangle.
        let start = unsafe { self.start.add(at) };
        let right = Out { start, cols: self.cols - at, ..self };
        (Out { cols: at, ..self }, right)
    }

    /// The `len` words of row `row` from column `col` on.
    #[inline(always)]
    pub(super) fn row(&mut self, row: usize, col: usize, len: usize) -> &mut [W] {
        assert!(row < self.rows && col <= self.cols && len <= self.cols - col);
        // SAFETY: the words are inside the rectangle (just asserted), which is inside the slice
        // that `new` borrowed for `'a`; no other `Out` covers them, and the result borrows `self`.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(row * self.stride + col), len) }
    }
}
