//! Three parties over TCP, on one machine or on three: every connection is under TLS 1.3 and authenticated on
//! both sides.
//!
//! Party i dials party i + 1 and accepts party i - 1. Each side pins the other's exact
//! certificate, so there is no authority to trust and no name to resolve: the parties exchange
//! addresses and certificates beforehand ([`Peers`]), over a channel that they trust.
//!
//! Each link has one thread with a tokio runtime of its own (`driver`); the party's thread talks
//! to it over unbounded channels. tokio appears nowhere outside this folder.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::time::Duration;

use crate::NetworkProfile;
use crate::inbox::{Activity, Inbox};
use crate::line::Line;
use crate::{Lines, Link, Links, NetError, PartyId, check_length};

mod driver;
mod frames;
mod identity;
pub mod loopback;
mod setup;
mod tls;

#[cfg(test)]
mod tests;

pub use identity::Identity;

/// What every party must know of all three, itself included. It is no secret, but has to be authentic.
#[derive(Clone, Debug)]
pub struct Peers {
    /// Where each party listens.
    pub addresses: [SocketAddr; 3],
    /// Each party's certificate in DER, from [`Identity::certificate`].
    pub certificates: [Vec<u8>; 3],
}

/// How a party connects. With whom, [`Peers`] says.
///
/// ```
/// use ditto_net::tcp::ConnectOptions;
/// use std::time::Duration;
///
/// let options = ConnectOptions {
///     timeout: Duration::from_secs(300),
///     // Where the peers are: whoever else connects is closed at once.
///     allowed: Some(vec!["192.0.2.7".parse().unwrap()]),
///     ..ConnectOptions::default()
/// };
/// # assert_eq!(options.handshake, Duration::from_secs(5));
/// ```
#[derive(Clone)]
pub struct ConnectOptions {
    /// How long connecting is tried, and how long a later `recv` waits for a silent peer: a minute.
    pub timeout: Duration,
    /// How long one connection has to authenticate itself: 5 seconds.
    pub handshake: Duration,
    /// The addresses that connections are accepted from; a connection from elsewhere is closed before a
    /// byte of it is read. `None`, the default, accepts from anywhere, and certificates alone decide.
    pub allowed: Option<Vec<IpAddr>>,
    /// The lines on which this party receives. They may be slower than the network, and several
    /// connections can share them.
    pub lines: Lines,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            handshake: Duration::from_secs(5),
            allowed: None,
            lines: Lines::new(NetworkProfile::LOCAL),
        }
    }
}

/// A bound port, so that its address can be told to the peers before [`connect`].
pub struct Listener {
    socket: TcpListener,
}

impl Listener {
    /// Listens at `address`; port 0 takes any free port.
    ///
    /// # Errors
    /// [`NetError::Local`] if the address cannot be bound.
    pub fn bind(address: SocketAddr) -> Result<Self, NetError> {
        let socket = TcpListener::bind(address).map_err(|error| NetError::Local {
            cause: format!("cannot listen at {address} ({error}); choose another address or port"),
        })?;
        Ok(Self { socket })
    }

    /// The address with the port that was taken.
    ///
    /// # Errors
    /// [`NetError::Local`] if the system does not say.
    pub fn address(&self) -> Result<SocketAddr, NetError> {
        self.socket.local_addr().map_err(|error| NetError::Local {
            cause: format!("the listening port has no address ({error})"),
        })
    }
}

/// Connects party `me` with its two peers; returns when both links stand.
///
/// Peers may start later: connecting is retried for as long as `timeout`, which is also how long
/// a later `recv` waits for a silent peer.
///
/// # Errors
/// [`NetError::Setup`] names the peer and the cause (not reached, another certificate than the
/// pinned one, ...); [`NetError::Local`] says what is wrong with this party's own arguments.
pub fn connect(
    me: PartyId,
    listener: Listener,
    identity: &Identity,
    peers: &Peers,
    timeout: Duration,
) -> Result<Links, NetError> {
    connect_with(
        me,
        listener,
        identity,
        peers,
        &ConnectOptions { timeout, ..ConnectOptions::default() },
    )
}

/// As [`connect`], with all that can be chosen.
///
/// # Errors
/// As [`connect`].
pub fn connect_with(
    me: PartyId,
    listener: Listener,
    identity: &Identity,
    peers: &Peers,
    options: &ConnectOptions,
) -> Result<Links, NetError> {
    check(me, identity, peers)?;
    let ConnectOptions { timeout, handshake, ref allowed, ref lines } = *options;
    let (next, prev) = ((me + 1) % 3, (me + 2) % 3);
    let client = tls::client(identity, &peers.certificates[next])?;
    let server = tls::server(identity, &peers.certificates[prev])?;
    let link = |peer| setup::LinkSetup::new(me, peer, timeout, handshake);
    let dialing = setup::dial(link(next), peers.addresses[next], client);
    let accepting = setup::accept(link(prev), listener.socket, server, allowed.clone());
    // Both are under way before either is waited for.
    let next = Pending::start(next, dialing, timeout, &lines.next)?;
    let prev = Pending::start(prev, accepting, timeout, &lines.prev)?;
    Ok(Links { next: Box::new(next.wait()?), prev: Box::new(prev.wait()?) })
}

fn check(me: PartyId, identity: &Identity, peers: &Peers) -> Result<(), NetError> {
    let fail = |cause| Err(NetError::Local { cause });
    let [c0, c1, c2] = &peers.certificates;
    if me > 2 {
        return fail(format!("there is no party {me}; the parties are 0, 1 and 2"));
    }
    if peers.certificates[me] != identity.certificate() {
        return fail(format!(
            "the certificate listed for party {me} is not that of this party's key pair; \
             list the current one, here and at both peers"
        ));
    }
    if c0 == c1 || c1 == c2 || c2 == c0 {
        return fail("two parties have the same certificate; give each its own key pair".into());
    }
    Ok(())
}

/// A link whose connection is being set up.
struct Pending {
    link: TcpLink,
    ready: driver::Ready,
}

impl Pending {
    fn start(
        party: PartyId,
        setup: impl Future<Output = Result<setup::Stream, NetError>> + Send + 'static,
        timeout: Duration,
        line: &Line,
    ) -> Result<Self, NetError> {
        let heard = Activity::none();
        let (driver, arrivals, ready) =
            driver::start(party, setup, timeout, line.clone(), heard.clone())?;
        let inbox = Inbox::new(party, arrivals, timeout, heard);
        let link = TcpLink { party, driver, inbox };
        Ok(Self { link, ready })
    }

    fn wait(self) -> Result<TcpLink, NetError> {
        let party = self.link.party;
        match self.ready.recv() {
            Ok(outcome) => outcome.map(|()| self.link),
            Err(_) => Err(NetError::Setup {
                party,
                cause: "the network thread ended unexpectedly; please report this".into(),
            }),
        }
    }
}

/// Dropping it delivers what was sent and closes the connection (see `driver`).
struct TcpLink {
    party: PartyId,
    driver: driver::Driver,
    inbox: Inbox,
}

impl Link for TcpLink {
    fn send(&mut self, op: u64, payload: Vec<u8>) -> Result<(), NetError> {
        check_length(self.party, &payload)?;
        self.driver.send(op, payload).map_err(|_| NetError::Lost { party: self.party })
    }

    fn recv(&mut self, op: u64) -> Result<Vec<u8>, NetError> {
        self.inbox.recv(op)
    }
}
