//! Sharing values among the parties and putting results together: what data owners do.
//!
//! None of this runs inside the computation. A data owner draws x0 and x1 at random, sets
//! x2 = x - x0 - x1 and gives party i the components x_i and x_{i+1}. It may send seeds for x0 and x1
//! instead of them, so that sharing n elements of k bits costs it 2nk bits of upload and 64 bytes. Each
//! component has a seed of its own, as two of the parties may know only one of them.

use ditto_core::fixed::OutOfFormat;
use ditto_core::prg::{Key, Prg};
use ditto_core::{Ring, Source, Word};
use ndarray::ArrayD;
use num_traits::WrappingAdd;

use super::{Rep3, Rep3Share, share};
use crate::party::sharing::{OwnerRandomness, decoded, encoded};

/// Gives one party's shares of one tensor after another, with fresh randomness for each.
///
/// The data owner makes three of them from the same key, one for each party.
pub struct Rep3Source {
    /// Of the components x0 and x1, and of the marks of tensors, which all three parties know.
    randomness: OwnerRandomness<2>,
    party: usize,
}

/// The seeds of x0 and of x1, and that of the tensors' public marks, from a data owner's key. None tells
/// anything of another, or of the key.
pub fn seeds(key: &Key) -> [Key; 3] {
    let prg = Prg::new(key, 0);
    [0, 1, 2].map(|component| Key::filled(|bytes| prg.stream(0, component).fill_bytes(bytes)))
}

impl Rep3Source {
    /// Draws all randomness from `key`, which must be fresh and known to the data owner alone.
    pub fn new(key: &Key, party: usize) -> Self {
        Self::from_seeds(seeds(key).each_ref(), party)
    }

    /// Draws x0, x1 and the marks from one seed each. All must be fresh; that of x0 may be known to
    /// parties 0 and 2 and that of x1 to parties 0 and 1, who hold those components, and the third to all
    /// of them.
    pub fn from_seeds(seeds: [&Key; 3], party: usize) -> Self {
        let [x0, x1, marks] = seeds.map(|seed| (Prg::new(seed, 0), 0));
        Self { randomness: OwnerRandomness::new([x0, x1], marks), party }
    }

    /// The sources of the three parties.
    pub fn trio(key: &Key) -> [Self; 3] {
        std::array::from_fn(|party| Self::new(key, party))
    }

    /// A party's share of the next tensor, at `frac` fractional bits.
    ///
    /// # Errors
    /// As [`Source::share`].
    pub fn share<R: Ring>(
        &mut self,
        values: &ArrayD<f64>,
        frac: u32,
    ) -> Result<Rep3Share<R>, OutOfFormat> {
        let words = encoded::<R>(values, frac)?;
        let drawn = self.randomness.next(words.len());
        let [x0, x1] = drawn.components;
        let (first, second) = split(self.party, words, x0, x1);
        Ok(share(self.party, values.shape(), first, second).marked(drawn.mark))
    }
}

#[diagnostic::do_not_recommend]
impl Source<Rep3> for Rep3Source {
    fn share<R: Ring>(
        &mut self,
        values: &ArrayD<f64>,
        frac: u32,
    ) -> Result<Rep3Share<R>, OutOfFormat> {
        self.share(values, frac)
    }
}

/// A party's two components of `values`, from two uniform ones.
pub(crate) fn split<W: Word>(
    party: usize,
    mut values: Vec<W>,
    x0: Vec<W>,
    x1: Vec<W>,
) -> (Vec<W>, Vec<W>) {
    for ((x, x0), x1) in values.iter_mut().zip(&x0).zip(&x1) {
        *x = x.wrapping_sub(x0).wrapping_sub(x1);
    }
    match party {
        0 => (x0, x1),
        1 => (x1, values),
        _ => (values, x0),
    }
}

/// The three parties' shares do not belong to one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the parties' shares do not agree on the component that parties {0} and {1} both hold; \
     one of them ran another program or did not follow the protocol"
)]
pub struct Inconsistent(pub usize, pub usize);

/// The values that three parties' shares stand for, read at `frac` fractional bits. This opens
/// them, to whoever holds all three shares.
///
/// # Errors
/// If the two copies of a component differ.
pub fn open<R: Ring>(shares: &[Rep3Share<R>; 3], frac: u32) -> Result<ArrayD<f64>, Inconsistent> {
    for i in 0..3 {
        if shares[i].component(1) != shares[(i + 1) % 3].component(0) {
            return Err(Inconsistent(i, (i + 1) % 3));
        }
    }
    let [x, y, z] = shares;
    let sums = x.component(0).iter().zip(y.component(0)).zip(z.component(0));
    let words = sums.map(|((a, b), c)| a.wrapping_add(b).wrapping_add(c));
    Ok(decoded::<R>(x.shape(), words, frac))
}

#[cfg(test)]
mod tests {
    use ditto_core::{Linear, Z32, Z64};
    use ndarray::arr1;
    use typenum::U2;

    use super::*;
    use crate::party::shares::Shares;

    /// The three components of two tensors of zeros, from seeds.
    fn components(mut sources: [Rep3Source; 3]) -> [Vec<u64>; 3] {
        let zeros = arr1(&[0.0; 40]).into_dyn();
        std::array::from_fn(|i| {
            let mut share = || {
                let share: Rep3Share<Z64> = sources[i].share(&zeros, 8).unwrap();
                share.component(0).to_vec()
            };
            [share(), share()].concat()
        })
    }

    fn from(x0: u8, x1: u8) -> [Vec<u64>; 3] {
        let [x0, x1, marks] = [x0, x1, 9].map(|byte| Key::new([byte; 16]));
        components([0, 1, 2].map(|party| Rep3Source::from_seeds([&x0, &x1, &marks], party)))
    }

    /// A component that a party is sent the seed of comes from that seed alone, and so the seed tells
    /// nothing of the component that the party lacks.
    #[test]
    fn a_component_depends_on_its_own_seed_alone() {
        let [x0, x1, x2] = from(1, 2);
        let [y0, y1, _] = from(3, 2);
        assert!(x0 != y0 && x1 == y1);
        let [z0, z1, _] = from(1, 3);
        assert!(x0 == z0 && x1 != z1);
        // Neither is the other's stream: the same seeds in the other order are other components.
        let [w0, w1, _] = from(2, 1);
        assert!(x0 == w1 && x1 == w0 && x0 != x1);
        let sums = (0..x0.len()).map(|i| u64::wrapping_add(u64::wrapping_add(x0[i], x1[i]), x2[i]));
        assert!(sums.into_iter().all(|sum| sum == 0));
    }

    /// Whether two tensors have the same mark, by what narrowing makes of the components of one.
    fn have_the_same_mark(x: &Rep3Share<Z64>, y: &Rep3Share<Z64>) -> bool {
        let narrowed = |x: &Shares<Z64, U2>| x.narrow::<Z32>(20).component(0).to_vec();
        // The components of y with the mark of x.
        narrowed(&x.sub(x).add(y)) == narrowed(y)
    }

    /// Marks are known to all parties: they come from their own seed alone, so they tell nothing of a
    /// component that a party lacks; and each tensor has another.
    #[test]
    fn marks_depend_on_their_own_seed_alone() {
        let zeros = arr1(&[0.0; 40]).into_dyn();
        let shared = |seeds: [u8; 3]| -> [Rep3Share<Z64>; 2] {
            let [x0, x1, marks] = seeds.map(|byte| Key::new([byte; 16]));
            let mut source = Rep3Source::from_seeds([&x0, &x1, &marks], 0);
            [0; 2].map(|_| source.share(&zeros, 8).unwrap())
        };
        let [first, second] = shared([1, 2, 3]);
        assert!(have_the_same_mark(&first, &first) && !have_the_same_mark(&first, &second));
        for others in [[4, 2, 3], [1, 4, 3], [4, 5, 3]] {
            let [same, _] = shared(others);
            assert!(have_the_same_mark(&same, &first), "seeds {others:?}");
        }
        let [other, _] = shared([1, 2, 4]);
        assert!(!have_the_same_mark(&other, &first));
    }

    /// A data owner's key is none of the seeds, and no two of the seeds are the same.
    #[test]
    fn seeds_are_three_and_not_the_key() {
        let key = Key::new([7; 16]);
        let seeds = seeds(&key);
        let mut all: Vec<_> = seeds.iter().chain([&key]).map(|seed| *seed.expose()).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 4);
        let [a, b, _] = components(Rep3Source::trio(&key));
        let party = |party| Rep3Source::from_seeds(seeds.each_ref(), party);
        let [c, d, _] = components([0, 1, 2].map(party));
        assert!(a == c && b == d);
    }
}
