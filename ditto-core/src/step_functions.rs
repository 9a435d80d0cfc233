//! Functions that are constant between edges, and levels at equal distances: the public tables of
//! lookups by secret values.

use std::ops::Range;

use crate::fixed::exp2;
use crate::portable::{floor_log2, is_power_of_two};

/// Functions of one argument that are constant between common edges. They tell in which of several public
/// intervals a secret value lies, and look up numbers for it.
#[derive(Clone, Debug, PartialEq)]
pub struct StepFunctions {
    range: Range<f64>,
    edges: Vec<f64>,
    functions: Vec<StepFunction>,
}

/// The values of one function, interval by interval.
#[derive(Clone, Debug, PartialEq)]
pub struct StepFunction {
    /// Fractional bits of the values.
    pub frac: u32,
    /// One more than there are edges: value i is for arguments with i edges at or below them.
    pub values: Vec<f64>,
}

impl StepFunctions {
    /// Functions of arguments in `range`, whose start is not negative, with `edges` in ascending
    /// order inside of it.
    ///
    /// # Panics
    /// If the range is negative, the edges are not ascending or not inside, or a function does not
    /// have one value more than there are edges.
    pub fn new(range: Range<f64>, edges: Vec<f64>, functions: Vec<StepFunction>) -> Self {
        assert!(range.start >= 0.0, "step functions take values that are not negative");
        let ends = [range.start].into_iter().chain(edges.iter().copied()).chain([range.end]);
        assert!(ends.is_sorted(), "edges ascend from {} to {}", range.start, range.end);
        for function in &functions {
            assert_eq!(function.values.len(), edges.len() + 1, "values for {edges:?}");
        }
        Self { range, edges, functions }
    }

    /// Where the arguments lie.
    pub fn range(&self) -> Range<f64> {
        self.range.clone()
    }

    /// The functions.
    pub fn functions(&self) -> &[StepFunction] {
        &self.functions
    }

    /// The number of the interval that an argument lies in.
    pub fn interval(&self, x: f64) -> usize {
        self.edges.partition_point(|&edge| edge <= x)
    }

    /// The bits of an argument at `frac` fractional bits: every integer in range is below 2^width.
    pub fn width(&self, frac: u32) -> u32 {
        let largest = ((self.range.end * exp2(frac)).ceil() as u64).saturating_sub(1);
        (u64::BITS - largest.leading_zeros()).max(1)
    }

    /// The edges as integers at `frac` fractional bits: x is at or above the edge exactly if its
    /// integer is at or above this one.
    pub fn integer_edges(&self, frac: u32) -> Vec<u64> {
        self.edges.iter().map(|edge| (edge * exp2(frac)).ceil() as u64).collect()
    }
}

/// `count` levels at the distance `step`, the lowest at `low`: a coarse scale for values in
/// [low, low + (count - 1)·step). All of them have to fit the ring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// The lowest level, a multiple of the step.
    pub low: f64,
    /// The distance between levels: a power of two.
    pub step: f64,
    /// How many levels there are: 64, 128 or 256.
    pub count: u32,
}

impl Levels {
    /// Where values lie.
    pub fn range(&self) -> Range<f64> {
        self.low..self.low + f64::from(self.count - 1) * self.step
    }

    /// The bits below a level at `frac` fractional bits: the step is 2^bits units.
    ///
    /// # Panics
    /// If the step is not a power of two of at least one unit, the lowest level not a multiple of it, or
    /// the count none of 64, 128 and 256.
    pub fn step_bits(&self, frac: u32) -> u32 {
        let units = self.step * exp2(frac);
        let whole = units.is_normal() && units >= 1.0 && is_power_of_two(units);
        assert!(whole, "a step of {} at F<{frac}>", self.step);
        assert!((self.low / self.step).fract() == 0.0, "{} is not a level", self.low);
        assert!(matches!(self.count, 64 | 128 | 256), "64, 128 or 256 levels, not {}", self.count);
        floor_log2(units) as u32
    }
}
