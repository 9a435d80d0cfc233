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

use ditto_core::Word;
use ditto_core::pack::packed_len;

use crate::rep3::message::{Message, Received};
use crate::rep3::party::{Peer, Purpose, Rep3, Rep3Error};

/// The first role's part: returns the masks. `extra` makes the rest of the message to the second
/// role, in the same round, from the masks.
pub(crate) fn send<W: Word>(
    party: &mut Rep3,
    width: u32,
    n: usize,
    messages: impl Fn(usize) -> (W, W),
    extra: impl FnOnce(Message, &[W]) -> Message,
) -> Result<(), Rep3Error> {
    let (second, third) = (Peer::Next, Peer::Prev);
    let mut to_second: Vec<W> = party.draw(third, Purpose::Pad1, n, width);
    let mut to_third: Vec<W> = party.draw(second, Purpose::Pad1, n, width);
    let mut mask: Vec<W> = party.draw(third, Purpose::Pad0, n, width);
    let q0: Vec<W> = party.draw(second, Purpose::Pad0, n, width);
    for (i, q0) in q0.iter().enumerate() {
        let (m0, m1) = messages(i);
        mask[i] = mask[i].wrapping_add(q0).wrapping_sub(&m0);
        let t = m1.wrapping_add(&mask[i]);
        to_second[i] = t.wrapping_sub(&to_second[i]);
        to_third[i] = t.wrapping_sub(&to_third[i]);
    }
    Message::new().put(&to_third, width).send(party, third)?;
    extra(Message::new().put(&to_second, width), &mask).send(party, second)
}

/// The second role's part: returns v, and what the first role sent beside it (`extra` bytes).
pub(crate) fn receive_second<W: Word>(
    party: &mut Rep3,
    width: u32,
    n: usize,
    choice: impl Fn(usize) -> bool,
    extra: usize,
) -> Result<(Vec<W>, Received), Rep3Error> {
    receive(party, Peer::Prev, Peer::Next, width, n, choice, extra)
}

/// The third role's part: returns v.
pub(crate) fn receive_third<W: Word>(
    party: &mut Rep3,
    width: u32,
    n: usize,
    choice: impl Fn(usize) -> bool,
) -> Result<Vec<W>, Rep3Error> {
    Ok(receive(party, Peer::Next, Peer::Prev, width, n, choice, 0)?.0)
}

/// Both receivers do the same, each with its own pads.
fn receive<W: Word>(
    party: &mut Rep3,
    sender: Peer,
    other: Peer,
    width: u32,
    n: usize,
    choice: impl Fn(usize) -> bool,
    extra: usize,
) -> Result<(Vec<W>, Received), Rep3Error> {
    let pad0: Vec<W> = party.draw(sender, Purpose::Pad0, n, width);
    let pad1: Vec<W> = party.draw(sender, Purpose::Pad1, n, width);
    // Without a branch: the choice is a bit of a share.
    let mask_of = |i: usize| W::from_u64(u64::from(choice(i))).wrapping_neg();
    let chosen: Vec<W> = (0..n).map(|i| blend(mask_of(i), pad0[i], pad1[i])).collect();
    Message::new().put(&chosen, width).send(party, other)?;
    party.round();
    let field = packed_len(n, width);
    let mut received = Received::from(party, sender, field + extra)?;
    let offered: Vec<W> = received.take(n, width);
    let pads: Vec<W> = Received::from(party, other, field)?.take(n, width);
    let v = (0..n).map(|i| blend(mask_of(i), pad0[i], offered[i]).wrapping_add(&pads[i])).collect();
    Ok((v, received))
}

/// `zero` where `mask` is 0, `one` where it is all ones.
#[inline(always)]
fn blend<W: Word>(mask: W, zero: W, one: W) -> W {
    zero.wrapping_add(&one.wrapping_sub(&zero).and(mask))
}
