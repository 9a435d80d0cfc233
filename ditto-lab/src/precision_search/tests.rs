//! Searches over small computations for which it is known where bits can be spared.

use ditto_backends::Sim;
use ditto_backends::fake_quant::{FakeSource, Formats};
use ditto_backends::sim::SimSource;
use ditto_core::{Backend, F, Fixed, High, Low, Report, Source, Z32};
use ditto_dsl::layers::Gelu;
use ditto_dsl::precision::{Ditto, Fine, Puma};
use ditto_dsl::{Precision, Tensor, Weight};
use ditto_models::bert::{Bert, BertInput, BertOptions};
use ditto_models::fixtures;
use ndarray::{Array2, ArrayD};

use super::*;

const TEXTS: usize = 6;
const WIDTH: usize = 40;

/// Numbers of an irrational rotation, scaled, a row for each text.
fn numbers(rows: usize, scale: f64, seed: usize) -> ArrayD<f64> {
    let of = |(i, j): (usize, usize)| {
        let turn = ((i * 7919 + j * 104_729 + seed * 31) % 65_521) as f64;
        (turn * turn * 0.618_034).fract() * 2.0 - 1.0
    };
    Array2::from_shape_fn((rows, WIDTH), of).mapv(|v| v * scale).into_dyn()
}

fn rows(values: &ArrayD<f64>) -> Vec<Vec<f64>> {
    values.outer_iter().map(|row| row.iter().copied().collect()).collect()
}

fn shared<Q: ditto_core::Format>(values: &ArrayD<f64>) -> Tensor<FakeQuant, Q> {
    Tensor::share(&mut FakeSource, "a test's tensor", values).expect("in range")
}

/// A right factor, which here belongs to no computation.
fn prepared<Q: ditto_core::Format>(matrix: &Tensor<FakeQuant, Q>) -> Weight<FakeQuant, Q> {
    let mut cx = FakeQuant::new(Formats::as_written(1), 0);
    Weight::prepare(matrix, &mut cx).expect("nothing can fail")
}

/// Two layers of the same size, one of which enters the result divided by 32: five bits of it matter
/// less.
fn loud_and_faint(texts: usize) -> impl Fn(&mut FakeQuant) -> Result<Vec<Vec<f64>>, OutOfRange> {
    let x = shared::<Low>(&numbers(texts, 2.0, 1));
    let weight = |seed| prepared(&shared::<Fixed<Z32, F<10>>>(&numbers(WIDTH, 0.3, seed)));
    let (loud, faint) = (weight(2), weight(3));
    type Fine = Fixed<Z32, F<13>>;
    move |cx| {
        let layer = |weight: &Weight<FakeQuant, _>, cx: &mut FakeQuant| {
            x.matmul(weight, cx)?.trunc(cx)?.squared(cx)?.trunc(cx)
        };
        let loud = cx.scope("loud", |cx| layer(&loud, cx))?;
        let faint = cx.scope("faint", |cx| layer(&faint, cx))?;
        let sum = loud.raise::<Fine>().plus(&faint.shift_point::<Fine>());
        Ok(rows(FakeQuant::values(&sum.into_share())))
    }
}

fn options(cosine: f64) -> SearchOptions {
    SearchOptions { cosine, depth: 1, seed: 1 }
}

fn found(
    computation: &(impl Fn(&mut FakeQuant) -> Result<Vec<Vec<f64>>, OutOfRange> + Sync),
    cosine: f64,
) -> Suggestion {
    suggest(computation, &[], &options(cosine), None).expect("a suggestion")
}

fn layer<'a>(suggestion: &'a Suggestion, path: &str) -> &'a LayerFormats {
    suggestion.layers.iter().find(|layer| layer.path == path).expect("a layer of the computation")
}

/// The suggested fractional bits of the first such format in a layer.
fn bits(suggestion: &Suggestion, path: &str, part: &str) -> u32 {
    let mut formats = layer(suggestion, path).formats.iter();
    formats.find(|format| format.part == part).expect("a format of the layer").suggested.frac
}

/// The suggestion as formats of a run.
fn formats(suggestion: &Suggestion) -> Formats {
    let value =
        |f: RingAndScale| FormatValue { ring: if f.ring == "Z32" { 32 } else { 64 }, frac: f.frac };
    let mut formats = Formats::as_written(1);
    for layer in &suggestion.layers {
        for format in &layer.formats {
            let kind = if format.part == "weights" { SiteKind::Weight } else { SiteKind::Value };
            let site = Site { layer: layer.path.clone(), kind, written: value(format.now) };
            formats.set(site, format.suggested.frac);
            if format.suggested.ring != format.now.ring {
                formats.narrow(layer.path.clone());
            }
        }
    }
    formats
}

fn lowest_cosine(x: &[Vec<f64>], y: &[Vec<f64>]) -> f64 {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let cosine = |(x, y): (&Vec<f64>, &Vec<f64>)| dot(x, y) / (dot(x, x) * dot(y, y)).sqrt();
    x.iter().zip(y).map(cosine).fold(1.0, f64::min)
}

#[test]
fn a_layer_that_hardly_matters_gives_most_bits_away() {
    let suggestion = found(&loud_and_faint(TEXTS), 0.9999);
    assert!(suggestion.kept && suggestion.suggested.cosine >= 0.9999, "{suggestion:?}");
    assert!(suggestion.suggested.bytes < suggestion.now.bytes);
    for part in ["weights", "values"] {
        let [loud, faint] = ["loud", "faint"].map(|path| bits(&suggestion, path, part));
        assert!(faint + 2 <= loud && loud <= 10, "{part}: {faint} and {loud}");
    }
    for layer in &suggestion.layers {
        assert!(layer.formats.iter().all(|format| format.cosine_alone >= 0.9999), "{layer:?}");
    }
    assert_eq!(suggestion.layers.iter().map(|l| l.bytes_now).sum::<u64>(), suggestion.now.bytes);
}

/// What is suggested is run again, from what is printed alone: with the same noise it is as close as
/// it was said to be, and with other noise about as close.
#[test]
fn what_is_suggested_keeps_the_bound_when_it_is_run_again() {
    let computation = loud_and_faint(TEXTS);
    let suggestion = found(&computation, 0.999);
    let formats = formats(&suggestion);
    let exact = Formats::as_written(1).round_only([]);
    let reference = computation(&mut FakeQuant::new(exact, 0)).expect("in range");
    let cosine = |seed| {
        let again = computation(&mut FakeQuant::new(formats.clone(), seed)).expect("in range");
        lowest_cosine(&again, &reference)
    };
    let same = (1..=3).map(cosine).fold(1.0, f64::min);
    assert!((same - suggestion.suggested.cosine).abs() < 1e-12 && same >= 0.999);
    let other = (100..130).map(cosine).fold(1.0, f64::min);
    assert!(1.0 - other < 2.0 * 1e-3, "{other}");
}

#[test]
fn a_bound_that_is_not_kept_as_written_takes_finer_formats() {
    let computation = loud_and_faint(TEXTS);
    let now = found(&computation, 0.99).now.cosine;
    let bound = 1.0 - (1.0 - now) / 8.0;
    let finer = found(&computation, bound);
    assert!(finer.kept && finer.suggested.cosine >= bound && finer.now.cosine < bound);
    assert!(bits(&finer, "loud", "values") > 8 || bits(&finer, "loud", "weights") > 10);
    // In 32 bits there is no room for this.
    let unreachable = found(&computation, 1.0 - 1e-12);
    assert!(!unreachable.kept && unreachable.suggested.cosine > now);
    let text = text(&unreachable);
    assert!(text.contains("no formats were found that keep the cosine above"), "{text}");
}

#[test]
fn a_layer_of_64_bits_moves_to_32_where_that_is_cheaper() {
    let x = shared::<High>(&numbers(TEXTS, 2.0, 1));
    let weight = prepared(&shared::<High>(&numbers(WIDTH, 0.3, 2)));
    let computation = |cx: &mut FakeQuant| {
        let y = cx.scope("linear", |cx| x.matmul(&weight, cx)?.trunc(cx))?;
        Ok(rows(FakeQuant::values(&y.into_share())))
    };
    let suggestion = found(&computation, 0.999);
    let layer = layer(&suggestion, "linear");
    assert!(layer.formats.iter().all(|format| format.suggested.ring == "Z32"), "{layer:?}");
    assert!(2 * suggestion.suggested.bytes < suggestion.now.bytes && suggestion.kept);
    // Where 32 bits have no room for the noise that is allowed, it stays.
    let fine = found(&computation, 1.0 - 1e-9);
    assert!(fine.kept && fine.layers[0].formats.iter().all(|f| f.suggested.ring == "Z64"));
}

#[test]
fn what_cannot_be_searched_is_an_error() {
    let fails = |cosine, computation: &(dyn Fn(&mut FakeQuant) -> _ + Sync)| {
        let computation = |cx: &mut FakeQuant| computation(cx);
        suggest(&computation, &[], &options(cosine), None).expect_err("no suggestion").to_string()
    };
    for bound in [0.0, 1.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(fails(bound, &loud_and_faint(1)).contains("above 0 and below 1"));
    }
    assert!(fails(0.99, &|_| Ok(vec![])).contains("at least one text"));
    let zero = fails(0.99, &|_| Ok(vec![vec![1.0], vec![0.0]]));
    assert!(zero.contains("text 2 is zero or not finite"), "{zero}");
    let large = shared::<Low>(&numbers(1, 3e3, 1));
    let fault = fails(0.99, &|cx| {
        let square = cx.scope("square", |cx| large.squared(cx)?.trunc(cx))?;
        Ok(rows(FakeQuant::values(&square.into_share())))
    });
    assert!(
        fault.starts_with("square: product:") && fault.contains("Fixed<Z32, F<16>>"),
        "{fault}"
    );
}

/// One text with one number: its cosine is 1 whatever happens to it, so nothing stands in the way.
#[test]
fn one_text_of_one_number_is_enough() {
    let x = shared::<Low>(&ArrayD::from_elem(vec![1, 1], 1.5));
    let computation = |cx: &mut FakeQuant| {
        let y = cx.scope("square", |cx| x.squared(cx)?.trunc(cx))?;
        Ok(rows(FakeQuant::values(&y.into_share())))
    };
    let suggestion = found(&computation, 0.9);
    assert!(suggestion.kept && suggestion.suggested.bytes <= suggestion.now.bytes);
}

/// A pass of a tiny BERT: its embeddings and its account.
fn embedded<B: Backend, P: Precision>(
    source: &mut impl Source<B>,
    cx: &mut B,
    gelu: Gelu,
) -> (Vec<Vec<f64>>, Report) {
    let (config, ids) = (fixtures::tiny_config(), [[2u32, 61, 62, 63, 58, 3], [2, 9, 8, 7, 6, 3]]);
    let weights = config.random_weights(7);
    let bert = Bert::<B, P>::share(
        source,
        &config,
        &weights,
        BertOptions { gelu, ..BertOptions::default() },
        cx,
    );
    let texts: Vec<&[u32]> = ids.iter().map(|ids| ids.as_slice()).collect();
    let input = BertInput::share(source, &texts, 0, 8, config.vocab_size).expect("in range");
    let result = bert.expect("a model").embed(&input, cx);
    let embedding = result.unwrap_or_else(|error| panic!("{error}"));
    let report = cx.trace().report();
    let values = embedding.open(cx).unwrap_or_else(|error| panic!("{error}"));
    (rows(&values), report)
}

/// The whole model in the formats that are written: the account of the simulation in every scope, and
/// results as far from the reference.
fn is_the_simulation<P: Precision>(gelu: Gelu) {
    let fake = |formats: Formats, seed| {
        embedded::<FakeQuant, P>(&mut FakeSource, &mut FakeQuant::new(formats, seed), gelu)
    };
    let sim = |seed| embedded::<Sim, P>(&mut SimSource, &mut Sim::new(seed), gelu);
    let costs = |report: Report| -> Vec<_> {
        report.scopes.into_iter().map(|scope| (scope.path, scope.calls, scope.cost)).collect()
    };
    let (reference, _) = fake(Formats::as_written(2).round_only([]), 0);
    let (_, account) = fake(Formats::as_written(2), 1);
    assert_eq!(costs(account), costs(sim(1).1), "{} {gelu:?}", P::NAME);
    let loss = |run: &dyn Fn(u64) -> Vec<Vec<f64>>| -> f64 {
        (1..=10).map(|seed| 1.0 - lowest_cosine(&run(seed), &reference)).sum()
    };
    let ratio = loss(&|seed| fake(Formats::as_written(2), seed).0) / loss(&|seed| sim(seed).0);
    assert!((0.6..1.6).contains(&ratio), "{} {gelu:?}: {ratio}", P::NAME);
}

#[test]
fn as_written_a_model_is_that_of_the_simulation() {
    for gelu in [Gelu::Poly, Gelu::PolyTanh, Gelu::Puma, Gelu::Quad] {
        is_the_simulation::<Ditto>(gelu);
        is_the_simulation::<Fine>(gelu);
        is_the_simulation::<Puma>(gelu);
    }
}
