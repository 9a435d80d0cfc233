//! Random weights that are the same on every machine: integer arithmetic only, and no generator
//! whose stream could change with a dependency's version. Not for anything secret.

/// The deviation of BERT's own initialisation.
const DEVIATION: f32 = 0.02;

/// `count` values, about normal with mean 0 and deviation 0.02; each `stream` is its own sequence.
///
/// A value is the sum of four 16-bit numbers, centred: its deviation is `2^16 / sqrt(3)`, and
/// nothing lies beyond 3.5 deviations, so no weight leaves a format's range by chance.
pub(super) fn fill(count: usize, seed: u64, stream: u64) -> Vec<f32> {
    let mut state = mix(seed ^ mix(stream));
    let scale = DEVIATION * 3f32.sqrt() / 65536.0;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let word = mix(state);
        let sum: i32 = (0..4).map(|i| i32::from((word >> (16 * i)) as u16)).sum();
        (sum - 2 * 0xFFFF) as f32 * scale
    };
    (0..count).map(|_| next()).collect()
}

/// The output function of SplitMix64 (Steele, Lea, Flood 2014).
fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn values_are_about_normal_and_depend_on_seed_and_stream() {
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
