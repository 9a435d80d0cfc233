//! The views of the protocols whose randomness is too much to enumerate: for fixed inputs every
//! message that a party receives looks uniform, and so does its sum with the party's share of the
//! input. Seeds are fixed, so the tests are repeatable.

use ditto_core::{Backend, Levels, Linear, Ring, StepFunction, StepFunctions, Word, Z32, Z64};
use num_traits::WrappingSub;

use crate::additive::{Additive, AdditiveShare, DEALER, PartyError, share};
use crate::party::recorded_links::{MessageLog, received, recorded_trio};
use crate::rep3::run::{self, seeded_key};

/// Elements of the input.
const N: usize = 1 << 15;

/// Chi-square of 256 cells against the uniform distribution; the threshold is six standard
/// deviations above the mean.
fn looks_uniform(bytes: &[u8]) -> bool {
    let mut counts = [0u64; 256];
    bytes.iter().for_each(|&byte| counts[byte as usize] += 1);
    let expected = bytes.len() as f64 / 256.0;
    assert!(expected >= 15.0, "{} bytes are too few to tell", bytes.len());
    let square = |count: &u64| (*count as f64 - expected).powi(2) / expected;
    counts.iter().map(square).sum::<f64>() < 255.0 + 6.0 * 510f64.sqrt()
}

/// The summand of party 0: uniform.
fn uniform<R: Ring>(seed: u64) -> Vec<R::Word> {
    let mut words = vec![R::Word::default(); N];
    let prg = ditto_core::prg::Prg::new(&seeded_key(seed, 9), 0);
    R::Word::fill(&mut prg.stream(0, 0), &mut words);
    words
}

/// Runs `body` on N copies of `x`; the first `messages` messages that each party receives have to
/// look uniform.
fn looks_random<R: Ring>(
    what: &str,
    x: i64,
    messages: [usize; 2],
    body: impl Fn(&mut Additive, AdditiveShare<R>) -> Result<(), PartyError> + Sync,
) {
    let x0 = uniform::<R>(x as u64);
    let word = R::Word::from_u64(x as u64);
    let x1: Vec<R::Word> = x0.iter().map(|x0| word.wrapping_sub(x0)).collect();
    let inputs = [x0, x1, vec![R::Word::default(); N]];
    let logs: [MessageLog; 3] = Default::default();
    let nodes = run::seeded_over(recorded_trio(&logs), x as u64)
        .map(|party| Additive::from(party.into_node()));
    let shares = inputs.clone();
    let mut node = 0;
    let shares = shares.map(|words| {
        node += 1;
        share::<R>(node - 1, &[N], words)
    });
    let results = run::threads(nodes, shares, |node, x| body(node, x));
    run::all_of(results).unwrap_or_else(|e| panic!("{e}"));
    assert!(logs[DEALER].lock().expect("no panic").is_empty(), "{what}: the dealer hears of it");
    for party in [0, 1] {
        let received = received(&logs[party]);
        assert!(received.len() >= messages[party], "{what}: {} messages", received.len());
        for (number, message) in received.iter().take(messages[party]).enumerate() {
            let place = format!("{what} of {x}: message {number} to party {party}");
            assert!(looks_uniform(message), "{place}");
            // Together with what the party holds itself.
            let own = inputs[party].iter().map(|word| word.to_u64() as u8);
            let sums: Vec<u8> =
                message.iter().zip(own.cycle()).map(|(a, b)| a.wrapping_add(b)).collect();
            assert!(looks_uniform(&sums), "{place}, with its share");
        }
    }
}

/// A message that is not masked does not pass.
#[test]
fn a_missing_mask_is_noticed() {
    let bytes = vec![7; 1 << 14];
    assert!(!looks_uniform(&bytes));
    let almost: Vec<u8> = uniform::<Z32>(1).iter().map(|w| (*w as u8).min(240)).collect();
    assert!(!looks_uniform(&almost));
}

#[test]
fn products_look_random() {
    for x in [0, 1, -5_000] {
        looks_random::<Z32>("a product", x, [1, 2], |node, x| node.mul(&x, &x).map(drop));
        looks_random::<Z64>("a matrix product", x, [1, 2], |node, x| {
            let x = x.reshape(&[4, 64, N / 256]);
            node.matmul(&x, &x, true).map(drop)
        });
    }
}

/// Its preparation reveals the weight less its mask, each product only its own left factor; what two
/// products reveal of the same left factor has nothing in common.
#[test]
fn products_with_a_weight_look_random() {
    for x in [0, 1, -5_000] {
        looks_random::<Z32>("products with a weight", x, [3, 5], |node, x| {
            let left = x.reshape(&[N / 64, 64]);
            let weight = node.prepare(&x.reshape(&[64, N / 64]))?;
            node.matmul_weight(&left, &weight)?;
            node.matmul_weight(&left, &weight).map(drop)
        });
    }
}

#[test]
fn comparisons_look_random() {
    for x in [0, 1, -5_000] {
        // Rounds: 1, then joining 16, 8, 4, 2 groups; and two more messages from the dealer, and
        // one with every level.
        looks_random::<Z64>("a comparison", x, [5, 5 + 2 + 4], |node, x| {
            node.is_negative(&x, 32).map(drop)
        });
    }
}

#[test]
fn powers_of_two_look_random() {
    for x in [-1, -700, -28 << 11] {
        looks_random::<Z32>("a power", x, [1, 2], |node, x| node.exp2(&x, 11).map(drop));
    }
}

/// How keys of the comparison function look is for their own tests.
#[test]
fn arguments_of_step_functions_look_random() {
    let function = StepFunction { frac: 4, values: vec![1.0, 2.0] };
    let steps = StepFunctions::new(0.0..256.0, vec![3.0], vec![function]);
    for x in [0, 1, 255] {
        looks_random::<Z32>("a step function's argument", x, [1, 0], |node, x| {
            node.step_functions(&x, 0, &steps).map(drop)
        });
    }
}

#[test]
fn maxima_look_random() {
    for (x, row) in [(0, 4), (1_000, 4), (-300, 64)] {
        let levels = Levels { low: -1024.0, step: 32.0, count: 64 };
        // At party 0 the arguments and the ORs; at party 1 also what belongs to them of the dealer.
        let ors = 2 + (row > 4) as usize * 4;
        looks_random::<Z32>("a maximum", x, [1 + ors, 2 * (1 + ors)], |node, x| {
            let x = x.reshape(&[N / row, row]);
            node.row_maximum(&x, 0, &levels).map(drop)
        });
    }
}
