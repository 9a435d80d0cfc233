//! One node of the scheme: a party that computes, or the dealer.
//!
//! A protocol is one straight-line program for all three. Three operations hide who runs it:
//!
//! - [`Additive::mask`] and [`Additive::deal`] make a secret that only the dealer knows: the dealer
//!   gets the secret itself or nothing, a party its share of it;
//! - [`Additive::reveal`] tells the parties a masked value. The dealer takes no part: it goes on
//!   at once, with zeros.

use std::ops::{Deref, DerefMut};

use ditto_core::Word;
use ditto_core::pack::packed_len;
use ditto_net::Links;

use super::{DEALER, PartyError};
use crate::party::keys::SessionKeys;
use crate::party::message::{Message, Received};
use crate::party::node::Node;
use crate::party::streams::{Peer, Purpose};

/// One of the three nodes, as the backend that layer code runs on.
pub struct Additive {
    node: Node,
}

/// How two shares make a secret.
pub(crate) trait Sharing<W>: Copy {
    fn plus(self, x: W, y: W) -> W;
    fn minus(self, x: W, y: W) -> W;
}

/// By addition in a ring.
#[derive(Clone, Copy)]
pub(crate) struct Sums;

impl<W: Word> Sharing<W> for Sums {
    #[inline(always)]
    fn plus(self, x: W, y: W) -> W {
        x.wrapping_add(&y)
    }

    #[inline(always)]
    fn minus(self, x: W, y: W) -> W {
        x.wrapping_sub(&y)
    }
}

/// By XOR of bits, 64 to a word.
#[derive(Clone, Copy)]
pub(crate) struct Xors;

impl Sharing<u64> for Xors {
    #[inline(always)]
    fn plus(self, x: u64, y: u64) -> u64 {
        x ^ y
    }

    #[inline(always)]
    fn minus(self, x: u64, y: u64) -> u64 {
        x ^ y
    }
}

/// Element by element.
pub(crate) fn plus<W: Copy>(sharing: impl Sharing<W>, mut x: Vec<W>, y: &[W]) -> Vec<W> {
    x.iter_mut().zip(y).for_each(|(x, y)| *x = sharing.plus(*x, *y));
    x
}

/// Element by element.
pub(crate) fn minus<W: Copy>(sharing: impl Sharing<W>, x: &[W], y: &[W]) -> Vec<W> {
    x.iter().zip(y).map(|(x, y)| sharing.minus(*x, *y)).collect()
}

impl Deref for Additive {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.node
    }
}

impl DerefMut for Additive {
    fn deref_mut(&mut self) -> &mut Node {
        &mut self.node
    }
}

impl From<Node> for Additive {
    fn from(node: Node) -> Self {
        Self { node }
    }
}

impl Additive {
    /// Node `id` of the session that the keys are for: party 0 or 1, or the dealer, 2. Nobody but the
    /// dealer may know both keys that it shares.
    pub fn new(id: usize, links: Links, keys: SessionKeys) -> Self {
        Node::new(id, links, keys).into()
    }

    #[cfg(test)]
    pub(crate) fn scripted(
        id: usize,
        links: Links,
        next: crate::party::node::Script,
        prev: crate::party::node::Script,
    ) -> Self {
        Node::scripted(id, links, next, prev).into()
    }

    /// Whether this node deals, and holds shares that have only a shape.
    pub fn is_dealer(&self) -> bool {
        self.id == DEALER
    }

    /// Whether this node is the one that adds public constants to its share.
    pub(crate) fn adds_constants(&self) -> bool {
        self.id == 0
    }

    /// This node's share of public bits.
    pub(crate) fn constant(&self, bits: u64) -> u64 {
        if self.adds_constants() { bits } else { 0 }
    }

    /// The other party, for a party.
    pub(crate) fn other(&self) -> Peer {
        if self.id == 0 { Peer::Next } else { Peer::Prev }
    }

    /// The dealer, for a party.
    pub(crate) fn dealer(&self) -> Peer {
        if self.id == 0 { Peer::Prev } else { Peer::Next }
    }

    /// A uniform secret of `n` words: the dealer gets the secret, a party its share. Nothing is
    /// sent. Only the low `width` bits are to be used; the rest may or may not be random.
    pub(crate) fn mask<W: Word>(
        &self,
        sharing: impl Sharing<W>,
        purpose: Purpose,
        n: usize,
        width: u32,
    ) -> Vec<W> {
        if self.is_dealer() {
            let with_0 = self.draw(Peer::Next, purpose, n, width);
            plus(sharing, with_0, &self.draw(Peer::Prev, purpose, n, width))
        } else {
            self.draw(self.dealer(), purpose, n, width)
        }
    }

    /// Shares a secret that the dealer computes, the low `width` bits of `n` words. A party gets its
    /// share, the dealer zeros. `width`·`n` bits from the dealer to party 1, whose share they are;
    /// that of party 0 is drawn from the key that it has in common with the dealer.
    pub(crate) fn deal<W: Word>(
        &mut self,
        sharing: impl Sharing<W>,
        purpose: Purpose,
        n: usize,
        width: u32,
        secret: impl FnOnce() -> Vec<W>,
    ) -> Result<Vec<W>, PartyError> {
        match self.id {
            DEALER => {
                let secret = secret();
                assert_eq!(secret.len(), n, "words of a secret");
                let share = minus(sharing, &secret, &self.draw(Peer::Next, purpose, n, width));
                Message::new().put(&share, width).send(self, Peer::Prev)?;
                Ok(vec![W::default(); n])
            }
            0 => Ok(self.draw(Peer::Prev, purpose, n, width)),
            _ => Ok(Received::from(self, Peer::Next, packed_len(n, width))?.take(n, width)),
        }
    }

    /// The low `width` bits of what the parties' `shares` stand for, at both of them; zeros at the
    /// dealer. What lies above those bits means nothing. One round of `width` bits a word from each
    /// party.
    ///
    /// What is revealed must be masked by something that is uniform to either party.
    pub(crate) fn reveal<W: Word>(
        &mut self,
        sharing: impl Sharing<W>,
        shares: Vec<W>,
        width: u32,
    ) -> Result<Vec<W>, PartyError> {
        let n = shares.len();
        if self.is_dealer() {
            return Ok(vec![W::default(); n]);
        }
        let other = self.other();
        Message::new().put(&shares, width).send(self, other)?;
        self.round();
        let theirs: Vec<W> = Received::from(self, other, packed_len(n, width))?.take(n, width);
        Ok(plus(sharing, shares, &theirs))
    }
}
