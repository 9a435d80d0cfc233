//! Operations that are local to every party.

use ditto_core::Ring;
use ditto_core::fixed::exp2;
use ditto_core::shape::Broadcast;
use ndarray::ArrayD;

use super::formats::FormatValue;
use super::value::{FakeShare, Held};
use crate::party::shares::{array, joined, sum_rows};

/// `f` of the elements, `y` broadcast.
pub(super) fn zip(x: &FakeShare, y: &FakeShare, f: impl Fn(f64, f64) -> f64) -> ArrayD<f64> {
    let rule = Broadcast::of(x.shape(), y.shape());
    array(x.shape(), rule.zip(x.elements(), y.elements(), f))
}

/// A sum or difference.
pub(super) fn sum<R: Ring>(x: &FakeShare, y: &FakeShare, f: impl Fn(f64, f64) -> f64) -> FakeShare {
    let [x, y] = x.aligned(y, R::BITS);
    x.joined(&y).with(zip(&x, &y, f))
}

/// One after another along an axis, in one format.
pub(super) fn concatenated<R: Ring>(parts: &[&FakeShare], axis: usize) -> FakeShare {
    let first = parts.first().expect("parts to join");
    let alike = parts.iter().all(|part| part.held == first.held);
    // All in the widest ring and at the finest scale among them.
    let widest = |sum: FakeShare, part: &&FakeShare| {
        let [sum, part] = if alike { [sum, (*part).clone()] } else { sum.aligned(part, R::BITS) };
        sum.joined(&part)
    };
    let all = parts[1..].iter().fold((*first).clone(), widest);
    let aligned = |part: &&FakeShare| match alike {
        true => part.values.clone(),
        false => all.aligned(part, R::BITS)[1].values.clone(),
    };
    let values: Vec<_> = parts.iter().map(aligned).collect();
    let values: Vec<&ArrayD<f64>> = values.iter().map(AsRef::as_ref).collect();
    all.with(joined(&values, axis))
}

/// Sums over the last axis.
pub(super) fn row_sums<R: Ring>(x: &FakeShare) -> FakeShare {
    let x = x.settled(R::BITS);
    x.with(sum_rows(&x.values, 0.0, |a, b| a + b))
}

/// The same integers at a scale of `bits` more.
pub(super) fn shifted(x: &FakeShare, bits: u32) -> FakeShare {
    let mut moved = x.with_elements(x.elements().iter().map(|v| v / exp2(bits)).collect());
    moved.written += bits;
    moved.held = match x.held {
        Held::In(format) => Held::In(FormatValue { frac: format.frac + bits, ..format }),
        held => held,
    };
    moved
}
