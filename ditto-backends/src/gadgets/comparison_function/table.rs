//! Step functions as sums over their edges, evaluated by the keys of comparison functions.
//!
//! For x = a + b mod N, a being behind the keys and b known to whoever evaluates them.

use ditto_core::{StepFunctions, Word};

use super::{Evaluator, LANES, Prefixes, Side};
use crate::gadgets::constants::public;

/// The functions as sums over edges inside of 0..N.
pub(crate) struct Table<W> {
    low: u64,
    /// The edges, each of them once.
    edges: Vec<u64>,
    /// For each function, what it is above all of these edges.
    above: Vec<W>,
    /// For each function, how much more it is below than above each edge.
    drops: Vec<Vec<W>>,
}

impl<W: Word> Table<W> {
    pub(crate) fn new(steps: &StepFunctions, frac: u32, low: u64) -> Self {
        let all = steps.integer_edges(frac);
        let mut edges: Vec<u64> = all.iter().copied().filter(|&t| 0 < t && t <= low).collect();
        edges.dedup();
        let mut table = Self { low, edges, above: Vec::new(), drops: Vec::new() };
        for function in steps.functions() {
            let values: Vec<W> =
                function.values.iter().map(|&v| public(v, function.frac)).collect();
            let at = |x: u64| values[all.partition_point(|&edge| edge <= x)];
            table.above.push(at(low));
            let drop = |&t: &u64| at(t - 1).wrapping_sub(&at(t));
            table.drops.push(table.edges.iter().map(drop).collect());
        }
        table
    }

    /// What is evaluated for the points t - b: of t = 0, and then of the edges.
    pub(crate) fn prefixes(&self, width: u32) -> Prefixes {
        let points: Vec<u64> = [0].into_iter().chain(self.edges.iter().copied()).collect();
        Prefixes::new(&points, width)
    }

    /// This side's summands of all functions, one function after the other.
    pub(crate) fn sums(&self, mut keys: Evaluator<'_, W>, side: Side, offsets: &[u64]) -> Vec<W> {
        let n = offsets.len();
        let total = |drops: &Vec<W>| drops.iter().fold(W::default(), |sum, d| sum.wrapping_add(d));
        let totals: Vec<W> = self.drops.iter().map(total).collect();
        let mut sums = vec![W::default(); self.above.len() * n];
        for (batch, offsets) in offsets.chunks(LANES).enumerate() {
            let first = batch * LANES;
            let mut points = keys.run(first, offsets);
            // At u_0, which is what the others are compared with.
            let Some(start) = points.next() else { break };
            for (function, total) in totals.iter().enumerate() {
                let sums = &mut sums[function * n + first..][..offsets.len()];
                for (sum, start) in sums.iter_mut().zip(start) {
                    *sum = W::from_u64(*start).wrapping_mul(total).wrapping_neg();
                    if side == Side::Plus {
                        *sum = sum.wrapping_add(&self.above[function]);
                    }
                }
            }
            let mut below = [W::default(); LANES];
            for ((edge, t), point) in self.edges.iter().enumerate().zip(points) {
                for ((below, &summand), b) in below.iter_mut().zip(point).zip(offsets) {
                    // What the offset alone fixes: [u_0 > u_t].
                    let [start, point] = [0, *t].map(|t: u64| t.wrapping_sub(*b) & self.low);
                    let wraps = u64::from(side == Side::Plus && start > point);
                    *below = W::from_u64(u64::wrapping_add(summand, wraps));
                }
                for (function, drops) in self.drops.iter().enumerate() {
                    let sums = &mut sums[function * n + first..][..offsets.len()];
                    for (sum, below) in sums.iter_mut().zip(&below) {
                        *sum = sum.wrapping_add(&below.wrapping_mul(&drops[edge]));
                    }
                }
            }
        }
        sums
    }
}
