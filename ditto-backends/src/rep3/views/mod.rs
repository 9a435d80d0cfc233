//! Every party's view of every protocol, enumerated on tiny rings.
//!
//! The real code of the three parties runs once over a batch whose elements are all shares of all values
//! and all common randomness ([`enumeration`], [`tested_protocol`]); [`check`] then compares what each
//! party receives, element by element. The roles rotate with the number of the operation, so every test
//! runs at three successive numbers.
//!
//! Where everything at once is too much, the test is by party: all that the party does not know
//! is still enumerated, for a few hundred random choices of what it knows (`check_unknown`).

mod bits;
mod check;
mod consecutive;
mod enumeration;
mod keyed;
mod or_of_groups;
mod reconstruction;
mod row_maximum;
mod step_functions;
mod tested_protocol;

use std::ops::Range;

use ditto_core::tiny::{Z3, Z4, Z6};
use ditto_core::{NarrowerThan, Ring, Word};

use self::check::Layouts;
use self::enumeration::{Division, Input, Space};
use self::reconstruction::{signed, sum};
use self::tested_protocol::{PartyInputs, TestedProtocol};
use crate::rep3::party::{PartyError, Rep3, Role};
use crate::rep3::product::Rep3Product;
use crate::rep3::protocols::{self, transfer};
use crate::rep3::{Rep3Share, sharing};

/// The operation numbers at which the three roles fall to the parties in all three ways.
const ROTATIONS: Range<u64> = 0..3;

/// All values that a ring of `bits` bits declares: |x| < 2^(bits - 2).
fn declared(bits: u32) -> Range<i64> {
    1 - (1 << (bits - 2))..1 << (bits - 2)
}

fn replicated(bits: u32, values: Range<i64>) -> Vec<Input> {
    vec![Input::new(Division::Replicated, bits, values)]
}

/// What the transfer sends: e and k_b to the second role, g and q_b to the third.
fn transfer_layouts(d: u32, beside: u32) -> Layouts {
    [vec![], vec![vec![d, beside], vec![d]], vec![vec![d], vec![d]]]
}

#[test]
fn transfer_shows_nothing_and_gives_the_chosen_message() {
    const D: u32 = 2;
    for earlier in ROTATIONS {
        let player = |role: usize| (role + earlier as usize + 1) % 3;
        let first: [bool; 3] = std::array::from_fn(|p| p == player(0));
        let message = Input::new(Division::Known(first), D, 0..1 << D);
        let choice = Input::new(Division::Known(first.map(|f| !f)), 1, 0..2);
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            type W = <Z3 as Ring>::Word;
            let role = party.start("transfer");
            let n = given.len();
            let (m0, m1, b) = (given.known::<W>(0), given.known::<W>(1), given.known::<W>(2));
            let messages = |piece: Range<usize>| [m0[piece.clone()].to_vec(), m1[piece].to_vec()];
            let choices = |piece: Range<usize>| -> Vec<W> {
                b[piece].iter().map(|b| W::from_u64(b.to_u64().wrapping_neg())).collect()
            };
            let mut result = Vec::new();
            match role {
                Role::First => transfer::send(party, D, n, 0, messages, |_, mask| {
                    result.extend_from_slice(mask);
                    Vec::new()
                })
                .map(drop),
                Role::Second => transfer::receive_second(party, D, n, 0, choices, |_, v, _| {
                    result.extend_from_slice(v);
                }),
                Role::Third => transfer::receive_third(party, D, n, choices, |_, v| {
                    result.extend_from_slice(v)
                }),
            }?;
            Ok(result)
        };
        let protocol =
            TestedProtocol { inputs: vec![message.clone(), message, choice], earlier, body };
        let layouts = [vec![], vec![vec![D], vec![D]], vec![vec![D], vec![D]]];
        protocol.check_full(&layouts, |space, outputs| {
            let low = |w: <Z3 as Ring>::Word| w.to_u64() % (1 << D);
            let by_role = [0, 1, 2].map(|role| &outputs[player(role)]);
            for i in 0..space.len() {
                let [mask, second, third] = by_role.map(|words| low(words[i]));
                let chosen = space.secret(space.secret(2, i) as usize, i);
                assert_eq!((second, third), ((chosen + mask) % (1 << D), second), "element {i}");
            }
        });
        protocol.every_draw_is_needed(None, &layouts);
    }
}

/// A product that has not been reshared, or a share.
fn product<R: Ring>(party: &Rep3, given: &PartyInputs<'_>, division: Division) -> Rep3Product<R> {
    match division {
        Division::Additive => given.summand::<R>(party, 0),
        _ => Rep3Product::Shared(given.share::<R>(party, 0)),
    }
}

/// A protocol that scales products of `R` down by so many bits, to shares of `W`.
type ScaleDown<R, W> = fn(&mut Rep3, Rep3Product<R>, u32) -> Result<Rep3Share<W>, PartyError>;

/// `scale_down` from `R` to `W`. `samples`: `None` to enumerate everything at once.
fn scaling_down<R: Ring, W: Ring>(
    division: Division,
    bits: u32,
    samples: Option<usize>,
    scale_down: ScaleDown<R, W>,
) {
    let (k, wide) = (R::BITS, W::BITS);
    for earlier in ROTATIONS {
        let inputs = vec![Input::new(division, k, declared(k))];
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            scale_down(party, product(party, given, division), bits)
        };
        let protocol = TestedProtocol { inputs, earlier, body };
        let mut layouts = transfer_layouts(wide - k + bits, wide);
        if division == Division::Additive {
            // z1 to the first role, z2 to the second.
            layouts[0].insert(0, vec![k]);
            layouts[1].insert(0, vec![k]);
        }
        let result = |space: &Space, outputs: &_| {
            reconstruction::rounds_as_stated::<R, W>(space, outputs, bits, samples.is_none());
        };
        match samples {
            None => protocol.check_full(&layouts, result),
            Some(samples) => protocol.check_unknown(samples, &layouts, result),
        }
        if division == Division::Replicated || samples.is_none() {
            protocol.every_draw_is_needed(Some(16), &layouts);
        }
    }
}

fn truncation<R: Ring>(division: Division, bits: u32, samples: Option<usize>) {
    scaling_down::<R, R>(division, bits, samples, protocols::truncate);
}

fn truncation_into<R: NarrowerThan<W>, W: Ring>(
    division: Division,
    bits: u32,
    samples: Option<usize>,
) {
    scaling_down::<R, W>(division, bits, samples, protocols::truncate_widen);
}

#[test]
fn truncation_of_a_share_shows_nothing_and_rounds_as_stated() {
    truncation::<Z3>(Division::Replicated, 1, None);
    truncation::<Z4>(Division::Replicated, 1, None);
    truncation::<Z4>(Division::Replicated, 2, Some(128));
}

#[test]
fn truncation_of_a_product_shows_nothing_and_rounds_as_stated() {
    truncation::<Z3>(Division::Additive, 1, None);
    truncation::<Z4>(Division::Additive, 2, Some(2));
}

#[test]
fn truncation_of_a_share_into_a_wider_ring_shows_nothing_and_rounds_as_stated() {
    truncation_into::<Z3, Z4>(Division::Replicated, 0, None);
    truncation_into::<Z3, Z4>(Division::Replicated, 1, None);
    truncation_into::<Z3, Z6>(Division::Replicated, 0, Some(8));
    truncation_into::<Z3, Z6>(Division::Replicated, 1, Some(2));
    truncation_into::<Z4, Z6>(Division::Replicated, 0, Some(8));
    truncation_into::<Z4, Z6>(Division::Replicated, 2, Some(1));
}

#[test]
fn truncation_of_a_product_into_a_wider_ring_shows_nothing_and_rounds_as_stated() {
    truncation_into::<Z3, Z4>(Division::Additive, 0, None);
    truncation_into::<Z3, Z4>(Division::Additive, 1, Some(16));
    truncation_into::<Z3, Z6>(Division::Additive, 0, Some(1));
}

fn widening<R: NarrowerThan<W>, W: Ring>(up: u32, samples: Option<usize>) {
    let d = W::BITS - R::BITS - up;
    for earlier in ROTATIONS {
        let inputs = replicated(R::BITS, declared(R::BITS));
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            protocols::widen::<R, W>(party, &given.share::<R>(party, 0), up)
        };
        let protocol = TestedProtocol { inputs, earlier, body };
        let layouts = transfer_layouts(d, d);
        let result = |space: &Space, outputs: &[Rep3Share<W>; 3]| {
            for i in 0..space.len() {
                let expected = signed(space.secret(0, i), R::BITS) << up;
                assert_eq!(sum(outputs, i).to_i64(), expected, "element {i}");
            }
        };
        match samples {
            None => protocol.check_full(&layouts, result),
            Some(samples) => protocol.check_unknown(samples, &layouts, result),
        }
        protocol.every_draw_is_needed(Some(32), &layouts);
    }
}

#[test]
fn widening_shows_nothing_and_is_exact() {
    widening::<Z3, Z4>(0, None);
    widening::<Z3, Z6>(2, None);
    widening::<Z4, Z6>(1, None);
    widening::<Z4, Z6>(0, Some(256));
    widening::<Z3, Z6>(0, Some(256));
}

#[test]
fn resharing_a_product_shows_nothing_and_is_exact() {
    for earlier in ROTATIONS {
        let layouts = [(); 3].map(|()| vec![vec![3]]);
        let inputs = vec![Input::new(Division::Additive, 3, 0..8)];
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            protocols::reshare(party, given.summand::<Z3>(party, 0))
        };
        let protocol = TestedProtocol { inputs, earlier, body };
        protocol.check_full(&layouts, |space, outputs| {
            for i in 0..space.len() {
                assert_eq!(sum(outputs, i).to_u64(), space.secret(0, i), "element {i}");
            }
        });
        protocol.every_draw_is_needed(None, &layouts);

        let factor = Input::new(Division::Replicated, 3, 0..8);
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            let (x, y) = (given.share::<Z3>(party, 0), given.share::<Z3>(party, 1));
            protocols::reshare(party, protocols::mul(&x, &y))
        };
        let protocol = TestedProtocol { inputs: vec![factor.clone(), factor], earlier, body };
        protocol.check_unknown(512, &layouts, |space, outputs| {
            for i in 0..space.len() {
                let expected = space.secret(0, i) * space.secret(1, i) % 8;
                assert_eq!(sum(outputs, i).to_u64(), expected, "element {i}");
            }
        });
    }
}

/// Opening draws nothing: each party receives the one word that the opened value and its own
/// components determine, and so learns nothing but the value.
#[test]
fn opening_shows_the_value_and_nothing_else() {
    for earlier in ROTATIONS {
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            protocols::open(party, &given.share::<Z4>(party, 0))
        };
        let protocol = TestedProtocol { inputs: replicated(4, 0..16), earlier, body };
        assert!(protocol.draws().is_empty());
        reconstruction::opened(&protocol);
    }
}

/// A data owner's sharing: each party's two components are uniform, whatever the value.
#[test]
fn dealt_components_are_uniform_for_every_value() {
    type W = <Z4 as Ring>::Word;
    let all: Vec<(u64, u64)> = (0..256).map(|i| (i / 16, i % 16)).collect();
    let words = |f: &dyn Fn(&(u64, u64)) -> u64| -> Vec<W> {
        all.iter().map(|pair| W::from_u64(f(pair))).collect()
    };
    for x in 0..16 {
        let split = |party| {
            let values = vec![W::from_u64(x); all.len()];
            sharing::split(party, values, words(&|p| p.0), words(&|p| p.1))
        };
        let given = [split(0), split(1), split(2)];
        for (first, second) in &given {
            let mut seen: Vec<(u64, u64)> =
                first.iter().zip(second).map(|(a, b)| (a.to_u64(), b.to_u64())).collect();
            seen.sort_unstable();
            assert_eq!(seen, all, "the components of {x}");
        }
        for i in 0..all.len() {
            assert_eq!((0..3).map(|p| given[p].0[i].to_u64()).sum::<u64>() % 16, x);
            assert!((0..3).all(|p| given[p].1[i] == given[(p + 1) % 3].0[i]));
        }
    }
}
