//! Replicated sharing among three parties, over memory channels or TCP.

use ditto_backends::Rep3;
use ditto_backends::greeting::Terms;
use ditto_backends::rep3::deal::{self, Dealer, Inconsistent};
use ditto_backends::rep3::run::{TIMEOUT, agree_on_keys, all_of, sessions_in_memory};
use ditto_backends::rep3::{PartyError, Rep3Share};
use ditto_core::Ring;
use ditto_core::prg::Key;
use ditto_dsl::Precision;
use ditto_models::bert::{Bert, Input};
use ditto_net::Lines;
use ditto_net::tcp::loopback;
use ndarray::ArrayD;

use crate::pass::Batch;
use crate::scheme::{Embedded, Owner, Scheme};
use crate::terms::terms;
use crate::{Run, RunError, Transport};

/// Three parties.
pub(crate) struct ThreeParties {
    pub(crate) transport: Transport,
    /// Whether values are to be tested to be in their ranges.
    pub(crate) audited: bool,
}

impl Scheme for ThreeParties {
    type Node = Rep3;
    type Dealer = Dealer;

    const SESSIONS: usize = usize::MAX;

    fn dealers(key: &Key) -> [Dealer; 3] {
        Dealer::trio(key)
    }

    fn nodes<P: Precision>(
        &self,
        run: &Run<'_>,
        sessions: usize,
        batches: &[Batch],
    ) -> Result<Vec<[Rep3; 3]>, RunError> {
        match (self.transport, run.seed) {
            (Transport::Memory, _) => {
                Ok(sessions_in_memory(run.key(Owner::Nodes)?, run.net, sessions as u32))
            }
            (Transport::Tcp, Some(_)) => Err(RunError::SeededTcp),
            (Transport::Tcp, None) => {
                let lines = [run.net; 3].map(Lines::new);
                let terms = terms::<P>(run, self.audited, batches)?;
                (0..sessions).map(|_| connected(&lines, &terms)).collect()
            }
        }
    }

    fn forward<P: Precision>(
        &self,
        bert: &Bert<Rep3, P>,
        input: &Input<Rep3, P>,
        party: &mut Rep3,
    ) -> Result<Embedded<Self, P>, PartyError> {
        if !self.audited {
            return Ok((bert.embed(input, party)?, None));
        }
        let (embedding, audit) = party.audited(|party| bert.embed(input, party))?;
        Ok((embedding, Some(audit)))
    }

    fn open<R: Ring>(shares: &[Rep3Share<R>; 3], frac: u32) -> Result<ArrayD<f64>, Inconsistent> {
        deal::open(shares, frac)
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
