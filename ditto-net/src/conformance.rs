//! What every transport must do, checked on whatever makes three linked parties.

use std::thread;
use std::time::{Duration, Instant};

use crate::{Links, MAX_PAYLOAD, NetError};

const PATIENT: Duration = Duration::from_secs(60);

/// Runs every check on fresh links from `make(timeout)`.
pub(super) fn all(make: impl Fn(Duration) -> [Links; 3]) {
    messages_arrive_in_order(make(PATIENT));
    empty_message(make(PATIENT));
    many_small_messages_cross(make(PATIENT));
    large_messages_cross(make(PATIENT));
    another_operation_is_a_wrong_frame(make(PATIENT));
    oversized_payload_is_refused(make(PATIENT));
    dropped_party_is_lost_to_both_peers(make(PATIENT));
    waiting_peers_learn_of_a_loss(make(PATIENT));
    panicking_party_is_lost(make(PATIENT));
    silence_is_late(make(Duration::from_millis(200)));
    drop_flushes(make(PATIENT));
    drop_with_unread_messages_ends(make(PATIENT));
}

/// Runs one closure per party on its own thread and returns when all have ended.
fn run<R: Send>(links: [Links; 3], party: impl Fn(usize, Links) -> R + Sync) -> [R; 3] {
    let [l0, l1, l2] = links;
    let party = &party;
    thread::scope(|s| {
        [
            s.spawn(move || party(0, l0)),
            s.spawn(move || party(1, l1)),
            s.spawn(move || party(2, l2)),
        ]
        .map(|t| t.join().expect("party thread"))
    })
}

fn messages_arrive_in_order(links: [Links; 3]) {
    run(links, |me, mut l| {
        let me = me as u8;
        for op in 0..20 {
            l.next.send(op, vec![me, 1, op as u8]).unwrap();
            l.prev.send(op, vec![me, 2, op as u8]).unwrap();
        }
        for op in 0..20 {
            let (next, prev) = ((me + 1) % 3, (me + 2) % 3);
            assert_eq!(l.prev.recv(op).unwrap(), [prev, 1, op as u8]);
            assert_eq!(l.next.recv(op).unwrap(), [next, 2, op as u8]);
        }
    });
}

fn empty_message(links: [Links; 3]) {
    run(links, |_, mut l| {
        l.next.send(u64::MAX, Vec::new()).unwrap();
        assert_eq!(l.prev.recv(u64::MAX).unwrap(), []);
    });
}

fn many_small_messages_cross(links: [Links; 3]) {
    run(links, |_, mut l| {
        for op in 0..1000u64 {
            l.next.send(op, op.to_le_bytes().to_vec()).unwrap();
            l.prev.send(op, op.to_be_bytes().to_vec()).unwrap();
        }
        for op in 0..1000u64 {
            assert_eq!(l.prev.recv(op).unwrap(), op.to_le_bytes());
            assert_eq!(l.next.recv(op).unwrap(), op.to_be_bytes());
        }
    });
}

/// 64 MB on every link, in both directions at once: no direction may wait for the other.
fn large_messages_cross(links: [Links; 3]) {
    const LEN: usize = 64 << 20;
    let pattern = |me: usize, i: usize| (i.wrapping_mul(2_654_435_761) >> 13) as u8 ^ me as u8;
    run(links, |me, mut l| {
        let message: Vec<u8> = (0..LEN).map(|i| pattern(me, i)).collect();
        l.next.send(7, message.clone()).unwrap();
        l.prev.send(7, message).unwrap();
        for (peer, link) in [((me + 2) % 3, &mut l.prev), ((me + 1) % 3, &mut l.next)] {
            let got = link.recv(7).unwrap();
            assert_eq!(got.len(), LEN);
            assert!((0..LEN).all(|i| got[i] == pattern(peer, i)), "bytes differ");
        }
    });
}

fn another_operation_is_a_wrong_frame(links: [Links; 3]) {
    run(links, |me, mut l| {
        l.next.send(5, vec![1]).unwrap();
        match l.prev.recv(6) {
            Err(NetError::WrongFrame { party, expected_op: 6, got_op: 5 }) => {
                assert_eq!(party, (me + 2) % 3)
            }
            other => panic!("expected a wrong frame, got {other:?}"),
        }
    });
}

fn oversized_payload_is_refused(mut links: [Links; 3]) {
    // Zeroed and never touched, so that it takes addresses but no memory.
    let payload = vec![0; MAX_PAYLOAD as usize + 1];
    let error = links[0].next.send(1, payload).unwrap_err();
    assert!(matches!(error, NetError::TooLong { party: 1, .. }));
}

fn expect_lost<T: std::fmt::Debug>(result: Result<T, NetError>, gone: usize) {
    match result {
        Err(NetError::Lost { party }) => assert_eq!(party, gone),
        other => panic!("expected party {gone} to be lost, got {other:?}"),
    }
}

/// Party 0 ends; the others find out when they receive, and then also when they send.
fn dropped_party_is_lost_to_both_peers(links: [Links; 3]) {
    let [l0, mut l1, mut l2] = links;
    drop(l0);
    let start = Instant::now();
    expect_lost(l1.prev.recv(1), 0);
    expect_lost(l1.prev.send(1, vec![1]), 0);
    expect_lost(l2.next.recv(1), 0);
    expect_lost(l2.next.send(1, vec![1]), 0);
    assert!(start.elapsed() < Duration::from_secs(1));
    // The link between the remaining two still works.
    l1.next.send(1, vec![9]).unwrap();
    assert_eq!(l2.prev.recv(1).unwrap(), [9]);
}

/// The loss reaches a party that is already inside `recv`, and one that only ever sends.
fn waiting_peers_learn_of_a_loss(links: [Links; 3]) {
    run(links, |me, mut l| match me {
        0 => thread::sleep(Duration::from_millis(100)),
        1 => {
            let start = Instant::now();
            expect_lost(l.prev.recv(1), 0);
            assert!(start.elapsed() < Duration::from_millis(1100));
        }
        _ => {
            let start = Instant::now();
            while l.next.send(1, vec![1]).is_ok() {
                assert!(start.elapsed() < Duration::from_millis(1100));
                thread::sleep(Duration::from_millis(10));
            }
            expect_lost(l.next.send(1, vec![1]), 0);
        }
    });
}

fn panicking_party_is_lost(links: [Links; 3]) {
    let [l0, mut l1, mut l2] = links;
    let ended = thread::spawn(move || {
        let _owned = l0;
        // Unwinds as a panic does, without the noise of one in the test's output.
        std::panic::resume_unwind(Box::new("party 0 fails"));
    })
    .join();
    assert!(ended.is_err());
    expect_lost(l1.prev.recv(1), 0);
    expect_lost(l2.next.recv(1), 0);
}

fn silence_is_late(links: [Links; 3]) {
    let [_l0, mut l1, _l2] = links;
    match l1.prev.recv(1) {
        Err(NetError::Late { party: 0, waited }) => assert!(waited >= Duration::from_millis(200)),
        other => panic!("expected party 0 to be late, got {other:?}"),
    }
}

/// What was sent before the sender went away still arrives, and only then the loss.
fn drop_flushes(links: [Links; 3]) {
    const LEN: usize = 8 << 20;
    run(links, |me, mut l| match me {
        0 => {
            for op in 0..4 {
                l.next.send(op, vec![op as u8; LEN]).unwrap();
                l.prev.send(op, vec![op as u8; 3]).unwrap();
            }
        }
        1 => {
            thread::sleep(Duration::from_millis(50));
            for op in 0..4 {
                assert_eq!(l.prev.recv(op).unwrap(), vec![op as u8; LEN]);
            }
            expect_lost(l.prev.recv(4), 0);
        }
        _ => {
            for op in 0..4 {
                assert_eq!(l.next.recv(op).unwrap(), [op as u8; 3]);
            }
            expect_lost(l.next.recv(4), 0);
        }
    });
}

/// Neither what the dropping party has not read nor what its peer still sends gets in the way
/// of what it sent last.
fn drop_with_unread_messages_ends(links: [Links; 3]) {
    const LEN: usize = 16 << 20;
    run(links, |me, mut l| match me {
        0 => {
            // Party 2 passes on that party 1 has sent.
            assert_eq!(l.prev.recv(0).unwrap(), [0]);
            l.next.send(1, vec![1; LEN]).unwrap();
        }
        1 => {
            l.prev.send(1, vec![2; LEN]).unwrap();
            l.next.send(0, vec![0]).unwrap();
            assert_eq!(l.prev.recv(1).unwrap(), vec![1; LEN]);
            expect_lost(l.prev.recv(2), 0);
        }
        _ => {
            let signal = l.prev.recv(0).unwrap();
            l.next.send(0, signal).unwrap();
        }
    });
}
