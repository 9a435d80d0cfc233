//! Runs on three parties: the owners deal shares, three threads compute, the client opens.
//!
//! The model's owner and the client are outside of the computation. What a party's thread gets is
//! its own shares and its own links; what comes back is its share of the result.
//!
//! The passes of a batch run at the same time, each in a session of its own: the same parties and
//! the same shares of the model, with randomness and links apart. So the sessions' rounds overlap,
//! and where one waits another computes.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use ditto_backends::Rep3;
use ditto_backends::rep3::deal::{self, Dealer};
use ditto_backends::rep3::net::Lines;
use ditto_backends::rep3::net::tcp::loopback;
use ditto_backends::rep3::run::{
    TIMEOUT, agree_on_keys, all_of, fresh_key, seeded_key, sessions_in_memory, threads,
};
use ditto_backends::rep3::{Rep3Error, Rep3Share};
use ditto_core::prg::Key;
use ditto_core::{Backend, Format, Report, Scaled};
use ditto_dsl::Precision;

use super::pass::{Batch, Pass};
use super::{Done, Embedding, Padded, Progress, Run, RunError, Transport};
use crate::bert::{Bert, Input};

type Ring<P> = <<P as Precision>::High as Format>::Ring;

/// One party's share of a pass's embeddings, and its account of the forward pass.
struct Part<P: Precision> {
    share: Rep3Share<Ring<P>>,
    started: Instant,
    ended: Instant,
    report: Report,
}

/// All that one party is given in a session: its shares of the model, and where inputs come from
/// and results go.
struct Work<P: Precision> {
    bert: Arc<Bert<Rep3, P>>,
    inputs: Receiver<Input<Rep3, P>>,
    results: Sender<Part<P>>,
    progress: Option<Progress>,
}

/// The client's ends of a session: where its shares of each input go, and where the parts of
/// results come from.
struct Client<P: Precision> {
    inputs: [Sender<Input<Rep3, P>>; 3],
    results: [Receiver<Part<P>>; 3],
}

impl Run<'_> {
    pub(super) fn embed_rep3<P: Precision>(
        &self,
        transport: Transport,
        texts: &[Padded],
        progress: Option<Progress>,
        mut each: impl FnMut(Embedding) + Send,
    ) -> Result<(), RunError> {
        let batches = Pass::plan(texts, self.batch);
        let sessions = batches.iter().map(Batch::len).max().unwrap_or_default();
        let models = self.share_model::<P>()?;
        let parties = self.parties(transport, sessions as u32)?;
        let client_key = self.owner_key(1)?;
        std::thread::scope(|scope| {
            let mut clients = Vec::with_capacity(sessions);
            let mut running = Vec::with_capacity(sessions);
            for parties in parties {
                // One party of one session reports progress for all.
                let progress = progress.clone().filter(|_| clients.is_empty());
                let (client, work) = session(&models, progress);
                clients.push(client);
                running.push(scope.spawn(move || all_of(threads(parties, work, compute::<P>))));
            }
            let asked = self.ask(clients, &client_key, texts, &batches, &mut each);
            // If a party has stopped, its error says more than what the client saw of it.
            for session in running {
                session.join().expect("panics of parties are caught in their threads")?;
            }
            asked
        })
    }

    /// The client's part: shares the texts of one batch after another and opens what comes back,
    /// until all are done or a party has stopped.
    ///
    /// It waits for the results before it shares more, so that what a batch took is what it takes
    /// by itself.
    fn ask<P: Precision>(
        &self,
        clients: Vec<Client<P>>,
        key: &Key,
        texts: &[Padded],
        batches: &[Batch],
        each: &mut impl FnMut(Embedding),
    ) -> Result<(), RunError> {
        let mut dealers = Dealer::trio(key);
        for batch in batches {
            let mut inputs = Vec::with_capacity(batch.len());
            for pass in batch {
                let share = |dealer| pass.share(dealer, texts, self.config);
                inputs.push(dealers.iter_mut().map(share).collect::<Result<Vec<_>, _>>()?);
            }
            // All shares are there before the first party starts.
            for (inputs, client) in inputs.into_iter().zip(&clients) {
                for (input, party) in inputs.into_iter().zip(&client.inputs) {
                    if party.send(input).is_err() {
                        return Ok(());
                    }
                }
            }
            let mut parts = Vec::with_capacity(batch.len());
            for client in &clients[..batch.len()] {
                let [first, second, third] = client.results.each_ref().map(Receiver::recv);
                let (Ok(first), Ok(second), Ok(third)) = (first, second, third) else {
                    return Ok(());
                };
                parts.push([first, second, third]);
            }
            put_together::<P>(parts)?.embeddings(batch).for_each(&mut *each);
        }
        Ok(())
    }

    /// Each party's shares of the model.
    fn share_model<P: Precision>(&self) -> Result<[Arc<Bert<Rep3, P>>; 3], RunError> {
        let key = self.owner_key(0)?;
        let mut models = Vec::with_capacity(3);
        for mut dealer in Dealer::trio(&key) {
            let bert = Bert::share(&mut dealer, self.config, self.weights, self.options)?;
            models.push(Arc::new(bert));
        }
        let Ok(models) = models.try_into() else {
            unreachable!("one was pushed for each of three parties");
        };
        Ok(models)
    }

    fn owner_key(&self, owner: u64) -> Result<Key, RunError> {
        match self.seed {
            // Apart from the keys of the parties, and from each other.
            Some(seed) => Ok(seeded_key(seed, 1 + owner)),
            None => fresh_key().map_err(|e| RunError::Randomness(e.to_string())),
        }
    }

    /// Three parties for each session.
    fn parties(&self, transport: Transport, sessions: u32) -> Result<Vec<[Rep3; 3]>, RunError> {
        match (transport, self.seed) {
            (Transport::Memory, seed) => {
                let fresh = || fresh_key().map_err(|e| RunError::Randomness(e.to_string()));
                let key = seed.map_or_else(fresh, |seed| Ok(seeded_key(seed, 0)))?;
                Ok(sessions_in_memory(&key, self.net, sessions))
            }
            (Transport::Tcp, Some(_)) => Err(RunError::SeededTcp),
            (Transport::Tcp, None) => {
                let lines = [self.net; 3].map(Lines::new);
                (0..sessions).map(|_| connected(&lines)).collect()
            }
        }
    }
}

/// Three parties over TCP, which agree on keys of their own.
fn connected(lines: &[Lines; 3]) -> Result<[Rep3; 3], RunError> {
    let mut id = 0..;
    let links = loopback::trio(TIMEOUT, lines)?;
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

/// A session's two sides.
fn session<P: Precision>(
    models: &[Arc<Bert<Rep3, P>>; 3],
    mut progress: Option<Progress>,
) -> (Client<P>, [Work<P>; 3]) {
    let [(to_0, inputs_0), (to_1, inputs_1), (to_2, inputs_2)] = [0; 3].map(|_| channel());
    let [(results_0, from_0), (results_1, from_1), (results_2, from_2)] = [0; 3].map(|_| channel());
    let client = Client { inputs: [to_0, to_1, to_2], results: [from_0, from_1, from_2] };
    let ends = [(inputs_0, results_0), (inputs_1, results_1), (inputs_2, results_2)];
    let mut models = models.iter().cloned();
    let work = ends.map(|(inputs, results)| Work {
        bert: models.next().expect("three models for three parties"),
        inputs,
        results,
        progress: progress.take(),
    });
    (client, work)
}

/// One party's computation, pass after pass.
fn compute<P: Precision>(party: &mut Rep3, work: Work<P>) -> Result<(), Rep3Error> {
    if let Some(progress) = work.progress {
        party.trace().observe(move |path| progress(path));
    }
    for input in work.inputs {
        party.trace().restart();
        let started = Instant::now();
        let share = work.bert.embed(&input, party)?.into_share();
        let report = party.trace().report();
        let part = Part { share, started, ended: Instant::now(), report };
        if work.results.send(part).is_err() {
            // Nobody waits for results any more: another party has stopped.
            break;
        }
    }
    Ok(())
}

/// What the client does with the three parties' shares of a batch's results: the values of each
/// pass, how long all took from the first start to the last end, and what they cost.
fn put_together<P: Precision>(passes: Vec<[Part<P>; 3]>) -> Result<Done, RunError> {
    let started = passes.iter().flatten().map(|part| part.started).min();
    let ended = passes.iter().flatten().map(|part| part.ended).max();
    let seconds = match (started, ended) {
        (Some(started), Some(ended)) => ended.duration_since(started).as_secs_f64(),
        _ => 0.0,
    };
    let (mut values, mut reports) = (Vec::new(), Vec::new());
    for parts in passes {
        reports.push(Report::merge(parts.each_ref().map(|part| part.report.clone())));
        let shares = parts.map(|part| part.share);
        values.push(deal::open::<Ring<P>>(&shares, P::High::FRAC)?);
    }
    Ok(Done { values, report: Report::concurrent(reports.into_iter()), seconds })
}
