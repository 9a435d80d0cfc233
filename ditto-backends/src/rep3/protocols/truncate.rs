//! Truncation (scale-down) of a product by f bits.
//!
//! Functionality: y = floor(x / 2^f) + e with e in {0, 1}. Given x, e = 1 with probability
//! (x mod 2^f) / 2^f: stochastic rounding, without bias, and exact where 2^f divides x.
//!
//! - If x is a product that has not been reshared (x = z0 + z1 + z2, z_i at role i): z0 -= r02,
//!   z1 += r12, z2 += r02 - r12 with common randomness of the pairs. Second sends z1 to first,
//!   third sends z2 to second. Now first knows x0 + x1, and second and third know x2. That is
//!   all that truncation needs, so the third message of a resharing is never sent.
//! - If x is shared already, its low bits may have a structure that would decide the rounding; it is
//!   rerandomised by public coins first ([`super::dither`]).
//! - bias = 2^(k-2) - 1. First: a = x0 + x1 + bias mod 2^k, which together with x2 is x + bias, a
//!   value below 2^(k-1). So a + x2 wraps exactly if msb(a) or msb(x2) is set.
//! - Transfer of m_b = -(msb(a) OR b) over f bits with the choice b = msb(x2) gives the second
//!   and third role v = m_b + mask. First and third draw y0. First sends, in the same round,
//!   y1 = (a >> f) - 2^(k-2-f) + 1 - y0 - mask·2^(k-f) to the second role.
//! - Second and third: y2 = (x2 >> f) + v·2^(k-f).
//! - The sum of the two floors is that of x - 1, or one less if the lower bits of a and x2 carry; so
//!   y is floor((x - 1) / 2^f) + 1 or one less, which for uniform lower bits of x2 is as stated.
//!
//! Into a wider ring of K bits the same messages go: y0, y1, y2 of K bits, and the wrap, a multiple of
//! 2^(k-f), needs a transfer over K - k + f bits. If f is 0 there is no floor to make up for: bias is
//! 2^(k-2), the 1 is left out, and y is x.
//!
//! Cost: K + 4(K - k + f) bits an element, 1 round, which is k + 4f in the same ring; 2k more and 2
//! rounds from an unreshared product.
//! Range: |x| < 2^(k-2) as a signed integer, f <= k - 2 (so that 2^f divides the bias). Error: e
//! above; never a wrap error.
//!
//! Views. First receives z1 masked by r12, which it lacks. Second receives z2 masked by r02,
//! which it lacks, y1 masked by y0, which it lacks, and the transfer. Third receives the
//! transfer only.
//!
//! The error depends on the shares, as in every probabilistic truncation: given x, it is a function of
//! x2 mod 2^f, which second and third know. So the functionality that is realised, and proven secure, is the
//! randomised one whose rounding coin the sharing itself tosses.
//!
//! Source: Ditto (ICML 2024), section 4 and appendix A, asks for a truncation without wrap
//! errors in a 32-bit ring; this realises it by the transfer of [`super::transfer`] in place
//! of Boolean-to-arithmetic conversions (64 bits instead of 256 for k = 32, f = 8).

use std::ops::Range;

use ditto_core::pack::packed_len;
use ditto_core::{NarrowerThan, Ring, Word};
use num_traits::{WrappingAdd, WrappingNeg, WrappingSub};

use super::dither::{addend, dithered_addend};
use super::{pieces, transfer};
use crate::party::message::{Message, Received};
use crate::rep3::party::{PartyError, Peer, Purpose, Rep3, Role};
use crate::rep3::product::Rep3Product;
use crate::rep3::{Rep3Share, share};

/// x / 2^bits, for 0 < `bits` <= k - 2.
pub(crate) fn truncate<R: Ring>(
    party: &mut Rep3,
    x: Rep3Product<R>,
    bits: u32,
) -> Result<Rep3Share<R>, PartyError> {
    scale_down::<R, R>(party, "truncate", x, bits)
}

/// x / 2^bits in the ring `W`, for 0 <= `bits` <= k - 2.
pub(crate) fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
    party: &mut Rep3,
    x: Rep3Product<R>,
    bits: u32,
) -> Result<Rep3Share<W>, PartyError> {
    scale_down::<R, W>(party, "truncate and widen", x, bits)
}

/// Both, for a ring `W` that is `R` or wider.
fn scale_down<R: Ring, W: Ring>(
    party: &mut Rep3,
    operation: &'static str,
    x: Rep3Product<R>,
    bits: u32,
) -> Result<Rep3Share<W>, PartyError> {
    assert!(bits <= R::BITS - 2, "truncation by {bits} bits leaves nothing of {}", R::NAME);
    let role = party.start(operation);
    let operand = gather(party, role, x, bits)?;
    let n = operand.values.len();
    let wide = W::BITS;
    // Of the wrap, a multiple of 2^high, this many bits matter.
    let high = R::BITS - bits;
    let width = wide - high;
    let (first, second) = match role {
        Role::First => {
            let a = &operand.values;
            // Two floors lose up to one unit; without dropped bits there is nothing to make up for.
            let lost = W::Word::from_u64(u64::from(bits > 0));
            let constant = lost.wrapping_sub(&shifted::<R, W>(&top_of_bias::<R>(), bits));
            let y0: Vec<W::Word> = party.draw(Peer::Prev, Purpose::Component, n, wide);
            let one = W::Word::from_u64(1);
            let messages = |piece: Range<usize>| {
                let chosen = vec![one.wrapping_neg(); piece.len()];
                [a[piece].iter().map(transfer::negated_top::<R, _>).collect(), chosen]
            };
            let y1 = transfer::send(party, width, n, wide, messages, |piece, mask| {
                // Copies: behind references they would be read again for every element.
                let (bits, high, constant) = (bits, high, constant);
                let component = move |((a, y0), mask): ((&R::Word, &W::Word), &W::Word)| {
                    let rest = shifted::<R, W>(a, bits).wrapping_add(&constant).wrapping_sub(y0);
                    rest.wrapping_sub(&mask.shl(high))
                };
                a[piece.clone()].iter().zip(&y0[piece]).zip(mask).map(component).collect()
            })?;
            party.round();
            (y0, y1)
        }
        Role::Second | Role::Third => {
            let x2 = &operand.values;
            let choices = |piece: Range<usize>| -> Vec<W::Word> {
                x2[piece].iter().map(transfer::negated_top::<R, _>).collect()
            };
            // y2 = (x2 >> f) + v·2^(k-f).
            let mut y2 = Vec::with_capacity(n);
            let mut round = |piece: Range<usize>, v: &[W::Word]| {
                // Copies, as above.
                let (bits, high) = (bits, high);
                let sum = move |(x, v): (&R::Word, &W::Word)| {
                    shifted::<R, W>(x, bits).wrapping_add(&v.shl(high))
                };
                y2.extend(x2[piece].iter().zip(v).map(sum));
            };
            if role == Role::Second {
                let mut y1 = Vec::with_capacity(n);
                transfer::receive_second(party, width, n, wide, choices, |piece, v, beside| {
                    y1.extend(beside.take::<W::Word>(piece.len(), wide));
                    round(piece, v);
                })?;
                (y1, y2)
            } else {
                transfer::receive_third(party, width, n, choices, round)?;
                (y2, party.draw(Peer::Next, Purpose::Component, n, wide))
            }
        }
    };
    Ok(share(party.id, &operand.shape, first, second))
}

/// The word without its low `bits` bits.
#[inline(always)]
fn shifted<R: Ring, W: Ring>(x: &R::Word, bits: u32) -> W::Word {
    W::Word::from_u64(x.shr(bits).to_u64())
}

/// What makes every value in range non-negative; one less where floors are made up for.
fn bias<R: Ring>(bits: u32) -> R::Word {
    top_of_bias::<R>().wrapping_sub(&R::Word::from_u64(u64::from(bits > 0)))
}

fn top_of_bias<R: Ring>() -> R::Word {
    R::Word::from_u64(1).shl(R::BITS - 2)
}

/// What truncation works on: x0 + x1 + bias at the first role, x2 at the second and third.
struct Operand<W> {
    shape: Vec<usize>,
    values: Vec<W>,
}

fn gather<R: Ring>(
    party: &mut Rep3,
    role: Role,
    x: Rep3Product<R>,
    bits: u32,
) -> Result<Operand<R::Word>, PartyError> {
    let bias = bias::<R>(bits);
    match x {
        Rep3Product::Shared(x) => {
            let values = match bits {
                // Without dropped bits nothing is rounded.
                0 => addend(role, &x, bias),
                _ => dithered_addend(party, role, &x, bias),
            };
            Ok(Operand { shape: x.shape().to_vec(), values })
        }
        Rep3Product::Additive { shape, summand: mut z, .. } => {
            let (n, k) = (z.len(), R::BITS);
            let masks = |party: &Rep3, peer| party.stream::<R::Word>(peer, Purpose::Mask, n, k);
            let field = packed_len(n, k);
            match role {
                Role::First => {
                    let mut r02 = masks(party, Peer::Prev);
                    party.round();
                    let mut received = Received::from(party, Peer::Next, field)?;
                    for piece in pieces(n) {
                        let z1: Vec<R::Word> = received.take(piece.len(), k);
                        let r02 = r02.next(piece.len());
                        for ((z, z1), r) in z[piece].iter_mut().zip(&z1).zip(&r02) {
                            *z = z.wrapping_add(z1).wrapping_sub(r).wrapping_add(&bias);
                        }
                    }
                }
                Role::Second => {
                    let mut r12 = masks(party, Peer::Next);
                    let mut message = Message::with_capacity(field);
                    for piece in pieces(n) {
                        let mut z1 = r12.next(piece.len());
                        for (z1, z) in z1.iter_mut().zip(&z[piece]) {
                            *z1 = z1.wrapping_add(z);
                        }
                        message.append(&z1, k);
                    }
                    message.send(party, Peer::Prev)?;
                    party.round();
                    z = Received::from(party, Peer::Next, field)?.take(n, k);
                }
                Role::Third => {
                    let (mut r02, mut r12) = (masks(party, Peer::Next), masks(party, Peer::Prev));
                    let mut message = Message::with_capacity(field);
                    for piece in pieces(n) {
                        let (r02, r12) = (r02.next(piece.len()), r12.next(piece.len()));
                        let z = &mut z[piece];
                        for ((z, r02), r12) in z.iter_mut().zip(&r02).zip(&r12) {
                            *z = z.wrapping_add(r02).wrapping_sub(r12);
                        }
                        message.append(z, k);
                    }
                    message.send(party, Peer::Prev)?;
                    party.round();
                }
            }
            Ok(Operand { shape, values: z })
        }
    }
}
