//! One layer, six ways to run it.

use std::ops::Deref;

use ditto_backends::PartyError;
use ditto_backends::additive;
use ditto_backends::plain::PlainSource;
use ditto_backends::rep3::run::{all_of, threads};
use ditto_backends::rep3::{self, AuditReport, Audited};
use ditto_backends::sim::{SimError, SimSource};
use ditto_backends::{Additive, Node, Plain, Rep3, Sim};
use ditto_core::prg::Key;
use ditto_core::trace::Report;
use ditto_core::{Backend, Source};
use ndarray::ArrayD;

use ditto_dsl::precision::Precision;

/// A layer with its inputs. Rust has no generic closures, so the layer is a generic method.
///
/// Inputs have to lie on the grid of their format (see [`on_grid`](crate::on_grid)): what is
/// measured then is the layer's error alone and not that of rounding its inputs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer with its inputs",
    label = "cannot be run on all backends",
    note = "implement `Layer`: a method that is generic over the backend, and the reference; or write the test as `conformance(\"name\", layer!(..))`"
)]
pub trait Layer: Sync {
    /// Shares the inputs through `source`, runs the layer and opens its result, once and nothing else:
    /// [`check`](crate::check) fails where more is opened.
    ///
    /// # Errors
    /// Those of the backend.
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error>;

    /// What the layer should give, computed in f64 by code of the test.
    fn reference(&self) -> ArrayD<f64>;
}

/// What runs on every backend: a [`Layer`] with its inputs, or a [`layer!`](crate::layer) on some
/// ([`Forward::on`](crate::Forward::on)).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer with its inputs",
    label = "cannot be run on all backends",
    note = "write the layer as `layer!(..)`, and put inputs to it: `layer.on(parameters, [x])`, with `()` for no parameters"
)]
pub trait Run: Sync {
    /// Shares the inputs through `source`, runs the layer and opens its result.
    ///
    /// # Errors
    /// Those of the backend.
    fn run_on<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error>;
}

impl<L: Layer> Run for L {
    fn run_on<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        self.run::<B, P>(source, cx)
    }
}

/// Runs `layer` on `Plain`, which computes the true functions.
pub fn on_plain<P: Precision>(layer: &impl Run) -> ArrayD<f64> {
    in_f64::<P>(layer, Plain::new()).0
}

/// Runs `layer` on `Plain` with the approximations that it is written with, in f64.
pub fn as_written<P: Precision>(layer: &impl Run) -> ArrayD<f64> {
    in_f64::<P>(layer, Plain::as_written()).0
}

/// Runs `layer` on `plain`: the values, and the account.
pub(crate) fn in_f64<P: Precision>(layer: &impl Run, mut plain: Plain) -> (ArrayD<f64>, Report) {
    let Ok(values) = layer.run_on::<Plain, P>(&mut PlainSource, &mut plain);
    (values, plain.trace().report())
}

/// Runs `layer` on `Sim`, whose rounding noise comes from `seed`.
///
/// # Errors
/// If a value leaves its format's range.
pub fn on_sim<P: Precision>(
    layer: &impl Run,
    seed: u64,
) -> Result<(ArrayD<f64>, Report), SimError> {
    let mut sim = Sim::new(seed);
    let values = layer.run_on::<Sim, P>(&mut SimSource, &mut sim)?;
    Ok((values, sim.trace().report()))
}

/// Runs `layer` on `Rep3`, three parties in this process whose randomness comes from `seed`, and
/// checks that they open the same values.
///
/// # Errors
/// If a party stops.
///
/// # Panics
/// If the parties open different values.
pub fn on_rep3<P: Precision>(
    layer: &impl Run,
    seed: u64,
) -> Result<(ArrayD<f64>, Report), PartyError> {
    let sources = rep3::sharing::Rep3Source::trio(&owners_key(seed));
    let (values, reports) =
        on_three(seed, rep3::run::seeded_parties(seed), sources, |cx, source| {
            let values = layer.run_on::<Rep3, P>(source, cx)?;
            Ok((values, cx.trace().report()))
        })?;
    Ok((values, Report::merge(reports)))
}

/// As [`on_rep3`], with an audit: whether a value left its range, tested in secret and put together as a
/// client would.
///
/// # Errors
/// As [`on_rep3`].
///
/// # Panics
/// As [`on_rep3`], and if the parties' shares of the audit do not belong together.
pub fn on_rep3_audited<P: Precision>(
    layer: &impl Run,
    seed: u64,
) -> Result<(ArrayD<f64>, AuditReport), PartyError> {
    let sources = rep3::sharing::Rep3Source::trio(&owners_key(seed));
    let parties = rep3::run::seeded_parties(seed).map(Audited::from);
    let (values, shares) = on_three(seed, parties, sources, |cx, source| {
        let values = layer.run_on::<Audited, P>(source, cx)?;
        Ok((values, cx.finish()?))
    })?;
    let audit = AuditReport::open(&shares).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    Ok((values, audit))
}

/// Runs `layer` on `Additive`, two parties and a dealer in this process whose randomness comes from
/// `seed`, and checks that all three open the same values.
///
/// # Errors
/// If a node stops.
///
/// # Panics
/// If the nodes open different values.
pub fn on_additive<P: Precision>(
    layer: &impl Run,
    seed: u64,
) -> Result<(ArrayD<f64>, Report), PartyError> {
    let sources = additive::sharing::AdditiveSource::trio(&owners_key(seed));
    let nodes = additive::run::seeded_nodes(seed);
    let (values, reports) = on_three(seed, nodes, sources, |cx, source| {
        let values = layer.run_on::<Additive, P>(source, cx)?;
        Ok((values, cx.trace().report()))
    })?;
    Ok((values, Report::merge(reports)))
}

/// The key that the owner of the inputs shares them with.
fn owners_key(seed: u64) -> Key {
    let mut key = [0xd1; 16];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    Key::new(key)
}

/// Runs `body` on three nodes, each in a thread of its own: the values that all of them open, and what
/// else each gives.
fn on_three<B, S, T>(
    seed: u64,
    nodes: [B; 3],
    sources: [S; 3],
    body: impl Fn(&mut B, &mut S) -> Result<(ArrayD<f64>, T), PartyError> + Sync,
) -> Result<(ArrayD<f64>, [T; 3]), PartyError>
where
    B: Backend<Error = PartyError> + Deref<Target = Node> + Send,
    S: Source<B> + Send,
    T: Send,
{
    let results = threads(nodes, sources, |node: &mut B, mut source| body(node, &mut source));
    let [(first, a), (second, b), (third, c)] = all_of(results)?;
    assert!(
        first == second && first == third,
        "seed {seed}: the parties of {} opened different values",
        B::NAME
    );
    Ok((first, [a, b, c]))
}
