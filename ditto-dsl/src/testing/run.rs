//! One layer, four ways to run it.

use ditto_backends::plain::PlainSource;
use ditto_backends::rep3::Rep3Error;
use ditto_backends::rep3::deal::Dealer;
use ditto_backends::rep3::run::{all_of, seeded_parties, threads};
use ditto_backends::sim::{SimError, SimSource};
use ditto_backends::{Plain, Rep3, Sim};
use ditto_core::prg::Key;
use ditto_core::trace::Report;
use ditto_core::{Backend, Source};
use ndarray::ArrayD;

use crate::precision::Precision;

/// A layer with its inputs. Rust has no generic closures, so the layer is a generic method.
///
/// Inputs have to lie on the grid of their format (see [`on_grid`](super::on_grid)): what is
/// measured then is the layer's error alone and not that of rounding its inputs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer with its inputs",
    label = "cannot be run on all backends",
    note = "implement `Layer`: a method that is generic over the backend, and the reference; or write the test as `conformance(\"name\", layer!(..))`"
)]
pub trait Layer: Sync {
    /// Shares the inputs through `source`, runs the layer and opens its result.
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

/// Runs `layer` on `Plain`, which computes the true functions.
pub fn on_plain<P: Precision>(layer: &impl Layer) -> ArrayD<f64> {
    let Ok(values) = layer.run::<Plain, P>(&mut PlainSource, &mut Plain::new());
    values
}

/// Runs `layer` on `Plain` with the approximations that it is written with, in f64.
pub fn as_written<P: Precision>(layer: &impl Layer) -> ArrayD<f64> {
    let Ok(values) = layer.run::<Plain, P>(&mut PlainSource, &mut Plain::as_written());
    values
}

/// Runs `layer` on `Sim`, whose rounding noise comes from `seed`.
///
/// # Errors
/// If a value leaves its format's range.
pub fn on_sim<P: Precision>(
    layer: &impl Layer,
    seed: u64,
) -> Result<(ArrayD<f64>, Report), SimError> {
    let mut sim = Sim::new(seed);
    let values = layer.run::<Sim, P>(&mut SimSource, &mut sim)?;
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
