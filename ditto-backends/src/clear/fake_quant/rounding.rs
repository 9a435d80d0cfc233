//! Rounding of f64 values to a grid, as owners of data and the protocols round.

use ditto_core::Word;
use ditto_core::fixed::exp2;
use ditto_core::prg::Stream;

use crate::clear::local_coins::derived_from;

/// Adding and subtracting it rounds an f64 below 2^51 to the nearest integer, many times as fast as
/// `f64::round`, which few processors have.
const INTEGERS: f64 = 6_755_399_441_055_744.0;

/// The nearest integer; values of 2^51 and more are integers up to what f64 resolves.
fn nearest_integer(x: f64) -> f64 {
    if x.abs() < 2f64.powi(51) { (x + INTEGERS) - INTEGERS } else { x }
}

/// The nearest multiple of 2^-frac: what an owner shares.
pub(super) fn nearest(values: &[f64], frac: u32) -> Vec<f64> {
    let (up, down) = (exp2(frac), 1.0 / exp2(frac));
    values.iter().map(|x| nearest_integer(x * up) * down).collect()
}

/// As truncation rounds: up with the probability of the part that is lost.
pub(super) fn stochastic(values: &[f64], frac: u32, noise: &mut Stream) -> Vec<f64> {
    let (up, down) = (exp2(frac), 1.0 / exp2(frac));
    let coins = uniform(noise, values.len());
    let round = |(x, coin): (&f64, f64)| nearest_integer(x * up + (coin - 0.5)) * down;
    values.iter().zip(coins).map(round).collect()
}

/// As narrowing rounds: three floors, two of them of uniform parts, with 1.5 units in advance.
pub(super) fn narrowed(values: &[f64], frac: u32) -> Vec<f64> {
    let (up, down) = (exp2(frac), 1.0 / exp2(frac));
    let words = derived_from(values.iter().map(|x| x.to_bits())).words(values.len());
    let round = |(x, word): (&f64, u64)| {
        let coins = (unit(word as u32), unit((word >> 32) as u32));
        nearest_integer(x * up + 1.0 - coins.0 - coins.1) * down
    };
    values.iter().zip(words).map(round).collect()
}

/// Numbers strictly between 0 and 1.
pub(super) fn uniform(noise: &mut Stream, count: usize) -> impl Iterator<Item = f64> {
    let mut words = vec![0u32; count];
    u32::fill(noise, &mut words);
    words.into_iter().map(unit)
}

fn unit(word: u32) -> f64 {
    (f64::from(word) + 0.5) / exp2(32)
}

#[cfg(test)]
mod tests {
    use ditto_core::prg::{Key, Prg};

    use super::*;

    const COUNT: usize = 100_000;

    /// Mean and variance of the error in units of the last place, for values all over the unit.
    fn error(round: impl Fn(&[f64]) -> Vec<f64>) -> (f64, f64) {
        let values: Vec<f64> = (0..COUNT).map(|i| (i as f64 * 0.618_034) % 40.0 - 20.0).collect();
        let errors = round(&values).into_iter().zip(&values).map(|(r, x)| (r - x) * exp2(5));
        let errors: Vec<f64> = errors.collect();
        let mean = errors.iter().sum::<f64>() / COUNT as f64;
        (mean, errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / COUNT as f64)
    }

    /// Nearest: uniform on ±1/2, variance 1/12. A coin of probability p: p(1 - p), which is 1/6 on
    /// average. Three floors: two uniform parts and what is left, 3/12.
    #[test]
    fn errors_have_the_moments_of_the_protocols() {
        let noise = || Prg::new(&Key::new([3; 16]), 0).stream(0, 0);
        let close = |(mean, variance): (f64, f64), expected: f64| {
            assert!(mean.abs() < 0.006, "{mean}");
            assert!((variance - expected).abs() < 0.005, "{variance} and {expected}");
        };
        close(error(|x| nearest(x, 5)), 1.0 / 12.0);
        close(error(|x| stochastic(x, 5, &mut noise())), 1.0 / 6.0);
        close(error(|x| narrowed(x, 5)), 3.0 / 12.0);
    }

    #[test]
    fn truncation_leaves_what_is_on_the_grid() {
        let mut noise = Prg::new(&Key::new([3; 16]), 0).stream(0, 0);
        let grid: Vec<f64> = (-1000..1000).map(|i| f64::from(i) / 32.0).collect();
        assert_eq!(stochastic(&grid, 5, &mut noise), grid);
        assert_eq!(nearest(&grid, 5), grid);
    }
}
