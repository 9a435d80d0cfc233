//! Opening: revealing a value to all three parties.
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
use crate::rep3::party::{Peer, Rep3, Rep3Error};

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
