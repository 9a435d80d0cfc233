//! GeLU as an even polynomial between two straight lines.
//!
//! GeLU(x) = x/2 + e(x) with e(x) = x·(Φ(x) - 1/2), which is even and close to |x|/2 outside of
//! [-T, T], T = 3.0625. There GeLU(x) is taken for 0 or x; inside, e is a polynomial of degree 8.
//!
//! With v = 2·(15x/64)^2, below 1.04, a polynomial of degree 4 in v whose leading coefficient is -1
//! needs two products beside v itself: e = -(r^2 + l·v + d) with r = v^2 + a·v + b. The constants
//! minimise the largest error subject to e(T) = T/2, so that the outer lines are met exactly.

use ditto_core::{Backend, Format, Function};

use crate::precision::Precision;
use crate::tensor::Tensor;

/// Outside of [-T, T], GeLU is a straight line.
const T: f64 = 3.0625;
const A: f64 = -1.6357506;
const B0: f64 = 0.7962593;
const L: f64 = -0.8988817;
const D: f64 = -0.6348025;

/// x · Φ(x) for |x| < `bound`: two comparisons in the same rounds, three products of values
/// below 2.
///
/// x is clamped to t in [-T, T]; y = t/2 + e(t) + (x - T above T, 0 elsewhere).
pub(super) fn gelu<P: Precision, B: Backend>(
    x: &Tensor<B, P::Act>,
    truth: Function,
    bound: f64,
    cx: &mut B,
) -> Result<Tensor<B, P::Act>, B::Error> {
    if let Some(exact) = x.exact(truth, cx) {
        return Ok(exact);
    }
    let [t, excess] = cx.scope("clamp", |cx| clamp(x, bound, cx))?;
    cx.scope("polynomial", |cx| {
        // t/64, exactly: the same integers with six more fractional bits.
        let s = P::act_over_64(&t);
        let v = s.times_integer(15).squared(cx)?.trunc(cx)?.times_integer(2);
        let r = v.squared(cx)?.plus(&v.times_public(A)).trunc(cx)?.plus_public(B0);
        let linear = s.times_public::<P::Inner>(32.0).plus(&v.times_public(-L));
        let inside = linear.minus(&r.squared(cx)?).trunc_to::<P::Act>(cx)?;
        Ok(inside.plus_public(-D).plus(&excess))
    })
}

/// x clamped to [-T, T], and max(x - T, 0).
fn clamp<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    bound: f64,
    cx: &mut B,
) -> Result<[Tensor<B, Q>; 2], B::Error> {
    let edges = [-T, T].map(|edge| x.plus_public(-edge));
    let below = Tensor::stack(&edges.each_ref()).is_below(0.0, bound + T, cx)?;
    let below = below.indicator::<Q>(cx)?;
    let (low, not_high) = (below.unstack(0), below.unstack(1));
    let outside = Tensor::stack(&[&low, &not_high.subtracted_from(1.0)]);
    let distances = Tensor::stack(&[&x.subtracted_from(-T), &x.subtracted_from(T)]);
    let distances = outside.times(&distances, cx)?.settle(cx)?;
    let (rise, fall) = (distances.unstack(0), distances.unstack(1));
    Ok([x.plus(&rise).plus(&fall), fall.times_integer(-1)])
}
