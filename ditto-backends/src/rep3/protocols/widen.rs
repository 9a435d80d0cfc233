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

use ditto_core::pack::packed_len;
use ditto_core::{NarrowerThan, Ring, Word};
use num_traits::{WrappingAdd, WrappingSub};

use super::transfer;
use crate::rep3::party::{Peer, Purpose, Rep3, Rep3Error, Role};
use crate::rep3::{Rep3Share, share};

/// x in the ring `W`, with `up` more fractional bits.
pub(crate) fn widen<R: NarrowerThan<W>, W: Ring>(
    party: &mut Rep3,
    x: &Rep3Share<R>,
    up: u32,
) -> Result<Rep3Share<W>, Rep3Error> {
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

    let (first, second) = match role {
        Role::First => {
            let carries0: Vec<W::Word> = party.draw(Peer::Prev, Purpose::Component, n, d);
            // For every element: h0 + x1 as an integer, its top bit and its carry.
            let sum = |i: usize| {
                let h0 = x_r[i].wrapping_add(&bias);
                (h0.to_u64() as u128) + (x_next[i].to_u64() as u128)
            };
            let top = |i: usize| W::Word::from_u64((sum(i) >> (k - 1)) as u64 & 1);
            let carry = |i: usize| W::Word::from_u64((sum(i) >> k) as u64);
            let messages =
                |i: usize| (W::Word::default(), W::Word::from_u64(1).wrapping_sub(&top(i)));
            let mut carries1 = Vec::new();
            transfer::send(party, d, n, messages, |message, mask| {
                carries1 = (0..n)
                    .map(|i| {
                        let known = carry(i).wrapping_add(&top(i));
                        known.wrapping_sub(&mask[i]).wrapping_sub(&carries0[i])
                    })
                    .collect();
                message.put(&carries1, d)
            })?;
            party.round();
            (component0(x_r, &carries0), component(x_next, &carries1))
        }
        Role::Second => {
            let choice = |i: usize| x_next[i].shr(k - 1) != R::Word::default();
            let (v, mut rest) =
                transfer::receive_second::<W::Word>(party, d, n, choice, packed_len(n, d))?;
            let carries1: Vec<W::Word> = rest.take(n, d);
            (component(x_r, &carries1), component(x_next, &v))
        }
        Role::Third => {
            let choice = |i: usize| x_r[i].shr(k - 1) != R::Word::default();
            let v = transfer::receive_third::<W::Word>(party, d, n, choice)?;
            let carries0: Vec<W::Word> = party.draw(Peer::Next, Purpose::Component, n, d);
            (component(x_r, &v), component0(x_next, &carries0))
        }
    };
    Ok(share(party.id, x.shape(), first, second))
}

/// What makes every value in range non-negative.
fn bias<R: Ring>() -> R::Word {
    R::Word::from_u64(1).shl(R::BITS - 2)
}
