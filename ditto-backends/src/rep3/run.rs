//! Running three parties as threads of one process.

use std::time::Duration;

use ditto_core::prg::Key;
use ditto_net::{Lines, Links, NetworkProfile, memory};

use super::party::{PartyError, Rep3};
use crate::party::greeting::{Terms, greet};
use crate::party::keys::{RunKeys, SessionKeys, party_keys};

pub use crate::party::keys::fresh_key;
#[cfg(any(test, feature = "replay"))]
pub use crate::party::keys::seeded_key;
pub use crate::party::threads::{all_of, first_cause, threads};

/// How long a party waits for a message before it gives up.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Three parties over memory channels. Their keys come from `seed`, so that a run can be
/// replayed: for tests and debugging, where nothing is secret.
#[cfg(any(test, feature = "replay"))]
pub fn seeded_parties(seed: u64) -> [Rep3; 3] {
    in_memory(seeded_key(seed, 0), NetworkProfile::LOCAL)
}

/// Three parties over memory channels that emulate the network `profile`. Their keys are derived from
/// `key`, which is to be fresh: see [`fresh_key`].
pub fn in_memory(key: Key, profile: NetworkProfile) -> [Rep3; 3] {
    let keys = party_keys(&key).map(RunKeys::into_session);
    parties(memory::trio_over(TIMEOUT, &[profile; 3].map(Lines::new)), keys)
}

/// As [`in_memory`], for `count` computations at the same time: the same parties and the same
/// network, with randomness apart.
pub fn sessions_in_memory(key: Key, profile: NetworkProfile, count: u32) -> Vec<[Rep3; 3]> {
    let lines = [profile; 3].map(Lines::new);
    let [first, second, third] = party_keys(&key).map(|keys| keys.into_sessions(count));
    let keys = first.zip(second).zip(third).map(|((first, second), third)| [first, second, third]);
    keys.map(|keys| parties(memory::trio_over(TIMEOUT, &lines), keys)).collect()
}

/// Three parties over given links, with keys that can be replayed.
#[cfg(test)]
pub(crate) fn seeded_over(links: [Links; 3], seed: u64) -> [Rep3; 3] {
    parties(links, party_keys(&seeded_key(seed, 0)).map(RunKeys::into_session))
}

/// As many sessions of one run as there are links for.
#[cfg(test)]
pub(crate) fn sessions_over<const N: usize>(key: &Key, links: [[Links; 3]; N]) -> [[Rep3; 3]; N] {
    let mut keys = party_keys(key).map(|keys| keys.into_sessions(N as u32));
    let mut next = || keys.each_mut().map(|keys| keys.next().expect("keys of every session"));
    links.map(|links| parties(links, next()))
}

fn parties(links: [Links; 3], keys: [SessionKeys; 3]) -> [Rep3; 3] {
    let mut each = links.into_iter().zip(keys).enumerate();
    std::array::from_fn(|_| {
        let (id, (links, keys)) = each.next().expect("three links and three keys");
        Rep3::new(id, links, keys)
    })
}

/// A party over links to two peers that it shares nothing with yet: greets them, which makes sure that
/// all three compute the same, and agrees with them on the keys of the run. The links must be private.
///
/// # Errors
/// [`Cause::Disagreement`](crate::Cause::Disagreement) if a peer does not have the same `terms`, or is
/// in another run; those of the links; and if the operating system gives no randomness.
pub fn agree_on_keys(id: usize, mut links: Links, terms: &Terms) -> Result<Rep3, PartyError> {
    match greet(id, &mut links, terms) {
        Ok(keys) => Ok(Rep3::new(id, links, keys.into_session())),
        Err(cause) => Err(PartyError {
            party: id,
            layer: "setup".to_owned(),
            op: 0,
            operation: "greeting",
            cause,
        }),
    }
}
