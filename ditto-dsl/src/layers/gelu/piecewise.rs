//! PUMA's GeLU: 0, a cubic, a sextic, and the identity.

use ditto_core::fixed::exp2;
use ditto_core::{Backend, F};

use crate::layers::clamp::{Clamped, clamp_where};
use crate::precision::Precision;
use crate::product::Product;
use crate::tensor::Tensor;

/// Between -4 and -1.95, lowest power first.
const LEFT: [f64; 4] =
    [-0.5054031199708174, -0.42226581151983866, -0.11807612951181953, -0.011034134030615728];
/// Between -1.95 and 3; powers 0, 1, 2, 4 and 6.
const MIDDLE: [f64; 5] =
    [0.008526321541038084, 0.5, 0.3603292692789629, -0.037688200365904236, 0.0018067462606141187];

/// PUMA's GeLU: 0 below -4, a cubic to -1.95, a sextic to 3, x above.
///
/// x is clamped to t in [-4, 3] first, so that everything after it is of known range: with
/// u = t/4, all powers are below 1 and the polynomials fit a 32-bit ring with 14 fractional bits.
/// Outside, the clamped polynomials are constants, and what is missing is x - 3 above and nothing
/// below: y = S(t) + [x ≥ 3]·(x - 3 + 3 - S(3)) - [x < -4]·S(-4), with S the two polynomials.
///
/// Source: PUMA (2023), section 4.1.
pub(super) fn gelu<P: Precision, B: Backend>(
    x: &Tensor<B, P::Act>,
    bound: f64,
    cx: &mut B,
) -> Result<Tensor<B, P::Act>, B::Error> {
    // [x < -4], [x < -1.95] and [x < 3] in the same rounds.
    let below = cx.scope("ranges", |cx| {
        let shifted = [-4.0, -1.95, 3.0].map(|edge| x.plus_public(-edge));
        let shifted = Tensor::stack(&shifted.each_ref());
        shifted.is_below(0.0, bound + 4.0, cx)?.indicator::<P::Act>(cx)
    })?;
    let [low, left, not_high] = [0, 1, 2].map(|i| below.unstack(i));
    let high = not_high.subtracted_from(1.0);

    let Clamped { value: t, fall, .. } = clamp_where([&low, &high], x, -4.0..3.0, cx)?;

    cx.scope("polynomials", |cx| {
        let u = P::act_to_inner(&t, 2);
        let u2 = u.squared(cx)?.trunc(cx)?;
        let next = Tensor::stack(&[&u, &u2]).times(&Tensor::stack(&[&u2, &u2]), cx)?.trunc(cx)?;
        let (u3, u4) = (next.unstack(0), next.unstack(1));
        let u6 = u4.times(&u2, cx)?.trunc(cx)?;

        // Both polynomials at the scale of a product, with coefficients of 12 fractional bits.
        let term = |power: &Tensor<B, P::Inner>, degree: u32, c: f64| {
            power.times_public::<F<12>>(c * exp2(2 * degree))
        };
        let middle = term(&u, 1, MIDDLE[1])
            .plus(&term(&u2, 2, MIDDLE[2]))
            .plus(&term(&u4, 4, MIDDLE[3]))
            .plus(&term(&u6, 6, MIDDLE[4]));
        let left_less_middle = term(&u, 1, LEFT[1] - MIDDLE[1])
            .plus(&term(&u2, 2, LEFT[2] - MIDDLE[2]))
            .plus(&term(&u3, 3, LEFT[3]))
            .plus(&term(&u4, 4, -MIDDLE[3]))
            .plus(&term(&u6, 6, -MIDDLE[4]));
        let both = Product::stack(&[&middle, &left_less_middle]).trunc_to::<P::Act>(cx)?;
        let difference = both.unstack(1).plus_public(LEFT[0] - MIDDLE[0]);
        let chosen = left.times(&difference, cx)?.settle(cx)?;
        let inside = both.unstack(0).plus_public(MIDDLE[0]).plus(&chosen);

        let above = high.times_value::<P::Act>(3.0 - middle_at(3.0));
        let under = low.times_value::<P::Act>(-left_at(-4.0));
        Ok(inside.minus(&fall).plus(&above).plus(&under))
    })
}

/// The cubic at x.
fn left_at(x: f64) -> f64 {
    LEFT.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// The sextic at x.
fn middle_at(x: f64) -> f64 {
    let [c0, c1, c2, c4, c6] = MIDDLE;
    let square = x * x;
    c0 + c1 * x + square * (c2 + square * (c4 + square * c6))
}
