//! Keys of the distributed comparison function, evaluated at points that the elements have in
//! common but for an offset.
//!
//! Many elements go through the tree of prefixes side by side, a level at a time: each node of the
//! schedule ([`super::prefixes`]) is evaluated for all of them at once. What is accumulated along a
//! path is kept with its node, so points that share a prefix share that work too. A node takes two
//! blocks of AES, its own and its value's; a sibling that no point goes to takes none.
//!
//! The offsets are shares, and control bits depend on secrets: they take part in arithmetic only.
//! Which of two nodes is the parent depends on the offset, so both are read and blended.
//!
//! Everything runs as a closure of the cipher's backend: there it is compiled for the instructions
//! that the `aes` crate has found the processor to have, the vector instructions around AES too.

use aes::Aes128Enc;
use aes::cipher::consts::U16;
use aes::cipher::{
    Block, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser,
    InOutBuf,
};
use ditto_core::Word;

use super::prefixes::{Node, Prefixes};
use super::{Corrections, Side};

/// Elements that are evaluated side by side: so many that their blocks of one node are
/// [`super::PARALLEL`].
pub(crate) const LANES: usize = super::PARALLEL / 2;

/// One number for each element. Sums are taken modulo 2^64, which the ring's modulus divides.
pub(crate) type Lanes = [u64; LANES];

/// One node of each element, in whole cache lines, like everything that vector instructions access here.
#[derive(Clone, Copy)]
#[repr(align(64))]
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
        let mut blended = Self::ZERO;
        for (i, mask) in mask.iter().enumerate() {
            let blend = |zero: u64, one: u64| zero ^ mask & (zero ^ one);
            blended.low[i] = blend(self.low[i], other.low[i]);
            blended.high[i] = blend(self.high[i], other.high[i]);
            blended.sum[i] = blend(self.sum[i], other.sum[i]);
        }
        blended
    }
}

/// The corrections of a level.
#[derive(Clone, Copy)]
#[repr(align(64))]
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
pub(crate) struct Evaluator<'a, W> {
    corrections: &'a Corrections<W>,
    side: Side,
    roots: &'a [u128],
    prefixes: &'a Prefixes,
    aes: Aes128Enc,
    levels: Vec<Level>,
    /// The nodes of a level, and room for the next one's.
    nodes: Vec<Values>,
    next: Vec<Values>,
    scratch: Scratch,
}

impl<'a, W: Word> Evaluator<'a, W> {
    pub(crate) fn new(
        corrections: &'a Corrections<W>,
        side: Side,
        roots: &'a [u128],
        prefixes: &'a Prefixes,
    ) -> Self {
        let levels = vec![Level::ZERO; corrections.width as usize];
        let most = prefixes.levels().map(|(_, nodes)| nodes.len()).max();
        let nodes = vec![Values::ZERO; most.unwrap_or(0).max(1)];
        let aes = corrections.permutation.cipher();
        let next = nodes.clone();
        let scratch = Scratch { blocks: [Block::<Aes128Enc>::default(); _], unused: [0; LANES] };
        Self { corrections, side, roots, prefixes, aes, levels, nodes, next, scratch }
    }

    /// This side's summands of [a < t - b], for up to [`LANES`] elements from number `first` on
    /// with the offsets b: point after point t.
    pub(crate) fn run(&mut self, first: usize, offsets: &[u64]) -> impl Iterator<Item = &[u64]> {
        let n = offsets.len();
        assert!(n <= LANES, "{n} elements at a time");
        let Corrections { seeds, values, controls, .. } = self.corrections;
        let levels = self.levels.len();
        let mut last = [0; LANES];
        // Lanes from n on keep what they had: nobody reads their sums.
        for (lane, last) in last[..n].iter_mut().enumerate() {
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
            *last = values[levels].to_u64();
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
            offsets: lanes,
            nodes: &mut self.nodes,
            next: &mut self.next,
            scratch: &mut self.scratch,
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

/// Where a node is encrypted.
#[repr(align(64))]
struct Scratch {
    /// Of all elements, the child and then its value.
    blocks: [Block<Aes128Enc>; 2 * LANES],
    /// The halves of values that nobody needs, which are kept because loops that read both halves of
    /// all blocks are vectorised in full, and loops that read one half are not.
    unused: Lanes,
}

/// From the root, which is the first of `nodes`, down to the points, which take its place.
#[repr(align(64))]
struct Descent<'a> {
    prefixes: &'a Prefixes,
    levels: &'a [Level],
    offsets: Lanes,
    nodes: &'a mut Vec<Values>,
    next: &'a mut Vec<Values>,
    scratch: &'a mut Scratch,
}

impl BlockSizeUser for Descent<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Descent<'_> {
    // All that is called from here is inlined too: other functions know nothing of the backend's
    // instructions.
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let Self { prefixes, levels, offsets, nodes, next, scratch } = self;
        for ((shift, schedule), level) in prefixes.levels().zip(levels) {
            for (node, next) in schedule.iter().zip(&mut **next) {
                let [one, other] = node.parents;
                let chosen;
                let parent = if one == other {
                    &nodes[one]
                } else {
                    chosen = nodes[one].blend(&nodes[other], &second(node, shift, &offsets));
                    &chosen
                };
                let right = |b: u64| node.number.wrapping_sub(b) >> shift & 1;
                child(backend, scratch, parent, &each(&offsets, right), level, next);
            }
            std::mem::swap(nodes, next);
        }
    }
}

/// Like `map` of arrays, which is not always inlined.
#[inline(always)]
fn each(lanes: &Lanes, f: impl Fn(u64) -> u64) -> Lanes {
    let mut results = [0; LANES];
    for (result, lane) in results.iter_mut().zip(lanes) {
        *result = f(*lane);
    }
    results
}

/// All ones where the parent is the second of the two.
#[inline(always)]
fn second(node: &Node, shift: u32, offsets: &Lanes) -> Lanes {
    each(offsets, |b| {
        let prefix = node.number.wrapping_sub(b) >> shift >> 1;
        let start = node.start.wrapping_sub(b) >> shift >> 1;
        ((prefix ^ start ^ node.place) & 1).wrapping_neg()
    })
}

/// The children of `parent`, right ones where `right` is 1, with their corrections.
#[inline(always)]
fn child<B: BlockCipherEncBackend<BlockSize = U16>>(
    backend: &B,
    scratch: &mut Scratch,
    parent: &Values,
    right: &Lanes,
    level: &Level,
    child: &mut Values,
) {
    let Scratch { blocks, unused } = scratch;
    let (seeds, values) = blocks.split_at_mut(LANES);
    for (i, (seed, value)) in seeds.iter_mut().zip(values).enumerate() {
        let low = parent.low[i] & !1 | right[i];
        put(seed, low, parent.high[i]);
        put(value, low ^ 2, parent.high[i]);
    }
    let (chunks, rest) = InOutBuf::from(&mut blocks[..]).into_chunks();
    for chunk in chunks {
        backend.encrypt_par_blocks(chunk);
    }
    backend.encrypt_tail_blocks(rest);
    let (seeds, values) = blocks.split_at(LANES);
    for (i, (seed, value)) in seeds.iter().zip(values).enumerate() {
        let control = (parent.low[i] & 1).wrapping_neg();
        let low = parent.low[i] & !1 | right[i];
        let high = parent.high[i];
        let correction = level.low[i] ^ (right[i] & level.right[i]);
        let [seed_low, seed_high] = halves(seed);
        let [value_low, value_high] = halves(value);
        child.low[i] = seed_low ^ low ^ (correction & control);
        child.high[i] = seed_high ^ high ^ (level.high[i] & control);
        let corrected = (value_high ^ high).wrapping_add(level.value[i] & control);
        child.sum[i] = parent.sum[i].wrapping_add(corrected);
        unused[i] = value_low;
    }
}

#[inline(always)]
fn put(block: &mut Block<Aes128Enc>, low: u64, high: u64) {
    let (halves, _) = block.0.as_chunks_mut::<8>();
    halves[0] = low.to_le_bytes();
    halves[1] = high.to_le_bytes();
}

#[inline(always)]
fn halves(block: &Block<Aes128Enc>) -> [u64; 2] {
    let (halves, _) = block.0.as_chunks::<8>();
    [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])]
}

#[cfg(test)]
mod tests {
    use ditto_core::prg::{Key, Prg};
    use ditto_core::tiny::Z3;
    use ditto_core::{Ring, Z32, Z64};

    use super::super::PERMUTATION;
    use super::super::{pointwise, seeds};
    use super::*;

    fn random(purpose: u8, n: usize) -> Vec<u64> {
        Prg::new(&Key::new([7; 16]), 0).stream(0, purpose).words(n)
    }

    /// Both sides' summands are those of [`pointwise`], bit by bit, for every offset.
    fn agrees<W: Word>(points: &[u64], offsets: &[u64], width: u32) {
        let (n, low) = (offsets.len(), u64::MAX >> (64 - width));
        let secrets: Vec<u64> = random(0, n).iter().map(|a| a & low).collect();
        let roots = [1, 2].map(|purpose| seeds(&random(purpose, 2 * n)));
        let corrections =
            Corrections::<W>::new(PERMUTATION, [&roots[0], &roots[1]], &secrets, width);
        let own = |&b: &u64| points.iter().map(move |t| t.wrapping_sub(b) & low);
        let all: Vec<u64> = offsets.iter().flat_map(own).collect();
        let prefixes = Prefixes::new(points, width);
        for (side, roots) in [Side::Plus, Side::Minus].into_iter().zip(&roots) {
            let expected = pointwise::Evaluator::new(&corrections, side, roots);
            let expected = { expected }.run(0, &all, points.len());
            let mut evaluator = Evaluator::new(&corrections, side, roots, &prefixes);
            for (batch, offsets) in offsets.chunks(LANES).enumerate() {
                let got = evaluator.run(batch * LANES, offsets);
                for ((i, t), summands) in points.iter().enumerate().zip(got) {
                    assert_eq!(summands.len(), offsets.len());
                    for (lane, summand) in summands.iter().enumerate() {
                        let expected = expected[(batch * LANES + lane) * points.len() + i];
                        let at = (t, offsets[lane]);
                        assert_eq!(W::from_u64(*summand), expected, "{at:?}, {width} bits");
                    }
                }
            }
        }
    }

    #[test]
    fn small_widths_agree_at_all_offsets() {
        for width in 1..=4 {
            let all: Vec<u64> = (0..1 << width).collect();
            for set in 1..1u64 << all.len().min(11) {
                // Of 16 points, some sets.
                let set = if width < 4 { set } else { set.wrapping_mul(0x9e37_79b9) >> 3 };
                let points: Vec<u64> = all.iter().copied().filter(|t| set >> t & 1 == 1).collect();
                if !points.is_empty() {
                    agrees::<<Z3 as Ring>::Word>(&points, &all, width);
                }
            }
        }
    }

    #[test]
    fn large_widths_agree_at_near_and_far_points() {
        for (seed, width) in [20, 31, 32, 33, 63, 64].into_iter().enumerate() {
            let low = u64::MAX >> (64 - width);
            let growing = |e: u32| 2f64.powf(f64::from(e) * f64::from(width) / 64.0) as u64;
            let near = |t: u64| (t..t.saturating_add(5)).chain([t ^ 1 << (width / 2)]);
            let far = random(10 + seed as u8, 12).into_iter();
            let sets: [Vec<u64>; 4] = [
                (0..64).map(growing).collect(),
                far.clone().collect(),
                far.flat_map(near).chain([0, 1, low - 1, low, low / 2, low / 2 + 1]).collect(),
                (0..300).map(|i| low / 3 + i * (low / 1000)).collect(),
            ];
            for mut points in sets {
                points.iter_mut().for_each(|t| *t &= low);
                points.sort();
                points.dedup();
                let edges = points.iter().flat_map(|t| [*t, t.wrapping_add(1), t.wrapping_sub(1)]);
                let drawn = random(30 + seed as u8, 40);
                let offsets: Vec<u64> =
                    edges.take(60).chain(drawn).chain([0, low]).map(|b| b & low).collect();
                agrees::<<Z32 as Ring>::Word>(&points, &offsets, width);
                agrees::<<Z64 as Ring>::Word>(&points, &offsets, width);
            }
        }
    }

    #[test]
    fn no_points_have_no_summands() {
        let prefixes = Prefixes::new(&[], 20);
        let roots = [seeds(&random(1, 2)), seeds(&random(2, 2))];
        let corrections = Corrections::<u32>::new(PERMUTATION, [&roots[0], &roots[1]], &[5], 20);
        let mut evaluator = Evaluator::new(&corrections, Side::Plus, &roots[0], &prefixes);
        assert_eq!(evaluator.run(0, &[3]).count(), 0);
    }
}
