//! The two addends of a value that protocols work on, and the same divided anew by public coins.
//!
//! Functionality: r uniform and known to all three; first gets x0 + x1 + r, second and third x2 - r.
//!
//! What rounds or looks up by the low bits of x2 is fair only if they are uniform, and those of a
//! sharing that local arithmetic has made need not be: see [`crate::party::dither`]. Local, nothing is sent.

use ditto_core::Ring;
use num_traits::{WrappingAdd, WrappingSub};

use super::pieces;
use crate::party::streams::Shared;
use crate::rep3::Rep3Share;
use crate::rep3::party::{Purpose, Rep3, Role};

/// x0 + x1 + `offset` at first, x2 at second and third.
pub(crate) fn addend<R: Ring>(role: Role, x: &Rep3Share<R>, offset: R::Word) -> Vec<R::Word> {
    match role {
        Role::First => {
            let pairs = x.component(0).iter().zip(x.component(1));
            pairs.map(|(x0, x1)| x0.wrapping_add(x1).wrapping_add(&offset)).collect()
        }
        Role::Second => x.component(1).to_vec(),
        Role::Third => x.component(0).to_vec(),
    }
}

/// As [`addend`], with the coins of the current operation.
pub(crate) fn dithered_addend<R: Ring>(
    party: &Rep3,
    role: Role,
    x: &Rep3Share<R>,
    offset: R::Word,
) -> Vec<R::Word> {
    let mut addend = addend(role, x, offset);
    let mut coins = party.stream::<R::Word>(Shared::All, Purpose::Dither, x.len(), R::BITS);
    for piece in pieces(x.len()) {
        let coins = coins.next(piece.len());
        let pairs = addend[piece].iter_mut().zip(&coins);
        match role {
            Role::First => pairs.for_each(|(x, r)| *x = x.wrapping_add(r)),
            Role::Second | Role::Third => pairs.for_each(|(x, r)| *x = x.wrapping_sub(r)),
        }
    }
    addend
}
