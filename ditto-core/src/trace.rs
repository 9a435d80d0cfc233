//! What a run costs, by named scope: rounds, bytes and seconds.
//!
//! Layers open scopes (`cx.scope("softmax", ..)`), backends count into the innermost one. The
//! same scopes name the layer in every error.

use std::collections::HashMap;
use std::ops::{Add, AddAssign};
use std::time::Instant;

/// Rounds, and bytes sent by each party.
///
/// Bytes are those of message payloads. Frame headers (16 bytes a message) and, over TCP, the
/// records of TLS come on top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Cost {
    /// Number of times in a row that a party waits for a message.
    pub rounds: u64,
    /// Bytes sent by party 0, 1 and 2.
    pub bytes: [u64; 3],
}

impl Cost {
    /// This and what another party counted in the same rounds.
    fn beside(self, other: Self) -> Self {
        let rounds = self.rounds.max(other.rounds);
        Self { rounds, ..self + other }
    }

    /// Bytes sent by all parties together.
    pub fn total_bytes(&self) -> u64 {
        self.bytes.iter().sum()
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.rounds += other.rounds;
        for (own, other) in self.bytes.iter_mut().zip(other.bytes) {
            *own += other;
        }
    }
}

/// What one kind of operation cost, on operands of one ring.
///
/// A party of `Rep3` knows its messages alone: it leaves the ring empty, and elements,
/// multiplications and link bytes 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Operation {
    /// The kind.
    pub operation: &'static str,
    /// The ring of its operands.
    pub ring: &'static str,
    /// How often it ran.
    pub calls: u64,
    /// Elements of all its results together.
    pub elements: u64,
    /// Multiplications of ring elements that it stands for in the clear: elements of a product, times
    /// the length of the sums in a matrix product. The three parties together make six of each.
    pub multiplications: u64,
    /// Rounds and bytes.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub cost: Cost,
    /// Bytes that one waits for: those on the busiest direction of a link in each round, added up.
    pub link_bytes: u64,
}

impl AddAssign for Operation {
    /// Adds the figures; the names are the left side's.
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.elements += other.elements;
        self.multiplications += other.multiplications;
        self.cost += other.cost;
        self.link_bytes += other.link_bytes;
    }
}

/// What one scope cost, the scopes inside it included.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ScopeReport {
    /// Names from the outermost scope inwards, joined by `/`. Empty for the whole run.
    pub path: String,
    /// How often the scope was entered.
    pub calls: u64,
    /// Rounds and bytes.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub cost: Cost,
    /// Wall-clock time.
    pub seconds: f64,
    /// What it was spent on, the scopes inside this one left out.
    pub operations: Vec<Operation>,
}

/// The scopes of a run, in the order in which they were first entered.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Report {
    /// The first entry is the whole run.
    pub scopes: Vec<ScopeReport>,
}

impl Report {
    /// The cost of the whole run.
    pub fn total(&self) -> Cost {
        self.scopes.first().map(|scope| scope.cost).unwrap_or_default()
    }

    /// The three parties' reports as one: bytes add up, rounds are the same at each party, and
    /// the slowest party's time counts.
    pub fn merge(parties: [Report; 3]) -> Report {
        Self::together(parties, |own, other| {
            own.cost = own.cost.beside(other.cost);
            own.seconds = own.seconds.max(other.seconds);
            for (own, other) in own.operations.iter_mut().zip(other.operations) {
                own.cost = own.cost.beside(other.cost);
            }
        })
    }

    /// The reports of computations that ran one after another, with the same scopes: all adds up.
    pub fn in_sequence(computations: impl IntoIterator<Item = Report>) -> Report {
        Self::together(computations, |own, other| {
            own.calls += other.calls;
            own.cost += other.cost;
            own.seconds += other.seconds;
            for (own, other) in own.operations.iter_mut().zip(other.operations) {
                *own += other;
            }
        })
    }

    /// The reports of computations that ran at the same time, with the same scopes: rounds overlap,
    /// times are means, as the computations shared the machine, and all else adds up.
    pub fn concurrent(computations: impl ExactSizeIterator<Item = Report>) -> Report {
        let count = computations.len() as f64;
        let mut merged = Self::together(computations, |own, other| {
            own.calls += other.calls;
            own.cost = own.cost.beside(other.cost);
            own.seconds += other.seconds;
            for (own, other) in own.operations.iter_mut().zip(other.operations) {
                let cost = own.cost.beside(other.cost);
                *own += other;
                own.cost = cost;
            }
        });
        merged.scopes.iter_mut().for_each(|scope| scope.seconds /= count);
        merged
    }

    fn together(
        reports: impl IntoIterator<Item = Report>,
        add: impl Fn(&mut ScopeReport, ScopeReport),
    ) -> Report {
        let mut reports = reports.into_iter();
        let mut merged = reports.next().unwrap_or_default();
        for other in reports {
            merged.scopes.iter_mut().zip(other.scopes).for_each(|(own, other)| add(own, other));
        }
        merged
    }
}

type Observer = Box<dyn FnMut(&str) + Send>;

struct Open {
    scope: usize,
    since: Instant,
}

/// The running account of one backend.
pub struct Trace {
    open: Vec<Open>,
    scopes: Vec<ScopeReport>,
    by_path: HashMap<String, usize>,
    observer: Option<Observer>,
    started: Instant,
}

impl Default for Trace {
    fn default() -> Self {
        let mut trace = Self {
            open: Vec::new(),
            scopes: Vec::new(),
            by_path: HashMap::new(),
            observer: None,
            started: Instant::now(),
        };
        trace.index_of(String::new());
        trace
    }
}

impl Trace {
    /// Calls `observer` with the path of every scope that is entered: what progress bars need.
    pub fn observe(&mut self, observer: impl FnMut(&str) + Send + 'static) {
        self.observer = Some(Box::new(observer));
    }

    /// Starts a new account, keeping the observer.
    pub fn restart(&mut self) {
        *self = Self { observer: self.observer.take(), ..Self::default() };
    }

    /// Opens a scope inside the current one.
    pub fn enter(&mut self, name: &str) {
        let path = match self.open.last() {
            Some(open) => format!("{}/{name}", self.scopes[open.scope].path),
            None => name.to_owned(),
        };
        if let Some(observer) = &mut self.observer {
            observer(&path);
        }
        let scope = self.index_of(path);
        self.scopes[scope].calls += 1;
        self.open.push(Open { scope, since: Instant::now() });
    }

    /// Closes the innermost scope.
    pub fn leave(&mut self) {
        if let Some(open) = self.open.pop() {
            self.scopes[open.scope].seconds += open.since.elapsed().as_secs_f64();
        }
    }

    /// The names of the open scopes, joined by `/`; "top level" outside of all.
    pub fn path(&self) -> &str {
        self.open.last().map_or("top level", |open| &self.scopes[open.scope].path)
    }

    /// Adds a cost to every open scope and to the whole run.
    pub fn count(&mut self, cost: Cost) {
        self.scopes[0].cost += cost;
        for open in &self.open {
            self.scopes[open.scope].cost += cost;
        }
    }

    /// Adds an operation to the innermost scope, and its cost as [`Trace::count`] does.
    pub fn count_operation(&mut self, operation: Operation) {
        self.count(operation.cost);
        let scope = self.open.last().map_or(0, |open| open.scope);
        let known = &mut self.scopes[scope].operations;
        let same =
            |o: &&mut Operation| (o.operation, o.ring) == (operation.operation, operation.ring);
        match known.iter_mut().find(same) {
            Some(known) => *known += operation,
            None => known.push(operation),
        }
    }

    /// The cost of the whole run so far.
    pub fn total(&self) -> Cost {
        self.scopes[0].cost
    }

    /// The account so far.
    pub fn report(&self) -> Report {
        let mut scopes = self.scopes.clone();
        scopes[0].calls = 1;
        scopes[0].seconds = self.started.elapsed().as_secs_f64();
        Report { scopes }
    }

    fn index_of(&mut self, path: String) -> usize {
        *self.by_path.entry(path).or_insert_with_key(|path| {
            self.scopes.push(ScopeReport {
                path: path.clone(),
                calls: 0,
                cost: Cost::default(),
                seconds: 0.0,
                operations: Vec::new(),
            });
            self.scopes.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_count_for_every_open_scope() {
        let mut trace = Trace::default();
        let one = Cost { rounds: 1, bytes: [1, 2, 3] };
        trace.count(one);
        trace.enter("layer 0");
        trace.count(one);
        trace.enter("softmax");
        assert_eq!(trace.path(), "layer 0/softmax");
        trace.count(one);
        trace.leave();
        trace.leave();
        let report = trace.report();
        let rounds: Vec<_> =
            report.scopes.iter().map(|s| (s.path.as_str(), s.cost.rounds)).collect();
        assert_eq!(rounds, [("", 3), ("layer 0", 2), ("layer 0/softmax", 1)]);
        assert_eq!(report.total().total_bytes(), 18);
    }

    #[test]
    fn operations_count_for_the_innermost_scope() {
        let mut trace = Trace::default();
        let cost = Cost { rounds: 1, bytes: [1; 3] };
        let open =
            Operation { operation: "open", ring: "Z32", calls: 1, cost, ..Default::default() };
        trace.enter("layer 0");
        trace.count_operation(open);
        trace.count_operation(open);
        trace.count_operation(Operation { ring: "Z64", ..open });
        trace.leave();
        let report = trace.report();
        let calls = |scope: usize| -> Vec<u64> {
            report.scopes[scope].operations.iter().map(|operation| operation.calls).collect()
        };
        assert_eq!((calls(0), calls(1)), (vec![], vec![2, 1]));
        assert_eq!(report.total().rounds, 3);
    }

    #[test]
    fn merged_reports_add_bytes_but_not_rounds() {
        let party = |i: usize| {
            let mut trace = Trace::default();
            let mut bytes = [0; 3];
            bytes[i] = 10 * (i as u64 + 1);
            trace.count(Cost { rounds: 2, bytes });
            trace.report()
        };
        let merged = Report::merge([party(0), party(1), party(2)]);
        assert_eq!(merged.total(), Cost { rounds: 2, bytes: [10, 20, 30] });
    }

    #[test]
    fn concurrent_computations_share_rounds_and_time() {
        let computation = |rounds: u64, seconds: f64| {
            let mut trace = Trace::default();
            trace.count(Cost { rounds, bytes: [1, 2, 3] });
            let mut report = trace.report();
            report.scopes[0].seconds = seconds;
            report
        };
        let both = [computation(2, 3.0), computation(5, 1.0)];
        let merged = Report::concurrent(both.into_iter());
        assert_eq!(merged.total(), Cost { rounds: 5, bytes: [2, 4, 6] });
        assert_eq!(merged.scopes[0].seconds, 2.0);
        let merged = Report::in_sequence([computation(2, 3.0), computation(5, 1.0)]);
        assert_eq!(merged.total(), Cost { rounds: 7, bytes: [2, 4, 6] });
        assert_eq!(merged.scopes[0].seconds, 4.0);
        assert!(Report::concurrent([].into_iter()).scopes.is_empty());
    }
}
