//! Statistics by position: those of whole messages have too many elements to show one that is left out of
//! masking now and then.
//!
//! All elements have the same shares, so whatever differs between them is a mask: every bit of a message
//! is a fair coin, at every position modulo 64 elements by itself.

use ditto_core::{Backend, Levels, Linear, Ring, StepFunction, StepFunctions, Word, Z32, Z64};
use generic_array::GenericArray;

use crate::additive::protocols::and::and;
use crate::additive::{Additive, AdditiveShare, DEALER, PartyError, share};
use crate::party::recorded_links::{MessageLog, received, recorded_trio, words};
use crate::party::shares::Bits;
use crate::rep3::run;

/// Elements of the input: bits have 64 periods.
const N: usize = 1 << 18;

/// Bits after which positions repeat: 64 elements of 64 bits, or a multiple of 64 narrower ones.
const PERIOD: usize = 64 * 64;

/// Six standard deviations of a fair coin, for every position of a period.
fn fair(message: &[u8]) -> Result<(), String> {
    let words = words(message);
    let periods = words.len() / 64;
    assert!(periods >= 64 && words.len().is_multiple_of(64), "{} words", words.len());
    let mut ones = vec![0usize; PERIOD];
    for period in words.chunks_exact(64) {
        for (word, ones) in period.iter().zip(ones.chunks_exact_mut(64)) {
            ones.iter_mut().enumerate().for_each(|(bit, ones)| *ones += (word >> bit & 1) as usize);
        }
    }
    for (position, ones) in ones.into_iter().enumerate() {
        let off = (ones as f64 - periods as f64 / 2.0).abs();
        if off > 3.0 * (periods as f64).sqrt() {
            return Err(format!("{ones} ones of {periods} at position {position}"));
        }
    }
    Ok(())
}

/// Runs `body` on shares that all elements have in common: the first `messages` messages that each party
/// receives.
fn are_masked<R: Ring>(
    what: &str,
    messages: [usize; 2],
    body: impl Fn(&mut Additive, AdditiveShare<R>) -> Result<(), PartyError> + Sync,
) {
    let logs: [MessageLog; 3] = Default::default();
    let nodes =
        run::seeded_over(recorded_trio(&logs), 90).map(|party| Additive::from(party.into_node()));
    let mut summands = [0x1234_5678, 77, 0].into_iter().enumerate();
    let shares = [(); 3].map(|()| {
        let (node, summand) = summands.next().expect("three");
        share::<R>(node, &[N], vec![R::Word::from_u64(summand); N])
    });
    let results = run::threads(nodes, shares, |node, x| body(node, x));
    run::all_of(results).unwrap_or_else(|e| panic!("{e}"));
    assert!(received(&logs[DEALER]).is_empty(), "{what}: the dealer hears of it");
    for party in [0, 1] {
        let received = received(&logs[party]);
        assert!(received.len() >= messages[party], "{what}: {} messages", received.len());
        for (number, message) in received.iter().take(messages[party]).enumerate() {
            let place = format!("{what}: message {number} to party {party}");
            fair(message).unwrap_or_else(|leak| panic!("{place}: {leak}"));
        }
    }
}

#[test]
fn every_element_of_products_is_masked() {
    are_masked::<Z32>("a product", [1, 2], |node, x| node.mul(&x, &x).map(drop));
    are_masked::<Z32>("a product of matrices", [1, 2], |node, x| {
        let x = x.reshape(&[4, 64, N / 256]);
        node.matmul(&x, &x, true).map(drop)
    });
    are_masked::<Z32>("products with a weight", [3, 5], |node, x| {
        let left = x.reshape(&[N / 1024, 1024]);
        let weight = Linear::reshape(&x.slice(0, 0..N / 4), &[1024, N / 4096]);
        let weight = node.prepare(&weight)?;
        node.matmul_weight(&left, &weight)?;
        node.matmul_weight(&left, &weight).map(drop)
    });
}

#[test]
fn every_element_of_conversions_is_masked() {
    are_masked::<Z32>("a truncation", [1, 3], |node, x| node.truncate(x, 8).map(drop));
    are_masked::<Z32>("a widening", [1, 3], |node, x| node.widen::<Z32, Z64>(&x, 0).map(drop));
    // The sign of 32 bits takes 1 round, and 4 to join 16 groups.
    are_masked::<Z32>("a sign in the ring", [6, 13], |node, x| {
        let sign = node.is_negative(&x, 32)?;
        node.bit_to_ring::<Z32>(&sign).map(drop)
    });
}

/// Bits whose shares are all the same. Those that a comparison gives are random, and would hide that a
/// mask is missing.
#[test]
fn every_bit_is_masked() {
    const PLANE: u64 = 0x0123_4567_89ab_cdef;
    are_masked::<Z32>("bits in the ring", [1, 2], |node, _| {
        let bits = Bits::new(&[N], GenericArray::from_array([vec![PLANE; N / 64]]));
        node.bit_to_ring::<Z32>(&bits).map(drop)
    });
    are_masked::<Z32>("an AND", [1, 2], |node, _| {
        let plane = vec![PLANE; N / 64];
        node.begin("and");
        and(node, &plane, &plane, &plane).map(drop)
    });
}

#[test]
fn every_element_of_lookups_is_masked() {
    are_masked::<Z32>("a power", [1, 2], |node, x| node.exp2(&x, 11).map(drop));
    let function = StepFunction { frac: 4, values: vec![1.0, 2.0] };
    let steps = StepFunctions::new(0.0..256.0, vec![3.0], vec![function]);
    are_masked::<Z32>("a step function's argument", [1, 1], |node, x| {
        node.step_functions(&x, 0, &steps).map(drop)
    });
    // The argument, 2 rounds of ORs; the position's digits are few.
    are_masked::<Z32>("a maximum", [3, 6], |node, x| {
        let x = x.reshape(&[N / 4, 4]);
        node.row_maximum(&x, 0, &Levels { low: -1024.0, step: 1024.0, count: 64 }).map(drop)
    });
}

/// The check fails for what it is there to find.
#[test]
fn one_element_of_64_without_a_mask_is_noticed() {
    let mut words = ditto_core::prg::Prg::new(&run::seeded_key(1, 1), 0).stream(0, 0);
    let masks: Vec<u32> = words.words(N);
    let message = |masks: &[u32]| masks.iter().flat_map(|m| m.to_le_bytes()).collect::<Vec<u8>>();
    assert_eq!(fair(&message(&masks)), Ok(()));
    let mut leaking = masks;
    leaking.iter_mut().skip(17).step_by(64).for_each(|mask| *mask = 5);
    assert!(fair(&message(&leaking)).is_err());
}
