//! Precision policies of a user's own: one in two rings, and one in a single ring with other scales than any
//! that comes with Ditto.

use ditto_core::{Backend, F, Fixed, High, Source, Z32, Z64};
use ditto_dsl::Tensor;
use ditto_dsl::layers::softmax::softmax_base2;
use ditto_dsl::layers::{Gelu, Linear};
use ditto_dsl::precision::Precision;
use ditto_testing::{Bounds, Layer, Within, array, check, even, on_grid, ulp};
use ndarray::ArrayD;

#[derive(Clone, Copy, Debug, Default)]
struct TwoRings;

impl Precision for TwoRings {
    const NAME: &'static str = "two rings";
    type Act = Fixed<Z32, F<9>>;
    type Weight = Fixed<Z32, F<11>>;
    type Table = Fixed<Z32, F<16>>;
    type Inner = Fixed<Z32, F<15>>;
    type Exp = Fixed<Z32, F<17>>;
    type Prob = Fixed<Z32, F<13>>;
    type High = High;
}

#[derive(Clone, Copy, Debug, Default)]
struct OneRing;

impl Precision for OneRing {
    const NAME: &'static str = "one ring";
    type Act = Fixed<Z64, F<16>>;
    type Weight = Fixed<Z64, F<20>>;
    type Table = Fixed<Z64, F<12>>;
    type Inner = Fixed<Z64, F<22>>;
    type Exp = Fixed<Z64, F<14>>;
    type Prob = Fixed<Z64, F<20>>;
    type High = Fixed<Z64, F<16>>;
}

/// Every way from one role to another: table entries, a linear layer that ends in each of the formats, both
/// ways into the polynomials, powers and probabilities. The results stand side by side.
struct AllRoles {
    x: ArrayD<f64>,
}

const WEIGHT: [f64; 4] = [0.5, -1.25, 0.75, 2.0];
const BIAS: [f64; 2] = [0.125, -0.5];

impl AllRoles {
    fn new<P: Precision>() -> Self {
        Self {
            x: on_grid::<P::Act>(&even(-3.0..3.0, 12).into_shape_with_order(vec![6, 2]).unwrap()),
        }
    }
}

impl Layer for AllRoles {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let (weight, bias) = (array(&[2, 2], WEIGHT.to_vec()), array(&[2], BIAS.to_vec()));
        let linear =
            Linear::<B, P::Act, P::Weight>::share(source, "linear", &weight, &bias, cx).unwrap();
        let x = Tensor::<B, P::Act>::share(source, "x", &self.x).unwrap();
        let entry = Tensor::<B, P::Table>::share(source, "entry", &array(&[6, 2], vec![0.25; 12]));
        let entry = P::table_to_high(&entry.unwrap(), cx)?;
        let activated = Gelu::Poly.forward::<P, B>(&linear.forward(&x, cx)?, 16.0, cx)?;
        let piecewise = Gelu::Puma.forward::<P, B>(&x, 16.0, cx)?;
        let high = P::linear_to_high(linear.product(&activated, cx)?, cx)?.plus(&entry);
        let scores = P::high_to_act(&high);
        let shares = softmax_base2::<B, P>(&scores, -16.0..16.0, cx)?;
        // Probabilities times values are values again, as in attention.
        let weighted = shares.times(&scores, cx)?.swapped().trunc(cx)?;
        Tensor::stack(&[&activated, &piecewise, &scores, &weighted]).open(cx)
    }

    fn reference(&self) -> ArrayD<f64> {
        let gelu = |x: f64| 0.5 * x * libm::erfc(-x / std::f64::consts::SQRT_2);
        let linear =
            |row: [f64; 2]| [0, 1].map(|j| row[0] * WEIGHT[j] + row[1] * WEIGHT[2 + j] + BIAS[j]);
        let mut parts = [const { Vec::new() }; 4];
        for row in self.x.rows() {
            let row = [row[0], row[1]];
            let activated = linear(row).map(gelu);
            let scores = linear(activated).map(|x| x + 0.25);
            let powers = scores.map(f64::exp2);
            let weighted = [0, 1].map(|j| scores[j] * powers[j] / (powers[0] + powers[1]));
            let all = [activated, row.map(gelu), scores, weighted];
            for (part, values) in parts.iter_mut().zip(all) {
                part.extend(values);
            }
        }
        array(&[4, 6, 2], parts.concat())
    }
}

/// What GeLU's forms state, through weights of at most 2, and the rounding of the coarsest format on the way.
fn bounds<P: Precision>() -> Bounds {
    let unit = ulp::<P::Act>().max(ulp::<P::Weight>());
    Bounds { approximation: Within::absolute(2e-2), quantization: Within::absolute(16.0 * unit) }
}

#[test]
fn a_policy_of_two_rings_runs_on_every_backend() {
    check::<TwoRings>(&AllRoles::new::<TwoRings>(), bounds::<TwoRings>(), 11);
}

#[test]
fn a_policy_of_one_ring_runs_on_every_backend() {
    check::<OneRing>(&AllRoles::new::<OneRing>(), bounds::<OneRing>(), 12);
}
