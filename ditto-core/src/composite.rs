//! The functions that layers stand for, in the reals: what an approximation is measured against, and
//! what a gradient is taken of.

use ndarray::ArrayD;

/// A function of real tensors that a layer computes by an approximation.
///
/// A layer hands it to [`Backend::composite`](crate::Backend::composite) together with its approximation.
/// Backends that protect something compute the approximation; the plaintext reference computes
/// [`Composite::exact`]; training computes the approximation forward and [`Composite::vjp`] backward.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what is being approximated",
    label = "a function of real tensors, with its derivative, is expected here",
    note = "for a function of one number, element by element, there is `ditto_core::Elementwise`"
)]
pub trait Composite {
    /// The function of `inputs`.
    fn exact(&self, inputs: &[&ArrayD<f64>]) -> ArrayD<f64>;

    /// The vector-Jacobian product: for each input x the sum over all elements y_j of the result of
    /// cotangent_j · ∂y_j/∂x, in the shape of x. `cotangent` has the shape of the result.
    fn vjp(&self, inputs: &[&ArrayD<f64>], cotangent: &ArrayD<f64>) -> Vec<ArrayD<f64>>;
}

/// A function of one number, element by element.
///
/// ```
/// use ditto_core::{Composite, Elementwise};
/// use ndarray::array;
///
/// let square = Elementwise { function: |x| x * x, derivative: |x| 2.0 * x };
/// let x = array![1.0, -3.0].into_dyn();
/// assert_eq!(square.exact(&[&x]), array![1.0, 9.0].into_dyn());
/// assert_eq!(square.vjp(&[&x], &array![1.0, 10.0].into_dyn()), [array![2.0, -60.0].into_dyn()]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Elementwise {
    /// f(x).
    pub function: fn(f64) -> f64,
    /// f'(x).
    pub derivative: fn(f64) -> f64,
}

impl Composite for Elementwise {
    fn exact(&self, inputs: &[&ArrayD<f64>]) -> ArrayD<f64> {
        inputs[0].mapv(self.function)
    }

    fn vjp(&self, inputs: &[&ArrayD<f64>], cotangent: &ArrayD<f64>) -> Vec<ArrayD<f64>> {
        vec![inputs[0].mapv(self.derivative) * cotangent]
    }
}
