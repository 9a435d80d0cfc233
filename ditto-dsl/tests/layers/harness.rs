//! The cross-backend test harness: one layer, four ways to run it, one account of the errors.
//!
//! The three sources of error are kept apart, as the backends keep them apart. True to as written
//! is the approximation's error, as written to `Sim` or `Rep3` the quantization's. Inputs have to
//! lie on the grid of their format (see [`crate::inputs::on_grid`]): what is measured then is the
//! layer's error alone and not that of rounding its inputs.

use std::fmt;

use ditto_backends::plain::PlainSource;
use ditto_backends::rep3::Rep3Error;
use ditto_backends::rep3::deal::Dealer;
use ditto_backends::rep3::run::{all_of, seeded_parties, threads};
use ditto_backends::sim::{SimError, SimSource};
use ditto_backends::{Plain, Rep3, Sim};
use ditto_core::prg::Key;
use ditto_core::trace::Report;
use ditto_core::{Backend, Source};
use ditto_dsl::Precision;
use ndarray::{ArrayD, Dimension};

/// A layer with its inputs. Rust has no generic closures, so the layer is a generic method.
pub(crate) trait Layer: Sync {
    /// Shares the inputs through `source`, runs the layer and opens its result.
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error>;

    /// What the layer should give, computed in f64 by code of the test.
    fn reference(&self) -> ArrayD<f64>;
}

/// How far a value may be from the expected one: `absolute` + `relative` · |expected|.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Within {
    pub(crate) absolute: f64,
    pub(crate) relative: f64,
}

impl Within {
    /// No error at all.
    pub(crate) const NOTHING: Self = Self { absolute: 0.0, relative: 0.0 };
    /// What f64 arithmetic in another order gives.
    pub(crate) const F64: Self = Self { absolute: 1e-9, relative: 1e-9 };

    pub(crate) const fn absolute(absolute: f64) -> Self {
        Self { absolute, relative: 0.0 }
    }

    pub(crate) const fn relative(relative: f64) -> Self {
        Self { absolute: 0.0, relative }
    }

    /// Checks that a measured error is at most the stated one. Of a stated error only one kind may
    /// be given.
    #[track_caller]
    pub(crate) fn is_at_most(self, stated: Self) {
        let is_absolute = stated.relative == 0.0 && self.absolute <= stated.absolute;
        let is_relative = stated.absolute == 0.0 && self.relative <= stated.relative;
        assert!(is_absolute || is_relative, "measured {self:?}, stated {stated:?}");
    }
}

/// The errors that a layer may make: of its approximation, and of quantization on top of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) approximation: Within,
    pub(crate) quantization: Within,
}

/// Runs `layer` on `Plain`, which computes the true functions.
pub(crate) fn on_plain<P: Precision>(layer: &impl Layer) -> ArrayD<f64> {
    let Ok(values) = layer.run::<Plain, P>(&mut PlainSource, &mut Plain::new());
    values
}

/// Runs `layer` on `Plain` with the approximations that it is written with, in f64.
pub(crate) fn as_written<P: Precision>(layer: &impl Layer) -> ArrayD<f64> {
    let Ok(values) = layer.run::<Plain, P>(&mut PlainSource, &mut Plain::as_written());
    values
}

/// Runs `layer` on `Sim`.
pub(crate) fn on_sim<P: Precision>(
    layer: &impl Layer,
    seed: u64,
) -> Result<(ArrayD<f64>, Report), SimError> {
    let mut sim = Sim::new(seed);
    let values = layer.run::<Sim, P>(&mut SimSource, &mut sim)?;
    Ok((values, sim.trace().report()))
}

/// Runs `layer` on `Rep3`, three parties in this process whose randomness comes from `seed`, and
/// checks that they open the same values.
pub(crate) fn on_rep3<P: Precision>(
    layer: &impl Layer,
    seed: u64,
) -> Result<(ArrayD<f64>, Report), Rep3Error> {
    let mut key = [0xd1; 16];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let dealers = Dealer::trio(&Key::new(key));
    let results = threads(seeded_parties(seed), dealers, |party: &mut Rep3, mut dealer| {
        let values = layer.run::<Rep3, P>(&mut dealer, party)?;
        Ok::<_, Rep3Error>((values, party.trace().report()))
    });
    let [first, second, third] = all_of(results)?;
    assert!(
        first.0 == second.0 && first.0 == third.0,
        "seed {seed}: the parties opened different values"
    );
    Ok((first.0, Report::merge([first.1, second.1, third.1])))
}

/// Runs `layer` in all four ways; panics with `seed` in the message if a value is further off than
/// `bounds` allow, or if `Sim` accounts for other rounds or bytes than `Rep3` sends.
#[track_caller]
pub(crate) fn check<P: Precision>(layer: &impl Layer, bounds: Bounds, seed: u64) {
    let reference = layer.reference();
    let written = as_written::<P>(layer);
    let at = |backend: &'static str| At { backend, policy: P::NAME, seed };
    compare(at("plain"), &on_plain::<P>(layer), &reference, Within::F64);
    compare(at("plain, as written"), &written, &reference, bounds.approximation);

    let (sim, sim_report) =
        on_sim::<P>(layer, seed).unwrap_or_else(|e| panic!("{}: {e}", at("sim")));
    let (rep3, rep3_report) =
        on_rep3::<P>(layer, seed).unwrap_or_else(|e| panic!("{}: {e}", at("rep3")));
    compare(at("sim"), &sim, &written, bounds.quantization);
    compare(at("rep3"), &rep3, &written, bounds.quantization);
    same_costs(at("sim against rep3"), &sim_report, &rep3_report);
}

/// Checks that `got` is within `tolerance` of `want`, element by element.
#[track_caller]
pub(crate) fn compare(
    at: impl fmt::Display,
    got: &ArrayD<f64>,
    want: &ArrayD<f64>,
    tolerance: Within,
) {
    assert_eq!(got.shape(), want.shape(), "{at}: the shape of the result");
    for ((index, got), want) in got.indexed_iter().zip(want.iter()) {
        let allowed = tolerance.absolute + tolerance.relative * want.abs();
        // Written so that NaN counts as outside.
        assert!(
            (got - want).abs() <= allowed,
            "{at}: {got} instead of {want} at {:?}, {:e} apart where {allowed:e} is allowed",
            index.slice(),
            (got - want).abs()
        );
    }
}

/// Checks that two accounts agree in every scope: calls, rounds, and bytes of each party.
#[track_caller]
fn same_costs(at: impl fmt::Display, sim: &Report, rep3: &Report) {
    let lines = |report: &Report| -> Vec<_> {
        report.scopes.iter().map(|s| (s.path.clone(), s.calls, s.cost)).collect()
    };
    assert_eq!(lines(sim), lines(rep3), "{at}: scopes, calls, rounds and bytes");
}

/// Where a check failed: enough to run it again.
struct At {
    backend: &'static str,
    policy: &'static str,
    seed: u64,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { backend, policy, seed } = self;
        write!(f, "{backend}, policy {policy}, seed {seed}")
    }
}

/// The largest absolute and relative difference of `got` from `want`, for tables of measurements.
pub(crate) fn furthest(got: &ArrayD<f64>, want: &ArrayD<f64>) -> Within {
    let mut worst = Within::NOTHING;
    for (got, want) in got.iter().zip(want) {
        worst.absolute = worst.absolute.max((got - want).abs());
        worst.relative = worst.relative.max(((got - want) / want).abs());
    }
    worst
}

/// Measures the errors of `layer` over its whole range: the approximation's, and the
/// quantization's as the worst of `Sim` and `Rep3`. Prints them (`cargo test -- --nocapture`).
#[track_caller]
pub(crate) fn measure<P: Precision>(name: &str, layer: &impl Layer, seed: u64) -> Bounds {
    let written = as_written::<P>(layer);
    let approximation = furthest(&written, &layer.reference());
    let (sim, _) = on_sim::<P>(layer, seed).unwrap_or_else(|e| panic!("{name}, sim: {e}"));
    let (rep3, _) = on_rep3::<P>(layer, seed).unwrap_or_else(|e| panic!("{name}, rep3: {e}"));
    let (sim, rep3) = (furthest(&sim, &written), furthest(&rep3, &written));
    println!(
        "{name:24} {:6} approximation {:.3e} (relative {:.3e}), quantization on sim {:.3e} \
         ({:.3e}), on rep3 {:.3e} ({:.3e})",
        P::NAME,
        approximation.absolute,
        approximation.relative,
        sim.absolute,
        sim.relative,
        rep3.absolute,
        rep3.relative
    );
    let quantization = Within {
        absolute: sim.absolute.max(rep3.absolute),
        relative: sim.relative.max(rep3.relative),
    };
    Bounds { approximation, quantization }
}

/// Calls a function that is generic over the precision policy once for each policy.
macro_rules! every_policy {
    ($test:ident($($argument:expr),* $(,)?)) => {{
        $test::<ditto_dsl::precision::Ditto>($($argument),*);
        $test::<ditto_dsl::precision::Fine>($($argument),*);
        $test::<ditto_dsl::precision::Puma>($($argument),*);
    }};
}
pub(crate) use every_policy;
