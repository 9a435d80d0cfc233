//! A layer as a function of tensors, on any backend: what [`layer!`](super::layer) makes of what
//! looks like a closure.

use ditto_core::{Backend, Format, Source};
use ndarray::ArrayD;

use super::on_grid;
use crate::tensor::{InputError, Tensor};

/// A function from `N` tensors to one, generic over the backend. Rust has no generic closures, so
/// it is a method; [`layer!`](super::layer) writes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer that can be tested",
    label = "not a layer of {N} tensor(s)",
    note = "write it as `layer!(|x: Low, cx: &mut B| -> Low {{ .. }})`: names and formats of the tensors, the backend, the result's format"
)]
pub trait Forward<const N: usize>: Sync {
    /// The formats of the inputs, as a tuple.
    type Inputs: Formats<N>;
    /// The format of the result.
    type Output: Format;
    /// What failures call the inputs.
    const NAMES: [&'static str; N];

    /// The layer.
    ///
    /// # Errors
    /// Those of the backend.
    fn forward<B: Backend>(
        &self,
        inputs: &<Self::Inputs as Formats<N>>::Tensors<B>,
        cx: &mut B,
    ) -> Result<Tensor<B, Self::Output>, B::Error>;
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
/// `Result<Tensor<B, ..>, B::Error>` of the last format. It cannot use local variables from around
/// it, but constants, functions and types.
#[doc(hidden)]
#[macro_export]
macro_rules! __layer {
    (@ [$($x:ident: $q:ty,)+] $cx:ident: &mut $b:ident $(,)? | -> $out:ty $body:block) => {{
        struct Closure;

        impl $crate::testing::Forward<{ [$(stringify!($x)),+].len() }> for Closure {
            type Inputs = ($($q,)+);
            type Output = $out;
            const NAMES: [&'static str; [$(stringify!($x)),+].len()] = [$(stringify!($x)),+];

            fn forward<$b: $crate::testing::__private::Backend>(
                &self,
                ($($x,)+): &($($crate::Tensor<$b, $q>,)+),
                $cx: &mut $b,
            ) -> ::core::result::Result<$crate::Tensor<$b, $out>, $b::Error> {
                $body
            }
        }

        Closure
    }};
    (@ [$($done:tt)*] $x:ident: $q:ty, $($rest:tt)+) => {
        $crate::testing::layer!(@ [$($done)* $x: $q,] $($rest)+)
    };
    (@ $($rest:tt)*) => {
        compile_error!("a layer is written `layer!(|x: Low, cx: &mut B| -> Low { .. })`: the names and \
                        formats of its tensors, the backend, and the format of its result")
    };
    (| $($rest:tt)+) => { $crate::testing::layer!(@ [] $($rest)+) };
    ($($rest:tt)*) => { $crate::testing::layer!(@) };
}
