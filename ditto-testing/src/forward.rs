//! A layer as a function of tensors, on any backend: what [`layer!`](crate::layer) makes of what
//! looks like a closure.

use std::fmt::Debug;

use ditto_core::{Backend, Format, Source};
use ditto_dsl::precision::Precision;
use ditto_dsl::tensor::{InputError, Tensor};
use ndarray::ArrayD;

use crate::on_grid;
use crate::run::Run;

/// A function from `N` tensors to one, generic over the backend and, if it wants, over the precision
/// policy. Rust has no generic closures, so it is a method; [`layer!`](crate::layer) writes it, and
/// nothing else should implement this trait, whose items may change with any version.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer that can be tested",
    label = "not a layer of {N} tensor(s)",
    note = "write it as `layer!(|x: Low, cx: &mut B| -> Low {{ .. }})`: names and formats of the tensors, the backend, the result's format"
)]
pub trait Forward<const N: usize>: Sync {
    /// What else the layer depends on: public bounds, or weights that it shares by itself. `()` for
    /// nothing, a tuple for more than one thing.
    type Parameters: Clone + Debug + Sync + 'static;
    /// The formats of the inputs, as a tuple.
    type Inputs<P: Precision>: Formats<N>;
    /// The format of the result.
    type Output<P: Precision>: Format;
    /// What failures call the inputs.
    const NAMES: [&'static str; N];
    /// Whether the layer depends on the precision policy, and is to be tested under each.
    const EVERY_POLICY: bool;

    /// The layer. `source` shares what the parameters hold.
    ///
    /// # Errors
    /// Those of the backend.
    fn forward<P: Precision, B: Backend, S: Source<B>>(
        &self,
        parameters: Self::Parameters,
        inputs: &<Self::Inputs<P> as Formats<N>>::Tensors<B>,
        source: &mut S,
        cx: &mut B,
    ) -> Result<Tensor<B, Self::Output<P>>, B::Error>;

    /// The layer on given inputs, for [`on_sim`](crate::on_sim) and the like: what a value out of
    /// range gives, say. The inputs are rounded to their formats' grids; to run it panics if one is
    /// outside its format's range.
    fn on(&self, parameters: Self::Parameters, inputs: [ArrayD<f64>; N]) -> On<'_, Self, N>
    where
        Self: Sized,
    {
        On { layer: self, parameters, inputs }
    }
}

/// A layer with its parameters and inputs: see [`Forward::on`].
pub struct On<'a, L: Forward<N>, const N: usize> {
    layer: &'a L,
    parameters: L::Parameters,
    inputs: [ArrayD<f64>; N],
}

impl<L: Forward<N>, const N: usize> Run for On<'_, L, N> {
    fn run_on<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let inputs = L::Inputs::<P>::on_grid(self.inputs.clone());
        let inputs = L::Inputs::<P>::share(source, L::NAMES, &inputs);
        let inputs = inputs.unwrap_or_else(|e| panic!("{e}"));
        self.layer.forward::<P, B, _>(self.parameters.clone(), &inputs, source, cx)?.open(cx)
    }
}

/// The formats of `N` tensors: a tuple of as many formats.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of {N} format(s)",
    label = "the inputs of a layer are one to six tensors",
    note = "a format is `Fixed<Z32, F<N>>` with N up to 28, or `Fixed<Z64, F<N>>` with N up to 60"
)]
pub trait Formats<const N: usize> {
    /// Tensors of these formats.
    type Tensors<B: Backend>;

    /// The values that the formats can hold nearest to `values`.
    fn on_grid(values: [ArrayD<f64>; N]) -> [ArrayD<f64>; N];

    /// Shares one tensor of each format.
    ///
    /// # Errors
    /// If a value is outside the range of its format.
    fn share<B: Backend>(
        source: &mut impl Source<B>,
        names: [&'static str; N],
        values: &[ArrayD<f64>; N],
    ) -> Result<Self::Tensors<B>, InputError>;
}

macro_rules! formats {
    ($n:literal: $($format:ident $name:ident $value:ident),*) => {
        impl<$($format: Format),*> Formats<$n> for ($($format,)*) {
            type Tensors<B: Backend> = ($(Tensor<B, $format>,)*);

            fn on_grid([$($value),*]: [ArrayD<f64>; $n]) -> [ArrayD<f64>; $n] {
                [$(on_grid::<$format>(&$value)),*]
            }

            fn share<B: Backend>(
                source: &mut impl Source<B>,
                [$($name),*]: [&'static str; $n],
                [$($value),*]: &[ArrayD<f64>; $n],
            ) -> Result<Self::Tensors<B>, InputError> {
                Ok(($(Tensor::<B, $format>::share(source, $name, $value)?,)*))
            }
        }
    };
}

formats!(1: Q0 n0 v0);
formats!(2: Q0 n0 v0, Q1 n1 v1);
formats!(3: Q0 n0 v0, Q1 n1 v1, Q2 n2 v2);
formats!(4: Q0 n0 v0, Q1 n1 v1, Q2 n2 v2, Q3 n3 v3);
formats!(5: Q0 n0 v0, Q1 n1 v1, Q2 n2 v2, Q3 n3 v3, Q4 n4 v4);
formats!(6: Q0 n0 v0, Q1 n1 v1, Q2 n2 v2, Q3 n3 v3, Q4 n4 v4, Q5 n5 v5);

/// A layer, written like a closure that is generic over its backend `B`:
/// `layer!(|x: Low, y: Low, cx: &mut B| -> Low { x.times(y, cx)?.trunc(cx) })`.
///
/// Each name stands for a `&Tensor<B, ..>` of the format beside it; the body gives a
/// `Result<Tensor<B, ..>, B::Error>` of the last format. It can use constants, functions and
/// types from around it, but no local variables.
///
/// Two things may stand before the bars. `<P>` makes the layer generic over the precision policy, to be
/// tested under each: `layer!(<P> |x: P::Act, cx: &mut B| -> P::High { .. })`. Names and types in
/// parentheses are parameters, which the cases of a test draw with the inputs, and which the body has by
/// value: `layer!((slope: f64) |x: Low, cx: &mut B| -> Low { .. })`. A layer that shares its weights by
/// itself gets them as parameters, and what to share them with as the last name before `cx`, without a
/// format:
///
/// ```
/// # use ditto_dsl::layers::LayerNorm;
/// # use ditto_testing::layer;
/// # use ndarray::ArrayD;
/// layer!(<P>(gamma: ArrayD<f64>, beta: ArrayD<f64>) |x: P::High, source, cx: &mut B| -> P::High {
///     let norm = LayerNorm::<B, P::High>::share(source, "norm", &gamma, &beta, 1e-5);
///     norm.expect("both are in range").forward(x, cx)
/// });
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __layer {
    // What stands before the bars, put into one form.
    (<$p:ident> ($($s:ident: $t:ty),+ $(,)?) | $($rest:tt)+) => {
        $crate::layer!(@ [true $p] [$($s: $t),+] [] $($rest)+)
    };
    (<$p:ident> | $($rest:tt)+) => { $crate::layer!(@ [true $p] [] [] $($rest)+) };
    (($($s:ident: $t:ty),+ $(,)?) | $($rest:tt)+) => {
        $crate::layer!(@ [false __P] [$($s: $t),+] [] $($rest)+)
    };
    (| $($rest:tt)+) => { $crate::layer!(@ [false __P] [] [] $($rest)+) };
    // The last names: with a source of shares, or without.
    (@ $policy:tt $parameters:tt [$($done:tt)+] $cx:ident: &mut $b:ident $(,)? | -> $out:ty $body:block) => {
        $crate::layer!(@ $policy $parameters [$($done)+] _, $cx: &mut $b | -> $out $body)
    };
    (@ [$every:literal $p:ident] [$($s:ident: $t:ty),*] [$($x:ident: $q:ty,)+]
        $source:pat_param, $cx:ident: &mut $b:ident $(,)? | -> $out:ty $body:block) => {{
        struct Closure;

        impl $crate::Forward<{ [$(stringify!($x)),+].len() }> for Closure {
            type Parameters = $crate::layer!(@one_or_more $($t),*);
            type Inputs<$p: $crate::__private::Precision> = ($($q,)+);
            type Output<$p: $crate::__private::Precision> = $out;
            const NAMES: [&'static str; [$(stringify!($x)),+].len()] = [$(stringify!($x)),+];
            const EVERY_POLICY: bool = $every;

            fn forward<
                $p: $crate::__private::Precision,
                $b: $crate::__private::Backend,
                __S: $crate::__private::Source<$b>,
            >(
                &self,
                $crate::layer!(@one_or_more $($s),*): Self::Parameters,
                ($($x,)+): &($($crate::__private::Tensor<$b, $q>,)+),
                $source: &mut __S,
                $cx: &mut $b,
            ) -> ::core::result::Result<$crate::__private::Tensor<$b, $out>, $b::Error> {
                $body
            }
        }

        Closure
    }};
    (@ $policy:tt $parameters:tt [$($done:tt)*] $x:ident: $q:ty, $($rest:tt)+) => {
        $crate::layer!(@ $policy $parameters [$($done)* $x: $q,] $($rest)+)
    };
    (@one_or_more $one:ident) => { $one };
    (@one_or_more $one:ty) => { $one };
    (@one_or_more $($each:tt),*) => { ($($each),*) };
    (@ $($rest:tt)*) => {
        compile_error!("a layer is written `layer!(|x: Low, cx: &mut B| -> Low { .. })`: the names and \
                        formats of its tensors, the backend, and the format of its result")
    };
    ($($rest:tt)*) => { $crate::layer!(@) };
}
