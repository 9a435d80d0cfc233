//! The accepting side: waits for the one peer that may come in.
//!
//! Strangers may knock at an open port. None of them can end the set-up or hold it up: a connection
//! that fails to authenticate is refused and remembered, in case it was the peer with a wrong
//! certificate, and accepting goes on until the deadline.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::super::super::NetError;
use super::{Failure, RETRY, Stream, Terms, await_greeting, greet, prepare};

/// For one connection to authenticate itself.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Connections that may be authenticating at once; more wait in the system's queue.
const KNOCKING: usize = 32;

/// Waits for the peer to connect.
pub(in super::super) async fn accept(
    terms: Terms,
    listener: std::net::TcpListener,
    config: Arc<ServerConfig>,
) -> Result<Stream, NetError> {
    let fail = |error: io::Error| NetError::Local {
        cause: format!("cannot accept connections ({error})"),
    };
    listener.set_nonblocking(true).map_err(fail)?;
    let listener = TcpListener::from_std(listener).map_err(fail)?;
    let mut knocking = JoinSet::new();
    let mut refused = String::from("nothing connected");
    loop {
        tokio::select! {
            Some(outcome) = knocking.join_next() => match outcome {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(cause)) => refused = cause,
                Err(error) => refused = error.to_string(),
            },
            connection = listener.accept(), if knocking.len() < KNOCKING => match connection {
                Ok((socket, from)) => {
                    knocking.spawn(admit(terms, socket, from, config.clone()));
                }
                Err(error) => {
                    // Such as too many open files: it may pass, but not by asking in a tight loop.
                    refused = error.to_string();
                    sleep(RETRY).await;
                }
            },
            () = sleep_until(terms.deadline.into()) => return Err(terms.fail(format!(
                "it did not connect within {:.1} s ({refused}); check that it is running and \
                 knows this party's address and certificate",
                terms.timeout.as_secs_f64()
            ))),
        }
    }
}

/// Lets one connection authenticate itself; says why it is refused if it does not.
async fn admit(
    terms: Terms,
    socket: TcpStream,
    from: SocketAddr,
    config: Arc<ServerConfig>,
) -> Result<Stream, String> {
    let refuse = |failure| match failure {
        Failure::Final(cause) => format!("a connection from {from} was refused: {cause}"),
        Failure::Passing(error) => format!("a connection from {from} was refused: {error}"),
    };
    let attempt = async {
        let socket = prepare(socket).map_err(|error| refuse(error.into()))?;
        let handshake = TlsAcceptor::from(config).accept(socket).into_fallible();
        let mut stream: Stream = match handshake.await {
            Ok(stream) => stream.into(),
            Err((error, socket)) => {
                drain(socket).await;
                return Err(refuse(error.into()));
            }
        };
        greet(terms, &mut stream).await.map_err(refuse)?;
        await_greeting(terms, &mut stream).await.map_err(refuse)?;
        Ok(stream)
    };
    timeout(HANDSHAKE, attempt)
        .await
        .unwrap_or_else(|_| Err(format!("a connection from {from} did not authenticate itself")))
}

/// Lets the TLS alert reach the other end: closing over unread data would overtake it.
async fn drain(mut socket: BufReader<TcpStream>) {
    let rest = async {
        socket.shutdown().await?;
        tokio::io::copy(&mut socket, &mut tokio::io::sink()).await
    };
    let _ = timeout(Duration::from_secs(1), rest).await;
}
