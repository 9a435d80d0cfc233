//! The view of an OR of many bits. Its 64 sums are too many to enumerate, but AND is enumerated by
//! itself ([`super::bits`]), and the rest is local but for the opening. So here are statistics over many
//! groups with the same sums: every bit of every message is a fair coin, whatever the sums are, and of
//! the opening each party learns what the result and its own components determine.

use crate::recorded::{self, Log, recorded_trio, words};
use crate::rep3::protocols::{Sums, open_any};
use crate::rep3::run;

const GROUPS: usize = 1 << 14;

/// What every party receives for groups whose sums have these components, and the result.
fn received(components: [u64; 3]) -> ([Vec<Vec<u8>>; 3], Vec<bool>) {
    let logs: [Log; 3] = Default::default();
    let parties = run::seeded_over(recorded_trio(&logs), 9);
    let results = run::threads(parties, [(); 3], |party, ()| {
        let own = [components[party.id], components[(party.id + 1) % 3]];
        open_any(party, &[Sums::of(own); GROUPS])
    });
    let [result, second, third] = run::all_of(results).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!([&second, &third], [&result; 2]);
    (logs.each_ref().map(recorded::received), result)
}

#[track_caller]
fn fair(what: &str, ones: usize, all: usize) {
    let deviations = (2.0 * ones as f64 - all as f64) / (all as f64).sqrt();
    assert!(deviations.abs() < 6.0, "{what}: {ones} ones of {all}");
}

#[test]
fn all_messages_look_uniform_and_only_the_result_is_opened() {
    // No sum is set; one is; all are.
    for secret in [0, 1 << 37, u64::MAX] {
        let (x0, x1) = (0x0123_4567_89ab_cdef, 0x0f1e_2d3c_4b5a_6978);
        let (views, result) = received([x0, x1, secret ^ x0 ^ x1]);
        assert_eq!(result, [secret != 0; GROUPS]);
        for (party, messages) in views.iter().enumerate() {
            let [levels @ .., opening] = &messages[..] else { panic!("no message") };
            assert_eq!(levels.len(), 6, "one message for each level of the tree");
            for (level, message) in levels.iter().enumerate() {
                // Half as many sums at each level, each with a bit for every group.
                let words = words(message);
                assert_eq!(words.len(), (32 >> level) * GROUPS / 64);
                for (sum, words) in words.chunks(GROUPS / 64).enumerate() {
                    let ones = words.iter().map(|word| word.count_ones() as usize).sum();
                    fair(&format!("party {party}, level {level}, sum {sum}"), ones, GROUPS);
                }
            }
            // One bit a group, masked by what the party holds.
            let words = words(opening);
            assert_eq!(words.len(), GROUPS / 64);
            let ones = words.iter().map(|word| word.count_ones() as usize).sum();
            fair(&format!("party {party}, the opening"), ones, GROUPS);
        }
    }
}
