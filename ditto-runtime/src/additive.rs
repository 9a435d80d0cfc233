//! Additive sharing between two parties, with a dealer that is given the model and the inputs as
//! shapes alone, and gives back a share without content.

use ditto_backends::Additive;
use ditto_backends::additive::AdditiveShare;
use ditto_backends::additive::deal::{self, Dealer};
use ditto_backends::additive::run::in_memory;
use ditto_backends::rep3::deal::Inconsistent;
use ditto_core::Ring;
use ditto_core::prg::Key;
use ditto_dsl::Precision;
use ndarray::ArrayD;

use crate::pass::Batch;
use crate::scheme::{Owner, Scheme};
use crate::{Run, RunError};

/// Two parties and a dealer, over memory channels.
pub(crate) struct TwoPartiesAndDealer;

impl Scheme for TwoPartiesAndDealer {
    type Node = Additive;
    type Dealer = Dealer;

    /// A weight's mask belongs to the session that uses it first.
    const SESSIONS: usize = 1;

    fn dealers(key: &Key) -> [Dealer; 3] {
        Dealer::trio(key)
    }

    fn nodes<P: Precision>(
        &self,
        run: &Run<'_>,
        sessions: usize,
        _: &[Batch],
    ) -> Result<Vec<[Additive; 3]>, RunError> {
        assert!(sessions <= Self::SESSIONS, "the nodes have the keys of one session");
        let nodes = |_| Ok(in_memory(run.key(Owner::Nodes)?, run.net));
        (0..sessions).map(nodes).collect()
    }

    fn open<R: Ring>(
        [first, second, _]: &[AdditiveShare<R>; 3],
        frac: u32,
    ) -> Result<ArrayD<f64>, Inconsistent> {
        Ok(deal::open([first, second], frac))
    }
}
