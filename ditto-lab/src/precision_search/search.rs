//! The search: rings first, then bits, then a run of everything together.

use std::collections::BTreeMap;

use ditto_backends::fake_quant::{FakeQuant, LayerNote, OutOfRange, Site, SiteKind, SiteNote};
use ditto_core::{Ring, Z64};

use super::budget::{self, Knob};
use super::trials::{FormatChoice, Results, Trial, Trials};

/// A format is measured with this many bits less than it has.
const STEP: u32 = 2;
/// Bits that values lose when `Z64` becomes `Z32`, to be tried in this order: from `F<18>` the first
/// leads to the scales of the paper's linear layers.
const DROPS: [u32; 3] = [10, 12, 14];
/// Weights are smaller than activations, and keep this many bits more.
const WEIGHT_BITS: u32 = 2;
/// The part of the budget that narrower rings may take.
const RINGS: f64 = 0.5;
/// How often estimates are replaced by measurements before a combination is run.
const ROUNDS: usize = 2;
/// How many combinations are run before the search gives up.
const ATTEMPTS: usize = 16;

/// What was found.
pub(super) struct Found {
    /// A run in the formats that were found.
    pub(super) trial: Trial,
    /// Of the formats as they are written.
    pub(super) written: Trial,
    /// The loss of each site's format in the plan, alone.
    pub(super) alone: BTreeMap<Site, f64>,
}

fn sites(layers: &[LayerNote]) -> impl Iterator<Item = &SiteNote> {
    layers.iter().flat_map(|layer| &layer.sites)
}

/// The formats that are cheapest with a loss of at most `budget`, as far as this search finds them.
pub(super) fn search<C>(trials: &Trials<C>, budget: f64) -> Result<Found, OutOfRange>
where
    C: Fn(&mut FakeQuant) -> Result<Results, OutOfRange> + Sync,
{
    let written = trials.whole(&FormatChoice::default())?;
    let (base, start) = narrower_rings(trials, &written, budget);
    let mut bits = Bits::measure(trials, base, &start);
    let (plan, trial) = bits.combine(trials, budget, start, &written);
    let alone = bits.alone(trials, &plan, &trial);
    Ok(Found { trial, written, alone })
}

/// The layers that can run in `Z32` instead of `Z64`, and a run with these: the cheapest for
/// their noise first.
fn narrower_rings<C>(trials: &Trials<C>, written: &Trial, budget: f64) -> (FormatChoice, Trial)
where
    C: Fn(&mut FakeQuant) -> Result<Results, OutOfRange> + Sync,
{
    let wide = |layer: &LayerNote| -> Vec<Site> {
        let wide = layer.sites.iter().filter(|note| note.site.written.ring == Z64::BITS);
        wide.map(|note| note.site.clone()).collect()
    };
    let mut open: Vec<Vec<Site>> = written.layers.iter().map(wide).collect();
    open.retain(|sites| !sites.is_empty());
    let mut candidates = Vec::new();
    for drop in DROPS {
        let plan_of = |sites: &Vec<Site>| {
            let mut plan = FormatChoice::default();
            for site in sites {
                let kept = if site.kind == SiteKind::Weight { WEIGHT_BITS } else { 0 };
                let frac = (site.written.frac + kept).saturating_sub(drop).max(1);
                plan.frac.insert(site.clone(), frac);
                plan.narrowed.insert(site.layer.clone());
            }
            (plan, sites.clone())
        };
        let jobs: Vec<(FormatChoice, Vec<Site>)> = open.iter().map(plan_of).collect();
        let mut refused = Vec::new();
        for ((plan, sites), trial) in jobs.iter().zip(trials.alone(&jobs)) {
            match trial {
                Ok(trial) if trial.bytes() < written.bytes() => {
                    candidates.push((plan.clone(), trial));
                }
                Ok(_) => {}
                Err(_) => refused.push(sites.clone()),
            }
        }
        open = refused;
    }
    let saved = |trial: &Trial| (written.bytes() - trial.bytes()) as f64;
    let value = |trial: &Trial| saved(trial) / trial.loss().max(f64::MIN_POSITIVE);
    candidates.sort_by(|(_, a), (_, b)| value(b).total_cmp(&value(a)));
    let (mut accepted, mut spent) = (Vec::new(), vec![0.0; trials.texts()]);
    for (plan, trial) in candidates {
        let sum: Vec<f64> = spent.iter().zip(&trial.losses).map(|(a, b)| a + b).collect();
        if sum.iter().all(|&loss| loss <= RINGS * budget) {
            (accepted, spent) = ([accepted, vec![plan]].concat(), sum);
        }
    }
    // All of them together may leave a range that one alone does not: the dearest goes then.
    while !accepted.is_empty() {
        let mut all = FormatChoice::default();
        for plan in &accepted {
            all.frac.extend(plan.frac.clone());
            all.narrowed.extend(plan.narrowed.clone());
        }
        match trials.whole(&all) {
            Ok(trial) if trial.bytes() < written.bytes() => return (all, trial),
            Ok(_) => _ = accepted.pop(),
            Err(error) => {
                let before = accepted.len();
                accepted.retain(|plan| !plan.narrowed.contains(&error.layer));
                if accepted.len() == before {
                    accepted.pop();
                }
            }
        }
    }
    (FormatChoice::default(), written.clone())
}

/// The fractional bits of all sites.
struct Bits {
    base: FormatChoice,
    sites: Vec<Site>,
    knobs: Vec<Knob>,
}

impl Bits {
    /// Measures each site alone, with a few bits less, and where that costs more, with a few
    /// more.
    fn measure<C>(trials: &Trials<C>, base: FormatChoice, start: &Trial) -> Self
    where
        C: Fn(&mut FakeQuant) -> Result<Results, OutOfRange> + Sync,
    {
        let (mut sites_of, mut knobs) = (Vec::new(), Vec::new());
        for note in sites(&start.layers) {
            // Formats leave two bits of their ring at least, and here as many more; of what is left, a
            // bit is kept for other texts.
            let most = note.format.ring - 4;
            let room = (note.room - 1.0).clamp(0.0, 60.0) as u32;
            let base = note.format.frac;
            sites_of.push(note.site.clone());
            knobs.push(Knob {
                base,
                low: 1.min(base),
                high: (base + room).min(most.max(base)),
                saved_by_coarser: 0.0,
                saved_by_finer: 0.0,
                measured: BTreeMap::new(),
            });
        }
        let mut bits = Self { base, sites: sites_of, knobs };
        let points: Vec<(usize, u32)> = (0..bits.knobs.len())
            .map(|i| (i, bits.knobs[i].base.saturating_sub(STEP).max(bits.knobs[i].low)))
            .collect();
        let bytes = start.bytes() as f64;
        let trials_of = bits.run(trials, &points);
        for (&(i, frac), trial) in points.iter().zip(&trials_of) {
            let knob = &mut bits.knobs[i];
            if let Some(trial) = trial
                && frac < knob.base
            {
                knob.saved_by_coarser = (bytes - trial) / f64::from(knob.base - frac);
                knob.saved_by_finer = -knob.saved_by_coarser;
            }
        }
        let points: Vec<(usize, u32)> = (0..bits.knobs.len())
            .filter(|&i| bits.knobs[i].saved_by_finer > 0.0)
            .map(|i| (i, bits.knobs[i].high.min(bits.knobs[i].base + STEP)))
            .filter(|&(i, frac)| frac > bits.knobs[i].base)
            .collect();
        let trials_of = bits.run(trials, &points);
        for knob in &mut bits.knobs {
            knob.saved_by_finer = knob.saved_by_finer.min(0.0);
        }
        for (&(i, frac), trial) in points.iter().zip(&trials_of) {
            let knob = &mut bits.knobs[i];
            if let Some(trial) = trial {
                knob.saved_by_finer = (bytes - trial) / f64::from(frac - knob.base);
            }
        }
        bits
    }

    /// Runs sites alone with the given bits, and keeps the losses. Gives the bytes of each, `None`
    /// where something left its range: such bits are no choice any more.
    fn run<C>(&mut self, trials: &Trials<C>, points: &[(usize, u32)]) -> Vec<Option<f64>>
    where
        C: Fn(&mut FakeQuant) -> Result<Results, OutOfRange> + Sync,
    {
        let job = |&(i, frac): &(usize, u32)| {
            (self.base.with(&self.sites[i], frac), vec![self.sites[i].clone()])
        };
        let jobs: Vec<(FormatChoice, Vec<Site>)> = points.iter().map(job).collect();
        let mut bytes = Vec::new();
        for (&(i, frac), trial) in points.iter().zip(trials.alone(&jobs)) {
            let knob = &mut self.knobs[i];
            bytes.push(trial.as_ref().ok().map(|trial| trial.bytes() as f64));
            match trial {
                Ok(trial) => _ = knob.measured.insert(frac, trial.losses),
                Err(_) if frac < knob.base => knob.low = frac + 1,
                Err(_) => knob.high = (frac.max(1) - 1).max(knob.base),
            }
        }
        bytes
    }

    /// The bits that share a budget, after what was estimated for them has been measured.
    fn choose<C>(&mut self, trials: &Trials<C>, budget: f64) -> Vec<u32>
    where
        C: Fn(&mut FakeQuant) -> Result<Results, OutOfRange> + Sync,
    {
        let mut chosen = budget::share(&self.knobs, trials.texts(), budget);
        for _ in 0..ROUNDS {
            let unknown = |&(i, frac): &(usize, u32)| {
                frac != self.knobs[i].base && !self.knobs[i].measured.contains_key(&frac)
            };
            let points: Vec<(usize, u32)> =
                chosen.iter().copied().enumerate().filter(unknown).collect();
            if points.is_empty() {
                break;
            }
            self.run(trials, &points);
            chosen = budget::share(&self.knobs, trials.texts(), budget);
        }
        chosen
    }

    fn plan(&self, bits: &[u32]) -> FormatChoice {
        let mut plan = self.base.clone();
        for ((site, knob), &frac) in self.sites.iter().zip(&self.knobs).zip(bits) {
            if frac != knob.base {
                plan.frac.insert(site.clone(), frac);
            }
        }
        plan
    }

    /// Runs combinations until one keeps the budget, with less to spend each time. If none does: what
    /// is written if that does, else the one that loses least.
    fn combine<C>(
        &mut self,
        trials: &Trials<C>,
        budget: f64,
        start: Trial,
        written: &Trial,
    ) -> (FormatChoice, Trial)
    where
        C: Fn(&mut FakeQuant) -> Result<Results, OutOfRange> + Sync,
    {
        let mut best = match start.loss() < written.loss() {
            true => (self.base.clone(), start),
            false => (FormatChoice::default(), written.clone()),
        };
        let mut estimated = budget;
        for _ in 0..ATTEMPTS {
            let chosen = self.choose(trials, estimated);
            let plan = self.plan(&chosen);
            match trials.whole(&plan) {
                Ok(trial) if trial.loss() <= budget => {
                    // Something that is written and keeps the budget may be cheaper still.
                    return match best.1.loss() <= budget && best.1.bytes() <= trial.bytes() {
                        true => best,
                        false => (plan, trial),
                    };
                }
                Ok(trial) => {
                    let over = (budget / trial.loss()).clamp(0.3, 0.95);
                    estimated *= over;
                    if trial.loss() < best.1.loss() {
                        best = (plan, trial);
                    }
                    if self.is_finest(&chosen) {
                        break;
                    }
                }
                Err(error) => self.forbid(&chosen, &error.layer),
            }
        }
        best
    }

    /// Whether there is nothing left to make finer.
    fn is_finest(&self, bits: &[u32]) -> bool {
        self.knobs.iter().zip(bits).all(|(knob, &frac)| frac >= knob.high)
    }

    /// After a value left its range: half as many bits more in its layer, or if none has more there, in
    /// all layers; and if none has more at all, the same for bits less.
    fn forbid(&mut self, chosen: &[u32], layer: &str) {
        let of_layer = |i: &usize| self.sites[*i].layer == layer;
        let finer = |i: &usize| chosen[*i] > self.knobs[*i].base;
        let coarser = |i: &usize| chosen[*i] < self.knobs[*i].base;
        let all = || 0..chosen.len();
        let sets: [Vec<usize>; 4] = [
            all().filter(of_layer).filter(finer).collect(),
            all().filter(finer).collect(),
            all().filter(of_layer).filter(coarser).collect(),
            all().filter(coarser).collect(),
        ];
        for i in sets.into_iter().find(|set| !set.is_empty()).unwrap_or_default() {
            let knob = &mut self.knobs[i];
            match chosen[i] > knob.base {
                true => knob.high = knob.base + (chosen[i] - knob.base) / 2,
                false => knob.low = knob.base - (knob.base - chosen[i]) / 2,
            }
        }
    }

    /// The loss of each site's format in a plan, with nothing else rounded.
    fn alone<C>(
        &mut self,
        trials: &Trials<C>,
        plan: &FormatChoice,
        trial: &Trial,
    ) -> BTreeMap<Site, f64>
    where
        C: Fn(&mut FakeQuant) -> Result<Results, OutOfRange> + Sync,
    {
        let formats: Vec<(Site, u32)> =
            sites(&trial.layers).map(|note| (note.site.clone(), note.format.frac)).collect();
        let known = |(site, frac): &(Site, u32)| {
            let i = self.sites.iter().position(|known| known == site)?;
            // Measured in this plan's rings only.
            let rings = plan.narrowed == self.base.narrowed;
            self.knobs[i].measured.get(frac).filter(|_| rings)
        };
        let largest = |losses: &Vec<f64>| losses.iter().copied().fold(0.0, f64::max);
        let mut alone: BTreeMap<Site, f64> = formats
            .iter()
            .filter_map(|format| known(format).map(|l| (format.0.clone(), largest(l))))
            .collect();
        let open = formats.into_iter().filter(|(site, _)| !alone.contains_key(site));
        let jobs: Vec<(FormatChoice, Vec<Site>)> =
            open.map(|(site, _)| (plan.clone(), vec![site])).collect();
        for ((_, sites), trial) in jobs.iter().zip(trials.alone(&jobs)) {
            // The plan was in range with more noise than this.
            if let Ok(trial) = trial {
                alone.insert(sites[0].clone(), trial.loss());
            }
        }
        alone
    }
}
