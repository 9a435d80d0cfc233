//! Three parties in one process: unbounded channels that move the payload and copy nothing.

use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use super::inbox::{Arrival, Frame, Heard, Inbox};
use super::shaped::Shape;
use super::{Link, Links, NetError, PartyId, check_length};

/// The links of parties 0, 1 and 2, as fast as memory; `recv` gives up after `timeout` of silence.
pub fn trio(timeout: Duration) -> [Links; 3] {
    trio_shaped(timeout, Shape::LOCAL)
}

/// The links of parties 0, 1 and 2 over a network of the given shape.
pub fn trio_shaped(timeout: Duration, shape: Shape) -> [Links; 3] {
    let (next0, prev1) = pair(0, 1, timeout, shape);
    let (next1, prev2) = pair(1, 2, timeout, shape);
    let (next2, prev0) = pair(2, 0, timeout, shape);
    [(next0, prev0), (next1, prev1), (next2, prev2)]
        .map(|(next, prev)| Links { next: Box::new(next), prev: Box::new(prev) })
}

struct MemoryLink {
    party: PartyId,
    // Dropped before `outbox`: a peer whose `recv` has told it of the loss cannot send any more.
    inbox: Inbox,
    outbox: Sender<Arrival>,
}

/// The two ends of the connection between `a` and `b`: first the one that `a` holds.
fn pair(a: PartyId, b: PartyId, timeout: Duration, shape: Shape) -> (MemoryLink, MemoryLink) {
    let (to_b, from_a) = channel();
    let (to_a, from_b) = channel();
    let end = |party, outbox, arrivals| MemoryLink {
        party,
        inbox: Inbox::new(party, arrivals, timeout, shape, Heard::never()),
        outbox,
    };
    (end(b, to_b, from_b), end(a, to_a, from_a))
}

impl Link for MemoryLink {
    fn send(&mut self, op: u64, payload: Vec<u8>) -> Result<(), NetError> {
        check_length(self.party, &payload)?;
        let sent = Instant::now();
        self.outbox
            .send(Ok(Frame { op, payload, sent }))
            .map_err(|_| NetError::Lost { party: self.party })
    }

    fn recv(&mut self, op: u64) -> Result<Vec<u8>, NetError> {
        self.inbox.recv(op)
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance;
    use super::trio;

    #[test]
    fn memory_conforms() {
        conformance::all(trio);
    }
}
