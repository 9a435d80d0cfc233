//! Replicated sharing among three parties, over memory channels or TCP, with an audit or without.

use std::marker::PhantomData;

use ditto_backends::Rep3;
use ditto_backends::greeting::Terms;
use ditto_backends::rep3::audited::{AuditedShare, Watched};
use ditto_backends::rep3::run::{TIMEOUT, agree_on_keys, all_of, sessions_in_memory};
use ditto_backends::rep3::sharing::{self, Inconsistent, Rep3Source};
use ditto_backends::rep3::{AuditReport, AuditShare, Audited, Rep3Share};
use ditto_core::Ring;
use ditto_core::prg::Key;
use ditto_dsl::Precision;
use ditto_net::Lines;
use ditto_net::tcp::loopback;
use ndarray::ArrayD;

use crate::greeting_terms::terms;
use crate::scheme::{KeyOwner, Scheme};
use crate::{Run, RunError, Task, Transport};

/// Three parties: as the backend `N`, [`Rep3`] or [`Audited`].
pub(crate) struct ThreeParties<N> {
    transport: Transport,
    node: PhantomData<fn() -> N>,
}

impl<N: From<Rep3>> ThreeParties<N> {
    pub(crate) fn over(transport: Transport) -> Self {
        Self { transport, node: PhantomData }
    }

    /// The parties of each session.
    fn parties<T: Task, P: Precision>(
        &self,
        run: &Run<T>,
        audited: bool,
        sessions: u32,
        requests: &[T::Request],
    ) -> Result<Vec<[N; 3]>, RunError> {
        let parties: Vec<[Rep3; 3]> = match (self.transport, run.seed) {
            (Transport::Memory, _) => {
                sessions_in_memory(run.key(KeyOwner::Nodes)?, run.net, sessions)
            }
            (Transport::Tcp, Some(_)) => return Err(RunError::SeededTcp),
            (Transport::Tcp, None) => {
                let lines = [run.net; 3].map(Lines::new);
                let terms = terms::<T, P>(run, audited, requests)?;
                (0..sessions).map(|_| connected(&lines, &terms)).collect::<Result<_, _>>()?
            }
        };
        Ok(parties.into_iter().map(|trio| trio.map(N::from)).collect())
    }
}

impl Scheme for ThreeParties<Rep3> {
    type Node = Rep3;
    type Source = Rep3Source;

    fn sources(key: &Key) -> [Rep3Source; 3] {
        Rep3Source::trio(key)
    }

    fn nodes<T: Task, P: Precision>(
        &self,
        run: &Run<T>,
        sessions: u32,
        requests: &[T::Request],
    ) -> Result<Vec<[Rep3; 3]>, RunError> {
        self.parties::<T, P>(run, false, sessions, requests)
    }

    fn open<R: Ring>(shares: [Rep3Share<R>; 3], frac: u32) -> Result<ArrayD<f64>, Inconsistent> {
        sharing::open(&shares, frac)
    }
}

impl Scheme for ThreeParties<Audited> {
    type Node = Audited;
    type Source = Rep3Source;

    fn sources(key: &Key) -> [Rep3Source; 3] {
        Rep3Source::trio(key)
    }

    fn nodes<T: Task, P: Precision>(
        &self,
        run: &Run<T>,
        sessions: u32,
        requests: &[T::Request],
    ) -> Result<Vec<[Audited; 3]>, RunError> {
        self.parties::<T, P>(run, true, sessions, requests)
    }

    fn open<R: Ring>(shares: [AuditedShare<R>; 3], frac: u32) -> Result<ArrayD<f64>, Inconsistent> {
        sharing::open(&shares.map(Watched::into_inner), frac)
    }

    fn audit(verdicts: [AuditShare; 3]) -> Result<Option<AuditReport>, Inconsistent> {
        AuditReport::open(&verdicts).map(Some)
    }
}

/// Three parties over TCP, which make sure that they compute the same and agree on keys of their own.
fn connected(lines: &[Lines; 3], terms: &Terms) -> Result<[Rep3; 3], RunError> {
    let mut id = 0..;
    let links = loopback::trio(TIMEOUT, lines)?;
    let connecting = std::thread::scope(|scope| {
        links
            .map(|links| {
                let id = id.next().unwrap_or_default();
                scope.spawn(move || agree_on_keys(id, links, terms))
            })
            .map(|thread| thread.join().expect("agreeing on keys does not panic"))
    });
    Ok(all_of(connecting)?)
}
