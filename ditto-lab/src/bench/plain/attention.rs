//! Attention in f32: every head of every text is a task of its own.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::rows::softmax;

/// softmax(Q·Kᵀ / sqrt(d)) · V for `projected` `[texts · n, 3h]`, which holds queries, keys and
/// values side by side: `[texts · n, h]`.
pub(super) fn attend(projected: &[f32], n: usize, h: usize, heads: usize) -> Vec<f32> {
    let d = h / heads;
    let texts = projected.len() / (3 * h * n).max(1);
    let contexts: Vec<Vec<f32>> = (0..texts * heads)
        .into_par_iter()
        .map(|task| head(projected, task / heads * n * 3 * h + task % heads * d, n, h, d))
        .collect();
    let mut out = vec![0.0; texts * n * h];
    for (task, context) in contexts.iter().enumerate() {
        let start = task / heads * n * h + task % heads * d;
        for (i, row) in context.chunks_exact(d).enumerate() {
            out[start + i * h..][..d].copy_from_slice(row);
        }
    }
    out
}

/// One head, whose queries begin at `start`: `[n, d]`.
fn head(projected: &[f32], start: usize, n: usize, h: usize, d: usize) -> Vec<f32> {
    let part = |i: usize| {
        let slice = &projected[start + i * h..];
        let slice = &slice[..(n - 1) * 3 * h + d];
        MatRef::from_row_major_slice_with_stride(slice, n, d, 3 * h)
    };
    let (query, key, value) = (part(0), part(1), part(2));
    let mut scores = vec![0.0f32; n * n];
    let into = MatMut::from_row_major_slice_mut(&mut scores, n, n);
    let scale = (d as f32).sqrt().recip();
    matmul(into, Accum::Replace, query, key.transpose(), scale, Par::Seq);
    softmax(&mut scores, n);
    let mut context = vec![0.0f32; n * d];
    let into = MatMut::from_row_major_slice_mut(&mut context, n, d);
    let weights = MatRef::from_row_major_slice(&scores, n, n);
    matmul(into, Accum::Replace, weights, value, 1.0, Par::Seq);
    context
}
