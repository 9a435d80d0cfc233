//! Values that a data owner shares: their shape, and the numbers once a source asks for them.
//!
//! A source that only counts never asks. So a model is laid out from the shapes of its weights,
//! without the weights.

use std::borrow::Cow;

use ndarray::{ArrayD, IxDyn};

/// Real numbers with a shape, which may not have been computed yet.
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no values that can be shared",
    label = "real numbers with a shape are shared: an `ArrayD<f64>`, or a `Lazy`",
    note = "convert other numbers and ranks first: `array.mapv(f64::from).into_dyn()`"
)]
pub trait Values {
    /// The shape.
    fn shape(&self) -> &[usize];
    /// The numbers.
    fn array(&self) -> Cow<'_, ArrayD<f64>>;
}

#[diagnostic::do_not_recommend]
impl Values for ArrayD<f64> {
    fn shape(&self) -> &[usize] {
        ndarray::ArrayBase::shape(self)
    }

    fn array(&self) -> Cow<'_, ArrayD<f64>> {
        Cow::Borrowed(self)
    }
}

/// A shape, and what computes the numbers: anew each time that they are asked for.
pub struct Lazy<'a> {
    shape: Vec<usize>,
    compute: Box<dyn Fn() -> ArrayD<f64> + 'a>,
}

impl<'a> Lazy<'a> {
    /// Numbers of the given shape.
    pub fn new(shape: impl Into<Vec<usize>>, compute: impl Fn() -> ArrayD<f64> + 'a) -> Self {
        Self { shape: shape.into(), compute: Box::new(compute) }
    }

    /// Zeros.
    pub fn zeros(shape: impl Into<Vec<usize>>) -> Self {
        let shape = shape.into();
        let array = shape.clone();
        Self::new(shape, move || ArrayD::zeros(IxDyn(&array)))
    }
}

#[diagnostic::do_not_recommend]
impl Values for Lazy<'_> {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// # Panics
    /// If what was computed has another shape.
    fn array(&self) -> Cow<'_, ArrayD<f64>> {
        let array = (self.compute)();
        assert_eq!(array.shape(), self.shape, "the shape of values that were computed");
        Cow::Owned(array)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn numbers_are_computed_when_they_are_asked_for() {
        let asked = Cell::new(0);
        let lazy = Lazy::new([2, 3], || {
            asked.set(asked.get() + 1);
            ArrayD::ones(IxDyn(&[2, 3]))
        });
        assert_eq!((lazy.shape(), asked.get()), (&[2, 3][..], 0));
        assert_eq!((lazy.array().sum(), asked.get()), (6.0, 1));
        let zeros = Lazy::zeros([4]);
        assert_eq!((zeros.shape(), zeros.array().sum()), (&[4][..], 0.0));
    }

    #[test]
    #[should_panic(expected = "the shape of values")]
    fn numbers_of_another_shape_panic() {
        Lazy::new([3], || ArrayD::zeros(IxDyn(&[2]))).array();
    }
}
