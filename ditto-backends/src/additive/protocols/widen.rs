//! Widening: from Z_2^k to Z_2^w, with a scale-up by s bits.
//!
//! Functionality: y = x·2^s mod 2^w.
//!
//! - For s >= w - k this is local: y_i = x_i·2^s, as the wrap of the narrow ring becomes 0.
//! - Otherwise the parties draw shares r0, r1 of a uniform mask r of k bits. The dealer deals shares,
//!   modulo 2^(w - k - s), of the top bit m of r, and of g = 1 if r0 + r1 wraps, else 0.
//! - They reveal c = x + bias + r mod 2^k, bias = 2^(k-2). It wraps by v·2^k, v = m if the top bit of
//!   c is 0, else 0, as in truncation.
//! - x = c - bias - r + v·2^k and r = r0 + r1 - g·2^k as integers, so
//!   y = (c - bias)·2^s - (r0 + r1)·2^s + (g + v)·2^(k+s).
//!
//! Cost: 1 round, k bits from each party; 2(w - k - s) from the dealer. Nothing for s >= w - k.
//! Range: |x| < 2^(k-2). Error: none.
//!
//! Views. c is masked by the other party's share of r.
//!
//! Source: own, after the truncation; compare the share extension of Rathee et al. (SIRNN, S&P 2021).

use ditto_core::{NarrowerThan, Ring, Word};
use num_traits::{WrappingAdd, WrappingMul, WrappingSub};

use crate::additive::party::{Sums, plus};
use crate::additive::{Additive, AdditiveShare, PartyError, share};
use crate::party::streams::{Peer, Purpose};

/// Widens with `up` more fractional bits.
pub(crate) fn widen<R: NarrowerThan<W>, W: Ring>(
    party: &mut Additive,
    x: &AdditiveShare<R>,
    up: u32,
) -> Result<AdditiveShare<W>, PartyError> {
    let (n, k) = (x.len(), R::BITS);
    let (wide, narrow) = (W::Word::from_u64, R::Word::from_u64);
    if k + up >= W::BITS {
        return Ok(x.map_words(|x| wide(x.to_u64()).shl(up)));
    }
    party.begin("widen");
    let width = W::BITS - k - up;
    let bias = narrow(1).shl(k - 2);
    // The shares, which the dealer needs as such.
    let draw = |party: &Additive, peer| party.draw::<R::Word>(peer, Purpose::Mask, n, k);
    let shifted = x.add_constant(bias);
    let (r, [r0, r1]) = if party.is_dealer() {
        (Vec::new(), [draw(party, Peer::Next), draw(party, Peer::Prev)])
    } else {
        (draw(party, party.dealer()), [Vec::new(), Vec::new()])
    };
    let sum = |(r0, r1): (&R::Word, &R::Word)| r0.wrapping_add(r1);
    let masked = plus(Sums, shifted.component(0).to_vec(), &r);
    let c = party.reveal(Sums, masked, k)?;

    let top = || r0.iter().zip(&r1).map(|pair| wide(sum(pair).shr(k - 1).to_u64())).collect();
    let top: Vec<W::Word> = party.deal(Sums, Purpose::Component, n, width, top)?;
    let carry = || {
        let pairs = r0.iter().zip(&r1);
        pairs.map(|pair| wide((sum(pair).to_u64() < pair.0.to_u64()).into())).collect()
    };
    let carry: Vec<W::Word> = party.deal(Sums, Purpose::SecondComponent, n, width, carry)?;
    if party.is_dealer() {
        return Ok(share(party.id, x.shape(), vec![W::Word::default(); n]));
    }

    let first = party.adds_constants();
    let y = c.iter().zip(&r).zip(top.iter().zip(&carry)).map(|((c, r), (top, carry))| {
        let open = 1 - c.shr(k - 1).to_u64();
        let wrap = top.wrapping_mul(&wide(open)).wrapping_add(carry).shl(k + up);
        let public = wide(c.to_u64()).wrapping_sub(&wide(bias.to_u64()));
        let known = if first { public } else { W::Word::default() };
        known.wrapping_sub(&wide(r.to_u64())).shl(up).wrapping_add(&wrap)
    });
    let y = y.collect();
    Ok(share(party.id, x.shape(), y))
}
