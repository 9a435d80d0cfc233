//! Greetings over memory and TCP: of parties that agree, that differ in one thing, that are in another
//! run, that say nothing or too much.

use std::thread;
use std::time::{Duration, Instant};

use ditto_net::NetworkProfile;
use ditto_net::tcp::loopback;
use ditto_net::{Lines, memory};

use super::*;
use crate::party::streams::{Peer, Purpose};
use crate::rep3::run::agree_on_keys;
use crate::rep3::{PartyError, Rep3};

const PATIENT: Duration = Duration::from_secs(60);

fn terms() -> Terms {
    let [shape, options, tables] = ["12 layers of 768", "gelu poly", "abcd"].map(String::from);
    Terms { shape, options, tables }
}

fn over_tcp() -> [Links; 3] {
    loopback::trio(PATIENT, &[NetworkProfile::LOCAL; 3].map(Lines::new)).unwrap()
}

/// What comes of the greetings of parties with numbers and terms of their own.
fn greetings<const N: usize>(
    parties: [(PartyId, Links, Terms); N],
) -> [Result<Rep3, PartyError>; N] {
    thread::scope(|scope| {
        parties
            .map(|(id, links, terms)| scope.spawn(move || agree_on_keys(id, links, &terms)))
            .map(|thread| thread.join().expect("a greeting does not panic"))
    })
}

fn greet_all(links: [Links; 3], terms: [Terms; 3]) -> [Result<Rep3, PartyError>; 3] {
    let mut id = 0..;
    let mut terms = terms.into_iter();
    greetings(links.map(|links| (id.next().unwrap(), links, terms.next().unwrap())))
}

fn disagreement(outcome: &Result<Rep3, PartyError>) -> &Disagreement {
    match outcome {
        Err(PartyError { cause: Cause::Disagreement(disagreement), .. }) => disagreement,
        Err(other) => panic!("expected a disagreement, not: {other}"),
        Ok(_) => panic!("the parties agreed"),
    }
}

/// The first words that each party draws with the next and the previous one, and with both.
fn drawn(parties: [Result<Rep3, PartyError>; 3]) -> [[Vec<u64>; 3]; 3] {
    parties.map(|party| {
        let party = party.unwrap();
        let pair = |peer| party.draw::<u64>(peer, Purpose::Zero, 2, 64);
        [pair(Peer::Next), pair(Peer::Prev), party.coins(Purpose::Dither, 2, 64)]
    })
}

/// Each pair has a key that the third party does not have, all three have one, and no two runs share
/// any.
#[test]
fn parties_that_agree_have_keys_in_common() {
    let mut seen = Vec::new();
    for links in [memory::trio(PATIENT), memory::trio(PATIENT), over_tcp()] {
        let keys = drawn(greet_all(links, [0; 3].map(|_| terms())));
        for i in 0..3 {
            assert_eq!(keys[i][0], keys[(i + 1) % 3][1], "the key of parties {i} and its next");
            assert_eq!(keys[i][2], keys[0][2], "the common key");
            seen.push(keys[i][0].clone());
        }
        seen.push(keys[0][2].clone());
    }
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((all, seen.len()), (12, 12));
}

/// Whichever party says something new, it is a new run: with peers that say and send the same again, a
/// party has another nonce, another key with the one whose random bytes it was sent, and another common
/// key. None of them is the nonce, which parties may print.
#[test]
fn keys_depend_on_what_every_party_said() {
    let mut seen = Vec::new();
    for id in 0..3 {
        for _ in 0..2 {
            let mut links = memory::trio(PATIENT).map(Some);
            let [own, mut next, mut prev] =
                [0, 1, 2].map(|i| links[(id + i) % 3].take().expect("each once"));
            let peers = [((id + 1) % 3, &mut next.prev), ((id + 2) % 3, &mut prev.next)];
            let hellos = peers.map(|(peer, link)| {
                let hello = Hello::new(peer, VERSION, terms(), Zeroizing::new([peer as u8; 32]));
                let bytes = hello.encode().unwrap();
                link.send(SETUP, bytes.to_vec()).unwrap();
                (link, bytes)
            });
            let (party, nonce) = thread::scope(|scope| {
                let party = scope.spawn(move || agree_on_keys(id, own, &terms()));
                let [(to_next, next), (to_prev, prev)] = hellos;
                let mut all = [Zeroizing::new(to_next.recv(SETUP).unwrap()), next, prev];
                all.rotate_right(id);
                let nonce = hash("run", &all.each_ref().map(|hello| hello.as_slice()));
                for link in [to_next, to_prev] {
                    link.send(SETUP, nonce.to_vec()).unwrap();
                    link.send(SETUP, vec![7; 16]).unwrap();
                }
                (party.join().expect("a greeting does not panic").unwrap(), nonce)
            });
            let prev = party.draw::<u64>(Peer::Prev, Purpose::Zero, 2, 64);
            let common = party.coins::<u64>(Purpose::Dither, 2, 64);
            let printed = Rep3::new(id, memory::trio(PATIENT).into_iter().next().unwrap(), {
                let [a, b, c] = [0; 3].map(|_| key(&nonce));
                RunKeys::new(a, b, c).into_session()
            });
            seen.extend([prev, common]);
            seen.push(printed.draw::<u64>(Peer::Prev, Purpose::Zero, 2, 64));
            seen.push(printed.coins::<u64>(Purpose::Dither, 2, 64));
        }
    }
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((all, seen.len()), (24, 24));
}

/// One party with one thing of its own: it and both peers refuse, and each names both values.
#[test]
fn a_party_that_differs_is_refused_by_both_sides() {
    type Text = fn(&mut Terms) -> &mut String;
    let changes: [(Field, Text); 3] = [
        (Field::Shape, |terms| &mut terms.shape),
        (Field::Options, |terms| &mut terms.options),
        (Field::Tables, |terms| &mut terms.tables),
    ];
    for (odd, (field, text)) in changes.into_iter().enumerate() {
        for links in [memory::trio(PATIENT), over_tcp()] {
            let mut all = [0; 3].map(|_| terms());
            let usual = text(&mut all[odd]).clone();
            text(&mut all[odd]).push('x');
            let outcomes = greet_all(links, all);
            for (id, outcome) in outcomes.iter().enumerate() {
                let found = disagreement(outcome);
                assert_eq!(found.field, field);
                assert!(found.parties[0] == id && found.parties.contains(&odd), "{found}");
                let value = |party| if party == odd { format!("{usual}x") } else { usual.clone() };
                assert_eq!(found.values, found.parties.map(value));
                let text = outcome.as_ref().err().map(ToString::to_string).unwrap_or_default();
                assert!(text.contains(&format!("{usual:?} at party")), "{text}");
                assert!(text.contains(&format!("\"{usual}x\" at party {odd}")), "{text}");
            }
        }
    }
}

/// Another version is reported as such, whatever follows it.
#[test]
fn another_version_is_refused_by_name() {
    let mut links = memory::trio(PATIENT);
    let [_, first, second] = &mut links;
    for (sender, link) in [(1, &mut first.prev), (2, &mut second.next)] {
        let mut hello = b"ditto-hi".to_vec();
        hello.extend((VERSION + 1).to_le_bytes());
        hello.extend([sender, 7, 7, 7]);
        link.send(SETUP, hello).unwrap();
    }
    let [links, _first, _second] = links;
    let outcome = agree_on_keys(0, links, &terms());
    let found = disagreement(&outcome);
    assert_eq!(found.field, Field::Version);
    assert_eq!(found.values, [VERSION.to_string(), (VERSION + 1).to_string()]);
    assert_eq!(found.parties, [0, 1]);
}

/// Two runs of the same program whose links are mixed up: every two neighbours have the same terms, and
/// the six parties are one ring. All six refuse.
#[test]
fn parties_of_two_runs_are_told_apart() {
    let [mut a, mut b] = [0; 2].map(|_| memory::trio(PATIENT));
    std::mem::swap(&mut a[0].prev, &mut b[0].prev);
    let [[a0, a1, a2], [b0, b1, b2]] = [a, b];
    let parties = [(0, a0), (1, a1), (2, a2), (0, b0), (1, b1), (2, b2)];
    let outcomes = greetings(parties.map(|(id, links)| (id, links, terms())));
    for (i, outcome) in outcomes.iter().enumerate() {
        let found = disagreement(outcome);
        assert_eq!((found.field, found.parties[0]), (Field::Run, i % 3));
        assert_ne!(found.values[0], found.values[1]);
    }
}

/// A peer that is connected and silent, from the beginning or from the second message on.
#[test]
fn a_silent_peer_ends_the_greeting() {
    for says_hello in [false, true] {
        let [first, second, mut silent] = memory::trio(Duration::from_millis(300));
        if says_hello {
            let hello = Hello::new(2, VERSION, terms(), Zeroizing::new([9; 32]));
            let hello = hello.encode().unwrap().to_vec();
            silent.next.send(SETUP, hello.clone()).unwrap();
            silent.prev.send(SETUP, hello).unwrap();
        }
        let start = Instant::now();
        let outcomes = greetings([(0, first, terms()), (1, second, terms())]);
        assert!(start.elapsed() < Duration::from_secs(20));
        let late = |outcome: &Result<Rep3, PartyError>| {
            let cause = outcome.as_ref().err().map(|error| &error.cause);
            matches!(cause, Some(Cause::Net(NetError::Late { party: 2, .. })))
        };
        assert!(outcomes.iter().any(late), "{:?}", outcomes.map(Result::err));
        assert!(outcomes.iter().all(Result::is_err));
    }
}

/// A peer that goes on with messages of another length.
#[test]
fn a_wrong_length_is_refused() {
    for (confirmation, key) in [(31, 16), (33, 16), (0, 16)] {
        let [first, mut second, mut third] = memory::trio(PATIENT);
        for (id, link) in [(1, &mut second.prev), (2, &mut third.next)] {
            let hello = Hello::new(id, VERSION, terms(), Zeroizing::new([9; 32]));
            link.send(SETUP, hello.encode().unwrap().to_vec()).unwrap();
            link.send(SETUP, vec![0; confirmation]).unwrap();
            link.send(SETUP, vec![0; key]).unwrap();
        }
        let outcome = agree_on_keys(0, first, &terms());
        let Err(PartyError { cause: Cause::Length { from: 1, got, expected: 32 }, .. }) = outcome
        else {
            panic!("expected a wrong length");
        };
        assert_eq!(got, confirmation);
    }
    assert!(exactly::<16>(2, &[0; 16]).is_ok());
    for got in [0, 15, 17, 1 << 20] {
        let refused = exactly::<16>(2, &vec![0; got]);
        assert!(matches!(refused, Err(Cause::Length { from: 2, expected: 16, .. })), "{got}");
    }
}

/// The bytes of a hello, and that they are read again.
#[test]
fn a_hello_is_its_bytes() {
    let [shape, options, tables] = ["s", "", "é"].map(String::from);
    let terms = Terms { shape, options, tables };
    let hello = Hello::new(2, VERSION, terms.clone(), Zeroizing::new([9; 32]));
    let bytes = hello.encode().unwrap();
    let texts = [&[1, 0, 0, 0, b's'][..], &[0; 4], &[2, 0, 0, 0, 0xc3, 0xa9]].concat();
    assert_eq!(**bytes, [b"ditto-hi", &[1, 0, 0, 0, 2][..], &[9; 32], &texts].concat());
    let read = Hello::decode(2, &bytes).unwrap();
    assert_eq!((read.sender, read.version, read.terms), (2, VERSION, terms));
    assert_eq!(*read.contribution, [9; 32]);
}

/// What is no hello is refused, and never panics: cut short anywhere, longer, of another party, with
/// texts too long or no texts; and what came before there were greetings.
#[test]
fn what_is_no_hello_is_refused() {
    let refused =
        |bytes: &[u8]| matches!(Hello::decode(2, bytes), Err(Cause::NoGreeting { from: 2, .. }));
    let hello = Hello::new(2, VERSION, terms(), Zeroizing::new([9; 32])).encode().unwrap();
    assert!(!refused(&hello));
    for end in 0..hello.len() {
        assert!(refused(&hello[..end]), "the first {end} bytes");
    }
    assert!(refused(&[&hello[..], &[0]].concat()));
    assert!(refused(&[7; 32]));
    let with = |at: usize, byte: u8| {
        let mut bytes = hello.to_vec();
        bytes[at] = byte;
        bytes
    };
    assert!(refused(&with(0, b'D')));
    assert!(refused(&with(12, 1)), "another party's number");
    assert!(refused(&with(45, 255)), "a text longer than the message");
    assert!(refused(&with(48, 255)), "a text of gigabytes");
    assert!(refused(&with(49, 0xff)), "no UTF-8");
}

/// A party whose own terms are too long says so, before anything is sent.
#[test]
fn long_terms_are_refused_at_home() {
    let [first, _second, _third] = memory::trio(Duration::from_millis(100));
    let terms = Terms { options: "x".repeat(4097), ..terms() };
    let Err(error) = agree_on_keys(0, first, &terms) else {
        panic!("the terms were sent");
    };
    assert!(error.to_string().contains("more than 4096 bytes of options"), "{error}");
}
