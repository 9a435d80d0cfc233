//! Messages on the wire: operation (u64), length (u64), both little-endian, then the payload.

use std::io;
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::super::inbox::{Frame, Heard};
use super::super::line::Line;
use super::super::{MAX_PAYLOAD, NetError, PartyId};

/// Bytes handed to the writer at once, so that progress is noted within a long message.
const CHUNK: usize = 1 << 20;

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
    written: &Heard,
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
            written.now();
        }
    }
    Ok(())
}

/// Reads one message straight into the vector that the party will own.
pub(super) async fn read(
    reader: &mut (impl AsyncRead + Unpin),
    party: PartyId,
    line: &Line,
    heard: &Heard,
) -> Result<Frame, Ended> {
    let op = reader.read_u64_le().await?;
    let length = reader.read_u64_le().await?;
    // The header's arrival stands for the time of sending (see `shaped`).
    let sent = Instant::now();
    heard.now();
    // Before anything is allocated for it.
    if length > MAX_PAYLOAD {
        return Err(Ended::Refused(NetError::TooLong { party, length, limit: MAX_PAYLOAD }));
    }
    let due = line.due(sent, length as usize);
    let mut payload = Vec::with_capacity(length as usize);
    let mut body = reader.take(length);
    while (payload.len() as u64) < length {
        if body.read_buf(&mut payload).await? == 0 {
            return Err(Ended::Closed);
        }
        heard.now();
    }
    Ok(Frame { op, payload, due })
}

#[cfg(test)]
mod tests {
    use super::super::super::shaped::Shape;
    use super::*;

    fn local() -> Line {
        Line::new(Shape::LOCAL)
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().expect("runtime").block_on(future)
    }

    #[test]
    fn what_is_written_is_read() {
        let heard = Heard::never();
        let mut wire = Vec::new();
        block_on(write(&mut wire, 3, b"abc", &heard)).unwrap();
        assert_eq!(wire[..16], [3, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
        let frame = block_on(read(&mut &wire[..], 0, &local(), &heard)).unwrap();
        assert_eq!((frame.op, &frame.payload[..]), (3, &b"abc"[..]));
    }

    #[test]
    fn hostile_length_is_refused_before_it_is_allocated() {
        let mut wire = [0xff; 16].as_slice();
        match block_on(read(&mut wire, 2, &local(), &Heard::never())) {
            Err(Ended::Refused(NetError::TooLong { party: 2, .. })) => {}
            Err(other) => panic!("expected a length refusal, got {other:?}"),
            Ok(_) => panic!("a message of 2^64 bytes was read"),
        }
    }

    #[test]
    fn truncated_message_is_a_closed_connection() {
        let mut wire = Vec::new();
        block_on(write(&mut wire, 3, b"abc", &Heard::never())).unwrap();
        for cut in 0..wire.len() {
            let read = block_on(read(&mut &wire[..cut], 0, &local(), &Heard::never()));
            assert!(matches!(read, Err(Ended::Closed)));
        }
    }
}
