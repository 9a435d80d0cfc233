//! How the shapes of two operands fit together.
//!
//! Three rules, each of which runs as a plain loop over slices: the same shape; the right
//! operand repeats as a whole (`[h]` over `[n, h]`, or a single element over anything); the
//! right operand has one element a row (`[n, 1]` over `[n, h]`).

use std::ops::Range;

/// How the right operand of an element-wise operation is repeated over the left one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broadcast {
    /// Element i meets element i.
    Same,
    /// Element i meets element i mod `period`: the right shape is a suffix of the left one.
    Repeat {
        /// Number of elements of the right operand.
        period: usize,
    },
    /// Element i meets element i / `length`: the right operand has one element a row.
    Row {
        /// Length of a row of the left operand.
        length: usize,
    },
}

impl Broadcast {
    /// How an operand of shape `right` is repeated over one of shape `left`.
    ///
    /// # Panics
    /// If none of the three rules fits; the message shows both shapes.
    #[track_caller]
    pub fn of(left: &[usize], right: &[usize]) -> Self {
        if left == right {
            return Self::Same;
        }
        let trimmed = {
            let ones = right.iter().take_while(|&&d| d == 1).count();
            &right[ones..]
        };
        if left.ends_with(trimmed) {
            return Self::Repeat { period: trimmed.iter().product() };
        }
        if let ([rows @ .., length], [right_rows @ .., 1]) = (left, right)
            && rows == right_rows
        {
            return Self::Row { length: *length };
        }
        panic!(
            "shapes {left:?} and {right:?} do not fit: the right one must be the same, \
             a suffix of the left one, or have 1 for its last dimension"
        );
    }

    /// The element of the right operand that element `i` of the left one meets.
    #[inline(always)]
    pub fn index(self, i: usize) -> usize {
        match self {
            Self::Same => i,
            Self::Repeat { period } => i % period,
            Self::Row { length } => i / length,
        }
    }

    /// As [`Broadcast::zip`] for operands of two components each.
    pub fn zip_pairs<W: Copy, Z>(
        self,
        [x0, x1]: [&[W]; 2],
        [y0, y1]: [&[W]; 2],
        f: impl Fn([W; 2], [W; 2]) -> Z,
    ) -> Vec<Z> {
        let mut out = Vec::with_capacity(x0.len());
        let mut row = |x: Range<usize>, y0: &[W], y1: &[W]| {
            let xs = x0[x.clone()].iter().zip(&x1[x]);
            out.extend(xs.zip(y0.iter().zip(y1)).map(|((&a, &b), (&c, &d))| f([a, b], [c, d])));
        };
        match self {
            Self::Same => row(0..x0.len(), y0, y1),
            Self::Repeat { period: 0 } | Self::Row { length: 0 } => {}
            Self::Repeat { period: 1 } | Self::Row { .. } => {
                let length = if let Self::Row { length } = self { length } else { x0.len() };
                for (i, (&c, &d)) in y0.iter().zip(y1).enumerate() {
                    let x = i * length..(i + 1) * length;
                    let xs = x0[x.clone()].iter().zip(&x1[x]);
                    out.extend(xs.map(|(&a, &b)| f([a, b], [c, d])));
                }
            }
            Self::Repeat { period } => {
                for start in (0..x0.len()).step_by(period) {
                    row(start..start + period, y0, y1);
                }
            }
        }
        out
    }

    /// `f(x_i, y_index(i))` for every element of `x`, without a division per element.
    pub fn zip<X: Copy, Y: Copy, Z>(self, x: &[X], y: &[Y], f: impl Fn(X, Y) -> Z) -> Vec<Z> {
        match self {
            Self::Same => x.iter().zip(y).map(|(&x, &y)| f(x, y)).collect(),
            Self::Repeat { period: 1 } => {
                let y = y[0];
                x.iter().map(|&x| f(x, y)).collect()
            }
            Self::Repeat { period } => {
                let mut out = Vec::with_capacity(x.len());
                if period > 0 {
                    for row in x.chunks_exact(period) {
                        out.extend(row.iter().zip(y).map(|(&x, &y)| f(x, y)));
                    }
                }
                out
            }
            Self::Row { length } => {
                let mut out = Vec::with_capacity(x.len());
                if length > 0 {
                    for (row, &y) in x.chunks_exact(length).zip(y) {
                        out.extend(row.iter().map(|&x| f(x, y)));
                    }
                }
                out
            }
        }
    }
}

/// The shapes of a matrix product, batches apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatmulShape {
    /// Number of independent products.
    pub batch: usize,
    /// Rows of the left factor.
    pub m: usize,
    /// Columns of the left factor, which are summed over.
    pub k: usize,
    /// Columns of the result.
    pub n: usize,
}

impl MatmulShape {
    /// Of `[.., m, k]` times `[k, n]` (every row meets the same right factor) or times
    /// `[.., k, n]` with the same leading dimensions; `transposed` reads the right factor as
    /// `[n, k]`.
    ///
    /// # Panics
    /// If the shapes do not fit; the message shows both.
    #[track_caller]
    pub fn of(left: &[usize], right: &[usize], transposed: bool) -> Self {
        let fits = || {
            let (&[ref batches @ .., m, k], &[ref right_batches @ .., r0, r1]) = (left, right)
            else {
                return None;
            };
            let (right_k, n) = if transposed { (r1, r0) } else { (r0, r1) };
            if k != right_k {
                return None;
            }
            let count = batches.iter().product::<usize>();
            if right_batches.is_empty() {
                // One right factor: all batches are rows of one tall matrix.
                Some(Self { batch: 1, m: m * count, k, n })
            } else if batches == right_batches {
                Some(Self { batch: count, m, k, n })
            } else {
                None
            }
        };
        fits().unwrap_or_else(|| {
            let kind = if transposed { "a transposed right factor " } else { "" };
            panic!("matrix product of shapes {left:?} and {kind}{right:?}: they do not fit")
        })
    }

    /// The shape of the result.
    pub fn result(&self, left: &[usize]) -> Vec<usize> {
        let mut shape = left.to_vec();
        if let Some(last) = shape.last_mut() {
            *last = self.n;
        }
        shape
    }

    /// Number of multiplications of ring elements.
    pub fn multiplications(&self) -> u64 {
        [self.batch, self.m, self.k, self.n].iter().map(|&d| d as u64).product()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_has_three_rules() {
        assert_eq!(Broadcast::of(&[2, 3], &[2, 3]), Broadcast::Same);
        assert_eq!(Broadcast::of(&[2, 3], &[3]), Broadcast::Repeat { period: 3 });
        assert_eq!(Broadcast::of(&[5, 2, 3], &[1, 2, 3]), Broadcast::Repeat { period: 6 });
        assert_eq!(Broadcast::of(&[2, 3], &[1]), Broadcast::Repeat { period: 1 });
        assert_eq!(Broadcast::of(&[2, 3], &[2, 1]), Broadcast::Row { length: 3 });
    }

    #[test]
    #[should_panic(expected = "do not fit")]
    fn shapes_that_do_not_fit_panic_with_both_shapes() {
        Broadcast::of(&[2, 3], &[2]);
    }

    #[test]
    fn zip_agrees_with_index() {
        let x: Vec<u32> = (0..12).collect();
        for (shape, y_shape, y) in [
            (vec![3, 4], vec![3, 4], (0..12).collect::<Vec<u32>>()),
            (vec![3, 4], vec![4], (0..4).collect()),
            (vec![3, 4], vec![3, 1], (0..3).collect()),
            (vec![3, 4], vec![1], vec![7]),
        ] {
            let rule = Broadcast::of(&shape, &y_shape);
            let direct: Vec<u32> = (0..12).map(|i| x[i] * 100 + y[rule.index(i)]).collect();
            assert_eq!(rule.zip(&x, &y, |x, y| x * 100 + y), direct);
        }
    }

    #[test]
    fn empty_operands_give_empty_results() {
        let rule = Broadcast::of(&[0, 4], &[4]);
        assert!(rule.zip::<u32, u32, u32>(&[], &[1, 2, 3, 4], |x, _| x).is_empty());
        let rule = Broadcast::of(&[3, 0], &[3, 1]);
        assert!(rule.zip::<u32, u32, u32>(&[], &[1, 2, 3], |x, _| x).is_empty());
    }

    #[test]
    fn matmul_shapes() {
        let s = MatmulShape::of(&[4, 2, 3], &[3, 5], false);
        assert_eq!((s.batch, s.m, s.k, s.n), (1, 8, 3, 5));
        let s = MatmulShape::of(&[4, 2, 3], &[4, 5, 3], true);
        assert_eq!((s.batch, s.m, s.k, s.n), (4, 2, 3, 5));
        assert_eq!(s.result(&[4, 2, 3]), [4, 2, 5]);
    }
}
