//! A peer that holds the right keys and then misbehaves: party 1 is a bare TLS connection here.

use std::sync::mpsc;

use tokio::io::AsyncWriteExt;

use super::*;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Party 0's link with a party 1 that does `behave` with the connection and nothing else.
fn link_with<F: Future>(
    timeout: Duration,
    behave: impl FnOnce(setup::Stream) -> F + Send + 'static,
) -> TcpLink {
    let parties = [party(), party(), party()];
    let view = peers(&parties);
    let [(_, i0), (l1, i1), _] = parties;
    let server = tls::server(&i1, &view.certificates[0]).unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let link = setup::LinkSetup::new(1, 0, TIMEOUT, TIMEOUT);
            behave(setup::accept(link, l1.socket, server, None).await.unwrap()).await;
        });
    });
    let client = tls::client(&i0, &view.certificates[1]).unwrap();
    let dialing =
        setup::dial(setup::LinkSetup::new(0, 1, TIMEOUT, TIMEOUT), view.addresses[1], client);
    let pending = Pending::start(1, dialing, timeout, &Line::new(NetworkProfile::LOCAL)).unwrap();
    pending.wait().unwrap()
}

/// The connection ends without a farewell, as when a process is killed.
#[test]
fn broken_connection_is_lost() {
    let mut link = link_with(TIMEOUT, async |stream| drop(stream));
    assert!(matches!(link.recv(1), Err(NetError::Lost { party: 1 })));
    assert!(matches!(link.send(1, vec![1]), Err(NetError::Lost { party: 1 })));
}

#[test]
fn hostile_length_is_too_long() {
    let mut link = link_with(TIMEOUT, async |mut stream| {
        stream.write_all(&[0xff; 16]).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    match link.recv(1) {
        Err(NetError::TooLong { party: 1, length, .. }) => assert_eq!(length, u64::MAX),
        other => panic!("expected a refusal, got {other:?}"),
    }
    assert!(matches!(link.recv(1), Err(NetError::Lost { party: 1 })));
}

#[test]
fn message_cut_short_is_lost() {
    let mut link = link_with(TIMEOUT, async |mut stream| {
        frames::write(&mut stream, 1, &[7; 100], &Activity::none()).await.unwrap();
        // A header that promises more than follows.
        stream.write_u64_le(2).await.unwrap();
        stream.write_u64_le(1000).await.unwrap();
        stream.write_all(&[7; 10]).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    assert_eq!(link.recv(1).unwrap(), [7; 100]);
    assert!(matches!(link.recv(2), Err(NetError::Lost { party: 1 })));
}

/// A message that takes longer than the time-out, but whose bytes keep coming, is not late.
#[test]
fn slow_message_is_not_late() {
    let mut link = link_with(Duration::from_secs(1), async |mut stream| {
        stream.write_u64_le(1).await.unwrap();
        stream.write_u64_le(30).await.unwrap();
        for _ in 0..30 {
            stream.write_all(&[7]).await.unwrap();
            stream.flush().await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        stream.shutdown().await.unwrap();
    });
    let start = Instant::now();
    assert_eq!(link.recv(1).unwrap(), [7; 30]);
    assert!(start.elapsed() > Duration::from_secs(1));
}

/// A peer that neither reads nor closes: sending does not wait for it, and dropping gives up.
#[test]
fn frozen_peer_does_not_hold_up_a_drop() {
    let (thaw, thawed) = mpsc::channel::<()>();
    let mut link = link_with(Duration::from_millis(300), async move |stream| {
        let _ = thawed.recv();
        drop(stream);
    });
    link.send(1, vec![1; 64 << 20]).unwrap();
    drop(link);
    drop(thaw);
}
