//! The functions that the forms of GeLU stand for, and their derivatives.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use ditto_core::Composite;
use ndarray::ArrayD;

use super::Gelu;

/// The coefficient of the cube in the tanh form.
const CUBE: f64 = 0.044715;

/// x · Φ(x), its tanh form for `PolyTanh`, and for `Quad` the quadratic itself.
impl Composite for Gelu {
    fn exact(&self, inputs: &[&ArrayD<f64>]) -> ArrayD<f64> {
        inputs[0].mapv(|x| self.at(x).0)
    }

    fn vjp(&self, inputs: &[&ArrayD<f64>], cotangent: &ArrayD<f64>) -> Vec<ArrayD<f64>> {
        vec![inputs[0].mapv(|x| self.at(x).1) * cotangent]
    }
}

impl Gelu {
    /// The function and its derivative at x.
    fn at(self, x: f64) -> (f64, f64) {
        match self {
            Self::Poly | Self::Puma => {
                let below = 0.5 * libm::erfc(-x * FRAC_1_SQRT_2);
                let density = libm::exp(-0.5 * x * x) / (2.0 * PI).sqrt();
                (x * below, below + x * density)
            }
            Self::PolyTanh => {
                let scale = (2.0 / PI).sqrt();
                let tanh = libm::tanh(scale * (x + CUBE * x * x * x));
                let slope = scale * (1.0 + 3.0 * CUBE * x * x);
                let half = 0.5 * (1.0 + tanh);
                (x * half, half + 0.5 * x * (1.0 - tanh * tanh) * slope)
            }
            Self::Quad => (0.125 * x * x + 0.25 * x + 0.5, 0.25 * x + 0.25),
        }
    }
}
