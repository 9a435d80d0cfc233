//! What a party holds of a linear secret sharing, and everything that is local to it.
//!
//! A party of a linear scheme holds a few components of every value: one in the clear
//! simulation, two in replicated three-party sharing. Sums, integer multiples and changes of
//! layout are the same for each component, so they are written here once for all schemes.

use std::ops::Range;

use ditto_core::shape::Broadcast;
use ditto_core::{Linear, Ring, Word};
use generic_array::{ArrayLength, GenericArray};
use ndarray::{ArcArray, ArrayBase, ArrayD, Axis, Data, IxDyn, concatenate};
use num_traits::{WrappingAdd, WrappingMul, WrappingSub};

use crate::party::dither::{Coins, coins};

/// `N` components of every element of a tensor over the ring `R`.
///
/// There is no `Debug` and no `PartialEq`: words of shares are not for log lines or branches.
pub struct Shares<R: Ring, N: ArrayLength> {
    /// Reference-counted, so that clones and other shapes of a tensor cost nothing.
    components: GenericArray<Component<R::Word>, N>,
    held: Held,
    /// A number that is public and independent of the components: what local rounding draws its
    /// coins from.
    mark: u64,
}

/// Which of a scheme's components are held: consecutive ones, modulo their number.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    /// The number of the first; `None` if what is held is only a shape.
    pub(crate) first: Option<usize>,
    /// How many components the scheme has.
    pub(crate) of: usize,
}

impl Held {
    /// The number of the component `i` of those that are held.
    fn number(&self, i: usize) -> Option<usize> {
        self.first.map(|first| (first + i) % self.of)
    }
}

type Component<T> = ArcArray<T, IxDyn>;

impl<R: Ring, N: ArrayLength> Clone for Shares<R, N> {
    fn clone(&self) -> Self {
        Self { components: self.components.clone(), held: self.held, mark: self.mark }
    }
}

/// An array of the given shape in row-major order.
///
/// # Panics
/// If `values` has another length than the shape.
pub(crate) fn array<T>(shape: &[usize], values: Vec<T>) -> ArrayD<T> {
    ArrayD::from_shape_vec(IxDyn(shape), values).expect("as many values as the shape has places")
}

/// The elements in row-major order.
pub(crate) fn elements<T>(array: &ArrayBase<impl Data<Elem = T>, IxDyn>) -> &[T] {
    array.as_slice().expect("arrays are kept in row-major order")
}

/// Sums over the last axis, which stays with length 1.
pub(crate) fn sum_rows<T: Copy>(
    x: &ArrayBase<impl Data<Elem = T>, IxDyn>,
    zero: T,
    add: impl Fn(T, T) -> T,
) -> ArrayD<T> {
    let (mut shape, row) = rows(x.shape());
    if let Some(last) = shape.last_mut() {
        *last = 1;
    }
    let count = shape.iter().product();
    let sums = (0..count)
        .map(|i| elements(x)[i * row..(i + 1) * row].iter().fold(zero, |sum, &v| add(sum, v)))
        .collect();
    array(&shape, sums)
}

fn rows(shape: &[usize]) -> (Vec<usize>, usize) {
    (shape.to_vec(), shape.last().copied().unwrap_or(1))
}

pub(crate) fn permuted<T: Clone>(
    x: &ArrayBase<impl Data<Elem = T>, IxDyn>,
    axes: &[usize],
) -> ArrayD<T> {
    let view = x.view().permuted_axes(IxDyn(axes));
    let (Some((last, _)), true) = (axes.split_last(), x.len() > 1) else {
        return view.as_standard_layout().into_owned();
    };
    if *last + 1 != axes.len() {
        return view.as_standard_layout().into_owned();
    }
    // The last axis stays where it is: whole rows move.
    let mut out = Vec::with_capacity(x.len());
    for row in view.rows() {
        out.extend_from_slice(row.to_slice().expect("rows are kept in order"));
    }
    array(view.shape(), out)
}

pub(crate) fn sliced<T: Clone>(
    x: &ArrayBase<impl Data<Elem = T>, IxDyn>,
    axis: usize,
    range: Range<usize>,
) -> ArrayD<T> {
    let mut shape = x.shape().to_vec();
    assert!(
        range.start <= range.end && range.end <= shape[axis],
        "the part {range:?} of an axis of length {}",
        shape[axis]
    );
    let inner: usize = shape[axis + 1..].iter().product();
    let run = shape[axis] * inner;
    shape[axis] = range.len();
    let mut out = Vec::with_capacity(shape.iter().product());
    if run > 0 {
        for block in elements(x).chunks_exact(run) {
            out.extend_from_slice(&block[range.start * inner..range.end * inner]);
        }
    }
    array(&shape, out)
}

pub(crate) fn joined<T: Clone>(
    parts: &[&ArrayBase<impl Data<Elem = T>, IxDyn>],
    axis: usize,
) -> ArrayD<T> {
    let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
    let joined = concatenate(Axis(axis), &views).expect("parts of one concatenation fit together");
    row_major(joined)
}

/// The array itself if it is in row-major order, else a copy that is.
fn row_major<T: Clone>(array: ArrayD<T>) -> ArrayD<T> {
    if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() }
}

impl<R: Ring, N: ArrayLength> Shares<R, N> {
    /// Components that all have the same shape.
    pub(crate) fn new(components: GenericArray<ArrayD<R::Word>, N>, held: Held) -> Self {
        let components = components.into_iter().map(Component::from).collect();
        Self { components, held, mark: 0 }
    }

    /// The same with a mark of its own, which is the same at all parties. What local arithmetic makes
    /// of it has the mark of its first operand.
    pub(crate) fn marked(mut self, mark: u64) -> Self {
        self.mark = mark;
        self
    }

    /// Component `i`, in row-major order.
    pub(crate) fn component(&self, i: usize) -> &[R::Word] {
        elements(&self.components[i])
    }

    /// The shape of the tensor.
    pub fn shape(&self) -> &[usize] {
        self.components[0].shape()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.components[0].len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn map<S: Ring>(
        &self,
        f: impl Fn(&Component<R::Word>) -> ArrayD<S::Word>,
    ) -> Shares<S, N> {
        let components = self.components.iter().map(|x| f(x).into()).collect();
        Shares { components, held: self.held, mark: self.mark }
    }

    fn zip(&self, other: &Self, f: impl Fn(R::Word, R::Word) -> R::Word + Copy) -> Self {
        let rule = Broadcast::of(self.shape(), other.shape());
        let components = self
            .components
            .iter()
            .zip(&other.components)
            .map(|(x, y)| array(x.shape(), rule.zip(elements(x), elements(y), f)).into())
            .collect();
        Self { components, held: self.held, mark: self.mark }
    }

    /// `f` of every word of every component.
    pub(crate) fn map_words<S: Ring>(&self, f: impl Fn(R::Word) -> S::Word + Copy) -> Shares<S, N> {
        self.map(|x| array(x.shape(), elements(x).iter().map(|&w| f(w)).collect()))
    }

    pub(crate) fn scale(&self, factor: R::Word) -> Self {
        self.map_words(|x| x.wrapping_mul(&factor))
    }

    /// Products with public words, broadcast.
    pub(crate) fn times(&self, factors: &ArrayD<R::Word>) -> Self {
        let rule = Broadcast::of(self.shape(), factors.shape());
        let product = |x: R::Word, y: R::Word| x.wrapping_mul(&y);
        self.map(|x| array(x.shape(), rule.zip(elements(x), elements(factors), product)))
    }

    /// Sums with public words, broadcast.
    pub(crate) fn plus(&self, values: &ArrayD<R::Word>) -> Self {
        let rule = Broadcast::of(self.shape(), values.shape());
        let sum = |x: R::Word, y: R::Word| x.wrapping_add(&y);
        let with_constants =
            |x: &Component<R::Word>| array(x.shape(), rule.zip(elements(x), elements(values), sum));
        self.map_first(|x| *x = with_constants(x).into())
    }

    pub(crate) fn raise(&self, bits: u32) -> Self {
        self.map_words(|x| x.shl(bits))
    }

    pub(crate) fn add_constant(&self, value: R::Word) -> Self {
        self.map_first(|x| x.mapv_inplace(|x| x.wrapping_add(&value)))
    }

    /// Applies `change` to the scheme's first component, which takes public constants, where it is held.
    fn map_first(&self, change: impl FnOnce(&mut Component<R::Word>)) -> Self {
        let mut changed = self.clone();
        if let Some(i) = (0..N::USIZE).find(|&i| changed.held.number(i) == Some(0)) {
            change(&mut changed.components[i]);
        }
        changed
    }

    /// From the ring `R` to `S`, dropping `bits` bits; see [`ditto_core::Backend::narrow`].
    ///
    /// Every component is shifted right by `bits` and cut to the narrow ring: the wrap of the
    /// wide ring becomes a multiple of 2^(r - bits), which is 0 in the narrow one. Each floor loses
    /// less than a unit. So public coins are added first that make every component uniform below the
    /// cut, and that add up to what the floors lose on average: see [`crate::party::dither`].
    pub(crate) fn narrow<S: Ring>(&self, bits: u32) -> Shares<S, N> {
        check_narrowing::<R, S>(bits);
        let cut = |x: R::Word| S::Word::from_u64(x.shr(bits).to_u64());
        if bits == 0 {
            return self.map_words(cut);
        }
        let coins = coins(self.mark, self.len());
        let components = self.components.iter().enumerate().map(|(i, x)| {
            let Some(number) = self.held.number(i) else {
                return array(x.shape(), elements(x).iter().copied().map(cut).collect()).into();
            };
            let dithered = |(x, coin): (&R::Word, &u64)| {
                let added = Coins::new(*coin, bits).component(number, self.held.of);
                cut(x.wrapping_add(&R::Word::from_u64(added)))
            };
            array(x.shape(), elements(x).iter().zip(&coins).map(dithered).collect()).into()
        });
        Shares { components: components.collect(), held: self.held, mark: self.mark }
    }
}

impl<R: Ring, N: ArrayLength> Linear for Shares<R, N> {
    fn shape(&self) -> &[usize] {
        self.shape()
    }

    fn reshape(&self, shape: &[usize]) -> Self {
        let reshaped = |x: &Component<R::Word>| {
            let x = x.clone().into_shape_with_order(shape);
            x.unwrap_or_else(|_| panic!("{:?} reshaped to {shape:?}", self.shape()))
        };
        let components = self.components.iter().map(reshaped).collect();
        Self { components, held: self.held, mark: self.mark }
    }

    fn permute(&self, axes: &[usize]) -> Self {
        self.map(|x| permuted(x, axes))
    }

    fn slice(&self, axis: usize, range: Range<usize>) -> Self {
        self.map(|x| sliced(x, axis, range.clone()))
    }

    fn concat(parts: &[&Self], axis: usize) -> Self {
        let components = (0..N::USIZE)
            .map(|i| {
                let parts: Vec<_> = parts.iter().map(|part| &part.components[i]).collect();
                joined(&parts, axis).into()
            })
            .collect();
        Self { components, held: parts[0].held, mark: parts[0].mark }
    }

    fn add(&self, other: &Self) -> Self {
        self.zip(other, |x, y| x.wrapping_add(&y))
    }

    fn sub(&self, other: &Self) -> Self {
        self.zip(other, |x, y| x.wrapping_sub(&y))
    }

    fn sum_last(&self) -> Self {
        self.map(|x| sum_rows(x, R::Word::default(), |x, y| x.wrapping_add(&y)))
    }

    fn shift_point(self, _: u32) -> Self {
        self
    }
}

/// # Panics
/// If the wrap of the wide ring, a multiple of 2^(k - bits), would not vanish in the narrow one.
pub(crate) fn check_narrowing<R: Ring, S: Ring>(bits: u32) {
    let most = R::BITS - S::BITS;
    assert!(bits <= most, "narrowing drops {bits} fractional bits, where {most} are the most");
}

/// `N` components of every bit of a tensor of bits, 64 to a word.
pub struct Bits<N: ArrayLength> {
    shape: Vec<usize>,
    components: GenericArray<Vec<u64>, N>,
}

impl<N: ArrayLength> Clone for Bits<N> {
    fn clone(&self) -> Self {
        Self { shape: self.shape.clone(), components: self.components.clone() }
    }
}

impl<N: ArrayLength> Bits<N> {
    pub(crate) fn new(shape: &[usize], components: GenericArray<Vec<u64>, N>) -> Self {
        Self { shape: shape.to_vec(), components }
    }

    /// The shape of the tensor.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of bits.
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// The words of component `i`: bit b of word w is that of element 64 w + b.
    pub(crate) fn component(&self, i: usize) -> &[u64] {
        &self.components[i]
    }
}
