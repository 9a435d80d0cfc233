//! The fields of a message: words packed to exactly the bits that are needed.

use ditto_core::Word;
use ditto_core::pack::packed_len;

use super::party::{Cause, Peer, Rep3, Rep3Error};

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
        self.bytes.reserve(packed_len(values.len(), width));
        W::pack(values, width, &mut self.bytes);
        self
    }

    pub(crate) fn send(self, party: &mut Rep3, to: Peer) -> Result<(), Rep3Error> {
        party.send(to, self.bytes)
    }
}

/// A message that has arrived, read field by field.
pub(crate) struct Received {
    bytes: Vec<u8>,
    at: usize,
}

impl Received {
    /// Waits for a message of exactly `length` bytes.
    pub(crate) fn from(party: &mut Rep3, peer: Peer, length: usize) -> Result<Self, Rep3Error> {
        let bytes = party.recv(peer)?;
        if bytes.len() != length {
            let from = party.number(peer);
            return Err(party.error(Cause::Length { from, got: bytes.len(), expected: length }));
        }
        Ok(Self { bytes, at: 0 })
    }

    /// The next `n` values of `width` bits.
    pub(crate) fn take<W: Word>(&mut self, n: usize, width: u32) -> Vec<W> {
        let end = self.at + packed_len(n, width);
        let field = W::unpack(&self.bytes[self.at..end], n, width);
        self.at = end;
        field.expect("the message has the length that its fields add up to")
    }
}
