//! The true sums of a matrix product, to every bit.
//!
//! The ring gives them up to a multiple of 2^k, and floating point gives them up to an error that is
//! small against 2^k unless the terms are enormous: both together are exact. Where they may be enormous,
//! and cancel or not, the terms are added up again as they are.

use ditto_core::Word;
use ditto_core::fixed::exp2;
use ditto_core::shape::MatmulShape;

/// The factors of a product, the right one transposed or not, and what is known of their product: its
/// words in the ring, and its values in f64, added up in any order.
pub(super) struct MatrixProduct<'a, W> {
    pub(super) shape: MatmulShape,
    pub(super) left: &'a [W],
    pub(super) right: &'a [W],
    pub(super) transposed: bool,
    pub(super) words: &'a [W],
    pub(super) floats: &'a [f64],
}

impl<W: Word> MatrixProduct<'_, W> {
    /// The sums, in row-major order. One that does not fit is the nearest that does.
    pub(super) fn sums(&self) -> Vec<i128> {
        let MatmulShape { batch, m, k, n } = self.shape;
        let mut sums = Vec::with_capacity(batch * m * n);
        for i in 0..batch {
            let rows: Vec<f64> =
                (0..m).map(|row| largest((0..k).map(|j| self.left_at(i, row, j)))).collect();
            let columns: Vec<f64> =
                (0..n).map(|col| largest((0..k).map(|j| self.right_at(i, j, col)))).collect();
            for (row, largest) in rows.iter().enumerate() {
                for (col, other) in columns.iter().enumerate() {
                    let place = (i * m + row) * n + col;
                    let terms = k as f64 * largest * other;
                    let sum = completed(self.words[place], self.floats[place], k, terms);
                    sums.push(sum.unwrap_or_else(|| self.added_up(i, row, col)));
                }
            }
        }
        sums
    }

    fn left_at(&self, batch: usize, row: usize, j: usize) -> i64 {
        let MatmulShape { m, k, .. } = self.shape;
        self.left[(batch * m + row) * k + j].to_i64()
    }

    fn right_at(&self, batch: usize, j: usize, col: usize) -> i64 {
        let MatmulShape { k, n, .. } = self.shape;
        let place = if self.transposed { col * k + j } else { j * n + col };
        self.right[batch * k * n + place].to_i64()
    }

    /// Term by term, in two halves that have room for any number of them.
    fn added_up(&self, batch: usize, row: usize, col: usize) -> i128 {
        let (mut high, mut low) = (0i128, 0i128);
        for j in 0..self.shape.k {
            let term =
                i128::from(self.left_at(batch, row, j)) * i128::from(self.right_at(batch, j, col));
            high += term >> 64;
            low += term & i128::from(u64::MAX);
        }
        high += low >> 64;
        let sum = high.checked_mul(1 << 64).and_then(|v| v.checked_add(low & i128::from(u64::MAX)));
        sum.unwrap_or(if high < 0 { i128::MIN } else { i128::MAX })
    }
}

fn largest(words: impl Iterator<Item = i64>) -> f64 {
    words.map(i64::unsigned_abs).max().unwrap_or(0) as f64
}

/// The integer near `float` that is `word` in the ring, if `float` is near enough to tell: a sum of `k`
/// products, `terms` in magnitude all together at most.
fn completed<W: Word>(word: W, float: f64, k: usize, terms: f64) -> Option<i128> {
    let ring = exp2(W::BITS);
    // Each factor is rounded, each product, and each sum; twice that is more than enough.
    let error = 2.0 * (k as f64 + 4.0) * f64::EPSILON / 2.0 * terms;
    if error >= ring / 8.0 {
        return None;
    }
    let word = word.to_i64();
    let wraps = ((float - word as f64) / ring).round();
    Some(i128::from(word) + ((wraps as i128) << W::BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums of products of 64-bit factors, of every size, that mostly cancel: against sums in another
    /// representation, a list of digits.
    #[test]
    fn sums_are_exact_at_every_size_of_their_terms() {
        for bits in (1..=63).step_by(2) {
            let big = (1i64 << bits).wrapping_sub(3);
            let left = [big, big, -big, 7, i64::MIN, i64::MIN];
            let right = [big, 5, big, -11, i64::MAX, -i64::MAX];
            let sum = 5 * i128::from(big) - 77;
            check(&left, &right, sum);
            check(&left[..3], &right[..3], sum + 77);
            check(&left[..2], &right[..2], i128::from(big) * i128::from(big) + sum + 77);
        }
    }

    fn check(left: &[i64], right: &[i64], expected: i128) {
        let k = left.len();
        let word = |v: &i64| *v as u64;
        let (xs, ys): (Vec<u64>, Vec<u64>) =
            (left.iter().map(word).collect(), right.iter().map(word).collect());
        let words =
            xs.iter().zip(&ys).fold(0u64, |sum, (x, y)| sum.wrapping_add(x.wrapping_mul(*y)));
        let floats: f64 = left.iter().zip(right).map(|(&x, &y)| x as f64 * y as f64).sum();
        let product = MatrixProduct {
            shape: MatmulShape { batch: 1, m: 1, k, n: 1 },
            left: &xs,
            right: &ys,
            transposed: false,
            words: &[words],
            floats: &[floats],
        };
        assert_eq!(product.sums(), [expected], "{left:?} times {right:?}");
    }

    #[test]
    fn sums_beyond_all_integers_are_the_nearest() {
        let far = [i64::MIN as u64; 5];
        let product = |right: u64| {
            MatrixProduct {
                shape: MatmulShape { batch: 1, m: 1, k: 5, n: 1 },
                left: &far,
                right: &vec![right; 5].leak()[..],
                transposed: false,
                words: &[0],
                floats: &[0.0],
            }
            .sums()
        };
        assert_eq!(product(i64::MIN as u64), [i128::MAX]);
        assert_eq!(product(i64::MAX as u64), [i128::MIN]);
    }

    #[test]
    fn batches_and_transposed_factors_are_read_in_their_order() {
        let word = |v: i64| (v << 56) as u64;
        let left: Vec<u64> = (1..=12).map(word).collect();
        let right: Vec<u64> = (1..=12).map(|v| word(-v)).collect();
        let shape = MatmulShape { batch: 2, m: 2, k: 3, n: 2 };
        for transposed in [false, true] {
            // Nothing is known but the factors: they are so large that all is added up again.
            let product = MatrixProduct {
                shape,
                left: &left,
                right: &right,
                transposed,
                words: &[0; 8],
                floats: &[0.0; 8],
            };
            let expected: Vec<i128> = (0..8)
                .map(|place| {
                    let (batch, row, col) = (place / 4, place / 2 % 2, place % 2);
                    let term = |j: usize| {
                        let x = 6 * batch + 3 * row + j + 1;
                        let y = 6 * batch + if transposed { 3 * col + j } else { 2 * j + col } + 1;
                        -((x * y) as i128) << 112
                    };
                    (0..3).map(term).sum()
                })
                .collect();
            assert_eq!(product.sums(), expected);
        }
    }
}
