//! Parsing, and lower bounds of what an emulated network takes; how much more is the machine's affair.

use std::time::{Duration, Instant};

use super::*;
use crate::{Lines, Links, conformance, memory, tcp};

const TIMEOUT: Duration = Duration::from_secs(60);

/// 20 ms one way, and 100 ms for each megabyte.
const SLOW: NetworkProfile =
    NetworkProfile { round_trip: Duration::from_millis(40), bits_per_second: 80e6 };

fn lines(profile: NetworkProfile) -> [Lines; 3] {
    [profile; 3].map(Lines::new)
}

#[test]
fn names_and_numbers_are_profiles() {
    assert_eq!("local".parse(), Ok(NetworkProfile::LOCAL));
    assert_eq!("lan".parse(), Ok(NetworkProfile::LAN));
    assert_eq!("wan".parse(), Ok(NetworkProfile::WAN));
    assert_eq!("0.4:5000".parse(), Ok(NetworkProfile::LAN));
    assert_eq!("40:400".parse(), Ok(NetworkProfile::WAN));
    assert_eq!("0:inf".parse(), Ok(NetworkProfile::LOCAL));
}

#[test]
fn a_profile_parses_from_its_own_display() {
    for profile in [NetworkProfile::LOCAL, NetworkProfile::LAN, NetworkProfile::WAN, SLOW] {
        assert_eq!(profile.to_string().parse(), Ok(profile));
    }
}

#[test]
fn parse_errors_name_the_part_and_the_remedy() {
    for (text, part) in [
        ("", "no known name"),
        ("LAN", "no known name"),
        ("40", "no `:`"),
        ("x:400", "round trip is not a number"),
        ("40:", "rate is not a number"),
        ("40:400:1", "rate is not a number"),
        ("-1:400", "round trip is not between"),
        ("nan:400", "round trip is not between"),
        ("1e9:400", "round trip is not between"),
        ("40:0", "rate is not at least"),
        ("40:-5", "rate is not at least"),
        ("40:nan", "rate is not at least"),
    ] {
        let error = text.parse::<NetworkProfile>().unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
        assert!(error.contains("write `local`"), "{text}: {error}");
    }
}

/// Sends from party 0 to 1 and back, with a large message in between.
fn takes_its_time([mut l0, mut l1, _l2]: [Links; 3]) {
    let one_way = SLOW.round_trip / 2;
    let start = Instant::now();
    l0.next.send(1, vec![0; 10]).unwrap();
    l1.prev.recv(1).unwrap();
    assert!(start.elapsed() >= one_way);
    l1.prev.send(2, vec![0; 10]).unwrap();
    l0.next.recv(2).unwrap();
    assert!(start.elapsed() >= 2 * one_way);

    let start = Instant::now();
    for op in 0..2 {
        l0.next.send(op, vec![0; 1_000_000]).unwrap();
    }
    l1.prev.recv(0).unwrap();
    assert!(start.elapsed() >= one_way + Duration::from_millis(100));
    l1.prev.recv(1).unwrap();
    assert!(start.elapsed() >= one_way + Duration::from_millis(200));
}

#[test]
fn emulated_memory_takes_its_time() {
    takes_its_time(memory::trio_over(TIMEOUT, &lines(SLOW)));
}

#[test]
fn emulated_tcp_takes_its_time() {
    takes_its_time(tcp::loopback::trio(TIMEOUT, &lines(SLOW)).unwrap());
}

#[test]
fn emulated_transports_conform() {
    conformance::all(|timeout| memory::trio_over(timeout, &lines(NetworkProfile::LAN)));
    conformance::all(|timeout| tcp::loopback::trio(timeout, &lines(NetworkProfile::LAN)).unwrap());
}
