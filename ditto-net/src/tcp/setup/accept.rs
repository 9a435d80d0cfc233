//! The accepting side: waits for the one peer that may connect.
//!
//! Strangers may connect to an open port too. None of them can end the set-up or hold it up: a connection
//! that fails to authenticate is refused, and the reason kept for the error message, in case it was the
//! peer with a wrong certificate; accepting goes on until the deadline. Connections that say nothing are
//! bounded in time and in number: where there are too many, the oldest from the address that has most of
//! them makes room, so that a new one is always heard. With a list of allowed addresses, connections from
//! others are closed at once.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::{
    Allowed, Failure, LinkSetup, RETRY, Stream, check_party_numbers, prepare, send_party_numbers,
};
use crate::NetError;

/// Connections that may be authenticating at once.
const MAX_HANDSHAKES: usize = 64;

/// Waits for the peer to connect.
pub(in super::super) async fn accept(
    link: LinkSetup,
    listener: std::net::TcpListener,
    config: Arc<ServerConfig>,
    allowed: Allowed,
) -> Result<Stream, NetError> {
    let fail = |error: io::Error| NetError::Local {
        cause: format!("cannot accept connections ({error})"),
    };
    listener.set_nonblocking(true).map_err(fail)?;
    let listener = TcpListener::from_std(listener).map_err(fail)?;
    let mut handshakes = Handshakes::default();
    let mut refused = String::from("nothing connected");
    loop {
        tokio::select! {
            Some(outcome) = handshakes.tasks.join_next() => match outcome {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(cause)) => refused = cause,
                // It made room for another.
                Err(error) if error.is_cancelled() => {}
                Err(error) => refused = error.to_string(),
            },
            connection = listener.accept() => match connection {
                Ok((_, from)) if !may_connect(&allowed, from.ip()) => {
                    refused = format!(
                        "a connection from {from} was closed, as its address is not on the list of \
                         those that may connect"
                    );
                }
                Ok((socket, from)) => {
                    handshakes.make_room(from.ip());
                    let admitted = admit(link, socket, from, config.clone());
                    let handle = handshakes.tasks.spawn(admitted);
                    handshakes.order.push((from.ip(), handle));
                }
                Err(error) => {
                    // Such as too many open files: it may pass, but not by asking in a tight loop.
                    refused = error.to_string();
                    sleep(RETRY).await;
                }
            },
            () = sleep_until(link.deadline.into()) => return Err(link.fail(format!(
                "it did not connect within {:.1} s ({refused}); check that it is running and \
                 knows this party's address and certificate",
                link.timeout.as_secs_f64()
            ))),
        }
    }
}

/// Connections that are authenticating.
#[derive(Default)]
struct Handshakes {
    tasks: JoinSet<Result<Stream, String>>,
    /// Where each is from, the oldest first, and its task.
    order: Vec<(IpAddr, AbortHandle)>,
}

impl Handshakes {
    /// Drops a connection if there is no room for one from `newcomer`: the oldest from the address that has
    /// most of them, so that a stranger pushes out its own.
    fn make_room(&mut self, newcomer: IpAddr) {
        self.order.retain(|(_, task)| !task.is_finished());
        if self.order.len() < MAX_HANDSHAKES {
            return;
        }
        let mut count = HashMap::from([(newcomer, 1)]);
        self.order.iter().for_each(|(from, _)| *count.entry(*from).or_insert(0) += 1);
        let most = count.values().copied().max();
        let oldest = self.order.iter().position(|(from, _)| count.get(from).copied() == most);
        // An address that has most counts at least two, so it has a connection here besides the newcomer.
        let (_, task) = self.order.remove(oldest.unwrap_or_default());
        task.abort();
    }
}

/// Whether an address is on the list. IPv4 addresses may be written as IPv6.
fn may_connect(allowed: &Allowed, from: IpAddr) -> bool {
    let from = from.to_canonical();
    allowed.as_ref().is_none_or(|list| list.iter().any(|one| one.to_canonical() == from))
}

/// Lets one connection authenticate itself; says why it is refused if it does not.
async fn admit(
    link: LinkSetup,
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
        send_party_numbers(link, &mut stream).await.map_err(refuse)?;
        check_party_numbers(link, &mut stream).await.map_err(refuse)?;
        Ok(stream)
    };
    timeout(link.handshake, attempt)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// One stranger's many connections make room for others, and not the others for them.
    #[tokio::test(flavor = "current_thread")]
    async fn the_busiest_address_makes_room() {
        let [busy, peer, new]: [IpAddr; 3] =
            ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|address| address.parse().unwrap());
        let mut handshakes = Handshakes::default();
        let knock = |handshakes: &mut Handshakes, from| {
            handshakes.make_room(from);
            let task = handshakes.tasks.spawn(std::future::pending());
            handshakes.order.push((from, task));
        };
        knock(&mut handshakes, peer);
        for _ in 0..3 * MAX_HANDSHAKES {
            knock(&mut handshakes, busy);
            assert!(handshakes.order.len() <= MAX_HANDSHAKES);
        }
        knock(&mut handshakes, new);
        let count = |from| handshakes.order.iter().filter(|(one, _)| *one == from).count();
        assert_eq!([peer, busy, new].map(count), [1, MAX_HANDSHAKES - 2, 1]);
        // Those that made room have ended, and nothing else has.
        let ended = 3 * MAX_HANDSHAKES + 2 - MAX_HANDSHAKES;
        for _ in 0..ended {
            assert!(handshakes.tasks.join_next().await.unwrap().unwrap_err().is_cancelled());
        }
        assert_eq!(handshakes.tasks.len(), MAX_HANDSHAKES);
        assert!(handshakes.order.iter().all(|(_, task)| !task.is_finished()));
    }

    #[test]
    fn the_list_is_of_addresses_in_either_form() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let list = Some(vec![address("192.0.2.1"), address("::ffff:192.0.2.2")]);
        for from in ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2", "::ffff:192.0.2.2"] {
            assert!(may_connect(&list, address(from)), "{from}");
        }
        for from in ["192.0.2.3", "::192.0.2.1", "::1"] {
            assert!(!may_connect(&list, address(from)), "{from}");
        }
        assert!(may_connect(&None, address("::1")));
        assert!(!may_connect(&Some(vec![]), address("::1")));
    }
}
