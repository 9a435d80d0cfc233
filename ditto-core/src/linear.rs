//! What is the same for every linear sharing: layout, sums, and the reading of a scale.

use std::ops::Range;

use crate::shape::Broadcast;

/// A linear function of one tensor or of several. A linear sharing computes it of each component by itself,
/// and whatever holds a share beside other things of the share: so there is one way through all of them.
#[derive(Clone, Debug)]
pub enum LinearMap<'a> {
    /// The same elements in row-major order under another shape.
    Reshape(&'a [usize]),
    /// Axis i of the result is axis `axes[i]`.
    Permute(&'a [usize]),
    /// A part of one axis.
    Slice {
        /// The axis.
        axis: usize,
        /// The part.
        range: Range<usize>,
    },
    /// Any number of tensors, one after another along an axis.
    Concat {
        /// The axis.
        axis: usize,
    },
    /// The sum of two tensors, the second broadcast by the rules of [`crate::shape`].
    Add,
    /// The difference of two tensors, the second broadcast by the rules of [`crate::shape`].
    Sub,
    /// Sums over the last axis, which stays with length 1.
    SumLast,
}

impl LinearMap<'_> {
    /// The shape of the function's result for operands of these shapes.
    ///
    /// # Panics
    /// If they do not fit the function; the message has the shapes.
    #[track_caller]
    pub fn shape(&self, operands: &[&[usize]]) -> Vec<usize> {
        let x = *operands.first().expect("a linear function of one tensor at least");
        let with_axis = |axis: usize, length| {
            let mut shape = x.to_vec();
            shape[axis] = length;
            shape
        };
        match self {
            Self::Reshape(shape) => {
                let count = |shape: &[usize]| shape.iter().product::<usize>();
                assert!(count(x) == count(shape), "{x:?} reshaped to {shape:?}");
                shape.to_vec()
            }
            Self::Permute(axes) => {
                let mut sorted = axes.to_vec();
                sorted.sort_unstable();
                assert!(sorted.iter().copied().eq(0..x.len()), "axes {axes:?} of {x:?}");
                axes.iter().map(|&axis| x[axis]).collect()
            }
            Self::Slice { axis, range } => {
                let fits =
                    x.get(*axis).is_some_and(|&n| range.start <= range.end && range.end <= n);
                assert!(fits, "the part {range:?} of axis {axis} of {x:?}");
                with_axis(*axis, range.len())
            }
            Self::Concat { axis } => {
                for part in operands {
                    let same = |i: usize| i == *axis || part[i] == x[i];
                    let fits = *axis < x.len() && part.len() == x.len() && (0..x.len()).all(same);
                    assert!(fits, "{x:?} and {part:?} joined along axis {axis}");
                }
                with_axis(*axis, operands.iter().map(|part| part[*axis]).sum())
            }
            Self::Add | Self::Sub => {
                Broadcast::of(x, operands[1]);
                x.to_vec()
            }
            Self::SumLast => match x.len() {
                0 => Vec::new(),
                n => with_axis(n - 1, 1),
            },
        }
    }
}

/// A tensor of shared values, or of products that have not been scaled down: what parties do to it each
/// on its own.
///
/// Shapes that do not fit are errors of the program and the same at every party, so they panic with both
/// shapes in the message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tensor of shares or products",
    label = "it has no layout and no sums",
    note = "a backend's `Share<R>` and `Product<R>` are such; `ditto_backends::Shares` is one for any linear sharing"
)]
pub trait Linear: Clone + Send + Sync + 'static {
    /// The shape of the tensor.
    fn shape(&self) -> &[usize];
    /// The function of `operands`, of which there are as many as the function takes.
    fn apply(map: &LinearMap<'_>, operands: &[&Self]) -> Self;
    /// The same integers read at a scale of `bits` more fractional bits: values divided by 2^bits,
    /// without error or message.
    fn shift_point(self, bits: u32) -> Self;

    /// The same elements in row-major order under another shape.
    fn reshape(&self, shape: &[usize]) -> Self {
        Self::apply(&LinearMap::Reshape(shape), &[self])
    }

    /// Axis i of the result is axis `axes[i]`.
    fn permute(&self, axes: &[usize]) -> Self {
        Self::apply(&LinearMap::Permute(axes), &[self])
    }

    /// The part `range` of one axis.
    fn slice(&self, axis: usize, range: Range<usize>) -> Self {
        Self::apply(&LinearMap::Slice { axis, range }, &[self])
    }

    /// Tensors one after another along an axis.
    fn concat(parts: &[&Self], axis: usize) -> Self {
        Self::apply(&LinearMap::Concat { axis }, parts)
    }

    /// The sum, `other` broadcast by the rules of [`crate::shape`].
    fn add(&self, other: &Self) -> Self {
        Self::apply(&LinearMap::Add, &[self, other])
    }

    /// The difference, `other` broadcast by the rules of [`crate::shape`].
    fn sub(&self, other: &Self) -> Self {
        Self::apply(&LinearMap::Sub, &[self, other])
    }

    /// Sums over the last axis, which stays with length 1.
    fn sum_last(&self) -> Self {
        Self::apply(&LinearMap::SumLast, &[self])
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn shapes_of_results() {
        let slice = |axis, range| LinearMap::Slice { axis, range };
        let concat = |axis| LinearMap::Concat { axis };
        let x: &[usize] = &[2, 3, 4];
        for (map, operands, shape) in [
            (LinearMap::Reshape(&[6, 4]), vec![x], vec![6, 4]),
            (LinearMap::Reshape(&[0, 7]), vec![&[5, 0][..]], vec![0, 7]),
            (LinearMap::Reshape(&[]), vec![&[1, 1][..]], vec![]),
            (LinearMap::Permute(&[2, 0, 1]), vec![x], vec![4, 2, 3]),
            (slice(1, 1..3), vec![x], vec![2, 2, 4]),
            (slice(2, 4..4), vec![x], vec![2, 3, 0]),
            (concat(1), vec![x], vec![2, 3, 4]),
            (concat(1), vec![x, &[2, 0, 4], &[2, 5, 4]], vec![2, 8, 4]),
            (LinearMap::Add, vec![x, &[3, 4]], vec![2, 3, 4]),
            (LinearMap::Sub, vec![x, &[2, 3, 1]], vec![2, 3, 4]),
            (LinearMap::SumLast, vec![x], vec![2, 3, 1]),
            (LinearMap::SumLast, vec![&[2, 0][..]], vec![2, 1]),
            (LinearMap::SumLast, vec![&[][..]], vec![]),
        ] {
            assert_eq!(map.shape(&operands), shape, "{map:?} of {operands:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_shapes() {
        let slice = |axis, range| LinearMap::Slice { axis, range };
        let concat = |axis| LinearMap::Concat { axis };
        let x: &[usize] = &[2, 3];
        for (map, operands, said) in [
            (LinearMap::Reshape(&[5]), vec![x], "[2, 3] reshaped to [5]"),
            (LinearMap::Permute(&[0, 0]), vec![x], "axes [0, 0] of [2, 3]"),
            (LinearMap::Permute(&[0]), vec![x], "axes [0] of [2, 3]"),
            (slice(1, 2..4), vec![x], "the part 2..4 of axis 1 of [2, 3]"),
            (slice(2, 0..0), vec![x], "the part 0..0 of axis 2 of [2, 3]"),
            (concat(0), vec![x, &[2, 4]], "[2, 3] and [2, 4] joined along axis 0"),
            (concat(0), vec![x, &[3]], "[2, 3] and [3] joined along axis 0"),
            (concat(2), vec![x], "[2, 3] and [2, 3] joined along axis 2"),
            (concat(0), vec![], "a linear function of one tensor at least"),
            (LinearMap::Add, vec![x, &[2]], "shapes [2, 3] and [2] do not fit"),
        ] {
            let panic = catch_unwind(|| map.shape(&operands)).expect_err("it does not fit");
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
            assert!(message.is_some_and(|message| message.contains(said)), "{message:?}: {said}");
        }
    }
}
