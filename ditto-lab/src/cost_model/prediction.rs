//! A predicted time beside a measured one.

use std::fmt;

use ditto_runtime::{BackendChoice, Embed, Run, Transport};
use serde::Serialize;

use super::{BatchShape, Estimate, Machine, PlanError, plan};

/// What a plan says of a run that was measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Prediction {
    /// The predicted time, in seconds.
    pub seconds: f64,
    /// What of it is what.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Predicted over measured, less 1.
    pub difference: f64,
}

impl Prediction {
    /// For a batch of `run.batch` texts of `seq` tokens that took `seconds`. `None` for a run that the
    /// model of costs says nothing of: it knows three parties over memory channels.
    ///
    /// # Errors
    /// If the model does not take the batch.
    pub fn of(
        run: &Run<Embed<'_>>,
        seq: usize,
        seconds: f64,
        machine: &Machine,
    ) -> Result<Option<Self>, PlanError> {
        if run.backend != BackendChoice::Rep3(Transport::Memory) {
            return Ok(None);
        }
        let &Run { ref task, precision, batch: texts, .. } = run;
        let batch = BatchShape { precision, options: task.options, seq, texts };
        let estimate = plan(task.config, &batch, machine, run.net)?.estimate;
        Ok(Some(Self::beside(estimate, seconds)))
    }

    fn beside(estimate: Estimate, measured: f64) -> Self {
        let seconds = estimate.seconds();
        Self { seconds, estimate, difference: seconds / measured - 1.0 }
    }
}

/// Such as "4 % below", seen from the measured time.
impl fmt::Display for Prediction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = (100.0 * self.difference).round();
        match percent {
            0.0 => write!(f, "as measured"),
            _ => write!(f, "{} % {}", percent.abs(), if percent < 0.0 { "below" } else { "above" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prediction_is_seen_from_the_measured_time() {
        let estimate = Estimate { compute: 1.0, latency: 0.5, bandwidth: 0.5 };
        for (measured, words) in
            [(2.0, "as measured"), (2.5, "20 % below"), (1.6, "25 % above"), (2.001, "as measured")]
        {
            assert_eq!(Prediction::beside(estimate, measured).to_string(), words);
        }
    }
}
