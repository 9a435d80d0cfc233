//! What a party says first, as bytes.
//!
//! `ditto-hi`, the version (u32), the party's number (u8), 32 random bytes, and three texts, each after
//! its length (u32); numbers are little-endian. The first two fields stay where they are in every
//! version, so that a difference in version is reported as such.

use ditto_net::{NetError, PartyId};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Disagreement, Field, Terms};
use crate::party::error::Cause;

const MAGIC: &[u8; 8] = b"ditto-hi";
/// The longest text.
const MOST: usize = 4096;

pub(super) struct Hello {
    pub(super) sender: PartyId,
    pub(super) version: u32,
    pub(super) terms: Terms,
    pub(super) contribution: Zeroizing<[u8; 32]>,
}

impl Hello {
    pub(super) fn new(
        sender: PartyId,
        version: u32,
        terms: Terms,
        contribution: Zeroizing<[u8; 32]>,
    ) -> Self {
        Self { sender, version, terms, contribution }
    }

    fn texts(&self) -> [(Field, &String); 3] {
        let Terms { shape, options, tables } = &self.terms;
        [(Field::Shape, shape), (Field::Options, options), (Field::Tables, tables)]
    }

    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Cause> {
        let room = 64 + self.texts().iter().map(|(_, text)| 4 + text.len()).sum::<usize>();
        // In one allocation, as one that grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes.push(self.sender as u8);
        bytes.extend_from_slice(&*self.contribution);
        for (field, text) in self.texts() {
            if text.len() > MOST {
                let cause = format!("more than {MOST} bytes of {field}; give a digest instead");
                return Err(NetError::Local { cause }.into());
            }
            bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        Ok(bytes)
    }

    /// What party `from` sent.
    pub(super) fn decode(from: PartyId, bytes: &[u8]) -> Result<Self, Cause> {
        let no_greeting = |why: String| Cause::NoGreeting { from, why };
        let mut reader = Reader { rest: bytes };
        let short = || no_greeting(format!("{} bytes end too early", bytes.len()));
        if reader.array().ok_or_else(short)? != *MAGIC {
            return Err(no_greeting("it does not begin as one".into()));
        }
        let version = u32::from_le_bytes(reader.array().ok_or_else(short)?);
        let mut hello = Self::new(from, version, Terms::default(), Zeroizing::new([0; 32]));
        if version != super::VERSION {
            // Only these two fields are known of other versions.
            return Ok(hello);
        }
        let [sender] = reader.array().ok_or_else(short)?;
        if PartyId::from(sender) != from {
            return Err(no_greeting(format!("its sender takes itself for party {sender}")));
        }
        hello.contribution.copy_from_slice(reader.take(32).ok_or_else(short)?);
        let Terms { shape, options, tables } = &mut hello.terms;
        for text in [shape, options, tables] {
            let length = u32::from_le_bytes(reader.array().ok_or_else(short)?) as usize;
            if length > MOST {
                return Err(no_greeting(format!("a text of {length} bytes is too long")));
            }
            let taken = std::str::from_utf8(reader.take(length).ok_or_else(short)?);
            *text = taken.map_err(|error| no_greeting(error.to_string()))?.to_owned();
        }
        match reader.rest.len() {
            0 => Ok(hello),
            more => Err(no_greeting(format!("{more} bytes follow it"))),
        }
    }

    /// Refuses a peer that would not compute the same.
    pub(super) fn compare(&self, peer: &Self) -> Result<(), Disagreement> {
        let parties = [self.sender, peer.sender];
        if self.version != peer.version {
            let values = [self.version, peer.version].map(|version| version.to_string());
            return Err(Disagreement::new(Field::Version, parties, values));
        }
        for ((field, own), (_, theirs)) in self.texts().into_iter().zip(peer.texts()) {
            if own != theirs {
                return Err(Disagreement::new(field, parties, [own.clone(), theirs.clone()]));
            }
        }
        Ok(())
    }
}

/// SHA-256 of parts, for one use.
pub(super) fn hash(purpose: &str, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut sha = Sha256::new();
    for part in [b"ditto greeting".as_slice(), purpose.as_bytes()].iter().chain(parts) {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part);
    }
    Zeroizing::new(sha.finalize().into())
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
}
