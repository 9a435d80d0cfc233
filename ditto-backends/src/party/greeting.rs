//! The greeting: what three parties compare before they compute as one, and the keys they agree on.
//!
//! Parties that run different programs, or the same program with other numbers, do not fail: they give
//! noise. So, over each of the three links and before anything else:
//!
//! 1. Each party sends both peers its *hello*: the version of the protocols, [`Terms`] (the model's
//!    shape, the options, a digest of all public tables and constants) and 32 random bytes. What
//!    differs is refused, by both parties of a link, with both values.
//! 2. Each sends both peers the *nonce of the run*, SHA-256 of all three hellos. It differs if the
//!    three do not all talk with the same two others, as when links of two runs are mixed up.
//! 3. Party i sends party i + 1 a random key. The key of the pair is SHA-256 of this key and the nonce;
//!    the key that all three have in common is SHA-256 of the hellos.
//!
//! 3 rounds, which are in no account of a computation. The links must be private. Nothing secret is
//! compared; but random bytes and keys are wiped wherever this program copies them. The last party to say
//! hello could choose its bytes once it knows those of the others, which a semi-honest party does not.

use ditto_core::prg::Key;
use ditto_net::{Links, NetError, PartyId, SETUP};
use zeroize::Zeroizing;

use crate::party::error::Cause;
use crate::party::keys::RunKeys;

mod disagreement;
mod hello;
#[cfg(test)]
mod tests;

pub use disagreement::{Disagreement, Field};
use hello::{Hello, hash};

/// The version of the protocols: parties of different versions do not compute together.
pub const VERSION: u32 = 1;

/// What the parties of a run have to have in common, in words or as digests. Each is public among them
/// and at most 4,096 bytes long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The model's sizes.
    pub shape: String,
    /// What else decides which program runs: precision, forms of functions, and the like.
    pub options: String,
    /// A digest of the program with its tables and constants:
    /// [`Count::program`](crate::Count::program).
    pub tables: String,
}

/// Greets both peers and returns this party's keys for the run.
pub(crate) fn greet(id: PartyId, links: &mut Links, terms: &Terms) -> Result<RunKeys, Cause> {
    let own = Hello::new(id, VERSION, terms.clone(), random()?);
    let encoded = own.encode()?;
    let [from_next, from_prev] = exchange(id, links, &encoded, |from, message| {
        let theirs = Hello::decode(from, &message)?;
        own.compare(&theirs)?;
        Ok(theirs)
    })?;

    let mut hellos = [&own, &from_next, &from_prev];
    hellos.rotate_right(id);
    let encoded = [hellos[0].encode()?, hellos[1].encode()?, hellos[2].encode()?];
    let all = encoded.each_ref().map(|hello| hello.as_slice());
    let nonce = hash("run", &all);
    exchange(id, links, &*nonce, |from, message| {
        let theirs = exactly::<32>(from, &message)?;
        if *theirs == *nonce {
            return Ok(());
        }
        Err(Disagreement::between(Field::Run, [(id, &*nonce), (from, &*theirs)]).into())
    })?;

    let drawn: Zeroizing<[u8; 16]> = random()?;
    links.next.send(SETUP, drawn.to_vec())?;
    let received = exactly::<16>((id + 2) % 3, &Zeroizing::new(links.prev.recv(SETUP)?))?;
    let pair = |bytes: &[u8; 16]| key(&hash("pair", &[&*nonce, bytes]));
    Ok(RunKeys::new(pair(&drawn), pair(&received), key(&hash("common", &all))))
}

/// Sends both peers a message and takes one from each, the next party's first.
///
/// A peer that refuses what it has heard leaves at once, perhaps before this party has sent its own
/// message; what it said before is still there and tells why. So this party listens to both before it
/// gives up, and a reason comes before a loss.
fn exchange<T>(
    id: PartyId,
    links: &mut Links,
    message: &[u8],
    read: impl Fn(PartyId, Zeroizing<Vec<u8>>) -> Result<T, Cause>,
) -> Result<[T; 2], Cause> {
    let Links { next, prev } = links;
    let sent = [next.send(SETUP, message.to_vec()), prev.send(SETUP, message.to_vec())];
    let heard = [((id + 1) % 3, next), ((id + 2) % 3, prev)]
        .map(|(from, link)| read(from, Zeroizing::new(link.recv(SETUP)?)));
    match heard {
        [Ok(next), Ok(prev)] => {
            sent.into_iter().collect::<Result<(), _>>()?;
            Ok([next, prev])
        }
        [Err(Cause::Net(_)), Err(reason)] | [Err(reason), _] | [_, Err(reason)] => Err(reason),
    }
}

fn key(digest: &[u8; 32]) -> Key {
    Key::filled(|key| key.copy_from_slice(&digest[..16]))
}

/// Bytes from the operating system.
fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, Cause> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes).map_err(|error| {
        let cause = format!("no randomness from the operating system: {error}");
        NetError::Local { cause }
    })?;
    Ok(bytes)
}

/// A message of a fixed length.
fn exactly<const N: usize>(from: PartyId, bytes: &[u8]) -> Result<Zeroizing<[u8; N]>, Cause> {
    let wrong = Cause::Length { from, got: bytes.len(), expected: N };
    let array = <&[u8; N]>::try_from(bytes).map_err(|_| wrong)?;
    Ok(Zeroizing::new(*array))
}
