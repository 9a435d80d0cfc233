//! Random weights that are the same on every machine: AES in counter mode and integer arithmetic, as
//! a generator of another crate could change its stream with a version. Not for anything secret.

use ditto_core::prg::{Key, Prg};

/// The deviation of BERT's own initialisation.
const DEVIATION: f32 = 0.02;

/// `count` values, about normal with mean 0 and deviation 0.02; each `tensor` is its own sequence.
///
/// A value is the sum of four 16-bit numbers, centred: its deviation is `2^16 / sqrt(3)`, and
/// nothing lies beyond 3.5 deviations, so no weight leaves a format's range by chance.
pub(super) fn fill(count: usize, seed: u64, tensor: u64) -> Vec<f32> {
    let key = Key::filled(|bytes| bytes[..8].copy_from_slice(&seed.to_le_bytes()));
    let scale = DEVIATION * 3f32.sqrt() / 65536.0;
    let mut values = Vec::with_capacity(count);
    Prg::new(&key, 0).stream(tensor, 0).for_each_chunk::<u64>(count, |_, words| {
        values.extend(words.iter().map(|word| {
            let sum: i32 = (0..4).map(|i| i32::from((word >> (16 * i)) as u16)).sum();
            (sum - 2 * 0xFFFF) as f32 * scale
        }));
    });
    values
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn values_are_about_normal_and_depend_on_seed_and_tensor() {
        let values = fill(100_000, 1, 0);
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let variance = values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32;
        assert!(mean.abs() < 3e-4, "mean {mean}");
        assert!((variance.sqrt() - 0.02).abs() < 2e-4, "deviation {}", variance.sqrt());
        assert_eq!(values, fill(100_000, 1, 0));
        assert_ne!(values[..8], fill(8, 2, 0)[..]);
        assert_ne!(values[..8], fill(8, 1, 1)[..]);
    }
}
