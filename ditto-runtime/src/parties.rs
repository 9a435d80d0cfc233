//! Runs on the nodes of a sharing scheme: the owners deal shares, a thread computes for each node, the
//! client opens.
//!
//! The model's owner and the client are outside of the computation. What a node's thread gets is
//! its own shares and its own links; what comes back is its share of the result.
//!
//! The passes of a batch run at the same time, each in a session of its own: the same nodes and
//! the same shares of the model, with randomness and links apart. So the sessions' rounds overlap,
//! and where one waits another computes. Where a scheme has fewer sessions than a batch has passes,
//! they take turns.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use ditto_backends::rep3::run::{all_of, threads};
use ditto_backends::rep3::{AuditReport, AuditShare, PartyError};
use ditto_core::prg::Key;
use ditto_core::{Backend, Format, Report, Scaled};
use ditto_dsl::Precision;
use ditto_models::bert::{Bert, Input};

use crate::pass::{Batch, Pass};
use crate::run::Done;
use crate::scheme::{Owner, Scheme, Share};
use crate::{Embedding, LeftRange, Padded, Progress, Run, RunError};

type Ring<P> = <<P as Precision>::High as Format>::Ring;

/// One node's share of a pass's embeddings and of what an audit found, and its account of the forward
/// pass.
struct Part<S: Scheme, P: Precision> {
    share: Share<S, Ring<P>>,
    started: Instant,
    ended: Instant,
    report: Report,
    audit: Option<AuditShare>,
}

/// A node's shares of the model.
type Model<S, P> = Arc<Bert<<S as Scheme>::Node, P>>;

/// All that one node is given in a session: its shares of the model, and where inputs come from
/// and results go.
struct Work<S: Scheme, P: Precision> {
    bert: Model<S, P>,
    inputs: Receiver<Input<S::Node, P>>,
    results: Sender<Part<S, P>>,
    progress: Option<Progress>,
}

/// The client's ends of a session: where its shares of each input go, and where the parts of
/// results come from.
struct Client<S: Scheme, P: Precision> {
    inputs: [Sender<Input<S::Node, P>>; 3],
    results: [Receiver<Part<S, P>>; 3],
}

impl Run<'_> {
    pub(crate) fn embed_on<S: Scheme, P: Precision>(
        &self,
        scheme: &S,
        texts: &[Padded],
        progress: Option<Progress>,
        mut each: impl FnMut(Embedding) + Send,
    ) -> Result<(), RunError> {
        let batches = Pass::plan(texts, self.batch);
        let sessions = batches.iter().map(Batch::len).max().unwrap_or_default().min(S::SESSIONS);
        let models = self.share_model::<S, P>()?;
        let nodes = scheme.nodes::<P>(self, sessions, &batches)?;
        let client_key = self.key(Owner::Client)?;
        std::thread::scope(|scope| {
            let mut clients = Vec::with_capacity(sessions);
            let mut running = Vec::with_capacity(sessions);
            for nodes in nodes {
                // One node of one session reports progress for all.
                let progress = progress.clone().filter(|_| clients.is_empty());
                let (client, work) = session::<S, P>(&models, progress);
                clients.push(client);
                let compute = |node: &mut S::Node, work| compute(scheme, node, work);
                running.push(scope.spawn(move || all_of(threads(nodes, work, compute))));
            }
            let asked = self.ask(clients, &client_key, texts, &batches, &mut each);
            // If a node has stopped, its error says more than what the client saw of it.
            for session in running {
                session.join().expect("panics of nodes are caught in their threads")?;
            }
            asked
        })
    }

    /// The client's part: shares the texts of one batch after another and opens what comes back,
    /// until all are done or a node has stopped.
    ///
    /// It waits for the results before it shares more, so that what a batch took is what it takes
    /// by itself. What an audit says of a batch is kept for the end: a client that stopped there would
    /// tell the nodes.
    fn ask<S: Scheme, P: Precision>(
        &self,
        clients: Vec<Client<S, P>>,
        key: &Key,
        texts: &[Padded],
        batches: &[Batch],
        each: &mut impl FnMut(Embedding),
    ) -> Result<(), RunError> {
        let mut dealers = S::dealers(key);
        let mut left_range = None;
        for batch in batches {
            let mut turns = Vec::new();
            for passes in batch.chunks(clients.len().max(1)) {
                match self.turn(&clients, &mut dealers, texts, passes) {
                    Ok(Some(turn)) => turns.push(turn),
                    Ok(None) => return Ok(()),
                    Err(RunError::LeftRange(left)) => {
                        left_range.get_or_insert(left);
                    }
                    Err(error) => return Err(error),
                }
            }
            if left_range.is_none() {
                Done::in_sequence(turns).embeddings(batch).for_each(&mut *each);
            }
        }
        left_range.map_or(Ok(()), |left| Err(left.into()))
    }

    /// Passes that run at the same time; `None` if a node has stopped.
    fn turn<S: Scheme, P: Precision>(
        &self,
        clients: &[Client<S, P>],
        dealers: &mut [S::Dealer; 3],
        texts: &[Padded],
        passes: &[Pass],
    ) -> Result<Option<Done>, RunError> {
        let mut inputs = Vec::with_capacity(passes.len());
        for pass in passes {
            let share = |dealer| pass.share(dealer, texts, self.config);
            inputs.push(dealers.iter_mut().map(share).collect::<Result<Vec<_>, _>>()?);
        }
        // All shares are there before the first node starts.
        for (inputs, client) in inputs.into_iter().zip(clients) {
            for (input, node) in inputs.into_iter().zip(&client.inputs) {
                if node.send(input).is_err() {
                    return Ok(None);
                }
            }
        }
        let mut parts = Vec::with_capacity(passes.len());
        for client in &clients[..passes.len()] {
            let [first, second, third] = client.results.each_ref().map(Receiver::recv);
            let (Ok(first), Ok(second), Ok(third)) = (first, second, third) else {
                return Ok(None);
            };
            parts.push([first, second, third]);
        }
        put_together::<S, P>(passes, parts).map(Some)
    }

    /// Each node's shares of the model.
    fn share_model<S: Scheme, P: Precision>(&self) -> Result<[Model<S, P>; 3], RunError> {
        let mut models = Vec::with_capacity(3);
        for mut dealer in S::dealers(&self.key(Owner::Model)?) {
            let bert = Bert::share(&mut dealer, self.config, self.weights, self.options)?;
            models.push(Arc::new(bert));
        }
        let Ok(models) = models.try_into() else {
            unreachable!("one was pushed for each of three nodes");
        };
        Ok(models)
    }
}

/// A session's two sides.
fn session<S: Scheme, P: Precision>(
    models: &[Model<S, P>; 3],
    mut progress: Option<Progress>,
) -> (Client<S, P>, [Work<S, P>; 3]) {
    let [(to_0, inputs_0), (to_1, inputs_1), (to_2, inputs_2)] = [0; 3].map(|_| channel());
    let [(results_0, from_0), (results_1, from_1), (results_2, from_2)] = [0; 3].map(|_| channel());
    let client = Client { inputs: [to_0, to_1, to_2], results: [from_0, from_1, from_2] };
    let ends = [(inputs_0, results_0), (inputs_1, results_1), (inputs_2, results_2)];
    let mut models = models.iter().cloned();
    let work = ends.map(|(inputs, results)| Work {
        bert: models.next().expect("three models for three nodes"),
        inputs,
        results,
        progress: progress.take(),
    });
    (client, work)
}

/// One node's computation, pass after pass.
fn compute<S: Scheme, P: Precision>(
    scheme: &S,
    node: &mut S::Node,
    work: Work<S, P>,
) -> Result<(), PartyError> {
    if let Some(progress) = work.progress {
        node.trace().observe(move |path| progress(path));
    }
    for input in work.inputs {
        node.trace().restart();
        let started = Instant::now();
        let (embedding, audit) = scheme.forward(&work.bert, &input, node)?;
        let share = embedding.into_share();
        let report = node.trace().report();
        let part = Part { share, started, ended: Instant::now(), report, audit };
        if work.results.send(part).is_err() {
            // Nobody waits for results any more: another node has stopped.
            break;
        }
    }
    Ok(())
}

/// What the client does with the three nodes' shares of the results: the values of each
/// pass, how long all took from the first start to the last end, and what they cost.
fn put_together<S: Scheme, P: Precision>(
    passes: &[Pass],
    parts: Vec<[Part<S, P>; 3]>,
) -> Result<Done, RunError> {
    let started = parts.iter().flatten().map(|part| part.started).min();
    let ended = parts.iter().flatten().map(|part| part.ended).max();
    let seconds = match (started, ended) {
        (Some(started), Some(ended)) => ended.duration_since(started).as_secs_f64(),
        _ => 0.0,
    };
    let (mut values, mut reports) = (Vec::new(), Vec::new());
    for (pass, parts) in passes.iter().zip(parts) {
        reports.push(Report::merge(parts.each_ref().map(|part| part.report.clone())));
        let audit = match parts.each_ref().map(|part| part.audit.clone()) {
            [Some(first), Some(second), Some(third)] => {
                Some(AuditReport::open(&[first, second, third])?)
            }
            _ => None,
        };
        if let Some(left) = audit.as_ref().and_then(|audit| LeftRange::in_pass(&pass.texts, audit))
        {
            return Err(left.into());
        }
        let shares = parts.map(|part| part.share);
        values.push((S::open::<Ring<P>>(&shares, P::High::FRAC)?, audit));
    }
    Ok(Done { values, report: Report::concurrent(reports.into_iter()), seconds })
}
