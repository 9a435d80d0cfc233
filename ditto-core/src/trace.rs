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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Cost {
    /// Number of times in a row that a party waits for a message.
    pub rounds: u64,
    /// Bytes sent by node 0, 1 and so on; nodes that are not in the list have sent nothing.
    pub bytes: Vec<u64>,
}

impl Cost {
    /// Nothing, by so many nodes.
    pub fn none(nodes: usize) -> Self {
        Self { rounds: 0, bytes: vec![0; nodes] }
    }

    /// A round, in which nothing is sent.
    pub fn round() -> Self {
        Self { rounds: 1, bytes: Vec::new() }
    }

    /// What one node sends.
    pub fn sent_by(node: usize, bytes: u64) -> Self {
        let mut cost = Self::none(node + 1);
        cost.bytes[node] = bytes;
        cost
    }

    /// Adds what another node counted in the same rounds.
    fn add_beside(&mut self, other: Self) {
        let rounds = self.rounds.max(other.rounds);
        *self += other;
        self.rounds = rounds;
    }

    /// Bytes sent by all nodes together.
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
        *self += &other;
    }
}

impl AddAssign<&Self> for Cost {
    fn add_assign(&mut self, other: &Self) {
        self.rounds += other.rounds;
        if self.bytes.len() < other.bytes.len() {
            self.bytes.resize(other.bytes.len(), 0);
        }
        for (own, other) in self.bytes.iter_mut().zip(&other.bytes) {
            *own += other;
        }
    }
}

/// What one kind of operation cost, on operands of one ring.
///
/// A party of `Rep3` or `Additive` knows its calls, its messages, its time and what may fail: it leaves
/// elements, multiplications and link bytes 0.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// the length of the sums in a matrix product. The parties of `Rep3` together make six of each.
    pub multiplications: u64,
    /// Rounds and bytes.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub cost: Cost,
    /// Bytes that one waits for: those on the busiest direction of a link in each round, added up.
    pub link_bytes: u64,
    /// How likely any of its results is to be wrong by more than its stated error, at most: the bounds of
    /// all calls, added up. 0 for an operation that never fails.
    pub failure_probability: f64,
    /// Wall-clock time, waiting for the other parties included. Work between operations, such as
    /// additions and the order of axes, is in the time of the scope alone.
    pub seconds: f64,
}

impl AddAssign for Operation {
    /// Adds the figures; the names are the left side's.
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.elements += other.elements;
        self.multiplications += other.multiplications;
        self.cost += other.cost;
        self.link_bytes += other.link_bytes;
        self.failure_probability += other.failure_probability;
        self.seconds += other.seconds;
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
        self.scopes.first().map(|scope| scope.cost.clone()).unwrap_or_default()
    }

    /// How likely anything in the whole run is to be wrong by more than its stated error, at most: the
    /// bounds of all operations, added up. So it holds whatever they depend on.
    pub fn failure_probability(&self) -> f64 {
        let operations = self.scopes.iter().flat_map(|scope| &scope.operations);
        operations.map(|operation| operation.failure_probability).sum()
    }

    /// What the whole run was spent on: the operations of all scopes, added up by kind and ring.
    pub fn operations(&self) -> Vec<Operation> {
        let mut sums: Vec<Operation> = Vec::new();
        for operation in self.scopes.iter().flat_map(|scope| &scope.operations) {
            let same =
                |o: &&mut Operation| (o.operation, o.ring) == (operation.operation, operation.ring);
            match sums.iter_mut().find(same) {
                Some(sum) => *sum += operation.clone(),
                None => sums.push(operation.clone()),
            }
        }
        sums
    }

    /// The reports of all nodes as one: bytes add up, rounds and what may fail are the same at each
    /// node, and the slowest node's time counts.
    pub fn merge(nodes: impl IntoIterator<Item = Report>) -> Report {
        Self::together(nodes, |own, other| {
            own.cost.add_beside(other.cost);
            own.seconds = own.seconds.max(other.seconds);
            for (own, other) in own.operations.iter_mut().zip(other.operations) {
                own.cost.add_beside(other.cost);
                own.seconds = own.seconds.max(other.seconds);
                own.failure_probability = own.failure_probability.max(other.failure_probability);
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
            own.cost.add_beside(other.cost);
            own.seconds += other.seconds;
            for (own, other) in own.operations.iter_mut().zip(other.operations) {
                let rounds = own.cost.rounds.max(other.cost.rounds);
                *own += other;
                own.cost.rounds = rounds;
            }
        });
        for scope in &mut merged.scopes {
            scope.seconds /= count;
            scope.operations.iter_mut().for_each(|operation| operation.seconds /= count);
        }
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

/// The time of the operation that runs.
struct Clock {
    ring: &'static str,
    since: Instant,
    /// Where the operation is in the account, once it has been counted: its scope, and its place there.
    counted: Option<(usize, usize)>,
}

/// The running account of one backend.
pub struct Trace {
    nodes: usize,
    open: Vec<Open>,
    clock: Option<Clock>,
    scopes: Vec<ScopeReport>,
    by_path: HashMap<String, usize>,
    observer: Option<Observer>,
    started: Instant,
}

/// Of three nodes, as the schemes here have.
impl Default for Trace {
    fn default() -> Self {
        Self::new(3)
    }
}

impl Trace {
    /// An account with nothing in it, of what so many nodes send.
    pub fn new(nodes: usize) -> Self {
        let mut trace = Self {
            nodes,
            open: Vec::new(),
            clock: None,
            scopes: Vec::new(),
            by_path: HashMap::new(),
            observer: None,
            started: Instant::now(),
        };
        trace.index_of(String::new());
        trace
    }

    /// Calls `observer` with the path of every scope that is entered: what progress bars need.
    pub fn observe(&mut self, observer: impl FnMut(&str) + Send + 'static) {
        self.observer = Some(Box::new(observer));
    }

    /// Starts a new account, keeping the observer.
    pub fn restart(&mut self) {
        *self = Self { observer: self.observer.take(), ..Self::new(self.nodes) };
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
    pub fn count(&mut self, cost: &Cost) {
        self.scopes[0].cost += cost;
        for open in &self.open {
            self.scopes[open.scope].cost += cost;
        }
    }

    /// Adds an operation to the innermost scope, and its cost as [`Trace::count`] does. If it names no
    /// ring, it is on that of the clock that runs.
    pub fn count_operation(&mut self, mut operation: Operation) {
        if let (Some(clock), "") = (&self.clock, operation.ring) {
            operation.ring = clock.ring;
        }
        self.count(&operation.cost);
        let scope = self.open.last().map_or(0, |open| open.scope);
        let known = &mut self.scopes[scope].operations;
        let same = |o: &Operation| (o.operation, o.ring) == (operation.operation, operation.ring);
        let place = known.iter().position(same).unwrap_or_else(|| {
            let Operation { operation, ring, .. } = operation;
            let cost = Cost::none(self.nodes);
            known.push(Operation { operation, ring, cost, ..Operation::default() });
            known.len() - 1
        });
        known[place] += operation;
        let Some(clock) = &mut self.clock else {
            return;
        };
        // A protocol may end with another: from here on the time is that one's.
        if let Some((scope, before)) = clock.counted.replace((scope, place))
            && before != place
        {
            self.scopes[scope].operations[before].seconds += clock.since.elapsed().as_secs_f64();
            clock.since = Instant::now();
        }
    }

    /// Adds operations that ran before this account was started, in a scope of their own, with their cost and
    /// without their time. No observer is told.
    pub fn add_earlier(&mut self, scope: &str, operations: impl IntoIterator<Item = Operation>) {
        let observer = self.observer.take();
        self.enter(scope);
        for operation in operations {
            self.count_operation(Operation { seconds: 0.0, ..operation });
        }
        self.leave();
        self.observer = observer;
    }

    /// Starts the clock of an operation on operands of the ring `ring`, before it is counted. For
    /// backends; not to be nested.
    pub fn start_clock(&mut self, ring: &'static str) {
        self.clock = Some(Clock { ring, since: Instant::now(), counted: None });
    }

    /// Stops the clock and adds its time to the operation that was counted last while it ran, if one
    /// was.
    pub fn stop_clock(&mut self) {
        if let Some(Clock { since, counted: Some((scope, place)), .. }) = self.clock.take() {
            self.scopes[scope].operations[place].seconds += since.elapsed().as_secs_f64();
        }
    }

    /// The cost of the whole run so far.
    pub fn total(&self) -> Cost {
        self.scopes[0].cost.clone()
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
                cost: Cost::none(self.nodes),
                seconds: 0.0,
                operations: Vec::new(),
            });
            self.scopes.len() - 1
        })
    }
}

#[cfg(test)]
mod tests;
