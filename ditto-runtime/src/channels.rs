//! The channels between the model's owner, the nodes and the client, for each session.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use ditto_core::{Format, Report};
use ditto_dsl::Precision;

use crate::scheme::{Scheme, Share, Verdict};
use crate::{ScopeObserver, Task};

/// The ring of the answers.
pub(crate) type AnswerRing<P> = <<P as Precision>::High as Format>::Ring;

/// One node's share of a pass's answers, its verdict, and its account of the forward pass.
pub(crate) struct NodeResult<S: Scheme, P: Precision> {
    pub(crate) share: Share<S, AnswerRing<P>>,
    pub(crate) verdict: Verdict<S>,
    pub(crate) started: Instant,
    pub(crate) ended: Instant,
    pub(crate) report: Report,
}

/// A node's shares of the model.
type Model<S, T, P> = Arc<<T as Task>::Model<<S as Scheme>::Node, P>>;
/// A node's shares of a pass's requests.
type Input<S, T, P> = <T as Task>::Input<<S as Scheme>::Node, P>;

/// Where the model of a node comes from in a session.
pub(crate) enum ModelFrom<S: Scheme, T: Task, P: Precision> {
    /// From its owner; it goes on to the other sessions.
    Owner { source: S::Source, others: Vec<Sender<Model<S, T, P>>> },
    /// From the first session.
    First(Receiver<Model<S, T, P>>),
}

/// What one node is given in a session: where its shares of the model and of inputs come from, and where its
/// results go.
pub(crate) struct NodeChannels<S: Scheme, T: Task, P: Precision> {
    pub(crate) model: ModelFrom<S, T, P>,
    pub(crate) inputs: Receiver<Input<S, T, P>>,
    pub(crate) results: Sender<NodeResult<S, P>>,
    pub(crate) progress: Option<ScopeObserver>,
}

/// The client's channels of a session, one pair for each node: where the shares of each input go, and where
/// the shares of results come from.
pub(crate) struct ClientChannels<S: Scheme, T: Task, P: Precision> {
    pub(crate) inputs: Vec<Sender<Input<S, T, P>>>,
    pub(crate) results: Vec<Receiver<NodeResult<S, P>>>,
}

/// Both sides of a session.
pub(crate) struct SessionChannels<S: Scheme, T: Task, P: Precision> {
    pub(crate) client: ClientChannels<S, T, P>,
    pub(crate) nodes: [NodeChannels<S, T, P>; 3],
}

/// `count` sessions. `owners` are the model owner's sources, one for each node; one node of one session
/// reports progress for all.
pub(crate) fn sessions_of<S: Scheme, T: Task, P: Precision>(
    count: usize,
    owners: [S::Source; 3],
    mut progress: Option<ScopeObserver>,
) -> Vec<SessionChannels<S, T, P>> {
    let mut sessions = Vec::with_capacity(count);
    let mut to_others = [Vec::new(), Vec::new(), Vec::new()];
    let mut others = Vec::with_capacity(count);
    for _ in 1..count {
        others.push(to_others.each_mut().map(|senders| {
            let (sender, receiver) = channel();
            senders.push(sender);
            ModelFrom::First(receiver)
        }));
    }
    let mut to_others = to_others.into_iter();
    let first = owners.map(|source| {
        let others = to_others.next().unwrap_or_default();
        ModelFrom::Owner { source, others }
    });
    for models in std::iter::once(first).chain(others).take(count) {
        let (mut inputs, mut results) = (Vec::new(), Vec::new());
        let nodes = models.map(|model| {
            let ((to_node, of_client), (to_client, of_node)) = (channel(), channel());
            inputs.push(to_node);
            results.push(of_node);
            NodeChannels { model, inputs: of_client, results: to_client, progress: progress.take() }
        });
        sessions.push(SessionChannels { client: ClientChannels { inputs, results }, nodes });
    }
    sessions
}
