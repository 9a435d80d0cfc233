//! Three parties in one process over real TCP and TLS, for trying, testing and measuring.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use super::{ConnectOptions, Identity, Listener, Peers, connect_with};
use crate::{Lines, Links, NetError};

/// The links of parties 0, 1 and 2 over the loopback interface, with fresh keys. `lines`
/// are those on which each party hears its peers.
///
/// # Errors
/// As [`connect`](super::connect).
pub fn trio(timeout: Duration, lines: &[Lines; 3]) -> Result<[Links; 3], NetError> {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let party = || Ok::<_, NetError>((Listener::bind(any_port)?, Identity::generate()?));
    let parties = [party()?, party()?, party()?];
    let [a0, a1, a2] = [0, 1, 2].map(|i: usize| parties[i].0.address());
    let peers = &Peers {
        addresses: [a0?, a1?, a2?],
        certificates: [0, 1, 2].map(|i: usize| parties[i].1.certificate().to_vec()),
    };
    let options = |me: usize| ConnectOptions {
        timeout,
        allowed: Some(vec![Ipv4Addr::LOCALHOST.into()]),
        lines: lines[me].clone(),
        ..ConnectOptions::default()
    };
    let mut me = 0..;
    let [l0, l1, l2] = thread::scope(|s| {
        parties
            .map(|(listener, identity)| {
                let me = me.next().unwrap_or_default();
                let options = options(me);
                s.spawn(move || connect_with(me, listener, &identity, peers, &options))
            })
            .map(|thread| {
                thread.join().unwrap_or_else(|_| {
                    let cause = "a connecting thread panicked; please report this".into();
                    Err(NetError::Local { cause })
                })
            })
    });
    Ok([l0?, l1?, l2?])
}
