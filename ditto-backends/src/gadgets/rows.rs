//! Rows whose maxima are looked for by sums of strings: how many there are, and the coefficients of
//! their elements.

use crate::gadgets::random_sums::{ROW_SUMS, row_maximum_failure};

/// The rows of a tensor whose maxima are looked for.
pub(crate) struct Rows {
    /// That of the maxima: the last axis keeps length 1.
    pub(crate) shape: Vec<usize>,
    pub(crate) count: usize,
    /// Elements of a row.
    pub(crate) length: usize,
    /// Strings of a row.
    pub(crate) sums: usize,
}

impl Rows {
    /// # Panics
    /// If the rows are empty.
    pub(crate) fn of(shape: &[usize]) -> Self {
        let elements: usize = shape.iter().product();
        let mut shape = shape.to_vec();
        let length = shape.last().copied().unwrap_or(1);
        assert!(length > 0, "the maximum of an empty row");
        if let Some(last) = shape.last_mut() {
            *last = 1;
        }
        Self { shape, count: elements / length, length, sums: length.min(ROW_SUMS) }
    }

    /// How likely the maximum of any row is to be wrong, at most, on a scale of so many levels.
    pub(crate) fn failure(&self, levels: u32) -> f64 {
        row_maximum_failure(self.count, self.length, levels)
    }

    /// The coefficients of all elements in their row's sums, from uniform words, of which `draw` gives
    /// so many. Rows that keep their strings as they are have none, and nothing is drawn.
    pub(crate) fn coefficients(&self, draw: impl FnOnce(usize) -> Vec<u64>) -> Vec<u64> {
        match self.length {
            ..=ROW_SUMS => Vec::new(),
            _ => coefficients_of(draw(self.count * self.length)),
        }
    }
}

/// Coefficients from uniform words: not 0, and uniform but that 1 takes the place of 0, so it comes twice
/// as often.
pub(super) fn coefficients_of(mut words: Vec<u64>) -> Vec<u64> {
    words.iter_mut().for_each(|word| *word |= u64::from(*word == 0));
    words
}
