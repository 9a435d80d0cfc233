//! Three-party oblivious transfer with a choice that two parties know.
//!
//! Functionality: the first role knows two messages m0, m1 of d bits, the second and third role
//! know a bit b. Afterwards both know v = m_b + mask mod 2^d, and the first role knows mask,
//! which is uniform: v and -mask are an additive sharing of m_b.
//!
//! - First and third role draw k0, k1 of d bits; first and second role draw q0, q1.
//! - First: mask = k0 + q0 - m0, t = m1 + mask. Sends e = t - k1 to the second role and
//!   g = t - q1 to the third.
//! - Third sends k_b to the second role, second sends q_b to the third, in the same round.
//! - Second: v = q0 + k_b if b = 0, else e + k_b. Third: v = k0 + q_b if b = 0, else g + q_b.
//!
//! Cost: 4d bits an element, 1 round. Range: any messages. Error: none.
//!
//! Views. The first role receives nothing. The second knows b, q0, q1 and receives k_b and
//! e = t - k1. If b = 0, k0 is uniform and e is masked by k1, which it never sees; if b = 1, it
//! learns k1 and with it t = v, which is masked by k0, which it never sees. So what it sees is
//! uniform and v is the only function of the messages in it. The third role's view is the same
//! with k and q exchanged.
//!
//! Source: the three-party transfer of ABY3 (Mohassel and Rindal, CCS 2018, section 5.4), with
//! the message for choice 0 defined by the pads instead of sent.

use std::ops::Range;

use ditto_core::pack::packed_len;
use ditto_core::{Ring, Word};

use super::pieces;
use crate::party::message::{Fields, Message, Received};
use crate::rep3::party::{PartyError, Peer, Purpose, Rep3};

/// The first role's part. `messages` gives m0 and m1 of a piece of the elements; `beside` gets the
/// masks of a piece, and gives what else goes to the second role for it, `extra` bits an element: all
/// of that is the result.
pub(crate) fn send<W: Word>(
    party: &mut Rep3,
    width: u32,
    n: usize,
    extra: u32,
    messages: impl Fn(Range<usize>) -> [Vec<W>; 2],
    mut beside: impl FnMut(Range<usize>, &[W]) -> Vec<W>,
) -> Result<Vec<W>, PartyError> {
    let (second, third) = (Peer::Next, Peer::Prev);
    let stream = |peer, purpose| party.stream::<W>(peer, purpose, n, width);
    let [mut k0, mut k1] = [stream(third, Purpose::Pad0), stream(third, Purpose::Pad1)];
    let [mut q0, mut q1] = [stream(second, Purpose::Pad0), stream(second, Purpose::Pad1)];
    let field = packed_len(n, width);
    let mut to_second = Fields::new([field, packed_len(n, extra)]);
    let mut to_third = Message::with_capacity(field);
    let mut all_beside = Vec::with_capacity(if extra > 0 { n } else { 0 });
    for piece in pieces(n) {
        let len = piece.len();
        let [m0, mut t] = messages(piece.clone());
        let (mut mask, mut e, mut g, q0) = (k0.next(len), k1.next(len), q1.next(len), q0.next(len));
        for ((mask, q0), m0) in mask.iter_mut().zip(&q0).zip(&m0) {
            *mask = mask.wrapping_add(q0).wrapping_sub(m0);
        }
        for (t, mask) in t.iter_mut().zip(&mask) {
            *t = t.wrapping_add(mask);
        }
        for ((e, g), t) in e.iter_mut().zip(&mut g).zip(&t) {
            *e = t.wrapping_sub(e);
            *g = t.wrapping_sub(g);
        }
        to_third.append(&g, width);
        to_second.append(0, &e, width);
        let rest = beside(piece, &mask);
        if extra > 0 {
            to_second.append(1, &rest, extra);
            all_beside.extend_from_slice(&rest);
        }
    }
    to_third.send(party, third)?;
    to_second.send(party, second)?;
    Ok(all_beside)
}

/// The second role's part. `choices` gives, for a piece, 0 for the choice 0 and -1 for 1; `each`
/// gets v of a piece, and takes what the first role sent beside it, `extra` bits an element.
pub(crate) fn receive_second<W: Word>(
    party: &mut Rep3,
    width: u32,
    n: usize,
    extra: u32,
    choices: impl Fn(Range<usize>) -> Vec<W>,
    each: impl FnMut(Range<usize>, &[W], &mut Received),
) -> Result<(), PartyError> {
    receive(party, [Peer::Prev, Peer::Next], width, n, extra, choices, each)
}

/// The third role's part.
pub(crate) fn receive_third<W: Word>(
    party: &mut Rep3,
    width: u32,
    n: usize,
    choices: impl Fn(Range<usize>) -> Vec<W>,
    mut each: impl FnMut(Range<usize>, &[W]),
) -> Result<(), PartyError> {
    let each = |piece: Range<usize>, v: &[W], _: &mut Received| each(piece, v);
    receive(party, [Peer::Next, Peer::Prev], width, n, 0, choices, each)
}

/// Both receivers do the same, each with its own pads.
fn receive<W: Word>(
    party: &mut Rep3,
    [sender, other]: [Peer; 2],
    width: u32,
    n: usize,
    extra: u32,
    choices: impl Fn(Range<usize>) -> Vec<W>,
    mut each: impl FnMut(Range<usize>, &[W], &mut Received),
) -> Result<(), PartyError> {
    let stream = |purpose| party.stream::<W>(sender, purpose, n, width);
    let field = packed_len(n, width);
    let (mut pad0, mut pad1) = (stream(Purpose::Pad0), stream(Purpose::Pad1));
    let mut to_other = Message::with_capacity(field);
    let mut chosen = Vec::with_capacity(n);
    for piece in pieces(n) {
        let (mut own, pad1) = (pad0.next(piece.len()), pad1.next(piece.len()));
        blend(&choices(piece), &mut own, &pad1);
        to_other.append(&own, width);
        chosen.append(&mut own);
    }
    to_other.send(party, other)?;
    party.round();
    let mut received = Received::from(party, sender, field + packed_len(n, extra))?;
    let mut beside = received.field_at(field);
    let mut pads = Received::from(party, other, field)?;
    for piece in pieces(n) {
        let len = piece.len();
        // For the choice 0 this is pad 0; for 1 it is replaced.
        let v = &mut chosen[piece.clone()];
        blend(&choices(piece.clone()), v, &received.take::<W>(len, width));
        for (v, pad) in v.iter_mut().zip(&pads.take::<W>(len, width)) {
            *v = v.wrapping_add(pad);
        }
        each(piece, v, &mut beside);
    }
    Ok(())
}

/// -1 if the top bit of an element of the ring `R` is set, else 0: what choices are written as.
#[inline(always)]
pub(super) fn negated_top<R: Ring, W: Word>(x: &R::Word) -> W {
    W::from_u64(x.shr(R::BITS - 1).to_u64()).wrapping_neg()
}

/// Replaces `zero` by `one` where `choices` is -1 instead of 0, without a branch: the choice is a
/// bit of a share.
fn blend<W: Word>(choices: &[W], zero: &mut [W], one: &[W]) {
    for ((choice, zero), one) in choices.iter().zip(zero).zip(one) {
        *zero = zero.wrapping_add(&one.wrapping_sub(zero).and(*choice));
    }
}
