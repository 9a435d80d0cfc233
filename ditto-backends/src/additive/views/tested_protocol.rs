//! Runs the real code of the three nodes over a batch whose elements are all that one party does not
//! know, and compares what it sees.
//!
//! A party knows its shares of the inputs and what it draws in common with the dealer: these are the
//! same for every element of a batch, and chosen anew for the next batch. It does not know the other
//! party's shares and what that party draws in common with the dealer: the number of an element spells
//! them out. Whatever the other party's shares are, the messages received must be the same, counted
//! over the other's draws.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ditto_core::prg::Stream;
use ditto_core::{Ring, Word};
use ditto_net::memory;
use generic_array::GenericArray;
use rand_core::SeedableRng;

use crate::additive::{Additive, AdditiveBit, AdditiveShare, DEALER, PartyError, share};
use crate::party::node::Script;
use crate::party::recorded_links::{MessageLog, received, recorded};
use crate::party::shares::Bits;
use crate::party::streams::Purpose;
use crate::rep3::run;

/// Elements in a batch are a multiple of this, so that no field of a message has padding.
const WORD: usize = 64;

/// How many choices of what a party knows are tried.
const CHOICES: u64 = 24;

/// The fields of each message that a party receives, in order: bits an element.
pub(super) type Layout = Vec<Vec<u32>>;

/// What a party draws in common with the dealer, of every element.
#[derive(Clone, Debug, PartialEq)]
struct Draw {
    party: usize,
    op: u64,
    purpose: Purpose,
    bits: u32,
}

/// A protocol, the bits of its inputs, and what party 0 and party 1 receive.
pub(super) struct TestedProtocol<F> {
    pub(super) inputs: Vec<u32>,
    pub(super) layouts: [Layout; 2],
    pub(super) body: F,
}

/// The elements of a batch, as one party sees them.
#[derive(Clone)]
struct Enumeration {
    /// The party whose view it is.
    party: usize,
    /// The number of the choice of what it knows.
    choice: u64,
    n: usize,
    /// A draw that is left out: 0 at every element.
    silent: Option<Draw>,
}

/// What a node is given of the inputs.
pub(super) struct NodeInputs<'a> {
    batch: &'a Enumeration,
    inputs: &'a [u32],
    pub(super) n: usize,
}

/// A pseudorandom word for one of a party's choices of what it knows.
fn choose(choice: u64, what: u64) -> u64 {
    Stream::seed_from_u64(choice << 48 ^ what).words(1)[0]
}

fn pack_plane(n: usize, bit: impl Fn(usize) -> u64) -> Vec<u64> {
    let word = |w: usize| (0..WORD).fold(0, |word, b| word | (bit(w * WORD + b) & 1) << b);
    (0..n / WORD).map(word).collect()
}

impl NodeInputs<'_> {
    /// The share of input `number` that a party has of every element.
    fn values(&self, party: usize, number: usize) -> Vec<u64> {
        let low = (1 << self.inputs[number]) - 1;
        if party == self.batch.party {
            return vec![choose(self.batch.choice, number as u64) & low; self.n];
        }
        let below: u32 = self.inputs[..number].iter().sum();
        (0..self.n as u64).map(|i| i >> below & low).collect()
    }

    pub(super) fn share<R: Ring>(&self, node: &Additive, number: usize) -> AdditiveShare<R> {
        let words = match node.id {
            DEALER => vec![R::Word::default(); self.n],
            party => self.values(party, number).into_iter().map(R::Word::from_u64).collect(),
        };
        share(node.id, &[self.n], words)
    }

    pub(super) fn plane(&self, node: &Additive, number: usize) -> Vec<u64> {
        match node.id {
            DEALER => vec![0; self.n / WORD],
            party => {
                let values = self.values(party, number);
                pack_plane(self.n, |i| values[i])
            }
        }
    }

    pub(super) fn bits(&self, node: &Additive, number: usize) -> AdditiveBit {
        let plane = self.plane(node, number);
        Bits::new(&[self.n], GenericArray::from_array([plane]))
    }
}

impl<F: Fn(&mut Additive, &NodeInputs<'_>) -> Result<(), PartyError> + Sync> TestedProtocol<F> {
    /// Asserts that the views of both parties say nothing, and that every draw is needed: without any one
    /// of them the check fails.
    pub(super) fn shows_nothing(&self) {
        let draws = self.draws();
        assert!(!draws.is_empty());
        for party in [0, 1] {
            for choice in 0..CHOICES {
                let leak = self.leak(party, choice, &draws, None);
                assert!(!leak, "party {party}'s view depends on the other's shares");
            }
        }
        for silent in &draws {
            let leaks = |party| (0..CHOICES).any(|c| self.leak(party, c, &draws, Some(silent)));
            assert!(leaks(0) || leaks(1), "nobody notices that a draw is missing: {silent:?}");
        }
    }

    /// What is drawn in common with the dealer, from a run over a few elements.
    fn draws(&self) -> Vec<Draw> {
        let drawn: [Arc<Mutex<Vec<Draw>>>; 2] = Default::default();
        let batch = Enumeration { party: 0, choice: 0, n: WORD, silent: None };
        self.run(&batch, |party| {
            let drawn = drawn[party].clone();
            Box::new(move |op, purpose, n, width| {
                // A draw of whole words is one of planes, which are a word each here.
                let bits = if width == 64 { n as u32 } else { n as u32 / WORD as u32 * width };
                let draw = Draw { party, op, purpose, bits };
                let mut drawn = drawn.lock().expect("no panic");
                // Both ends of a pair draw the same.
                if !drawn.contains(&draw) {
                    drawn.push(draw);
                }
                vec![0; n]
            })
        });
        drawn.iter().flat_map(|drawn| drawn.lock().expect("no panic").clone()).collect()
    }

    /// Whether what `party` receives depends on the other's shares.
    fn leak(&self, party: usize, choice: u64, draws: &[Draw], silent: Option<&Draw>) -> bool {
        let input_bits: u32 = self.inputs.iter().sum();
        let hidden: Vec<&Draw> = draws.iter().filter(|draw| draw.party != party).collect();
        let bits = input_bits + hidden.iter().map(|draw| draw.bits).sum::<u32>();
        let n = (1usize << bits).max(WORD);
        let batch = Enumeration { party, choice, n, silent: silent.cloned() };
        let values = |draw: &Draw| -> Vec<u64> {
            if batch.silent.as_ref() == Some(draw) {
                return vec![0; n];
            }
            let low = (1u64 << draw.bits) - 1;
            if draw.party == party {
                let word = choose(choice, draw.op << 16 | (draw.purpose as u64) << 8);
                return vec![word & low; n];
            }
            let before = hidden.iter().take_while(|other| **other != draw);
            let below = input_bits + before.map(|other| other.bits).sum::<u32>();
            (0..n as u64).map(|i| i >> below & low).collect()
        };
        let logs = self.run(&batch, |party| {
            let own: Vec<Draw> = draws.iter().filter(|d| d.party == party).cloned().collect();
            // All values beforehand, as scripts outlive what they would borrow.
            let values: Vec<(Draw, Vec<u64>)> = own
                .into_iter()
                .map(|draw| {
                    let values = values(&draw);
                    (draw, values)
                })
                .collect();
            Box::new(move |op, purpose, count, width| {
                let of = |(draw, _): &&(Draw, Vec<u64>)| (draw.op, draw.purpose) == (op, purpose);
                let (draw, values) = values.iter().find(of).expect("the draw was announced");
                if width == 64 {
                    (0..draw.bits).flat_map(|plane| pack_plane(n, |i| values[i] >> plane)).collect()
                } else {
                    assert_eq!((count, width), (n, draw.bits), "one word an element");
                    // Beyond the width, anything may stand.
                    let junk: Vec<u64> = Stream::seed_from_u64(op).words(n);
                    (0..n).map(|i| values[i] | junk[i] << width).collect()
                }
            })
        });
        assert!(logs[DEALER].is_empty(), "the dealer receives messages");
        let views = fields(&logs[party], &self.layouts[party], n);
        // Elements by the other's shares: the counts of what is seen must be the same for all.
        let mut counts: BTreeMap<u64, BTreeMap<u64, usize>> = BTreeMap::new();
        for (i, view) in views.iter().enumerate() {
            let shares = i as u64 & ((1 << input_bits) - 1);
            *counts.entry(shares).or_default().entry(*view).or_default() += 1;
        }
        assert!(counts.len() > 1, "nothing is hidden: the check would be empty");
        let mut counts = counts.values();
        let first = counts.next();
        counts.any(|count| Some(count) != first)
    }

    /// Runs the protocol; `script` gives what a party draws in common with the dealer.
    fn run(&self, batch: &Enumeration, script: impl Fn(usize) -> Script) -> [Vec<Vec<u8>>; 3] {
        let logs: [MessageLog; 3] = Default::default();
        let none = || -> Script { Box::new(|_, purpose, _, _| panic!("both draw {purpose:?}")) };
        let mut id = 0;
        let nodes = memory::trio(Duration::from_secs(60)).map(|links| {
            let (next, prev) = match id {
                0 => (none(), script(0)),
                1 => (script(1), none()),
                _ => (script(0), script(1)),
            };
            id += 1;
            Additive::scripted(id - 1, recorded(links, &logs[id - 1]), next, prev)
        });
        let given = NodeInputs { batch, inputs: &self.inputs, n: batch.n };
        let results = run::threads(nodes, [(); 3], |node, ()| (self.body)(node, &given));
        run::all_of(results).unwrap_or_else(|e| panic!("{e}"));
        logs.each_ref().map(received)
    }
}

/// What the messages hold of every element, as one number.
fn fields(messages: &[Vec<u8>], layout: &Layout, n: usize) -> Vec<u64> {
    assert_eq!(messages.len(), layout.len(), "messages received");
    let mut views = vec![0; n];
    for (message, widths) in messages.iter().zip(layout) {
        let mut start = 0;
        for &width in widths {
            for (i, view) in views.iter_mut().enumerate() {
                let bit = |b: usize| message[start + b / 8] >> (b % 8) & 1;
                for b in 0..width as usize {
                    *view = *view << 1 | u64::from(bit(i * width as usize + b));
                }
            }
            start += width as usize * n / 8;
        }
        assert_eq!(start, message.len(), "bytes of a message of {widths:?} bits an element");
    }
    views
}
