//! A tensor of the backend: numbers, and the format that they are held in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ditto_core::Linear;
use ditto_core::fixed::exp2;
use ndarray::ArrayD;

use super::formats::FormatValue;
use super::rounding;
use crate::clear::product::Product;
use crate::party::arrays::{array, elements};

/// How far a value has come on its way to a format.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Held {
    /// In a format.
    In(FormatValue),
    /// As an owner shared it, not yet rounded: the layer that uses it first says to which format.
    /// Since then it was raised by some bits. Its furthest value from 0 is known: weights are used
    /// many times.
    Shared { raised: u32, furthest: f64 },
    /// Narrowed from a format of the wider ring, and not yet rounded either.
    Narrowed { from: FormatValue },
}

/// A tensor of numbers. The ring of its type is that of the format that is written, not of the one
/// that it is held in.
#[derive(Clone)]
pub struct FakeShare {
    pub(super) values: Arc<ArrayD<f64>>,
    /// The ring and the fractional bits that the types say.
    pub(super) ring: u32,
    pub(super) written: u32,
    pub(super) held: Held,
    /// Whether rounding was left out.
    pub(super) exact: bool,
    /// The site that it comes from, if it is of one.
    pub(super) origin: Option<Origin>,
    /// Widenings that local operations made necessary, to be counted with the next that talks.
    pub(super) owed: Vec<Widening>,
}

/// A layer and a site of it, by their numbers in the account.
pub(super) type Origin = (usize, usize);

/// A conversion from `Z32` to `Z64` that no layer wrote down: values of both rings were added.
#[derive(Clone)]
pub(super) struct Widening {
    pub(super) elements: usize,
    pub(super) up: u32,
    counted: Arc<AtomicBool>,
}

impl Widening {
    /// Whether it is still to be counted; from now on it is not.
    pub(super) fn is_due(&self) -> bool {
        !self.counted.swap(true, Ordering::Relaxed)
    }
}

/// A tensor of products.
pub type FakeProduct = Product<FakeShare>;

/// The largest magnitude; NaN if one value is. As integers, the bits of magnitudes have the same order,
/// with NaN at the end.
pub(super) fn furthest(values: &[f64]) -> f64 {
    let magnitude = |x: &f64| x.to_bits() & !(1 << 63);
    f64::from_bits(values.iter().map(magnitude).max().unwrap_or(0))
}

impl FakeShare {
    pub(super) fn shared(values: ArrayD<f64>, ring: u32, written: u32) -> Self {
        let held = Held::Shared { raised: 0, furthest: furthest(elements(&values)) };
        let values = Arc::new(values);
        Self { values, ring, written, held, exact: true, origin: None, owed: Vec::new() }
    }

    pub(super) fn elements(&self) -> &[f64] {
        elements(&self.values)
    }

    /// Other numbers, the rest as it is.
    pub(super) fn with(&self, values: ArrayD<f64>) -> Self {
        let held = match self.held {
            Held::Shared { raised, .. } => {
                Held::Shared { raised, furthest: furthest(elements(&values)) }
            }
            held => held,
        };
        Self { values: Arc::new(values), held, ..self.clone() }
    }

    /// Other numbers of the same shape.
    pub(super) fn with_elements(&self, values: Vec<f64>) -> Self {
        self.with(array(self.shape(), values))
    }

    /// The format that it is held in, or as written if it is not in one yet.
    pub(super) fn format(&self) -> FormatValue {
        match self.held {
            Held::In(format) => format,
            _ => FormatValue { ring: self.ring, frac: self.written },
        }
    }

    /// Rounded to the format that is written, if it was in none: for local operations, which know no
    /// layer.
    pub(super) fn settled(&self) -> Self {
        let format = FormatValue { ring: self.ring, frac: self.written };
        match self.held {
            Held::In(_) => self.clone(),
            Held::Shared { raised, .. } => {
                let values = rounding::nearest(self.elements(), self.written - raised);
                Self { held: Held::In(format), ..self.with_elements(values) }
            }
            Held::Narrowed { from } => {
                let frac = self.written.min(from.frac);
                let held = Held::In(FormatValue { ring: self.ring, frac });
                if frac == from.frac || self.exact {
                    return Self { held, ..self.clone() };
                }
                let values = rounding::narrowed(self.elements(), frac);
                Self { held, ..self.with_elements(values) }
            }
        }
    }

    /// A value that an owner shared, rounded to be added to `other`: its scale follows the other's
    /// in proportion. Other values as they are.
    fn beside(&self, other: &Self) -> Self {
        let (Held::Shared { raised, .. }, Held::In(format)) = (self.held, other.held) else {
            return self.settled();
        };
        let held = Held::In(format);
        if other.exact {
            return Self { held, ..self.clone() };
        }
        let base = self.written - raised;
        let frac = match other.written {
            0 => base,
            written => (base * format.frac).div_ceil(written),
        };
        let values = rounding::nearest(self.elements(), frac);
        Self { held, exact: false, ..self.with_elements(values) }
    }

    /// Both as they can be added: in a ring that holds both, at the finer scale.
    pub(super) fn aligned(&self, other: &Self) -> [Self; 2] {
        if let (Held::Shared { raised: a, .. }, Held::Shared { raised: b, .. }) =
            (self.held, other.held)
            && a == b
        {
            return [self.clone(), other.clone()];
        }
        let (x, y) = (self.beside(other), other.beside(self));
        let (own, others) = (x.format(), y.format());
        let format =
            FormatValue { ring: own.ring.max(others.ring), frac: own.frac.max(others.frac) };
        [x.raised_to(format), y.raised_to(format)]
    }

    /// The same in a wider ring or at a finer scale.
    fn raised_to(mut self, format: FormatValue) -> Self {
        let own = self.format();
        if own.ring < format.ring {
            let up = format.frac - own.frac;
            let counted = Arc::default();
            self.owed.push(Widening { elements: self.values.len(), up, counted });
        }
        self.held = Held::In(format);
        self
    }

    /// What a local operation on this and `other` gives, but for its values.
    pub(super) fn joined(&self, other: &Self) -> Self {
        let mut joined = self.clone();
        joined.exact |= other.exact;
        joined.origin = joined.origin.or(other.origin);
        joined.owed.extend(other.owed.iter().cloned());
        joined
    }

    /// Public constants as they are rounded beside these values, in row-major order.
    pub(super) fn constants(&self, values: &ArrayD<f64>, frac: u32) -> ArrayD<f64> {
        let rounded = |value: f64| (value * exp2(frac)).round() / exp2(frac);
        values.as_standard_layout().mapv(|value| if self.exact { value } else { rounded(value) })
    }
}
