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

use ditto_core::pack::packed_len;
use ditto_core::{Ring, Word};
use num_traits::{WrappingAdd, WrappingNeg, WrappingSub};

use super::transfer;
use crate::rep3::party::{Peer, Purpose, Rep3, Rep3Error, Role};
use crate::rep3::{Rep3Bit, Rep3Share, share};

/// The bits as elements of the ring.
pub(crate) fn bit_to_ring<R: Ring>(
    party: &mut Rep3,
    bits: &Rep3Bit,
) -> Result<Rep3Share<R>, Rep3Error> {
    let role = party.start("bit to ring");
    let n = bits.len();
    let k = R::BITS;
    let bit_of = |words: &[u64], i: usize| words[i / 64] >> (i % 64) & 1;
    let (b_r, b_next) = (bits.component(0), bits.component(1));
    let (first, second) = match role {
        Role::First => {
            let y0: Vec<R::Word> = party.draw(Peer::Prev, Purpose::Component, n, k);
            let messages = |i: usize| {
                let beta = R::Word::from_u64(bit_of(b_r, i) ^ bit_of(b_next, i));
                (beta, R::Word::from_u64(1).wrapping_sub(&beta))
            };
            let mut y1 = Vec::new();
            transfer::send(party, k, n, messages, |message, mask| {
                let pairs = mask.iter().zip(&y0);
                y1 = pairs.map(|(mask, y0)| mask.wrapping_add(y0).wrapping_neg()).collect();
                message.put(&y1, k)
            })?;
            party.round();
            (y0, y1)
        }
        Role::Second => {
            let gamma = |i: usize| bit_of(b_next, i) == 1;
            let (v, mut rest) =
                transfer::receive_second::<R::Word>(party, k, n, gamma, packed_len(n, k))?;
            (rest.take(n, k), v)
        }
        Role::Third => {
            let gamma = |i: usize| bit_of(b_r, i) == 1;
            let v = transfer::receive_third::<R::Word>(party, k, n, gamma)?;
            (v, party.draw(Peer::Next, Purpose::Component, n, k))
        }
    };
    Ok(share(party.id, bits.shape(), first, second))
}
