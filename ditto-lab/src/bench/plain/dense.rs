//! A linear layer in f32: one matrix product on all cores.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// y = x · W + b.
pub(super) struct Dense {
    /// `[inputs, outputs]`, row-major.
    weight: Vec<f32>,
    bias: Vec<f32>,
    inputs: usize,
}

impl Dense {
    /// Layers of the same input as one, their outputs side by side: weights of shape
    /// `[outputs, inputs]` and biases.
    pub(super) fn side_by_side(parts: &[(&[f32], &[f32])]) -> Self {
        let bias: Vec<f32> = parts.iter().flat_map(|(_, bias)| bias.iter().copied()).collect();
        let outputs = bias.len();
        let stacked: Vec<f32> = parts.iter().flat_map(|(w, _)| w.iter().copied()).collect();
        let inputs = stacked.len() / outputs;
        let mut weight = vec![0.0; stacked.len()];
        for (output, column) in stacked.chunks_exact(inputs).enumerate() {
            for (input, &w) in column.iter().enumerate() {
                weight[input * outputs + output] = w;
            }
        }
        Self { weight, bias, inputs }
    }

    /// From `[rows, inputs]` to `[rows, outputs]`.
    pub(super) fn forward(&self, x: &[f32]) -> Vec<f32> {
        let (inputs, outputs) = (self.inputs, self.bias.len());
        let rows = x.len() / inputs;
        let mut y = self.bias.repeat(rows);
        matmul(
            MatMut::from_row_major_slice_mut(&mut y, rows, outputs),
            Accum::Add,
            MatRef::from_row_major_slice(x, rows, inputs),
            MatRef::from_row_major_slice(&self.weight, inputs, outputs),
            1.0,
            Par::rayon(0),
        );
        y
    }
}
