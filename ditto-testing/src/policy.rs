//! A precision policy as a value: what tests need to know of its formats. (Rust has no closures that
//! are generic over a type, so bounds that depend on a policy take it as an argument.)

use ditto_core::Format;
use ditto_dsl::precision::Precision;
use ndarray::ArrayD;

use crate::{on_grid, ulp};

/// The formats of a precision policy, by their roles in [`Precision`], in numbers.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The name that commands use.
    pub name: &'static str,
    /// Activations of linear layers.
    pub act: Grid,
    /// Weights.
    pub weight: Grid,
    /// Entries of embedding tables.
    pub table: Grid,
    /// The inside of polynomials on values scaled below 1 in magnitude.
    pub inner: Grid,
    /// Powers of two of negative numbers.
    pub exp: Grid,
    /// Attention probabilities.
    pub prob: Grid,
    /// Non-linear functions and residuals.
    pub high: Grid,
}

impl Policy {
    /// That of the type `P`.
    pub fn of<P: Precision>() -> Self {
        Self {
            name: P::NAME,
            act: Grid::of::<P::Act>(),
            weight: Grid::of::<P::Weight>(),
            table: Grid::of::<P::Table>(),
            inner: Grid::of::<P::Inner>(),
            exp: Grid::of::<P::Exp>(),
            prob: Grid::of::<P::Prob>(),
            high: Grid::of::<P::High>(),
        }
    }
}

/// The values that a format can hold: multiples of `ulp` below `limit` in magnitude.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// One unit of the last place.
    pub ulp: f64,
    /// Values are smaller than this in magnitude.
    pub limit: f64,
    nearest: fn(&ArrayD<f64>) -> ArrayD<f64>,
}

impl Grid {
    /// That of the format `Q`.
    pub fn of<Q: Format>() -> Self {
        Self { ulp: ulp::<Q>(), limit: Q::LIMIT, nearest: on_grid::<Q> }
    }

    /// The multiples of `ulp` nearest to `x`, element by element.
    pub fn nearest(&self, x: &ArrayD<f64>) -> ArrayD<f64> {
        (self.nearest)(x)
    }
}

#[cfg(test)]
mod tests {
    use ditto_dsl::precision::{Ditto, Puma};

    use super::*;
    use crate::array;

    #[test]
    fn a_policy_has_the_numbers_of_its_formats() {
        let (ditto, puma) = (Policy::of::<Ditto>(), Policy::of::<Puma>());
        assert_eq!((ditto.name, puma.name), ("ditto", "puma"));
        // `Z32, F<8>` and `Z64, F<18>`: 2^-f, and 2^(k - 2 - f).
        assert_eq!((ditto.act.ulp, ditto.act.limit), (2f64.powi(-8), 2f64.powi(22)));
        assert_eq!((puma.act.ulp, puma.act.limit), (2f64.powi(-18), 2f64.powi(44)));
        let third = array(&[1], vec![1.0 / 3.0]);
        assert_eq!(ditto.act.nearest(&third)[[0]], 85.0 / 256.0);
    }
}
