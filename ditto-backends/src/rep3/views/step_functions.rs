//! The views of step functions. The keys of the first round are as long as seeds are, too long to
//! enumerate: their corrections have tests of their own, see
//! [`crate::gadgets::comparison_function`]. Here are the second round, and which pairs
//! draw what.

use std::time::Duration;

use ditto_core::prg::Stream;
use ditto_core::tiny::{Z3, Z4};
use ditto_core::{Ring, StepFunction, StepFunctions, Word};
use ditto_net::memory;
use num_traits::WrappingAdd;
use rand_core::SeedableRng;

use super::ROTATIONS;
use super::enumeration::{Division, Draw, Input, Space};
use super::reconstruction::sum;
use super::tested_protocol::{PartyInputs, TestedProtocol};
use crate::rep3::party::{Purpose, Rep3, Role, Script};
use crate::rep3::protocols::step_functions::{reshare, step_functions};
use crate::rep3::{Rep3Share, share};

fn second_round<R: Ring>(samples: Option<usize>) {
    let k = R::BITS;
    for earlier in ROTATIONS {
        let player = |role: usize| (role + earlier as usize + 1) % 3;
        // v2 is second's, v3 third's.
        let summand = |role: usize| {
            let knows = std::array::from_fn(|party| party == player(role));
            Input::new(Division::Known(knows), k, 0..1 << k)
        };
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            let role = party.start("step functions");
            let summands = match role {
                Role::First => Vec::new(),
                Role::Second => given.known::<R::Word>(0),
                Role::Third => given.known::<R::Word>(1),
            };
            let [first, second] = reshare::<R>(party, role, summands, given.len())?;
            Ok(share(party.id, &[given.len()], first, second))
        };
        let protocol = TestedProtocol { inputs: vec![summand(1), summand(2)], earlier, body };
        let layouts = [vec![], vec![vec![k]], vec![vec![k]]];
        let result = |space: &Space, outputs: &[Rep3Share<R>; 3]| {
            for i in 0..space.len() {
                let [v2, v3] = [0, 1].map(|input| R::Word::from_u64(space.secret(input, i)));
                assert_eq!(sum(outputs, i), v2.wrapping_add(&v3), "element {i}");
            }
        };
        match samples {
            None => protocol.check_full(&layouts, result),
            Some(samples) => protocol.check_unknown(samples, &layouts, result),
        }
        protocol.every_draw_is_needed(samples, &layouts);
    }
}

#[test]
fn second_round_of_step_functions_shows_nothing_and_is_exact() {
    second_round::<Z3>(None);
    second_round::<Z4>(Some(64));
}

/// Each of the evaluating parties draws its root, and its component, with first; they draw nothing
/// with each other, so the other's root is of a pair that they are not in.
#[test]
fn roots_of_step_functions_are_of_the_pairs_with_first() {
    let function = StepFunction { frac: 0, values: vec![0.0, 1.0] };
    let steps = StepFunctions::new(0.0..4.0, vec![2.0], vec![function]);
    for earlier in ROTATIONS {
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            step_functions(party, &given.share::<Z4>(party, 0), 0, &steps)
        };
        let inputs = vec![Input::new(Division::Replicated, 4, 0..4)];
        let protocol = TestedProtocol { inputs, earlier, body };
        let mut drawn = protocol.draws();
        drawn.sort_by_key(|draw| (draw.purpose as u8, draw.pair != protocol.player(0)));
        // The pair (i, i + 1) has number i: of first with second, and of third with first. The
        // recorder takes words for planes, of which a root has two for each of 64 elements.
        let [with_second, with_third] = [protocol.player(0), protocol.player(2)];
        let draw = |pair, purpose, bits| Draw { pair, op: earlier + 1, purpose, bits };
        let expected = [
            draw(with_second, Purpose::Component, 4),
            draw(with_third, Purpose::Component, 4),
            draw(with_second, Purpose::Seed, 128),
            draw(with_third, Purpose::Seed, 128),
        ];
        assert_eq!(drawn, expected);
    }
}

/// What first draws are the roots: each half of each root of every element decides its corrections.
#[test]
fn corrections_depend_on_all_of_every_root() {
    const N: usize = 128;
    let function = StepFunction { frac: 0, values: vec![0.0, 1.0] };
    let steps = StepFunctions::new(0.0..4.0, vec![2.0], vec![function]);
    // The correction of every element's first level, where one half of the roots of a pair is another.
    let first_level = |changed: Option<(usize, usize)>| -> Vec<[u64; 2]> {
        let script = |pair: usize| -> Script {
            Box::new(move |_, purpose, n, _| {
                let other = |i: usize| purpose == Purpose::Seed && changed == Some((pair, i % 2));
                let words: Vec<u64> = Stream::seed_from_u64(pair as u64).words(n);
                (0..n).map(|i| words[i] ^ u64::from(other(i)) << 1).collect()
            })
        };
        // Party 1 plays the first role, and waits for nothing.
        let [_third, first, mut second] = memory::trio(Duration::from_secs(5));
        let mut party = Rep3::scripted(1, first, script(0), script(1));
        let zeros = || vec![<Z4 as Ring>::Word::default(); N];
        let x = share::<Z4>(1, &[N], zeros(), zeros());
        step_functions(&mut party, &x, 0, &steps).expect("no error");
        let message = second.prev.recv(1).expect("corrections");
        let levels = message.as_chunks::<16>().0.iter().step_by(steps.width(0) as usize);
        let halves = |level: &[u8; 16]| {
            [0, 8].map(|at| u64::from_le_bytes(level[at..at + 8].try_into().expect("8 bytes")))
        };
        levels.take(N).map(halves).collect()
    };
    let usual = first_level(None);
    assert_eq!(usual.len(), N);
    for changed in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let other = first_level(Some(changed));
        for (i, (usual, other)) in usual.iter().zip(other).enumerate() {
            assert!(*usual != other, "element {i}, half {} of pair {}", changed.1, changed.0);
        }
    }
}
