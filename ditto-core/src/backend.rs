//! The trait that layer code is written over: what a sharing scheme can do.
//!
//! A backend names its shares and says how to add, multiply, rescale and compare them. Methods
//! without `&mut self` are local. Methods with it may talk and may fail; their documentation
//! gives the range they need and the error they make, in units of the last place (ulp).
//!
//! Layer code does not call these methods: it uses the typed tensors of `ditto-dsl`, which
//! check rings and scales at compile time. Here a scale is a plain number of bits.
//!
//! Shapes that do not fit are errors of the program and the same at every party, so they panic
//! with both shapes in the message. What depends on data or on the network is an `Error`.

use std::borrow::Cow;
use std::ops::Range;

use ndarray::ArrayD;

use crate::composite::Composite;
use crate::fixed::OutOfFormat;
use crate::linear::Linear;
use crate::ring::{NarrowerThan, Ring};
use crate::step_functions::{Levels, StepFunctions};
use crate::trace::Trace;
use crate::values::Values;

/// A sharing scheme together with one party's running state.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a backend",
    label = "no layer runs on it",
    note = "the backends are `Plain`, `Sim`, `Rep3` and `Additive`; a layer is generic over them: `fn layer<B: Backend>(x: &Tensor<B, Low>, cx: &mut B)`"
)]
pub trait Backend: Sized + 'static {
    /// A tensor of shared ring elements.
    type Share<R: Ring>: Linear;
    /// A tensor of products: shared, not yet scaled down, possibly not yet reshared.
    type Product<R: Ring>: Linear;
    /// The right factor of a matrix product, prepared once for many uses.
    type Weight<R: Ring>: Clone + Send + Sync + 'static;
    /// A tensor of shared bits.
    type Bit: Clone + Send + Sync + 'static;
    /// What can go wrong while running.
    type Error: std::error::Error + Send + Sync + 'static;
    /// What the scheme says of a computation when it is over: see [`Backend::finish`].
    type Verdict: Default + Send + 'static;

    /// The name that commands and reports use.
    const NAME: &'static str;

    /// The account of scopes and costs.
    fn trace(&mut self) -> &mut Trace;

    /// Runs `body` in a named scope: its cost is accounted to that name, and its errors show it.
    ///
    /// # Errors
    /// Those of `body`.
    fn scope<T>(
        &mut self,
        name: &str,
        body: impl FnOnce(&mut Self) -> Result<T, Self::Error>,
    ) -> Result<T, Self::Error> {
        self.trace().enter(name);
        let result = body(self);
        self.trace().leave();
        result
    }

    /// A function of `inputs` that a layer computes by `approximation`. Backends that protect something
    /// compute the approximation; the plaintext reference computes the function.
    ///
    /// # Errors
    /// Those of `approximation`.
    fn composite<R: Ring, S: Ring>(
        &mut self,
        _function: &impl Composite,
        _inputs: &[&Self::Share<R>],
        approximation: impl FnOnce(&mut Self) -> Result<Self::Share<S>, Self::Error>,
    ) -> Result<Self::Share<S>, Self::Error> {
        approximation(self)
    }

    /// Ends a computation, before anything of it leaves: what the scheme has put off is done now, and what
    /// it found is the verdict, to be handed out with the results. Most schemes put nothing off. The next
    /// operation begins another computation.
    ///
    /// # Errors
    /// Those of the network.
    fn finish(&mut self) -> Result<Self::Verdict, Self::Error> {
        Ok(Self::Verdict::default())
    }

    /// Declares that every value, read at `frac` fractional bits, lies in `range`. `Sim` reports values
    /// outside, and `Audited` tests it. Elsewhere it costs nothing and sends nothing.
    ///
    /// # Errors
    /// On `Sim`, a value outside; on `Audited` those of the network.
    fn declare_range<R: Ring>(
        &mut self,
        _x: &Self::Share<R>,
        _frac: u32,
        _range: Range<f64>,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Declares that every value, read at `frac` fractional bits, is below `bound` in magnitude, for a
    /// comparison that follows. `Sim` reports values that are not. Costs nothing and sends nothing, also
    /// on `Audited`: that tests the comparison itself, whose bound is a power of two.
    ///
    /// # Errors
    /// On `Sim`, a value that is not.
    fn declare_compared<R: Ring>(
        &mut self,
        _x: &Self::Share<R>,
        _frac: u32,
        _bound: f64,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    /// The values as a format with `frac` fractional bits holds them, for a comparison, in which the
    /// difference would show. Everywhere but on `Plain`, which has no formats, they are so already.
    fn on_grid<R: Ring>(x: &Self::Share<R>, _frac: u32) -> Cow<'_, Self::Share<R>> {
        Cow::Borrowed(x)
    }

    // ---- local, beside what `Linear` has ----

    /// x * factor for an integer, the scale unchanged.
    fn scale<R: Ring>(x: &Self::Share<R>, factor: i64) -> Self::Share<R>;
    /// The same values at a scale of `bits` more fractional bits.
    fn raise<R: Ring>(x: &Self::Share<R>, bits: u32) -> Self::Share<R>;
    /// x + values for public values, broadcast by the rules of [`crate::shape`] and rounded to `frac`
    /// fractional bits, which are those of `x`.
    fn add_public<R: Ring>(x: &Self::Share<R>, values: &ArrayD<f64>, frac: u32) -> Self::Share<R>;
    /// x * values for public values, broadcast by the rules of [`crate::shape`] and rounded to `frac`
    /// fractional bits, which the scale gains.
    fn mul_public<R: Ring>(x: &Self::Share<R>, values: &ArrayD<f64>, frac: u32)
    -> Self::Product<R>;
    /// From the ring `R` to the ring `S`, dropping `bits` fractional bits. Error: {-1, 0, 1} ulp
    /// of the result against the nearest, with mean 0; none if `bits` is 0. Range: |x| <
    /// 2^(s - 2 + bits) as an integer, s being the bits of `S`; `bits` at most r - s (more panics:
    /// the wrap of `R` would not vanish in `S`).
    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &Self::Share<R>, bits: u32) -> Self::Share<S>;

    /// A shared tensor seen as a product by the integer 1.
    fn product_of<R: Ring>(x: &Self::Share<R>) -> Self::Product<R>;

    // ---- interactive ----

    /// Prepares the right factor of many matrix products, of shape [k, n]: what depends on it alone is
    /// computed once, or sent once. What comes of it serves any computation among the same nodes.
    ///
    /// # Errors
    /// Those of the network.
    fn prepare<R: Ring>(&mut self, w: &Self::Share<R>) -> Result<Self::Weight<R>, Self::Error>;
    /// x · w for `x` of shape [.., k].
    ///
    /// # Errors
    /// Those of the network, or on `Sim` a product outside the ring's range.
    fn matmul_weight<R: Ring>(
        &mut self,
        x: &Self::Share<R>,
        w: &Self::Weight<R>,
    ) -> Result<Self::Product<R>, Self::Error>;
    /// x · y for shapes [.., m, k] and [.., k, n]; `transposed` reads `y` as [.., n, k].
    ///
    /// # Errors
    /// As [`Backend::matmul_weight`].
    fn matmul<R: Ring>(
        &mut self,
        x: &Self::Share<R>,
        y: &Self::Share<R>,
        transposed: bool,
    ) -> Result<Self::Product<R>, Self::Error>;
    /// Element-wise product, `y` broadcast.
    ///
    /// # Errors
    /// As [`Backend::matmul_weight`].
    fn mul<R: Ring>(
        &mut self,
        x: &Self::Share<R>,
        y: &Self::Share<R>,
    ) -> Result<Self::Product<R>, Self::Error>;
    /// Scales a product down by 2^bits. Range: |x| < 2^(k-2) as an integer, and `bits` at most
    /// k - 2 (more panics: nothing would be left). Error against floor(x / 2^bits): {0, 1} ulp,
    /// without bias, whatever was computed before; none if 2^bits divides x.
    ///
    /// # Errors
    /// Those of the network, or on `Sim` a value out of range.
    fn truncate<R: Ring>(
        &mut self,
        x: Self::Product<R>,
        bits: u32,
    ) -> Result<Self::Share<R>, Self::Error>;
    /// From the ring `R` to the ring `W`, with `up` more fractional bits. Range: |x| < 2^(r-2) as
    /// an integer, r being the bits of `R`, and |x| < 2^(w-1-up) for the result to fit. No error.
    ///
    /// # Errors
    /// Those of the network, or on `Sim` a value out of range.
    fn widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: &Self::Share<R>,
        up: u32,
    ) -> Result<Self::Share<W>, Self::Error>;
    /// Scales a product down by 2^bits and takes it from the ring `R` to the ring `W`, at once.
    /// Range: |x| < 2^(r-2) as an integer, r being the bits of `R`, and `bits` at most r - 2 (more
    /// panics). Error as of [`Backend::truncate`].
    ///
    /// # Errors
    /// Those of the network, or on `Sim` a value out of range.
    fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: Self::Product<R>,
        bits: u32,
    ) -> Result<Self::Share<W>, Self::Error>;
    /// The functions `steps` of values with `frac` fractional bits, one result for each. No error
    /// beyond the rounding of the functions' values.
    ///
    /// # Errors
    /// Those of the network, or on `Sim` a value outside the functions' range.
    ///
    /// # Panics
    /// If the functions' range is wider than the ring.
    fn step_functions<R: Ring>(
        &mut self,
        x: &Self::Share<R>,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<Self::Share<R>>, Self::Error>;
    /// 2^x at the scale of k - 2 fractional bits, for values x with `frac` fractional bits, at most
    /// k - 5. Range: [-28, 0). For lower values the result means nothing, but is of the ring and can
    /// be multiplied by 0. Error: at most 2^-15 + 2^-12 · 2^x in a ring of 32 bits, where powers below
    /// 2^-19 become 0, and 2^-35 + 2^-24 · 2^x in one of 64.
    ///
    /// # Errors
    /// Those of the network, or on `Sim` a value that is not negative.
    fn exp2<R: Ring>(
        &mut self,
        x: &Self::Share<R>,
        frac: u32,
    ) -> Result<Self::Product<R>, Self::Error>;
    /// A bound m of every row's maximum, the last axis keeping length 1: a level of `levels` with
    /// max - 2·step < m <= max, for values with `frac` fractional bits. Which of the levels that
    /// satisfy this is chance. On `Rep3` and `Additive`, in rows of n > 64 and with L levels,
    /// another level with probability at most min(n - 1, L)·(2^-64 + 2^-127) a row, which the account adds
    /// up: see [`Report::failure_probability`](crate::Report::failure_probability).
    ///
    /// # Errors
    /// Those of the network, or on `Sim` a value outside the levels' range.
    ///
    /// # Panics
    /// If the rows are empty, or the levels do not suit the ring and the scale: see [`Levels`].
    fn row_maximum<R: Ring>(
        &mut self,
        x: &Self::Share<R>,
        frac: u32,
        levels: &Levels,
    ) -> Result<Self::Share<R>, Self::Error>;
    /// The bit x < 0. Range: |x| < 2^(width-1) as an integer; `width` at most k. No error.
    ///
    /// # Errors
    /// Those of the network, or on `Sim` a value out of range.
    fn is_negative<R: Ring>(
        &mut self,
        x: &Self::Share<R>,
        width: u32,
    ) -> Result<Self::Bit, Self::Error>;
    /// A bit as the integer 0 or 1 of the ring `R`. No error.
    ///
    /// # Errors
    /// Those of the network.
    fn bit_to_ring<R: Ring>(&mut self, bit: &Self::Bit) -> Result<Self::Share<R>, Self::Error>;
    /// Reveals values to all parties, read at `frac` fractional bits. The only way from a share
    /// to a value inside a computation.
    ///
    /// # Errors
    /// Those of the network.
    fn open<R: Ring>(&mut self, x: &Self::Share<R>, frac: u32) -> Result<ArrayD<f64>, Self::Error>;
}

/// Where shared tensors come from: the data owner's side of a backend.
///
/// Models and inputs are loaded through it, so that one loader serves every backend. For `Rep3`
/// and `Additive` a source gives one party's share of each tensor.
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no shares for the backend `{B}`",
    label = "values enter through a data owner's source",
    note = "a source is `PlainSource` for `Plain`, `SimSource` for `Sim`, `Rep3Source` for `Rep3`, `AdditiveSource` for `Additive`; in generic code take `source: &mut impl Source<B>` beside `cx: &mut B`"
)]
pub trait Source<B: Backend> {
    /// Shares the next tensor at `frac` fractional bits.
    ///
    /// # Errors
    /// If a value is not finite or outside the format's range; nothing is shared then.
    fn share<R: Ring>(
        &mut self,
        values: &ArrayD<f64>,
        frac: u32,
    ) -> Result<B::Share<R>, OutOfFormat>;

    /// As [`Source::share`], for values that may not have been computed yet: a source that needs no
    /// more than their shape leaves them so.
    ///
    /// # Errors
    /// As [`Source::share`].
    fn share_values<R: Ring>(
        &mut self,
        values: &impl Values,
        frac: u32,
    ) -> Result<B::Share<R>, OutOfFormat> {
        self.share::<R>(&values.array(), frac)
    }
}
