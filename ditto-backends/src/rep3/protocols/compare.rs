//! Comparison with zero on reduced width.
//!
//! Functionality: the XOR-shared bit x < 0, for x that fits `width` = w bits.
//!
//! - Every party drops the bits above w of its shares, which is local: the shares then add up to
//!   x mod 2^w, and the sign is bit w - 1 of a + b with a = x0 + x1 mod 2^w (known to first) and
//!   b = x2 mod 2^w (known to second and third). Values lie in planes: plane j holds bit j of
//!   all elements, 64 to a word, so every step below is a loop over words.
//! - First and second draw a1 (w planes), first sends a0 = a ^ a1 to third: (a0, a1, b) is an XOR
//!   sharing of p = a ^ b, the sum without carries.
//! - Carries of single bits, g = a AND b for the w - 1 lower planes: first and third draw s0,
//!   second and third draw t. Second sends s1 = (a1 AND b) ^ t to first, third sends
//!   s2 = (a0 AND b) ^ t ^ s0 to second; (s0, s1, s2) is a sharing of g.
//! - A tree joins neighbouring groups of bits: the carry out of both is g_high ^ p_high·g_low, and
//!   both propagate if p_high·p_low (not needed for the lowest group). One round a level, one
//!   message with all ANDs of the level.
//! - The sign is p_{w-1} ^ (the carry out of the w - 1 lower bits).
//!
//! Cost in bits an element (padded to 64 elements): w for the planes of a, 2(w - 1) for the single
//! carries, then 3 for each AND; 3w - 2 + 3(2(w - 2) - log2(w - 1)) in all if w - 1 is a power of
//! two. Rounds: 2 + ceil(log2(w - 1)). Range: |x| < 2^(w-1). Error: none.
//!
//! Views. Third receives a0, masked by a1, which it lacks. First receives s1, masked by t, which
//! it lacks. Second receives s2, masked by s0, which it lacks. Each AND as in [`super::and`].
//!
//! Source: the carry tree of ABY3 (CCS 2018), section 5.3, on two addends of which one is known
//! to one party and the other to two, and with the width that the declared range leaves.

use ditto_core::bitplanes::plane_words;
use ditto_core::{Ring, Word};
use generic_array::GenericArray;
use num_traits::WrappingAdd;

use super::and::{Planes, and};
use crate::party::message::{Message, Received};
use crate::party::shares::Bits;
use crate::rep3::party::{PartyError, Peer, Purpose, Rep3, Role};
use crate::rep3::{Rep3Bit, Rep3Share};

/// The bit x < 0 for |x| < 2^(width-1); 1 <= `width` <= k.
pub(crate) fn is_negative<R: Ring>(
    party: &mut Rep3,
    x: &Rep3Share<R>,
    width: u32,
) -> Result<Rep3Bit, PartyError> {
    assert!((1..=R::BITS).contains(&width), "a comparison has from 1 to {} bits", R::BITS);
    let role = party.start("compare");
    let words = plane_words(x.len());
    let mut sums = share_addends(party, role, x, width)?;
    let sign = split_top(&mut sums, words);
    let bits = if width == 1 {
        sign
    } else {
        let carries = single_carries(party, role, &sums)?;
        let carry = carry_out(party, carries, sums, width as usize - 1, words)?;
        Planes { first: xor(&sign.first, &carry.first), second: xor(&sign.second, &carry.second) }
    };
    Ok(Bits::new(x.shape(), GenericArray::from_array([bits.first, bits.second])))
}

fn xor(x: &[u64], y: &[u64]) -> Vec<u64> {
    x.iter().zip(y).map(|(x, y)| x ^ y).collect()
}

/// Removes the highest plane.
fn split_top(planes: &mut Planes, words: usize) -> Planes {
    let rest = planes.first.len() - words;
    Planes { first: planes.first.split_off(rest), second: planes.second.split_off(rest) }
}

/// A sharing of a ^ b, plane by plane: (a0, a1, b).
fn share_addends<R: Ring>(
    party: &mut Rep3,
    role: Role,
    x: &Rep3Share<R>,
    width: u32,
) -> Result<Planes, PartyError> {
    let count = width as usize * plane_words(x.len());
    match role {
        Role::First => {
            let pairs = x.component(0).iter().zip(x.component(1));
            let a: Vec<R::Word> = pairs.map(|(x, y)| x.wrapping_add(y)).collect();
            let a1: Vec<u64> = party.draw(Peer::Next, Purpose::Mask, count, 64);
            let a0 = xor(&R::Word::planes(&a, width), &a1);
            Message::new().put(&a0, 64).send(party, Peer::Prev)?;
            party.round();
            Ok(Planes { first: a0, second: a1 })
        }
        Role::Second => {
            let a1 = party.draw(Peer::Prev, Purpose::Mask, count, 64);
            let b = R::Word::planes(x.component(1), width);
            party.round();
            Ok(Planes { first: a1, second: b })
        }
        Role::Third => {
            let b = R::Word::planes(x.component(0), width);
            party.round();
            let a0 = Received::from(party, Peer::Next, 8 * count)?.take(count, 64);
            Ok(Planes { first: b, second: a0 })
        }
    }
}

/// A sharing of a AND b from the sharing (a0, a1, b) of a ^ b.
fn single_carries(party: &mut Rep3, role: Role, sums: &Planes) -> Result<Planes, PartyError> {
    let count = sums.first.len();
    let (x, y) = (&sums.first, &sums.second);
    match role {
        Role::First => {
            let s0 = party.draw(Peer::Prev, Purpose::Component, count, 64);
            party.round();
            let s1 = Received::from(party, Peer::Next, 8 * count)?.take(count, 64);
            Ok(Planes { first: s0, second: s1 })
        }
        Role::Second => {
            let t: Vec<u64> = party.draw(Peer::Next, Purpose::Mask, count, 64);
            let s1: Vec<u64> = (0..count).map(|i| (x[i] & y[i]) ^ t[i]).collect();
            Message::new().put(&s1, 64).send(party, Peer::Prev)?;
            party.round();
            let s2 = Received::from(party, Peer::Next, 8 * count)?.take(count, 64);
            Ok(Planes { first: s1, second: s2 })
        }
        Role::Third => {
            let t: Vec<u64> = party.draw(Peer::Prev, Purpose::Mask, count, 64);
            let s0: Vec<u64> = party.draw(Peer::Next, Purpose::Component, count, 64);
            let s2: Vec<u64> = (0..count).map(|i| (x[i] & y[i]) ^ t[i] ^ s0[i]).collect();
            Message::new().put(&s2, 64).send(party, Peer::Prev)?;
            party.round();
            Ok(Planes { first: s2, second: s0 })
        }
    }
}

/// Joins the groups, at first single bits, pairwise and lowest first, until the carry out of all
/// is left. Their number comes from the width: an empty tensor takes as many rounds as any.
fn carry_out(
    party: &mut Rep3,
    mut carries: Planes,
    mut propagates: Planes,
    mut groups: usize,
    words: usize,
) -> Result<Planes, PartyError> {
    while groups > 1 {
        party.step();
        let pairs = groups / 2;
        let group = |i: usize| i * words..(i + 1) * words;
        let operand = || Planes::with_capacity((2 * pairs - 1) * words);
        let (mut left, mut right) = (operand(), operand());
        for i in 0..pairs {
            left.extend_from(&propagates, group(2 * i + 1));
            right.extend_from(&carries, group(2 * i));
        }
        for i in 1..pairs {
            left.extend_from(&propagates, group(2 * i + 1));
            right.extend_from(&propagates, group(2 * i));
        }
        let joined = and(party, left.components(), right.components())?;

        let next = || Planes::with_capacity((groups - pairs) * words);
        let (mut next_carries, mut next_propagates) = (next(), next());
        for i in 0..pairs {
            let (high, sum) = (group(2 * i + 1), group(i));
            next_carries
                .first
                .extend(xor(&carries.first[high.clone()], &joined.first[sum.clone()]));
            next_carries.second.extend(xor(&carries.second[high], &joined.second[sum]));
            // The lowest group's propagation is never read; its own plane keeps the places.
            let from =
                if i == 0 { (&propagates, group(0)) } else { (&joined, group(pairs + i - 1)) };
            next_propagates.extend_from(from.0, from.1);
        }
        if groups % 2 == 1 {
            next_carries.extend_from(&carries, group(groups - 1));
            next_propagates.extend_from(&propagates, group(groups - 1));
        }
        (carries, propagates) = (next_carries, next_propagates);
        groups -= pairs;
    }
    Ok(carries)
}
