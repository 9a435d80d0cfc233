//! What a party holds of a linear secret sharing, and everything that is local to it.
//!
//! A party of a linear scheme holds a few components of every value: one in the clear
//! simulation, two in replicated three-party sharing. Sums, integer multiples and changes of
//! layout are the same for each component, so they are written here once for all schemes.

use ditto_core::shape::Broadcast;
use ditto_core::{Linear, LinearMap, Ring, Word};
use generic_array::{ArrayLength, GenericArray};
use ndarray::{ArcArray, ArrayD, IxDyn};
use num_traits::{WrappingAdd, WrappingMul};

use crate::party::arrays::{array, elements, linear_of_words};
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
        if bits == 0 {
            return self.map_words(|x| S::Word::from_u64(x.to_u64()));
        }
        let coins = coins(self.mark, self.len());
        let components = self.components.iter().enumerate().map(|(i, x)| {
            let (words, of) = (elements(x), self.held.of);
            // Which component it is, is told apart here once instead of for every element.
            let words = match self.held.number(i) {
                None => cut_with(words, &coins, bits, |_| 0),
                Some(0) => cut_with(words, &coins, bits, |coins| coins.component(0, of)),
                Some(1) => cut_with(words, &coins, bits, |coins| coins.component(1, of)),
                Some(number) => cut_with(words, &coins, bits, |coins| coins.component(number, of)),
            };
            array(x.shape(), words).into()
        });
        Shares { components: components.collect(), held: self.held, mark: self.mark }
    }
}

impl<R: Ring, N: ArrayLength> Linear for Shares<R, N> {
    fn shape(&self) -> &[usize] {
        self.shape()
    }

    fn apply(map: &LinearMap<'_>, operands: &[&Self]) -> Self {
        let of_component = |i: usize| match map {
            // Without a copy.
            LinearMap::Reshape(_) => {
                let shape = map.shape(&[operands[0].shape()]);
                let component = operands[0].components[i].clone();
                component.into_shape_with_order(shape).expect("its shape was checked")
            }
            _ => {
                let parts: Vec<_> = operands.iter().map(|x| x.components[i].view()).collect();
                linear_of_words(map, &parts).into()
            }
        };
        let components = (0..N::USIZE).map(of_component).collect();
        Self { components, held: operands[0].held, mark: operands[0].mark }
    }

    fn shift_point(self, _: u32) -> Self {
        self
    }
}

/// Words cut by `bits` bits to a narrower ring, with what `added` takes from the coins of each added before.
#[inline(always)]
fn cut_with<W: Word, V: Word>(
    words: &[W],
    coins: &[u64],
    bits: u32,
    added: impl Fn(Coins) -> u64,
) -> Vec<V> {
    let cut = |(x, &coin): (&W, &u64)| {
        let dithered = x.wrapping_add(&W::from_u64(added(Coins::new(coin, bits))));
        V::from_u64(dithered.shr(bits).to_u64())
    };
    words.iter().zip(coins).map(cut).collect()
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
