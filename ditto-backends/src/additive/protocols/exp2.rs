//! The power of two of a shared exponent.
//!
//! Functionality: 2^x at the scale of k - 2 bits, for x in [-28, 0) with f fractional bits.
//!
//! - The parties draw shares of a uniform mask r of f + 5 bits and reveal c = x + r modulo 32·2^f.
//! - So x = a + c with a = -r, which the dealer knows. 2^x is a product of one of eight numbers that
//!   a fixes, chosen by c, and of a number that c fixes: see [`crate::gadgets::powers_of_two`].
//! - The dealer deals shares of the eight numbers. Each party takes the one that c says, times the
//!   factor of c.
//!
//! Cost: 1 round, f + 5 bits from each party; 8k from the dealer. Range: [-28, 0); the result for
//! lower values means nothing. Error: the rounding of both factors, see [`crate::gadgets::powers_of_two`].
//!
//! Views. c is masked by the other party's share of r. The index and the factor are functions of c,
//! which both parties know.
//!
//! Source: own; a lookup table with a masked index (compare Dessouky et al., "Pushing the
//! Communication Barrier in Secure Computation using Lookup Tables", NDSS 2017), made short by
//! 2^(a + c) = 2^a · 2^c.

use ditto_core::Ring;
use num_traits::{WrappingMul, WrappingNeg};

use crate::additive::party::{Sums, plus};
use crate::additive::{Additive, AdditiveShare, PartyError, share};
use crate::gadgets::powers_of_two::{ENTRIES, Tables};
use crate::party::streams::Purpose;

/// 2^x for exponents of `frac` fractional bits.
pub(crate) fn exp2<R: Ring>(
    party: &mut Additive,
    x: &AdditiveShare<R>,
    frac: u32,
) -> Result<AdditiveShare<R>, PartyError> {
    let tables = Tables::new::<R>(frac);
    party.begin("power of two");
    let (n, width) = (x.len(), frac + 5);
    let r: Vec<R::Word> = party.mask(Sums, Purpose::Mask, n, width);
    let c = party.reveal(Sums, plus(Sums, x.component(0).to_vec(), &r), width)?;
    let lefts = || r.iter().flat_map(|r| tables.left(r.wrapping_neg())).collect();
    let lefts = party.deal(Sums, Purpose::Component, ENTRIES * n, R::BITS, lefts)?;
    let power = |(lefts, c): (&[R::Word], &R::Word)| {
        let (index, factor) = tables.right(*c);
        lefts[index].wrapping_mul(&factor)
    };
    let powers = lefts.chunks_exact(ENTRIES).zip(&c).map(power).collect();
    Ok(share(party.id, x.shape(), powers))
}
