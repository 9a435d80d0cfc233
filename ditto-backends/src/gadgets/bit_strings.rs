//! Strings of 64·N bits, a string being N words, the lowest bit first: sums (XOR), rotations, and the
//! sums of a row's strings whose OR is that of all. Nothing here branches on what a string holds.

use crate::gadgets::random_sums::ROW_SUMS;

/// From a summand of the codes of all elements to one of the strings whose OR is the row's maximum: the
/// first string of every row, then the second of every row, and so on.
pub(crate) fn row_strings<const N: usize>(
    codes: &[u64],
    digits: &[u64],
    row: usize,
    coefficients: &[u64],
) -> Vec<u64> {
    let (codes, _) = codes.as_chunks::<N>();
    let (rows, sums) = (digits.len() / row, row.min(ROW_SUMS));
    let mut strings = vec![0; sums * rows * N];
    let mut put = |sum: usize, row: usize, string: [u64; N]| {
        strings[(sum * rows + row) * N..][..N].copy_from_slice(&from_above(string));
    };
    for (number, (codes, digits)) in codes.chunks(row).zip(digits.chunks(row)).enumerate() {
        let units: Vec<[u64; N]> =
            codes.iter().zip(digits).map(|(code, &digit)| rotated(*code, digit)).collect();
        if row <= ROW_SUMS {
            units.into_iter().enumerate().for_each(|(i, string)| put(i, number, string));
        } else {
            let coefficients = &coefficients[number * row..][..row];
            let sums = subset_sums(&units, coefficients);
            sums.into_iter().enumerate().for_each(|(i, sum)| put(i, number, sum));
        }
    }
    strings
}

/// Strings are taken four at a time: they have only sixteen subsets.
const FOUR: usize = 4;
/// The bits 0, 4, 8, .. of a word.
const EVERY_FOURTH: u64 = 0x1111_1111_1111_1111;
/// Groups of four that are taken at a time: their subsets fit the first-level cache.
const GROUPS: usize = 32;

/// Sum i is that of the strings whose coefficient has bit i.
fn subset_sums<const N: usize>(strings: &[[u64; N]], coefficients: &[u64]) -> [[u64; N]; ROW_SUMS] {
    let mut sums = [[0; N]; ROW_SUMS];
    let mut subsets = [[[0; N]; 1 << FOUR]; GROUPS];
    // Which subset goes into which sum: four bits each, those of every fourth sum in a word.
    let mut choices = [[0; FOUR]; GROUPS];
    let pieces = strings.chunks(GROUPS * FOUR).zip(coefficients.chunks(GROUPS * FOUR));
    for (strings, coefficients) in pieces {
        let groups = strings.len().div_ceil(FOUR);
        let fours = strings.chunks(FOUR).zip(coefficients.chunks(FOUR));
        for ((strings, coefficients), (subsets, choices)) in
            fours.zip(subsets.iter_mut().zip(&mut choices))
        {
            fill_subsets(subsets, strings);
            *choices = std::array::from_fn(|from| {
                let bits = |coefficient: &u64| coefficient >> from & EVERY_FOURTH;
                let four = coefficients.iter().enumerate();
                four.fold(0, |choices, (i, coefficient)| choices | bits(coefficient) << i)
            });
        }
        // One sum after another, which stays in registers meanwhile.
        for (number, sum) in sums.iter_mut().enumerate() {
            let (from, place) = (number % FOUR, number / FOUR * FOUR);
            let mut total = *sum;
            for (subsets, choices) in subsets[..groups].iter().zip(&choices[..groups]) {
                let chosen = &subsets[(choices[from] >> place & 15) as usize];
                (0..N).for_each(|word| total[word] ^= chosen[word]);
            }
            *sum = total;
        }
    }
    sums
}

/// The sums of all subsets of up to four strings: bit i of a subset's number says whether string i is in
/// it. The sum of the empty subset is there already.
fn fill_subsets<const N: usize>(subsets: &mut [[u64; N]; 1 << FOUR], strings: &[[u64; N]]) {
    for (i, string) in strings.iter().enumerate() {
        for smaller in 0..1 << i {
            subsets[1 << i | smaller] = subsets[smaller];
            add(&mut subsets[1 << i | smaller], string);
        }
    }
}

pub(crate) fn add(x: &mut [u64], y: &[u64]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x ^= y;
    }
}

/// The string with one 1. Without a branch, as are the other operations on strings.
pub(crate) fn unit<const N: usize>(position: u64) -> [u64; N] {
    std::array::from_fn(|word| u64::from(position / 64 == word as u64) << (position % 64))
}

/// Bit t goes to t + `by` modulo the length; `by` is below the length.
pub(crate) fn rotated<const N: usize>(mut string: [u64; N], by: u64) -> [u64; N] {
    let before = |string: &[u64; N], word: usize, by: usize| string[(word + N - by) % N];
    // By whole words, one power of two after another.
    for power in 0..N.ilog2() {
        let chosen = ((by / 64) >> power & 1).wrapping_neg();
        let from = string;
        for (word, to) in string.iter_mut().enumerate() {
            *to ^= (*to ^ before(&from, word, 1 << power)) & chosen;
        }
    }
    let bits = by % 64;
    std::array::from_fn(|word| {
        // In two steps, as a word cannot be shifted by 64.
        string[word] << bits | before(&string, word, 1) >> 1 >> (63 - bits)
    })
}

/// Bit t of the result is the sum of the bits from t on.
fn from_above<const N: usize>(mut string: [u64; N]) -> [u64; N] {
    let mut above = 0;
    for word in string.iter_mut().rev() {
        for power in 0..6 {
            *word ^= *word >> (1 << power);
        }
        *word ^= above;
        // Bit 0 is the sum of all so far.
        above = (*word & 1).wrapping_neg();
    }
    string
}

/// The inverse of [`from_above`], of all strings: the sum of every bit and the next.
pub(crate) fn differences<const N: usize>(strings: &[u64]) -> Vec<u64> {
    let (strings, _) = strings.as_chunks::<N>();
    let difference = |string: &[u64; N]| -> [u64; N] {
        std::array::from_fn(|word| {
            let above = string.get(word + 1).map_or(0, |next| next << 63);
            string[word] ^ (string[word] >> 1 | above)
        })
    };
    strings.iter().flat_map(difference).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ditto_core::prg::{Key, Prg};

    use super::*;
    use crate::gadgets::random_sums::row_maximum_failure;
    use crate::gadgets::rows::coefficients_of;

    fn random(n: usize, seed: u8) -> Vec<u64> {
        Prg::new(&Key::new([seed; 16]), 0).stream(0, 0).words(n)
    }

    fn bits<const N: usize>(string: &[u64; N]) -> Vec<bool> {
        (0..64 * N).map(|t| string[t / 64] >> (t % 64) & 1 == 1).collect()
    }

    fn strings<const N: usize>(words: &[u64]) -> Vec<[u64; N]> {
        words.as_chunks::<N>().0.to_vec()
    }

    /// Every operation on strings against the same on arrays of bits.
    fn strings_of_words_are_strings_of_bits<const N: usize>() {
        let length = 64 * N;
        for t in 0..length {
            let ones: Vec<usize> = (0..length).filter(|&i| bits(&unit::<N>(t as u64))[i]).collect();
            assert_eq!(ones, [t]);
        }
        for string in strings::<N>(&random(20 * N, 1)) {
            let before = bits(&string);
            for by in 0..length {
                let after = bits(&rotated(string, by as u64));
                assert!((0..length).all(|t| after[(t + by) % length] == before[t]), "by {by}");
            }
            let sums = from_above(string);
            let odd = |t: usize| before[t..].iter().filter(|&&bit| bit).count() % 2 == 1;
            assert_eq!(bits(&sums), (0..length).map(odd).collect::<Vec<_>>());
            assert_eq!(differences::<N>(&sums), string);
        }
    }

    #[test]
    fn operations_on_strings_are_those_on_bits() {
        strings_of_words_are_strings_of_bits::<1>();
        strings_of_words_are_strings_of_bits::<2>();
        strings_of_words_are_strings_of_bits::<4>();
    }

    fn row_strings_are_as_stated<const N: usize>(rows: usize, row: usize) {
        let n = rows * row;
        let codes = random(n * N, 2);
        let digits: Vec<u64> = random(n, 3).iter().map(|d| d % (64 * N as u64)).collect();
        let coefficients = random(n, 4);
        let sums = row.min(ROW_SUMS);
        let got = strings::<N>(&row_strings::<N>(&codes, &digits, row, &coefficients));
        assert_eq!(got.len(), sums * rows);
        let string = |i: usize| rotated(strings::<N>(&codes)[i], digits[i]);
        for (at, got) in got.into_iter().enumerate() {
            let (sum, first) = (at / rows, at % rows * row);
            let mut expected = [0; N];
            for (place, coefficient) in coefficients[first..first + row].iter().enumerate() {
                let chosen =
                    if row > ROW_SUMS { coefficient >> sum & 1 == 1 } else { place == sum };
                if chosen {
                    add(&mut expected, &string(first + place));
                }
            }
            assert_eq!(got, from_above(expected), "sum {sum} of the row that starts at {first}");
        }
    }

    #[test]
    fn coefficients_are_any_word_but_0() {
        let words = [vec![0, 1, 2, u64::MAX, 1 << 63], random(100, 5)].concat();
        let coefficients = coefficients_of(words.clone());
        assert_eq!(coefficients[0], 1);
        assert_eq!(coefficients[1..], words[1..]);
    }

    /// For coefficients of w bits, everything that a set can draw is tried: its sum is 0 with probability
    /// at most 2^-w·(1 + 2^(1-w)), which is the bound of the account for w = 64, and for two elements
    /// with exactly that.
    #[test]
    fn a_set_fails_as_rarely_as_the_account_says() {
        for width in [1, 2, 3, 5] {
            let words = 1usize << width;
            let drawn: Vec<usize> = (0..words).map(|word| word | usize::from(word == 0)).collect();
            // How many draws of all elements so far give which sum.
            let mut ways = vec![0u64; words];
            ways[0] = 1;
            for elements in 1..=5u32 {
                let mut next = vec![0; words];
                for (sum, ways) in ways.iter().enumerate() {
                    drawn.iter().for_each(|coefficient| next[sum ^ coefficient] += ways);
                }
                ways = next;
                // 2^-w·(1 + 2^(1-w)) of all (2^w)^elements draws, times 2^2w.
                let (failing, all) = (ways[0] << (2 * width), 1u64 << (width * elements));
                let most = all * (words as u64 + 2);
                match elements {
                    1 => assert_eq!(failing, 0),
                    2 => assert_eq!(failing, most, "{width} bits"),
                    _ => assert!(failing <= most, "{width} bits, {elements} elements"),
                }
            }
        }
        let set = row_maximum_failure(1, 65, 64) / 64.0;
        assert!(set > 2f64.powi(-64) && set < 2f64.powi(-64) * (1.0 + 2f64.powi(-50)), "{set:e}");
    }

    /// Of all rows of n positions out of L, none has more than min(n - 1, L) different sets c_j >= t of
    /// two elements or more, and one has as many.
    #[test]
    fn no_row_has_more_sets_that_can_fail_than_the_account_says() {
        for (n, levels) in [(2u32, 4usize), (3, 3), (4, 3), (5, 2), (5, 4), (3, 6)] {
            let sets_of = |row: usize| {
                let positions = (0..n).map(|j| row / levels.pow(j) % levels);
                let at_least =
                    |t: usize| -> Vec<bool> { positions.clone().map(|c| c >= t).collect() };
                let two = |set: &Vec<bool>| set.iter().filter(|&&chosen| chosen).count() >= 2;
                (0..levels).map(at_least).filter(two).collect::<BTreeSet<_>>().len()
            };
            let most = (0..levels.pow(n)).map(sets_of).max();
            assert_eq!(most, Some((n as usize - 1).min(levels)), "{n} of {levels}");
        }
    }

    #[test]
    fn sums_of_rows_are_those_of_the_chosen_elements() {
        for row in [1, 2, 3, 40, 63, 64, 65, 100, 128, 130, 300] {
            row_strings_are_as_stated::<1>(3, row);
            row_strings_are_as_stated::<2>(2, row);
            row_strings_are_as_stated::<4>(1, row);
            row_strings_are_as_stated::<2>(0, row);
        }
    }
}
