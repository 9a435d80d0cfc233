//! A bound of the maximum of every row, on a scale of levels.
//!
//! Functionality: a level m with max - 2·step < m <= max, for rows of n values from
//! [low, low + (L - 1)·step). The step is 2^s units, and L is 64, 128 or 256.
//!
//! - The sharing of x is rerandomised by public coins ([`super::dither`]), so that chance decides where
//!   the lower bits carry. Let v = x - low + step. First knows a = x0 + x1 - low + step, second and third
//!   know b = x2, and v = a + b, all modulo L·2^s. The upper log2 L bits of a and b are digits; the sum c
//!   of both modulo L is floor(v / step), or 1 less if the lower bits carry. It does not wrap below 0, as
//!   v >= step.
//! - Codes. First and second draw r, L bits an element. First sends u ^ r to third, u the unit
//!   string with its 1 at a's digit. Second rotates r, and third what it receives, by b's digit:
//!   the sum of both is the unit string of c.
//! - Sums, local: second and third draw a coefficient of 64 bits for every element, not 0. Sum i of
//!   a row, i < 64, is the XOR of the strings of those elements whose coefficient has bit i. Rows
//!   of up to 64 elements keep their strings as they are instead. Then, from the strings of
//!   c_1, c_2, .., XOR from the upper end on makes strings whose bit t is the sum of the bits
//!   c_j >= t.
//! - First and third draw B0, first and second B1. Second sends its strings ^ B1 to third, third
//!   its strings ^ B0 to second; B2 is the sum of both.
//! - OR over the strings of a row, in a tree: x OR y = x ^ y ^ (x AND y). The result T has ones at
//!   the positions t <= C, C the largest c, and E = T ^ (T shifted down by one) is the unit string
//!   of C.
//! - Position. Second and third draw a rotation ρ < L and a mask M of L bits for every row, and
//!   rotate their strings by ρ. Second sends E1 ^ M to first, third E2 ^ E0 ^ M. Their sum
//!   is the unit string of α = C + ρ mod L.
//! - Levels. First and third draw U0, L elements. First sends U - U0 to second, where
//!   U[j] is the level of C = α - j mod L, low + (C - 1)·step (for C = 0 it is low, since no value
//!   is below). Second takes entry ρ of what it receives, third entry ρ of U0: they sum to m, and
//!   are shared in a last round as the results of step functions are.
//!
//! Cost in bits for S = min(n, 64): L an element; and a row 2SL for the sharing of its strings,
//! 3(S - 1)L for the OR, 2L for the position, kL for the levels and 2k for the last round.
//! Rounds: 5 + ceil(log2 S).
//!
//! Range: [low, low + (L - 1)·step), and L·2^s at most 2^k.
//!
//! Error: none for n <= 64. In a longer row a bit t of T is 0 instead of 1 if the coefficients of the
//! set of all elements with c_j >= t add up to 0, bit by bit.
//!
//! - A set of one element never fails, as no coefficient is 0. In one of more, the last coefficient has
//!   to be the sum s of the others. A coefficient is a uniform word, with 1 in the place of 0: it is 1
//!   with probability 2^-63, each greater word with 2^-64, and 0 never. So the set fails with
//!   probability at most 2^-64·(1 + Pr[s = 1]) <= 2^-64 + 2^-127; with two elements exactly that.
//! - The sets lie one inside the other, so n elements make at most n different ones, and if they make n,
//!   one of these has a single element. There are L positions t. So at most min(n - 1, L) sets can fail.
//!
//! With probability at most min(n - 1, L)·(2^-64 + 2^-127) a row, then, the result means nothing. It is
//! still one of the levels. The account of a run adds this up over all rows.
//!
//! Views. Third receives u ^ r, masked by r, which it lacks, and its neighbour's strings ^ B1,
//! masked by B1, which it lacks. Second receives strings ^ B0, masked by B0, which it lacks, and
//! the levels, masked by U0, which it lacks. Each AND as in [`super::and`], the last round as in
//! [`super::step_functions`]. First receives E1 ^ M, masked by M, which it lacks, and, as the sum of
//! that with its other message, the unit string of α, which says nothing: ρ is uniform and first
//! lacks it. Where the sums err, the string is that of several levels, and first sees their
//! distances: with the probability above.
//!
//! Source: own. Sharing a unit string from a masked index is common for lookup tables (compare
//! Dessouky et al., NDSS 2017); the OR by random sums is the one of Razborov and Smolensky.

use ditto_core::pack::packed_len;
use ditto_core::{Levels, Ring, Word};

use super::and::Planes;
use super::dither::dithered_addend;
use super::open::open_to_first;
use super::or_of_groups::any;
use super::step_functions::reshare;
use crate::gadgets::bit_strings::{add, differences, rotated, row_strings, unit};
use crate::gadgets::levels::Scale;
use crate::gadgets::rows::Rows;
use crate::party::message::{Message, Received};
use crate::rep3::party::{PartyError, Peer, Purpose, Rep3, Role};
use crate::rep3::{Rep3Share, share};

/// A bound of every row's maximum, for values of `frac` fractional bits.
pub(crate) fn row_maximum<R: Ring>(
    party: &mut Rep3,
    x: &Rep3Share<R>,
    frac: u32,
    levels: &Levels,
) -> Result<Rep3Share<R>, PartyError> {
    let scale = Scale::new::<R>(frac, levels);
    let on_strings = scale.of_words([on_strings::<R, 1>, on_strings::<R, 2>, on_strings::<R, 4>]);
    on_strings(party, x, &scale)
}

/// The protocol with strings of `N` words.
fn on_strings<R: Ring, const N: usize>(
    party: &mut Rep3,
    x: &Rep3Share<R>,
    scale: &Scale<R::Word>,
) -> Result<Rep3Share<R>, PartyError> {
    let rows = Rows::of(x.shape());
    let n = x.len();
    let role = party.start("row maximum");
    let addend = dithered_addend(party, role, x, scale.offset());
    party.may_fail(rows.failure(scale.count));

    let units = match role {
        Role::First => addend.iter().flat_map(|&a| unit::<N>(scale.digit(a))).collect(),
        _ => Vec::new(),
    };
    let codes = share_codes(party, role, units, n * N)?;
    let strings = match role {
        Role::First => Vec::new(),
        Role::Second | Role::Third => {
            let other = if role == Role::Second { Peer::Next } else { Peer::Prev };
            let digits: Vec<u64> = addend.iter().map(|&b| scale.digit(b)).collect();
            let draw = |n| party.draw(other, Purpose::Coefficients, n, 64);
            row_strings::<N>(&codes, &digits, rows.length, &rows.coefficients(draw))
        }
    };
    let strings = share_strings(party, role, strings, rows.sums * rows.count * N)?;
    let mut largest = any(party, strings, rows.sums, rows.count * N)?;
    largest.first = differences::<N>(&largest.first);
    largest.second = differences::<N>(&largest.second);

    // Streams of their own for the rest; the roles stay.
    party.step();
    let summands = look_up::<R, N>(party, role, largest, scale)?;
    let [first, second] = reshare::<R>(party, role, summands, rows.count)?;
    Ok(share(party.id, &rows.shape, first, second))
}

/// Shares strings that first has made: summands of second and third.
pub(crate) fn share_codes(
    party: &mut Rep3,
    role: Role,
    mut units: Vec<u64>,
    words: usize,
) -> Result<Vec<u64>, PartyError> {
    let mask = |party: &Rep3, peer| -> Vec<u64> { party.draw(peer, Purpose::Mask, words, 64) };
    match role {
        Role::First => {
            add(&mut units, &mask(party, Peer::Next));
            Message::new().put(&units, 64).send(party, Peer::Prev)?;
            party.round();
            Ok(Vec::new())
        }
        Role::Second => {
            let own = mask(party, Peer::Prev);
            party.round();
            Ok(own)
        }
        Role::Third => {
            party.round();
            Ok(Received::from(party, Peer::Next, 8 * words)?.take(words, 64))
        }
    }
}

/// From summands of second and third to components.
pub(crate) fn share_strings(
    party: &mut Rep3,
    role: Role,
    mut strings: Vec<u64>,
    words: usize,
) -> Result<Planes, PartyError> {
    let draw = |party: &Rep3, peer| -> Vec<u64> { party.draw(peer, Purpose::Component, words, 64) };
    let mut exchange = |party: &mut Rep3, own: &[u64], peer| -> Result<Vec<u64>, PartyError> {
        add(&mut strings, own);
        Message::new().put(&strings, 64).send(party, peer)?;
        party.round();
        let theirs: Vec<u64> = Received::from(party, peer, 8 * words)?.take(words, 64);
        add(&mut strings, &theirs);
        Ok(std::mem::take(&mut strings))
    };
    Ok(match role {
        Role::First => {
            party.round();
            Planes { first: draw(party, Peer::Prev), second: draw(party, Peer::Next) }
        }
        Role::Second => {
            let first = draw(party, Peer::Prev);
            let second = exchange(party, &first, Peer::Next)?;
            Planes { first, second }
        }
        Role::Third => {
            let second = draw(party, Peer::Next);
            let first = exchange(party, &second, Peer::Prev)?;
            Planes { first, second }
        }
    })
}

/// From the unit strings of the rows' largest sums of digits to levels: summands of second and
/// third.
fn look_up<R: Ring, const N: usize>(
    party: &mut Rep3,
    role: Role,
    largest: Planes,
    scale: &Scale<R::Word>,
) -> Result<Vec<R::Word>, PartyError> {
    let (words, count, k) = (largest.first.len(), 64 * N, R::BITS);
    let (rows, entries) = (words / N, words / N * count);
    let turns = |party: &Rep3, peer| -> Vec<u64> {
        let mut turns: Vec<u64> = party.draw(peer, Purpose::Rotation, rows, 64);
        turns.iter_mut().for_each(|turn| *turn %= count as u64);
        turns
    };
    let turned = |strings: Vec<u64>, turns: &[u64]| -> Vec<u64> {
        let (strings, _) = strings.as_chunks::<N>();
        strings.iter().zip(turns).flat_map(|(string, &turn)| rotated(*string, turn)).collect()
    };
    let chosen = |table: &[R::Word], turns: &[u64]| -> Vec<R::Word> {
        let tables = table.chunks_exact(count);
        tables.zip(turns).map(|(table, &turn)| table[turn as usize]).collect()
    };
    match role {
        Role::First => {
            let opened = open_to_first(party, role, Vec::new(), words)?;
            let mut table: Vec<R::Word> = party.draw(Peer::Prev, Purpose::Mask, entries, k);
            mask_levels::<R::Word, N>(&opened, scale, &mut table);
            Message::new().put(&table, k).send(party, Peer::Next)?;
            party.round();
            Ok(Vec::new())
        }
        Role::Second => {
            let turns = turns(party, Peer::Next);
            open_to_first(party, role, turned(largest.first, &turns), words)?;
            party.round();
            let mut received = Received::from(party, Peer::Prev, packed_len(entries, k))?;
            Ok(chosen(&received.take::<R::Word>(entries, k), &turns))
        }
        Role::Third => {
            let turns = turns(party, Peer::Prev);
            let mut strings = largest.first;
            add(&mut strings, &largest.second);
            open_to_first(party, role, turned(strings, &turns), words)?;
            party.round();
            let table: Vec<R::Word> = party.draw(Peer::Next, Purpose::Mask, entries, k);
            Ok(chosen(&table, &turns))
        }
    }
}

/// From the masks U0 of all rows to U - U0.
fn mask_levels<W: Word, const N: usize>(opened: &[u64], scale: &Scale<W>, masks: &mut [W]) {
    let count = 64 * N;
    // Downwards and twice, so that the entries of any position are a part of it.
    let down: Vec<W> = (0..scale.count).rev().map(|sum| scale.level(sum)).collect();
    let down = [&down[..], &down[..]].concat();
    let (opened, _) = opened.as_chunks::<N>();
    for (string, masks) in opened.iter().zip(masks.chunks_exact_mut(count)) {
        // The position is first's to know. Where the sums erred, it is one of several or none.
        let word = string.iter().position(|&word| word != 0).unwrap_or(0);
        let position = (64 * word + string[word].trailing_zeros() as usize) % count;
        let levels = &down[count - 1 - position..][..count];
        for (mask, level) in masks.iter_mut().zip(levels) {
            *mask = level.wrapping_sub(mask);
        }
    }
}

#[cfg(test)]
mod tests {
    use ditto_core::Z32;
    use ditto_core::prg::{Key, Prg};

    use super::*;

    /// Second's and third's entries at any rotation add up to the level, for every position.
    #[test]
    fn levels_are_those_of_the_rotated_position() {
        const N: usize = 2;
        let scale = Scale::new::<Z32>(8, &Levels { low: -20.0, step: 2.0, count: 128 });
        for sum in 0..128 {
            let expected = -20 * 256 + (sum as i64 - 1).max(0) * 512;
            assert_eq!(scale.level(sum).to_i64(), expected);
            let opened: Vec<u64> =
                (0..128).flat_map(|turn| rotated(unit::<N>(sum.into()), turn)).collect();
            let mut stream = Prg::new(&Key::new([5; 16]), 0).stream(0, 0);
            let masks: Vec<u32> = stream.words(128 * 128);
            let mut table = masks.clone();
            mask_levels::<u32, N>(&opened, &scale, &mut table);
            for turn in 0..128 {
                let entry = turn * 128 + turn;
                let level = table[entry].wrapping_add(masks[entry]);
                assert_eq!(level.to_i64(), expected, "sum {sum}, rotated by {turn}");
            }
        }
        // What errors can leave is looked up as well.
        mask_levels::<u32, N>(&[0, 0, u64::MAX, u64::MAX], &scale, &mut [0; 256]);
    }
}
