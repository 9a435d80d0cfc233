//! For tests of what a node sees: links that keep a copy of every message that is received.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ditto_net::{Link, Links, NetError, memory};

/// The messages that one node receives, in the order in which it reads them.
pub(crate) type MessageLog = Arc<Mutex<Vec<Vec<u8>>>>;

/// A link that keeps a copy of what is received.
struct Recorded {
    link: Box<dyn Link>,
    log: MessageLog,
}

impl Link for Recorded {
    fn send(&mut self, op: u64, payload: Vec<u8>) -> Result<(), NetError> {
        self.link.send(op, payload)
    }

    fn recv(&mut self, op: u64) -> Result<Vec<u8>, NetError> {
        let payload = self.link.recv(op)?;
        self.log.lock().expect("no party panics with the log").push(payload.clone());
        Ok(payload)
    }
}

/// Both links of a node, recorded in `log`.
pub(crate) fn recorded(links: Links, log: &MessageLog) -> Links {
    let recorded = |link| -> Box<dyn Link> { Box::new(Recorded { link, log: log.clone() }) };
    Links { next: recorded(links.next), prev: recorded(links.prev) }
}

/// The links of three nodes over memory channels, recorded in `logs`.
pub(crate) fn recorded_trio(logs: &[MessageLog; 3]) -> [Links; 3] {
    let mut logs = logs.iter();
    memory::trio(Duration::from_secs(60))
        .map(|links| recorded(links, logs.next().expect("a log for each of three nodes")))
}

/// What was received, once all is over.
pub(crate) fn received(log: &MessageLog) -> Vec<Vec<u8>> {
    std::mem::take(&mut *log.lock().expect("no party panics with the log"))
}

/// A message of whole words.
pub(crate) fn words(message: &[u8]) -> Vec<u64> {
    let (words, rest) = message.as_chunks::<8>();
    assert!(rest.is_empty());
    words.iter().map(|&word| u64::from_le_bytes(word)).collect()
}
