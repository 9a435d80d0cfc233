//! The keys of a party: what it shares with each neighbour, and what all three know.
//!
//! A key with a session number fixes every mask of a session, so neither is ever used twice: the keys
//! of a run are handed out once, session by session, and none of these types can be copied.

#[cfg(debug_assertions)]
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use ditto_core::prg::{Key, Prg, Stream};

use crate::party::streams::Shared;

/// The keys of one party for one run.
///
/// They have to be fresh. Nobody else may know the key of a pair; the common one is known to the three
/// parties alone, and what is drawn from it hides nothing among them.
pub struct RunKeys {
    next: Key,
    prev: Key,
    common: Key,
}

impl RunKeys {
    /// The key that is shared with party i + 1, the one with party i - 1, and the one that all three
    /// have in common.
    pub fn new(next: Key, prev: Key, common: Key) -> Self {
        Self { next, prev, common }
    }

    /// The keys of the only session.
    pub fn into_session(self) -> SessionKeys {
        self.session(0, Ledger::default())
    }

    /// The keys of so many sessions that run at the same time.
    pub fn into_sessions(self, count: u32) -> impl Iterator<Item = SessionKeys> {
        let ledger = Ledger::default();
        (0..count).map(move |number| self.session(number, ledger.clone()))
    }

    fn session(&self, number: u32, ledger: Ledger) -> SessionKeys {
        let prg = |key| Prg::new(key, number);
        let (next, prev, common) = (prg(&self.next), prg(&self.prev), prg(&self.common));
        SessionKeys { next, prev, common, ledger }
    }
}

/// The keys of one party for one session of a run, from [`RunKeys`].
pub struct SessionKeys {
    pub(crate) next: Prg,
    pub(crate) prev: Prg,
    pub(crate) common: Prg,
    pub(crate) ledger: Ledger,
}

/// Which streams the sessions of a run have drawn from. In debug builds, drawing from one again
/// panics; in others it does nothing.
#[derive(Clone, Default)]
pub(crate) struct Ledger {
    #[cfg(debug_assertions)]
    drawn: Arc<Mutex<HashSet<Begun>>>,
}

/// What really tells a stream from others: who shares the key, and the nonce.
#[cfg(debug_assertions)]
type Begun = (Shared, [u8; 12]);

impl Ledger {
    /// Notes a stream that was begun.
    pub(crate) fn note(&self, with: Shared, stream: &Stream) {
        #[cfg(debug_assertions)]
        {
            let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
            assert!(
                drawn.insert((with, stream.nonce())),
                "a stream of common randomness is drawn twice: shared with {with:?}, nonce {:02x?}",
                stream.nonce()
            );
        }
        #[cfg(not(debug_assertions))]
        let _ = (with, stream);
    }
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

/// The keys of three parties, all derived from one.
pub(crate) fn party_keys(key: &Key) -> [RunKeys; 3] {
    let prg = Prg::new(key, 0);
    let derived = |number: u64| Key::filled(|bytes| prg.stream(number, 0).fill_bytes(bytes));
    // The key of the pair (i, i + 1) has number i, the common one comes after them.
    [0, 1, 2].map(|id| RunKeys::new(derived(id), derived((id + 2) % 3), derived(3)))
}

#[cfg(test)]
mod tests;
