//! The TCP transport against the conformance checks, and against those who should not get in.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::{Links, NetError, conformance};

mod faults;
mod strangers;

#[test]
fn tcp_conforms() {
    conformance::all(|timeout| {
        loopback::trio(timeout, &[NetworkProfile::LOCAL; 3].map(Lines::new)).unwrap()
    });
}

fn party() -> (Listener, Identity) {
    party_at([127, 0, 0, 1])
}

fn party_at(address: [u8; 4]) -> (Listener, Identity) {
    let any_port = SocketAddr::from((address, 0));
    (Listener::bind(any_port).unwrap(), Identity::generate().unwrap())
}

fn peers(parties: &[(Listener, Identity); 3]) -> Peers {
    Peers {
        addresses: [0, 1, 2].map(|i: usize| parties[i].0.address().unwrap()),
        certificates: [0, 1, 2].map(|i: usize| parties[i].1.certificate().to_vec()),
    }
}

/// Connects all three, each with its own view of the peers.
fn connect_all(
    parties: [(Listener, Identity); 3],
    views: [Peers; 3],
    timeout: Duration,
) -> Vec<Result<Links, NetError>> {
    let options = ConnectOptions { timeout, ..ConnectOptions::default() };
    connect_all_with(parties, views, [0; 3].map(|_| options.clone()))
}

fn connect_all_with(
    parties: [(Listener, Identity); 3],
    views: [Peers; 3],
    options: [ConnectOptions; 3],
) -> Vec<Result<Links, NetError>> {
    thread::scope(|s| {
        let threads: Vec<_> = (0..)
            .zip(parties)
            .zip(views.iter().zip(&options))
            .map(|((me, (listener, identity)), (view, options))| {
                s.spawn(move || connect_with(me, listener, &identity, view, options))
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    })
}

fn setup_error(outcome: &Result<Links, NetError>) -> (PartyId, &str) {
    match outcome {
        Err(NetError::Setup { party, cause }) => (*party, cause),
        Err(other) => panic!("expected a set-up error, got {other:?}"),
        Ok(_) => panic!("the connection was let through"),
    }
}

/// Party 0 expects another certificate of party 1, which it dials: it says so at once.
#[test]
fn wrong_server_certificate_is_rejected() {
    let parties = [party(), party(), party()];
    let good = peers(&parties);
    let mut bad = good.clone();
    bad.certificates[1] = party().1.certificate().to_vec();
    let outcomes = connect_all(parties, [bad, good.clone(), good], Duration::from_secs(2));
    let (party, cause) = setup_error(&outcomes[0]);
    assert_eq!(party, 1);
    assert!(cause.contains("another certificate"), "{cause}");
    // Party 1 waited for party 0 and says why its only attempt failed.
    let (party, cause) = setup_error(&outcomes[1]);
    assert_eq!(party, 0);
    assert!(cause.contains("refused"), "{cause}");
}

/// Party 1 expects another certificate of party 0, which dials it: both say so.
#[test]
fn wrong_client_certificate_is_rejected() {
    let parties = [party(), party(), party()];
    let good = peers(&parties);
    let mut bad = good.clone();
    bad.certificates[0] = party().1.certificate().to_vec();
    let outcomes = connect_all(parties, [good.clone(), bad, good], Duration::from_secs(2));
    let (party, cause) = setup_error(&outcomes[0]);
    assert_eq!(party, 1);
    assert!(cause.contains("refused this party"), "{cause}");
    let (party, cause) = setup_error(&outcomes[1]);
    assert_eq!(party, 0);
    assert!(cause.contains("another certificate"), "{cause}");
}

/// The right certificate without its private key does not help.
#[test]
fn certificate_of_another_key_is_rejected() {
    let [p0, p1, p2] = [party(), party(), party()];
    let thief = Identity::from_der(p0.1.certificate().to_vec(), party().1.private_key().to_vec());
    let parties = [(p0.0, thief), p1, p2];
    let view = peers(&parties);
    let outcomes = connect_all(parties, [view.clone(), view.clone(), view], Duration::from_secs(1));
    assert!(outcomes[0].is_err());
    assert!(outcomes[1].is_err());
}

/// A stranger without TLS gets nothing, and does not keep the peers from connecting.
#[test]
fn plaintext_client_is_rejected() {
    let parties = [party(), party(), party()];
    let view = peers(&parties);
    let mut talker = TcpStream::connect(view.addresses[1]).unwrap();
    talker.write_all(&[0, 1, 0, 0]).unwrap();
    talker.write_all(&[0; 64]).unwrap();
    let _silent = TcpStream::connect(view.addresses[1]).unwrap();
    let timeout = Duration::from_secs(20);
    let outcomes = connect_all(parties, [view.clone(), view.clone(), view], timeout);
    assert!(outcomes.iter().all(Result::is_ok));
    talker.set_read_timeout(Some(timeout)).unwrap();
    let mut answer = Vec::new();
    let _ = talker.read_to_end(&mut answer);
    // At most a TLS alert (record type 21), no greeting.
    assert!(answer.is_empty() || answer[0] == 21, "{answer:?}");
}

/// At an address of its own, so that no other test takes the ports that it frees for a while;
/// other systems have but one loopback address.
#[cfg(target_os = "linux")]
#[test]
fn peers_may_start_later() {
    let parties = [127, 127, 127].map(|net| party_at([net, 0, 0, 53]));
    let view = peers(&parties);
    let timeout = Duration::from_secs(20);
    thread::scope(|s| {
        for ((me, (listener, identity)), view) in (0..).zip(parties).zip([&view, &view, &view]) {
            // Freed and bound again below, so that dialing it is refused in between.
            let address = listener.address().unwrap();
            drop(listener);
            s.spawn(move || {
                thread::sleep(Duration::from_millis(150 * me as u64));
                let listener = Listener::bind(address).unwrap();
                let mut links = connect(me, listener, &identity, view, timeout).unwrap();
                links.next.send(1, vec![me as u8]).unwrap();
                assert_eq!(links.prev.recv(1).unwrap(), [(me as u8 + 2) % 3]);
            });
        }
    });
}

#[test]
fn absent_peer_is_a_setup_error() {
    let parties = [party(), party(), party()];
    let view = peers(&parties);
    let [(l0, i0), (l1, _), _absent] = parties;
    drop(l1);
    let start = Instant::now();
    let outcome = connect(0, l0, &i0, &view, Duration::from_millis(300));
    let (party, cause) = setup_error(&outcome);
    assert_eq!(party, 1);
    assert!(cause.contains("not reached"), "{cause}");
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[test]
fn own_arguments_are_checked() {
    let parties = [party(), party(), party()];
    let view = peers(&parties);
    let [(l0, i0), (l1, _), _] = parties;
    let timeout = Duration::from_secs(1);
    let wrong_number = connect(1, l0, &i0, &view, timeout);
    assert!(matches!(wrong_number, Err(NetError::Local { .. })));
    let no_such_party = connect(3, l1, &i0, &view, timeout);
    assert!(matches!(no_such_party, Err(NetError::Local { .. })));
}
