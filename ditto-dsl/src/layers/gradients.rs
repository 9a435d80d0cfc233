//! The gradient of every function that a layer approximates, against differences of the function.

use ditto_core::Composite;
use ndarray::{ArrayD, IxDyn};

use super::Gelu;
use super::reciprocal::RECIPROCAL;
use super::reciprocal_sqrt::ReciprocalSqrt;
use super::silu::SILU;
use super::softmax::Powers;

/// Numbers between -1 and 1 without a pattern.
fn numbers(shape: &[usize], seed: f64) -> ArrayD<f64> {
    let n: usize = shape.iter().product();
    let number = |i: usize| (seed + 12.9898 * i as f64).sin() * 0.999;
    ArrayD::from_shape_vec(IxDyn(shape), (0..n).map(number).collect()).expect("as many numbers")
}

/// Central differences are off by the square of the step times the third derivative, and by rounding:
/// together by less than 1e-7 here, where values and derivatives are below 100.
fn agrees(name: &str, function: &impl Composite, x: &ArrayD<f64>) {
    const STEP: f64 = 1e-5;
    let cotangent = numbers(x.shape(), 0.7);
    let [gradient] = &function.vjp(&[x], &cotangent)[..] else { panic!("{name} has one input") };
    assert_eq!(gradient.shape(), x.shape(), "{name}");
    for i in 0..x.len() {
        let at = |step: f64| {
            let mut x = x.clone();
            x.as_slice_mut().expect("in order")[i] += step;
            (function.exact(&[&x]) * &cotangent).sum()
        };
        let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
        let own = gradient.as_slice().expect("in order")[i];
        assert!((own - difference).abs() < 1e-7, "{name} at {i}: {own}, not {difference}");
    }
}

#[test]
fn gradients_are_the_limits_of_differences() {
    // From -8 to 8, the ends of what any form of GeLU approximates and both seams among them.
    let wide = numbers(&[101], 0.1) * 8.0;
    for form in [Gelu::Poly, Gelu::PolyTanh, Gelu::Puma, Gelu::Quad] {
        agrees(&format!("{form:?}"), &form, &wide);
    }
    agrees("SiLU", &SILU, &(wide.clone() * 2.0));
    let positive = numbers(&[101], 0.2).mapv(|x| x.mul_add(2.0, 2.5));
    agrees("reciprocal", &RECIPROCAL, &positive);
    agrees("reciprocal square root", &ReciprocalSqrt { numerator: 3.5 }, &positive);
    // Rows of one element, whose softmax is 1 whatever it is, and of several; several axes.
    for shape in [vec![3, 1], vec![7], vec![2, 3, 5]] {
        agrees("softmax", &Powers::OfE, &(numbers(&shape, 0.3) * 5.0));
        agrees("softmax of powers of two", &Powers::OfTwo, &(numbers(&shape, 0.4) * 5.0));
    }
}

/// What a layer stands for at points where it is known.
#[test]
fn functions_have_their_known_values() {
    let of = |function: &dyn Fn(&ArrayD<f64>) -> ArrayD<f64>, x: f64| {
        function(&ArrayD::from_elem(IxDyn(&[1]), x))[[0]]
    };
    let gelu = |form: Gelu| move |x: &ArrayD<f64>| form.exact(&[x]);
    // Φ(1) = 0.8413447460685429..., and the tanh form at 1 = 0.8411919906...
    assert!((of(&gelu(Gelu::Poly), 1.0) - 0.841_344_746_068_542_9).abs() < 1e-15);
    assert!((of(&gelu(Gelu::PolyTanh), 1.0) - 0.841_191_990_608_3).abs() < 1e-12);
    assert_eq!(of(&gelu(Gelu::Quad), 2.0), 1.5);
    let row = ArrayD::from_shape_vec(IxDyn(&[2]), vec![0.0, 1.0]).expect("two");
    assert_eq!(Powers::OfTwo.exact(&[&row]).as_slice(), Some(&[1.0 / 3.0, 2.0 / 3.0][..]));
}
