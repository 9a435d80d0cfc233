//! The softmax functions in the reals, and their gradients.

use std::f64::consts::LN_2;

use ditto_core::Composite;
use ndarray::{ArrayD, Axis};

/// The share of each power in its row's sum, by the base of the powers.
#[derive(Clone, Copy)]
pub(in crate::layers) enum Powers {
    OfE,
    OfTwo,
}

impl Composite for Powers {
    fn exact(&self, inputs: &[&ArrayD<f64>]) -> ArrayD<f64> {
        let mut shares = inputs[0].clone();
        let last = Axis(shares.ndim().saturating_sub(1));
        let power = match self {
            Self::OfE => libm::exp,
            Self::OfTwo => libm::exp2,
        };
        for mut row in shares.lanes_mut(last) {
            let top = row.fold(f64::NEG_INFINITY, |top, &x| top.max(x));
            row.mapv_inplace(|x| power(x - top));
            let sum = row.sum();
            row.mapv_inplace(|x| x / sum);
        }
        shares
    }

    /// Of y = softmax(x): y·(c - Σ c·y), times ln 2 for powers of two.
    fn vjp(&self, inputs: &[&ArrayD<f64>], cotangent: &ArrayD<f64>) -> Vec<ArrayD<f64>> {
        let shares = self.exact(inputs);
        let last = Axis(shares.ndim().saturating_sub(1));
        let mean = (&shares * cotangent).sum_axis(last).insert_axis(last);
        let slope = match self {
            Self::OfE => 1.0,
            Self::OfTwo => LN_2,
        };
        vec![slope * shares * (cotangent - &mean)]
    }
}
