//! Runs of a computation in other formats, and what they do to its results.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use ditto_backends::fake_quant::{FakeQuant, Formats, LayerNote, OutOfRange, Site};
use rayon::prelude::*;

use super::{RunsObserver, SuggestError};

/// Where a format has more bits than are written, values may double on other texts than these.
const MARGIN: u32 = 1;
/// Draws of the rounding noise that a combination is run with.
const DRAWS: u64 = 3;

/// A choice of formats.
#[derive(Clone, Debug, Default)]
pub(super) struct FormatChoice {
    /// Fractional bits, where they are not those that are written.
    pub(super) frac: BTreeMap<Site, u32>,
    /// Layers whose `Z64` became `Z32`.
    pub(super) narrowed: BTreeSet<String>,
}

impl FormatChoice {
    pub(super) fn with(&self, site: &Site, frac: u32) -> Self {
        let mut plan = self.clone();
        plan.frac.insert(site.clone(), frac);
        plan
    }

    fn formats(&self, depth: usize) -> Formats {
        let mut formats = Formats::as_written(depth).with_margin(MARGIN);
        self.frac.iter().for_each(|(site, &frac)| formats.set(site.clone(), frac));
        self.narrowed.iter().for_each(|layer| formats.narrow(layer.clone()));
        formats
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    /// 1 - cosine to the reference, of each text.
    pub(super) losses: Vec<f64>,
    /// Cost, sites and their room.
    pub(super) layers: Vec<LayerNote>,
}

impl Trial {
    /// The largest loss of a text.
    pub(super) fn loss(&self) -> f64 {
        self.losses.iter().copied().fold(0.0, f64::max)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.layers.iter().map(|layer| layer.bytes).sum()
    }
}

/// One result for each text.
pub(super) type Results = Vec<Vec<f64>>;

/// A computation with its reference.
pub(super) struct Trials<'a, C> {
    computation: &'a C,
    depth: usize,
    seed: u64,
    reference: Results,
    progress: Option<RunsObserver<'a>>,
    done: AtomicUsize,
    expected: AtomicUsize,
}

impl<'a, C> Trials<'a, C>
where
    C: Fn(&mut FakeQuant) -> Result<Results, OutOfRange> + Sync,
{
    pub(super) fn new(
        computation: &'a C,
        depth: usize,
        seed: u64,
        progress: Option<RunsObserver<'a>>,
    ) -> Result<Self, SuggestError> {
        let formats = Formats::as_written(depth).round_only([]);
        let reference = computation(&mut FakeQuant::new(formats, seed))?;
        if reference.is_empty() {
            return Err(SuggestError::NoTexts);
        }
        let usable = |result: &Vec<f64>| {
            result.iter().all(|v| v.is_finite()) && result.iter().any(|&v| v != 0.0)
        };
        if let Some(text) = reference.iter().position(|result| !usable(result)) {
            return Err(SuggestError::NoDirection { text: text + 1 });
        }
        let (done, expected) = (AtomicUsize::new(1), AtomicUsize::new(1));
        Ok(Self { computation, depth, seed, reference, progress, done, expected })
    }

    pub(super) fn texts(&self) -> usize {
        self.reference.len()
    }

    /// Says how many runs are still to come, so that progress can be shown.
    pub(super) fn expect(&self, runs: usize) {
        self.expected.fetch_add(runs, Ordering::Relaxed);
    }

    fn run(&self, formats: Formats, seed: u64) -> Result<Trial, OutOfRange> {
        let mut cx = FakeQuant::new(formats, seed);
        let results = (self.computation)(&mut cx);
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(progress) = self.progress {
            progress(done, self.expected.load(Ordering::Relaxed).max(done));
        }
        let losses = results?.iter().zip(&self.reference).map(|(x, y)| loss(x, y)).collect();
        Ok(Trial { losses, layers: cx.layers().to_vec() })
    }

    /// A plan as it stands, with several draws of its noise: the largest loss of each text, and the
    /// least room of each site.
    pub(super) fn whole(&self, plan: &FormatChoice) -> Result<Trial, OutOfRange> {
        self.expect(DRAWS as usize);
        let draws: Vec<u64> = (0..DRAWS).collect();
        let run = |draw: &u64| self.run(plan.formats(self.depth), self.seed.wrapping_add(*draw));
        let trials: Vec<Trial> = draws.par_iter().map(run).collect::<Result<_, _>>()?;
        let least = |mut all: Trial, next: Trial| {
            all.losses
                .iter_mut()
                .zip(&next.losses)
                .for_each(|(loss, next)| *loss = loss.max(*next));
            for (layer, next) in all.layers.iter_mut().zip(&next.layers) {
                for (site, next) in layer.sites.iter_mut().zip(&next.sites) {
                    site.room = site.room.min(next.room);
                }
            }
            all
        };
        let mut trials = trials.into_iter();
        let first = trials.next().unwrap_or(Trial { losses: vec![], layers: vec![] });
        Ok(trials.fold(first, least))
    }

    /// Plans of which the values of some sites alone are rounded, all of which are run.
    pub(super) fn alone(
        &self,
        jobs: &[(FormatChoice, Vec<Site>)],
    ) -> Vec<Result<Trial, OutOfRange>> {
        self.expect(jobs.len());
        let run = |(plan, sites): &(FormatChoice, Vec<Site>)| {
            let formats = plan.formats(self.depth).round_only(sites.iter().cloned());
            self.run(formats, self.seed)
        };
        jobs.par_iter().map(run).collect()
    }
}

/// 1 - cosine, to more digits than the cosine itself has: half the square of the distance of both
/// on the unit sphere. 2, the most, if a result has no direction.
fn loss(x: &[f64], y: &[f64]) -> f64 {
    let length = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
    let (a, b) = (length(x), length(y));
    let distance: f64 = x.iter().zip(y).map(|(x, y)| (x / a - y / b).powi(2)).sum();
    if distance.is_finite() { distance / 2.0 } else { 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_what_the_cosine_lacks() {
        assert!((loss(&[1.0, 0.0], &[3.0, 4.0]) - 0.4).abs() < 1e-15);
        assert!((loss(&[1.0, 1e-6], &[1.0, 0.0]) - 5e-13).abs() < 1e-17);
        assert_eq!((loss(&[0.0], &[1.0]), loss(&[-1.0], &[2.0])), (2.0, 2.0));
    }
}
