//! The view of an OR of many bits. Its 64 sums are too many to enumerate, but AND is enumerated by
//! itself ([`super::bits`]), and the rest is local. So here are statistics over many groups with the same
//! sums: every bit of every message is a fair coin, whatever the sums are, also beside what its receiver
//! holds of the result; and the three components of a result, which a client sees, are a fresh sharing
//! of it.

use crate::party::recorded_links::{self, MessageLog, recorded_trio, words};
use crate::rep3::protocols::{Sums, any_set};
use crate::rep3::{Rep3Bit, run};

const GROUPS: usize = 1 << 14;

/// What every party receives for groups whose sums have these components, and its share of the result.
fn received(components: [u64; 3]) -> ([Vec<Vec<u8>>; 3], [Rep3Bit; 3]) {
    let logs: [MessageLog; 3] = Default::default();
    let parties = run::seeded_over(recorded_trio(&logs), 9);
    let results = run::threads(parties, [(); 3], |party, ()| {
        let own = [components[party.id], components[(party.id + 1) % 3]];
        any_set(party, &[Sums::of(own); GROUPS])
    });
    let result = run::all_of(results).unwrap_or_else(|e| panic!("{e}"));
    (logs.each_ref().map(recorded_links::received), result)
}

#[track_caller]
fn fair(what: &str, ones: usize, all: usize) {
    let deviations = (2.0 * ones as f64 - all as f64) / (all as f64).sqrt();
    assert!(deviations.abs() < 6.0, "{what}: {ones} ones of {all}");
}

fn ones(words: &[u64]) -> usize {
    words.iter().map(|word| word.count_ones() as usize).sum()
}

#[test]
fn all_messages_look_uniform_and_the_result_is_a_fresh_sharing() {
    // No sum is set; one is; all are.
    for secret in [0, 1 << 37, u64::MAX] {
        let (x0, x1) = (0x0123_4567_89ab_cdef, 0x0f1e_2d3c_4b5a_6978);
        let (views, result) = received([x0, x1, secret ^ x0 ^ x1]);
        for party in 0..3 {
            let next = &result[(party + 1) % 3];
            assert_eq!(result[party].component(1), next.component(0), "a component's two copies");
        }
        let [x, y, z] = result.each_ref().map(|share| share.component(0));
        let sum = |i: usize| x[i] ^ y[i] ^ z[i];
        let expected = if secret == 0 { 0 } else { u64::MAX };
        assert!((0..GROUPS / 64).all(|i| sum(i) == expected), "the OR");
        // Two components are uniform together, whatever the result: then so are any two.
        for (what, i, j) in [("first", 0, 1), ("second", 1, 0)] {
            let [component, other] = [&result[0].component(i), &result[0].component(j)];
            fair(&format!("the {what} component"), ones(component), GROUPS);
            let both: Vec<u64> = component.iter().zip(*other).map(|(x, y)| x ^ y).collect();
            fair("the sum of two components", ones(&both), GROUPS);
        }
        for (party, messages) in views.iter().enumerate() {
            // One for each level of the tree, and none that opens anything.
            assert_eq!(messages.len(), 6, "party {party}");
            for (level, message) in messages.iter().enumerate() {
                // Half as many sums at each level, each with a bit for every group.
                let words = words(message);
                assert_eq!(words.len(), (32 >> level) * GROUPS / 64);
                for (sum, words) in words.chunks(GROUPS / 64).enumerate() {
                    let at = format!("party {party}, level {level}, sum {sum}");
                    fair(&at, ones(words), GROUPS);
                    // Beside what the party holds of the result: either component, and both.
                    for held in 1..4 {
                        let [first, second] = [0, 1].map(|i| result[party].component(i));
                        let chosen = |i: usize, word: u64| {
                            word & u64::from(held >> i & 1 == 1).wrapping_neg()
                        };
                        let beside = |(i, word): (usize, &u64)| {
                            word ^ chosen(0, first[i]) ^ chosen(1, second[i])
                        };
                        let beside: Vec<u64> = words.iter().enumerate().map(beside).collect();
                        fair(&format!("{at}, beside component {held:b}"), ones(&beside), GROUPS);
                    }
                }
            }
        }
    }
}
