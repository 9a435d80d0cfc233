//! Tables and constants of layers are the same on every machine: digests of programs that look numbers
//! up, as parties compare them.

use ditto_backends::Count;
use ditto_backends::count::CountSource;
use ditto_core::{Backend, High};
use ditto_dsl::Tensor;
use ditto_dsl::layers::reciprocal::reciprocal;
use ditto_dsl::layers::reciprocal_sqrt::reciprocal_sqrt;
use ndarray::ArrayD;

fn digest(layer: impl Fn(&Tensor<Count, High>, &mut Count) -> Tensor<Count, High>) -> String {
    let x = ArrayD::zeros(vec![2, 1]);
    let x = Tensor::share(&mut CountSource, "x", &x).expect("zeros have a format");
    let mut cx = Count::new();
    let Ok(_) = layer(&x, &mut cx).open(&mut cx);
    assert!(cx.trace().report().scopes.iter().any(|scope| !scope.operations.is_empty()));
    cx.program().to_string()
}

/// Nearly all of the tables' entries are irrational numbers, rounded: where one bit of one differs, so
/// does the digest. It also changes when the layers or their operations do, on purpose; then it is to be
/// pinned anew, on any machine.
#[test]
fn the_tables_of_reciprocals_are_the_same_everywhere() {
    let one = |octaves: std::ops::Range<i32>| {
        digest(|x, cx| {
            let Ok(y) = reciprocal(x, octaves.clone(), cx);
            y
        })
    };
    let root = |c: f64| {
        digest(|x, cx| {
            let Ok(y) = reciprocal_sqrt(x, c, -4..24, cx);
            y
        })
    };
    let digests = [one(-5..7), one(-5..9), root(384f64.sqrt()), root(768f64.sqrt())];
    assert_eq!(digests, PINNED);
}

const PINNED: [&str; 4] = [
    "35d700d2db206c770167b58ffaa453e454551a92771ff76922d89a750f3e133a",
    "0651d71bf559b5ff4ebcbd9deba721b74f5127bc42b9ca1c6e46364c5e5d9cd1",
    "ba51c25b0630a2df50f75aee64d3dc4f69e820ed691a3ee1054fd5eb3bc41e67",
    "f009c9b1cbcf19a399b613c3b37582fba336c20f71126ad281fc8d0f97391fd7",
];
