//! One node of three: its identity, its links, the keys it shares with its neighbours, and its
//! account. What it computes is a matter of the sharing scheme: see [`crate::rep3`] and
//! [`crate::additive`].

use std::marker::PhantomData;

use ditto_core::prg::Prg;
use ditto_core::{Cost, Operation, Trace, Word};
use ditto_net::Links;

use crate::party::error::{Cause, PartyError};
use crate::party::keys::{Ledger, SessionKeys};
use crate::party::streams::{Draws, Peer, Purpose, Shared};

/// One of three nodes that are connected with each other and share a key in each pair.
pub struct Node {
    pub(crate) id: usize,
    links: Links,
    next: Randomness,
    prev: Randomness,
    common: Randomness,
    ledger: Ledger,
    op: u64,
    mark: u64,
    operation: &'static str,
    trace: Trace,
}

/// The randomness that a pair of parties shares.
enum Randomness {
    Keyed(Prg),
    /// Stands in for the keyed generator in the tests that enumerate all randomness.
    #[cfg(test)]
    Scripted(Script),
}

/// Gives the values of a stream from (operation, purpose, number of values, bits).
#[cfg(test)]
pub(crate) type Script = Box<dyn Fn(u64, Purpose, usize, u32) -> Vec<u64> + Send>;

impl Node {
    /// Node `id` (0, 1 or 2) of the session that the keys are for.
    pub fn new(id: usize, links: Links, keys: SessionKeys) -> Self {
        let SessionKeys { next, prev, common, ledger } = keys;
        let [next, prev, common] = [next, prev, common].map(Randomness::Keyed);
        Self::with_randomness(id, links, [next, prev, common], ledger)
    }

    /// `common` is what all three know.
    #[cfg(test)]
    pub(crate) fn scripted(id: usize, links: Links, next: Script, prev: Script) -> Self {
        Self::scripted_with_coins(id, links, [next, prev, Box::new(|_, _, n, _| vec![0; n])])
    }

    /// Scripts of what is shared with party i + 1, with party i - 1, and by all.
    #[cfg(test)]
    pub(crate) fn scripted_with_coins(id: usize, links: Links, scripts: [Script; 3]) -> Self {
        Self::with_randomness(id, links, scripts.map(Randomness::Scripted), Ledger::default())
    }

    fn with_randomness(
        id: usize,
        links: Links,
        [next, prev, common]: [Randomness; 3],
        ledger: Ledger,
    ) -> Self {
        assert!(id < 3, "there are parties 0, 1 and 2, not {id}");
        let trace = Trace::default();
        Self { id, links, next, prev, common, ledger, op: 0, mark: 0, operation: "setup", trace }
    }

    /// This party's number: 0, 1 or 2.
    pub fn id(&self) -> usize {
        self.id
    }

    pub(crate) fn account(&mut self) -> &mut Trace {
        &mut self.trace
    }

    /// Starts the next operation.
    pub(crate) fn begin(&mut self, operation: &'static str) {
        self.operation = operation;
        self.count(Operation { calls: 1, ..Operation::default() });
        self.step();
        self.mark = self.coins::<u64>(Purpose::Mark, 1, 64)[0];
    }

    /// A public number of the current operation, to mark its results with: see
    /// [`Shares::marked`](crate::party::shares::Shares::marked).
    pub(crate) fn mark(&self) -> u64 {
        self.mark
    }

    /// Goes on to streams of common randomness of their own within an operation.
    pub(crate) fn step(&mut self) {
        self.op += 1;
    }

    /// Advances as if this many operations had already run.
    #[cfg(test)]
    pub(crate) fn skip(&mut self, operations: u64) {
        self.op += operations;
    }

    /// Adds to the account of the current operation.
    fn count(&mut self, operation: Operation) {
        self.trace.count_operation(Operation { operation: self.operation, ..operation });
    }

    /// Counts one round: from here on this party waits for messages.
    pub(crate) fn round(&mut self) {
        self.count(Operation { cost: Cost::round(), ..Operation::default() });
    }

    /// Adds to the account how likely the current operation is to fail, at most.
    pub(crate) fn may_fail(&mut self, failure_probability: f64) {
        self.count(Operation { failure_probability, ..Operation::default() });
    }

    pub(crate) fn send(&mut self, to: Peer, payload: Vec<u8>) -> Result<(), PartyError> {
        let cost = Cost::sent_by(self.id, payload.len() as u64);
        self.count(Operation { cost, ..Operation::default() });
        let op = self.op;
        let link = match to {
            Peer::Next => &mut self.links.next,
            Peer::Prev => &mut self.links.prev,
        };
        link.send(op, payload).map_err(|cause| self.error(cause.into()))
    }

    pub(crate) fn recv(&mut self, from: Peer) -> Result<Vec<u8>, PartyError> {
        let op = self.op;
        let link = match from {
            Peer::Next => &mut self.links.next,
            Peer::Prev => &mut self.links.prev,
        };
        link.recv(op).map_err(|cause| self.error(cause.into()))
    }

    /// An error of the current operation.
    pub(crate) fn error(&self, cause: Cause) -> PartyError {
        PartyError {
            party: self.id,
            layer: self.trace.path().to_owned(),
            op: self.op,
            operation: self.operation,
            cause,
        }
    }

    /// The number of the neighbour `peer`.
    pub(crate) fn number(&self, peer: Peer) -> usize {
        match peer {
            Peer::Next => (self.id + 1) % 3,
            Peer::Prev => (self.id + 2) % 3,
        }
    }

    /// As [`Node::draw`], to be taken piece by piece.
    pub(crate) fn stream<W: Word>(
        &self,
        with: impl Into<Shared>,
        purpose: Purpose,
        n: usize,
        width: u32,
    ) -> Draws<W> {
        let with = with.into();
        let randomness = match with {
            Shared::Next => &self.next,
            Shared::Prev => &self.prev,
            Shared::All => &self.common,
        };
        match randomness {
            Randomness::Keyed(prg) => {
                let _ = (n, width);
                let stream = prg.stream(self.op, purpose as u8);
                self.ledger.note(with, &stream);
                Draws::Keyed(Box::new(stream), PhantomData)
            }
            #[cfg(test)]
            Randomness::Scripted(script) => {
                let all = script(self.op, purpose, n, width);
                Draws::Scripted(all.into_iter().map(W::from_u64).collect())
            }
        }
    }

    /// `n` uniform values that this party and `with` share. Only the low `width` bits are to be
    /// used; the rest may or may not be random.
    pub(crate) fn draw<W: Word>(
        &self,
        with: Peer,
        purpose: Purpose,
        n: usize,
        width: u32,
    ) -> Vec<W> {
        self.stream(with, purpose, n, width).next(n)
    }

    /// As [`Node::draw`], of values that all three parties know. They mask nothing.
    pub(crate) fn coins<W: Word>(&self, purpose: Purpose, n: usize, width: u32) -> Vec<W> {
        self.stream(Shared::All, purpose, n, width).next(n)
    }
}
