//! The views of the bound of a row's maximum. Its strings are too long to enumerate, but most
//! messages treat all of their bits alike: those steps are enumerated for bits. The rest is
//! statistics over many rows with the same shares: what first learns of a rotated string, and
//! that no bit of any message is other than a fair coin.

use std::sync::Arc;

use ditto_core::bitplanes::plane_words;
use ditto_core::tiny::{Z3, Z6};
use ditto_core::{Levels, Linear, Ring, Word, Z32};

use super::ROTATIONS;
use super::check::planes;
use super::enumeration::{Division, Draw, Extent, Input, Space};
use super::reconstruction::xor;
use super::tested_protocol::{PartyInputs, TestedProtocol};
use crate::party::recorded_links::{self, MessageLog, recorded_trio, words};
use crate::rep3::party::{Purpose, Rep3, Role};
use crate::rep3::protocols::and::Planes;
use crate::rep3::protocols::open::open_to_first;
use crate::rep3::protocols::row_maximum::{row_maximum, share_codes, share_strings};
use crate::rep3::run;
use crate::rep3::share;

/// The bits of strings that are tried.
const BITS: u32 = 2;

/// A known input as planes.
fn known_planes(given: &PartyInputs<'_>, input: usize) -> Vec<u64> {
    <Z3 as Ring>::Word::planes(&given.known(input), BITS)
}

/// The codes and the sharing of strings, with a string of second and third in the place of what
/// they do to the codes between the two.
#[test]
fn sharing_of_strings_shows_nothing_and_is_exact() {
    for earlier in ROTATIONS {
        let player = |role: usize| (role + earlier as usize + 1) % 3;
        let first: [bool; 3] = std::array::from_fn(|party| party == player(0));
        let code = Input::new(Division::Known(first), BITS, 0..1 << BITS);
        let digit = Input::new(Division::Known(first.map(|f| !f)), BITS, 0..1 << BITS);
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            let role = party.start("row maximum");
            let words = BITS as usize * plane_words(given.len());
            let code = if role == Role::First { known_planes(given, 0) } else { Vec::new() };
            let mut strings = share_codes(party, role, code, words)?;
            if role == Role::Second {
                let digit = known_planes(given, 1);
                strings.iter_mut().zip(digit).for_each(|(string, digit)| *string ^= digit);
            }
            share_strings(party, role, strings, words)
        };
        let protocol = TestedProtocol { inputs: vec![code, digit], earlier, body };
        let planes = || planes(BITS as usize);
        let layouts = [vec![], vec![planes()], vec![planes(), planes()]];
        protocol.check_full(&layouts, |space, outputs: &[Planes; 3]| {
            let components = outputs.each_ref().map(|o| [&o.first[..], &o.second[..]]);
            for i in 0..space.len() {
                let expected = space.secret(0, i) ^ space.secret(1, i);
                for plane in 0..BITS as usize {
                    let got = xor(components, plane * space.len() + i);
                    assert_eq!(got, expected >> plane & 1, "element {i}");
                }
            }
        });
        protocol.every_draw_is_needed(None, &layouts);
    }
}

/// First receives the sum of two strings, and nothing else: each of the strings is uniform.
#[test]
fn opening_to_first_shows_the_string_and_nothing_else() {
    for earlier in ROTATIONS {
        let player = |role: usize| (role + earlier as usize + 1) % 3;
        let string = |role: usize| {
            let knows = std::array::from_fn(|party| party == player(role));
            Input::new(Division::Known(knows), BITS, 0..1 << BITS)
        };
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            let role = party.start("row maximum");
            let words = BITS as usize * plane_words(given.len());
            let strings = match role {
                Role::First => Vec::new(),
                Role::Second => known_planes(given, 0),
                Role::Third => known_planes(given, 1),
            };
            open_to_first(party, role, strings, words)
        };
        let protocol = TestedProtocol { inputs: vec![string(1), string(2)], earlier, body };
        let draws = protocol.draws();
        let space = Arc::new(Space::new(&protocol.inputs, &draws, Extent::Full));
        let transcript = protocol.run(&space, &draws, None);
        assert!([1, 2].iter().all(|&role| transcript.received[player(role)].is_empty()));
        let [from_second, from_third] = &transcript.received[player(0)][..] else {
            panic!("first receives two messages");
        };
        // How often first sees which message of second, for every pair of strings.
        let mut seen = [[0; 1 << BITS]; 1 << (2 * BITS)];
        for i in 0..space.len() {
            let field = |bit: &dyn Fn(usize) -> u64| -> u64 {
                (0..BITS as usize).map(|plane| bit(plane * space.len() + i) << plane).sum()
            };
            let bit = |message: &[u8], at: usize| u64::from(message[at / 8] >> (at % 8) & 1);
            let second = field(&|at| bit(from_second, at));
            let third = field(&|at| bit(from_third, at));
            let opened = &transcript.outputs[player(0)];
            let opened = field(&|at| opened[at / 64] >> (at % 64) & 1);
            let (x, y) = (space.secret(0, i), space.secret(1, i));
            assert_eq!((second ^ third, opened), (x ^ y, x ^ y), "element {i}");
            seen[(x << BITS | y) as usize][second as usize] += 1;
        }
        let each = space.len() >> (3 * BITS);
        assert!(seen.as_flattened().iter().all(|&count| count == each), "{seen:?}");
    }
}

/// No mask is of a pair that the receiver is in.
#[test]
fn masks_are_of_the_pairs_that_the_receiver_is_not_in() {
    let levels = Levels { low: -32.0, step: 1.0, count: 64 };
    for (earlier, row) in ROTATIONS.flat_map(|earlier| [(earlier, 1), (earlier, 128)]) {
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            let x = given.share::<Z6>(party, 0);
            // 128 elements.
            let x = Linear::concat(&[&x, &x], 0);
            row_maximum(party, &x.reshape(&[x.len() / row, row]), 0, &levels)
        };
        let inputs = vec![Input::new(Division::Replicated, 6, -32..31)];
        let protocol = TestedProtocol { inputs, earlier, body };
        // The pair (i, i + 1) has number i: of first with second, of second with third, and of
        // third with first.
        let [first_second, second_third, third_first] = [0, 1, 2].map(|role| protocol.player(role));
        let last = earlier + if row == 1 { 2 } else { 8 };
        let mut expected = vec![
            (first_second, earlier + 1, Purpose::Mask),
            (first_second, earlier + 1, Purpose::Component),
            (third_first, earlier + 1, Purpose::Component),
            (second_third, last, Purpose::Rotation),
            (second_third, last, Purpose::Mask),
            (third_first, last, Purpose::Mask),
            (first_second, last, Purpose::Component),
            (third_first, last, Purpose::Component),
        ];
        if row > 1 {
            expected.push((second_third, earlier + 1, Purpose::Coefficients));
            let ands = (earlier + 2..last).flat_map(|op| [0, 1, 2].map(|pair| (pair, op)));
            expected.extend(ands.map(|(pair, op)| (pair, op, Purpose::Zero)));
        }
        let place = |&(pair, op, purpose): &(usize, u64, Purpose)| (op, pair, purpose as u8);
        expected.sort_by_key(place);
        let mut drawn: Vec<_> = protocol
            .draws()
            .into_iter()
            .map(|Draw { pair, op, purpose, .. }| (pair, op, purpose))
            .collect();
        drawn.sort_by_key(place);
        assert_eq!(drawn, expected, "rows of {row}");
    }
}

const LEVELS: Levels = Levels { low: -16.0, step: 1.0, count: 64 };

/// What every role receives for `rows` rows with the same shares.
fn received(rows: usize, row: &[[u32; 3]]) -> [Vec<Vec<u8>>; 3] {
    let logs: [MessageLog; 3] = Default::default();
    let parties = run::seeded_over(recorded_trio(&logs), 7).map(|mut party| {
        // Then party 0 plays the first role.
        party.skip(2);
        party
    });
    let results = run::threads(parties, [(); 3], |party, ()| {
        let component = |c: usize| (0..rows).flat_map(|_| row.iter().map(move |x| x[c])).collect();
        let (first, second) = (component(party.id), component((party.id + 1) % 3));
        let x = share::<Z32>(party.id, &[rows, row.len()], first, second);
        row_maximum(party, &x, 8, &LEVELS)
    });
    run::all_of(results).unwrap_or_else(|e| panic!("{e}"));
    logs.each_ref().map(recorded_links::received)
}

/// Shares of the levels' numbers `digits`.
fn shares(digits: &[u32]) -> Vec<[u32; 3]> {
    let digits = digits.iter().enumerate();
    let share = |(i, digit): (usize, &u32)| {
        let (x1, x2) = (0x9e37_79b9u32.wrapping_mul(i as u32 + 1), 0x85eb_ca6bu32 << (i % 9));
        let x = (digit << 8 | 0x80).wrapping_sub(16 << 8);
        [x.wrapping_sub(x1).wrapping_sub(x2), x1, x2]
    };
    digits.map(share).collect()
}

/// Low, high and mixed rows, with a tree and with random sums.
fn rows() -> [Vec<[u32; 3]>; 4] {
    let mixed: Vec<u32> = (0..70).map(|i| i * i * 13 % 61).collect();
    [shares(&[0; 3]), shares(&[62; 3]), shares(&mixed[..5]), shares(&mixed)]
}

/// The position that first sees is uniform, whatever the row.
#[test]
fn first_learns_a_uniform_position() {
    const EACH: usize = 128;
    for row in rows() {
        let [first, ..] = received(64 * EACH, &row);
        let [.., from_second, from_third] = &first[..] else { panic!("two strings at the end") };
        let mut counts = [0f64; 64];
        for (x, y) in words(from_second).into_iter().zip(words(from_third)) {
            let string = x ^ y;
            assert_eq!(string.count_ones(), 1, "a unit string");
            counts[string.trailing_zeros() as usize] += 1.0;
        }
        let square = |count: &f64| (count - EACH as f64).powi(2) / EACH as f64;
        let chi: f64 = counts.iter().map(square).sum();
        // 63 degrees of freedom: more than 125 once in 10^5 times.
        assert!(chi < 125.0, "{chi}: {counts:?}");
    }
}

/// Every bit of every message is a fair coin, and so is the sum of every two bits that the same
/// role receives at the same place for two rows: no mask is missing or used twice.
#[test]
fn all_messages_look_uniform() {
    const ROWS: usize = 4096;
    for row in rows() {
        for (role, messages) in received(ROWS, &row).iter().enumerate() {
            for (number, message) in messages.iter().enumerate() {
                let words = words(message);
                let fair = |what: &str, at: usize, ones: usize, all: usize| {
                    let deviations = (2.0 * ones as f64 - all as f64) / (all as f64).sqrt();
                    assert!(
                        deviations.abs() < 6.0,
                        "role {role}, message {number}, {what} {at}: {ones} ones of {all}"
                    );
                };
                // Whole strings and tables are a multiple of a word; only results share words.
                for t in 0..64 {
                    let count = |words: &mut dyn Iterator<Item = u64>| -> usize {
                        words.map(|word| (word >> t & 1) as usize).sum()
                    };
                    fair("bit", t, count(&mut words.iter().copied()), words.len());
                    // One row's to the next's, and one element's to the next's.
                    for apart in [1, row.len(), words.len() / ROWS, words.len() / 2] {
                        let Some(apart) = Some(apart).filter(|&apart| apart > 0) else { continue };
                        let pairs = words.iter().zip(&words[apart..]);
                        let sums = &mut pairs.map(|(x, y)| x ^ y);
                        fair("sums of bit", t, count(sums), words.len() - apart);
                    }
                }
            }
        }
    }
}
