//! Numbers as people read them.

/// A bound of a probability as a power of two, such as `2^-42.8`: never below the bound itself.
pub fn power_of_two(probability: f64) -> String {
    match probability > 0.0 {
        true => format!("2^{:.1}", (10.0 * probability.log2()).ceil() / 10.0),
        false => "0".to_owned(),
    }
}

/// Bytes in units of 10^6.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::power_of_two;

    #[test]
    fn a_bound_is_rounded_up() {
        assert_eq!(power_of_two(0.0), "0");
        assert_eq!(power_of_two(2f64.powi(-40)), "2^-40.0");
        // log2(3) is 1.585, and log2(1.39) is 0.475.
        assert_eq!(power_of_two(3.0 * 2f64.powi(-40)), "2^-38.4");
        assert_eq!(power_of_two(1.39 * 2f64.powi(-40)), "2^-39.5");
    }
}
