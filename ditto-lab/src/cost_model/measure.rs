//! Finding the constants of the machine that this runs on.
//!
//! All is done on three parties in memory, by what a model does: products of matrices, a chain of
//! rounds, and layers of BERT-base on few, some and many tokens. What is measured goes through
//! [`Measured::machine`], which only calculates.

use ditto_backends::Rep3;
use ditto_backends::rep3::sharing::Rep3Source;
use ditto_core::isa::Isa;
use ditto_core::{Format, High, Low, Operation, Report};
use ditto_dsl::layers::Linear;
use ditto_dsl::{InputError, Tensor};
use ditto_models::bert::{BertConfig, BertOptions};
use ditto_net::NetworkProfile;
use ditto_runtime::{BackendChoice, Embed, PaddedText, PrecisionChoice, Run, RunError, Transport};
use ndarray::{ArrayD, IxDyn};

use super::machine::far_bytes;
use super::{BatchShape, Machine, PlanError, count};
use crate::operations::OpsError;
use crate::operations::trio::Trio;

/// Rounds of the chain.
const ROUNDS: usize = 256;
/// The rows of a product, and the lengths of the sums in the shorter and the longer.
const ROWS: usize = 128;
const SUMS: [usize; 2] = [768, 3072];
/// The elements of a product's rows.
const COLUMNS: usize = 768;
/// Forward passes: the tokens, the layers, and how often it is run after the first time. The first
/// layer of a pass takes longer than the others, so where the time is short there are several.
const PASSES: [(usize, usize, usize); 3] = [(32, 4, 5), (128, 4, 3), (384, 1, 2)];
/// The texts of a batch.
const TEXTS: usize = 4;
/// What the caches may be found to hold: from no less than a call on 32 tokens sends, to more than one
/// on 128.
const CACHES: [f64; 4] = [4e6, 8e6, 16e6, 32e6];
/// Noise may leave nothing of a time once all else is taken off. At least this part is left.
const LEAST: f64 = 0.1;

/// Why a machine could not be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// An operation stopped.
    #[error(transparent)]
    Ops(#[from] OpsError),
    /// A layer stopped.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A layer cannot be counted.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// The time of something, and what it does.
struct Sample {
    seconds: f64,
    report: Report,
}

/// All that is measured.
struct Measured {
    /// A chain of so many rounds.
    rounds: usize,
    chain: f64,
    /// Times of products with results of one size, in Z32 and Z64; and by how many multiplications
    /// the second is longer than the first.
    products: [[f64; 2]; 2],
    multiplications: f64,
    /// Layers on few tokens, on some, and on many.
    layers: [Sample; 3],
    /// The middle one on several texts at the same time, over as many by themselves.
    overlap: f64,
}

impl Machine {
    /// Measures the machine that this runs on, in about 15 seconds in which nothing else should run.
    ///
    /// - `round`: a chain of openings of one element;
    /// - `multiplication`: products of as many results and different numbers of multiplications, so
    ///   that the difference is theirs alone;
    /// - `byte`: layers of BERT-base on 32 tokens, less their multiplications and rounds, over their bytes;
    /// - `cache` and `far_byte`: a layer on 384 tokens gives `far_byte` for each size of the
    ///   caches, and the size is the one with which 128 tokens come out best;
    /// - `overlap`: four texts of 128 tokens at the same time, against one.
    ///
    /// `transfer` is a property of the protocols' rounds more than of a machine, and that of
    /// [`Machine::REFERENCE`].
    ///
    /// # Errors
    /// Those of the parties, and if the operating system gives no randomness.
    pub fn measure() -> Result<Self, MeasureError> {
        Isa::select().map_err(OpsError::from)?;
        let [few, many] = SUMS;
        let products = [
            [product::<Low>(few)?, product::<Low>(many)?],
            [product::<High>(few)?, product::<High>(many)?],
        ];
        let (layers, overlap) = layers()?;
        let measured = Measured {
            rounds: ROUNDS,
            chain: chain()?,
            products,
            multiplications: (ROWS * COLUMNS * (many - few)) as f64,
            layers,
            overlap,
        };
        Ok(measured.machine())
    }
}

impl Measured {
    /// The constants that explain the times; all are positive and finite if the times are.
    fn machine(&self) -> Machine {
        let round = self.chain / self.rounds as f64;
        let multiplication = self
            .products
            .map(|[short, long]| (long - short).max(LEAST * long) / self.multiplications);
        let mut machine = Machine { multiplication, round, ..Machine::REFERENCE };
        let work = self.layers.each_ref().map(|sample| machine.bytes_time(sample));
        let [few, some, many] = &self.layers;
        machine.byte = work[0] / bytes(few);
        let of_cache = |cache: f64| {
            let far = far(many, cache);
            let rest = work[2] - (bytes(many) - far) * machine.byte;
            let far_byte = if far > 0.0 { rest / far } else { machine.byte };
            // Beyond the caches nothing is faster.
            Machine { cache, far_byte: far_byte.max(machine.byte), ..machine }
        };
        let error = |machine: &Machine| {
            let far = far(some, machine.cache);
            let predicted = (bytes(some) - far) * machine.byte + far * machine.far_byte;
            (predicted - work[1]).abs()
        };
        let candidates = CACHES.map(of_cache);
        let best = candidates.iter().min_by(|a, b| error(a).total_cmp(&error(b)));
        let best = best.copied().unwrap_or(machine);
        Machine { overlap: self.overlap.min(1.0), ..best }
    }
}

impl Machine {
    /// What a sample takes beside its multiplications and rounds.
    fn bytes_time(&self, sample: &Sample) -> f64 {
        let without = Self { byte: 0.0, far_byte: 0.0, ..*self };
        let of = |operation| without.estimate(operation, NetworkProfile::LOCAL, 1).compute;
        let known: f64 = operations(sample).map(of).sum();
        (sample.seconds - known).max(LEAST * sample.seconds)
    }
}

fn operations(sample: &Sample) -> impl Iterator<Item = &Operation> {
    sample.report.scopes.iter().flat_map(|scope| &scope.operations)
}

fn bytes(sample: &Sample) -> f64 {
    sample.report.total().total_bytes() as f64
}

fn far(sample: &Sample, cache: f64) -> f64 {
    operations(sample).map(|operation| far_bytes(operation, cache)).sum()
}

/// The time that counts: what disturbs a run only makes it longer.
fn least(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn values(shape: &[usize]) -> ArrayD<f64> {
    ArrayD::from_elem(IxDyn(shape), 0.5)
}

/// The time of a product with sums of `sum` terms, with the bias and the scale-down.
fn product<Q: Format>(sum: usize) -> Result<f64, OpsError> {
    let (weight, bias) = (values(&[sum, COLUMNS]) * 0.02, values(&[COLUMNS]));
    let (times, _) = Trio { net: NetworkProfile::LOCAL, runs: 7 }.time(
        |source, cx| -> Result<_, OpsError> {
            let x = Tensor::<Rep3, Q>::share(source, "operand", &values(&[ROWS, sum]))?;
            Ok((x, Linear::<Rep3, Q, Q>::share(source, "linear", &weight, &bias, cx)?))
        },
        |(x, linear), cx| linear.forward(x, cx).map(drop),
    )?;
    Ok(least(&times))
}

/// The time of a chain of rounds.
fn chain() -> Result<f64, OpsError> {
    let one = |source: &mut Rep3Source, _: &mut Rep3| -> Result<_, InputError> {
        Tensor::<Rep3, Low>::share(source, "operand", &values(&[1]))
    };
    let (times, _) = Trio { net: NetworkProfile::LOCAL, runs: 7 }
        .time(one, |x, cx| (0..ROUNDS).try_for_each(|_| x.open(cx).map(drop)))?;
    Ok(least(&times))
}

/// BERT-base with so many layers, and few words.
fn config(layers: usize) -> BertConfig {
    BertConfig { num_hidden_layers: layers, vocab_size: 16, ..BertConfig::base() }
}

/// What a pass over `tokens` tokens through so many layers does.
fn account(tokens: usize, layers: usize) -> Result<Report, PlanError> {
    let (precision, options) = (PrecisionChoice::Ditto, BertOptions::default());
    count(&config(layers), &BatchShape { precision, options, seq: tokens, texts: 1 })
}

/// The times of `batches` batches of `batch` texts after the first one, which only warms up.
fn times(
    tokens: usize,
    layers: usize,
    batch: usize,
    batches: usize,
) -> Result<Vec<f64>, MeasureError> {
    let config = config(layers);
    let weights = config.random_weights(1);
    let run = Run {
        task: Embed { config: &config, weights: &weights, options: BertOptions::default() },
        backend: BackendChoice::Rep3(Transport::Memory),
        precision: PrecisionChoice::Ditto,
        batch,
        net: NetworkProfile::LOCAL,
        seed: None,
    };
    let texts = vec![PaddedText { ids: vec![1; tokens], length: tokens }; batch * (1 + batches)];
    let mut times = Vec::with_capacity(batches);
    run.embed(&texts, None, |embedding| {
        if embedding.text >= batch && embedding.text.is_multiple_of(batch) {
            times.push(embedding.seconds);
        }
    })?;
    Ok(times)
}

/// The layers, and what of the middle one's time each of several texts takes.
fn layers() -> Result<([Sample; 3], f64), MeasureError> {
    let mut samples = Vec::with_capacity(PASSES.len());
    for (tokens, layers, runs) in PASSES {
        let seconds = least(&times(tokens, layers, 1, runs)?);
        samples.push(Sample { seconds, report: account(tokens, layers)? });
    }
    let Ok(samples) = <[Sample; 3]>::try_from(samples) else {
        unreachable!("one was pushed for each of three lengths");
    };
    let (tokens, layers, _) = PASSES[1];
    let together = least(&times(tokens, layers, TEXTS, 1)?);
    let overlap = together / (TEXTS as f64 * samples[1].seconds);
    Ok((samples, overlap))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a machine of known constants would have been measured as.
    fn measured(machine: &Machine) -> Measured {
        let layer = |(tokens, layers, _): (usize, usize, usize)| {
            let report = account(tokens, layers).expect("a count");
            let of = |scope: &ditto_core::ScopeReport| -> f64 {
                let each = |o| machine.estimate(o, NetworkProfile::LOCAL, 1).seconds();
                scope.operations.iter().map(each).sum()
            };
            Sample { seconds: report.scopes.iter().map(of).sum(), report }
        };
        Measured {
            rounds: 10,
            chain: 10.0 * machine.round,
            // Whatever is common to both.
            products: machine.multiplication.map(|each| [1e-3 + 5e6 * each, 1e-3 + 2e8 * each]),
            multiplications: 1.95e8,
            layers: PASSES.map(layer),
            overlap: machine.overlap,
        }
    }

    /// Measuring is the inverse of predicting.
    #[test]
    fn the_constants_that_explain_the_times_are_found() {
        for cache in CACHES {
            for far in [1.2, 3.0] {
                let byte = 0.5e-9;
                let true_one = Machine { byte, cache, far_byte: far * byte, ..Machine::REFERENCE };
                let found = measured(&true_one).machine();
                let apart = |x: f64, y: f64| (x / y - 1.0).abs();
                for (x, y) in [
                    (found.multiplication[0], true_one.multiplication[0]),
                    (found.multiplication[1], true_one.multiplication[1]),
                    (found.byte, true_one.byte),
                    (found.cache, true_one.cache),
                    (found.far_byte, true_one.far_byte),
                    (found.round, true_one.round),
                    (found.transfer, true_one.transfer),
                    (found.overlap, true_one.overlap),
                ] {
                    assert!(apart(x, y) < 1e-6, "{found:?} of {true_one:?}");
                }
            }
        }
    }

    /// A machine with other work may measure anything.
    #[test]
    fn noise_leaves_constants_that_can_be_used() {
        for factors in [[1.0, 0.01, 5.0, 1.0], [9.0, 1.0, 0.001, 0.1], [0.1, 3.0, 1.0, 9.0]] {
            let mut noisy = measured(&Machine::REFERENCE);
            noisy.chain *= factors[0];
            noisy.products[1][1] *= factors[1];
            for (layer, factor) in noisy.layers.iter_mut().zip(&factors[1..]) {
                layer.seconds *= factor;
            }
            noisy.overlap *= factors[3];
            let found = noisy.machine();
            assert!(found.check().is_ok(), "{found:?}");
        }
    }
}
