//! GeLU in its three forms.

use ditto_core::{Backend, Source};
use ditto_dsl::layers::Gelu;
use ditto_dsl::testing::{
    Bounds, Layer, Within, array, check, config, even, every_policy, measure, on_grid, on_sim,
    tensor, ulp,
};
use ditto_dsl::{Precision, Tensor};
use ndarray::ArrayD;
use proptest::prelude::*;

const FORMS: [Gelu; 4] = [Gelu::Poly, Gelu::PolyTanh, Gelu::Puma, Gelu::Quad];

struct Case {
    form: Gelu,
    x: ArrayD<f64>,
    bound: f64,
}

impl Layer for Case {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let x = Tensor::<B, P::Act>::share(source, "x", &self.x).unwrap();
        self.form.forward::<P, B>(&x, self.bound, cx)?.open(cx)
    }

    fn reference(&self) -> ArrayD<f64> {
        self.x.mapv(match self.form {
            Gelu::Poly | Gelu::Puma => gelu,
            Gelu::PolyTanh => gelu_tanh,
            Gelu::Quad => |x| 0.125 * x * x + 0.25 * x + 0.5,
        })
    }
}

fn gelu(x: f64) -> f64 {
    0.5 * x * libm::erfc(-x / std::f64::consts::SQRT_2)
}

fn gelu_tanh(x: f64) -> f64 {
    0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)).tanh())
}

/// What the layer's documentation states.
fn stated<P: Precision>(form: Gelu) -> Bounds {
    let low = P::NAME != "puma";
    let ulp = ulp::<P::Act>();
    let (approximation, quantization) = match form {
        Gelu::Poly => (3.4e-3, 2.0 * ulp),
        Gelu::PolyTanh => (3.9e-3, 2.0 * ulp),
        Gelu::Puma => (2e-2, if low { 3.0 * ulp } else { 1e-4 }),
        Gelu::Quad => (1e-9, ulp),
    };
    Bounds {
        approximation: Within::absolute(approximation),
        quantization: Within::absolute(quantization),
    }
}

#[test]
fn the_stated_errors_are_the_measured_ones() {
    fn measured<P: Precision>(form: Gelu) {
        let x = on_grid::<P::Act>(&even(-8.0..8.0, 65_537));
        let measured = measure::<P>(&format!("gelu {form:?}"), &Case { form, x, bound: 8.5 }, 1);
        let stated = stated::<P>(form);
        measured.approximation.is_at_most(stated.approximation);
        measured.quantization.is_at_most(stated.quantization);
    }
    for form in FORMS {
        every_policy!(measured(form));
    }
}

fn keeps_its_errors<P: Precision>(form: Gelu, x: &ArrayD<f64>, bound: f64, seed: u64) {
    let x = on_grid::<P::Act>(x);
    check::<P>(&Case { form, x, bound }, stated::<P>(form), seed);
}

proptest! {
    #![proptest_config(config(24, "dsl_gelu"))]

    #[test]
    fn gelu_keeps_its_errors_up_to_the_bound(
        x in tensor(9, -1.0..1.0),
        form in prop::sample::select(FORMS.to_vec()),
        bound in prop_oneof![Just(4.0), Just(8.0), 8.0..1000.0],
        seed: u64,
    ) {
        // The square of x + 1 has to fit, which in `Low` leaves |x| < 127.
        let bound = if form == Gelu::Quad { f64::min(bound, 127.0) } else { bound };
        let x = x.mapv(|x| x * (bound - 0.01));
        every_policy!(keeps_its_errors(form, &x, bound, seed));
    }
}

#[test]
fn the_seams_and_their_neighbours() {
    // -1.95 lies on no grid: its neighbours are moved off it, as which side the value that it is
    // rounded to belongs to is the format's affair.
    let seams = [-4.0, -3.0625, -1.95 + 0.5 / 256.0, 0.0, 3.0, 3.0625];
    let x = seams.iter().flat_map(|seam| (-8..=8).map(move |i| seam + f64::from(i) / 256.0));
    let x: Vec<f64> = x.collect();
    for form in FORMS {
        every_policy!(keeps_its_errors(form, &array(&[x.len()], x.clone()), 8.0, 5));
    }
}

#[test]
fn sim_reports_a_value_that_exceeds_the_bound() {
    fn reports<P: Precision>(form: Gelu) {
        let case = Case { form, x: array(&[2], vec![1.0, -40.0]), bound: 8.0 };
        let error = on_sim::<P>(&case, 3).unwrap_err();
        assert_eq!(error.fault.operation, "comparison", "{error}");
    }
    every_policy!(reports(Gelu::Poly));
    every_policy!(reports(Gelu::PolyTanh));
}
