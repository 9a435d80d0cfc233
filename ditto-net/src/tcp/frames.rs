//! Messages on the wire: operation (u64), length (u64), both little-endian, then the payload.

use std::io;
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::inbox::{Activity, Frame};
use crate::line::Line;
use crate::{MAX_PAYLOAD, NetError, PartyId};

/// Bytes handed to the writer at once, so that progress is noted within a long message.
const CHUNK: usize = 1 << 20;

/// Room for the first bytes of a message. From there on room grows with what has arrived.
const FIRST: usize = 64 << 10;

/// Why no further frame can be read.
#[derive(Debug)]
pub(super) enum Ended {
    /// The peer closed the connection, or it broke.
    Closed,
    /// The peer broke the protocol.
    Refused(NetError),
}

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

/// Writes one message, without flushing.
pub(super) async fn write(
    writer: &mut (impl AsyncWrite + Unpin),
    op: u64,
    payload: &[u8],
    written: &Activity,
) -> io::Result<()> {
    writer.write_u64_le(op).await?;
    writer.write_u64_le(payload.len() as u64).await?;
    for chunk in payload.chunks(CHUNK) {
        let mut left = chunk;
        while !left.is_empty() {
            let n = writer.write(left).await?;
            if n == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            left = &left[n..];
            written.note();
        }
    }
    Ok(())
}

/// Reads one message straight into the vector that the party will own.
///
/// A header can promise a long message that never comes: beyond [`FIRST`] bytes, room is made for as
/// much again as has arrived, and for no more than the message has.
pub(super) async fn read(
    reader: &mut (impl AsyncRead + Unpin),
    party: PartyId,
    line: &Line,
    heard: &Activity,
) -> Result<Frame, Ended> {
    let op = reader.read_u64_le().await?;
    let length = reader.read_u64_le().await?;
    // The header's arrival stands for the time of sending (see `profile`).
    let sent = Instant::now();
    heard.note();
    // Before anything is allocated for it.
    if length > MAX_PAYLOAD {
        return Err(Ended::Refused(NetError::TooLong { party, length, limit: MAX_PAYLOAD }));
    }
    let due = line.due(sent, length as usize);
    let mut payload = Vec::new();
    let mut body = reader.take(length);
    while (payload.len() as u64) < length {
        if payload.len() == payload.capacity() {
            let missing = length as usize - payload.len();
            payload.reserve_exact(missing.min(payload.len().max(FIRST)));
        }
        if body.read_buf(&mut payload).await? == 0 {
            return Err(Ended::Closed);
        }
        heard.note();
    }
    Ok(Frame { op, payload, due })
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use tokio::io::ReadBuf;

    use super::*;
    use crate::NetworkProfile;

    fn local() -> Line {
        Line::new(NetworkProfile::LOCAL)
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().expect("runtime").block_on(future)
    }

    #[test]
    fn what_is_written_is_read() {
        let heard = Activity::none();
        let mut wire = Vec::new();
        block_on(write(&mut wire, 3, b"abc", &heard)).unwrap();
        assert_eq!(wire[..16], [3, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
        let frame = block_on(read(&mut &wire[..], 0, &local(), &heard)).unwrap();
        assert_eq!((frame.op, &frame.payload[..]), (3, &b"abc"[..]));
    }

    #[test]
    fn hostile_length_is_refused_before_it_is_allocated() {
        let mut wire = [0xff; 16].as_slice();
        match block_on(read(&mut wire, 2, &local(), &Activity::none())) {
            Err(Ended::Refused(NetError::TooLong { party: 2, .. })) => {}
            Err(other) => panic!("expected a length refusal, got {other:?}"),
            Ok(_) => panic!("a message of 2^64 bytes was read"),
        }
    }

    /// A peer that sends these bytes and then nothing, and notes how much room each read has.
    struct Promising {
        wire: Vec<u8>,
        sent: usize,
        /// The most bytes that a read had room for, beyond those that were there already.
        excess: usize,
    }

    impl AsyncRead for Promising {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let arrived = self.sent.saturating_sub(16);
            self.excess = self.excess.max(buffer.remaining().saturating_sub(arrived));
            // In pieces, as a network does.
            let n = buffer.remaining().min(self.wire.len() - self.sent).min(10_000);
            buffer.put_slice(&self.wire[self.sent..self.sent + n]);
            self.sent += n;
            Poll::Ready(Ok(()))
        }
    }

    /// A header that promises the longest message costs no more than what follows it.
    #[test]
    fn room_grows_with_what_arrives() {
        for follows in [0, 1, 100_000, 3_000_000] {
            let mut wire = Vec::new();
            wire.extend(7u64.to_le_bytes());
            wire.extend(MAX_PAYLOAD.to_le_bytes());
            wire.resize(16 + follows, 7);
            let mut peer = Promising { wire, sent: 0, excess: 0 };
            let read = block_on(read(&mut peer, 0, &local(), &Activity::none()));
            assert!(matches!(read, Err(Ended::Closed)));
            assert_eq!(peer.sent, 16 + follows);
            assert!(peer.excess <= FIRST, "{} bytes of room after {follows}", peer.excess);
        }
    }

    /// Nor is there more room in the end than the message has.
    #[test]
    fn a_message_takes_its_length() {
        for length in [0, 1, FIRST, FIRST + 1, 5 * FIRST + 3] {
            let payload: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let mut wire = Vec::new();
            block_on(write(&mut wire, 3, &payload, &Activity::none())).unwrap();
            let frame = block_on(read(&mut &wire[..], 0, &local(), &Activity::none())).unwrap();
            assert_eq!(frame.payload, payload);
            assert!(frame.payload.capacity() <= length.max(FIRST));
        }
    }

    #[test]
    fn truncated_message_is_a_closed_connection() {
        let mut wire = Vec::new();
        block_on(write(&mut wire, 3, b"abc", &Activity::none())).unwrap();
        for cut in 0..wire.len() {
            let read = block_on(read(&mut &wire[..cut], 0, &local(), &Activity::none()));
            assert!(matches!(read, Err(Ended::Closed)));
        }
    }
}
