//! Runs on two parties and a dealer: the owners share with the parties, three threads compute, the
//! client opens.
//!
//! The dealer's thread is given the model and the inputs as shapes alone, and gives back a share
//! without content. All three run the same program.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use ditto_backends::Additive;
use ditto_backends::additive::deal::{self, Dealer};
use ditto_backends::additive::run::{all_of, fresh_key, in_memory, seeded_key, threads};
use ditto_backends::additive::{AdditiveError, AdditiveShare};
use ditto_core::prg::Key;
use ditto_core::{Backend, Format, Report, Scaled};
use ditto_dsl::Precision;

use super::pass::{Batch, Pass};
use super::{Done, Embedding, Padded, Progress, Run, RunError};
use crate::bert::{Bert, Input};

type Ring<P> = <<P as Precision>::High as Format>::Ring;

/// One node's share of a pass's embeddings, and its account of the forward pass.
struct Part<P: Precision> {
    share: AdditiveShare<Ring<P>>,
    seconds: f64,
    report: Report,
}

/// All that one node is given: its shares of the model, and where inputs come from and results go.
struct Work<P: Precision> {
    bert: Bert<Additive, P>,
    inputs: Receiver<Input<Additive, P>>,
    results: Sender<Part<P>>,
    progress: Option<Progress>,
}

/// The client's ends of what one node was given.
struct Ends<P: Precision> {
    input: Sender<Input<Additive, P>>,
    result: Receiver<Part<P>>,
}

/// What the client keeps of a shared model, and what each node is given.
type Shared<P> = ([Ends<P>; 3], [Work<P>; 3]);

impl Run<'_> {
    pub(super) fn embed_additive<P: Precision>(
        &self,
        texts: &[Padded],
        progress: Option<Progress>,
        mut each: impl FnMut(Embedding) + Send,
    ) -> Result<(), RunError> {
        let (ends, work) = self.share_model_additively::<P>(progress)?;
        // As for three parties: 0 for the nodes, 1 for the model's owner, 2 for the client.
        let nodes = in_memory(&self.additive_key(0)?, self.net);
        let client_key = self.additive_key(2)?;
        std::thread::scope(|scope| {
            let nodes = scope.spawn(move || threads(nodes, work, compute::<P>));
            let asked = self.ask_additively(ends, &client_key, texts, &mut each);
            let nodes = nodes.join().expect("panics of nodes are caught in their threads");
            // If a node has stopped, its error says more than what the client saw of it.
            all_of(nodes)?;
            asked
        })
    }

    /// The client's part: shares the texts of one batch after another and opens what comes back,
    /// until all are done or a node has stopped.
    fn ask_additively<P: Precision>(
        &self,
        ends: [Ends<P>; 3],
        key: &Key,
        texts: &[Padded],
        each: &mut impl FnMut(Embedding),
    ) -> Result<(), RunError> {
        let mut dealers = Dealer::trio(key);
        for batch in Pass::plan(texts, self.batch) {
            let Some(done) = self.batch_additively(&ends, &mut dealers, texts, &batch)? else {
                return Ok(());
            };
            done.embeddings(&batch).for_each(&mut *each);
        }
        Ok(())
    }

    /// The passes of a batch, one after another; `None` if a node has stopped.
    fn batch_additively<P: Precision>(
        &self,
        ends: &[Ends<P>; 3],
        dealers: &mut [Dealer; 3],
        texts: &[Padded],
        batch: &Batch,
    ) -> Result<Option<Done>, RunError> {
        let (mut values, mut reports, mut seconds) = (Vec::new(), Vec::new(), 0.0);
        for pass in batch {
            let share = |dealer| pass.share(dealer, texts, self.config);
            let inputs: Vec<Input<Additive, P>> =
                dealers.iter_mut().map(share).collect::<Result<_, _>>()?;
            // All shares are there before the first node starts.
            for (input, ends) in inputs.into_iter().zip(ends) {
                if ends.input.send(input).is_err() {
                    return Ok(None);
                }
            }
            let parts: Result<Vec<Part<P>>, _> =
                ends.iter().map(|ends| ends.result.recv()).collect();
            let Some(parts) = parts.ok().and_then(|parts| <[_; 3]>::try_from(parts).ok()) else {
                return Ok(None);
            };
            seconds += parts.iter().map(|part| part.seconds).fold(0.0, f64::max);
            reports.push(Report::merge(parts.each_ref().map(|part| part.report.clone())));
            let [first, second, _] = &parts;
            values.push(deal::open::<Ring<P>>([&first.share, &second.share], P::High::FRAC));
        }
        Ok(Some(Done { values, report: Report::in_sequence(reports), seconds }))
    }

    /// Shares the model.
    fn share_model_additively<P: Precision>(
        &self,
        progress: Option<Progress>,
    ) -> Result<Shared<P>, RunError> {
        let (mut all_ends, mut all_work) = (Vec::new(), Vec::new());
        for mut dealer in Dealer::trio(&self.additive_key(1)?) {
            let bert = Bert::share(&mut dealer, self.config, self.weights, self.options)?;
            let (input, inputs) = channel();
            let (results, result) = channel();
            // One node reports progress for all: a party, as the dealer runs ahead.
            let progress = progress.clone().filter(|_| all_work.is_empty());
            all_ends.push(Ends { input, result });
            all_work.push(Work { bert, inputs, results, progress });
        }
        match (all_ends.try_into(), all_work.try_into()) {
            (Ok(ends), Ok(work)) => Ok((ends, work)),
            _ => unreachable!("one of each was pushed for each of three nodes"),
        }
    }

    /// A key for one of the uses of a run: fresh, or replayed from the seed.
    fn additive_key(&self, purpose: u64) -> Result<Key, RunError> {
        match self.seed {
            Some(seed) => Ok(seeded_key(seed, purpose)),
            None => fresh_key().map_err(|e| RunError::Randomness(e.to_string())),
        }
    }
}

/// One node's computation, pass after pass.
fn compute<P: Precision>(node: &mut Additive, work: Work<P>) -> Result<(), AdditiveError> {
    if let Some(progress) = work.progress {
        node.trace().observe(move |path| progress(path));
    }
    for input in work.inputs {
        node.trace().restart();
        let started = Instant::now();
        let embedding = work.bert.embed(&input, node)?;
        let seconds = started.elapsed().as_secs_f64();
        let report = node.trace().report();
        let part = Part { share: embedding.into_share(), seconds, report };
        if work.results.send(part).is_err() {
            // Nobody waits for results any more: another node has stopped.
            break;
        }
    }
    Ok(())
}
