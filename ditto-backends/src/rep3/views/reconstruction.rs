//! What the parties' results stand for, and whether it is what the protocol states.

use std::collections::HashMap;
use std::sync::Arc;

use ditto_core::tiny::Z4;
use ditto_core::{Ring, Word};
use num_traits::WrappingAdd;

use super::enumeration::{Extent, Space};
use super::tested_protocol::{PartyInputs, TestedProtocol};
use crate::rep3::Rep3Share;
use crate::rep3::party::{PartyError, Rep3};

/// The representative of `value` in -2^(bits-1)..2^(bits-1).
pub(super) fn signed(value: u64, bits: u32) -> i64 {
    ((value << (64 - bits)) as i64) >> (64 - bits)
}

/// Element `i` of a shared result, whose copies must agree.
pub(super) fn sum<R: Ring>(outputs: &[Rep3Share<R>; 3], i: usize) -> R::Word {
    for p in 0..3 {
        let (mine, theirs) = (outputs[p].component(1)[i], outputs[(p + 1) % 3].component(0)[i]);
        assert_eq!(mine, theirs, "a component at party {p} and the next, element {i}");
    }
    let [a, b, c] = outputs.each_ref().map(|o| o.component(0)[i]);
    a.wrapping_add(&b).wrapping_add(&c)
}

/// Bit `i` of a shared plane, whose copies must agree.
pub(super) fn xor(components: [[&[u64]; 2]; 3], i: usize) -> u64 {
    let bit = |p: usize, c: usize| components[p % 3][c][i / 64] >> (i % 64) & 1;
    for p in 0..3 {
        assert_eq!(bit(p, 1), bit(p + 1, 0), "a component at party {p} and the next, bit {i}");
    }
    bit(0, 0) ^ bit(1, 0) ^ bit(2, 0)
}

/// Every element is floor(x / 2^bits) or 1 more, for x in `R`; and over all shares, 1 more with the
/// stated probability (x mod 2^bits) / 2^bits exactly.
pub(super) fn rounds_as_stated<R: Ring, W: Ring>(
    space: &Space,
    outputs: &[Rep3Share<W>; 3],
    bits: u32,
    everything: bool,
) {
    let mut rounded: HashMap<i64, (u64, u64)> = HashMap::new();
    for i in 0..space.len() {
        let x = signed(space.secret(0, i), R::BITS);
        let error = sum(outputs, i).to_i64() - (x >> bits);
        assert!(
            error == 0 || (error == 1 && bits > 0),
            "{x} / 2^{bits} has the error {error}, element {i}"
        );
        let (up, all) = rounded.entry(x).or_default();
        *up += error as u64;
        *all += 1;
    }
    if everything {
        for (x, (up, all)) in rounded {
            let chances = x.rem_euclid(1 << bits) as u64;
            assert_eq!(up << bits, all * chances, "how often {x} / 2^{bits} is rounded up");
        }
    }
}

/// Every party gets the value, from a message that the value and its own components determine.
pub(super) fn opened<F>(protocol: &TestedProtocol<F>)
where
    F: Fn(&mut Rep3, &PartyInputs<'_>) -> Result<Vec<<Z4 as Ring>::Word>, PartyError> + Sync,
{
    let space = Arc::new(Space::new(&protocol.inputs, &[], Extent::Full));
    let transcript = protocol.run(&space, &[], None);
    for party in 0..3 {
        let [message] = &transcript.received[party][..] else {
            panic!("party {party} receives {} messages", transcript.received[party].len());
        };
        for i in 0..space.len() {
            let x = space.secret(0, i);
            assert_eq!(transcript.outputs[party][i].to_u64(), x);
            let own = space.component(0, party, i) + space.component(0, (party + 1) % 3, i);
            let seen = u64::from(message[i / 2] >> (4 * (i % 2))) & 15;
            assert_eq!(seen, x.wrapping_sub(own) & 15, "party {party}, element {i}");
        }
    }
}
