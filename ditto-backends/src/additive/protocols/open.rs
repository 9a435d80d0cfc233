//! Opening.
//!
//! Functionality: x, in the clear, at all three nodes. Both parties send their share to the other party
//! and to the dealer, which runs the same program and may go on with the values.
//!
//! Cost: 2k bits from each party; 1 round, in which the dealer waits too. Range: any. Error: none.
//!
//! Views: x0 and x1 add up to x, which everybody is to learn, and are uniform otherwise.

use ditto_core::Ring;
use ditto_core::pack::packed_len;
use num_traits::WrappingAdd;

use crate::additive::{Additive, AdditiveShare, PartyError};
use crate::party::message::{Message, Received};
use crate::party::streams::Peer;

/// The values, in the clear, at every node.
pub(crate) fn open<R: Ring>(
    party: &mut Additive,
    x: &AdditiveShare<R>,
) -> Result<Vec<R::Word>, PartyError> {
    party.begin("open");
    let (n, k) = (x.len(), R::BITS);
    let receive = |party: &mut Additive, from| -> Result<Vec<R::Word>, PartyError> {
        Ok(Received::from(party, from, packed_len(n, k))?.take(n, k))
    };
    let (own, theirs) = if party.is_dealer() {
        party.round();
        (receive(party, Peer::Next)?, receive(party, Peer::Prev)?)
    } else {
        let own = x.component(0).to_vec();
        for to in [Peer::Next, Peer::Prev] {
            Message::new().put(&own, k).send(party, to)?;
        }
        party.round();
        let other = party.other();
        (own, receive(party, other)?)
    };
    Ok(own.iter().zip(&theirs).map(|(x0, x1)| x0.wrapping_add(x1)).collect())
}
