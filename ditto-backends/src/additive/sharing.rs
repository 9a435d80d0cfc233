//! Sharing values between the parties and putting results together: what data owners do.
//!
//! None of this runs inside the computation. A data owner draws x0 at random and gives it, or its
//! seed, to party 0, and x - x0 to party 1. The dealer is given nothing but the shape.

use ditto_core::fixed::OutOfFormat;
use ditto_core::prg::{Key, Prg};
use ditto_core::{Ring, Source, Word};
use ndarray::ArrayD;
use num_traits::WrappingAdd;

use super::{Additive, AdditiveShare, share};
use crate::party::sharing::{OwnerRandomness, decoded, encoded};

/// Gives one node's shares of one tensor after another, with fresh randomness for each.
///
/// The data owner makes three of them from the same key, one for each node.
pub struct AdditiveSource {
    randomness: OwnerRandomness<1>,
    node: usize,
}

impl AdditiveSource {
    /// Draws all randomness from `key`, which must be fresh and known to the data owner alone.
    pub fn new(key: &Key, node: usize) -> Self {
        let [x0, marks] = [0, 1].map(|purpose| (Prg::new(key, 0), purpose));
        Self { randomness: OwnerRandomness::new([x0], marks), node }
    }

    /// The sources of both parties and the dealer.
    pub fn trio(key: &Key) -> [Self; 3] {
        std::array::from_fn(|node| Self::new(key, node))
    }
}

#[diagnostic::do_not_recommend]
impl Source<Additive> for AdditiveSource {
    fn share<R: Ring>(
        &mut self,
        values: &ArrayD<f64>,
        frac: u32,
    ) -> Result<AdditiveShare<R>, OutOfFormat> {
        let words = encoded::<R>(values, frac)?;
        let drawn = self.randomness.next(words.len());
        let [uniform] = drawn.components;
        let words = split(self.node, words, uniform);
        Ok(share(self.node, values.shape(), words).marked(drawn.mark))
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
    decoded::<R>(x0.shape(), sums, frac)
}
