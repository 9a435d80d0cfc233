//! Opening: revealing a value to all three parties, or a string to the first role.
//!
//! Functionality: x to everyone. Party i lacks x_{i+2} and gets it from party i - 1, whose first
//! component it is.
//!
//! Cost: 3k bits an element, 1 round. Views: each party receives the component that it lacks,
//! which the value and its own components determine.

use ditto_core::Ring;
use ditto_core::pack::packed_len;
use num_traits::WrappingAdd;

use crate::rep3::Rep3Share;
use crate::rep3::message::{Message, Received};
use crate::rep3::party::{Peer, Purpose, Rep3, Rep3Error, Role};
use crate::strings::add;

/// The values, in the clear, at every party.
pub(crate) fn open<R: Ring>(party: &mut Rep3, x: &Rep3Share<R>) -> Result<Vec<R::Word>, Rep3Error> {
    party.start("open");
    let n = x.len();
    Message::new().put(x.component(0), R::BITS).send(party, Peer::Next)?;
    party.round();
    let mut received = Received::from(party, Peer::Prev, packed_len(n, R::BITS))?;
    let missing: Vec<R::Word> = received.take(n, R::BITS);
    let own = x.component(0).iter().zip(x.component(1));
    Ok(own.zip(&missing).map(|((a, b), c)| a.wrapping_add(b).wrapping_add(c)).collect())
}

/// The sum of second's and third's strings, at first; nothing at the others.
pub(super) fn open_to_first(
    party: &mut Rep3,
    role: Role,
    mut strings: Vec<u64>,
    words: usize,
) -> Result<Vec<u64>, Rep3Error> {
    let (other, first) = match role {
        Role::First => {
            party.round();
            let mut sum = Received::from(party, Peer::Next, 8 * words)?.take(words, 64);
            let theirs: Vec<u64> = Received::from(party, Peer::Prev, 8 * words)?.take(words, 64);
            add(&mut sum, &theirs);
            return Ok(sum);
        }
        Role::Second => (Peer::Next, Peer::Prev),
        Role::Third => (Peer::Prev, Peer::Next),
    };
    add(&mut strings, &party.draw::<u64>(other, Purpose::Mask, words, 64));
    Message::new().put(&strings, 64).send(party, first)?;
    party.round();
    Ok(Vec::new())
}
