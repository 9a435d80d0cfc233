//! The thread behind one TCP link: sets it up, then moves frames between channels and socket.
//!
//! Reading never waits for writing or for the party: what arrives goes into an unbounded channel,
//! so two parties that send to each other at once cannot block each other.
//!
//! Closing. When the party drops its end, what is queued is written, TLS and TCP are closed for
//! writing, and what the peer still sends is read and thrown away until it closes too: a socket
//! closed over unread data resets the connection and may destroy what the peer has not read yet.
//! The peer's driver answers at once, without its party's help. When nothing moves for `LINGER`,
//! the peer's host is taken for dead and the connection is dropped as it is.

use std::convert::Infallible;
use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufWriter};
use tokio::sync::{mpsc as queue, oneshot};
use zeroize::Zeroize;

use super::frames::{self, Ended};
use super::setup::Stream;
use crate::inbox::{Activity, Arrival};
use crate::line::Line;
use crate::{NetError, PartyId, SETUP};

/// How long a closing link waits for a peer that neither takes nor sends anything.
const LINGER: Duration = Duration::from_secs(5);
/// Small messages are gathered into writes of up to this size.
const WRITE_BUFFER: usize = 64 << 10;

type Message = (u64, Vec<u8>);

/// Says once whether the connection stands.
pub(super) type Ready = mpsc::Receiver<Result<(), NetError>>;

/// The party's handle on the thread. Dropping it closes the link and waits, in bounded time, for the
/// thread to end.
pub(super) struct Driver {
    /// Dropped, both of them, to tell the thread to finish.
    ends: Option<(queue::UnboundedSender<Message>, oneshot::Sender<Infallible>)>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Driver {
    /// Queues a message; fails if the connection is gone.
    pub(super) fn send(&self, op: u64, payload: Vec<u8>) -> Result<(), ()> {
        let (outbox, _) = self.ends.as_ref().ok_or(())?;
        outbox.send((op, payload)).map_err(|_| ())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.ends = None;
        if let Some(thread) = self.thread.take() {
            // A panic over there has already shown itself as a lost peer.
            let _ = thread.join();
        }
    }
}

/// Starts the thread that sets up the connection with `party` and then serves it.
pub(super) fn start(
    party: PartyId,
    setup: impl Future<Output = Result<Stream, NetError>> + Send + 'static,
    timeout: Duration,
    line: Line,
    heard: Activity,
) -> Result<(Driver, mpsc::Receiver<Arrival>, Ready), NetError> {
    let fail = |error: io::Error| NetError::Local {
        cause: format!("cannot start a network thread ({error})"),
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(fail)?;
    let (outbox, mut outgoing) = queue::unbounded_channel();
    let (closing, mut closed) = oneshot::channel();
    let (arrivals, inbox) = mpsc::channel();
    let (announce, ready) = mpsc::channel();
    let linger = LINGER.min(timeout);
    let serve = async move {
        let stream = tokio::select! {
            outcome = setup => match outcome {
                Ok(stream) => stream,
                Err(error) => return drop(announce.send(Err(error))),
            },
            // The party has given up on the other link.
            _ = &mut closed => return,
        };
        drop(announce.send(Ok(())));
        let written = Activity::none();
        tokio::select! {
            () = exchange((party, stream), &mut outgoing, (arrivals, line), &heard, &written) => {}
            () = stalled_after(closed, [&heard, &written], linger) => {}
        }
    };
    let thread = thread::Builder::new()
        .name(format!("link to party {party}"))
        .spawn(move || runtime.block_on(serve))
        .map_err(fail)?;
    let driver = Driver { ends: Some((outbox, closing)), thread: Some(thread) };
    Ok((driver, inbox, ready))
}

/// Moves frames both ways until the peer has closed its direction.
async fn exchange(
    (party, stream): (PartyId, Stream),
    outgoing: &mut queue::UnboundedReceiver<Message>,
    (arrivals, line): (mpsc::Sender<Arrival>, Line),
    heard: &Activity,
    written: &Activity,
) {
    let (mut reader, writer) = tokio::io::split(stream);
    let heard = heard.clone();
    // A task of its own, so that a long stretch of one direction does not hold up the other.
    let mut reading =
        tokio::spawn(async move { receive(party, &mut reader, arrivals, &line, &heard).await });
    tokio::select! {
        // Whichever way the peer went, there is no one left to write to. `send` fails from here
        // on, and only then, when the sender of arrivals is dropped, does `recv`.
        arrivals = &mut reading => {
            outgoing.close();
            drop(arrivals);
        }
        // All written and closed, or the connection broke: see what is still to be read.
        _ = transmit(writer, outgoing, written) => {
            outgoing.close();
            drop(reading.await);
        }
    }
}

/// Writes what is queued, and closes this direction when the party drops its end.
async fn transmit(
    writer: impl AsyncWrite + Unpin,
    outgoing: &mut queue::UnboundedReceiver<Message>,
    written: &Activity,
) -> io::Result<()> {
    let mut writer = BufWriter::with_capacity(WRITE_BUFFER, writer);
    while let Some((op, mut payload)) = outgoing.recv().await {
        if op == SETUP {
            // May be a key: not through the buffer, which would keep it.
            writer.flush().await?;
            let result = frames::write(writer.get_mut(), op, &payload, written).await;
            payload.zeroize();
            result?;
        } else {
            frames::write(&mut writer, op, &payload, written).await?;
        }
        if outgoing.is_empty() {
            writer.flush().await?;
        }
    }
    writer.shutdown().await
}

/// Reads until the peer closes its direction; the inbox learns of it when the sender, which is
/// handed back, is dropped.
async fn receive(
    party: PartyId,
    reader: &mut (impl AsyncRead + Unpin),
    arrivals: mpsc::Sender<Arrival>,
    line: &Line,
    heard: &Activity,
) -> mpsc::Sender<Arrival> {
    loop {
        match frames::read(reader, party, line, heard).await {
            // Fails when the party has dropped its end; reading goes on, see above.
            Ok(frame) => drop(arrivals.send(Ok(frame))),
            Err(Ended::Refused(error)) => {
                drop(arrivals.send(Err(error)));
                return arrivals;
            }
            Err(Ended::Closed) => return arrivals,
        }
    }
}

/// Ends when the party has dropped its end and then nothing has moved for `linger`.
async fn stalled_after(
    closed: oneshot::Receiver<Infallible>,
    activity: [&Activity; 2],
    linger: Duration,
) {
    // An error is the only way in which this ends: the sender is dropped.
    let _ = closed.await;
    let mut seen = activity.map(Activity::last);
    loop {
        tokio::time::sleep(linger).await;
        let now = activity.map(Activity::last);
        if now == seen {
            return;
        }
        seen = now;
    }
}
