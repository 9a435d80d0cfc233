//! Runs on the nodes of a sharing scheme: the model's owner and the client share, a thread computes for each
//! node, and the client opens.
//!
//! The model's owner and the client are outside of the computation. What a node's thread gets is
//! its own shares and its own links; what comes back is its share of the result.
//!
//! The passes of a batch run at the same time, each in a session of its own: the same nodes and
//! the same shares of the model, with randomness and links of their own. So the sessions' rounds overlap,
//! and where one waits another computes. The first session loads the model for all.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use ditto_backends::rep3::run::{first_cause, threads};
use ditto_core::prg::Key;
use ditto_core::{Backend, Report, Scaled};
use ditto_dsl::Precision;

use crate::channels::{
    AnswerRing, ClientChannels, ModelFrom, NodeChannels, NodeResult, SessionChannels, sessions_of,
};
use crate::pass::{Batch, Pass};
use crate::run::{BatchResults, Each};
use crate::scheme::{KeyOwner, Scheme};
use crate::{LeftRange, Run, RunError, ScopeObserver, Task};

/// The scope of what preparing the weights has cost.
const WEIGHTS: &str = "weights";

impl<T: Task> Run<T> {
    pub(crate) fn on_nodes<S: Scheme, P: Precision>(
        &self,
        scheme: &S,
        requests: &[T::Request],
        progress: Option<ScopeObserver>,
        each: Each<'_>,
    ) -> Result<(), RunError> {
        let batches = self.batches(requests);
        let sessions = batches.iter().map(Batch::len).max().unwrap_or_default();
        let nodes = scheme.nodes::<T, P>(self, sessions as u32, requests)?;
        let owners = S::sources(&self.key(KeyOwner::Model)?);
        let client_key = self.key(KeyOwner::Client)?;
        let channels = sessions_of::<S, T, P>(sessions, owners, progress);
        std::thread::scope(|scope| {
            let (mut clients, mut running) = (Vec::new(), Vec::new());
            for (nodes, session) in nodes.into_iter().zip(channels) {
                let SessionChannels { client, nodes: ends } = session;
                clients.push(client);
                let compute = |node: &mut S::Node, ends| self.compute::<S, P>(node, ends);
                let run =
                    move || first_cause(threads(nodes, ends, compute), RunError::is_lost_peer);
                running.push(scope.spawn(run));
            }
            let asked = self.ask(clients, &client_key, requests, &batches, each);
            // If a node has stopped, its error says more than what the client saw of it.
            for session in running {
                session.join().expect("panics of nodes are caught in their threads")?;
            }
            asked
        })
    }

    /// The client's part: shares the requests of one batch after another and opens what comes back,
    /// until all are done or a node has stopped.
    ///
    /// It waits for a batch's results before it shares more, so that the time of a batch is what it takes
    /// by itself. What an audit says of a batch is kept for the end: a client that stopped there would
    /// tell the nodes what it found.
    fn ask<S: Scheme, P: Precision>(
        &self,
        clients: Vec<ClientChannels<S, T, P>>,
        key: &Key,
        requests: &[T::Request],
        batches: &[Batch],
        each: Each<'_>,
    ) -> Result<(), RunError> {
        let mut sources = S::sources(key);
        let mut left_range = None;
        for batch in batches {
            match self.ask_batch(&clients, &mut sources, requests, batch) {
                Ok(Some(results)) if left_range.is_none() => {
                    results.answers(batch).for_each(&mut *each);
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(RunError::LeftRange(left)) => {
                    left_range.get_or_insert(left);
                }
                Err(error) => return Err(error),
            }
        }
        left_range.map_or(Ok(()), |left| Err(left.into()))
    }

    /// One batch; `None` if a node has stopped.
    fn ask_batch<S: Scheme, P: Precision>(
        &self,
        clients: &[ClientChannels<S, T, P>],
        sources: &mut [S::Source; 3],
        requests: &[T::Request],
        batch: &Batch,
    ) -> Result<Option<BatchResults>, RunError> {
        let mut inputs = Vec::with_capacity(batch.len());
        for pass in batch {
            let of_pass = pass.of(requests);
            let share = |source| self.task.share(source, &of_pass, pass.length);
            inputs.push(sources.iter_mut().map(share).collect::<Result<Vec<_>, _>>()?);
        }
        // Every input of the batch is shared before a node gets one: where sharing fails, no pass is half begun.
        for (inputs, client) in inputs.into_iter().zip(clients) {
            for (input, node) in inputs.into_iter().zip(&client.inputs) {
                if node.send(input).is_err() {
                    return Ok(None);
                }
            }
        }
        let mut results = Vec::with_capacity(batch.len());
        for client in &clients[..batch.len()] {
            let of_nodes: Result<Vec<_>, _> = client.results.iter().map(Receiver::recv).collect();
            let Some(of_nodes) = of_nodes.ok().and_then(|results| results.try_into().ok()) else {
                return Ok(None);
            };
            results.push(of_nodes);
        }
        put_together::<S, T, P>(batch, results).map(Some)
    }

    /// One node's computation, pass after pass.
    fn compute<S: Scheme, P: Precision>(
        &self,
        node: &mut S::Node,
        channels: NodeChannels<S, T, P>,
    ) -> Result<(), RunError> {
        let (model, mut loading) = match channels.model {
            ModelFrom::Owner { mut source, others } => {
                let model = Arc::new(self.task.load::<S::Node, P>(&mut source, node)?);
                // Nobody waits for it where another node of that session has stopped.
                others.iter().for_each(|other| drop(other.send(Arc::clone(&model))));
                (model, node.trace().report().operations())
            }
            ModelFrom::First(model) => match model.recv() {
                Ok(model) => (model, Vec::new()),
                // The first session says why.
                Err(_) => return Ok(()),
            },
        };
        if let Some(progress) = channels.progress {
            node.trace().observe(move |path| progress(path));
        }
        for input in channels.inputs {
            node.trace().restart();
            let started = Instant::now();
            let answers = T::compute(&model, &input, node)?;
            let verdict = node.finish()?;
            let share = answers.into_share();
            if !loading.is_empty() {
                node.trace().add_earlier(WEIGHTS, std::mem::take(&mut loading));
            }
            let report = node.trace().report();
            let result = NodeResult { share, verdict, started, ended: Instant::now(), report };
            if channels.results.send(result).is_err() {
                // Nobody waits for results any more: another node has stopped.
                break;
            }
        }
        Ok(())
    }
}

/// What the client does with the three nodes' shares of the results: the values of each
/// pass, how long all took from the first start to the last end, and what they cost.
fn put_together<S: Scheme, T: Task, P: Precision>(
    passes: &[Pass],
    results: Vec<[NodeResult<S, P>; 3]>,
) -> Result<BatchResults, RunError> {
    let started = results.iter().flatten().map(|result| result.started).min();
    let ended = results.iter().flatten().map(|result| result.ended).max();
    let seconds = match (started, ended) {
        (Some(started), Some(ended)) => ended.duration_since(started).as_secs_f64(),
        _ => 0.0,
    };
    let (mut values, mut reports) = (Vec::new(), Vec::new());
    for (pass, [first, second, third]) in passes.iter().zip(results) {
        reports.push(Report::merge([first.report, second.report, third.report]));
        let audit = S::audit([first.verdict, second.verdict, third.verdict])?;
        let left = audit.as_ref().and_then(|found| LeftRange::in_pass::<T>(&pass.requests, found));
        if let Some(left) = left {
            return Err(left.into());
        }
        let shares = [first.share, second.share, third.share];
        values.push((S::open::<AnswerRing<P>>(shares, P::High::FRAC)?, audit));
    }
    Ok(BatchResults { values, report: Report::concurrent(reports.into_iter()), seconds })
}
