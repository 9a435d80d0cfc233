//! The receiving end of a link, the same for every transport: order, operation, loss, silence.
//!
//! A transport only has to put [`Frame`]s into a channel and to drop its end when the peer is
//! gone; everything that `recv` promises is decided here, so that it is decided once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::line::sleep_until;
use crate::{NetError, PartyId};

/// A message on its way, stamped with the time at which it is due; `None` is at once.
pub(super) struct Frame {
    pub(super) op: u64,
    pub(super) payload: Vec<u8>,
    pub(super) due: Option<Instant>,
}

/// What a transport hands over: a frame, or the reason why there will be no further one.
pub(super) type Arrival = Result<Frame, NetError>;

/// The blocking end of the channel that a transport fills.
pub(super) struct Inbox {
    party: PartyId,
    arrivals: Receiver<Arrival>,
    timeout: Duration,
    heard: Activity,
}

impl Inbox {
    /// The inbox for what `party` sends. `heard` tells of bytes that arrive within a message.
    pub(super) fn new(
        party: PartyId,
        arrivals: Receiver<Arrival>,
        timeout: Duration,
        heard: Activity,
    ) -> Self {
        Self { party, arrivals, timeout, heard }
    }

    /// Waits for the next message and checks that it belongs to operation `op`.
    pub(super) fn recv(&mut self, op: u64) -> Result<Vec<u8>, NetError> {
        let frame = self.next_frame()?;
        if let Some(due) = frame.due {
            sleep_until(due);
        }
        if frame.op != op {
            return Err(NetError::WrongFrame {
                party: self.party,
                expected_op: op,
                got_op: frame.op,
            });
        }
        Ok(frame.payload)
    }

    fn next_frame(&self) -> Arrival {
        let party = self.party;
        let mut silent_since = Instant::now();
        loop {
            let left = self.timeout.saturating_sub(silent_since.elapsed());
            match self.arrivals.recv_timeout(left) {
                Ok(arrival) => return arrival,
                Err(RecvTimeoutError::Disconnected) => return Err(NetError::Lost { party }),
                // A long message on a slow line is not silence: the time-out starts again
                // from the last byte heard.
                Err(RecvTimeoutError::Timeout) => match self.heard.last() {
                    Some(last) if last > silent_since => silent_since = last,
                    _ => {
                        let waited = silent_since.elapsed();
                        return Err(NetError::Late { party, waited });
                    }
                },
            }
        }
    }
}

/// When bytes last moved, shared between the thread that moves them and the one that waits.
#[derive(Clone)]
pub(super) struct Activity {
    start: Instant,
    /// Microseconds after `start`; 0 for never.
    last: Arc<AtomicU64>,
}

impl Activity {
    pub(super) fn none() -> Self {
        Self { start: Instant::now(), last: Arc::new(AtomicU64::new(0)) }
    }

    /// Notes that bytes have just moved. (In memory a message arrives whole.)
    #[cfg(feature = "tcp")]
    pub(super) fn note(&self) {
        let micros = self.start.elapsed().as_micros() as u64;
        self.last.store(micros.max(1), Ordering::Relaxed);
    }

    pub(super) fn last(&self) -> Option<Instant> {
        match self.last.load(Ordering::Relaxed) {
            0 => None,
            micros => Some(self.start + Duration::from_micros(micros)),
        }
    }
}
