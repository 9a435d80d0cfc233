//! Truncation: scaling down by a power of two, in one ring or into a wider one.
//!
//! Functionality: y = floor(x / 2^f) + u in a ring of w >= k bits, u = 1 with probability
//! (x mod 2^f) / 2^f, else 0.
//!
//! - The parties draw shares of a uniform mask r of k bits. The dealer deals shares of r >> f, modulo
//!   2^w, and of the top bit m of r, modulo 2^(w - k + f).
//! - They reveal c = x + bias + r mod 2^k, where bias = 2^(k-2) and 0 <= x + bias < 2^(k-1).
//! - c + v·2^k = x + bias + r as integers, where v = 1 if the sum wraps. It does exactly if m = 1 and
//!   the top bit of c is 0: a wrap takes r >= 2^(k-1) and leaves c < 2^(k-1), and where r >= 2^(k-1)
//!   does not wrap, c is no less.
//! - So y = (c >> f) - (bias >> f) - (r >> f) + v·2^(k-f), and v, which is m or 0 as the public top
//!   bit of c says, is shared.
//!
//! Cost: 1 round, k bits from each party; w + (w - k + f) from the dealer. With f = 0 and w = k
//! nothing is done. Range: |x| < 2^(k-2), f <= k - 2. Error: floor((x + r) / 2^f) - floor(r / 2^f) is
//! floor(x / 2^f), or 1 more if the lower parts of x and r carry, which they do with the stated
//! probability, as r's is uniform: {0, 1} ulp, without bias.
//!
//! Views. c is masked by the other party's share of r.
//!
//! The rounding depends on r, and the parties see the sum of r and x. So the functionality that is
//! secure is the randomised one: it draws r, rounds by it, and tells the parties c, which by itself is
//! uniform whatever x is.
//!
//! Source: the probabilistic truncation of Catrina and de Hoogh (SCN 2010) with a dealt mask, and the
//! wrap bit of Escudero et al. (CRYPTO 2020, section 5) from m and c.

use ditto_core::{NarrowerThan, Ring, Word};
use num_traits::{WrappingAdd, WrappingMul, WrappingSub};

use crate::additive::party::{Sums, plus};
use crate::additive::{Additive, AdditiveShare, PartyError, share};
use crate::party::streams::Purpose;

/// Scales down within a ring.
pub(crate) fn truncate<R: Ring>(
    party: &mut Additive,
    x: AdditiveShare<R>,
    bits: u32,
) -> Result<AdditiveShare<R>, PartyError> {
    check::<R>(bits);
    if bits == 0 {
        return Ok(x);
    }
    party.begin("truncate");
    scale_down::<R, R>(party, &x, bits)
}

/// Scales down into a wider ring.
pub(crate) fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
    party: &mut Additive,
    x: &AdditiveShare<R>,
    bits: u32,
) -> Result<AdditiveShare<W>, PartyError> {
    check::<R>(bits);
    party.begin("truncate and widen");
    scale_down::<R, W>(party, x, bits)
}

fn check<R: Ring>(bits: u32) {
    assert!(bits <= R::BITS - 2, "truncation by {bits} bits leaves nothing of {}", R::NAME);
}

fn scale_down<R: Ring, W: Ring>(
    party: &mut Additive,
    x: &AdditiveShare<R>,
    bits: u32,
) -> Result<AdditiveShare<W>, PartyError> {
    let (n, k) = (x.len(), R::BITS);
    let (wide, narrow) = (W::Word::from_u64, R::Word::from_u64);
    let bias = narrow(1).shl(k - 2);
    let r: Vec<R::Word> = party.mask(Sums, Purpose::Mask, n, k);
    let shifted = x.add_constant(bias);
    let c = party.reveal(Sums, plus(Sums, shifted.component(0).to_vec(), &r), k)?;

    let high = || r.iter().map(|r| wide(r.shr(bits).to_u64())).collect();
    let high = party.deal(Sums, Purpose::Component, n, W::BITS, high)?;
    let top = || r.iter().map(|r| wide(r.shr(k - 1).to_u64())).collect();
    // As many bits as are left of it above 2^(k - bits).
    let width = W::BITS - (k - bits);
    let top: Vec<W::Word> = party.deal(Sums, Purpose::SecondComponent, n, width, top)?;

    let first = party.adds_constants();
    let y = c.iter().zip(&high).zip(&top).map(|((c, high), top)| {
        // 1 where the sum wraps if the mask's top bit is set.
        let open = 1 - c.shr(k - 1).to_u64();
        let wrap = top.wrapping_mul(&wide(open)).shl(k - bits);
        let public = wide(c.shr(bits).to_u64()).wrapping_sub(&wide(bias.shr(bits).to_u64()));
        let known = if first { public } else { W::Word::default() };
        known.wrapping_add(&wrap).wrapping_sub(high)
    });
    let y = y.collect();
    Ok(share(party.id, x.shape(), y))
}
