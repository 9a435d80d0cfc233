//! Sharing values among the parties and putting results together: what data owners do.
//!
//! None of this runs inside the computation. A data owner draws x0 and x1 at random, sets
//! x2 = x - x0 - x1 and gives party i the components x_i and x_{i+1}. It may send seeds for x0
//! and x1, so that sharing n elements of k bits costs it 2nk bits of upload and 32 bytes.

use ditto_core::fixed::{OutOfFormat, decode, encode};
use ditto_core::prg::{Key, Prg};
use ditto_core::{Ring, Source, Word};
use ndarray::ArrayD;
use num_traits::WrappingAdd;

use super::{Rep3, Rep3Share, share};
use crate::shares::{array, elements};

/// Gives one party's shares of one tensor after another, with fresh randomness for each.
///
/// The data owner makes three dealers from the same key, one for each party.
pub struct Dealer {
    prg: Prg,
    party: usize,
    tensors: u64,
}

impl Dealer {
    /// Draws all randomness from `key`, which must be fresh and known to the data owner alone.
    pub fn new(key: &Key, party: usize) -> Self {
        Self { prg: Prg::new(key, 0), party, tensors: 0 }
    }

    /// The dealers for the three parties.
    pub fn trio(key: &Key) -> [Self; 3] {
        std::array::from_fn(|party| Self::new(key, party))
    }
}

#[diagnostic::do_not_recommend]
impl Source<Rep3> for Dealer {
    fn share<R: Ring>(
        &mut self,
        values: &ArrayD<f64>,
        frac: u32,
    ) -> Result<Rep3Share<R>, OutOfFormat> {
        self.tensors += 1;
        let values_in = values.as_standard_layout();
        let words = values_in.iter().map(|&v| encode::<R>(v, frac));
        let words: Vec<R::Word> = words.collect::<Result<_, _>>()?;
        let uniform = |purpose| {
            let mut component = vec![R::Word::default(); words.len()];
            R::Word::fill(&mut self.prg.stream(self.tensors, purpose), &mut component);
            component
        };
        let (x0, x1) = (uniform(0), uniform(1));
        let (first, second) = split(self.party, words, x0, x1);
        let [mark] = self.prg.stream(self.tensors, 2).words(1)[..] else {
            unreachable!("one word was asked for");
        };
        Ok(share(self.party, values.shape(), first, second).marked(mark))
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
    let values = sums.map(|((a, b), c)| decode::<R>(a.wrapping_add(b).wrapping_add(c), frac));
    let opened = array(x.shape(), values.collect());
    debug_assert_eq!(elements(&opened).len(), x.len());
    Ok(opened)
}
