//! The audit of a run: secure tests that values were in their ranges, of which the client learns one
//! bit a layer, and the parties nothing.
//!
//! Without it, a value that leaves its range silently turns into another one, since no party sees it.
//! [`Audited`] is a party of [`Rep3`] that tests, while a computation runs on it,
//!
//! - the result of every truncation, and the operand of every conversion between rings,
//! - what is declared to be in a range, and the operands of step functions, powers, row maxima and
//!   comparisons, which have ranges of their own.
//!
//! Ranges are those of [`ditto_core::Backend`] and of [`Sim`](crate::Sim), with these exceptions:
//!
//! - Values are tested as they are in the ring. One that is so large that it wraps all the way around
//!   into its range again is not seen: of values far outside, about half are. A layer that overflows
//!   does so in more than one place as a rule.
//! - Powers are not tested when they are scaled down, nor are products that they were added to: those
//!   of very low exponents mean nothing. A product that is scaled down by 0 bits is not tested either.
//! - The bound of a comparison is tested as the power of two that its width has room for.
//! - Where values must be below 2^b in magnitude, -2^b passes. A product within an ulp of the lower
//!   end of its range may count as outside, and one within an ulp above the upper end may pass.
//! - Declared ranges of more than half of the ring are not tested. The narrowing of a value is, if the
//!   value comes from an operation that talked in the same audit, and not if only local arithmetic was
//!   done on an input or on a value of an earlier audit.
//!
//! A test is the highest bit of w bits of a share with an offset: 0 if the value is in its range. The
//! tests are collected by w and made in batches by the protocol of comparisons, which takes any values.
//! Their bits become one for each stretch of the computation in one scope, by random sums and an OR.
//! A party's share of these is the verdict of [`Backend::finish`], an [`AuditShare`]. It gives it to the
//! client together with its share of the result; the client puts three of them together
//! ([`AuditReport::open`]). They are in the order of the computation, so the first that is set is where a
//! value was seen outside first.
//!
//! Cost: w is k - f for a truncation by f bits and k else; ranges smaller than half of the ring take two
//! tests. A test is about 9w - 29 bits, in 2 + ceil(log2(w - 1)) rounds for a batch. At the end come 6
//! rounds and 189 bits for each stretch, padded to 64 of them. It is accounted to scopes named `audit`
//! inside of those where it was due, and outside of all for what is made at the end.
//!
//! What it reveals: to the client, for each of these stretches, whether a value left its range. To the
//! parties nothing: what they send each other is masked, and the stretches, the number of tests and the
//! messages follow from the shapes. If the parties learned the bits, a party that chose the weights could
//! ask about each text what it likes: with weights that overflow exactly when a token occurs. For the
//! same reason what the client does next must not depend on the bits where a party can see it: see the
//! README.

mod backend;
mod log;
mod report;
mod watched;

use std::ops::Deref;

use ditto_core::{Backend, Z64};

use super::party::{Node, PartyError, Rep3};
use super::protocols::{any_set, common_coins, is_negative};
use super::share;
use crate::party::timed::Timed;
use log::{Audit, Tested};

pub use report::{AuditReport, AuditShare, AuditedScope};
pub use watched::{AuditedProduct, AuditedShare, Watched};

/// When more tests than this wait, 16 bytes each, those of the most frequent width are made: behind the
/// next operation that talks.
const WAITING: usize = 1 << 20;

/// A party that tests whether values stay in their ranges. All three parties have to be such.
///
/// An audit begins with the first scope or operation and ends with [`Backend::finish`]; what comes after
/// begins another. The scopes named `audit` say what the tests cost.
pub struct Audited {
    party: Rep3,
    /// The audit that is going on.
    audit: Option<Audit>,
}

impl From<Rep3> for Audited {
    fn from(party: Rep3) -> Self {
        Self { party, audit: None }
    }
}

impl Deref for Audited {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.party
    }
}

impl Audited {
    /// Tells the audit, if one is going on, in which scope tests are from here on.
    fn note_scope(&mut self) {
        if let Some(audit) = &self.audit {
            audit.enter(self.party.trace().path());
        }
    }

    /// The audit that is going on, or a new one.
    fn audit(&mut self) -> Result<Audit, PartyError> {
        if let Some(audit) = &self.audit {
            return Ok(audit.clone());
        }
        let coins = self.party.scope("audit", |party| Ok(party.timed::<Z64, _>(common_coins)))?;
        let path = self.party.trace().path().to_owned();
        Ok(self.audit.insert(Audit::new(path, coins)).clone())
    }

    /// Lets the audit note tests; makes some if too many wait.
    fn test(&mut self, note: impl FnOnce(&Audit)) -> Result<(), PartyError> {
        let audit = self.audit()?;
        note(&audit);
        self.make_tests(&audit, WAITING)
    }

    /// Makes tests until no more than so many wait.
    fn make_tests(&mut self, audit: &Audit, waiting: usize) -> Result<(), PartyError> {
        while let Some((width, mut tests)) = audit.take(waiting) {
            let [first, second] = std::mem::take(&mut tests.components);
            let values = share::<Z64>(self.party.id(), &[first.len()], first, second);
            let bits = self.party.scope("audit", |party| {
                party.timed::<Z64, _>(|party| is_negative(party, &values, width))
            })?;
            audit.found(&tests, &bits);
        }
        Ok(())
    }

    /// One bit for each stretch of the computation in one scope.
    fn conclude(&mut self) -> Result<AuditShare, PartyError> {
        let Some(audit) = self.audit.take() else {
            return Ok(AuditShare::default());
        };
        self.make_tests(&audit, 0)?;
        let tested = audit.conclude();
        let sums: Vec<_> = tested.iter().map(|scope| scope.sums).collect();
        let left_range = self
            .party
            .scope("audit", |party| party.timed::<Z64, _>(|party| any_set(party, &sums)))?;
        let tested = tested.into_iter().map(|Tested { path, tests, .. }| (path, tests)).collect();
        Ok(AuditShare { tested, left_range })
    }
}
