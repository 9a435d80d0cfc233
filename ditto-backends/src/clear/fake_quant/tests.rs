//! Against `Sim`, which computes in the ring: the same account, and errors of the same size.

use ditto_core::Word;
use ditto_core::fixed::exp2;
use ditto_core::{Backend, Levels, Linear, Report, Source, StepFunction, StepFunctions, Z32, Z64};
use ndarray::{ArrayD, arr0};

use super::*;
use crate::clear::plain::{Plain, PlainSource};
use crate::clear::sim::{Sim, SimSource};
use crate::party::arrays::array;

const ROWS: usize = 64;
const COLUMNS: usize = 48;

/// Numbers between -`scale` and `scale` that follow no pattern.
fn numbers(rows: usize, columns: usize, scale: f64, seed: u64) -> ArrayD<f64> {
    let mut words = vec![0u32; rows * columns];
    u32::fill(&mut Prg::new(&Key::new([9; 16]), 0).stream(seed, 0), &mut words);
    let values = words.into_iter().map(|w| (f64::from(w) / exp2(31) - 1.0) * scale).collect();
    array(&[rows, columns], values)
}

/// Fractional bits of the program's formats.
#[derive(Clone, Copy)]
struct Scales {
    act: u32,
    weight: u32,
    exp: u32,
    high: u32,
}

const WRITTEN: Scales = Scales { act: 8, weight: 10, exp: 18, high: 18 };

/// A linear layer in 32 bits, widened, squared, narrowed, and the powers of what is below the maximum
/// of each row, chosen by a comparison and scaled by a lookup: every kind of operation.
fn program<B: Backend>(
    scales: Scales,
    cx: &mut B,
    source: &mut impl Source<B>,
) -> Result<ArrayD<f64>, B::Error> {
    let Scales { act, weight, exp, high } = scales;
    let mut share = |values: &ArrayD<f64>, frac| source.share::<Z32>(values, frac).expect("fits");
    let x = share(&numbers(ROWS, COLUMNS, 3.0, 1), act);
    let w = cx.prepare::<Z32>(&share(&numbers(COLUMNS, COLUMNS, 0.3, 2), weight))?;
    let bias = B::product_of::<Z32>(&share(&numbers(1, COLUMNS, 0.5, 3), act + weight));
    let bias = bias.reshape(&[COLUMNS]);
    let low = cx.scope("linear", |cx| {
        let product = Linear::add(&cx.matmul_weight::<Z32>(&x, &w)?, &bias);
        let wide = cx.truncate_widen::<Z32, Z64>(product, act + weight - high)?;
        let square = cx.mul::<Z64>(&wide, &wide)?;
        let square = Linear::shift_point(square, 4);
        let square = cx.truncate::<Z64>(square, high + 4)?;
        Ok(B::narrow::<Z64, Z32>(&wide.sub(&square), high - act))
    })?;
    cx.scope("powers", |cx| {
        let product = cx.mul::<Z32>(&low, &low)?;
        let scores = B::scale::<Z32>(&cx.truncate::<Z32>(product, act)?, -1);
        let levels = Levels { low: -128.0, step: 1.0, count: 256 };
        let max = cx.row_maximum::<Z32>(&scores, act, &levels)?;
        // Which level it is is chance, so it may not decide the result.
        let below = scores.add(&B::scale::<Z32>(&max, 0));
        let below = B::add_public::<Z32>(&below, &arr0(-1.0).into_dyn(), act);
        let powers = cx.exp2::<Z32>(&below, act)?;
        let powers = cx.truncate::<Z32>(powers, 30 - exp)?;
        let far = B::add_public::<Z32>(&below, &arr0(9.0).into_dyn(), act);
        let kept = cx.is_negative::<Z32>(&far, 9 + act)?;
        let kept = cx.bit_to_ring::<Z32>(&kept)?;
        let kept = B::add_public::<Z32>(&B::scale::<Z32>(&kept, -1), &arr0(1.0).into_dyn(), 0);
        let kept = cx.mul::<Z32>(&kept, &powers)?;
        let kept = cx.truncate::<Z32>(kept, 0)?;
        let wide = cx.widen::<Z32, Z64>(&kept, high - exp)?;
        let sums = B::add_public::<Z64>(&wide.sum_last(), &arr0(0.25).into_dyn(), high);
        let values = vec![0.301, 0.302, 0.303];
        let steps = vec![StepFunction { frac: high, values }];
        let steps = StepFunctions::new(0.0..64.0, vec![1.0, 2.0], steps);
        let factor = cx.step_functions::<Z64>(&sums, high, &steps)?.remove(0);
        let result = cx.mul::<Z64>(&wide, &factor)?;
        let scaled = cx.truncate::<Z64>(result, high)?;
        cx.open::<Z64>(&scaled, high)
    })
}

fn on_fake(formats: Formats, seed: u64) -> Result<(ArrayD<f64>, FakeQuant), OutOfRange> {
    let mut cx = FakeQuant::new(formats, seed);
    let values = program(WRITTEN, &mut cx, &mut FakeSource)?;
    Ok((values, cx))
}

fn on_sim(scales: Scales, seed: u64) -> (ArrayD<f64>, Report) {
    let mut cx = Sim::new(seed);
    let values = program(scales, &mut cx, &mut SimSource).expect("in range");
    (values, cx.trace().report())
}

fn reference() -> ArrayD<f64> {
    on_fake(Formats::as_written(1).round_only([]), 0).expect("in range").0
}

/// The mean and the mean square of the differences to the reference over some runs.
fn moments(run: impl Fn(u64) -> ArrayD<f64>) -> (f64, f64) {
    let truth = reference();
    let differences = (1..=12).flat_map(|seed| (run(seed) - &truth).into_iter());
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for difference in differences {
        (count, sum, squares) = (count + 1.0, sum + difference, squares + difference * difference);
    }
    (sum / count, squares / count)
}

type Counted = (String, u64, ditto_core::Cost, Vec<(&'static str, &'static str, ditto_core::Cost)>);

/// The operations that talk, by scope.
fn talk(report: &Report) -> Vec<Counted> {
    let scope = |scope: &ditto_core::ScopeReport| {
        let talking = scope.operations.iter().filter(|o| o.cost.rounds > 0);
        let operations = talking.map(|o| (o.operation, o.ring, o.cost.clone())).collect();
        (scope.path.clone(), scope.calls, scope.cost.clone(), operations)
    };
    report.scopes.iter().map(scope).collect()
}

/// The program's formats as they are written, and what stands in their place.
fn formats(scales: Scales) -> Formats {
    let mut formats = Formats::as_written(1);
    for layer in ["linear", "powers"] {
        let mut set =
            |kind, ring, written, frac| formats.set(site(layer, kind, ring, written), frac);
        set(SiteKind::Value, 32, WRITTEN.act, scales.act);
        set(SiteKind::Weight, 32, WRITTEN.weight, scales.weight);
        set(SiteKind::Value, 32, WRITTEN.exp, scales.exp);
        set(SiteKind::Value, 64, WRITTEN.high, scales.high);
    }
    formats
}

/// The simulation is given the scales by the program, fake quantization by substitution.
const SUBSTITUTES: [Scales; 4] = [
    WRITTEN,
    Scales { act: 7, weight: 11, ..WRITTEN },
    Scales { act: 9, weight: 9, exp: 13, high: 16 },
    Scales { act: 6, weight: 12, exp: 15, high: 17 },
];

#[test]
fn the_account_is_that_of_the_simulation_in_the_same_formats() {
    for scales in SUBSTITUTES {
        let (_, mut fake) = on_fake(formats(scales), 1).expect("in range");
        let (_, sim) = on_sim(scales, 1);
        assert_eq!(talk(&fake.trace().report()), talk(&sim));
        let by_layer: u64 = fake.layers().iter().map(|layer| layer.bytes).sum();
        assert_eq!(by_layer, sim.total().total_bytes());
    }
}

/// Both errors are of rounding, drawn independently; the simulation's is what is true.
#[test]
fn errors_are_as_large_as_those_of_the_simulation_in_the_same_formats() {
    for scales in SUBSTITUTES {
        let (fake_mean, fake) = moments(|seed| on_fake(formats(scales), seed).expect("in range").0);
        let (sim_mean, sim) = moments(|seed| on_sim(scales, seed).0);
        assert!(sim > 1e-9, "the simulation rounds: {sim}");
        assert!((fake / sim).ln().abs() < 0.1, "{fake} and {sim}");
        let spread = (sim / (12 * ROWS * COLUMNS) as f64).sqrt();
        assert!((fake_mean - sim_mean).abs() < 20.0 * spread, "{fake_mean} and {sim_mean}");
    }
}

/// Nothing is rounded, so it is what `Plain` computes: but for the level of a maximum, which scales a
/// row, both take the same.
#[test]
fn exact_runs_are_those_of_the_reference() {
    let mut plain = Plain::as_written();
    let Ok(truth) = program(WRITTEN, &mut plain, &mut PlainSource);
    let apart = (reference() - truth).mapv(f64::abs).fold(0.0, |a: f64, &b| a.max(b));
    assert!(apart < 1e-12, "{apart}");
}

fn site(layer: &str, kind: SiteKind, ring: u32, frac: u32) -> Site {
    Site { layer: layer.to_owned(), kind, written: FormatValue { ring, frac } }
}

/// A bit less of one format alone: four times the noise.
#[test]
fn noise_grows_with_the_square_of_the_unit() {
    for site in [
        site("linear", SiteKind::Weight, 32, 10),
        site("linear", SiteKind::Value, 32, 8),
        site("powers", SiteKind::Value, 32, 18),
    ] {
        let noise = |frac| {
            let mut formats = Formats::as_written(1).round_only([site.clone()]);
            formats.set(site.clone(), frac);
            moments(|seed| on_fake(formats.clone(), seed).expect("in range").0).1
        };
        let frac = site.written.frac;
        let ratio = noise(frac - 3) / noise(frac - 1);
        assert!((8.0..32.0).contains(&ratio), "{site:?}: {ratio}");
    }
}

/// A result in fewer bits costs more: for each bit that is dropped, 4 bits of every element that is
/// scaled down. A weight of fewer bits costs as much less.
#[test]
fn bytes_are_those_of_the_substituted_formats() {
    let bytes = |site: Option<(Site, u32)>| {
        let mut formats = Formats::as_written(1);
        if let Some((site, frac)) = site {
            formats.set(site, frac);
        }
        let (_, cx) = on_fake(formats, 1).expect("in range");
        cx.layers()[0].bytes as i64
    };
    let elements = (ROWS * COLUMNS) as i64;
    let written = bytes(None);
    // Two bits more are dropped at the first scale-down, and two less at the second: squares have four
    // less then, and keep two less.
    let coarser = bytes(Some((site("linear", SiteKind::Value, 64, 18), 16)));
    assert_eq!(coarser, written);
    // Products of F<15>, which keep that scale; squares of F<30> instead of F<36>.
    let weights = bytes(Some((site("linear", SiteKind::Weight, 32, 10), 7)));
    assert_eq!(weights - written, -elements * 4 * 6 / 8);
}

#[test]
fn a_value_outside_of_its_format_is_named() {
    let mut formats = Formats::as_written(1);
    formats.set(site("linear", SiteKind::Value, 32, 8), 20);
    let error = on_fake(formats, 1).err().expect("products of 30 bits have no room for 5");
    assert_eq!((error.path.as_str(), error.operation), ("linear", "matrix product"));
    assert_eq!((error.format, error.bound), (FormatValue { ring: 32, frac: 30 }, 1.0));
    assert!(error.to_string().contains("Fixed<Z32, F<30>>"), "{error}");
    // The room that was noted says how many bits there are.
    let (_, cx) = on_fake(Formats::as_written(1), 1).expect("in range");
    let weight = site("linear", SiteKind::Weight, 32, 10);
    let note = cx.layers()[0].sites.iter().find(|note| note.site == weight).expect("a weight");
    let try_with = |frac| {
        let mut formats = Formats::as_written(1);
        formats.set(weight.clone(), frac);
        on_fake(formats, 1).map(|_| ())
    };
    let room = note.room.floor() as u32;
    assert!((1..12).contains(&room), "{}", note.room);
    assert!(try_with(10 + room).is_ok() && try_with(11 + room).is_err());
    // And a margin takes up some of it.
    let mut formats = Formats::as_written(1).with_margin(1);
    formats.set(weight.clone(), 10 + room);
    assert!(on_fake(formats, 1).is_err());
}

/// In 32 bits the layer's products have scales of 32 bits, and what leaves it is widened.
#[test]
fn a_layer_in_a_narrower_ring_is_cheaper_and_coarser() {
    let mut formats = Formats::as_written(1);
    formats.narrow("powers".to_owned());
    formats.set(site("powers", SiteKind::Value, 64, 18), 11);
    let (values, mut narrow) = on_fake(formats, 1).expect("in range");
    let (_, mut written) = on_fake(Formats::as_written(1), 1).expect("in range");
    let bytes = |cx: &mut FakeQuant| cx.trace().total().total_bytes();
    assert!(bytes(&mut narrow) < bytes(&mut written));
    let report = narrow.trace().report();
    let widens = report.scopes.iter().flat_map(|s| &s.operations).any(|o| o.operation == "widen");
    assert!(!widens, "there is nothing to widen to");
    let apart = (values - reference()).mapv(f64::abs).fold(0.0, |a: f64, &b| a.max(b));
    assert!(apart > exp2(18).recip() && apart < 0.05, "{apart}");
}

#[test]
fn a_maximum_is_a_level_below_it_by_less_than_two_steps() {
    let mut cx = FakeQuant::new(Formats::as_written(1), 5);
    let x = numbers(200, 7, 20.0, 4);
    let x: FakeShare = Source::<FakeQuant>::share::<Z32>(&mut FakeSource, &x, 8).expect("fits");
    let levels = Levels { low: -64.0, step: 2.0, count: 64 };
    let max = cx.row_maximum::<Z32>(&x, 8, &levels).expect("in range");
    for (level, row) in max.elements().iter().zip(x.elements().chunks(7)) {
        let max = row.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        assert!(level % 2.0 == 0.0 && *level <= max + 1.0 / 256.0 && *level > max - 4.01);
    }
}

#[test]
fn values_that_no_format_holds_are_refused() {
    for value in [f64::NAN, f64::INFINITY, 5e6] {
        let values = ArrayD::from_elem(vec![2], value);
        assert!(Source::<FakeQuant>::share::<Z32>(&mut FakeSource, &values, 8).is_err());
    }
    let empty = ArrayD::zeros(vec![0, 3]);
    let empty = Source::<FakeQuant>::share::<Z64>(&mut FakeSource, &empty, 18).expect("nothing");
    let mut cx = FakeQuant::new(Formats::as_written(1), 5);
    let product = cx.mul::<Z64>(&empty, &empty).expect("nothing is out of range");
    assert_eq!(cx.truncate::<Z64>(product, 18).expect("nothing").shape(), [0, 3]);
}
