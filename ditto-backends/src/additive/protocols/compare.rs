//! Comparison with zero on reduced width.
//!
//! Functionality: the XOR-shared bit x < 0, for x that fits `width` = w bits.
//!
//! - The parties draw shares of a uniform mask r of w bits, of which the dealer deals every bit, r_j,
//!   and the products r_{2j}·r_{2j+1} of neighbouring lower ones. Bits lie in planes: plane j holds
//!   bit j of all elements, 64 to a word.
//! - They reveal c = x + r mod 2^w. The sign is bit w - 1 of c - r, which is c_{w-1} ^ r_{w-1} ^ [the
//!   lower w - 1 bits of c are below those of r].
//! - A group of bits is below if g = 1 and equal if p = 1. For one bit g = (1 - c_j)·r_j and
//!   p = 1 ^ c_j ^ r_j; of two neighbours, g = g_high ^ p_high·g_low and p = p_high·p_low. As c is
//!   public, both are linear in the bits of r and the product that was dealt: pairs are local.
//! - A tree joins neighbouring groups in the same way, one round a level, one message with all ANDs of
//!   the level ([`super::and`]); the lowest group needs no p.
//!
//! Cost in bits an element (padded to 64 elements): w from each party; w + floor((w - 1) / 2) from the
//! dealer; then for a level that joins q pairs, 3q - 1 from each party and 2q - 1 from the dealer.
//! Rounds: 1 + ceil(log2 ceil((w - 1) / 2)) for w > 1, else 1. Range: |x| < 2^(w-1). Error: none.
//!
//! Views. c is masked by the other party's share of r; each AND as in [`super::and`].
//!
//! Source: comparison of a public with a bit-shared number, Damgård et al., TCC 2006, in the tree of
//! Catrina and de Hoogh (SCN 2010); the dealt products are own.

use ditto_core::bitplanes::plane_words;
use ditto_core::{Ring, Word};
use generic_array::GenericArray;

use super::and::and;
use crate::additive::party::{Sums, Xors, plus};
use crate::additive::{Additive, AdditiveBit, AdditiveShare, PartyError};
use crate::party::shares::Bits;
use crate::party::streams::Purpose;

/// The bit x < 0 for |x| < 2^(width-1); 1 <= `width` <= k.
pub(crate) fn is_negative<R: Ring>(
    party: &mut Additive,
    x: &AdditiveShare<R>,
    width: u32,
) -> Result<AdditiveBit, PartyError> {
    assert!((1..=R::BITS).contains(&width), "a comparison has from 1 to {} bits", R::BITS);
    party.begin("compare");
    let (n, words, lower) = (x.len(), plane_words(x.len()), width as usize - 1);
    let plane = |planes: &[u64], j: usize| planes[j * words..(j + 1) * words].to_vec();

    let r: Vec<R::Word> = party.mask(Sums, Purpose::Mask, n, width);
    let c = party.reveal(Sums, plus(Sums, x.component(0).to_vec(), &r), width)?;
    let c = R::Word::planes(&c, width);
    // At the dealer, all bits; at a party, shares of them.
    let bits = if party.is_dealer() { R::Word::planes(&r, width) } else { Vec::new() };
    let products = || pairs(&bits, lower, words);
    let products = party.deal(Xors, Purpose::SecondComponent, lower / 2 * words, 64, products)?;
    let bits = party.deal(Xors, Purpose::Component, (lower + 1) * words, 64, || bits)?;

    let sign: Vec<u64> = plane(&c, lower).into_iter().map(|c| party.constant(c)).collect();
    let mut sign = plus(Xors, sign, &plane(&bits, lower));
    if lower > 0 {
        let groups = joined_pairs(party, &c, &bits, &products, lower, words);
        sign = plus(Xors, sign, &below(party, groups, words)?);
    }
    Ok(Bits::new(x.shape(), GenericArray::from_array([sign])))
}

/// The products of neighbouring planes, of which there are `count`.
fn pairs(planes: &[u64], count: usize, words: usize) -> Vec<u64> {
    let at = |j: usize| &planes[j * words..(j + 1) * words];
    let product = |j: usize| at(2 * j).iter().zip(at(2 * j + 1)).map(|(x, y)| x & y);
    (0..count / 2).flat_map(product).collect()
}

/// Groups of bits, lowest first: their planes one after the other.
struct Groups {
    count: usize,
    below: Vec<u64>,
    equal: Vec<u64>,
}

/// The groups of two neighbouring bits each, and of the one that is left, if any.
fn joined_pairs(
    party: &Additive,
    c: &[u64],
    bits: &[u64],
    products: &[u64],
    lower: usize,
    words: usize,
) -> Groups {
    let count = lower.div_ceil(2);
    let mut groups = Groups {
        count,
        below: Vec::with_capacity(count * words),
        equal: Vec::with_capacity(count * words),
    };
    for pair in 0..lower / 2 {
        for word in 0..words {
            let (low, high) = (2 * pair * words + word, (2 * pair + 1) * words + word);
            // 1 where c has a 0.
            let (low_0, high_0) = (!c[low], !c[high]);
            let (r_low, r_high) = (bits[low], bits[high]);
            let product = products[pair * words + word];
            let carried = low_0 & (high_0 & r_low ^ product);
            groups.below.push(high_0 & r_high ^ carried);
            let both = party.constant(high_0 & low_0);
            groups.equal.push(both ^ high_0 & r_low ^ low_0 & r_high ^ product);
        }
    }
    for at in (lower - lower % 2) * words..lower * words {
        groups.below.push(!c[at] & bits[at]);
        groups.equal.push(party.constant(!c[at]) ^ bits[at]);
    }
    groups
}

/// Joins the groups pairwise, lowest first, until one is left. Their number comes from the width:
/// an empty tensor takes as many rounds as any.
fn below(party: &mut Additive, mut groups: Groups, words: usize) -> Result<Vec<u64>, PartyError> {
    while groups.count > 1 {
        party.step();
        let pairs = groups.count / 2;
        // Every second group of so many pairs, from the pair `from` on.
        let every = |planes: &[u64], from: usize, high: usize| -> Vec<u64> {
            let group = |i: usize| (2 * i + high) * words..(2 * i + high + 1) * words;
            (from..pairs).flat_map(|i| &planes[group(i)]).copied().collect()
        };
        let equal = every(&groups.equal, 0, 1);
        let low = every(&groups.below, 0, 0);
        // The lowest group's equality is never asked for.
        let [carried, both] = and(party, &equal, &low, &every(&groups.equal, 1, 0))?;
        let mut below = plus(Xors, every(&groups.below, 0, 1), &carried);
        let mut equal = vec![0; words];
        equal.extend_from_slice(&both);
        if groups.count % 2 == 1 {
            let last = (groups.count - 1) * words..;
            below.extend_from_slice(&groups.below[last.clone()]);
            equal.extend_from_slice(&groups.equal[last]);
        }
        groups = Groups { count: groups.count - pairs, below, equal };
    }
    Ok(groups.below)
}
