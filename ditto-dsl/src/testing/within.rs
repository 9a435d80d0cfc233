//! How far off a value may be.

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

    /// Checks that a measured error is at most the stated one. Of a stated error only one kind may
    /// be given.
    ///
    /// # Panics
    /// If it is more.
    #[track_caller]
    pub fn is_at_most(self, stated: Self) {
        let is_absolute = stated.relative == 0.0 && self.absolute <= stated.absolute;
        let is_relative = stated.absolute == 0.0 && self.relative <= stated.relative;
        assert!(is_absolute || is_relative, "measured {self:?}, stated {stated:?}");
    }
}

/// The errors that a layer may make: of its approximation, and of quantization on top of it.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// `Plain` as written, against the reference.
    pub approximation: Within,
    /// `Sim` and `Rep3`, against `Plain` as written.
    pub quantization: Within,
}

/// The error of quantization alone: for layers that approximate nothing.
impl From<Within> for Bounds {
    fn from(quantization: Within) -> Self {
        Self { approximation: Within::F64, quantization }
    }
}
