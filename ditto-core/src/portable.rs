//! Functions of public numbers that are the same on every machine, bit for bit.
//!
//! Each party computes tables and constants by itself, and all must have the same ones. Rust leaves the
//! last bits of `powf`, `exp2`, `ln` and their like to the machine and the version of the compiler, and
//! one entry that differs between two parties turns every element into noise. So public numbers of a
//! computation are made with these functions, with the operations that IEEE 754 fixes (sums, products,
//! quotients, `sqrt`, `round`, `floor`, `ceil`), or with integers.

/// 2^x, within an ulp. For whole numbers see [`power_of_two`], which is exact.
pub fn exp2(x: f64) -> f64 {
    libm::exp2(x)
}

/// 2^exponent, exactly.
///
/// # Panics
/// If the exponent is not from -1022 to 1023.
pub fn power_of_two(exponent: i32) -> f64 {
    assert!((-1022..=1023).contains(&exponent), "2^{exponent} is not a normal number");
    f64::from_bits(((1023 + exponent) as u64) << MANTISSA_BITS)
}

/// The largest e with 2^e <= x.
///
/// # Panics
/// If x is not a positive normal number.
pub fn floor_log2(x: f64) -> i32 {
    assert!(x.is_normal() && x > 0.0, "no logarithm of {x}");
    (x.to_bits() >> MANTISSA_BITS) as i32 - 1023
}

/// The smallest e with 2^e >= x.
///
/// # Panics
/// If x is not a positive normal number.
pub fn ceil_log2(x: f64) -> i32 {
    floor_log2(x) + i32::from(!is_power_of_two(x))
}

/// Whether x is 2^e for a whole number e.
///
/// # Panics
/// If x is not a positive normal number.
pub fn is_power_of_two(x: f64) -> bool {
    x == power_of_two(floor_log2(x))
}

const MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_exact() {
        let mut power = 1.0;
        for exponent in 0..=1022 {
            assert_eq!(power_of_two(exponent), power);
            assert_eq!(power_of_two(-exponent), 1.0 / power);
            power *= 2.0;
        }
        assert_eq!(power_of_two(1023), power);
    }

    #[test]
    fn logarithms_are_exact_at_powers_and_beside_them() {
        for exponent in -1021..=1023 {
            let power = power_of_two(exponent);
            let (above, below) = (power.next_up(), power.next_down());
            assert_eq!([below, power, above].map(floor_log2), [exponent - 1, exponent, exponent]);
            assert_eq!([below, power, above].map(ceil_log2), [exponent, exponent, exponent + 1]);
            assert_eq!([below, power, above].map(is_power_of_two), [false, true, false]);
        }
        assert_eq!((floor_log2(384.0), ceil_log2(384.0)), (8, 9));
    }

    /// Square roots in integers: 2^(i/64) squared 64 times over is 2^i, so the power is right to
    /// within an ulp if a little less raises to less, and a little more to more.
    #[test]
    fn two_to_a_fraction_is_within_an_ulp() {
        // 2^(1/2^j) for j = 0..=6, with 62 fractional bits, by integer square roots.
        let roots = std::iter::successors(Some(2u128 << 62), |root| Some((root << 62).isqrt()));
        let roots: Vec<u128> = roots.take(7).collect();
        for i in 0..64u32 {
            let bits = (1..=6).filter(|j| i >> (6 - j) & 1 == 1);
            let exact = bits.fold(1u128 << 62, |x, j| (x * roots[j as usize]) >> 62);
            for whole in [-40, 0, 40] {
                let got = exp2(f64::from(whole) + f64::from(i) / 64.0);
                let mantissa = (got / power_of_two(whole) * power_of_two(62)) as u128;
                // An ulp in [1, 2) is 2^10 of these units; the integer roots are off by a few.
                assert!(mantissa.abs_diff(exact) <= (1 << 10) + 16, "2^({whole} + {i}/64)");
            }
        }
    }

    #[test]
    #[should_panic(expected = "no logarithm of 0")]
    fn zero_has_no_logarithm() {
        ceil_log2(0.0);
    }
}
