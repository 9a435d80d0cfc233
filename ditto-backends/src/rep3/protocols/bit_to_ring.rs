//! Bit to ring (B2A): a XOR-shared bit as the integer 0 or 1 of Z_2^k.
//!
//! Functionality: y = b0 xor b1 xor b2 as an integer.
//!
//! - First knows beta = b0 xor b1, second and third know gamma = b2. The integer
//!   beta xor gamma is beta if gamma = 0 and 1 - beta if gamma = 1: a message that gamma chooses.
//! - Transfer over k bits: y2 = v at second and third. First and third draw y0; first sends
//!   y1 = -mask - y0 to second, in the same round.
//!
//! Cost: 5k bits an element, 1 round. Range: any bit. Error: none.
//!
//! Views. First receives nothing. Second receives y1, masked by y0, which it lacks, and the
//! transfer. Third receives the transfer only.
//!
//! Source: as for [`super::transfer`]; compare ABY3 (CCS 2018), section 5.4.

use std::ops::Range;

use ditto_core::{Ring, Word};
use num_traits::{WrappingAdd, WrappingNeg, WrappingSub};

use super::transfer;
use crate::rep3::party::{PartyError, Peer, Purpose, Rep3, Role};
use crate::rep3::{Rep3Bit, Rep3Share, share};

/// The bits as elements of the ring.
pub(crate) fn bit_to_ring<R: Ring>(
    party: &mut Rep3,
    bits: &Rep3Bit,
) -> Result<Rep3Share<R>, PartyError> {
    let role = party.start("bit to ring");
    let n = bits.len();
    let k = R::BITS;
    let (b_r, b_next) = (bits.component(0), bits.component(1));
    // Pieces begin at whole words.
    let bits_of = |words: &[u64], piece: Range<usize>| -> Vec<R::Word> {
        let mut bits = Vec::with_capacity(piece.len().next_multiple_of(64));
        for word in &words[piece.start / 64..piece.end.div_ceil(64)] {
            bits.extend((0..64).map(|i| R::Word::from_u64(word >> i & 1)));
        }
        bits.truncate(piece.len());
        bits
    };
    let (first, second) = match role {
        Role::First => {
            let y0: Vec<R::Word> = party.draw(Peer::Prev, Purpose::Component, n, k);
            let sum: Vec<u64> = b_r.iter().zip(b_next).map(|(b0, b1)| b0 ^ b1).collect();
            let messages = |piece: Range<usize>| {
                let beta = bits_of(&sum, piece);
                let one = R::Word::from_u64(1);
                let complement = beta.iter().map(|beta| one.wrapping_sub(beta)).collect();
                [beta, complement]
            };
            let y1 = transfer::send(party, k, n, k, messages, |piece, mask| {
                let component =
                    |(mask, y0): (&R::Word, &R::Word)| mask.wrapping_add(y0).wrapping_neg();
                mask.iter().zip(&y0[piece]).map(component).collect()
            })?;
            party.round();
            (y0, y1)
        }
        Role::Second => {
            let choices = |piece: Range<usize>| negated(bits_of(b_next, piece));
            let (mut y1, mut y2) = (Vec::with_capacity(n), Vec::with_capacity(n));
            transfer::receive_second(party, k, n, k, choices, |piece, v, beside| {
                y1.extend(beside.take::<R::Word>(piece.len(), k));
                y2.extend_from_slice(v);
            })?;
            (y1, y2)
        }
        Role::Third => {
            let choices = |piece: Range<usize>| negated(bits_of(b_r, piece));
            let mut y2 = Vec::with_capacity(n);
            transfer::receive_third(party, k, n, choices, |_, v| y2.extend_from_slice(v))?;
            (y2, party.draw(Peer::Next, Purpose::Component, n, k))
        }
    };
    Ok(share(party.id, bits.shape(), first, second))
}

/// -1 for 1 and 0 for 0.
fn negated<W: Word>(mut bits: Vec<W>) -> Vec<W> {
    for bit in &mut bits {
        *bit = bit.wrapping_neg();
    }
    bits
}
