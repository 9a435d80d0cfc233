//! What a run needs to know of a sharing scheme among three nodes: who they are, how shares come about
//! and how results are opened.

use std::ops::Deref;

use ditto_backends::Node;
use ditto_backends::rep3::deal::Inconsistent;
use ditto_backends::rep3::run::{fresh_key, seeded_key};
use ditto_backends::rep3::{AuditShare, PartyError};
use ditto_core::prg::Key;
use ditto_core::{Backend, Ring, Source};
use ditto_dsl::{Precision, Tensor};
use ditto_models::bert::{Bert, Input};
use ndarray::ArrayD;

use crate::pass::Batch;
use crate::{Run, RunError};

/// Who a key of a run belongs to.
#[derive(Clone, Copy)]
pub(crate) enum Owner {
    /// The nodes: the keys of their pairs are derived from it.
    Nodes,
    /// The model's owner.
    Model,
    /// The client.
    Client,
}

/// What a node shares for each tensor: its part, from a data owner.
pub(crate) type Share<S, R> = <<S as Scheme>::Node as Backend>::Share<R>;

/// An embedding on a node, and its share of what an audit found.
pub(crate) type Embedded<S, P> =
    (Tensor<<S as Scheme>::Node, <P as Precision>::High>, Option<AuditShare>);

/// A sharing scheme among three nodes that compute, each on its own.
pub(crate) trait Scheme: Sync {
    /// A node, as the backend that the model runs on.
    type Node: Backend<Error = PartyError> + Deref<Target = Node> + Send;
    /// A data owner's side of one node.
    type Dealer: Source<Self::Node>;

    /// How many sessions the nodes can have at the same time.
    const SESSIONS: usize;

    /// A data owner's sides of all nodes.
    fn dealers(key: &Key) -> [Self::Dealer; 3];

    /// The nodes of each of so many sessions, connected, to run these batches.
    fn nodes<P: Precision>(
        &self,
        run: &Run<'_>,
        sessions: usize,
        batches: &[Batch],
    ) -> Result<Vec<[Self::Node; 3]>, RunError>;

    /// The forward pass on one node.
    fn forward<P: Precision>(
        &self,
        bert: &Bert<Self::Node, P>,
        input: &Input<Self::Node, P>,
        node: &mut Self::Node,
    ) -> Result<Embedded<Self, P>, PartyError> {
        Ok((bert.embed(input, node)?, None))
    }

    /// The values that three nodes' shares stand for, read at `frac` fractional bits.
    fn open<R: Ring>(shares: &[Share<Self, R>; 3], frac: u32) -> Result<ArrayD<f64>, Inconsistent>;
}

impl Run<'_> {
    /// A key for one of the uses of a run: fresh, or replayed from the seed.
    pub(crate) fn key(&self, owner: Owner) -> Result<Key, RunError> {
        match self.seed {
            Some(seed) => Ok(seeded_key(seed, owner as u64)),
            None => fresh_key().map_err(|e| RunError::Randomness(e.to_string())),
        }
    }
}
