//! SiLU (Swish) as an even polynomial between two straight lines.
//!
//! SiLU(x) = x/2 + e(x) with e(x) = x·(σ(x) - 1/2), which is even and close to |x|/2 outside of [-T, T],
//! T = 8. There SiLU(x) is taken for 0 or x; inside, e is a polynomial of degree 8 in w = 2·(x/T)² - 1.
//!
//! In powers of w its coefficients would go up to 1000 and cancel each other, which rounding errors do not.
//! In Chebyshev's polynomials T_k(w) they are below 3, and as T_4·T_j = (T_(4+j) + T_(4-j)) / 2, it is
//! e = L(w) + T_4(w)·U(w) with L and U made of T_0 to T_4. The layer holds 8·T_k: three more bits of each.

use ditto_core::{Backend, Elementwise, Format};

use super::clamp::{Clamped, clamp};
use crate::tensor::Tensor;

/// Outside of [-T, T], SiLU is a straight line.
const T: f64 = 8.0;
/// L in T_0 to T_3. These constants minimise the largest error (found by Remez's exchange).
const LOWER: [f64; 4] = [2.4802754, 1.7963252, -0.3748578, 0.1231725];
/// U in T_0 to T_4.
const UPPER: [f64; 5] = [-0.0691966, 0.0636024, -0.0294606, 0.0136764, -0.0081018];

/// x · σ(x) with the logistic function σ, for |x| < `bound`: two comparisons in the same rounds, five
/// products of values up to 8.
///
/// x is clamped to t in [-T, T]; y = t/2 + e(t) + (x - T above T, 0 elsewhere). Squares of T have to fit, so
/// in 32 bits `Q` has at most 11 fractional bits.
///
/// Error: of the approximation at most 4.6e-3 (just outside of [-T, T]; 1.9e-3 inside), and of rounding
/// at most 8 ulp of `Q` (held by a test).
///
/// For a bound of 64: 18 rounds and about 2.9 kbit an element in `High`, 17 and half of that in `Low`. Half of
/// both is the clamp's.
///
/// Source: Elfwing, Uchibe and Doya (arXiv 1702.03118), section 2; Ramachandran, Zoph and Le (arXiv
/// 1710.05941), where it is called Swish.
///
/// # Errors
/// Those of the backend; on `Sim` also a value that exceeds the bound.
pub fn silu<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    bound: f64,
    cx: &mut B,
) -> Result<Tensor<B, Q>, B::Error> {
    x.composite(&SILU, cx, |cx| approximation(x, bound, cx))
}

fn approximation<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    bound: f64,
    cx: &mut B,
) -> Result<Tensor<B, Q>, B::Error> {
    let Clamped { value: t, fall, .. } = cx.scope("clamp", |cx| clamp(x, -T..T, bound, cx))?;
    cx.scope("polynomial", |cx| {
        // Each T_k times 8, by T_(a+b) = 2·T_a·T_b - T_(a-b).
        let t1 = t.squared(cx)?.over_power_of_two(2).trunc(cx)?.plus_public(-8.0);
        let t2 = t1.squared(cx)?.over_power_of_two(2).trunc(cx)?.plus_public(-8.0);
        let next = Tensor::stack(&[&t1, &t2]).times(&Tensor::stack(&[&t2, &t2]), cx)?;
        let next = next.over_power_of_two(2).trunc(cx)?;
        let (t3, t4) = (next.unstack(0).minus(&t1), next.unstack(1).plus_public(-8.0));
        // c_1·T_1 + c_2·T_2 + c_3·T_3, times 8 and at the scale of a product.
        let cubic = |c: &[f64]| {
            let [linear, square, cube] =
                [(&t1, c[1]), (&t2, c[2]), (&t3, c[3])].map(|(x, c)| x.times_public::<Q>(c));
            linear.plus(&square).plus(&cube)
        };
        let upper = cubic(&UPPER).plus(&t4.times_public(UPPER[4]));
        let upper = upper.over_power_of_two(3).trunc(cx)?.plus_public(UPPER[0]);
        let even = upper.times(&t4, cx)?.plus(&cubic(&LOWER));
        let inside = even.plus(&t.times_public(4.0)).over_power_of_two(3).trunc(cx)?;
        Ok(inside.plus_public(LOWER[0]).minus(&fall))
    })
}

/// The function itself.
pub(super) const SILU: Elementwise = Elementwise {
    function: |x| x * logistic(x),
    derivative: |x| logistic(x) * (1.0 + x * logistic(-x)),
};

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}
