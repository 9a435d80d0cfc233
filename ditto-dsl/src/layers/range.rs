//! Functions of positive values by a line for each interval, without telling anyone which.
//!
//! The edges b_1 < .. < b_m divide [2^low, 2^high) into intervals of equal ratio. The bits
//! c_i = [x < b_i] tell the interval of x, and any function g of the interval is a public linear
//! combination of them: g(last) + Σ_i c_i (g(i - 1) - g(i)). So a line through each interval costs
//! the comparisons, which run side by side, and one product.

use std::ops::Range;

use ditto_core::fixed::exp2;
use ditto_core::{Backend, Format, Ring};

use crate::tensor::Tensor;

/// The line `offset` - `slope`·x.
pub(super) struct Line {
    pub(super) offset: f64,
    pub(super) slope: f64,
}

/// A line for the interval that each element lies in: the start of an iteration.
///
/// The elements lie in [2^low, 2^high), `octaves` being low..high, each of which is divided into
/// `steps` intervals. `line` gives the line of an interval from its two ends.
///
/// # Errors
/// Those of the backend; on `Sim` also a value outside the range.
pub(super) fn piecewise_line<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    octaves: Range<i32>,
    steps: u32,
    line: impl Fn(f64, f64) -> Line,
    cx: &mut B,
) -> Result<Tensor<B, Q>, B::Error> {
    let edge = |i: u32| 2f64.powf(f64::from(octaves.start) + f64::from(i) / f64::from(steps));
    let intervals = octaves.len() as u32 * steps;
    assert!(intervals > 1, "a range of values is divided into at least two intervals");
    let (lowest, highest) = (edge(0), edge(intervals));
    x.declare(lowest..highest, cx)?;
    let shifted: Vec<_> = (1..intervals).map(|i| x.plus_public(-edge(i))).collect();
    let shifted = Tensor::stack(&shifted.iter().collect::<Vec<_>>());
    let below = shifted.is_below(0.0, highest, cx)?.indicator::<Q>(cx)?;

    let lines: Vec<Line> = (0..intervals).map(|i| line(edge(i), edge(i + 1))).collect();
    let select = |g: &dyn Fn(&Line) -> f64| {
        // Rounded before the differences are taken, so that their roundings do not add up.
        let g = |i: u32| (g(&lines[i as usize]) * exp2(Q::FRAC)).round() / exp2(Q::FRAC);
        let steps = (1..intervals).map(|i| {
            let bit = below.unstack(i as usize - 1).reshape(x.shape());
            bit.times_value::<Q>(g(i - 1) - g(i))
        });
        let sum = steps.reduce(|sum, step| sum.plus(&step));
        sum.expect("there are at least two intervals").plus_public(g(intervals - 1))
    };
    let offset = select(&|line| line.offset);
    // Slopes are small where values are large: they get bits of their own, as many as the smallest
    // needs and the largest product has room for.
    let smallest = lines.iter().map(|line| line.slope).fold(f64::INFINITY, f64::min);
    let products = lines.iter().enumerate().map(|(i, line)| line.slope * edge(i as u32 + 1));
    let largest = products.fold(0.0, f64::max);
    let needed = (-smallest.log2()).ceil().max(0.0) as u32;
    let room = f64::from(Q::Ring::BITS - 3 - 2 * Q::FRAC) - largest.log2().ceil();
    let bits = needed.min(room.max(0.0) as u32);
    let slope = select(&|line| line.slope * exp2(bits));
    Ok(offset.minus(&x.times(&slope, cx)?.over_power_of_two(bits).trunc(cx)?))
}
