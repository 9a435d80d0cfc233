//! Dither: public coins that make rounding fair whatever a sharing looks like.
//!
//! Components are rounded one by one, and what that errs by depends on their low bits. Those of a
//! fresh sharing are uniform, and errors cancel on average. But the components of twice a value are
//! even, those of a value that was raised end in zeros, and an error that is always the same is a bias.
//! So before they are rounded, numbers that add up to zero are added to the components: then each is
//! uniform below the cut by itself, whatever it was.
//!
//! The coins are the same at all parties and say nothing: they are drawn from a key or a mark that all
//! parties know, apart from all masks. Adding public numbers that sum to zero to a sharing is a
//! local function of it, so what a protocol shows of a sharing it shows of this one.
//!
//! Source: subtractive dither, as in signal processing (Schuchman, 1964), applied to components.

use ditto_core::prg::{Key, Prg};

/// The coins of one element: a word, of which every use takes other bits.
pub(crate) struct Coins {
    word: u64,
    bits: u32,
}

impl Coins {
    /// For rounding `bits` bits away, at most 32.
    pub(crate) fn new(word: u64, bits: u32) -> Self {
        debug_assert!((1..=32).contains(&bits), "{bits} bits from a half of 64");
        Self { word, bits }
    }

    fn below(&self) -> u64 {
        (1 << self.bits) - 1
    }

    /// What is added to a component: for two components r and -r, for three r, s and -r - s, and to the
    /// first of them also what all lose on average.
    #[inline]
    pub(crate) fn component(&self, number: usize, of: usize) -> u64 {
        match (of, number) {
            (_, 0) => self.first() + self.lost(of as u64),
            (2, 1) => self.first().wrapping_neg(),
            (3, 1) => self.second(),
            (3, 2) => (self.first() + self.second()).wrapping_neg(),
            _ => unreachable!("component {number} of {of}"),
        }
    }

    /// A uniform number below the cut.
    fn first(&self) -> u64 {
        self.word & self.below()
    }

    /// Another one, independent of the first.
    fn second(&self) -> u64 {
        self.word >> 32 & self.below()
    }

    /// Half of an odd number, rounded up or down by a fair coin. (Of 32 bits it is the highest of
    /// [`Coins::first`]; that does not matter on average.)
    fn half(&self, odd: u64) -> u64 {
        (odd >> 1) + (self.word >> 31 & 1)
    }

    /// What `count` components lose on average to floors, if each is uniform below the cut.
    fn lost(&self, count: u64) -> u64 {
        let twice = count * self.below();
        if twice.is_multiple_of(2) { twice / 2 } else { self.half(twice) }
    }
}

/// The coins of `n` elements, from a mark that all parties know.
pub(crate) fn coins(mark: u64, n: usize) -> Vec<u64> {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&mark.to_le_bytes());
    Prg::new(&Key::new(key), 0).stream(0, 0).words(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_of_floors_are_made_up_for_on_average() {
        for bits in [1, 2, 7, 31, 32] {
            for count in [2, 3] {
                // Both values of the coin.
                let lost = [0, u64::MAX].map(|word| Coins::new(word, bits).lost(count));
                let average = u128::from(lost[0]) + u128::from(lost[1]);
                assert_eq!(average, u128::from(count) * ((1 << bits) - 1), "{bits} bits, {count}");
            }
        }
    }

    /// They add up to what is lost; and each is uniform below the cut over all coins.
    #[test]
    fn components_get_uniform_numbers_that_add_up_to_the_loss() {
        for (of, bits) in [(2, 3), (3, 3)] {
            let mut counts = vec![[0; 8]; of];
            for (a, b) in (0..8).flat_map(|a| (0..8).map(move |b| (a, b))) {
                let coins = Coins::new(a | b << 32, bits);
                let added: Vec<u64> = (0..of).map(|i| coins.component(i, of)).collect();
                let sum = added.iter().fold(0u64, |sum, x| sum.wrapping_add(*x));
                assert_eq!(sum, coins.lost(of as u64));
                for (counts, x) in counts.iter_mut().zip(added) {
                    counts[(x & 7) as usize] += 1;
                }
            }
            assert!(counts.iter().flatten().all(|&count| count == 8), "{of} components");
        }
    }

    #[test]
    fn coins_are_below_the_cut_and_depend_on_the_mark() {
        let coin = Coins::new(u64::MAX, 5);
        assert_eq!((coin.first(), coin.second()), (31, 31));
        assert_eq!(coins(3, 5)[..4], coins(3, 4));
        assert!(coins(3, 4).iter().zip(coins(4, 4)).all(|(a, b)| *a != b));
    }
}
