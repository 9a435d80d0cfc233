//! Operations that are local to every party.

use ditto_core::fixed::exp2;
use ditto_core::{Linear, LinearMap};

use super::formats::FormatValue;
use super::value::{FakeShare, Held};
use crate::party::arrays::linear_of_numbers;

impl Linear for FakeShare {
    fn shape(&self) -> &[usize] {
        self.values.shape()
    }

    fn apply(map: &LinearMap<'_>, operands: &[&Self]) -> Self {
        let x = operands[0];
        match map {
            LinearMap::Reshape(_) | LinearMap::Permute(_) | LinearMap::Slice { .. } => {
                x.with(linear_of_numbers(map, &[x.values.view()]))
            }
            LinearMap::Concat { axis } => concatenated(operands, *axis),
            LinearMap::Add | LinearMap::Sub => {
                let [x, y] = x.aligned(operands[1]);
                let values = linear_of_numbers(map, &[x.values.view(), y.values.view()]);
                x.joined(&y).with(values)
            }
            LinearMap::SumLast => {
                let x = x.settled();
                x.with(linear_of_numbers(map, &[x.values.view()]))
            }
        }
    }

    fn shift_point(self, bits: u32) -> Self {
        shifted(&self.settled(), bits)
    }
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
    let values: Vec<_> = values.iter().map(|values| values.view()).collect();
    all.with(linear_of_numbers(&LinearMap::Concat { axis }, &values))
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
