//! Views of several operations together, and the client's view of a result: what each message hides by
//! itself must not come out of all of them, or of the components that a client puts together.

use std::collections::HashMap;

use ditto_core::Word;
use ditto_core::tiny::{Z3, Z4};

use super::check::{Layouts, planes};
use super::enumeration::{Division, Input, Space};
use super::reconstruction::{signed, sum};
use super::tested_protocol::{PartyInputs, TestedProtocol};
use super::{ROTATIONS, declared, replicated, transfer_layouts};
use crate::rep3::Rep3Share;
use crate::rep3::party::{PartyError, Rep3};
use crate::rep3::product::Rep3Product;
use crate::rep3::protocols::{bit_to_ring, is_negative, mul, reshare, truncate, widen};

/// Operations of different kinds: each has the first turn of its kind, so roles stay.
fn one_after_the_other(first: Layouts, second: Layouts) -> Layouts {
    let mut joined = first;
    for (joined, second) in joined.iter_mut().zip(second) {
        joined.extend(second);
    }
    joined
}

fn check<O: Send>(
    inputs: Vec<Input>,
    samples: Option<usize>,
    layouts: &Layouts,
    body: impl Fn(&mut Rep3, &PartyInputs<'_>) -> Result<O, PartyError> + Sync,
    result: impl Fn(&Space, &[O; 3]),
) {
    for earlier in ROTATIONS {
        let protocol = TestedProtocol { inputs: inputs.clone(), earlier, body: &body };
        match samples {
            None => protocol.check_full(layouts, &result),
            Some(samples) => protocol.check_unknown(samples, layouts, &result),
        }
    }
}

#[test]
fn a_value_that_is_widened_and_truncated_shows_nothing() {
    let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
        let wide = widen::<Z3, Z4>(party, &given.share::<Z3>(party, 0), 0)?;
        truncate(party, Rep3Product::Shared(wide), 1)
    };
    let layouts = one_after_the_other(transfer_layouts(1, 1), transfer_layouts(1, 4));
    check(replicated(3, declared(3)), None, &layouts, body, |space, outputs| {
        for i in 0..space.len() {
            let x = signed(space.secret(0, i), 3);
            let error = sum::<Z4>(outputs, i).to_i64() - (x >> 1);
            assert!(error == 0 || (error == 1 && x % 2 != 0), "{x}: {error}");
        }
    });
}

#[test]
fn a_product_that_is_reshared_and_truncated_shows_nothing() {
    let factor = Input::new(Division::Replicated, 3, 0..8);
    let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
        let (x, y) = (given.share::<Z3>(party, 0), given.share::<Z3>(party, 1));
        let product = reshare(party, mul(&x, &y))?;
        truncate(party, Rep3Product::Shared(product), 1)
    };
    let reshared: Layouts = [(); 3].map(|()| vec![vec![3]]);
    let layouts = one_after_the_other(reshared, transfer_layouts(1, 3));
    check(vec![factor.clone(), factor], Some(64), &layouts, body, |_, _| ());
}

#[test]
fn a_sign_that_goes_to_the_ring_shows_nothing() {
    let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
        let bit = is_negative(party, &given.share::<Z3>(party, 0), 2)?;
        bit_to_ring::<Z3>(party, &bit)
    };
    let compared: Layouts = [vec![planes(1)], vec![planes(1)], vec![planes(2)]];
    let layouts = one_after_the_other(compared, transfer_layouts(3, 3));
    check(replicated(3, declared(3)), Some(2), &layouts, body, |space, outputs| {
        for i in 0..space.len() {
            let x = signed(space.secret(0, i), 3);
            assert_eq!(sum::<Z3>(outputs, i).to_u64(), u64::from(x < 0), "{x}");
        }
    });
}

/// A client gets all components of a result. They are a fresh sharing: over all shares and all
/// randomness, two of them are uniform, whatever the value and whichever way it was rounded.
#[test]
fn a_result_shows_a_client_nothing_but_itself() {
    let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
        truncate(party, Rep3Product::Shared(given.share::<Z3>(party, 0)), 1)
    };
    let layouts = transfer_layouts(1, 3);
    let result = |space: &Space, outputs: &[Rep3Share<Z3>; 3]| {
        let mut counts: HashMap<(u64, u64), [u64; 64]> = HashMap::new();
        for i in 0..space.len() {
            let component = |party: usize| outputs[party].component(0)[i].to_u64() as usize;
            let from = (space.secret(0, i), sum::<Z3>(outputs, i).to_u64());
            counts.entry(from).or_insert([0; 64])[component(0) << 3 | component(1)] += 1;
        }
        assert!(counts.len() > declared(3).count(), "some are rounded both ways");
        for (from, counts) in counts {
            assert!(counts.iter().all(|&count| count == counts[0]), "{from:?}: {counts:?}");
        }
    };
    check(replicated(3, declared(3)), None, &layouts, body, result);
}
