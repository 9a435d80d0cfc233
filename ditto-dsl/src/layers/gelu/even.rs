//! GeLU as an even polynomial between two straight lines.
//!
//! GeLU(x) = x/2 + e(x) with e(x) = x·(Φ(x) - 1/2), which is even and close to |x|/2 outside of
//! [-T, T], T = 3.0625. There GeLU(x) is taken for 0 or x; inside, e is a polynomial of degree 8.
//!
//! With v = 2·(15x/64)^2, below 1.04, a polynomial of degree 4 in v whose leading coefficient is -1
//! needs two products beside v itself: e = -(r^2 + l·v + d) with r = v^2 + a·v + b. The constants
//! minimise the largest error subject to e(T) = T/2, so that the outer lines are met exactly.

use ditto_core::fixed::exp2;
use ditto_core::{Backend, Scaled};

use crate::layers::clamp::{Clamped, clamp};
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
    bound: f64,
    cx: &mut B,
) -> Result<Tensor<B, P::Act>, B::Error> {
    let Clamped { value: t, fall, .. } = cx.scope("clamp", |cx| clamp(x, -T..T, bound, cx))?;
    cx.scope("polynomial", |cx| {
        // t/64, exactly: the same integers with six more fractional bits. Where `Inner` has but five more, t/32.
        let bits = const {
            let more = P::Inner::FRAC - P::Act::FRAC;
            assert!(more >= 5, "GeLU needs 5 fractional bits more in `Inner` than in `Act`");
            if more == 5 { 5 } else { 6 }
        };
        let s = P::act_to_inner(&t, bits);
        let square = s.times_integer(15).squared(cx)?;
        let v = match bits {
            5 => square.over_power_of_two(1).trunc(cx)?,
            _ => square.trunc(cx)?.times_integer(2),
        };
        let r = v.squared(cx)?.plus(&v.times_public(A)).trunc(cx)?.plus_public(B0);
        let linear = s.times_public::<P::Inner>(exp2(bits - 1)).plus(&v.times_public(-L));
        let inside = linear.minus(&r.squared(cx)?).trunc_to::<P::Act>(cx)?;
        Ok(inside.plus_public(-D).minus(&fall))
    })
}
