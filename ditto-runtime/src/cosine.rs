//! How alike two embeddings are.

/// The cosine of the angle between two vectors of the same length; not a number if one of them is 0.
pub fn cosine(x: &[f64], y: &[f64]) -> f64 {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(a, b)| a * b).sum::<f64>();
    dot(x, y) / (dot(x, x) * dot(y, y)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_have_the_cosines_of_their_angles() {
        assert_eq!(cosine(&[3.0, 0.0], &[5.0, 0.0]), 1.0);
        assert_eq!(cosine(&[3.0, 0.0], &[-5.0, 0.0]), -1.0);
        assert_eq!(cosine(&[1.0, 0.0], &[0.0, 2.0]), 0.0);
        assert!((cosine(&[1.0, 2.0], &[2.0, 1.0]) - 0.8).abs() < 1e-15);
        assert!(cosine(&[0.0], &[1.0]).is_nan());
    }
}
