//! Additive sharing between two parties, with a dealer that knows the shapes of the model and of the inputs
//! and nothing else, and whose share of a result is empty.

use ditto_backends::Additive;
use ditto_backends::additive::AdditiveShare;
use ditto_backends::additive::run::sessions_in_memory;
use ditto_backends::additive::sharing::{self, AdditiveSource};
use ditto_backends::rep3::sharing::Inconsistent;
use ditto_core::Ring;
use ditto_core::prg::Key;
use ditto_dsl::Precision;
use ndarray::ArrayD;

use crate::scheme::{KeyOwner, Scheme};
use crate::{Run, RunError, Task};

/// Two parties and a dealer, over memory channels.
pub(crate) struct TwoPartiesAndDealer;

impl Scheme for TwoPartiesAndDealer {
    type Node = Additive;
    type Source = AdditiveSource;

    fn sources(key: &Key) -> [AdditiveSource; 3] {
        AdditiveSource::trio(key)
    }

    fn nodes<T: Task, P: Precision>(
        &self,
        run: &Run<T>,
        sessions: u32,
        _: &[T::Request],
    ) -> Result<Vec<[Additive; 3]>, RunError> {
        Ok(sessions_in_memory(run.key(KeyOwner::Nodes)?, run.net, sessions))
    }

    fn open<R: Ring>(
        [first, second, _]: [AdditiveShare<R>; 3],
        frac: u32,
    ) -> Result<ArrayD<f64>, Inconsistent> {
        Ok(sharing::open([&first, &second], frac))
    }
}
