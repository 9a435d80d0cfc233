//! What a run needs to know of a sharing scheme among three nodes: who they are, how data is shared, and
//! how results are opened.

use std::ops::Deref;

use ditto_backends::Node;
use ditto_backends::rep3::run::{fresh_key, seeded_key};
use ditto_backends::rep3::sharing::Inconsistent;
use ditto_backends::rep3::{AuditReport, PartyError};
use ditto_core::prg::Key;
use ditto_core::{Backend, Ring, Source};
use ditto_dsl::Precision;
use ndarray::ArrayD;

use crate::{Run, RunError, Task};

/// Who a key of a run belongs to.
#[derive(Clone, Copy)]
pub(crate) enum KeyOwner {
    /// The nodes: the keys of their pairs are derived from it.
    Nodes,
    /// The model's owner.
    Model,
    /// The client.
    Client,
}

/// What a node holds of a tensor.
pub(crate) type Share<S, R> = <<S as Scheme>::Node as Backend>::Share<R>;
/// What a node says of a computation when it is over.
pub(crate) type Verdict<S> = <<S as Scheme>::Node as Backend>::Verdict;

/// A sharing scheme among three nodes that compute, each on its own.
pub(crate) trait Scheme: Sync {
    /// A node, as the backend that the model runs on.
    type Node: Backend<Error = PartyError> + Deref<Target = Node> + Send;
    /// A data owner's side of one node.
    type Source: Source<Self::Node> + Send;

    /// A data owner's sides of all nodes.
    fn sources(key: &Key) -> [Self::Source; 3];

    /// The nodes of each of so many sessions, connected, to answer these requests.
    fn nodes<T: Task, P: Precision>(
        &self,
        run: &Run<T>,
        sessions: u32,
        requests: &[T::Request],
    ) -> Result<Vec<[Self::Node; 3]>, RunError>;

    /// The values that three nodes' shares stand for, read at `frac` fractional bits.
    fn open<R: Ring>(shares: [Share<Self, R>; 3], frac: u32) -> Result<ArrayD<f64>, Inconsistent>;

    /// What an audit found, if there was one, from three nodes' verdicts.
    fn audit(_: [Verdict<Self>; 3]) -> Result<Option<AuditReport>, Inconsistent> {
        Ok(None)
    }
}

impl<T> Run<T> {
    /// A key for one of the uses of a run: fresh, or replayed from the seed.
    pub(crate) fn key(&self, owner: KeyOwner) -> Result<Key, RunError> {
        match self.seed {
            Some(seed) => Ok(seeded_key(seed, owner as u64)),
            None => fresh_key().map_err(|e| RunError::Randomness(e.to_string())),
        }
    }
}
