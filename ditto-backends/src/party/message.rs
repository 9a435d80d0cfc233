//! The fields of a message: words packed to exactly the bits that are needed.

use std::sync::Arc;

use ditto_core::Word;
use ditto_core::pack::packed_len;

use crate::party::error::{Cause, PartyError};
use crate::party::node::Node;
use crate::party::streams::Peer;

/// A message under construction. Every field starts at a whole byte.
#[derive(Default)]
pub(crate) struct Message {
    bytes: Vec<u8>,
}

impl Message {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Appends the low `width` bits of every value.
    pub(crate) fn put<W: Word>(mut self, values: &[W], width: u32) -> Self {
        self.append(values, width);
        self
    }

    /// The same in place. A field may be appended in pieces: see
    /// [`pieces`](crate::rep3::protocols::pieces).
    pub(crate) fn append<W: Word>(&mut self, values: &[W], width: u32) {
        W::pack(values, width, &mut self.bytes);
    }

    /// An empty message with room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    pub(crate) fn send(self, party: &mut Node, to: Peer) -> Result<(), PartyError> {
        party.send(to, self.bytes)
    }
}

/// A message of several fields that are written side by side, in pieces.
pub(crate) struct Fields<const N: usize> {
    bytes: Vec<u8>,
    /// Where the next piece of each field goes.
    next: [usize; N],
    piece: Vec<u8>,
}

impl<const N: usize> Fields<N> {
    /// Fields of so many bytes.
    pub(crate) fn new(lengths: [usize; N]) -> Self {
        let mut end = 0;
        let next = lengths.map(|length| {
            end += length;
            end - length
        });
        Self { bytes: vec![0; end], next, piece: Vec::new() }
    }

    /// Writes the next piece of a field: the low `width` bits of every value.
    pub(crate) fn append<W: Word>(&mut self, field: usize, values: &[W], width: u32) {
        self.piece.clear();
        W::pack(values, width, &mut self.piece);
        let start = self.next[field];
        self.next[field] += self.piece.len();
        self.bytes[start..self.next[field]].copy_from_slice(&self.piece);
    }

    pub(crate) fn send(self, party: &mut Node, to: Peer) -> Result<(), PartyError> {
        party.send(to, self.bytes)
    }
}

/// A message that has arrived, read field by field.
pub(crate) struct Received {
    bytes: Arc<Vec<u8>>,
    at: usize,
}

impl Received {
    /// Waits for a message of exactly `length` bytes.
    pub(crate) fn from(party: &mut Node, peer: Peer, length: usize) -> Result<Self, PartyError> {
        let bytes = party.recv(peer)?;
        if bytes.len() != length {
            let from = party.number(peer);
            return Err(party.error(Cause::Length { from, got: bytes.len(), expected: length }));
        }
        Ok(Self { bytes: Arc::new(bytes), at: 0 })
    }

    /// The same message from byte `at` on, to be read side by side with what is before it.
    pub(crate) fn field_at(&self, at: usize) -> Self {
        Self { bytes: Arc::clone(&self.bytes), at }
    }

    /// The next `n` values of `width` bits.
    pub(crate) fn take<W: Word>(&mut self, n: usize, width: u32) -> Vec<W> {
        let end = self.at + packed_len(n, width);
        let field = W::unpack(&self.bytes[self.at..end], n, width);
        self.at = end;
        field.expect("the message has the length that its fields add up to")
    }
}
