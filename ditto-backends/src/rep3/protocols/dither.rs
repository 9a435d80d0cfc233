//! The two addends of a value that protocols work on, and the same rerandomised by public coins.
//!
//! Functionality: r uniform and known to all three; first gets x0 + x1 + r, second and third x2 - r.
//!
//! Rounding and lookups by the low bits of x2 are fair only if these are uniform, and those of a sharing
//! that local arithmetic has made need not be: see [`crate::party::dither`]. This is local: nothing is
//! sent.

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
    let mut coins = party.stream::<R::Word>(Shared::All, Purpose::Dither, x.len(), R::BITS);
    let mut addend = Vec::with_capacity(x.len());
    for piece in pieces(x.len()) {
        let coins = coins.next(piece.len());
        match role {
            Role::First => {
                let pairs = x.component(0)[piece.clone()].iter().zip(&x.component(1)[piece]);
                let sum = |(x0, x1): (&R::Word, &R::Word)| x0.wrapping_add(x1);
                let plus = |(x, r): (R::Word, &R::Word)| x.wrapping_add(r).wrapping_add(&offset);
                addend.extend(pairs.map(sum).zip(&coins).map(plus));
            }
            Role::Second | Role::Third => {
                let x2 = x.component(if role == Role::Second { 1 } else { 0 });
                let minus = |(x, r): (&R::Word, &R::Word)| x.wrapping_sub(r);
                addend.extend(x2[piece].iter().zip(&coins).map(minus));
            }
        }
    }
    addend
}
