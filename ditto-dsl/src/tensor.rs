//! [`Tensor`]: shared values in a fixed-point format, what layer code handles.
//!
//! Methods that take `cx` talk to the other parties and may fail; methods that do not are local.

use std::marker::PhantomData;
use std::ops::Range;

use ditto_core::fixed::{OutOfFormat, format_name};
use ditto_core::portable::ceil_log2;
use ditto_core::{
    Backend, Finer, Format, Function, Levels, Linear, Narrow, NarrowerThan, Ring, Scaled, Source,
    StepFunction, StepFunctions, Values, Widen,
};
use ndarray::ArrayD;

use crate::bit::Bit;
use crate::operand::{Addend, InRing, SameRing};
use crate::product::Product;
use crate::weight::RightFactor;

/// Shared values of the format `Q` on the backend `B`, with a shape.
///
/// There is no `Debug` of values and no comparison: see [`Tensor::open`].
pub struct Tensor<B: Backend, Q: Format> {
    pub(crate) share: B::Share<Q::Ring>,
    format: PhantomData<fn() -> Q>,
}

impl<B: Backend, Q: Format> Clone for Tensor<B, Q> {
    fn clone(&self) -> Self {
        Self::new(self.share.clone())
    }
}

/// A value that does not fit the format it was to be shared in.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name}: {cause} ({format})")]
#[non_exhaustive]
pub struct InputError {
    /// What was to be shared.
    pub name: String,
    /// The format.
    pub format: String,
    /// The value and the format's limit.
    pub cause: OutOfFormat,
}

impl<B: Backend, Q: Format> Tensor<B, Q> {
    pub(crate) fn new(share: B::Share<Q::Ring>) -> Self {
        Self { share, format: PhantomData }
    }

    /// Shares values through the data owner's `source`. `name` is what an error calls them.
    ///
    /// # Errors
    /// If a value is not finite or outside the range of `Q`.
    pub fn share(
        source: &mut impl Source<B>,
        name: &str,
        values: &impl Values,
    ) -> Result<Self, InputError> {
        let shared = source.share_values::<Q::Ring>(values, Q::FRAC);
        shared.map(Self::new).map_err(|cause| InputError {
            name: name.to_owned(),
            format: format_name::<Q>(),
            cause,
        })
    }

    /// The backend's share, for code that puts the results of several parties together.
    pub fn into_share(self) -> B::Share<Q::Ring> {
        self.share
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        self.share.shape()
    }

    /// The length of the last axis; 1 for a tensor without axes.
    pub fn row_length(&self) -> usize {
        self.shape().last().copied().unwrap_or(1)
    }

    // ---- local: layout ----

    /// The same elements in row-major order under another shape.
    ///
    /// # Panics
    /// If the number of elements differs.
    #[track_caller]
    pub fn reshape(&self, shape: &[usize]) -> Self {
        Self::new(self.share.reshape(shape))
    }

    /// Axis i of the result is axis `axes[i]` of `self`.
    pub fn permute(&self, axes: &[usize]) -> Self {
        Self::new(self.share.permute(axes))
    }

    /// The part `range` of one axis.
    #[track_caller]
    pub fn slice(&self, axis: usize, range: Range<usize>) -> Self {
        Self::new(self.share.slice(axis, range))
    }

    /// The part `range` of the last axis.
    #[track_caller]
    pub fn slice_last(&self, range: Range<usize>) -> Self {
        self.slice(self.shape().len() - 1, range)
    }

    /// Tensors one after another along an axis.
    ///
    /// # Panics
    /// If there is none, or if their other axes differ.
    #[track_caller]
    pub fn concat(parts: &[&Self], axis: usize) -> Self {
        let shares: Vec<_> = parts.iter().map(|part| &part.share).collect();
        Self::new(Linear::concat(&shares, axis))
    }

    /// Tensors of the same shape along a new first axis.
    #[track_caller]
    pub fn stack(parts: &[&Self]) -> Self {
        let shape: Vec<usize> = [1].into_iter().chain(parts[0].shape().iter().copied()).collect();
        let parts: Vec<Self> = parts.iter().map(|part| part.reshape(&shape)).collect();
        Self::concat(&parts.iter().collect::<Vec<_>>(), 0)
    }

    /// Element `i` of the first axis: what [`Tensor::stack`] put there.
    #[track_caller]
    pub fn unstack(&self, i: usize) -> Self {
        let rest = self.shape()[1..].to_vec();
        self.slice(0, i..i + 1).reshape(&rest)
    }

    // ---- local: arithmetic ----

    /// self + other; `other` has the same shape, a suffix of it, or 1 for its last axis.
    #[track_caller]
    pub fn plus(&self, other: &impl Addend<B, Q>) -> Self {
        Self::new(self.share.add(other.share()))
    }

    /// self - other; shapes as for [`Tensor::plus`].
    #[track_caller]
    pub fn minus(&self, other: &impl Addend<B, Q>) -> Self {
        Self::new(self.share.sub(other.share()))
    }

    /// self · factor for a public integer.
    pub fn times_integer(&self, factor: i64) -> Self {
        Self::new(B::scale(&self.share, factor))
    }

    /// self + value for a public value, rounded to the format's scale.
    pub fn plus_public(&self, value: f64) -> Self {
        Self::new(B::add_public(&self.share, value, Q::FRAC))
    }

    /// value - self for a public value.
    pub fn subtracted_from(&self, value: f64) -> Self {
        self.times_integer(-1).plus_public(value)
    }

    /// self · value for a public value, rounded to the scale `S`.
    pub fn times_public<S: Scaled>(&self, value: f64) -> Product<B, Q, S> {
        Product::new(B::mul_public(&self.share, value, S::FRAC))
    }

    /// Sums over the last axis, which stays with length 1.
    pub fn sum_last(&self) -> Self {
        Self::new(self.share.sum_last())
    }

    /// The same values in the finer format `T` of the same ring.
    pub fn raise<T: Finer<Q> + Format<Ring = Q::Ring>>(&self) -> Tensor<B, T> {
        Tensor::new(B::raise(&self.share, T::FRAC - Q::FRAC))
    }

    /// The same integers read in the finer format `T`: the values divided by 2^(f_T - f_Q), exactly.
    pub fn shift_point<T: Finer<Q> + Format<Ring = Q::Ring>>(&self) -> Tensor<B, T> {
        Tensor::new(self.share.clone().shift_point(T::FRAC - Q::FRAC))
    }

    /// The values of the format `T` whose integers these are, times `value`: what turns a bit
    /// into one of two constants. Exact up to the rounding of `value`.
    pub fn times_value<T>(&self, value: f64) -> Tensor<B, T>
    where
        T: Format<Ring = Q::Ring, Integer = Q>,
    {
        let factor = (value * ditto_core::fixed::exp2(T::FRAC)).round() as i64;
        Tensor::new(B::scale(&self.share, factor).shift_point(T::FRAC))
    }

    /// Narrows to a format `T` of `Z32` (DownCast). Error: {-1, 0, 1} ulp of `T` against rounding to
    /// nearest, so below 1.5 ulp in all; mean 0. The values must lie in the range of `T`.
    pub fn narrow<T>(&self) -> Tensor<B, T>
    where
        T: Format<Ring: NarrowerThan<Q::Ring>>,
        Q: Narrow<T>,
    {
        Tensor::new(B::narrow(&self.share, Q::FRAC - T::FRAC))
    }

    // ---- interactive ----

    /// Widens to a format `W` of `Z64` (UpCast), exactly. 1 round, 5(32 - (f_W - f_Q)) bits an
    /// element.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn widen<W: Format>(&self, cx: &mut B) -> Result<Tensor<B, W>, B::Error>
    where
        Q: Widen<W>,
    {
        Ok(Tensor::new(cx.widen::<Q::Ring, W::Ring>(&self.share, W::FRAC - Q::FRAC)?))
    }

    /// Rescales to a coarser format `T` of the same ring: a truncation, error {0, 1} ulp of `T`
    /// against the floor. 1 round, k + 4(f_Q - f_T) bits an element.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn rescale<T>(&self, cx: &mut B) -> Result<Tensor<B, T>, B::Error>
    where
        T: Format,
        Q: Finer<T>,
    {
        let product = B::product_of(&self.share);
        Ok(Tensor::new(cx.truncate(product, Q::FRAC - T::FRAC)?))
    }

    /// Element-wise product; shapes as for [`Tensor::plus`]. Exact, and below 2^(k - 2 - f_Q - f_P) in
    /// magnitude. On `Rep3` it is local, and the scale-down sends; on `Additive` it takes 1 round.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a product outside the range.
    #[track_caller]
    pub fn times<P>(&self, other: &Tensor<B, P>, cx: &mut B) -> Result<Product<B, Q, P>, B::Error>
    where
        P: Format<Ring: SameRing<Q::Ring>>,
    {
        Ok(Product::new(cx.mul(&self.share, P::Ring::share::<B>(&other.share))?))
    }

    /// self · self; range and cost as of [`Tensor::times`].
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a product outside the range.
    pub fn squared(&self, cx: &mut B) -> Result<Product<B, Q, Q>, B::Error> {
        self.times(self, cx)
    }

    /// Matrix product with a prepared weight `[k, n]`, or with a tensor `[.., k, n]`, whose
    /// leading axes are those of `self` `[.., m, k]`. The shape of the result is `[.., m, n]`; its range
    /// and cost are those of [`Tensor::times`].
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a product outside the range.
    #[track_caller]
    pub fn matmul<W>(&self, right: &W, cx: &mut B) -> Result<Product<B, Q, W::Format>, B::Error>
    where
        W: RightFactor<B, Q::Ring>,
    {
        Ok(Product::new(right.multiply(&self.share, cx)?))
    }

    /// Matrix product of `[.., m, k]` with the transpose of a tensor `[.., n, k]`: `[.., m, n]`. Range
    /// and cost as of [`Tensor::times`].
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a product outside the range.
    #[track_caller]
    pub fn matmul_transposed<P>(
        &self,
        right: &Tensor<B, P>,
        cx: &mut B,
    ) -> Result<Product<B, Q, P>, B::Error>
    where
        P: Format<Ring: SameRing<Q::Ring>>,
    {
        Ok(Product::new(cx.matmul(&self.share, P::Ring::share::<B>(&right.share), true)?))
    }

    /// The bit self < value, for a public value: exact for what the format holds, whether it holds the
    /// value or not. (`Plain` rounds `self` as sharing it does, so that it gives the same.) `bound`
    /// declares |self| < bound, which keeps the comparison narrow: log2(w) + 2 rounds for the w bits that
    /// hold bound + |value|.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a value outside the bound.
    pub fn is_below(&self, value: f64, bound: f64, cx: &mut B) -> Result<Bit<B>, B::Error> {
        cx.declare_compared(&self.share, Q::FRAC, bound)?;
        // Multiples of a unit are below the value exactly if they are below the next multiple. Beyond
        // the bound, all values compare the same.
        let unit = unit::<Q>();
        let most = (bound / unit).ceil();
        let edge = (value / unit).ceil().max(-most).min(most);
        let values = B::on_grid(&self.share, Q::FRAC);
        let difference = B::add_public(&values, -edge * unit, Q::FRAC);
        Ok(Bit::new(cx.is_negative(&difference, comparison_width::<Q>(most + edge.abs()))?))
    }

    /// The bit self < other, on `Plain` for what the format holds as in [`Tensor::is_below`]. `bound`
    /// declares |self - other| < bound; rounds as of [`Tensor::is_below`].
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a difference outside the bound.
    #[track_caller]
    pub fn is_less_than(&self, other: &Self, bound: f64, cx: &mut B) -> Result<Bit<B>, B::Error> {
        let [x, y] = [self, other].map(|tensor| B::on_grid(&tensor.share, Q::FRAC));
        let difference = x.sub(&y);
        cx.declare_compared(&difference, Q::FRAC, bound)?;
        let width = comparison_width::<Q>((bound / unit::<Q>()).ceil());
        Ok(Bit::new(cx.is_negative(&difference, width)?))
    }

    /// Functions that are constant between `edges`, of values in `range`: the i-th value of a
    /// function is for arguments with i edges at or below them. Exact up to the rounding of the values
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
    /// `levels` with max - 2·step < m <= max, which one is chance. log2 of the row's length + 5
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

    /// Declares that all values lie in `range`: `Sim` reports a value outside. Free, but in an audit of
    /// `Rep3`, which tests it.
    ///
    /// # Errors
    /// On `Sim`, a value outside; in an audit those of the network.
    pub fn declare(&self, range: Range<f64>, cx: &mut B) -> Result<(), B::Error> {
        cx.declare_range(&self.share, Q::FRAC, range)
    }

    /// `function` of the values if the backend computes true functions, in a format `T` of the
    /// same ring; `None` has the caller use its approximation.
    pub fn exact<T>(&self, function: Function, cx: &mut B) -> Option<Tensor<B, T>>
    where
        T: Format<Ring = Q::Ring>,
    {
        cx.exact(function, &self.share).map(Tensor::new)
    }

    /// Reveals the values to all parties: the only way from a tensor to its values.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn open(&self, cx: &mut B) -> Result<ArrayD<f64>, B::Error> {
        cx.open(&self.share, Q::FRAC)
    }
}

/// One unit of the last place of the format.
fn unit<Q: Format>() -> f64 {
    ditto_core::fixed::exp2(Q::FRAC).recip()
}

/// The number of bits that hold every integer below `bound` in magnitude, with its sign.
fn comparison_width<Q: Format>(bound: f64) -> u32 {
    (ceil_log2(bound.max(1.0)) as u32).saturating_add(1).min(Q::Ring::BITS)
}
