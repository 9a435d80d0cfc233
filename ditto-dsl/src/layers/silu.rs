//! SiLU as an even polynomial between two straight lines.
//!
//! SiLU(x) = x·σ(x) = x/2 + e(x) with e(x) = x·(σ(x) - 1/2), which is even and close to |x|/2 outside of
//! [-T, T], T = 8. There SiLU(x) is taken for 0 or x; inside, e is a polynomial of degree 8 in (x/T)².

use ditto_core::{Backend, Elementwise, F, Fixed, High, Z64};

use super::clamp::{Clamped, clamp};
use crate::tensor::Tensor;

/// Inside of the polynomial, whose coefficients go up to 1107.
type Inner = Fixed<Z64, F<24>>;

/// Outside of [-T, T], SiLU is taken for a straight line.
const T: f64 = 8.0;

/// e(x) on [-T, T] by powers of (x/T)², lowest first. The coefficients minimise the largest error (Remez's
/// exchange).
const EVEN: [f64; 9] = [
    0.00188, 15.56615, -68.33198, 262.52896, -677.41139, 1106.44889, -1089.0487, 586.98276,
    -132.74115,
];

/// The function itself.
pub(super) const SILU: Elementwise = Elementwise {
    function: |x| x * sigmoid(x),
    derivative: |x| sigmoid(x) * (1.0 + x * (1.0 - sigmoid(x))),
};

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// x · σ(x) for |x| < `bound`: 0 or x outside of [-8, 8], a polynomial of degree 16 inside.
///
/// Error: of the approximation at most 4.6e-3 (1.9e-3 inside), of rounding at most 2^-10 (measured by a
/// test). 18 rounds for a bound of 64, of which 9 are those of the clamp.
///
/// Source: the form of Ditto's even polynomial for GeLU, for the function of Ramachandran et al. (2017).
///
/// # Errors
/// Those of the backend; on `Sim` also a value that exceeds the bound.
pub fn silu<B: Backend>(
    x: &Tensor<B, High>,
    bound: f64,
    cx: &mut B,
) -> Result<Tensor<B, High>, B::Error> {
    x.composite(&SILU, cx, |cx| {
        let Clamped { value: t, fall, .. } = cx.scope("clamp", |cx| clamp(x, -T..T, bound, cx))?;
        cx.scope("polynomial", |cx| Ok(polynomial(&t, cx)?.minus(&fall)))
    })
}

/// t/2 + e(t) for t in [-T, T].
fn polynomial<B: Backend>(t: &Tensor<B, High>, cx: &mut B) -> Result<Tensor<B, High>, B::Error> {
    // t/8, exactly: the same integers with three more fractional bits.
    let u = t.shift_point::<Fixed<Z64, F<21>>>().raise::<Inner>();
    let v = u.squared(cx)?.trunc(cx)?;
    let v2 = v.squared(cx)?.trunc(cx)?;
    let next = Tensor::stack(&[&v, &v2]).times(&Tensor::stack(&[&v2, &v2]), cx)?.trunc(cx)?;
    let (v3, v4) = (next.unstack(0), next.unstack(1));
    // Three terms of the polynomial, at the scale of a product.
    let cubic = |c: &[f64]| {
        let [linear, square, cube] =
            [(&v, c[1]), (&v2, c[2]), (&v3, c[3])].map(|(v, c)| v.times_public::<Inner>(c));
        linear.plus(&square).plus(&cube)
    };
    let upper = cubic(&EVEN[4..]).plus(&v4.times_public(EVEN[8]));
    let upper = upper.trunc(cx)?.plus_public(EVEN[4]);
    let even = upper.times(&v4, cx)?.plus(&cubic(&EVEN));
    let sum = even.plus(&u.times_public(T / 2.0)).trunc_to::<High>(cx)?;
    Ok(sum.plus_public(EVEN[0]))
}
