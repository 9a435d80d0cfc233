//! SwiGLU, the gated activation of LLaMA, on three parties.
//!
//! `cargo run --release -p ditto-testing --example swiglu`
//!
//! SwiGLU(x) = SiLU(xW) · (xV) with SiLU(x) = x · σ(x) (Shazeer, arXiv 2002.05202, section 2).
//! The language has no SiLU: the example brings its own.

mod common;

use common::{AnyError, cost_of, on_three_parties, print_cost, print_side_by_side};
use ditto_core::{Backend, F, Fixed, Function, High, Low, Source, Z32, Z64};
use ditto_dsl::{InputError, Tensor, Weight};
use ndarray::ArrayD;

/// Weights have two fractional bits more than activations.
type W = Fixed<Z32, F<10>>;
/// Inside of the polynomial, whose coefficients go up to 1107.
type Inner = Fixed<Z64, F<24>>;

/// Outside of [-T, T], SiLU is taken for a straight line.
const T: f64 = 8.0;

/// e(x) = x·(σ(x) - 1/2) on [-T, T] as a polynomial in (x/T)², lowest power first: it is even. The
/// coefficients minimise the largest error (Remez's exchange).
const EVEN: [f64; 9] = [
    0.00188, 15.56615, -68.33198, 262.52896, -677.41139, 1106.44889, -1089.0487, 586.98276,
    -132.74115,
];

/// x · σ(x) for |x| < `bound`: 0 or x outside of [-8, 8], a polynomial of degree 16 inside.
///
/// Error: of the approximation at most 4.6e-3 (1.9e-3 inside), of rounding at most 2^-10
/// (tested below). 18 rounds, of which 9 are the comparisons'.
///
/// # Errors
/// Those of the backend; on `Sim` also a value that exceeds the bound.
pub fn silu<B: Backend>(
    x: &Tensor<B, High>,
    bound: f64,
    cx: &mut B,
) -> Result<Tensor<B, High>, B::Error> {
    // The true function, on the backend that computes true functions.
    if let Some(exact) = x.exact(Function::Elementwise(true_silu), cx) {
        return Ok(exact);
    }
    let [t, excess] = cx.scope("clamp", |cx| clamp(x, bound, cx))?;
    cx.scope("polynomial", |cx| {
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
        let inside = even.plus(&u.times_public(T / 2.0)).trunc_to::<High>(cx)?;
        Ok(inside.plus_public(EVEN[0]).plus(&excess))
    })
}

/// x clamped to [-T, T], and max(x - T, 0): two comparisons in the same rounds.
fn clamp<B: Backend>(
    x: &Tensor<B, High>,
    bound: f64,
    cx: &mut B,
) -> Result<[Tensor<B, High>; 2], B::Error> {
    let edges = [-T, T].map(|edge| x.plus_public(-edge));
    let below = Tensor::stack(&edges.each_ref()).is_below(0.0, bound + T, cx)?;
    let below = below.indicator::<High>(cx)?;
    let (low, not_high) = (below.unstack(0), below.unstack(1));
    let outside = Tensor::stack(&[&low, &not_high.subtracted_from(1.0)]);
    let distances = Tensor::stack(&[&x.subtracted_from(-T), &x.subtracted_from(T)]);
    // A bit times a value is a value: nothing to scale down.
    let distances = outside.times(&distances, cx)?.settle(cx)?;
    let (rise, fall) = (distances.unstack(0), distances.unstack(1));
    Ok([x.plus(&rise).plus(&fall), fall.times_integer(-1)])
}

/// SiLU(xW) · (xV) with secret weights `[inputs, outputs]`.
pub struct SwiGlu<B: Backend> {
    gate: Weight<B, W>,
    value: Weight<B, W>,
    bound: f64,
}

impl<B: Backend> SwiGlu<B> {
    /// Shares both weights. `bound` declares |xW| < bound.
    ///
    /// # Errors
    /// If a weight does not fit its format.
    pub fn share(
        source: &mut impl Source<B>,
        name: &str,
        [gate, value]: [&ArrayD<f64>; 2],
        bound: f64,
    ) -> Result<Self, InputError> {
        let gate = Tensor::share(source, &format!("{name}.gate"), gate)?;
        let value = Tensor::share(source, &format!("{name}.value"), value)?;
        Ok(Self::new([&gate, &value], bound))
    }

    /// With weights that are shared already.
    pub fn new([gate, value]: [&Tensor<B, W>; 2], bound: f64) -> Self {
        Self { gate: Weight::new(gate), value: Weight::new(value), bound }
    }

    /// From `[.., inputs]` to `[.., outputs]`: matrix products in 32 bits, the rest in 64.
    ///
    /// Error: with those of [`silu`], ε, and of the products, δ = inputs·2^-30 + 2^-18:
    /// ε·|xV| + δ·(1.1·|xV| + |SiLU(xW)|) + 2^-8.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a value that exceeds the bound.
    pub fn forward(&self, x: &Tensor<B, Low>, cx: &mut B) -> Result<Tensor<B, Low>, B::Error> {
        let [gate, value] = cx.scope("linear", |cx| {
            let gate = x.matmul(&self.gate, cx)?;
            let value = x.matmul(&self.value, cx)?;
            // The products keep all of their 18 fractional bits.
            Ok([gate.trunc_widen::<High>(cx)?, value.trunc_widen::<High>(cx)?])
        })?;
        let gate = cx.scope("silu", |cx| silu(&gate, self.bound, cx))?;
        Ok(gate.times(&value, cx)?.trunc(cx)?.narrow())
    }
}

fn true_silu(x: f64) -> f64 {
    x / (1.0 + (-x).exp())
}

/// x · w for `[rows, inputs]` and `[inputs, outputs]`, in f64.
fn product(x: &ArrayD<f64>, w: &ArrayD<f64>) -> ArrayD<f64> {
    let [rows, inputs, outputs] = [x.shape()[0], w.shape()[0], w.shape()[1]];
    ArrayD::from_shape_fn(vec![rows, outputs], |i| {
        (0..inputs).map(|k| x[[i[0], k]] * w[[k, i[1]]]).sum()
    })
}

/// The same in f64, as the paper writes it.
fn reference(x: &ArrayD<f64>, gate: &ArrayD<f64>, value: &ArrayD<f64>) -> ArrayD<f64> {
    product(x, gate).mapv(true_silu) * product(x, value)
}

/// What a client and a model owner run together: the inputs are shared, the result stays shared.
fn program<B: Backend>(
    source: &mut impl Source<B>,
    cx: &mut B,
    [x, gate, value]: [&ArrayD<f64>; 3],
) -> Result<Tensor<B, Low>, AnyError> {
    let layer = SwiGlu::share(source, "feed forward", [gate, value], 64.0)?;
    let x = Tensor::share(source, "x", x)?;
    Ok(layer.forward(&x, cx)?)
}

fn main() -> Result<(), AnyError> {
    let wave = |shape: [usize; 2], step: f64, height: f64| {
        let wave = (0..shape[0] * shape[1]).map(|i| height * (i as f64 * step).sin());
        ArrayD::from_shape_vec(shape.to_vec(), wave.collect())
    };
    let x = wave([2, 16], 0.7, 2.0)?;
    let (gate, value) = (wave([16, 5], 1.3, 0.6)?, wave([16, 5], 0.9, 0.6)?);

    let secure = on_three_parties(|source, cx| program(source, cx, [&x, &gate, &value]))?;
    println!("SwiGLU of 2 rows, 16 inputs, 5 outputs, on three parties:");
    let lines = reference(&x, &gate, &value).into_iter().zip(&secure).enumerate().map(
        |(i, (clear, secure))| {
            let place = format!("row {}, column {}", i / 5, i % 5);
            [place, format!("{clear:.5}"), format!("{secure:.5}")]
        },
    );
    print_side_by_side(lines);
    print_cost(&cost_of(|source, cx| program(source, cx, [&x, &gate, &value]))?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use ditto_testing::{Bounds, Within, conformance, layer, ulp, values};

    use super::*;

    #[test]
    fn silu_keeps_its_errors() {
        conformance("silu", layer!(|x: High, cx: &mut B| -> High { silu(x, 64.0, cx) }))
            .inputs([1..=3, 1..=40], |[rows, n]| [values([rows, n], -63.9..63.9)])
            .reference(|[x]| x.mapv(true_silu))
            .check(Bounds {
                approximation: Within::absolute(4.6e-3),
                quantization: Within::absolute(2f64.powi(-10)),
            });
    }

    /// Where the polynomial is.
    #[test]
    fn silu_keeps_its_errors_near_zero() {
        conformance("silu_inside", layer!(|x: High, cx: &mut B| -> High { silu(x, 64.0, cx) }))
            .inputs([64..=256], |[n]| [values([n], -8.0..8.0)])
            .reference(|[x]| x.mapv(true_silu))
            .check(Bounds {
                approximation: Within::absolute(1.9e-3),
                quantization: Within::absolute(2f64.powi(-10)),
            });
    }

    /// Up to 12 inputs of at most 4, weights of at most 1: |xW| and |xV| are at most 48.
    #[test]
    fn swiglu_keeps_its_errors() {
        let products = 12.0 * 2f64.powi(-30) + ulp::<High>();
        let of = |silu: f64| silu * 48.0 + products * 2.1 * 48.0 + ulp::<Low>();
        conformance(
            "swiglu",
            layer!(|x: Low, gate: W, value: W, cx: &mut B| -> Low {
                SwiGlu::new([gate, value], 64.0).forward(x, cx)
            }),
        )
        .inputs([1..=3, 1..=12, 1..=6], |[rows, inputs, outputs]| {
            let weight = || values([inputs, outputs], -1.0..1.0);
            [values([rows, inputs], -4.0..4.0), weight(), weight()]
        })
        .reference(|[x, gate, value]| reference(x, gate, value))
        .check(Bounds {
            approximation: Within::absolute(4.6e-3 * 48.0),
            quantization: Within::absolute(of(2f64.powi(-10))),
        });
    }

    #[test]
    fn sim_names_the_gate_that_exceeds_its_bound() {
        let [x, weight] = [200.0, 1.0].map(|v| ArrayD::from_elem(vec![1, 1], v));
        let error = cost_of(|source, cx| program(source, cx, [&x, &weight, &weight])).unwrap_err();
        assert!(error.to_string().starts_with("silu/clamp: comparison"), "{error}");
    }

    #[test]
    fn the_rounds_are_the_documented_ones() {
        let one = ArrayD::from_elem(vec![1, 1], 1.0);
        let report = cost_of(|source, cx| program(source, cx, [&one, &one, &one])).unwrap();
        let rounds = |path| report.scopes.iter().find(|s| s.path == path).map(|s| s.cost.rounds);
        assert_eq!((rounds("silu"), rounds("silu/clamp")), (Some(18), Some(9)));
    }
}
