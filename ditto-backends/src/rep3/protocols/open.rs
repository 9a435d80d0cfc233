//! Opening: revealing a value, to all three parties or to one. Nothing else in any protocol does.
//!
//! [`open`] is for all. Functionality: x to everyone. Party i lacks x_{i+2} and gets it from party i - 1,
//! whose first component it is.
//!
//! Cost: 3k bits an element, 1 round. Views: each party receives the component that it lacks,
//! which the value and its own components determine.
//!
//! [`open_to_first`] is for one role, within another protocol. Functionality: the XOR of a string of second
//! and one of third, to first. These two draw a mask M; second sends its string ^ M, third its own ^ M.
//!
//! Cost: 2 bits for each, 1 round. Views: first receives two messages, of which one is uniform, as it lacks
//! M, and the sum is the string. What that says is for the protocol to argue.
//!
//! Both begin with [`before_opening`]. Parties that follow the protocols have nothing to check there; what
//! an opening shows to one that does not is said in SECURITY.md.

use ditto_core::Ring;
use ditto_core::pack::packed_len;
use num_traits::WrappingAdd;

use crate::gadgets::bit_strings::add;
use crate::party::message::{Message, Received};
use crate::rep3::Rep3Share;
use crate::rep3::party::{PartyError, Peer, Purpose, Rep3, Role};

/// The one place that every opening comes through before anything of it is sent.
///
/// A scheme against parties that deviate verifies here what the values to be opened were computed from,
/// and stops if it does not hold: afterwards it would be too late.
fn before_opening(_: &mut Rep3) -> Result<(), PartyError> {
    Ok(())
}

/// The values, in the clear, at every party.
pub(crate) fn open<R: Ring>(
    party: &mut Rep3,
    x: &Rep3Share<R>,
) -> Result<Vec<R::Word>, PartyError> {
    before_opening(party)?;
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
pub(crate) fn open_to_first(
    party: &mut Rep3,
    role: Role,
    mut strings: Vec<u64>,
    words: usize,
) -> Result<Vec<u64>, PartyError> {
    before_opening(party)?;
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
