//! The views of the protocols on bits: AND, comparison, and bit to ring. Bits travel 64 to a word;
//! the check takes them apart again.

use ditto_core::Ring;
use ditto_core::Word;
use ditto_core::tiny::{Z3, Z4, Z6};

use super::check::planes;
use super::enumeration::{Division, Input, Space};
use super::reconstruction::{signed, sum, xor};
use super::tested_protocol::{PartyInputs, TestedProtocol};
use super::{ROTATIONS, replicated, transfer_layouts};
use crate::rep3::party::Rep3;
use crate::rep3::protocols::and::{Planes, and};
use crate::rep3::protocols::{bit_to_ring, is_negative};
use crate::rep3::{Rep3Bit, Rep3Share};

fn bit_conversion<R: Ring>(samples: Option<usize>) {
    for earlier in ROTATIONS {
        let inputs = vec![Input::new(Division::Xor, 1, 0..2)];
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            bit_to_ring::<R>(party, &given.bits(party, 0))
        };
        let protocol = TestedProtocol { inputs, earlier, body };
        let layouts = transfer_layouts(R::BITS, R::BITS);
        let result = |space: &Space, outputs: &[Rep3Share<R>; 3]| {
            for i in 0..space.len() {
                assert_eq!(sum(outputs, i).to_u64(), space.secret(0, i), "element {i}");
            }
        };
        match samples {
            None => protocol.check_full(&layouts, result),
            Some(samples) => protocol.check_unknown(samples, &layouts, result),
        }
        protocol.every_draw_is_needed(Some(4), &layouts);
    }
}

#[test]
fn bit_to_ring_shows_nothing_and_is_exact() {
    bit_conversion::<Z3>(None);
    bit_conversion::<Z4>(Some(64));
}

#[test]
fn and_shows_nothing_and_is_exact() {
    for earlier in ROTATIONS {
        let bit = Input::new(Division::Xor, 1, 0..2);
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            let planes = |input| {
                let bits = given.bits(party, input);
                Planes { first: bits.component(0).to_vec(), second: bits.component(1).to_vec() }
            };
            let (x, y) = (planes(0), planes(1));
            party.start("and");
            and(party, x.components(), y.components())
        };
        let protocol = TestedProtocol { inputs: vec![bit.clone(), bit], earlier, body };
        let layouts = [(); 3].map(|()| vec![planes(1)]);
        protocol.check_full(&layouts, |space, outputs| {
            let components = outputs.each_ref().map(|o| [&o.first[..], &o.second[..]]);
            for i in 0..space.len() {
                let expected = space.secret(0, i) & space.secret(1, i);
                assert_eq!(xor(components, i), expected, "element {i}");
            }
        });
        protocol.every_draw_is_needed(None, &layouts);
    }
}

fn comparison<R: Ring>(width: u32, samples: Option<usize>) {
    let mut shared: Vec<Vec<u32>> = Vec::new();
    let leaves = width as usize - 1;
    let mut groups = leaves;
    while groups > 1 {
        let pairs = groups / 2;
        shared.push(planes(2 * pairs - 1));
        groups -= pairs;
    }
    let own = |before: Vec<Vec<u32>>| [before, shared.clone()].concat();
    let carries = || {
        if leaves == 0 { vec![] } else { vec![planes(leaves)] }
    };
    let layouts = [own(carries()), own(carries()), own(vec![planes(width as usize)])];
    for earlier in ROTATIONS {
        let inputs = replicated(R::BITS, -(1 << (width - 1))..1 << (width - 1));
        let body = |party: &mut Rep3, given: &PartyInputs<'_>| {
            is_negative(party, &given.share::<R>(party, 0), width)
        };
        let protocol = TestedProtocol { inputs, earlier, body };
        let result = |space: &Space, outputs: &[Rep3Bit; 3]| {
            let components = outputs.each_ref().map(|o| [o.component(0), o.component(1)]);
            for i in 0..space.len() {
                let expected = u64::from(signed(space.secret(0, i), R::BITS) < 0);
                assert_eq!(xor(components, i), expected, "element {i}");
            }
        };
        match samples {
            None => protocol.check_full(&layouts, result),
            Some(samples) => protocol.check_unknown(samples, &layouts, result),
        }
        // At 6 bits that would take minutes, and shows nothing that 5 bits do not.
        if width < 6 {
            protocol.every_draw_is_needed(Some(8), &layouts);
        }
    }
}

#[test]
fn comparison_shows_nothing_and_is_exact() {
    comparison::<Z3>(1, None);
    comparison::<Z3>(2, None);
    comparison::<Z3>(3, None);
    comparison::<Z4>(3, Some(256));
    comparison::<Z4>(4, Some(256));
    comparison::<Z6>(5, Some(8));
    comparison::<Z6>(6, Some(1));
}
