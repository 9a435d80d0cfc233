//! Those who connect and say nothing, and those who are not on the list.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

/// Nothing in these tests can wait out this.
const LONG: Duration = Duration::from_secs(60);
/// And they end well before that.
const SOON: Duration = Duration::from_secs(20);

fn patient(allowed: Option<Vec<IpAddr>>) -> ConnectOptions {
    ConnectOptions { timeout: LONG, handshake: LONG, allowed, ..ConnectOptions::default() }
}

/// Three times as many connections as may authenticate themselves at once are open at every party
/// before it starts, and say nothing. No hand-shake's end comes to the rescue.
#[test]
fn silent_connections_do_not_hold_up_the_peers() {
    let parties = [party(), party(), party()];
    let view = peers(&parties);
    let knock = |i: usize| TcpStream::connect(view.addresses[i % 3]).unwrap();
    let silent: Vec<TcpStream> = (0..3 * 100).map(knock).collect();
    let start = Instant::now();
    let views = [view.clone(), view.clone(), view];
    let outcomes = connect_all_with(parties, views, [0; 3].map(|_| patient(None)));
    assert!(outcomes.iter().all(Result::is_ok));
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    drop(silent);
}

/// A stranger who goes on opening connections that say nothing, while the parties connect.
#[test]
fn a_stranger_who_keeps_knocking_does_not_hold_up_the_peers() {
    let parties = [party(), party(), party()];
    let view = peers(&parties);
    let stop = &AtomicBool::new(false);
    thread::scope(|s| {
        for address in view.addresses {
            s.spawn(move || {
                let mut silent = std::collections::VecDeque::new();
                while !stop.load(Ordering::Relaxed) {
                    silent.extend(TcpStream::connect(address));
                    if silent.len() > 100 {
                        silent.pop_front();
                    }
                    thread::sleep(Duration::from_millis(1));
                }
            });
        }
        thread::sleep(Duration::from_millis(200));
        let start = Instant::now();
        let views = [view.clone(), view.clone(), view];
        let outcomes = connect_all_with(parties, views, [0; 3].map(|_| patient(None)));
        let elapsed = start.elapsed();
        stop.store(true, Ordering::Relaxed);
        assert!(outcomes.iter().all(Result::is_ok));
        assert!(elapsed < SOON, "{elapsed:?}");
    });
}

/// The first attempt to dial comes to nothing, as the peer lets it go without a word: the next is made
/// when the hand-shake has had its time, long before the set-up has.
#[test]
fn dialing_does_not_wait_for_a_silent_handshake() {
    let parties = [party(), party(), party()];
    let view = &peers(&parties);
    let options = ConnectOptions { handshake: Duration::from_millis(500), ..patient(None) };
    let options = &options;
    let start = Instant::now();
    thread::scope(|s| {
        for (me, (listener, identity)) in (0..).zip(parties) {
            s.spawn(move || {
                // Party 1 takes the first connection that comes, which is party 0's, and keeps it.
                let _lost = (me == 1).then(|| listener.socket.accept().unwrap());
                connect_with(me, listener, &identity, view, options).map(drop).unwrap();
            });
        }
    });
    assert!(start.elapsed() >= Duration::from_millis(500));
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

/// A connection that says nothing is closed when the hand-shake has had its time.
#[test]
fn a_silent_connection_is_closed_in_time() {
    let parties = [party(), party(), party()];
    let view = peers(&parties);
    let [_, (l1, i1), _] = parties;
    let options = ConnectOptions {
        timeout: Duration::from_secs(4),
        handshake: Duration::from_millis(300),
        ..ConnectOptions::default()
    };
    thread::scope(|s| {
        let mut silent = TcpStream::connect(view.addresses[1]).unwrap();
        s.spawn(|| assert!(connect_with(1, l1, &i1, &view, &options).is_err()));
        let start = Instant::now();
        silent.set_read_timeout(Some(LONG)).unwrap();
        assert_eq!(silent.read(&mut [0]).unwrap_or(0), 0);
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    });
}

/// Who is not on the list is closed at once, without a byte, long before a hand-shake would end.
#[test]
fn an_address_that_is_not_on_the_list_is_closed_at_once() {
    let parties = [party(), party(), party()];
    let view = peers(&parties);
    let elsewhere = vec!["192.0.2.1".parse().unwrap()];
    let allowing = |allowed| ConnectOptions { timeout: Duration::from_secs(3), ..patient(allowed) };
    let mut stranger = TcpStream::connect(view.addresses[1]).unwrap();
    let start = Instant::now();
    let read = thread::spawn(move || {
        stranger.set_read_timeout(Some(LONG)).unwrap();
        // Closed, or reset.
        let read = stranger.read(&mut [0]).unwrap_or(0);
        (read, start.elapsed())
    });
    let views = [view.clone(), view.clone(), view];
    let options = [allowing(None), allowing(Some(elsewhere)), allowing(None)];
    let outcomes = connect_all_with(parties, views, options);
    let (read, elapsed) = read.join().unwrap();
    assert_eq!(read, 0);
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    // Nor did party 0 get in, which is not on the list either; party 1 says why.
    let (party, cause) = setup_error(&outcomes[1]);
    assert_eq!(party, 0);
    assert!(cause.contains("not on the list"), "{cause}");
    assert_eq!(setup_error(&outcomes[0]).0, 1);
}

#[test]
fn the_addresses_on_the_list_may_connect() {
    let parties = [party(), party(), party()];
    let view = peers(&parties);
    let views = [view.clone(), view.clone(), view];
    let here = vec!["127.0.0.1".parse().unwrap()];
    let outcomes = connect_all_with(parties, views, [0; 3].map(|_| patient(Some(here.clone()))));
    assert!(outcomes.iter().all(Result::is_ok));
}
