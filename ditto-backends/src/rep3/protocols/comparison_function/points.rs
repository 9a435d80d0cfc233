//! Keys of the distributed comparison function, evaluated at points that the elements have in
//! common but for an offset.
//!
//! Many elements go through the tree of prefixes side by side, a level at a time: each node of the
//! schedule ([`super::prefixes`]) is evaluated for all of them at once. What is accumulated along a
//! path is kept with its node, so points that share a prefix share that work too. A node takes two
//! blocks of AES, its own and its value's; a sibling that no point goes to takes none.
//!
//! The offsets are shares, and control bits depend on secrets: they take part in arithmetic only.
//!
//! Everything runs as a closure of the cipher's backend. That is how AES keeps its registers from
//! block to block, and what surrounds it is compiled for the processor's vector instructions.

use std::array::from_fn;

use aes::Aes128Enc;
use aes::cipher::consts::U16;
use aes::cipher::{
    Block, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser,
    InOutBuf, KeyInit,
};
use ditto_core::Word;

use super::prefixes::{Node, Prefixes};
use super::{Corrections, FIXED_KEY, Side};

/// Elements that are evaluated side by side: their blocks of one node are [`super::PARALLEL`].
pub(in crate::rep3::protocols) const LANES: usize = super::PARALLEL / 2;

/// A number of every element. Sums are taken modulo 2^64, which the ring's modulus divides.
pub(in crate::rep3::protocols) type Lanes = [u64; LANES];

/// A node of every element.
#[derive(Clone, Copy)]
struct Values {
    /// The seed with the control bit, in halves.
    low: Lanes,
    high: Lanes,
    /// Of the values along the path.
    sum: Lanes,
}

impl Values {
    const ZERO: Self = Self { low: [0; LANES], high: [0; LANES], sum: [0; LANES] };

    /// `self` where `mask` is 0, `other` where it is all ones.
    #[inline(always)]
    fn blend(&self, other: &Self, mask: &Lanes) -> Self {
        let blend = |zero: &Lanes, one: &Lanes| -> Lanes {
            from_fn(|i| zero[i] ^ mask[i] & (zero[i] ^ one[i]))
        };
        Self {
            low: blend(&self.low, &other.low),
            high: blend(&self.high, &other.high),
            sum: blend(&self.sum, &other.sum),
        }
    }
}

/// The corrections of a level.
#[derive(Clone, Copy)]
struct Level {
    /// Of the left child: of its seed and its control bit.
    low: Lanes,
    high: Lanes,
    /// What the right child's control bit has in addition.
    right: Lanes,
    value: Lanes,
}

impl Level {
    const ZERO: Self =
        Self { low: [0; LANES], high: [0; LANES], right: [0; LANES], value: [0; LANES] };
}

/// One side's keys of many elements, ready to be evaluated.
pub(in crate::rep3::protocols) struct Evaluator<'a, W> {
    corrections: &'a Corrections<W>,
    side: Side,
    roots: &'a [u128],
    prefixes: &'a Prefixes,
    aes: Aes128Enc,
    levels: Vec<Level>,
    /// The nodes of a level, and room for the next one's.
    nodes: Vec<Values>,
    next: Vec<Values>,
}

impl<'a, W: Word> Evaluator<'a, W> {
    pub(in crate::rep3::protocols) fn new(
        corrections: &'a Corrections<W>,
        side: Side,
        roots: &'a [u128],
        prefixes: &'a Prefixes,
    ) -> Self {
        let levels = vec![Level::ZERO; corrections.width as usize];
        let most = prefixes.levels().map(|(_, nodes)| nodes.len()).max();
        let nodes = vec![Values::ZERO; most.unwrap_or(0).max(1)];
        let aes = Aes128Enc::new(&FIXED_KEY.into());
        Self { corrections, side, roots, prefixes, aes, levels, next: nodes.clone(), nodes }
    }

    /// This side's summands of [a < t - b], for up to [`LANES`] elements from number `first` on
    /// with the offsets b: point after point t.
    pub(in crate::rep3::protocols) fn run(
        &mut self,
        first: usize,
        offsets: &[u64],
    ) -> impl Iterator<Item = &[u64]> {
        let n = offsets.len();
        assert!(n <= LANES, "{n} elements at a time");
        let Corrections { seeds, values, controls, .. } = self.corrections;
        let levels = self.levels.len();
        let mut last = [0; LANES];
        for lane in 0..n {
            let element = first + lane;
            // As there is one value more than levels.
            let values = &values[element * (levels + 1)..][..levels + 1];
            let each = seeds[element * levels..].iter().zip(&controls[element * levels..]);
            for ((level, (seed, controls)), value) in self.levels.iter_mut().zip(each).zip(values) {
                level.low[lane] = *seed as u64 | u64::from(controls & 1);
                level.high[lane] = (seed >> 64) as u64;
                level.right[lane] = u64::from((controls ^ controls >> 1) & 1);
                level.value[lane] = value.to_u64();
            }
            last[lane] = values[levels].to_u64();
            let root = self.side.root(self.roots[element]);
            self.nodes[0].low[lane] = root as u64;
            self.nodes[0].high[lane] = (root >> 64) as u64;
        }
        self.nodes[0].sum = [0; LANES];
        let mut lanes = [0; LANES];
        lanes[..n].copy_from_slice(offsets);
        self.aes.encrypt_with_backend(Descent {
            prefixes: self.prefixes,
            levels: &self.levels,
            offsets: &lanes,
            nodes: &mut self.nodes,
            next: &mut self.next,
        });
        let points = self.prefixes.levels().last().map_or(0, |(_, nodes)| nodes.len());
        let minus = u64::from(self.side == Side::Minus).wrapping_neg();
        for node in &mut self.nodes[..points] {
            for (i, sum) in node.sum.iter_mut().enumerate() {
                let control = (node.low[i] & 1).wrapping_neg();
                *sum = sum.wrapping_add(node.high[i]).wrapping_add(last[i] & control);
                *sum = (*sum ^ minus).wrapping_sub(minus);
            }
        }
        self.nodes[..points].iter().map(move |node| &node.sum[..n])
    }
}

/// From the root, which is the first of `nodes`, down to the points, which take its place.
struct Descent<'a> {
    prefixes: &'a Prefixes,
    levels: &'a [Level],
    offsets: &'a Lanes,
    nodes: &'a mut Vec<Values>,
    next: &'a mut Vec<Values>,
}

impl BlockSizeUser for Descent<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Descent<'_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let Self { prefixes, levels, offsets, nodes, next } = self;
        let mut blocks = [Block::<Aes128Enc>::default(); 2 * LANES];
        for ((shift, schedule), level) in prefixes.levels().zip(levels) {
            for (node, next) in schedule.iter().zip(&mut **next) {
                let [one, other] = node.parents;
                let chosen;
                let parent = if one == other {
                    &nodes[one]
                } else {
                    chosen = nodes[one].blend(&nodes[other], &second(node, shift, offsets));
                    &chosen
                };
                let right = from_fn(|i| node.number.wrapping_sub(offsets[i]) >> shift & 1);
                child(backend, &mut blocks, parent, &right, level, next);
            }
            std::mem::swap(nodes, next);
        }
    }
}

/// All ones where the parent is the second of both.
#[inline(always)]
fn second(node: &Node, shift: u32, offsets: &Lanes) -> Lanes {
    from_fn(|i| {
        let [prefix, start] =
            [node.number, node.start].map(|t| t.wrapping_sub(offsets[i]) >> shift >> 1);
        ((prefix ^ start ^ node.place) & 1).wrapping_neg()
    })
}

/// The children of `parent`, right ones where `right` is 1, with their corrections.
#[inline(always)]
fn child<B: BlockCipherEncBackend<BlockSize = U16>>(
    backend: &B,
    blocks: &mut [Block<Aes128Enc>; 2 * LANES],
    parent: &Values,
    right: &Lanes,
    level: &Level,
    child: &mut Values,
) {
    let (seeds, values) = blocks.split_at_mut(LANES);
    let input: Lanes = from_fn(|i| parent.low[i] & !1 | right[i]);
    for (i, (seed, value)) in seeds.iter_mut().zip(values).enumerate() {
        put(seed, input[i], parent.high[i]);
        put(value, input[i] ^ 2, parent.high[i]);
    }
    let (chunks, mut rest) = InOutBuf::from(&mut blocks[..]).into_chunks();
    for chunk in chunks {
        backend.encrypt_par_blocks(chunk);
    }
    if !rest.is_empty() {
        backend.encrypt_tail_blocks(rest.reborrow());
    }
    let (seeds, values) = blocks.split_at(LANES);
    for i in 0..LANES {
        let control = (parent.low[i] & 1).wrapping_neg();
        let high = parent.high[i];
        let correction = level.low[i] ^ (right[i] & level.right[i]);
        child.low[i] = low_half(&seeds[i]) ^ input[i] ^ (correction & control);
        child.high[i] = high_half(&seeds[i]) ^ high ^ (level.high[i] & control);
        let value = high_half(&values[i]) ^ high;
        child.sum[i] = parent.sum[i].wrapping_add(value).wrapping_add(level.value[i] & control);
    }
}

#[inline(always)]
fn put(block: &mut Block<Aes128Enc>, low: u64, high: u64) {
    let (halves, _) = block.0.as_chunks_mut::<8>();
    halves[0] = low.to_le_bytes();
    halves[1] = high.to_le_bytes();
}

#[inline(always)]
fn low_half(block: &Block<Aes128Enc>) -> u64 {
    u64::from_le_bytes(block.0.as_chunks::<8>().0[0])
}

#[inline(always)]
fn high_half(block: &Block<Aes128Enc>) -> u64 {
    u64::from_le_bytes(block.0.as_chunks::<8>().0[1])
}
