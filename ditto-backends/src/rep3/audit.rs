//! The audit of a run: secure tests that values were in their ranges, of which the client learns one
//! bit a layer, and the parties nothing.
//!
//! Without it, a value that leaves its range silently turns into another one, since no party sees it.
//! [`Rep3::audited`] tests, while a computation runs on it,
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
//! Each party keeps its share of these ([`AuditShare`]) and gives it to the client together with its
//! share of the result; the client puts three of them together ([`AuditReport::open`]). They are in the
//! order of the computation, so the first that is set is where a value was seen outside first.
//!
//! Cost: w is k - f for a truncation by f bits and k else; ranges smaller than half of the ring take two
//! tests. A test is about 9w - 29 bits, in 2 + ceil(log2(w - 1)) rounds for a batch. At the end come 6
//! rounds and 189 bits for each stretch, padded to 64 of them. It is accounted to scopes named `audit` inside of those where it
//! was due.
//!
//! What it reveals: to the client, for each of these stretches, whether a value left its range. To the
//! parties nothing: what they send each other is masked, and the stretches, the number of tests and the
//! messages follow from the shapes. If the parties learned the bits, a party that chose the weights could
//! ask about each text what it likes: with weights that overflow exactly when a token occurs. For the
//! same reason what the client does next must not depend on the bits where a party can see it: see the
//! README.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ditto_core::fixed::exp2;
use ditto_core::prg::Prg;
use ditto_core::{Backend, Ring, Word, Z64};
use typenum::U2;

use super::deal::Inconsistent;
use super::party::{PartyError, Rep3};
use super::protocols::{Sums, any_set, common_coins, is_negative};
use super::{Rep3Bit, Rep3Share, share};
use crate::party::shares::Shares;
use crate::party::timed::Timed;

/// When more tests than this wait, 16 bytes each, those of the most frequent width are made: behind the
/// next operation that talks.
const WAITING: usize = 1 << 20;

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
    tested: Vec<(String, u64)>,
    /// Whether a value left its range in it.
    left_range: Rep3Bit,
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

/// A party's list of tests, which its shares refer to.
#[derive(Clone)]
pub(crate) struct Audit(Arc<Mutex<Log>>);

struct Log {
    /// The path of the innermost open scope.
    path: String,
    /// The stretches so far; the last is still open if it has the same path.
    scopes: Vec<Tested>,
    /// Tests that have not been made yet, by width.
    pending: BTreeMap<u32, Pending>,
    coins: Prg,
    batches: u64,
    /// Whether it is over; values that were part of it may live on.
    concluded: bool,
}

/// A stretch of the computation in one scope, with what is known of it so far.
struct Tested {
    path: String,
    tests: u64,
    sums: Sums,
}

/// Values whose highest bit is 0 if they are in range.
#[derive(Default)]
struct Pending {
    components: [Vec<u64>; 2],
    /// Which stretch the next so many values belong to.
    scopes: Vec<(usize, usize)>,
}

impl Audit {
    fn log(&self) -> MutexGuard<'_, Log> {
        // A panic elsewhere leaves no list half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Of the audits of two values that of both: one that is still going on, if there is one.
    pub(super) fn of_all<'a>(
        audits: impl Iterator<Item = &'a Option<Self>> + Clone,
    ) -> Option<Self> {
        let running = audits.clone().flatten().find(|audit| !audit.log().concluded);
        running.or_else(|| audits.flatten().next()).cloned()
    }

    /// The scope `path` is the innermost one from here on.
    fn enter(&self, path: &str) {
        self.log().path = path.to_owned();
    }

    /// What a truncation by `bits` bits from the ring `R` gave must be in
    /// (-2^(k-2-bits), 2^(k-2-bits)]: it is rounded, so the upper end can be met.
    pub(crate) fn truncated<R: Ring, W: Ring>(&self, y: &Shares<W, U2>, bits: u32) {
        let limit = W::Word::from_u64(1).shl(R::BITS - 2 - bits);
        let offset = limit.to_u64().wrapping_sub(1);
        self.highest_bit(&y.add_constant(W::Word::from_u64(offset)), R::BITS - bits);
    }

    /// Integers must be in [-2^bits, 2^bits).
    pub(crate) fn fits<R: Ring>(&self, x: &Shares<R, U2>, bits: u32) {
        let limit = 1i128 << bits;
        self.within(x, -limit..limit);
    }

    /// Values with `frac` fractional bits must be in `range`.
    pub(crate) fn declared<R: Ring>(&self, x: &Shares<R, U2>, frac: u32, range: &Range<f64>) {
        // As for edges of functions: an integer is in the range exactly if it is between these.
        let integer = |end: f64| (end * exp2(frac)).ceil() as i128;
        self.within(x, integer(range.start)..integer(range.end));
    }

    fn within<R: Ring>(&self, x: &Shares<R, U2>, range: Range<i128>) {
        let half = 1i128 << (R::BITS - 1);
        let (low, high) = (range.start.clamp(-half, half), range.end.clamp(-half, half));
        if high - low > half {
            return;
        }
        let word = |v: i128| R::Word::from_u64(v as u64);
        // Below, the first is negative; above, the second is, or the first in a range that is half of
        // the ring.
        self.highest_bit(&x.add_constant(word(-low)), R::BITS);
        if high - low < half {
            let minus_one = R::Word::from_u64(u64::MAX);
            self.highest_bit(&x.scale(minus_one).add_constant(word(high - 1)), R::BITS);
        }
    }

    /// Bit `width` - 1 must be 0 in the innermost scope.
    fn highest_bit<R: Ring>(&self, x: &Shares<R, U2>, width: u32) {
        let log = &mut *self.log();
        if log.concluded || x.is_empty() {
            return;
        }
        if log.scopes.last().is_none_or(|last| last.path != log.path) {
            let path = log.path.clone();
            log.scopes.push(Tested { path, tests: 0, sums: Sums::default() });
        }
        let scope = log.scopes.len() - 1;
        log.scopes[scope].tests += x.len() as u64;
        let pending = log.pending.entry(width).or_default();
        pending.scopes.push((scope, x.len()));
        for (i, words) in pending.components.iter_mut().enumerate() {
            words.extend(x.component(i).iter().map(|word| word.to_u64()));
        }
    }

    /// Takes the tests of the most frequent width, if more than so many wait.
    fn take(&self, waiting: usize) -> Option<(u32, Pending)> {
        let pending = &mut self.log().pending;
        let count = |tests: &Pending| tests.components[0].len();
        if pending.values().map(count).sum::<usize>() <= waiting {
            return None;
        }
        let width =
            pending.iter().max_by_key(|(_, tests)| count(tests)).map(|(&width, _)| width)?;
        pending.remove_entry(&width)
    }
}

impl Rep3 {
    /// Runs `body` with an audit. All three parties have to, and none learns what it finds: the client
    /// does, from the three shares ([`AuditReport::open`]).
    ///
    /// Its cost is in the scopes named `audit`. An audit inside of another takes its place.
    ///
    /// # Errors
    /// Those of `body` and of the network. A value that left its range is no error here.
    pub fn audited<T>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<T, PartyError>,
    ) -> Result<(T, AuditShare), PartyError> {
        let coins = self.scope("audit", |party| Ok(party.timed::<Z64, _>(common_coins)))?;
        let path = self.trace().path().to_owned();
        let (scopes, pending) = (Vec::new(), BTreeMap::new());
        let log = Log { path, scopes, pending, coins, batches: 0, concluded: false };
        let outer = self.audit.replace(Audit(Arc::new(Mutex::new(log))));
        let result = body(self);
        let audit = std::mem::replace(&mut self.audit, outer);
        let (value, Some(audit)) = (result?, audit) else {
            unreachable!("an audit was begun above");
        };
        let share = self.scope("audit", |party| {
            party.test(&audit, 0)?;
            party.conclude(&audit)
        })?;
        Ok((value, share))
    }

    /// Tells the audit, if there is one, in which scope tests are from here on.
    pub(super) fn note_scope(&mut self) {
        if let Some(audit) = self.audit.clone() {
            audit.enter(self.trace().path());
        }
    }

    /// Lets the audit, if there is one, note tests; makes some if too many wait.
    pub(super) fn audit(&mut self, note: impl FnOnce(&Audit)) -> Result<(), PartyError> {
        let Some(audit) = self.audit.clone() else {
            return Ok(());
        };
        note(&audit);
        self.test(&audit, WAITING)
    }

    /// A result whose local use the audit, if there is one, is to see.
    pub(super) fn watched<R: Ring>(&self, mut x: Rep3Share<R>) -> Rep3Share<R> {
        x.audit = self.audit.clone();
        x
    }

    /// Makes tests until no more than so many wait.
    fn test(&mut self, audit: &Audit, waiting: usize) -> Result<(), PartyError> {
        while let Some((width, pending)) = audit.take(waiting) {
            let Pending { components: [first, second], scopes } = pending;
            let values = share::<Z64>(self.id(), &[first.len()], first, second);
            let bits = self.scope("audit", |party| {
                party.timed::<Z64, _>(|party| is_negative(party, &values, width))
            })?;
            let log = &mut *audit.log();
            let mut coins = log.coins.stream(log.batches, 0);
            log.batches += 1;
            let mut start = 0;
            for (scope, n) in scopes {
                log.scopes[scope].sums.add(&bits, start, n, &mut coins);
                start += n;
            }
        }
        Ok(())
    }

    /// One bit for each stretch of the computation in one scope.
    fn conclude(&mut self, audit: &Audit) -> Result<AuditShare, PartyError> {
        let tested = {
            let mut log = audit.log();
            log.concluded = true;
            std::mem::take(&mut log.scopes)
        };
        let sums: Vec<Sums> = tested.iter().map(|scope| scope.sums).collect();
        let left_range = self.timed::<Z64, _>(|party| any_set(party, &sums))?;
        let tested = tested.into_iter().map(|Tested { path, tests, .. }| (path, tests)).collect();
        Ok(AuditShare { tested, left_range })
    }
}
