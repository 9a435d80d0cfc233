//! What an audit found: each party's share of it, and what a client reads.

use std::collections::BTreeSet;
use std::fmt;

use generic_array::GenericArray;

use crate::party::shares::Bits;
use crate::rep3::Rep3Bit;
use crate::rep3::sharing::Inconsistent;

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Every stretch of the computation in one scope in which something was tested, in order. A scope
    /// with others inside, or that is entered again later, is there more than once.
    pub scopes: Vec<AuditedScope>,
}

/// What an audit found in a stretch of the computation in one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedScope {
    /// Names of scopes from the outermost inwards, joined by `/`; "top level" outside of all.
    pub path: String,
    /// How many tests were made: one or two for each value.
    pub tests: u64,
    /// Whether any value left its range.
    pub left_range: bool,
}

/// A party's part of what an audit found, which is for the client.
///
/// It holds what was tested, which all parties know, and the party's share of what was found.
#[derive(Clone)]
pub struct AuditShare {
    /// The path and the number of tests of every stretch.
    pub(super) tested: Vec<(String, u64)>,
    /// Whether a value left its range in it.
    pub(super) left_range: Rep3Bit,
}

/// Of a computation in which nothing was tested.
impl Default for AuditShare {
    fn default() -> Self {
        let none = GenericArray::from_array([Vec::new(), Vec::new()]);
        Self { tested: Vec::new(), left_range: Bits::new(&[0], none) }
    }
}

#[cfg(test)]
impl AuditShare {
    /// The bits of a component, 64 to a word.
    pub(crate) fn component(&self, i: usize) -> &[u64] {
        self.left_range.component(i)
    }
}

impl AuditReport {
    /// What three parties' shares, in the order of the parties, say. This opens them, to whoever holds
    /// all three.
    ///
    /// # Errors
    /// If the shares do not belong to one audit.
    pub fn open(shares: &[AuditShare; 3]) -> Result<Self, Inconsistent> {
        for (i, share) in shares.iter().enumerate() {
            let next = &shares[(i + 1) % 3];
            let same = share.left_range.component(1) == next.left_range.component(0);
            if !same || share.tested != next.tested {
                return Err(Inconsistent(i, (i + 1) % 3));
            }
        }
        let components = shares.each_ref().map(|share| share.left_range.component(0));
        let bit =
            |i: usize| components.iter().fold(0, |sum, words| sum ^ words[i / 64] >> (i % 64));
        let scope = |(i, (path, tests)): (usize, &(String, u64))| AuditedScope {
            path: path.clone(),
            tests: *tests,
            left_range: bit(i) & 1 == 1,
        };
        Ok(Self { scopes: shares[0].tested.iter().enumerate().map(scope).collect() })
    }

    /// The number of different scopes.
    pub fn layers(&self) -> usize {
        self.scopes.iter().map(|scope| &scope.path).collect::<BTreeSet<_>>().len()
    }

    /// Where values left their ranges, the first being where that was seen first.
    pub fn failed(&self) -> impl Iterator<Item = &AuditedScope> {
        self.scopes.iter().filter(|scope| scope.left_range)
    }
}

impl fmt::Display for AuditedScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        f.write_str(match self.left_range {
            true => ": a value left its range",
            false => ": no value found out of range",
        })
    }
}
