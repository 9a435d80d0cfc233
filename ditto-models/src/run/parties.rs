//! Runs on three parties: the owners deal shares, three threads compute, the client opens.
//!
//! The model's owner and the client are outside of the computation. What a party's thread gets is
//! its own shares and its own links; what comes back is its share of the result.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use ditto_backends::Rep3;
use ditto_backends::rep3::deal::{self, Dealer};
use ditto_backends::rep3::net::tcp::loopback;
use ditto_backends::rep3::run::{
    TIMEOUT, agree_on_keys, all_of, fresh_key, in_memory, seeded_key, threads,
};
use ditto_backends::rep3::{Rep3Error, Rep3Share};
use ditto_core::prg::Key;
use ditto_core::{Backend, Format, Report, Scaled};
use ditto_dsl::Precision;
use ndarray::ArrayD;

use super::pass::Pass;
use super::{Embedding, Padded, Progress, Run, RunError, Transport, embeddings};
use crate::bert::{Bert, Input};

type Ring<P> = <<P as Precision>::High as Format>::Ring;

/// One party's share of a pass's embeddings, and its account of the forward pass.
struct Part<P: Precision> {
    share: Rep3Share<Ring<P>>,
    seconds: f64,
    report: Report,
}

/// All that one party is given: its shares of the model, and where inputs come from and results go.
struct Work<P: Precision> {
    bert: Bert<Rep3, P>,
    inputs: Receiver<Input<Rep3, P>>,
    results: Sender<Part<P>>,
    progress: Option<Progress>,
}

/// The client's ends: where its shares of each input go, and where the parts of results come from.
struct Client<P: Precision> {
    inputs: Vec<Sender<Input<Rep3, P>>>,
    results: Vec<Receiver<Part<P>>>,
}

impl Run<'_> {
    pub(super) fn embed_rep3<P: Precision>(
        &self,
        transport: Transport,
        texts: &[Padded],
        progress: Option<Progress>,
        mut each: impl FnMut(Embedding) + Send,
    ) -> Result<(), RunError> {
        let (client, work) = self.share_model::<P>(progress)?;
        let parties = self.parties(transport)?;
        let client_key = self.owner_key(1)?;
        std::thread::scope(|scope| {
            let parties = scope.spawn(move || threads(parties, work, compute::<P>));
            let asked = self.ask(client, &client_key, texts, &mut each);
            let parties = parties.join().expect("panics of parties are caught in their threads");
            // If a party has stopped, its error says more than what the client saw of it.
            all_of(parties)?;
            asked
        })
    }

    /// The client's part: shares the texts of one pass after another and opens what comes back,
    /// until all are done or a party has stopped.
    ///
    /// It waits for the results before it shares more, so that what a pass took is what it takes
    /// by itself.
    fn ask<P: Precision>(
        &self,
        client: Client<P>,
        key: &Key,
        texts: &[Padded],
        each: &mut impl FnMut(Embedding),
    ) -> Result<(), RunError> {
        let mut dealers = Dealer::trio(key);
        for pass in Pass::plan(texts, self.batch) {
            let share = |dealer| pass.share(dealer, texts, self.config);
            let inputs: Vec<Input<Rep3, P>> =
                dealers.iter_mut().map(share).collect::<Result<_, _>>()?;
            // All shares are there before the first party starts.
            for (input, party) in inputs.into_iter().zip(&client.inputs) {
                if party.send(input).is_err() {
                    return Ok(());
                }
            }
            let parts: Result<Vec<_>, _> = client.results.iter().map(Receiver::recv).collect();
            let Some(parts) = parts.ok().and_then(|parts| parts.try_into().ok()) else {
                return Ok(());
            };
            let (values, seconds, report) = put_together::<P>(parts)?;
            embeddings(&pass, &values, seconds, &report).for_each(&mut *each);
        }
        Ok(())
    }

    /// Shares the model: what each party is given, and what the client keeps.
    fn share_model<P: Precision>(
        &self,
        progress: Option<Progress>,
    ) -> Result<(Client<P>, [Work<P>; 3]), RunError> {
        let key = self.owner_key(0)?;
        let mut client = Client { inputs: Vec::new(), results: Vec::new() };
        let mut work = Vec::new();
        for mut dealer in Dealer::trio(&key) {
            let bert = Bert::share(&mut dealer, self.config, self.weights, self.options)?;
            let (to_party, inputs) = channel();
            let (results, from_party) = channel();
            // One party reports progress for all.
            let progress = progress.clone().filter(|_| work.is_empty());
            client.inputs.push(to_party);
            client.results.push(from_party);
            work.push(Work { bert, inputs, results, progress });
        }
        let Ok(work) = work.try_into() else {
            unreachable!("one was pushed for each of three parties");
        };
        Ok((client, work))
    }

    fn owner_key(&self, owner: u64) -> Result<Key, RunError> {
        match self.seed {
            // Apart from the keys of the parties, and from each other.
            Some(seed) => Ok(seeded_key(seed, 1 + owner)),
            None => fresh_key().map_err(|e| RunError::Randomness(e.to_string())),
        }
    }

    fn parties(&self, transport: Transport) -> Result<[Rep3; 3], RunError> {
        match (transport, self.seed) {
            (Transport::Memory, Some(seed)) => Ok(in_memory(&seeded_key(seed, 0), self.net)),
            (Transport::Memory, None) => {
                let key = fresh_key().map_err(|e| RunError::Randomness(e.to_string()))?;
                Ok(in_memory(&key, self.net))
            }
            (Transport::Tcp, Some(_)) => Err(RunError::SeededTcp),
            (Transport::Tcp, None) => {
                let mut id = 0..;
                let links = loopback::trio(TIMEOUT, self.net)?;
                let connecting = std::thread::scope(|scope| {
                    links
                        .map(|links| {
                            let id = id.next().unwrap_or_default();
                            scope.spawn(move || agree_on_keys(id, links))
                        })
                        .map(|thread| thread.join().expect("agreeing on keys does not panic"))
                });
                Ok(all_of(connecting)?)
            }
        }
    }
}

/// One party's computation, pass after pass.
fn compute<P: Precision>(party: &mut Rep3, work: Work<P>) -> Result<(), Rep3Error> {
    if let Some(progress) = work.progress {
        party.trace().observe(move |path| progress(path));
    }
    for input in work.inputs {
        party.trace().restart();
        let started = Instant::now();
        let embedding = work.bert.embed(&input, party)?;
        let seconds = started.elapsed().as_secs_f64();
        let report = party.trace().report();
        let part = Part { share: embedding.into_share(), seconds, report };
        if work.results.send(part).is_err() {
            // Nobody waits for results any more: another party has stopped.
            break;
        }
    }
    Ok(())
}

/// What the client does with the three parties' shares of a result: its values, how long the
/// slowest party took, and what the pass cost.
fn put_together<P: Precision>(parts: [Part<P>; 3]) -> Result<(ArrayD<f64>, f64, Report), RunError> {
    let seconds = parts.iter().map(|part| part.seconds).fold(0.0, f64::max);
    let reports = parts.each_ref().map(|part| part.report.clone());
    let shares = parts.map(|part| part.share);
    let values = deal::open::<Ring<P>>(&shares, P::High::FRAC)?;
    Ok((values, seconds, Report::merge(reports)))
}
