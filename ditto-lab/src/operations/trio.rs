//! Three parties that run one operation again and again.

use std::time::Instant;

use ditto_backends::Rep3;
use ditto_backends::rep3::PartyError;
use ditto_backends::rep3::run::{first_cause, fresh_key, in_memory, threads};
use ditto_backends::rep3::sharing::Rep3Source;
use ditto_core::{Backend, Cost, Low};
use ditto_dsl::Tensor;
use ditto_net::NetworkProfile;
use ndarray::ArrayD;

use super::OpsError;

/// How an operation is to be measured.
pub(crate) struct Trio {
    pub(crate) net: NetworkProfile,
    pub(crate) runs: usize,
}

/// The time of every run at the slowest party, and the cost of one.
pub(crate) type Times = (Vec<f64>, Cost);

impl Trio {
    /// Measures `body`, each party having what `share` makes of its source.
    pub(crate) fn time<I, E: Into<OpsError>>(
        &self,
        share: impl Fn(&mut Rep3Source, &mut Rep3) -> Result<I, E> + Sync,
        body: impl Fn(&I, &mut Rep3) -> Result<(), PartyError> + Sync,
    ) -> Result<Times, OpsError> {
        let key = || fresh_key().map_err(|e| OpsError::Randomness(e.to_string()));
        let (parties, sources) = (in_memory(key()?, self.net), Rep3Source::trio(&key()?));
        let results = threads(parties, sources, |party, mut source| {
            let together =
                Tensor::<Rep3, Low>::share(&mut source, "start", &ArrayD::zeros(vec![1]))?;
            let input = share(&mut source, party).map_err(Into::into)?;
            let mut times = Vec::with_capacity(self.runs);
            let mut cost = Cost::default();
            for run in 0..=self.runs {
                // Opening twice, a party hears of both others, so none starts early.
                together.open(party)?;
                together.open(party)?;
                party.trace().restart();
                let started = Instant::now();
                body(&input, party)?;
                // The first run only warms up.
                if run > 0 {
                    times.push(started.elapsed().as_secs_f64());
                }
                cost = party.trace().total();
            }
            Ok::<_, OpsError>((times, cost))
        });
        let is_lost = |error: &OpsError| matches!(error, OpsError::Rep3(e) if e.is_lost_peer());
        let [first, others @ ..] = first_cause(results, is_lost)?;
        let (mut times, mut cost): Times = first;
        for (other_times, other_cost) in others {
            times.iter_mut().zip(other_times).for_each(|(t, other)| *t = t.max(other));
            let rounds = cost.rounds.max(other_cost.rounds);
            cost += other_cost;
            cost.rounds = rounds;
        }
        Ok((times, cost))
    }
}
