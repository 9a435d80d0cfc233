//! The operations: those of one BERT-base layer on 128 tokens.

use std::f64::consts::LOG2_E;

use ditto_backends::Rep3;
use ditto_backends::rep3::sharing::Rep3Source;
use ditto_core::fixed::exp2;
use ditto_core::{Format, High, Levels, Low};
use ditto_dsl::layers::attention;
use ditto_dsl::layers::maximum::row_maximum;
use ditto_dsl::layers::softmax::softmax;
use ditto_dsl::layers::{Gelu, LayerNorm, Linear};
use ditto_dsl::precision::Ditto;
use ditto_dsl::{InputError, Tensor};
use ndarray::{ArrayD, IxDyn};

use super::OpsError;
use super::peers::{self, Peer};
use super::trio::{Times, Trio};

/// One line of the list.
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) format: &'static str,
    pub(super) peers: &'static [Peer],
    pub(super) run: fn(&Trio) -> Result<Times, OpsError>,
}

const fn operation(
    name: &'static str,
    format: &'static str,
    peers: &'static [Peer],
    run: fn(&Trio) -> Result<Times, OpsError>,
) -> Operation {
    Operation { name, format, peers, run }
}

/// Activations are declared to be below this.
const BOUND: f64 = 128.0;
/// Where masked scores are declared to lie in the model, as exponents of base 2.
const SCORES: std::ops::Range<f64> =
    attention::SCORES.start + attention::MASKED..attention::SCORES.end;
/// What the model's softmax measures a row's maximum with.
const LEVELS: Levels = Levels { low: SCORES.start, step: 2.0, count: 256 };
/// Elements of the widest activation, 128 x 3072.
const MANY: usize = 128 * 3072;

/// Every operation, in the order in which it is measured.
pub(super) const OPERATIONS: &[Operation] = &[
    operation("matmul 128x768x768", "32", peers::MATMUL_SQUARE, |trio| {
        matmul::<Low>(trio, 768, 768)
    }),
    operation("matmul 128x768x768", "64", peers::MATMUL_SQUARE, |trio| {
        matmul::<High>(trio, 768, 768)
    }),
    operation("matmul 128x768x3072", "32", peers::MATMUL_UP, |trio| matmul::<Low>(trio, 768, 3072)),
    operation("matmul 128x768x3072", "64", peers::MATMUL_UP, |trio| {
        matmul::<High>(trio, 768, 3072)
    }),
    operation("matmul 128x3072x768", "32", peers::MATMUL_DOWN, |trio| {
        matmul::<Low>(trio, 3072, 768)
    }),
    operation("matmul 128x3072x768", "64", peers::MATMUL_DOWN, |trio| {
        matmul::<High>(trio, 3072, 768)
    }),
    operation("12 heads' 128x64x128", "32", peers::HEADS, heads::<Low>),
    operation("12 heads' 128x64x128", "64", peers::HEADS, heads::<High>),
    operation("GeLU poly 128x3072", "32", peers::GELU, |trio| gelu(trio, Gelu::Poly)),
    operation("GeLU puma 128x3072", "32", peers::GELU, |trio| gelu(trio, Gelu::Puma)),
    operation("GeLU quad 128x3072", "32", peers::QUAD, |trio| gelu(trio, Gelu::Quad)),
    operation("softmax 12x128x128", "32, 64", peers::SOFTMAX, |trio| {
        // Less what the change of base may round up, so that the model's scale covers it.
        let range = SCORES.start / LOG2_E + 0.25..SCORES.end / LOG2_E - 0.25;
        trio.time(scores, move |x, cx| softmax::<Rep3, Ditto>(x, range.clone(), cx).map(drop))
    }),
    operation("bound of its maximum", "32", peers::MAXIMUM, |trio| {
        trio.time(scores, |x, cx| x.row_maximum(&LEVELS, cx).map(drop))
    }),
    operation("exact maximum 12x128x128", "32", peers::MAXIMUM, |trio| {
        trio.time(scores, |x, cx| row_maximum(x, SCORES.end - SCORES.start, cx).map(drop))
    }),
    operation("LayerNorm 128x768", "64", peers::LAYER_NORM, layer_norm),
    operation("393,216 x < y", "64", peers::LESS_64, less::<High, 64>),
    operation("393,216 x < y", "32", peers::LESS_32, less::<Low, 32>),
    operation("393,216 x < y", "16 of 32", peers::LESS_32, less::<Low, 16>),
];

/// Values of about the size of activations; any will do, as no time depends on them.
fn values(shape: &[usize]) -> ArrayD<f64> {
    let mut i = 0.0;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        i += 1.0;
        2.0 * f64::sin(0.7 * i)
    })
}

fn shared<Q: Format>(
    source: &mut Rep3Source,
    shape: &[usize],
) -> Result<Tensor<Rep3, Q>, InputError> {
    Tensor::share(source, "operand", &values(shape))
}

fn scores(source: &mut Rep3Source, _: &mut Rep3) -> Result<Tensor<Rep3, Low>, InputError> {
    shared(source, &[12, 128, 128])
}

/// An activation by a weight, with the bias and the scale-down.
fn matmul<Q: Format>(trio: &Trio, k: usize, n: usize) -> Result<Times, OpsError> {
    let (weight, bias) = (values(&[k, n]) * 0.02, values(&[n]));
    trio.time(
        |source, cx| -> Result<_, OpsError> {
            let x = shared::<Q>(source, &[128, k])?;
            Ok((x, Linear::<Rep3, Q, Q>::share(source, "linear", &weight, &bias, cx)?))
        },
        |(x, linear), cx| linear.forward(x, cx).map(drop),
    )
}

/// Queries by keys, with the scale-down.
fn heads<Q: Format>(trio: &Trio) -> Result<Times, OpsError> {
    let shape = [12, 128, 64];
    trio.time(
        |source, _| -> Result<_, InputError> {
            Ok((shared::<Q>(source, &shape)?, shared::<Q>(source, &shape)?))
        },
        |(query, key), cx| query.matmul_transposed(key, cx)?.trunc(cx).map(drop),
    )
}

fn gelu(trio: &Trio, gelu: Gelu) -> Result<Times, OpsError> {
    trio.time(
        |source, _| shared::<Low>(source, &[128, 3072]),
        |x, cx| gelu.forward::<Ditto, Rep3>(x, BOUND, cx).map(drop),
    )
}

fn layer_norm(trio: &Trio) -> Result<Times, OpsError> {
    let (gamma, beta) = (ArrayD::ones(vec![768]), ArrayD::zeros(vec![768]));
    trio.time(
        |source, _| -> Result<_, InputError> {
            let x = shared::<High>(source, &[128, 768])?;
            Ok((x, LayerNorm::<Rep3, High>::share(source, "norm", &gamma, &beta, 1e-12)?))
        },
        |(x, norm), cx| norm.forward(x, cx).map(drop),
    )
}

/// The bits x < y where `WIDTH` bits hold the differences.
fn less<Q: Format, const WIDTH: u32>(trio: &Trio) -> Result<Times, OpsError> {
    let bound = exp2(WIDTH - 1 - Q::FRAC);
    trio.time(
        |source, _| -> Result<_, InputError> {
            Ok((shared::<Q>(source, &[MANY])?, shared::<Q>(source, &[MANY])?))
        },
        |(x, y), cx| x.is_less_than(y, bound, cx).map(drop),
    )
}
