//! Running three parties as threads of one process.

use std::any::Any;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use ditto_core::prg::{Key, Prg};

use super::net::shaped::Shape;
use super::net::{Lines, Links, NetError, memory};
use super::party::{Cause, Node, PairKeys, Rep3, Rep3Error};

/// How long a party waits for a message before it gives up.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Three parties over memory channels. Their keys come from `seed`, so that a run can be
/// replayed: for tests and debugging, where nothing is secret.
pub fn seeded_parties(seed: u64) -> [Rep3; 3] {
    in_memory(&seeded_key(seed, 0), Shape::LOCAL)
}

/// A key that anyone can compute, for replaying a run: what `seed` gives for one of its uses.
pub fn seeded_key(seed: u64, purpose: u64) -> Key {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..].copy_from_slice(&purpose.to_le_bytes());
    Key::new(bytes)
}

/// A key from the operating system's randomness.
///
/// # Errors
/// If the operating system gives none.
pub fn fresh_key() -> Result<Key, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(Key::new(bytes))
}

/// Three parties over memory channels that imitate the network `shape`. The keys of the pairs are
/// derived from `key`, which is to be fresh: see [`fresh_key`].
pub fn in_memory(key: &Key, shape: Shape) -> [Rep3; 3] {
    session(key, 0, &[shape; 3].map(Lines::new))
}

/// As [`in_memory`], for `count` computations at the same time: the same parties and the same
/// network, with randomness apart.
pub fn sessions_in_memory(key: &Key, shape: Shape, count: u32) -> Vec<[Rep3; 3]> {
    let lines = [shape; 3].map(Lines::new);
    (0..count).map(|number| session(key, number, &lines)).collect()
}

fn session(key: &Key, number: u32, lines: &[Lines; 3]) -> [Rep3; 3] {
    let prg = Prg::new(key, 0);
    let pair = |i: usize| {
        let mut bytes = [0; 16];
        prg.stream(i as u64, 0).fill_bytes(&mut bytes);
        Key::new(bytes)
    };
    let mut id = 0;
    memory::trio_shaped(TIMEOUT, lines).map(|links| {
        // The key of the pair (i, i + 1) has number i.
        let keys = PairKeys { next: pair(id), prev: pair((id + 2) % 3) };
        id += 1;
        Rep3::new(id - 1, links, &keys, number)
    })
}

/// A party over links to two peers that it shares nothing with yet: agrees on the keys of the
/// pairs over those links, which must be private.
///
/// # Errors
/// Those of the links, and if the operating system gives no randomness.
pub fn agree_on_keys(id: usize, mut links: Links) -> Result<Rep3, Rep3Error> {
    let failed = |cause: NetError| Rep3Error {
        party: id,
        layer: "setup".to_owned(),
        op: 0,
        operation: "agreeing on keys",
        cause: Cause::Net(cause),
    };
    let local = |e: getrandom::Error| {
        failed(NetError::Local { cause: format!("no randomness from the operating system: {e}") })
    };
    // Party i draws the key of the pair (i, i + 1).
    let next = fresh_key().map_err(local)?;
    links.next.send(0, next.expose().to_vec()).map_err(failed)?;
    let received = links.prev.recv(0).map_err(failed)?;
    let got = received.len();
    let prev: [u8; 16] = received.try_into().map_err(|_| Rep3Error {
        party: id,
        layer: "setup".to_owned(),
        op: 0,
        operation: "agreeing on keys",
        cause: Cause::Length { from: (id + 2) % 3, got, expected: 16 },
    })?;
    Ok(Rep3::new(id, links, &PairKeys { next, prev: Key::new(prev) }, 0))
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
