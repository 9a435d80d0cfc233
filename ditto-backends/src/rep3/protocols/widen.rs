//! Widening (UpCast) from Z_2^k to Z_2^K, with a scale-up by s bits.
//!
//! Functionality: y = x·2^s in the wide ring, exactly.
//!
//! - bias = 2^(k-2), h0 = x0 + bias mod 2^k. As integers, h0 + x1 + x2 = (x + bias) + (w1 + w2)·2^k
//!   with w1 = carry(h0 + x1) and, since x + bias < 2^(k-1), w2 = msb(h0 + x1 mod 2^k) OR msb(x2).
//!   First knows h0, x1 and so w1; second and third know x2.
//! - The carries are needed modulo 2^d only, d = K - k - s. Transfer over d bits with the choice
//!   msb(x2) and messages w2 - msb(h0 + x1): v = w2 - msb(h0 + x1) + mask at second and third.
//! - First and third draw W0 of d bits. First sends W1 = w1 + msb(h0 + x1) - mask - W0 to second.
//! - y0 = (h0 - bias - W0·2^k)·2^s, y1 = (x1 - W1·2^k)·2^s, y2 = (x2 - v·2^k)·2^s.
//!
//! Cost: 5d bits an element, 1 round (Low to High: d = 22, 110 bits).
//! Nothing is sent if s >= K - k: there the carries are multiples of 2^K.
//! Range: |x| < 2^(k-2) as a signed integer. Error: none.
//!
//! Views. First receives nothing. Second receives W1, masked by W0, which it lacks, and the
//! transfer. Third receives the transfer only.
//!
//! Source: the UpCast of Ditto (ICML 2024), section 4.2, whose Boolean wrap computation the
//! transfer replaces (110 bits and 1 round instead of 320 bits and 3 rounds).

use std::ops::Range;

use ditto_core::{NarrowerThan, Ring, Word};
use num_traits::{WrappingAdd, WrappingSub};

use super::transfer;
use crate::rep3::party::{PartyError, Peer, Purpose, Rep3, Role};
use crate::rep3::{Rep3Share, share};

/// x in the ring `W`, with `up` more fractional bits.
pub(crate) fn widen<R: NarrowerThan<W>, W: Ring>(
    party: &mut Rep3,
    x: &Rep3Share<R>,
    up: u32,
) -> Result<Rep3Share<W>, PartyError> {
    if R::BITS + up >= W::BITS {
        return Ok(x.map_words(|word| W::Word::from_u64(word.to_u64()).shl(up)));
    }
    let role = party.start("widen");
    let n = x.len();
    let k = R::BITS;
    let d = W::BITS - k - up;
    let bias = bias::<R>();
    let (x_r, x_next) = (x.component(0), x.component(1));

    let lifted = |word: R::Word, carry: W::Word| {
        W::Word::from_u64(word.to_u64()).wrapping_sub(&carry.shl(k)).shl(up)
    };
    // y0, from h0 and W0.
    let component0 = |x0: &[R::Word], carries: &[W::Word]| -> Vec<W::Word> {
        let wide_bias = W::Word::from_u64(bias.to_u64()).shl(up);
        let biased = |x: &R::Word, c: &W::Word| lifted(x.wrapping_add(&bias), *c);
        x0.iter().zip(carries).map(|(x, c)| biased(x, c).wrapping_sub(&wide_bias)).collect()
    };
    let component = |x: &[R::Word], carries: &[W::Word]| -> Vec<W::Word> {
        x.iter().zip(carries).map(|(&x, &c)| lifted(x, c)).collect()
    };

    let choices_of =
        |x2: &[R::Word]| -> Vec<W::Word> { x2.iter().map(transfer::negated_top::<R, _>).collect() };
    let (first, second) = match role {
        Role::First => {
            let carries0: Vec<W::Word> = party.draw(Peer::Prev, Purpose::Component, n, d);
            // For every element: h0 + x1 as an integer, its top bit and its carry.
            let sums = |piece: Range<usize>| {
                let pairs = x_r[piece.clone()].iter().zip(&x_next[piece]);
                pairs.map(|(x0, x1)| {
                    let h0 = x0.wrapping_add(&bias);
                    let sum = h0.wrapping_add(x1);
                    let carry = u64::from(sum.to_u64() < h0.to_u64());
                    (sum.shr(k - 1).to_u64(), carry)
                })
            };
            let messages = |piece: Range<usize>| {
                let chosen = |(top, _): (u64, u64)| W::Word::from_u64(1 - top);
                [vec![W::Word::default(); piece.len()], sums(piece).map(chosen).collect()]
            };
            let carries1 = transfer::send(party, d, n, d, messages, |piece, mask| {
                let known = sums(piece.clone()).zip(&carries0[piece]).zip(mask);
                known
                    .map(|(((top, carry), c0), mask)| {
                        W::Word::from_u64(top + carry).wrapping_sub(mask).wrapping_sub(c0)
                    })
                    .collect()
            })?;
            party.round();
            (component0(x_r, &carries0), component(x_next, &carries1))
        }
        Role::Second => {
            let choices = |piece: Range<usize>| choices_of(&x_next[piece]);
            let (mut y1, mut y2) = (Vec::with_capacity(n), Vec::with_capacity(n));
            transfer::receive_second(party, d, n, d, choices, |piece, v, beside| {
                let carries1: Vec<W::Word> = beside.take(piece.len(), d);
                y1.extend(component(&x_r[piece.clone()], &carries1));
                y2.extend(component(&x_next[piece], v));
            })?;
            (y1, y2)
        }
        Role::Third => {
            let choices = |piece: Range<usize>| choices_of(&x_r[piece]);
            let mut y2 = Vec::with_capacity(n);
            transfer::receive_third(party, d, n, choices, |piece, v| {
                y2.extend(component(&x_r[piece], v));
            })?;
            let carries0: Vec<W::Word> = party.draw(Peer::Next, Purpose::Component, n, d);
            (y2, component0(x_next, &carries0))
        }
    };
    Ok(share(party.id, x.shape(), first, second))
}

/// What makes every value in range non-negative.
fn bias<R: Ring>() -> R::Word {
    R::Word::from_u64(1).shl(R::BITS - 2)
}
