//! Running three parties as threads of one process.

use std::any::Any;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use ditto_core::prg::{Key, Prg};
use ditto_net::NetworkProfile;
use ditto_net::{Lines, Links, NetError, memory};

use super::greeting::{Terms, greet};
use super::party::{Cause, Node, Rep3, Rep3Error};
use crate::keys::{RunKeys, SessionKeys};

/// How long a party waits for a message before it gives up.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Three parties over memory channels. Their keys come from `seed`, so that a run can be
/// replayed: for tests and debugging, where nothing is secret.
#[cfg(any(test, feature = "replay"))]
pub fn seeded_parties(seed: u64) -> [Rep3; 3] {
    in_memory(seeded_key(seed, 0), NetworkProfile::LOCAL)
}

/// A key that anyone can compute, for replaying a run: what `seed` gives for one of its uses.
#[cfg(any(test, feature = "replay"))]
pub fn seeded_key(seed: u64, purpose: u64) -> Key {
    Key::filled(|bytes| {
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..].copy_from_slice(&purpose.to_le_bytes());
    })
}

/// A key from the operating system's randomness.
///
/// # Errors
/// If the operating system gives none.
pub fn fresh_key() -> Result<Key, getrandom::Error> {
    Key::try_filled(|bytes| getrandom::fill(bytes))
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

/// The keys of three parties, all derived from one.
fn party_keys(key: &Key) -> [RunKeys; 3] {
    let prg = Prg::new(key, 0);
    let derived = |number: u64| Key::filled(|bytes| prg.stream(number, 0).fill_bytes(bytes));
    // The key of the pair (i, i + 1) has number i, the common one comes after them.
    [0, 1, 2].map(|id| RunKeys::new(derived(id), derived((id + 2) % 3), derived(3)))
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
/// [`Cause::Disagreement`] if a peer does not have the same `terms`, or is in another run; those of the
/// links; and if the operating system gives no randomness.
pub fn agree_on_keys(id: usize, mut links: Links, terms: &Terms) -> Result<Rep3, Rep3Error> {
    match greet(id, &mut links, terms) {
        Ok(keys) => Ok(Rep3::new(id, links, keys.into_session())),
        Err(cause) => Err(Rep3Error {
            party: id,
            layer: "setup".to_owned(),
            op: 0,
            operation: "greeting",
            cause,
        }),
    }
}

/// Runs `body` at each party in a thread of its own, with that party's input; a panic is that
/// party's error, and its peers stop with [`NetError::Lost`].
pub fn threads<P: Send + Deref<Target = Node>, I: Send, O: Send, E: Send + From<Rep3Error>>(
    parties: [P; 3],
    inputs: [I; 3],
    body: impl Fn(&mut P, I) -> Result<O, E> + Sync,
) -> [Result<O, E>; 3] {
    let body = &body;
    std::thread::scope(|scope| {
        let mut handles = Vec::with_capacity(3);
        for (mut party, input) in parties.into_iter().zip(inputs) {
            handles.push(scope.spawn(move || {
                match catch_unwind(AssertUnwindSafe(|| body(&mut party, input))) {
                    Ok(result) => result,
                    Err(panic) => Err(party.error(Cause::Panic(panic_message(&*panic))).into()),
                }
            }));
        }
        let mut results = handles
            .into_iter()
            .map(|handle| handle.join().expect("panics are caught inside the thread"));
        std::array::from_fn(|_| results.next().expect("three threads were started"))
    })
}

/// The result of all three parties, or the error that came first in cause: a party that lost a
/// peer only reports what happened to that peer.
///
/// # Errors
/// The error of a party that did not merely lose another, if there is one.
pub fn all_of<O>(results: [Result<O, Rep3Error>; 3]) -> Result<[O; 3], Rep3Error> {
    let mut outputs = Vec::with_capacity(3);
    let mut worst: Option<Rep3Error> = None;
    for result in results {
        match result {
            Ok(output) => outputs.push(output),
            Err(error) => {
                let lost = |e: &Rep3Error| matches!(e.cause, Cause::Net(NetError::Lost { .. }));
                if worst.as_ref().is_none_or(|worst| lost(worst) && !lost(&error)) {
                    worst = Some(error);
                }
            }
        }
    }
    match (worst, <[O; 3]>::try_from(outputs)) {
        (None, Ok(outputs)) => Ok(outputs),
        (Some(error), _) => Err(error),
        (None, Err(_)) => unreachable!("three results without an error are three outputs"),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
