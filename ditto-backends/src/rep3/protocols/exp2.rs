//! The power of two of a shared exponent.
//!
//! Functionality: 2^x at the scale of k - 2 bits, for x in [-28, 0) with f fractional bits, as
//! sums of what the second and the third role hold.
//!
//! - First knows a = x0 + x1, second and third know b = x2; x = a + b modulo 32·2^f. The power is a
//!   product of a number that a fixes up to a choice of eight by b, and of a number that b fixes: see
//!   [`crate::power`].
//! - First shares the eight numbers U(a): U0 is drawn by first and third, first sends U1 = U - U0 to
//!   second.
//! - Second takes the summand U1[h_b]·V(b), third U0[h_b]·V(b), first 0.
//!
//! Cost: 8k bits an element, 1 round; what comes out is an additive sharing like that of any
//! product, and is scaled down like one. Range: [-28, 0); the result for lower values means
//! nothing. Error: the rounding of both factors, see [`ditto_core::Backend::exp2`].
//!
//! Views. Second receives U1, masked by U0, which it lacks. First and third receive nothing.
//!
//! Source: own; a lookup table whose index is shared (compare Dessouky et al., "Pushing the
//! Communication Barrier in Secure Computation using Lookup Tables", NDSS 2017), made short by
//! 2^(a + b) = 2^a · 2^b.

use ditto_core::pack::packed_len;
use ditto_core::Ring;
use num_traits::{WrappingAdd, WrappingMul, WrappingSub};

use crate::power::{ENTRIES, Tables};
use crate::rep3::Rep3Share;
use crate::rep3::backend::Rep3Product;
use crate::rep3::message::{Message, Received};
use crate::rep3::party::{Peer, Purpose, Rep3, Rep3Error, Role};

/// 2^x for exponents of `frac` fractional bits.
pub(crate) fn exp2<R: Ring>(
    party: &mut Rep3,
    x: &Rep3Share<R>,
    frac: u32,
) -> Result<Rep3Product<R>, Rep3Error> {
    let tables = Tables::new::<R>(frac);
    let role = party.start("power of two");
    let (n, k) = (x.len(), R::BITS);
    let entries = ENTRIES * n;
    // The entry that b chooses, times the factor that b fixes.
    let chosen = |table: &[R::Word], x2: &[R::Word]| -> Vec<R::Word> {
        let product = |(entries, b): (&[R::Word], &R::Word)| {
            let (index, factor) = tables.right(*b);
            entries[index].wrapping_mul(&factor)
        };
        table.chunks_exact(ENTRIES).zip(x2).map(product).collect()
    };
    let summand = match role {
        Role::First => {
            let mut table: Vec<R::Word> = party.draw(Peer::Prev, Purpose::Component, entries, k);
            let exponents = x.component(0).iter().zip(x.component(1));
            for (masked, (x0, x1)) in table.chunks_exact_mut(ENTRIES).zip(exponents) {
                let left = tables.left(x0.wrapping_add(x1));
                for (masked, left) in masked.iter_mut().zip(left) {
                    *masked = left.wrapping_sub(masked);
                }
            }
            Message::new().put(&table, k).send(party, Peer::Next)?;
            party.round();
            vec![R::Word::default(); n]
        }
        Role::Second => {
            party.round();
            let mut received = Received::from(party, Peer::Prev, packed_len(entries, k))?;
            let table: Vec<R::Word> = received.take(entries, k);
            chosen(&table, x.component(1))
        }
        Role::Third => {
            let table: Vec<R::Word> = party.draw(Peer::Next, Purpose::Component, entries, k);
            party.round();
            chosen(&table, x.component(0))
        }
    };
    Ok(Rep3Product::Additive { shape: x.shape().to_vec(), summand })
}
