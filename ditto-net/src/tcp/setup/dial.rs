//! The dialing side: tries until the peer is up, and stops at once at what would fail again.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::{Failure, LinkSetup, RETRY, Stream, check_party_numbers, prepare, send_party_numbers};
use crate::NetError;
use crate::tcp::identity::SUBJECT;

/// Connects with a peer that may not be up yet.
pub(in super::super) async fn dial(
    link: LinkSetup,
    address: SocketAddr,
    config: Arc<ClientConfig>,
) -> Result<Stream, NetError> {
    let mut state = String::new();
    let attempts = async {
        loop {
            match dial_once(link, address, config.clone(), &mut state).await {
                Ok(stream) => return Ok(stream),
                Err(Failure::Final(cause)) => return Err(link.fail(cause)),
                Err(Failure::Passing(error)) => state = error.to_string(),
            }
            sleep(RETRY).await;
        }
    };
    match timeout_at(link.deadline.into(), attempts).await {
        Ok(outcome) => outcome,
        Err(_) => Err(link.fail(format!(
            "not reached at {address} within {:.1} s ({state}); check that it is running \
             and that its address is right",
            link.timeout.as_secs_f64()
        ))),
    }
}

async fn dial_once(
    link: LinkSetup,
    address: SocketAddr,
    config: Arc<ClientConfig>,
    state: &mut String,
) -> Result<Stream, Failure> {
    if state.is_empty() {
        *state = "no answer".into();
    }
    let socket = TcpStream::connect(address).await?;
    *state = "connected, but no TLS handshake followed".into();
    let socket = prepare(socket)?;
    let name = ServerName::try_from(SUBJECT).map_err(io::Error::other)?;
    let attempt = async {
        let mut stream: Stream = TlsConnector::from(config).connect(name, socket).await?.into();
        check_party_numbers(link, &mut stream).await?;
        send_party_numbers(link, &mut stream).await?;
        Ok(stream)
    };
    // A peer that is busy with strangers may have let this attempt go: the next is as good as the first.
    timeout(link.handshake, attempt).await.unwrap_or_else(|_| {
        let silent = "connected, but the handshake did not end";
        Err(Failure::Passing(io::Error::new(io::ErrorKind::TimedOut, silent)))
    })
}
