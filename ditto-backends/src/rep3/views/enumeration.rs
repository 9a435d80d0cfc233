//! What is enumerated: the components of all inputs and the common randomness of all pairs, as
//! variables with a value at every element of one large batch.

use ditto_core::prg::Stream;
use rand_core::SeedableRng;

use crate::rep3::party::Purpose;

/// How an input value is shared, and so which party knows what of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Division {
    /// x0 + x1 + x2, party i knows x_i and x_{i+1}.
    Replicated,
    /// x0 ^ x1 ^ x2, party i knows x_i and x_{i+1}.
    Xor,
    /// x0 + x1 + x2, party i knows x_i alone.
    Additive,
    /// Not shared: these parties know the value, the others know nothing of it.
    Known([bool; 3]),
}

/// One secret input.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) division: Division,
    pub(super) bits: u32,
    /// The values that are tried, modulo 2^bits.
    pub(super) values: Vec<u64>,
}

impl Input {
    /// The integers `values` in a ring of `bits` bits.
    pub(super) fn new(
        division: Division,
        bits: u32,
        values: impl IntoIterator<Item = i64>,
    ) -> Self {
        let values = values.into_iter().map(|v| v as u64 & low(bits)).collect();
        Self { division, bits, values }
    }
}

/// One draw of common randomness by the pair (`pair`, `pair` + 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Draw {
    pub(super) pair: usize,
    pub(super) op: u64,
    pub(super) purpose: Purpose,
    pub(super) bits: u32,
}

/// How much of everything is enumerated.
#[derive(Clone, Copy, Debug)]
pub(super) enum Extent {
    /// All values, all components, all randomness: a check for every party at once.
    Full,
    /// For one party: all that it does not know is enumerated, for each of so many random choices
    /// of what it knows. The distribution of its view is exact for each choice.
    Unknown { party: usize, samples: usize },
}

/// Where the value of a variable comes from.
enum Source {
    /// All values, independently of the others.
    Enumerated { shift: u32 },
    /// A random choice for each sample.
    Sampled,
    /// What the two other components leave of the secret.
    Rest { input: usize, others: [usize; 2], xor: bool },
    /// The secret itself.
    Whole { input: usize },
}

struct Variable {
    bits: u32,
    knows: [bool; 3],
    /// Whether it is common randomness: it may be hidden from a party and yet need no protection.
    random: bool,
    source: Source,
}

/// The batch: every element is one assignment of values to all variables.
pub(super) struct Space {
    inputs: Vec<Input>,
    variables: Vec<Variable>,
    /// The variables of each input, then those of the draws.
    first_of: Vec<usize>,
    enumerated: u32,
    secrets: usize,
    samples: usize,
    /// What each variable is in every sample.
    choices: Vec<Vec<u64>>,
    /// Every variable's value at every element; the secrets' likewise.
    columns: Vec<Vec<u8>>,
    secret_columns: Vec<Vec<u8>>,
}

fn low(bits: u32) -> u64 {
    (1 << bits) - 1
}

impl Space {
    pub(super) fn new(inputs: &[Input], draws: &[Draw], extent: Extent) -> Self {
        let secrets = inputs.iter().map(|input| input.values.len()).product();
        let samples = match extent {
            Extent::Full => 1,
            Extent::Unknown { samples, .. } => samples,
        };
        let mut space = Self {
            inputs: inputs.to_vec(),
            variables: Vec::new(),
            first_of: Vec::new(),
            enumerated: 0,
            secrets,
            samples,
            choices: Vec::new(),
            columns: Vec::new(),
            secret_columns: Vec::new(),
        };
        for (number, input) in inputs.iter().enumerate() {
            space.first_of.push(space.variables.len());
            space.add_input(number, input, extent);
        }
        for draw in draws {
            space.first_of.push(space.variables.len());
            let knows = std::array::from_fn(|p| p == draw.pair || p == (draw.pair + 1) % 3);
            let source = space.free(draw.bits, knows, extent);
            space.variables.push(Variable { bits: draw.bits, knows, random: true, source });
        }
        if matches!(extent, Extent::Unknown { .. }) {
            // More choices until the elements fill whole words.
            while !space.len().is_multiple_of(64) {
                space.samples += 1;
            }
        }
        let choices = |variable| Stream::seed_from_u64(variable).words(space.samples);
        space.choices = (0..space.variables.len() as u64).map(choices).collect();
        let n = space.len();
        let secret = |input| (0..n).map(|i| space.compute_secret(input, i) as u8).collect();
        space.secret_columns = (0..inputs.len()).map(secret).collect();
        for variable in 0..space.variables.len() {
            let column = (0..n).map(|i| space.compute(variable, i) as u8).collect();
            space.columns.push(column);
        }
        space
    }

    fn add_input(&mut self, number: usize, input: &Input, extent: Extent) {
        let bits = input.bits;
        if let Division::Known(knows) = input.division {
            let source = Source::Whole { input: number };
            self.variables.push(Variable { bits, knows, random: false, source });
            return;
        }
        // The component that follows from the others is one that the party in question lacks.
        let rest = match extent {
            Extent::Full => 2,
            Extent::Unknown { party, .. } => (party + 2) % 3,
        };
        let first = self.variables.len();
        for c in 0..3 {
            let both = input.division != Division::Additive;
            let knows = std::array::from_fn(|p| p == c || (both && (p + 1) % 3 == c));
            let source = if c == rest {
                let others = [first + (c + 1) % 3, first + (c + 2) % 3];
                Source::Rest { input: number, others, xor: input.division == Division::Xor }
            } else {
                self.free(bits, knows, extent)
            };
            self.variables.push(Variable { bits, knows, random: false, source });
        }
    }

    fn free(&mut self, bits: u32, knows: [bool; 3], extent: Extent) -> Source {
        match extent {
            Extent::Unknown { party, .. } if knows[party] => Source::Sampled,
            _ => {
                let shift = self.enumerated;
                self.enumerated += bits;
                Source::Enumerated { shift }
            }
        }
    }

    /// The number of elements.
    pub(super) fn len(&self) -> usize {
        (self.secrets << self.enumerated) * self.samples
    }

    /// The secret of input `input` at element `i`.
    pub(super) fn secret(&self, input: usize, i: usize) -> u64 {
        self.secret_columns[input][i].into()
    }

    /// Component `c` of input `input` at element `i`.
    pub(super) fn component(&self, input: usize, c: usize, i: usize) -> u64 {
        self.value(self.first_of[input] + c, i)
    }

    /// The draw with this number at element `i`.
    pub(super) fn random(&self, draw: usize, i: usize) -> u64 {
        self.value(self.first_of[self.inputs.len() + draw], i)
    }

    fn value(&self, variable: usize, i: usize) -> u64 {
        self.columns[variable][i].into()
    }

    fn compute_secret(&self, input: usize, i: usize) -> u64 {
        let mut index = (i >> self.enumerated) % self.secrets;
        for earlier in &self.inputs[..input] {
            index /= earlier.values.len();
        }
        let values = &self.inputs[input].values;
        values[index % values.len()]
    }

    fn compute(&self, variable: usize, i: usize) -> u64 {
        let Variable { bits, source, .. } = &self.variables[variable];
        let value = match source {
            Source::Enumerated { shift } => (i >> shift) as u64,
            Source::Sampled => self.choices[variable][(i >> self.enumerated) / self.secrets],
            Source::Rest { input, others: [a, b], xor } => {
                let (x, a, b) = (self.secret(*input, i), self.compute(*a, i), self.compute(*b, i));
                if *xor { x ^ a ^ b } else { x.wrapping_sub(a).wrapping_sub(b) }
            }
            Source::Whole { input } => self.secret(*input, i),
        };
        value & low(*bits)
    }

    /// For every element: what `party` knows before any message, then what it must not learn.
    pub(super) fn knowledge(&self, party: usize) -> [Joined; 2] {
        let mut knowledge = [(); 2].map(|()| Joined::new(self.len()));
        for (variable, column) in self.variables.iter().zip(&self.columns) {
            let into = match (variable.knows[party], variable.random) {
                (true, _) => &mut knowledge[0],
                (false, false) => &mut knowledge[1],
                (false, true) => continue,
            };
            into.push(column.iter().map(|&v| v.into()), variable.bits);
        }
        knowledge
    }
}

/// For every element, values joined to one number.
pub(super) struct Joined {
    pub(super) values: Vec<u64>,
    pub(super) bits: u32,
}

impl Joined {
    pub(super) fn new(n: usize) -> Self {
        Self { values: vec![0; n], bits: 0 }
    }

    pub(super) fn push(&mut self, column: impl Iterator<Item = u64>, bits: u32) {
        for (joined, value) in self.values.iter_mut().zip(column) {
            *joined = *joined << bits | value;
        }
        self.bits += bits;
        assert!(self.bits < 64, "too many variables to join");
    }
}
