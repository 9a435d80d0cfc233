//! Sharing values between the parties and putting results together: what data owners do.
//!
//! None of this runs inside the computation. A data owner draws x0 at random and gives it, or its
//! seed, to party 0, and x - x0 to party 1. The dealer of the computation is given nothing but the
//! shape: a [`Dealer`] here is the data owner's.

use ditto_core::fixed::{OutOfFormat, decode, encode};
use ditto_core::prg::{Key, Prg};
use ditto_core::{Ring, Source, Word};
use ndarray::ArrayD;
use num_traits::WrappingAdd;

use super::{Additive, AdditiveShare, share};
use crate::party::shares::array;

/// Gives one node's shares of one tensor after another, with fresh randomness for each.
///
/// The data owner makes three of them from the same key, one for each node.
pub struct Dealer {
    prg: Prg,
    node: usize,
    tensors: u64,
}

impl Dealer {
    /// Draws all randomness from `key`, which must be fresh and known to the data owner alone.
    pub fn new(key: &Key, node: usize) -> Self {
        Self { prg: Prg::new(key, 0), node, tensors: 0 }
    }

    /// For both parties and the dealer of the computation.
    pub fn trio(key: &Key) -> [Self; 3] {
        std::array::from_fn(|node| Self::new(key, node))
    }
}

#[diagnostic::do_not_recommend]
impl Source<Additive> for Dealer {
    fn share<R: Ring>(
        &mut self,
        values: &ArrayD<f64>,
        frac: u32,
    ) -> Result<AdditiveShare<R>, OutOfFormat> {
        self.tensors += 1;
        let in_order = values.as_standard_layout();
        let words = in_order.iter().map(|&v| encode::<R>(v, frac));
        let words: Vec<R::Word> = words.collect::<Result<_, _>>()?;
        let mut uniform = vec![R::Word::default(); words.len()];
        R::Word::fill(&mut self.prg.stream(self.tensors, 0), &mut uniform);
        let [mark] = self.prg.stream(self.tensors, 1).words(1)[..] else {
            unreachable!("one word was asked for");
        };
        Ok(share(self.node, values.shape(), split(self.node, words, uniform)).marked(mark))
    }
}

/// What a node is given of `values`, from uniform words.
pub(crate) fn split<W: Word>(node: usize, values: Vec<W>, uniform: Vec<W>) -> Vec<W> {
    match node {
        0 => uniform,
        1 => values.iter().zip(&uniform).map(|(x, x0)| x.wrapping_sub(x0)).collect(),
        _ => vec![W::default(); values.len()],
    }
}

/// The values that both parties' shares stand for, read at `frac` fractional bits. This opens
/// them, to whoever holds both shares.
///
/// # Panics
/// If the shapes differ.
pub fn open<R: Ring>(shares: [&AdditiveShare<R>; 2], frac: u32) -> ArrayD<f64> {
    let [x0, x1] = shares;
    assert_eq!(x0.shape(), x1.shape(), "the shapes of both shares");
    let sums = x0.component(0).iter().zip(x1.component(0)).map(|(a, b)| a.wrapping_add(b));
    array(x0.shape(), sums.map(|word| decode::<R>(word, frac)).collect())
}
