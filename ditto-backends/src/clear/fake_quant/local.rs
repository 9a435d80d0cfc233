//! Operations that are local to every party.

use std::ops::Range;

use ditto_core::Linear;
use ditto_core::fixed::exp2;
use ditto_core::shape::Broadcast;
use ndarray::ArrayD;

use super::formats::FormatValue;
use super::value::{FakeShare, Held};
use crate::party::shares::{array, elements, joined, permuted, sliced, sum_rows};

impl Linear for FakeShare {
    fn shape(&self) -> &[usize] {
        self.values.shape()
    }

    fn reshape(&self, shape: &[usize]) -> Self {
        self.with(array(shape, self.elements().to_vec()))
    }

    fn permute(&self, axes: &[usize]) -> Self {
        self.with(permuted(&self.values, axes))
    }

    fn slice(&self, axis: usize, range: Range<usize>) -> Self {
        self.with(sliced(&self.values, axis, range))
    }

    fn concat(parts: &[&Self], axis: usize) -> Self {
        concatenated(parts, axis)
    }

    fn add(&self, other: &Self) -> Self {
        sum(self, other, |x, y| x + y)
    }

    fn sub(&self, other: &Self) -> Self {
        sum(self, other, |x, y| x - y)
    }

    fn sum_last(&self) -> Self {
        row_sums(self)
    }

    fn shift_point(self, bits: u32) -> Self {
        shifted(&self.settled(), bits)
    }
}

/// `f` of the elements, `y` broadcast.
pub(super) fn zip(x: &FakeShare, y: &ArrayD<f64>, f: impl Fn(f64, f64) -> f64) -> ArrayD<f64> {
    let rule = Broadcast::of(x.shape(), y.shape());
    array(x.shape(), rule.zip(x.elements(), elements(y), f))
}

/// A sum or difference.
fn sum(x: &FakeShare, y: &FakeShare, f: impl Fn(f64, f64) -> f64) -> FakeShare {
    let [x, y] = x.aligned(y);
    x.joined(&y).with(zip(&x, &y.values, f))
}

/// One after another along an axis, in one format.
fn concatenated(parts: &[&FakeShare], axis: usize) -> FakeShare {
    let first = parts.first().expect("parts to join");
    let alike = parts.iter().all(|part| part.held == first.held);
    // All in the widest ring and at the finest scale among them.
    let widest = |sum: FakeShare, part: &&FakeShare| {
        let [sum, part] = if alike { [sum, (*part).clone()] } else { sum.aligned(part) };
        sum.joined(&part)
    };
    let all = parts[1..].iter().fold((*first).clone(), widest);
    let aligned = |part: &&FakeShare| match alike {
        true => part.values.clone(),
        false => all.aligned(part)[1].values.clone(),
    };
    let values: Vec<_> = parts.iter().map(aligned).collect();
    let values: Vec<&ArrayD<f64>> = values.iter().map(AsRef::as_ref).collect();
    all.with(joined(&values, axis))
}

/// Sums over the last axis.
fn row_sums(x: &FakeShare) -> FakeShare {
    let x = x.settled();
    x.with(sum_rows(&x.values, 0.0, |a, b| a + b))
}

/// The same integers at a scale of `bits` more.
fn shifted(x: &FakeShare, bits: u32) -> FakeShare {
    let mut moved = x.with_elements(x.elements().iter().map(|v| v / exp2(bits)).collect());
    moved.written += bits;
    moved.held = match x.held {
        Held::In(format) => Held::In(FormatValue { frac: format.frac + bits, ..format }),
        held => held,
    };
    moved
}
