//! How far off a value may be.

use std::fmt;

/// How far a value may be from the expected one: `absolute` + `relative` · |expected|.
#[derive(Clone, Copy, Debug, Default)]
pub struct Within {
    /// In the values' own units.
    pub absolute: f64,
    /// As a part of the expected value.
    pub relative: f64,
}

impl Within {
    /// No error at all.
    pub const NOTHING: Self = Self { absolute: 0.0, relative: 0.0 };
    /// What f64 arithmetic in another order gives.
    pub const F64: Self = Self { absolute: 1e-9, relative: 1e-9 };

    /// `absolute`, whatever the expected value.
    pub const fn absolute(absolute: f64) -> Self {
        Self { absolute, relative: 0.0 }
    }

    /// `relative` · |expected|.
    pub const fn relative(relative: f64) -> Self {
        Self { absolute: 0.0, relative }
    }

    /// How far off the value may be that should be `expected`.
    pub fn allowed(self, expected: f64) -> f64 {
        self.absolute + self.relative * expected.abs()
    }

    /// The larger of both kinds of error of two measurements.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        Self {
            absolute: self.absolute.max(other.absolute),
            relative: self.relative.max(other.relative),
        }
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3e} (relative {:.3e})", self.absolute, self.relative)
    }
}

/// The errors that a layer may make: of its approximation, and of quantization on top of it.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// `Plain` as written, against the reference.
    pub approximation: Within,
    /// `Sim`, `Rep3` and `Additive`, against `Plain` as written.
    pub quantization: Within,
}

/// The error of quantization alone: for layers that approximate nothing.
impl From<Within> for Bounds {
    fn from(quantization: Within) -> Self {
        Self { approximation: Within::F64, quantization }
    }
}
