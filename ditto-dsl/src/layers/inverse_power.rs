//! c·x^-q of positive values, for q = 1 and q = 1/2: a number for each interval, and a quadratic
//! polynomial that corrects it.
//!
//! Each octave of the range is divided into intervals of equal ratio, and a lookup gives two
//! numbers for the interval that x lies in: y0, close to c·x^-q, and g = (y0/c)^(1/q). Then z = x·g
//! lies close to 1, and c·x^-q = y0·z^-q exactly, however well y0 fits. z^-q is a quadratic on the few
//! values that z can have, written as a·((z - b)² + d), whose factor a is part of the lookup.

use std::ops::Range;

use ditto_core::portable::exp2;
use ditto_core::{Backend, Format, Ring, fixed};

use crate::tensor::Tensor;

/// The exponent q. Both powers are roots and quotients, which are the same on every machine.
#[derive(Clone, Copy, Debug)]
pub(super) enum Exponent {
    /// 1.
    One,
    /// 1/2.
    Half,
}

impl Exponent {
    /// z^-q.
    fn power(self, z: f64) -> f64 {
        match self {
            Self::One => 1.0 / z,
            Self::Half => 1.0 / z.sqrt(),
        }
    }

    /// y^(1/q).
    fn root(self, y: f64) -> f64 {
        match self {
            Self::One => y,
            Self::Half => y * y,
        }
    }
}

/// c·x^-q for x in [2^low, 2^high), `octaves` being the public range low..high, each of which is
/// divided into `steps` intervals.
///
/// Relative error: with the third power of 1/steps, 5e-5 for q = 1 and 6 steps, 7e-6 for q = 1/2 and
/// 8 steps. 8 rounds.
///
/// # Errors
/// Those of the backend; on `Sim` also a value outside the range.
pub(super) fn inverse_power<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    c: f64,
    q: Exponent,
    octaves: Range<i32>,
    steps: u32,
    cx: &mut B,
) -> Result<Tensor<B, Q>, B::Error> {
    let edge = |i: u32| exp2(f64::from(octaves.start) + f64::from(i) / f64::from(steps));
    let intervals = octaves.len() as u32 * steps;
    assert!(intervals > 0, "a reciprocal has a range of at least one octave");
    let [a, b, d] = completed_square(exp2(0.5 / f64::from(steps)), q);

    // y0·a for each interval, rounded first, so that g fits what is really looked up.
    let unit = fixed::exp2(Q::FRAC);
    let middle = |i: u32| (edge(i) * edge(i + 1)).sqrt();
    let starts: Vec<f64> = (0..intervals)
        .map(|i| (c * q.power(middle(i)) * a * unit).round().max(1.0) / unit)
        .collect();
    let inverses: Vec<f64> = starts.iter().map(|start| q.root(start / a / c)).collect();
    // g is small where x is large: it gets as many more bits as z, which is below 2, leaves room for.
    let bits = const {
        assert!(2 * Q::FRAC + 3 <= Q::Ring::BITS, "reciprocals need a ring of twice the scale");
        Q::Ring::BITS - 3 - 2 * Q::FRAC
    };
    let scaled = inverses.iter().map(|g| g * fixed::exp2(bits)).collect();

    let edges = (1..intervals).map(edge).collect();
    let range = edge(0)..edge(intervals);
    let [start, inverse] = x.step_functions(range, edges, [starts, scaled], cx)?;
    let z = x.times(&inverse, cx)?.over_power_of_two(bits).trunc(cx)?;
    let square = z.plus_public(-b).squared(cx)?.trunc(cx)?;
    start.times(&square.plus_public(d), cx)?.trunc(cx)
}

/// a, b and d of the quadratic a·((z - b)² + d) that is z^-q at the three Chebyshev points of
/// [1/r, r].
fn completed_square(r: f64, q: Exponent) -> [f64; 3] {
    let (centre, half) = ((r + 1.0 / r) / 2.0, (r - 1.0 / r) / 2.0);
    let [p0, p1, p2] = [0.75f64.sqrt(), 0.0, -(0.75f64.sqrt())].map(|node| centre + half * node);
    let value = |z: f64| q.power(z);
    // Newton's divided differences.
    let first = (value(p1) - value(p0)) / (p1 - p0);
    let second = (value(p2) - value(p1)) / (p2 - p1);
    let a = (second - first) / (p2 - p0);
    let slope = first - a * (p0 + p1);
    let offset = value(p0) - first * p0 + a * p0 * p1;
    let b = -slope / (2.0 * a);
    [a, b, offset / a - b * b]
}
