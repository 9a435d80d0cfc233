//! What the dealer draws for step functions are the roots of keys: each half of each root of every element
//! decides its corrections.

use std::time::Duration;

use ditto_core::tiny::Z4;
use ditto_core::{Ring, StepFunction, StepFunctions};
use ditto_net::memory;

use crate::additive::protocols::step_functions;
use crate::additive::{Additive, DEALER, share};
use crate::party::node::Script;
use crate::party::streams::Purpose;

#[test]
fn corrections_depend_on_all_of_every_root() {
    const N: usize = 128;
    let function = StepFunction { frac: 0, values: vec![0.0, 1.0] };
    let steps = StepFunctions::new(0.0..4.0, vec![2.0], vec![function]);
    // The corrections of every element's first level, where one half of the roots that one party
    // draws too is another.
    let first_level = |changed: Option<(usize, usize)>| -> Vec<[u8; 16]> {
        let script = |party: usize| -> Script {
            Box::new(move |_, purpose, n, _| {
                let other = |i: usize| purpose == Purpose::Seed && changed == Some((party, i % 2));
                let word =
                    |i: usize| ((i << 1 | party) as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                (0..n).map(|i| word(i) ^ u64::from(other(i)) << 1).collect()
            })
        };
        // The dealer waits for nothing.
        let [mut first, _second, dealer] = memory::trio(Duration::from_secs(5));
        let mut dealer = Additive::scripted(DEALER, dealer, script(0), script(1));
        let x = share::<Z4>(DEALER, &[N], vec![<Z4 as Ring>::Word::default(); N]);
        step_functions(&mut dealer, &x, 0, &steps).expect("no error");
        let message = first.prev.recv(1).expect("corrections");
        message
            .as_chunks::<16>()
            .0
            .iter()
            .step_by(steps.width(0) as usize)
            .take(N)
            .copied()
            .collect()
    };
    let usual = first_level(None);
    assert_eq!(usual.len(), N);
    for changed in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let other = first_level(Some(changed));
        for (i, (usual, other)) in usual.iter().zip(&other).enumerate() {
            assert!(usual != other, "element {i}, half {} with party {}", changed.1, changed.0);
        }
    }
}
