//! What data owners do in every scheme: encode tensors, draw the uniform components that hide them, and
//! decode sums.

use ditto_core::fixed::{OutOfFormat, decode, encode};
use ditto_core::prg::{Prg, Stream};
use ditto_core::{Ring, Word};
use ndarray::ArrayD;

use super::arrays::array;

/// The words of a tensor at `frac` fractional bits, in row-major order.
///
/// # Errors
/// If a value is not finite or outside the format's range.
pub(crate) fn encoded<R: Ring>(
    values: &ArrayD<f64>,
    frac: u32,
) -> Result<Vec<R::Word>, OutOfFormat> {
    // Not collected: a collection that may fail does not know its length before.
    let mut words = Vec::with_capacity(values.len());
    for &value in &values.as_standard_layout() {
        words.push(encode::<R>(value, frac)?);
    }
    Ok(words)
}

/// The values of words in row-major order, read at `frac` fractional bits.
pub(crate) fn decoded<R: Ring>(
    shape: &[usize],
    words: impl Iterator<Item = R::Word>,
    frac: u32,
) -> ArrayD<f64> {
    array(shape, words.map(|word| decode::<R>(word, frac)).collect())
}

/// A data owner's randomness for one tensor after another: `N` uniform components, and a mark. Who has the
/// same generators draws the same.
pub(crate) struct OwnerRandomness<const N: usize> {
    components: [Generator; N],
    marks: Generator,
    tensors: u64,
}

/// A generator, and which of its streams are drawn from: one for each tensor.
pub(crate) type Generator = (Prg, u8);

/// What is drawn for one tensor.
pub(crate) struct Drawn<W, const N: usize> {
    pub(crate) components: [Vec<W>; N],
    /// See [`Shares::marked`](super::shares::Shares::marked).
    pub(crate) mark: u64,
}

impl<const N: usize> OwnerRandomness<N> {
    pub(crate) fn new(components: [Generator; N], marks: Generator) -> Self {
        Self { components, marks, tensors: 0 }
    }

    /// For the next tensor, of `n` elements.
    pub(crate) fn next<W: Word>(&mut self, n: usize) -> Drawn<W, N> {
        self.tensors += 1;
        let stream = |(prg, purpose): &Generator| -> Stream { prg.stream(self.tensors, *purpose) };
        let components = self.components.each_ref().map(|generator| {
            let mut component = vec![W::default(); n];
            W::fill(&mut stream(generator), &mut component);
            component
        });
        let [mark] = stream(&self.marks).words(1)[..] else {
            unreachable!("one word was asked for");
        };
        Drawn { components, mark }
    }
}
