//! Running both parties and the dealer as threads of one process.
//!
//! [`threads`], [`all_of`] and the keys are those of three parties ([`crate::rep3::run`]): what a node
//! computes makes no difference to them.

use ditto_core::prg::Key;
use ditto_net::NetworkProfile;

use super::Additive;
use crate::rep3::run;

#[cfg(any(test, feature = "replay"))]
pub use run::seeded_key;
pub use run::{all_of, fresh_key, threads};

/// Parties 0 and 1 and the dealer, over memory channels. Their keys come from `seed`, so that a run
/// can be replayed: for tests and debugging, where nothing is secret.
#[cfg(any(test, feature = "replay"))]
pub fn seeded_nodes(seed: u64) -> [Additive; 3] {
    in_memory(seeded_key(seed, 0), NetworkProfile::LOCAL)
}

/// Parties 0 and 1 and the dealer, over memory channels that emulate the network `profile`. The keys of
/// the pairs are derived from `key`, which is to be fresh: see [`fresh_key`].
pub fn in_memory(key: Key, profile: NetworkProfile) -> [Additive; 3] {
    run::in_memory(key, profile).map(|party| party.into_node().into())
}

/// As [`in_memory`], for `count` computations at the same time: the same nodes and the same network, with
/// randomness apart.
pub fn sessions_in_memory(key: Key, profile: NetworkProfile, count: u32) -> Vec<[Additive; 3]> {
    let sessions = run::sessions_in_memory(key, profile, count).into_iter();
    sessions.map(|parties| parties.map(|party| party.into_node().into())).collect()
}
