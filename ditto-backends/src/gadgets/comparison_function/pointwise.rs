//! The definition of an evaluation, point by point: what [`super::points`] is compared with.

use std::iter::repeat_n;

use ditto_core::Word;

use super::{Corrections, Hash, Side, blend, spread, value};

/// One side's keys of many elements, ready to be evaluated.
pub(crate) struct Evaluator<'a, W> {
    corrections: &'a Corrections<W>,
    side: Side,
    roots: &'a [u128],
    hash: Hash,
}

impl<'a, W: Word> Evaluator<'a, W> {
    pub(crate) fn new(corrections: &'a Corrections<W>, side: Side, roots: &'a [u128]) -> Self {
        Self { corrections, side, roots, hash: Hash::new(&corrections.permutation) }
    }

    /// This side's summands of [a < u] for `each` points of every element from number `first` on.
    /// The points depend on shares: they take part in arithmetic only, as do the control bits.
    pub(crate) fn run(&mut self, first: usize, points: &[u64], each: usize) -> Vec<W> {
        let Corrections { width, seeds, values, controls, .. } = self.corrections;
        let levels = *width as usize;
        let roots = &self.roots[first..first + points.len() / each];
        let mut nodes: Vec<u128> =
            roots.iter().flat_map(|&root| repeat_n(self.side.root(root), each)).collect();
        let mut sums = vec![W::default(); points.len()];
        // The child that the point's path goes to, and its value.
        let mut expanded = vec![[0u128; 2]; points.len()];
        for level in 0..levels {
            let shift = levels - 1 - level;
            for ((pair, node), point) in expanded.iter_mut().zip(&nodes).zip(points) {
                let child = (node & !1) ^ u128::from(point >> shift & 1);
                *pair = [child, child ^ 2];
            }
            self.hash.apply(expanded.as_flattened_mut());
            let lanes = nodes.chunks_mut(each).zip(sums.chunks_mut(each));
            let lanes = lanes.zip(expanded.chunks(each).zip(points.chunks(each)));
            for (element, ((nodes, sums), (expanded, points))) in (first..).zip(lanes) {
                let at = element * levels + level;
                // As there is one value more than levels.
                let value_correction = values[at + element];
                let left = seeds[at] | u128::from(controls[at] & 1);
                let right = seeds[at] | u128::from(controls[at] >> 1);
                for (((node, sum), [child, block]), point) in
                    nodes.iter_mut().zip(sums).zip(expanded).zip(points)
                {
                    let control = *node & 1;
                    let goes_right = u128::from(point >> shift & 1).wrapping_neg();
                    let correction = blend(goes_right, left, right);
                    *node = child ^ control.wrapping_neg() & correction;
                    let corrected = value_correction.and(spread(control));
                    *sum = sum.wrapping_add(&value::<W>(*block)).wrapping_add(&corrected);
                }
            }
        }
        let lanes = nodes.chunks(each).zip(sums.chunks_mut(each));
        for (element, (nodes, sums)) in (first..).zip(lanes) {
            let last = values[(element + 1) * (levels + 1) - 1];
            for (node, sum) in nodes.iter().zip(sums) {
                let own = value::<W>(*node).wrapping_add(&last.and(spread(node & 1)));
                *sum = sum.wrapping_add(&own);
                if self.side == Side::Minus {
                    *sum = sum.wrapping_neg();
                }
            }
        }
        sums
    }
}
