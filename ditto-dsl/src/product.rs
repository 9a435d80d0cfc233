//! [`Product`]: what a multiplication gives before it is scaled down.

use std::marker::PhantomData;

use ditto_core::{Backend, Finer, Format, Linear, NarrowerThan, Ring, Scaled, Source, Values};

use crate::operand::{InRing, Integral};
use crate::tensor::{InputError, Tensor};

/// An untruncated product of a value of the format `P` and one of the scale of `Q`: its scale is
/// f_P + f_Q.
///
/// It must be scaled down before anything but addition: `x.matmul(&w, cx)?.trunc(cx)?`. Products
/// of the same type add up first, and sums of products cost no more than one product.
#[must_use = "a product has to be scaled down: `.trunc(cx)?`"]
pub struct Product<B: Backend, P: Format, Q> {
    pub(crate) product: B::Product<P::Ring>,
    factors: PhantomData<fn() -> Q>,
}

impl<B: Backend, P: Format, Q: Scaled> Product<B, P, Q> {
    pub(crate) fn new(product: B::Product<P::Ring>) -> Self {
        Self { product, factors: PhantomData }
    }

    /// Shares values at the scale of a product, to be added to products. `name` is what an error
    /// calls them.
    ///
    /// # Errors
    /// If a value is not finite, or outside what a product may be before it is scaled down.
    pub fn share(
        source: &mut impl Source<B>,
        name: &str,
        values: &impl Values,
    ) -> Result<Self, InputError> {
        let frac = P::FRAC + Q::FRAC;
        let shared = source.share_values::<P::Ring>(values, frac).map_err(|cause| InputError {
            name: name.to_owned(),
            format: format!("{} at the scale of a product, F<{frac}>", P::Ring::NAME),
            cause,
        })?;
        Ok(Self::new(B::product_of(&shared)))
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        self.product.shape()
    }

    /// The same elements in row-major order under another shape.
    #[track_caller]
    pub fn reshape(&self, shape: &[usize]) -> Self {
        Self::new(self.product.reshape(shape))
    }

    /// Products of the same shape along a new first axis, so that one scale-down serves them all.
    #[track_caller]
    pub fn stack(parts: &[&Self]) -> Self {
        let shape: Vec<usize> = [1].into_iter().chain(parts[0].shape().iter().copied()).collect();
        let parts: Vec<_> = parts.iter().map(|p| p.product.reshape(&shape)).collect();
        Self::new(Linear::concat(&parts.iter().collect::<Vec<_>>(), 0))
    }

    /// The same product with its factors named the other way round, to scale down to the second.
    pub fn swapped(self) -> Product<B, Q, P>
    where
        Q: Format<Ring = P::Ring>,
    {
        Product::new(self.product)
    }

    /// self + other, `other` of the same shape, a suffix of it, or with 1 for its last axis.
    #[track_caller]
    pub fn plus(&self, other: &Self) -> Self {
        Self::new(self.product.add(&other.product))
    }

    /// self - other; shapes as for [`Product::plus`].
    #[track_caller]
    pub fn minus(&self, other: &Self) -> Self {
        Self::new(self.product.sub(&other.product))
    }

    /// self + other for a value of the second factor's format, such as a bias beside its weight.
    #[track_caller]
    pub fn plus_tensor(&self, other: &Tensor<B, Q>) -> Self
    where
        Q: Format<Ring = P::Ring>,
    {
        let raised = B::raise(&other.share, P::FRAC);
        Self::new(self.product.add(&B::product_of(&raised)))
    }

    /// Sums over the last axis, which stays with length 1: inner products at the cost of one.
    pub fn sum_last(&self) -> Self {
        Self::new(self.product.sum_last())
    }

    /// self / 2^bits, at no cost: the scale-down that follows drops that many bits more.
    pub fn over_power_of_two(self, bits: u32) -> Shifted<B, P, Q> {
        Shifted { product: Self::new(self.product.shift_point(bits)), bits }
    }

    /// Scales down to the first factor's format.
    ///
    /// Error against the floor: {0, 1} ulp, without bias. At most 2 rounds and
    /// 3k + 4f_Q bits an element. The product must be below 2^(k - 2 - f_P - f_Q) in magnitude.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn trunc(self, cx: &mut B) -> Result<Tensor<B, P>, B::Error> {
        Ok(Tensor::new(cx.truncate(self.product, Q::FRAC)?))
    }

    /// Scales down to a format `T` no finer than the first factor's. Error and cost as for
    /// [`Product::trunc`], with f_P + f_Q - f_T for f_Q.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn trunc_to<T>(self, cx: &mut B) -> Result<Tensor<B, T>, B::Error>
    where
        T: Format,
        P: Finer<T>,
    {
        Ok(Tensor::new(cx.truncate(self.product, P::FRAC + Q::FRAC - T::FRAC)?))
    }
}

impl<B: Backend, P: Format, Q: Scaled> Product<B, P, Q> {
    /// Scales down two products of any shapes in the same rounds; see [`Product::trunc`].
    ///
    /// # Errors
    /// Those of the backend.
    pub fn trunc_with(self, other: Self, cx: &mut B) -> Result<[Tensor<B, P>; 2], B::Error> {
        let shapes = [self.shape().to_vec(), other.shape().to_vec()];
        let [n, m] = shapes.each_ref().map(|shape| shape.iter().product::<usize>());
        let (first, second) = (self.reshape(&[n]), other.reshape(&[m]));
        let both = Self::new(Linear::concat(&[&first.product, &second.product], 0)).trunc(cx)?;
        let part = |range, shape: &[usize]| both.slice(0, range).reshape(shape);
        Ok([part(0..n, &shapes[0]), part(n..n + m, &shapes[1])])
    }

    /// Scales down to a format `W` of the wider ring, of at most the product's scale, at once.
    /// Error as of [`Product::trunc`], none if the scale is the product's. At most 2 rounds and
    /// 2k + K + 4(K - k + f_P + f_Q - f_W) bits an element.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn trunc_widen<W>(self, cx: &mut B) -> Result<Tensor<B, W>, B::Error>
    where
        P::Ring: NarrowerThan<W::Ring>,
        W: Format,
    {
        let bits = const {
            assert!(P::FRAC + Q::FRAC >= W::FRAC, "a product widens to at most its own scale");
            P::FRAC + Q::FRAC - W::FRAC
        };
        Ok(Tensor::new(cx.truncate_widen(self.product, bits)?))
    }

    /// Narrows to a format `T` of the narrower ring, at most 32 bits coarser than the product: it is
    /// reshared as it stands and then cut, which is local. Error as of [`Tensor::narrow`]. 1 round,
    /// 3k bits an element. The product must be below 2^(k - 1 - f_P - f_Q) in magnitude.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn narrow<T>(self, cx: &mut B) -> Result<Tensor<B, T>, B::Error>
    where
        T: Format<Ring: NarrowerThan<P::Ring>>,
    {
        let bits = const {
            let bits = P::FRAC + Q::FRAC - T::FRAC;
            assert!(bits <= 32, "a product narrows by at most 32 bits");
            bits
        };
        Ok(Tensor::new(B::narrow(&cx.truncate(self.product, 0)?, bits)))
    }
}

impl<B: Backend, P: Format, Q: Scaled> Product<B, P, Q> {
    /// An integer times a value is a value of the second factor's format as it stands: it is
    /// reshared, not scaled down. Exact; 1 round, 3k bits an element.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn settle(self, cx: &mut B) -> Result<Tensor<B, Q>, B::Error>
    where
        P: Integral,
        Q: InRing<P::Ring>,
    {
        Ok(Tensor::new(cx.truncate(self.product, 0)?))
    }
}

/// A product divided by a power of two, before it is scaled down.
#[must_use = "a product has to be scaled down: `.trunc(cx)?`"]
pub struct Shifted<B: Backend, P: Format, Q> {
    product: Product<B, P, Q>,
    bits: u32,
}

impl<B: Backend, P: Format, Q: Scaled> Shifted<B, P, Q> {
    /// Scales down to the first factor's format; see [`Product::trunc`].
    ///
    /// # Errors
    /// Those of the backend.
    pub fn trunc(self, cx: &mut B) -> Result<Tensor<B, P>, B::Error> {
        Ok(Tensor::new(cx.truncate(self.product.product, Q::FRAC + self.bits)?))
    }
}
