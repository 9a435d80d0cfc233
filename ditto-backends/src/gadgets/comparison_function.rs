//! The distributed comparison function: function secret sharing of F(u) = [a < u].
//!
//! Functionality: from a number a of w bits, one party makes two keys. Whoever holds one of them
//! computes, for any point u of w bits, a summand of F(u) in Z_2^k, and learns nothing of a.
//!
//! - A key is a root seed of its own, and correction words that both keys have in common. The seed
//!   unfolds to a binary tree of seeds, each with a control bit; a point is a path from the root,
//!   the highest bit first, 0 to the left. The root has the control bit 0 in one key and 1 in the
//!   other.
//! - Where the path of the point is that of a, both keys' seeds are independent and the control
//!   bits differ; where it has left that path, seeds and control bits agree. The corrections of a
//!   level, which apply where the control bit is 1, see to that: of the seeds (128 bits), of the
//!   two children's control bits, and of the sum of values along the path (k bits).
//! - Each key sums the values along the path, one of them with negative signs. Where the path has
//!   left that of a, what they add cancels; so the value correction of the level where it leaves
//!   decides the result: 1 to the right of a, 0 to the left. One last correction makes it 0 at a
//!   itself.
//! - The children of a seed s are G_0(s), G_1(s) and their values G_2(s), G_3(s), for the pseudorandom
//!   generator G_j(s) = π(s ⊕ j) ⊕ s ⊕ j (Matyas-Meyer-Oseas) with π = AES-128 under a public key, which
//!   all parties draw anew for every operation, so that nothing that was computed beforehand helps
//!   against its seeds. The lowest bit of a child is its control bit, and 0 in the seed, so that the four
//!   inputs are four different blocks. Values are taken from the higher half of a block, which the
//!   control bit is not in.
//!
//! Cost: w(k + 130) + k bits of corrections; per point, 2w blocks of AES, fewer where points
//! share prefixes ([`points`]).
//!
//! Why a key hides a. Its own root is independent of a. The other root is uniform to its holder,
//! and so, level by level, is the other key's seed on the path of a, as long as G is pseudorandom.
//! From that seed come independent pseudorandom parts. The child off the path masks the seed
//! correction, its value masks the value correction, the two control bits mask the control
//! corrections, and the child on the path, which nothing has used yet, is the seed of the next
//! level and at the end masks the last correction. So whatever a is, the corrections look uniform.
//! With π as an ideal permutation, T evaluations of AES tell them from uniform ones with a
//! probability of the order of (T + M)·M / 2^127 if M seeds are hidden in one operation: a seed has
//! 127 bits, and one evaluation can be tried against all that have their π in common.
//!
//! Source: Boyle, Chandran, Gilboa, Gupta, Ishai, Kumar and Rathee, "Function Secret Sharing for
//! Mixed-Mode and Fixed-Point Secure Computation", EUROCRYPT 2021, section 3, for [u < a]; this is
//! its mirror image, with left and right exchanged. G: compare Guo, Katz, Wang and Yu, "Efficient
//! and Secure Multiparty Computation from Fixed-Key Block Ciphers", S&P 2020.

use aes::Aes128Enc;
use aes::cipher::{Block, BlockCipherEncrypt, KeyInit};
use ditto_core::Word;
use ditto_core::pack::packed_len;

use crate::party::message::{Message, Received};
use crate::party::node::Node;
use crate::party::streams::Purpose;

mod points;
#[cfg(test)]
mod pointwise;
mod prefixes;
mod table;

pub(crate) use points::Evaluator;
use points::LANES;
use prefixes::Prefixes;
pub(crate) use table::Table;

/// The public key of π.
#[derive(Clone, Copy)]
pub(crate) struct Permutation([u8; 16]);

impl Permutation {
    /// That of a node's current operation, the same at all three.
    pub(crate) fn of(node: &Node) -> Self {
        Self::from_words(&node.coins(Purpose::Permutation, 2, 64))
    }

    fn from_words(words: &[u64]) -> Self {
        let mut key = [0; 16];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Self(key)
    }

    fn cipher(&self) -> Aes128Enc {
        Aes128Enc::new(&self.0.into())
    }
}

/// Blocks are encrypted in multiples of this many: what the widest backend of the `aes` crate takes
/// at once. Single blocks are many times slower.
const PARALLEL: usize = 64;

/// Elements whose keys are made at a time.
const BATCH: usize = 64;

/// Which of the two keys: the summands of the second are negated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Plus,
    Minus,
}

impl Side {
    /// The root with its control bit.
    fn root(self, seed: u128) -> u128 {
        seed & !1 | u128::from(self == Self::Minus)
    }
}

/// π, and the memory that it works in.
struct Hash {
    aes: Aes128Enc,
    blocks: Vec<Block<Aes128Enc>>,
}

impl Hash {
    fn new(permutation: &Permutation) -> Self {
        Self { aes: permutation.cipher(), blocks: Vec::new() }
    }

    /// Replaces every x by π(x) ⊕ x.
    fn apply(&mut self, values: &mut [u128]) {
        self.blocks.clear();
        self.blocks.extend(values.iter().map(|x| Block::<Aes128Enc>::from(x.to_le_bytes())));
        self.blocks.resize(values.len().next_multiple_of(PARALLEL), Block::<Aes128Enc>::default());
        self.aes.encrypt_blocks(&mut self.blocks);
        for (x, block) in values.iter_mut().zip(&self.blocks) {
            *x ^= u128::from_le_bytes(block.0);
        }
    }
}

/// The ring element that a block stands for.
#[inline(always)]
fn value<W: Word>(block: u128) -> W {
    W::from_u64((block >> 64) as u64)
}

/// `zero` where `mask` is 0, `one` where it is all ones.
#[inline(always)]
fn blend(mask: u128, zero: u128, one: u128) -> u128 {
    zero ^ mask & (zero ^ one)
}

/// `x` where `mask` is 0, -x where it is all ones.
#[inline(always)]
fn negate<W: Word>(mask: W, x: W) -> W {
    x.wrapping_sub(&x.and(mask).shl(1))
}

/// All ones for 1, 0 for 0, as a ring element.
#[inline(always)]
fn spread<W: Word>(bit: u128) -> W {
    W::from_u64((bit as u64).wrapping_neg())
}

/// What both keys of every element have in common. With a root it is a key, so it can be neither
/// printed nor compared.
pub(crate) struct Corrections<W> {
    permutation: Permutation,
    width: u32,
    /// Of the seeds: for every element and level, the lowest bit 0.
    seeds: Vec<u128>,
    /// Of the values: for every element, one for each level and the last one.
    values: Vec<W>,
    /// Of the control bits: for every element and level, the left child's and above it the right
    /// child's.
    controls: Vec<u32>,
}

impl<W: Word> Corrections<W> {
    /// The bytes of a message of corrections of `n` elements.
    pub(crate) fn bytes(n: usize, width: u32) -> usize {
        let levels = n * width as usize;
        16 * levels + packed_len(levels + n, W::BITS) + packed_len(levels, 2)
    }

    pub(crate) fn message(&self) -> Message {
        let halves = |seed: &u128| [*seed as u64, (seed >> 64) as u64];
        let seeds: Vec<u64> = self.seeds.iter().flat_map(halves).collect();
        Message::new().put(&seeds, 64).put(&self.values, W::BITS).put(&self.controls, 2)
    }

    /// The next fields of a message.
    pub(crate) fn take(
        permutation: Permutation,
        received: &mut Received,
        n: usize,
        width: u32,
    ) -> Self {
        let levels = n * width as usize;
        let seeds = seeds(&received.take(2 * levels, 64));
        let values = received.take(levels + n, W::BITS);
        Self { permutation, width, seeds, values, controls: received.take(levels, 2) }
    }

    /// Makes the keys of the numbers `secrets`, whose roots are `roots[0]` for [`Side::Plus`] and
    /// `roots[1]` for [`Side::Minus`].
    pub(crate) fn new(
        permutation: Permutation,
        roots: [&[u128]; 2],
        secrets: &[u64],
        width: u32,
    ) -> Self {
        let (n, levels) = (secrets.len(), width as usize);
        let mut corrections = Self {
            permutation,
            width,
            seeds: Vec::with_capacity(n * levels),
            values: Vec::with_capacity(n * (levels + 1)),
            controls: Vec::with_capacity(n * levels),
        };
        // Level by level of all elements of a batch, and then put in the order of the elements.
        let mut hash = Hash::new(&permutation);
        let mut nodes = vec![[0u128; 8]; BATCH.min(n)];
        for (batch, secrets) in secrets.chunks(BATCH).enumerate() {
            let first = batch * BATCH;
            let root = |i| [Side::Plus.root(roots[0][i]), Side::Minus.root(roots[1][i])];
            let mut paths: Vec<Path<W>> = (first..first + secrets.len())
                .map(|i| Path { nodes: root(i), difference: W::default() })
                .collect();
            let nodes = &mut nodes[..secrets.len()];
            let mut made = Vec::with_capacity(levels * secrets.len());
            for shift in (0..width).rev() {
                for (nodes, path) in nodes.iter_mut().zip(&paths) {
                    *nodes = std::array::from_fn(|j| (path.nodes[j / 4] & !1) ^ (j % 4) as u128);
                }
                hash.apply(nodes.as_flattened_mut());
                let each = paths.iter_mut().zip(&*nodes).zip(secrets);
                made.extend(each.map(|((path, nodes), a)| path.descend(nodes, a >> shift & 1)));
            }
            for (i, path) in paths.iter().enumerate() {
                for (seed, value, controls) in made[i..].iter().step_by(secrets.len()) {
                    corrections.seeds.push(*seed);
                    corrections.values.push(*value);
                    corrections.controls.push(*controls);
                }
                corrections.values.push(path.last());
            }
        }
        corrections
    }
}

/// Words as seeds.
pub(crate) fn seeds(words: &[u64]) -> Vec<u128> {
    let (pairs, _) = words.as_chunks::<2>();
    pairs.iter().map(|&[low, high]| u128::from(low) | u128::from(high) << 64).collect()
}

/// Where the path of the secret is, in the trees of both keys.
struct Path<W> {
    /// The seeds with the control bits.
    nodes: [u128; 2],
    /// The difference of both sums on the path, negated.
    difference: W,
}

impl<W: Word> Path<W> {
    /// Goes on to the child that `bit` says, and returns the corrections of this level. `expanded`
    /// is G_0 to G_3 of the one seed and of the other. Nothing branches on the bit or the controls.
    #[inline(always)]
    fn descend(&mut self, expanded: &[u128; 8], bit: u64) -> (u128, W, u32) {
        let [left0, right0, left_value0, right_value0, left1, right1, left_value1, right_value1] =
            *expanded;
        let bit = u128::from(bit);
        let right = bit.wrapping_neg();
        // The child that the secret's path goes to, and the one that it loses.
        let keep = [blend(right, left0, right0), blend(right, left1, right1)];
        let lose = [blend(right, right0, left0), blend(right, right1, left1)];
        let keep_values = [(left_value0, right_value0), (left_value1, right_value1)]
            .map(|(left, right_value)| value::<W>(blend(right, left, right_value)));
        let lose_values = [(left_value0, right_value0), (left_value1, right_value1)]
            .map(|(left, right_value)| value::<W>(blend(right, right_value, left)));

        let seed = (lose[0] ^ lose[1]) & !1;
        // Control bits differ on the path and agree off it.
        let controls = [(left0 ^ left1 ^ bit ^ 1) & 1, (right0 ^ right1 ^ bit) & 1];
        let minus = spread::<W>(self.nodes[1] & 1);
        // Who leaves the path to the right is above the secret.
        let above = W::from_u64((bit ^ 1) as u64);
        let gap = lose_values[1].wrapping_sub(&lose_values[0]).wrapping_sub(&self.difference);
        let value = negate(minus, gap.wrapping_add(&above));
        self.difference = self
            .difference
            .wrapping_sub(&keep_values[1])
            .wrapping_add(&keep_values[0])
            .wrapping_add(&negate(minus, value));

        let correction = seed | blend(right, controls[0], controls[1]);
        for (node, keep) in self.nodes.iter_mut().zip(keep) {
            *node = keep ^ (*node & 1).wrapping_neg() & correction;
        }
        (seed, value, (controls[0] | controls[1] << 1) as u32)
    }

    /// The last correction, which makes the result 0 at the secret itself.
    fn last(&self) -> W {
        let [own, other] = self.nodes.map(value::<W>);
        let gap = other.wrapping_sub(&own).wrapping_sub(&self.difference);
        negate(spread(self.nodes[1] & 1), gap)
    }
}

/// An arbitrary one, for tests of what holds for all.
#[cfg(test)]
const PERMUTATION: Permutation = Permutation(*b"ditto comparison");

#[cfg(test)]
mod tests;
