//! What is computed element by element or row by row in f32, vectorised and on all cores.
//!
//! Written as loops that the compiler vectorises, and compiled for every vector width: `pulp`
//! picks the widest that the processor has.

use pulp::Arch;
use rayon::prelude::*;

/// Rows or parts of them that one task takes.
const TASK: usize = 1 << 14;
/// Sums and maxima run in this many lanes.
const LANES: usize = 16;

/// The activation between the two matrices of a feed-forward block.
#[derive(Clone, Copy, Debug)]
pub(super) enum Activation {
    /// x · Φ(x).
    GeluErf,
    /// Its tanh form.
    GeluTanh,
}

/// The weights of a LayerNorm.
pub(super) struct Norm {
    pub(super) gamma: Vec<f32>,
    pub(super) beta: Vec<f32>,
    pub(super) epsilon: f32,
}

/// The activation of every element.
pub(super) fn activate(x: &mut [f32], activation: Activation) {
    let arch = Arch::new();
    x.par_chunks_mut(TASK).for_each(|x| match activation {
        Activation::GeluErf => arch.dispatch(|| x.iter_mut().for_each(|x| *x = gelu_erf(*x))),
        Activation::GeluTanh => arch.dispatch(|| x.iter_mut().for_each(|x| *x = gelu_tanh(*x))),
    });
}

/// The softmax of every row of length `n`, on the calling core.
pub(super) fn softmax(x: &mut [f32], n: usize) {
    Arch::new().dispatch(|| {
        for row in x.chunks_exact_mut(n) {
            let max = fold(row, f32::NEG_INFINITY, |x| x, |a, b| if a > b { a } else { b });
            row.iter_mut().for_each(|x| *x = exp(*x - max));
            let share = fold(row, 0.0, |x| x, |a, b| a + b).recip();
            row.iter_mut().for_each(|x| *x *= share);
        }
    });
}

/// LayerNorm of x + y for every row, in place of x.
pub(super) fn add_and_normalise(x: &mut [f32], y: &[f32], norm: &Norm) {
    let (arch, h) = (Arch::new(), norm.gamma.len());
    let task = h * (TASK / h).max(1);
    x.par_chunks_mut(task).zip(y.par_chunks(task)).for_each(|(x, y)| {
        arch.dispatch(|| {
            for (x, y) in x.chunks_exact_mut(h).zip(y.chunks_exact(h)) {
                x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
                let mean = fold(x, 0.0, |x| x, |a, b| a + b) / h as f32;
                x.iter_mut().for_each(|x| *x -= mean);
                let variance = fold(x, 0.0, |x| x * x, |a, b| a + b) / h as f32;
                let scale = (variance + norm.epsilon).sqrt().recip();
                for ((x, gamma), beta) in x.iter_mut().zip(&norm.gamma).zip(&norm.beta) {
                    *x = *x * scale * gamma + beta;
                }
            }
        });
    });
}

/// Joins f(x) of all elements, in lanes.
#[inline(always)]
fn fold(x: &[f32], start: f32, f: impl Fn(f32) -> f32, join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [start; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = join(*lane, f(x));
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = join(*lane, f(x));
    }
    lanes.into_iter().fold(start, join)
}

/// x · Φ(x), the error function by formula 7.1.26 of Abramowitz and Stegun (error 1.5e-7).
#[inline(always)]
fn gelu_erf(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series = 1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4);
    let series = t * (0.254_829_6 + t * (-0.284_496_74 + t * series));
    let erf = (1.0 - series * exp(-z * z)).copysign(x);
    0.5 * x * (1.0 + erf)
}

/// x/2 · (1 + tanh(sqrt(2/π)(x + 0.044715x³))).
#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
    let inner = 0.797_884_6 * (x + 0.044_715 * x * x * x);
    // (1 + tanh y)/2 = 1 / (1 + e^-2y).
    x / (1.0 + exp(-2.0 * inner))
}

/// e^x to about 2 ulp, clamped to what f32 holds: 2^n · e^r with |r| at most ln(2)/2.
#[inline(always)]
fn exp(x: f32) -> f32 {
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    // Adding 1.5 · 2^23 rounds to an integer, which is left in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let series = 0.041_665_796 + r * (0.008_333_452 + r * (0.001_398_2 + r * 1.987_569_2e-4));
    let series = 1.0 + r + r * r * (0.5 + r * (0.166_666_66 + r * series));
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    series * f32::from_bits(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_and_gelu_are_close_to_f64() {
        for i in -8000..8000 {
            let x = i as f32 / 100.0;
            let (own, truth) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((own / truth - 1.0).abs() < 3e-7, "e^{x}: {own}, not {truth}");
        }
        for i in -800..800 {
            let x = i as f32 / 100.0;
            let wide = f64::from(x);
            let inner = 0.797_884_560_802_865_4 * (wide + 0.044_715 * wide.powi(3));
            let tanh = 0.5 * wide * (1.0 + inner.tanh());
            assert!((f64::from(gelu_tanh(x)) - tanh).abs() < 2e-6, "tanh form at {x}");
            // The two forms differ by at most 5e-4.
            assert!((gelu_erf(x) - gelu_tanh(x)).abs() < 6e-4, "{x}");
        }
        // Φ(1) and Φ(-1).
        assert!((gelu_erf(1.0) - 0.841_344_7).abs() < 1e-6);
        assert!((gelu_erf(-1.0) + 0.158_655_3).abs() < 1e-6);
    }

    #[test]
    fn rows_are_normalised() {
        let mut x: Vec<f32> = (0..2 * 37).map(|i| (i as f32).sin() * 3.0).collect();
        let mut weights = x.clone();
        softmax(&mut weights, 37);
        for row in weights.chunks(37) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        let norm = Norm { gamma: vec![2.0; 37], beta: vec![1.0; 37], epsilon: 1e-12 };
        let y = vec![0.25; x.len()];
        add_and_normalise(&mut x, &y, &norm);
        for row in x.chunks(37) {
            let mean = row.iter().sum::<f32>() / 37.0;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 37.0;
            assert!((mean - 1.0).abs() < 1e-5 && (variance - 4.0).abs() < 1e-4);
        }
    }
}
