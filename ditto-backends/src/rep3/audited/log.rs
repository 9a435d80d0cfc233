//! The list of the tests that an audit has to make, and what is known of those that were made.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ditto_core::fixed::exp2;
use ditto_core::prg::Prg;
use ditto_core::{Ring, Word};

use crate::rep3::protocols::Sums;
use crate::rep3::{Rep3Bit, Rep3Share};

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
pub(super) struct Tested {
    pub(super) path: String,
    pub(super) tests: u64,
    pub(super) sums: Sums,
}

/// Values whose highest bit is 0 if they are in range.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) components: [Vec<u64>; 2],
    /// Which stretch the next so many values belong to.
    scopes: Vec<(usize, usize)>,
}

impl Audit {
    /// An audit with nothing in it, in the scope `path`, which draws its coins from `coins`.
    pub(super) fn new(path: String, coins: Prg) -> Self {
        let (scopes, pending) = (Vec::new(), BTreeMap::new());
        let log = Log { path, scopes, pending, coins, batches: 0, concluded: false };
        Self(Arc::new(Mutex::new(log)))
    }

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
    pub(super) fn enter(&self, path: &str) {
        self.log().path = path.to_owned();
    }

    /// What a truncation by `bits` bits from the ring `R` gave must be in
    /// (-2^(k-2-bits), 2^(k-2-bits)]: it is rounded, so the upper end can be met.
    pub(super) fn truncated<R: Ring, W: Ring>(&self, y: &Rep3Share<W>, bits: u32) {
        let limit = W::Word::from_u64(1).shl(R::BITS - 2 - bits);
        let offset = limit.to_u64().wrapping_sub(1);
        self.highest_bit(&y.add_constant(W::Word::from_u64(offset)), R::BITS - bits);
    }

    /// Integers must be in [-2^bits, 2^bits).
    pub(super) fn fits<R: Ring>(&self, x: &Rep3Share<R>, bits: u32) {
        let limit = 1i128 << bits;
        self.within(x, -limit..limit);
    }

    /// Values with `frac` fractional bits must be in `range`.
    pub(super) fn declared<R: Ring>(&self, x: &Rep3Share<R>, frac: u32, range: &Range<f64>) {
        // As for edges of functions: an integer is in the range exactly if it is between these.
        let integer = |end: f64| (end * exp2(frac)).ceil() as i128;
        self.within(x, integer(range.start)..integer(range.end));
    }

    fn within<R: Ring>(&self, x: &Rep3Share<R>, range: Range<i128>) {
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
    fn highest_bit<R: Ring>(&self, x: &Rep3Share<R>, width: u32) {
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
    pub(super) fn take(&self, waiting: usize) -> Option<(u32, Pending)> {
        let pending = &mut self.log().pending;
        let count = |tests: &Pending| tests.components[0].len();
        if pending.values().map(count).sum::<usize>() <= waiting {
            return None;
        }
        let width =
            pending.iter().max_by_key(|(_, tests)| count(tests)).map(|(&width, _)| width)?;
        pending.remove_entry(&width)
    }

    /// Takes down what tests have found, one bit for each value that was taken together with `tests`.
    pub(super) fn found(&self, tests: &Pending, bits: &Rep3Bit) {
        let log = &mut *self.log();
        let mut coins = log.coins.stream(log.batches, 0);
        log.batches += 1;
        let mut start = 0;
        for &(scope, n) in &tests.scopes {
            log.scopes[scope].sums.add(bits, start, n, &mut coins);
            start += n;
        }
    }

    /// Ends it, and gives its stretches.
    pub(super) fn conclude(&self) -> Vec<Tested> {
        let mut log = self.log();
        log.concluded = true;
        std::mem::take(&mut log.scopes)
    }
}
