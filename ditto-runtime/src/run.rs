//! A run: a task, and what it is computed on.

use ditto_backends::Rep3;
use ditto_backends::rep3::{AuditReport, Audited};
use ditto_core::Report;
use ditto_core::isa::Isa;
use ditto_dsl::Precision;
use ditto_net::NetworkProfile;
use ndarray::{ArrayD, Axis};

use crate::additive::TwoPartiesAndDealer;
use crate::pass::{Batch, Pass};
use crate::rep3::ThreeParties;
use crate::{BackendChoice, PrecisionChoice, RunError, Task, with_precision};

/// A run: what is computed, on what, and how.
pub struct Run<T> {
    /// The model, and what is asked of it.
    pub task: T,
    /// What to compute on.
    pub backend: BackendChoice,
    /// Which formats the model runs in.
    pub precision: PrecisionChoice,
    /// How many requests are computed at the same time, at most. A batch has as many rounds as one request: on
    /// a slow network they wait together, and where one waits another computes.
    pub batch: usize,
    /// The network that the parties' links imitate.
    pub net: NetworkProfile,
    /// Replays the randomness of `Sim`, of `Additive`, or of `Rep3` over memory channels.
    pub seed: Option<u64>,
}

/// The answer to one request, and the cost of its batch.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The request's number among those of the run.
    pub request: usize,
    /// What the task computes for one request.
    pub values: ArrayD<f64>,
    /// How many requests were computed at the same time; what follows is for all of them together.
    pub batch: usize,
    /// Wall-clock time of the batch, without loading and sharing.
    pub seconds: f64,
    /// Rounds and bytes by scope. What was sent to prepare the weights, which only `Additive` does, is in
    /// the scope `weights` of the first batch.
    pub report: Report,
    /// What was tested, if the parties were to.
    pub audit: Option<AuditReport>,
}

/// The results of the passes of a batch, which ran at the same time.
pub(crate) struct BatchResults {
    /// `[requests, ..]` of each pass, and its audit.
    pub(crate) values: Vec<(ArrayD<f64>, Option<AuditReport>)>,
    /// Of all passes together.
    pub(crate) report: Report,
    pub(crate) seconds: f64,
}

impl BatchResults {
    pub(crate) fn answers(self, batch: &Batch) -> impl Iterator<Item = Answer> {
        let Self { values, report, seconds } = self;
        let size = batch.iter().map(|pass| pass.requests.len()).sum();
        let answers = move |(pass, (values, audit)): (&Pass, (ArrayD<f64>, Option<_>))| {
            let answer = |(&request, values)| Answer {
                request,
                values,
                batch: size,
                seconds,
                report: report.clone(),
                audit: audit.clone(),
            };
            let values = values.axis_iter(Axis(0)).map(|values| values.to_owned());
            pass.requests.iter().zip(values).map(answer).collect::<Vec<_>>()
        };
        batch.iter().zip(values).flat_map(answers)
    }
}

/// Called with every answer.
pub(crate) type Each<'a> = &'a mut (dyn FnMut(Answer) + Send);

/// Called with the path of every scope that is entered.
pub type ScopeObserver = std::sync::Arc<dyn Fn(&str) + Send + Sync>;

impl<T: Task> Run<T> {
    /// Computes the answers to `requests`, one batch after another, calling `each` with every result of a
    /// batch as it is there. With a batch of 1 that is the order of the requests.
    ///
    /// # Errors
    /// The first that occurs; see [`RunError`].
    pub fn answer(
        &self,
        requests: &[T::Request],
        progress: Option<ScopeObserver>,
        mut each: impl FnMut(Answer) + Send,
    ) -> Result<(), RunError> {
        self.answer_each(requests, progress, &mut each)
    }

    /// [`Run::answer`] behind a `dyn` closure, so that it is compiled once for a task and not again for
    /// every caller's closure.
    pub(crate) fn answer_each(
        &self,
        requests: &[T::Request],
        progress: Option<ScopeObserver>,
        each: Each<'_>,
    ) -> Result<(), RunError> {
        Isa::select()?;
        with_precision!(self.precision, |P| self.answer_in::<P>(requests, progress, each))
    }

    /// Which requests are computed together.
    pub fn batches(&self, requests: &[T::Request]) -> Vec<Batch> {
        let lengths: Vec<usize> = requests.iter().map(|r| self.task.length(r)).collect();
        Pass::plan(&lengths, self.batch)
    }

    fn answer_in<P: Precision>(
        &self,
        requests: &[T::Request],
        progress: Option<ScopeObserver>,
        each: Each<'_>,
    ) -> Result<(), RunError> {
        match self.backend {
            BackendChoice::Plain { as_written } => {
                self.on_plain::<P>(as_written, requests, progress, each)
            }
            BackendChoice::Sim => self.on_sim::<P>(requests, progress, each),
            BackendChoice::Rep3(transport) => {
                let parties = ThreeParties::<Rep3>::over(transport);
                self.on_nodes::<_, P>(&parties, requests, progress, each)
            }
            BackendChoice::Rep3Audited(transport) => {
                let parties = ThreeParties::<Audited>::over(transport);
                self.on_nodes::<_, P>(&parties, requests, progress, each)
            }
            BackendChoice::Additive => {
                self.on_nodes::<_, P>(&TwoPartiesAndDealer, requests, progress, each)
            }
        }
    }
}
