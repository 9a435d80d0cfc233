//! Functions that have a protocol of their own, and functions that layers approximate.

use std::ops::Range;

use ditto_core::{Backend, Composite, Format, Levels, Ring, StepFunction, StepFunctions};

use super::Tensor;
use crate::operand::InRing;

impl<B: Backend, Q: Format> Tensor<B, Q> {
    /// Functions that are constant between `edges`, of values in `range`: a function has its value number i,
    /// counted from 0, where i edges lie at or below the argument. Exact up to the rounding of the values
    /// to `Q`. 2 rounds; about w·(k + 130)/4 bytes an element, w being the bits of the range's end,
    /// and 2k bits for each function.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a value outside the range.
    ///
    /// # Panics
    /// If the range is negative, the edges are not ascending inside of it, or a function does not
    /// have one value more than there are edges.
    pub fn step_functions<const N: usize>(
        &self,
        range: Range<f64>,
        edges: Vec<f64>,
        functions: [Vec<f64>; N],
        cx: &mut B,
    ) -> Result<[Self; N], B::Error> {
        let functions = functions.map(|values| StepFunction { frac: Q::FRAC, values });
        let steps = StepFunctions::new(range, edges, functions.into());
        let results = cx.step_functions(&self.share, Q::FRAC, &steps)?;
        let mut results = results.into_iter().map(Self::new);
        Ok(std::array::from_fn(|_| results.next().expect("a result for each function")))
    }

    /// 2^self in the format `T`, for values in [-28, 0); for lower ones the result means nothing and
    /// is to be multiplied by 0. Error: at most 2^-15 + 2^-12 · 2^self in a ring of 32 bits,
    /// 2^-35 + 2^-24 · 2^self in one of 64, and {0, 1} ulp of `T` against the floor. 3 rounds,
    /// 11k + 4(k - 2 - f_T) bits an element.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a value that is not negative.
    pub fn exp2<T: InRing<Q::Ring>>(&self, cx: &mut B) -> Result<Tensor<B, T>, B::Error> {
        let power = cx.exp2(&self.share, Q::FRAC)?;
        Ok(Tensor::new(cx.truncate(power, Q::Ring::BITS - 2 - T::FRAC)?))
    }

    /// A bound m of every row's maximum, the last axis keeping length 1: a level of the scale
    /// `levels` with max - 2·step < m <= max, which of them is up to chance. log2 of the row's length + 5
    /// rounds, or 11 if that is less; about 3 bits a level for every element of long rows. For
    /// the exact maximum see [`crate::layers::maximum`].
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a value outside the levels' range.
    ///
    /// # Panics
    /// If the rows are empty, or the levels do not suit the format: see [`Levels`].
    pub fn row_maximum(&self, levels: &Levels, cx: &mut B) -> Result<Self, B::Error> {
        Ok(Self::new(cx.row_maximum(&self.share, Q::FRAC, levels)?))
    }

    /// `function` of these values, element by element or not, in a format `T` of any ring. Backends that
    /// protect something compute `approximation`; `Plain` computes the function itself, so that the two
    /// kinds of error can be told apart, and training takes its gradient.
    ///
    /// # Errors
    /// Those of `approximation`.
    pub fn composite<T: Format>(
        &self,
        function: &impl Composite,
        cx: &mut B,
        approximation: impl FnOnce(&mut B) -> Result<Tensor<B, T>, B::Error>,
    ) -> Result<Tensor<B, T>, B::Error> {
        let approximation = |cx: &mut B| Ok(approximation(cx)?.share);
        let inputs = [&self.share];
        Ok(Tensor::new(cx.composite::<Q::Ring, T::Ring>(function, &inputs, approximation)?))
    }
}
