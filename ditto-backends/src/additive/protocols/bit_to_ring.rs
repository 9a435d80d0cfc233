//! A bit as a ring element.
//!
//! Functionality: the integer b of a bit b = b0 xor b1.
//!
//! - The parties draw shares of a uniform bit r, and the dealer deals it in the ring as well.
//! - They reveal c = b xor r. Then b = c xor r = c + r - 2·c·r, which is linear in r.
//!
//! Cost: 1 round, 1 bit from each party (a tensor's bits are padded to a multiple of 64); k from the
//! dealer. Range: any bit. Error: none.
//!
//! Views. c is masked by the other party's share of r.
//!
//! Source: doubly authenticated bits without the authentication (Rotaru and Wood, INDOCRYPT 2019).

use ditto_core::bitplanes::{bits_to_words, plane_words};
use ditto_core::{Ring, Word};
use num_traits::{WrappingAdd, WrappingMul, WrappingSub};

use crate::additive::party::{Sums, Xors, plus};
use crate::additive::{Additive, AdditiveBit, AdditiveShare, PartyError, share};
use crate::party::streams::Purpose;

/// Every bit as 0 or 1 in the ring.
pub(crate) fn bit_to_ring<R: Ring>(
    party: &mut Additive,
    bit: &AdditiveBit,
) -> Result<AdditiveShare<R>, PartyError> {
    party.begin("bit to ring");
    let n = bit.len();
    let words = plane_words(n);
    let integers = |plane: &[u64]| -> Vec<R::Word> {
        let mut integers: Vec<u64> = Vec::with_capacity(n);
        bits_to_words(plane, n, &mut integers);
        integers.into_iter().map(R::Word::from_u64).collect()
    };
    let r = party.mask(Xors, Purpose::Mask, words, 64);
    let c = party.reveal(Xors, plus(Xors, bit.component(0).to_vec(), &r), 64)?;
    let secret = || integers(&r);
    let r = party.deal(Sums, Purpose::Component, n, R::BITS, secret)?;
    let first = party.adds_constants();
    let b = integers(&c).into_iter().zip(&r).map(|(c, r)| {
        // r or -r, as c says, and c itself.
        let known = if first { c } else { R::Word::default() };
        let twice = c.wrapping_mul(r).shl(1);
        known.wrapping_add(r).wrapping_sub(&twice)
    });
    let b = b.collect();
    Ok(share(party.id, bit.shape(), b))
}
