//! Three parties in one process: unbounded channels that move the payload and copy nothing.

use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use crate::NetworkProfile;
use crate::inbox::{Activity, Arrival, Frame, Inbox};
use crate::line::{Line, Lines};
use crate::{Link, Links, NetError, PartyId, check_length};

/// The links of parties 0, 1 and 2, as fast as memory; `recv` gives up after `timeout` of silence.
pub fn trio(timeout: Duration) -> [Links; 3] {
    trio_over(timeout, &[NetworkProfile::LOCAL; 3].map(Lines::new))
}

/// The links of parties 0, 1 and 2 over a slower network: `lines` are those on which each party
/// hears its peers.
pub fn trio_over(timeout: Duration, lines: &[Lines; 3]) -> [Links; 3] {
    let link = |a: PartyId, b: PartyId| pair((a, &lines[a].next), (b, &lines[b].prev), timeout);
    let ((next0, prev1), (next1, prev2), (next2, prev0)) = (link(0, 1), link(1, 2), link(2, 0));
    [(next0, prev0), (next1, prev1), (next2, prev2)]
        .map(|(next, prev)| Links { next: Box::new(next), prev: Box::new(prev) })
}

struct MemoryLink {
    party: PartyId,
    // Dropped before `outbox`: a peer whose `recv` has told it of the loss cannot send any more.
    inbox: Inbox,
    outbox: Sender<Arrival>,
    /// Where the peer hears this party.
    line: Line,
}

/// The two ends of the connection between `a` and `b`, each a party and the line on which it hears
/// the other: first the one that `a` holds.
fn pair(
    (a, to_a): (PartyId, &Line),
    (b, to_b): (PartyId, &Line),
    timeout: Duration,
) -> (MemoryLink, MemoryLink) {
    let (outbox_a, inbox_b) = channel();
    let (outbox_b, inbox_a) = channel();
    let end = |party, outbox, arrivals, line: &Line| MemoryLink {
        party,
        inbox: Inbox::new(party, arrivals, timeout, Activity::none()),
        outbox,
        line: line.clone(),
    };
    (end(b, outbox_a, inbox_a, to_b), end(a, outbox_b, inbox_b, to_a))
}

impl Link for MemoryLink {
    fn send(&mut self, op: u64, payload: Vec<u8>) -> Result<(), NetError> {
        check_length(self.party, &payload)?;
        let due = self.line.due(Instant::now(), payload.len());
        self.outbox
            .send(Ok(Frame { op, payload, due }))
            .map_err(|_| NetError::Lost { party: self.party })
    }

    fn recv(&mut self, op: u64) -> Result<Vec<u8>, NetError> {
        self.inbox.recv(op)
    }
}

#[cfg(test)]
mod tests {
    use super::trio;
    use crate::conformance;

    #[test]
    fn memory_conforms() {
        conformance::all(trio);
    }
}
