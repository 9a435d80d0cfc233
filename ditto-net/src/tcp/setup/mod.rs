//! Setting up one link: dialing or accepting, the TLS handshake, and the party numbers each way.
//!
//! The accepting side sends its numbers first. In TLS 1.3 a client's handshake ends before the server has
//! seen its certificate; that the numbers arrive tells the client that it was accepted.

use std::io;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;
use tokio_rustls::rustls;

use crate::{NetError, PartyId};

mod accept;
mod dial;

pub(super) use accept::accept;
pub(super) use dial::dial;

/// A connection that is set up. TLS reads in small pieces, which the buffer below it makes cheap.
pub(super) type Stream = TlsStream<BufReader<TcpStream>>;

const READ_BUFFER: usize = 256 << 10;
/// The wait between two attempts at something that may work later.
const RETRY: Duration = Duration::from_millis(50);
/// Stands for a time-out beyond what the clock can count.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Which link is set up, and until when.
#[derive(Clone, Copy)]
pub(super) struct LinkSetup {
    me: PartyId,
    peer: PartyId,
    timeout: Duration,
    deadline: Instant,
    /// How long one connection has to authenticate itself.
    handshake: Duration,
}

impl LinkSetup {
    pub(super) fn new(me: PartyId, peer: PartyId, timeout: Duration, handshake: Duration) -> Self {
        let timeout = timeout.min(FOREVER);
        let deadline = Instant::now() + timeout;
        Self { me, peer, timeout, deadline, handshake: handshake.min(FOREVER) }
    }

    fn fail(&self, cause: String) -> NetError {
        let party = self.peer;
        NetError::Setup { party, cause }
    }
}

/// The addresses that may connect; `None` is any.
pub(super) type Allowed = Option<Vec<IpAddr>>;

/// Small writes leave at once; they are gathered above, where that pays.
fn prepare(socket: TcpStream) -> io::Result<BufReader<TcpStream>> {
    socket.set_nodelay(true)?;
    Ok(BufReader::with_capacity(READ_BUFFER, socket))
}

async fn send_party_numbers(link: LinkSetup, stream: &mut Stream) -> Result<(), Failure> {
    stream.write_all(&[link.me as u8, link.peer as u8]).await?;
    Ok(stream.flush().await?)
}

/// The certificate has already said who the peer is; this catches a mix-up of party numbers.
async fn check_party_numbers(link: LinkSetup, stream: &mut Stream) -> Result<(), Failure> {
    let mut numbers = [0; 2];
    stream.read_exact(&mut numbers).await?;
    let [from, to] = numbers.map(PartyId::from);
    if (from, to) != (link.peer, link.me) {
        return Err(Failure::Final(format!(
            "it takes itself for party {from} and this one for party {to}; \
             check the party numbers on both sides"
        )));
    }
    Ok(())
}

/// Why one attempt failed.
enum Failure {
    /// It would fail again.
    Final(String),
    /// It may be that the peer is not up yet.
    Passing(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let tls = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
        Self::Final(match tls {
            None => return Self::Passing(error),
            Some(rustls::Error::InvalidCertificate(_)) => {
                "it presented another certificate than the pinned one; \
                 exchange the certificates again"
                    .into()
            }
            Some(rustls::Error::AlertReceived(alert)) => format!(
                "it refused this party (TLS alert {alert:?}); \
                 check that it has this party's current certificate"
            ),
            Some(other) => format!("the TLS handshake failed ({other}); check the address"),
        })
    }
}
