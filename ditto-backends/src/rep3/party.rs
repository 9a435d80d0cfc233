//! One party: a node, and whose turn it is to play which role.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};

use ditto_net::Links;

pub use crate::party::error::{Cause, PartyError};
use crate::party::keys::SessionKeys;
pub(crate) use crate::party::node::Node;
#[cfg(test)]
pub(crate) use crate::party::node::Script;
pub(crate) use crate::party::streams::{Peer, Purpose};

/// The role of a party in one operation. Protocols with an uneven load are written for roles;
/// which party plays which rotates with the operation number, so that bytes balance.
///
/// The role r of an operation is played by party r + turn mod 3 ([`Turns`]). As the sharing is cyclic,
/// the player of role r holds (x_r, x_{r+1}) when components are counted from the first role's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    First,
    Second,
    Third,
}

impl Role {
    fn of(party: usize, turn: usize) -> Self {
        match (party + 3 - turn) % 3 {
            0 => Self::First,
            1 => Self::Second,
            _ => Self::Third,
        }
    }
}

/// Whose turn it is to play the first role, for each kind of operation by itself: models repeat
/// their operations layer by layer, and with one count for all of them the heaviest could fall to
/// the same party in every layer.
#[derive(Default)]
pub(crate) struct Turns {
    of_kind: HashMap<&'static str, u64>,
    skipped: u64,
}

impl Turns {
    /// The player of the first role in the next operation of the kind: parties 1, 2, 0 and so on.
    pub(crate) fn next(&mut self, operation: &'static str) -> usize {
        let turn = self.of_kind.entry(operation).or_default();
        *turn += 1;
        ((*turn + self.skipped) % 3) as usize
    }
}

/// One of the three parties, as the backend that layer code runs on.
pub struct Rep3 {
    node: Node,
    turns: Turns,
}

impl Deref for Rep3 {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.node
    }
}

impl DerefMut for Rep3 {
    fn deref_mut(&mut self) -> &mut Node {
        &mut self.node
    }
}

impl Rep3 {
    /// Party `id` (0, 1 or 2) of the session that the keys are for.
    pub fn new(id: usize, links: Links, keys: SessionKeys) -> Self {
        Self::of(Node::new(id, links, keys))
    }

    #[cfg(test)]
    pub(crate) fn scripted(id: usize, links: Links, next: Script, prev: Script) -> Self {
        Self::of(Node::scripted(id, links, next, prev))
    }

    /// Scripts of what is shared with party i + 1, with party i - 1, and by all.
    #[cfg(test)]
    pub(crate) fn scripted_with_coins(id: usize, links: Links, scripts: [Script; 3]) -> Self {
        Self::of(Node::scripted_with_coins(id, links, scripts))
    }

    fn of(node: Node) -> Self {
        Self { node, turns: Turns::default() }
    }

    /// The node without the roles, for another scheme.
    pub(crate) fn into_node(self) -> Node {
        self.node
    }

    /// Starts the next operation: returns this party's role in it.
    pub(crate) fn start(&mut self, operation: &'static str) -> Role {
        self.node.begin(operation);
        Role::of(self.node.id, self.turns.next(operation))
    }

    /// Advances as if this many operations of every kind had already run.
    #[cfg(test)]
    pub(crate) fn skip(&mut self, operations: u64) {
        self.node.skip(operations);
        self.turns.skipped += operations;
    }
}
