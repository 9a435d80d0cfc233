//! AND of XOR-shared bits, 64 to a word.
//!
//! Functionality: z = x AND y, and, where two products have a left factor in common, x AND y'.
//!
//! As the products of a ring: shares of uniform masks a, b and b' are drawn, shares of a AND b and
//! a AND b' dealt, and d = x ^ a, e = y ^ b, e' = y' ^ b' revealed. z_i = (d AND y_i) ^ (a_i AND e)
//! ^ c_i.
//!
//! Cost: 1 round. Each party sends a bit for each bit of x, y and y', the dealer one for each of the
//! results. Views: d, e and e' are masked by the other party's shares of a, b and b'.
//!
//! Source: Beaver, CRYPTO 1991.

use crate::additive::party::{Xors, minus};
use crate::additive::{Additive, PartyError};
use crate::party::streams::Purpose;

/// The products of `x` with `y`, which has the same length, and of the last words of `x` with
/// `also`, which may be shorter. An operation of its own must have been started.
pub(crate) fn and(
    party: &mut Additive,
    x: &[u64],
    y: &[u64],
    also: &[u64],
) -> Result<[Vec<u64>; 2], PartyError> {
    let n = x.len();
    assert_eq!(n, y.len(), "words of both factors");
    let rest = n - also.len();
    let rights = [y, also].concat();
    let a = party.mask(Xors, Purpose::Mask, n, 64);
    let b = party.mask(Xors, Purpose::SecondMask, rights.len(), 64);
    let mut masked = minus(Xors, x, &a);
    masked.extend(minus(Xors, &rights, &b));
    let mut d = party.reveal(Xors, masked, 64)?;
    let e = d.split_off(n);
    // The left factors of all products.
    let lefts = |left: &[u64]| [left, &left[rest..]].concat();
    let secret = || lefts(&a).iter().zip(&b).map(|(a, b)| a & b).collect();
    let mut z: Vec<u64> = party.deal(Xors, Purpose::Component, rights.len(), 64, secret)?;
    if !party.is_dealer() {
        let cross = lefts(&d).into_iter().zip(&rights).zip(lefts(&a).into_iter().zip(&e));
        for (z, ((d, y), (a, e))) in z.iter_mut().zip(cross) {
            *z ^= d & y ^ a & e;
        }
    }
    let second = z.split_off(n);
    Ok([z, second])
}
