//! What a simulation finds out about each layer: the room in its formats, the error of quantization,
//! and the cost.
//!
//! A layer here is a scope. Those of any code that ran on [`Inspect`](ditto_backends::Inspect) can be
//! shown, not only those of the models of `ditto-models`: see [`Inspection::new`].

mod page;
mod run;
mod text;

use ditto_backends::inspect::{Finding, Seen};
use ditto_core::Report;
use ditto_net::NetworkProfile;
use serde::Serialize;

use crate::cost_model::{Machine, predict};

pub use page::page;
pub use run::inspect;
pub use text::text;

/// The values that a kind of operation saw in one format.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ObservedRange {
    /// The operation.
    pub operation: &'static str,
    /// The ring's name.
    pub ring: &'static str,
    /// Fractional bits; of a product, before it is scaled down.
    pub frac: u32,
    /// The lowest value, or 0.
    pub lowest: f64,
    /// The highest value, or 0.
    pub highest: f64,
    /// Values must be below this in magnitude.
    pub limit: f64,
    /// log2 of the limit over the furthest value.
    pub headroom_bits: f64,
}

/// How far a layer's results are from the reference's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuantizationError {
    /// The cosine of the angle between both.
    pub cosine: f64,
    /// The largest difference.
    pub max: f64,
    /// The mean of the differences' magnitudes.
    pub mean: f64,
    /// The signal-to-noise ratio in decibels; `None` if there is no noise.
    pub snr_db: Option<f64>,
    /// The root of the noise's power over the signal's.
    pub relative: f64,
    /// What the layer adds to that power; negative where less noisy values are added to noisy ones.
    pub added_noise: f64,
}

/// What was found out about a layer, over all its calls.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerNumerics {
    /// Names of scopes from the outermost inwards, joined by `/`.
    pub path: String,
    /// How often it ran.
    pub calls: u64,
    /// What its operations saw, the least headroom first.
    pub ranges: Vec<ObservedRange>,
    /// The error of quantization of what it computed last, against the same approximations in f64.
    pub error: QuantizationError,
    /// Rounds.
    pub rounds: u64,
    /// Bytes that all parties send together.
    pub bytes: u64,
    /// Predicted seconds on a local network, see [`NetworkProfile::LAN`].
    pub lan_seconds: f64,
    /// Predicted seconds on a wide-area network, see [`NetworkProfile::WAN`].
    pub wan_seconds: f64,
}

impl LayerNumerics {
    /// The number of scopes that it lies in, itself included.
    pub fn depth(&self) -> usize {
        self.path.split('/').count()
    }

    /// Where its values came closest to the end of their format; `None` without an interactive
    /// operation.
    ///
    /// A layer that scales values to the format itself, as the powers of a softmax, GeLU's polynomial
    /// and the inverse roots of a LayerNorm do, leaves less than a bit there by design.
    pub fn tightest(&self) -> Option<&ObservedRange> {
        self.ranges.first()
    }
}

/// What was found out about a computation.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// Forward passes that the figures are of.
    pub passes: usize,
    /// How likely any value is to be wrong by more than its stated error on three parties, at most.
    pub failure_probability: f64,
    /// The whole computation.
    pub whole: LayerNumerics,
    /// Its layers, in the order in which they were first entered.
    pub layers: Vec<LayerNumerics>,
}

impl Inspection {
    /// From what [`Inspect`](ditto_backends::Inspect) noted and counted in a number of passes.
    pub fn new(findings: Vec<Finding>, report: Report, passes: usize) -> Self {
        let times = |net| {
            let mut report = report.clone();
            predict(&mut report, &Machine::REFERENCE, net);
            report.scopes.into_iter().map(|scope| scope.seconds)
        };
        // Both list the scopes in the order in which they were entered, the whole run first.
        let rows = report
            .scopes
            .iter()
            .zip(findings)
            .zip(times(NetworkProfile::LAN))
            .zip(times(NetworkProfile::WAN));
        let layer = |(((scope, finding), lan_seconds), wan_seconds): ((_, _), _)| {
            let (scope, finding): (&ditto_core::ScopeReport, Finding) = (scope, finding);
            debug_assert_eq!(scope.path, finding.path);
            LayerNumerics {
                path: scope.path.clone(),
                calls: scope.calls,
                ranges: ranges(&finding),
                error: error(&finding),
                rounds: scope.cost.rounds,
                bytes: scope.cost.total_bytes(),
                lan_seconds,
                wan_seconds,
            }
        };
        let mut layers: Vec<LayerNumerics> = rows.map(layer).collect();
        let whole = layers.remove(0);
        Self { passes, failure_probability: report.failure_probability(), whole, layers }
    }

    /// The layers of up to `depth` names.
    pub fn to_depth(&self, depth: usize) -> impl Iterator<Item = &LayerNumerics> {
        self.layers.iter().filter(move |layer| layer.depth() <= depth)
    }

    /// Of the layers of up to `depth` names that have none of these inside, the one that adds the
    /// most noise; `None` if none adds any.
    pub fn worst(&self, depth: usize) -> Option<&LayerNumerics> {
        let innermost = |layer: &&LayerNumerics| {
            let inside = format!("{}/", layer.path);
            !self.to_depth(depth).any(|other| other.path.starts_with(&inside))
        };
        let noise = |layer: &&LayerNumerics| layer.error.added_noise;
        let noisy = self.to_depth(depth).filter(innermost).filter(|layer| noise(layer) > 0.0);
        noisy.max_by(|a, b| noise(a).total_cmp(&noise(b)))
    }
}

fn ranges(finding: &Finding) -> Vec<ObservedRange> {
    let range = |seen: &Seen| ObservedRange {
        operation: seen.operation,
        ring: seen.ring,
        frac: seen.frac,
        lowest: seen.lowest(),
        highest: seen.highest(),
        limit: seen.limit(),
        headroom_bits: seen.headroom(),
    };
    let mut ranges: Vec<ObservedRange> = finding.seen.iter().map(range).collect();
    ranges.sort_by(|a, b| a.headroom_bits.total_cmp(&b.headroom_bits));
    ranges
}

fn error(finding: &Finding) -> QuantizationError {
    let output = &finding.output;
    QuantizationError {
        cosine: output.cosine(),
        max: output.max,
        mean: output.mean(),
        snr_db: Some(output.decibels()).filter(|decibels| decibels.is_finite()),
        relative: output.noise_to_signal().sqrt(),
        added_noise: finding.added_noise(),
    }
}

#[cfg(test)]
mod tests {
    use ditto_backends::inspect::{Inspect, InspectSource};
    use ditto_core::{Backend, High, Low};
    use ditto_dsl::Tensor;
    use ndarray::arr1;

    use super::*;

    /// A layer of a user's own, which only opens scopes, is found by its name; and the one that
    /// drops bits is the one that is marked.
    #[test]
    fn the_layer_that_loses_most_is_found_by_its_name() {
        let mut cx = Inspect::new(3);
        let values = arr1(&[0.7001, -1.3002, 2.9003, 0.1004]).into_dyn();
        let fine = Tensor::<Inspect, High>::share(&mut InspectSource, "x", &values);
        let fine = fine.expect("in range");
        let coarse = cx.scope("model", |cx| {
            let square = cx.scope("fine", |cx| fine.squared(cx)?.trunc(cx))?;
            cx.scope("coarse", |cx| square.narrow::<Low>().squared(cx)?.trunc(cx))
        });
        coarse.expect("in range");
        let inspection = Inspection::new(cx.findings(), cx.report(), 1);
        let paths: Vec<&str> = inspection.layers.iter().map(|layer| layer.path.as_str()).collect();
        assert_eq!(paths, ["model", "model/fine", "model/coarse"]);
        assert_eq!(inspection.worst(2).map(|layer| layer.path.as_str()), Some("model/coarse"));
        assert_eq!(inspection.worst(1).map(|layer| layer.path.as_str()), Some("model"));
        assert_eq!(inspection.failure_probability, 0.0);
        let [model, fine, coarse] = inspection.layers.as_slice() else { unreachable!("three") };
        assert_eq!(model.rounds, fine.rounds + coarse.rounds);
        assert!(model.wan_seconds > 0.02 * model.rounds as f64, "{model:?}");
        assert!((fine.lan_seconds + coarse.lan_seconds - model.lan_seconds).abs() < 1e-12);
        let ranges = [fine, coarse].map(|layer| layer.tightest().cloned().expect("a product"));
        assert_eq!(ranges.each_ref().map(|r| (r.ring, r.frac)), [("Z64", 36), ("Z32", 16)]);
        assert!(coarse.error.snr_db < fine.error.snr_db);
    }
}
