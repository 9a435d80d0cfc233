//! What is noted while a computation runs: ranges, and the distance to the reference.

use std::collections::HashMap;

use ditto_core::fixed::exp2;

/// The extremes of what an operation saw, in one format.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// The operation.
    pub operation: &'static str,
    /// The ring's name.
    pub ring: &'static str,
    /// Fractional bits.
    pub frac: u32,
    /// As integers, values must be below 2^bits in magnitude.
    pub bits: u32,
    /// The lowest integer, at most 0.
    pub low: i64,
    /// The highest integer, at least 0.
    pub high: i64,
}

impl Seen {
    /// The lowest value, or 0.
    pub fn lowest(&self) -> f64 {
        self.low as f64 / exp2(self.frac)
    }

    /// The highest value, or 0.
    pub fn highest(&self) -> f64 {
        self.high as f64 / exp2(self.frac)
    }

    /// Values must be below this in magnitude.
    pub fn limit(&self) -> f64 {
        2f64.powi(self.bits as i32 - self.frac as i32)
    }

    /// How many times values could double: log2 of the limit over the furthest value. If all are 0,
    /// what one unit of the last place would have.
    pub fn headroom(&self) -> f64 {
        let furthest = self.low.unsigned_abs().max(self.high.unsigned_abs()).max(1);
        f64::from(self.bits) - (furthest as f64).log2()
    }

    fn same_place(&self, other: &Self) -> bool {
        let place = |seen: &Self| (seen.operation, seen.ring, seen.frac, seen.bits);
        place(self) == place(other)
    }
}

/// How far values are from those of the reference.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Deviation {
    /// How many values.
    pub count: u64,
    /// The largest difference.
    pub max: f64,
    absolute: f64,
    noise: f64,
    truth: f64,
    values: f64,
    product: f64,
}

impl Deviation {
    /// Of as many values as there are.
    pub fn of(values: &[f64], truth: &[f64]) -> Self {
        let mut sum = Self::default();
        for (&x, &t) in values.iter().zip(truth) {
            let apart = (x - t).abs();
            sum.count += 1;
            sum.max = sum.max.max(apart);
            sum.absolute += apart;
            sum.noise += apart * apart;
            sum.truth += t * t;
            sum.values += x * x;
            sum.product += x * t;
        }
        sum
    }

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.max = self.max.max(other.max);
        self.absolute += other.absolute;
        self.noise += other.noise;
        self.truth += other.truth;
        self.values += other.values;
        self.product += other.product;
    }

    /// The mean of the differences' magnitudes.
    pub fn mean(&self) -> f64 {
        self.absolute / (self.count.max(1)) as f64
    }

    /// The cosine of the angle between values and reference, as long vectors; 1 where both are 0.
    pub fn cosine(&self) -> f64 {
        if self.values == 0.0 && self.truth == 0.0 {
            return 1.0;
        }
        self.product / (self.values * self.truth).sqrt()
    }

    /// The power of the differences over that of the reference; 0 without any difference.
    pub fn noise_to_signal(&self) -> f64 {
        if self.noise == 0.0 { 0.0 } else { self.noise / self.truth }
    }

    /// The signal-to-noise ratio in decibels; infinite without any difference.
    pub fn decibels(&self) -> f64 {
        -10.0 * self.noise_to_signal().log10()
    }
}

/// What was found in a scope.
#[derive(Clone, Debug, Default)]
pub struct Finding {
    /// Names from the outermost scope inwards, joined by `/`. Empty for the whole run.
    pub path: String,
    /// What its operations saw, the scopes inside it included.
    pub seen: Vec<Seen>,
    /// The error of what was computed last before the scope was entered, over all its calls.
    pub input: Deviation,
    /// The error of what was computed last in it, over all its calls.
    pub output: Deviation,
}

impl Finding {
    /// Where there was least room.
    pub fn tightest(&self) -> Option<&Seen> {
        self.seen.iter().min_by(|a, b| a.headroom().total_cmp(&b.headroom()))
    }

    /// The noise that the scope adds, as a part of the signal's power: negative where values
    /// with less error come in, as over a residual connection.
    pub fn added_noise(&self) -> f64 {
        self.output.noise_to_signal() - self.input.noise_to_signal()
    }
}

/// A scope that is open.
pub(super) struct Frame {
    scope: usize,
    before: Deviation,
    entered_at: u64,
}

/// Everything that was noted.
pub(super) struct Notes {
    scopes: Vec<Finding>,
    by_path: HashMap<String, usize>,
    open: Vec<Frame>,
    last: Deviation,
    results: u64,
}

impl Default for Notes {
    fn default() -> Self {
        Self {
            scopes: vec![Finding::default()],
            by_path: HashMap::new(),
            open: Vec::new(),
            last: Deviation::default(),
            results: 0,
        }
    }
}

impl Notes {
    pub(super) fn enter(&mut self, path: &str) {
        let next = self.scopes.len();
        let scope = *self.by_path.entry(path.to_owned()).or_insert(next);
        if scope == next {
            self.scopes.push(Finding { path: path.to_owned(), ..Finding::default() });
        }
        self.open.push(Frame { scope, before: self.last, entered_at: self.results });
    }

    pub(super) fn leave(&mut self) {
        if let Some(frame) = self.open.pop()
            && self.results > frame.entered_at
        {
            let finding = &mut self.scopes[frame.scope];
            finding.input.add(&frame.before);
            finding.output.add(&self.last);
        }
    }

    pub(super) fn see(&mut self, seen: Seen) {
        let scopes = self.open.iter().map(|frame| frame.scope).chain([0]);
        for scope in scopes {
            let known = &mut self.scopes[scope].seen;
            match known.iter_mut().find(|known| known.same_place(&seen)) {
                Some(known) => {
                    known.low = known.low.min(seen.low);
                    known.high = known.high.max(seen.high);
                }
                None => known.push(seen),
            }
        }
    }

    pub(super) fn result(&mut self, deviation: Deviation) {
        self.last = deviation;
        self.results += 1;
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = self.scopes.clone();
        findings[0].output = self.last;
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deviation_has_the_usual_measures() {
        let d = Deviation::of(&[3.0, 4.5], &[3.0, 4.0]);
        assert_eq!((d.max, d.mean()), (0.5, 0.25));
        assert!((d.noise_to_signal() - 0.25 / 25.0).abs() < 1e-15);
        assert!((d.decibels() - 20.0).abs() < 1e-12);
        let cosine = (9.0 + 18.0) / (25.0f64 * (9.0 + 20.25)).sqrt();
        assert!((d.cosine() - cosine).abs() < 1e-15);
        let none = Deviation::of(&[], &[]);
        assert_eq!((none.mean(), none.cosine(), none.decibels()), (0.0, 1.0, f64::INFINITY));
    }

    #[test]
    fn headroom_is_in_doublings() {
        let seen = |low, high| Seen { operation: "", ring: "Z32", frac: 8, bits: 30, low, high };
        assert_eq!(seen(-(1 << 20), 5).headroom(), 10.0);
        assert_eq!(seen(0, 1 << 29).headroom(), 1.0);
        assert_eq!(seen(0, 0).headroom(), 30.0);
        assert_eq!(seen(-256, 512).lowest(), -1.0);
        assert_eq!(seen(-256, 512).limit(), exp2(22));
    }
}
