//! Runs the real code of the three parties once over a whole [`Space`] and keeps every message.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ditto_core::prg::Stream;
use ditto_core::{Ring, Word};
use ditto_net::memory;
use generic_array::GenericArray;
use rand_core::SeedableRng;

use super::enumeration::{Draw, Extent, Input, Space};
use crate::party::recorded_links::{MessageLog, received, recorded};
use crate::party::shares::Bits;
use crate::rep3::party::{PartyError, Rep3, Script};
use crate::rep3::product::Rep3Product;
use crate::rep3::{Rep3Bit, Rep3Share, run, share};

/// Elements in a batch are a multiple of this, so that no field of a message has padding.
const WORD: usize = 64;

/// What a protocol under test is given: the party's part of the batch.
pub(super) struct PartyInputs<'a> {
    space: &'a Space,
    n: usize,
}

impl PartyInputs<'_> {
    /// The number of elements.
    pub(super) fn len(&self) -> usize {
        self.n
    }

    fn words<W: Word>(&self, input: usize, component: usize) -> Vec<W> {
        let value = |i| W::from_u64(self.space.component(input, component % 3, i));
        (0..self.n).map(value).collect()
    }

    /// The party's share of a replicated input.
    pub(super) fn share<R: Ring>(&self, party: &Rep3, input: usize) -> Rep3Share<R> {
        let id = party.id;
        share(id, &[self.n], self.words::<R::Word>(input, id), self.words::<R::Word>(input, id + 1))
    }

    /// The party's summand of an input that is an additive sharing.
    pub(super) fn summand<R: Ring>(&self, party: &Rep3, input: usize) -> Rep3Product<R> {
        Rep3Product::Additive {
            shape: vec![self.n],
            summand: self.words::<R::Word>(input, party.id),
        }
    }

    /// The party's share of an input of bits.
    pub(super) fn bits(&self, party: &Rep3, input: usize) -> Rep3Bit {
        let plane = |c| pack_plane(self.n, |i| self.space.component(input, c % 3, i));
        let components = [plane(party.id), plane(party.id + 1)];
        Bits::new(&[self.n], GenericArray::from_array(components))
    }

    /// An input that is not shared.
    pub(super) fn known<W: Word>(&self, input: usize) -> Vec<W> {
        self.words(input, 0)
    }
}

fn pack_plane(n: usize, bit: impl Fn(usize) -> u64) -> Vec<u64> {
    let word = |w: usize| (0..WORD).fold(0, |word, b| word | (bit(w * WORD + b) & 1) << b);
    (0..n / WORD).map(word).collect()
}

/// One protocol, ready to run over any space.
pub(super) struct TestedProtocol<F> {
    pub(super) inputs: Vec<Input>,
    /// Operations that came before: the roles rotate with it.
    pub(super) earlier: u64,
    pub(super) body: F,
}

/// What a run leaves: the results, and the messages that each party received.
pub(super) struct Transcript<O> {
    pub(super) outputs: [O; 3],
    pub(super) received: [Vec<Vec<u8>>; 3],
}

impl<O, F> TestedProtocol<F>
where
    O: Send,
    F: Fn(&mut Rep3, &PartyInputs<'_>) -> Result<O, PartyError> + Sync,
{
    /// All common randomness that the protocol draws, from a run over a few elements. Both
    /// parties of a pair must draw the same streams, each of them once.
    pub(super) fn draws(&self) -> Vec<Draw> {
        let space = Space::new(&self.inputs, &[], Extent::Unknown { party: 0, samples: 1 });
        let drawn: [Arc<Mutex<Vec<Draw>>>; 6] = Default::default();
        let given = PartyInputs { space: &space, n: WORD };
        let script = |pair: usize, end: usize| -> Script {
            let drawn = drawn[2 * pair + end].clone();
            Box::new(move |op, purpose, n, width| {
                // A draw of whole words is one of planes, which are a word each here.
                let bits = if width == 64 { n as u32 } else { width };
                drawn.lock().expect("no panic").push(Draw { pair, op, purpose, bits });
                vec![0; n]
            })
        };
        self.run_with(&given, script);
        let [a0, b0, a1, b1, a2, b2] = drawn.map(|d| d.lock().expect("no panic").clone());
        let mut all: Vec<Draw> = Vec::new();
        for (mine, theirs) in [(a0, b0), (a1, b1), (a2, b2)] {
            for draw in &theirs {
                assert!(mine.contains(draw), "only one party of the pair draws {draw:?}");
            }
            for draw in mine {
                assert!(theirs.contains(&draw), "only one party of the pair draws {draw:?}");
                let same =
                    |d: &Draw| (d.pair, d.op, d.purpose) == (draw.pair, draw.op, draw.purpose);
                assert!(!all.iter().any(same), "{draw:?} repeats a stream");
                all.push(draw);
            }
        }
        all
    }

    /// Runs the protocol over the space. The draw `silent`, if any, is 0 at every element: the
    /// broken protocols that the checker has to find.
    pub(super) fn run(
        &self,
        space: &Arc<Space>,
        draws: &[Draw],
        silent: Option<usize>,
    ) -> Transcript<O> {
        let n = space.len();
        assert_eq!(n % WORD, 0, "{n} elements leave padding in the messages");
        let script = |pair: usize, _: usize| -> Script {
            let (space, draws) = (space.clone(), draws.to_vec());
            Box::new(move |op, purpose, count, width| {
                let same = |d: &Draw| (d.pair, d.op, d.purpose) == (pair, op, purpose);
                let number = draws.iter().position(same).expect("the draw was announced");
                if silent == Some(number) {
                    return vec![0; count];
                }
                let value = |i| space.random(number, i);
                if width == 64 {
                    (0..draws[number].bits)
                        .flat_map(|plane| pack_plane(n, |i| value(i) >> plane))
                        .collect()
                } else {
                    // Beyond the width the protocol has asked for, anything may stand.
                    let junk: Vec<u64> = Stream::seed_from_u64(purpose as u64).words(n);
                    (0..n).map(|i| value(i) | junk[i] << width).collect()
                }
            })
        };
        self.run_with(&PartyInputs { space, n }, script)
    }

    fn run_with(
        &self,
        given: &PartyInputs<'_>,
        script: impl Fn(usize, usize) -> Script,
    ) -> Transcript<O> {
        let logs: [MessageLog; 3] = Default::default();
        let mut id = 0;
        let parties = memory::trio(Duration::from_secs(60)).map(|links| {
            let links = recorded(links, &logs[id]);
            // Public coins are no part of what is hidden: any will do, and each rotation has others.
            let coin = 3 + 5 * self.earlier;
            let coins: Script = Box::new(move |_, _, n, _| vec![coin; n]);
            let scripts = [script(id, 0), script((id + 2) % 3, 1), coins];
            let mut party = Rep3::scripted_with_coins(id, links, scripts);
            party.skip(self.earlier);
            id += 1;
            party
        });
        let results = run::threads(parties, [(); 3], |party, ()| (self.body)(party, given));
        let outputs = run::all_of(results).unwrap_or_else(|e| panic!("{e}"));
        let received = logs.each_ref().map(received);
        Transcript { outputs, received }
    }

    /// The party that plays role `role` (0, 1, 2) in the first operation.
    pub(super) fn player(&self, role: usize) -> usize {
        (role + (self.earlier as usize + 1)) % 3
    }
}

impl std::fmt::Display for Draw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Draw { pair, op, purpose, bits } = self;
        write!(f, "{purpose:?} of pair {pair}, operation {op} ({bits} bits)")
    }
}
