//! Parties that stop or disagree: the others end, soon, and their errors say who, where and in
//! which operation. In memory and over TCP.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use ditto_core::{Backend, Linear, Z32, Z64};
use ditto_net::NetworkProfile;
use ditto_net::{Lines, Links, NetError, memory, tcp};
use ndarray::ArrayD;

use super::integers::Integers;
use super::rig::{Program, on_parties, rep3_shares};
use crate::rep3::{Cause, PartyError, Rep3, Rep3Share, run};

/// Longer than the watchdog: a party that only ends by time-out counts as one that hangs.
const PATIENT: Duration = Duration::from_secs(90);
const WATCHDOG: Duration = Duration::from_secs(30);
const LAYER: &str = "encoder 3";
const ELEMENTS: usize = 100;

fn keyed(links: [Links; 3]) -> [Rep3; 3] {
    run::seeded_over(links, 1)
}

fn in_memory(timeout: Duration) -> [Rep3; 3] {
    keyed(memory::trio(timeout))
}

fn over_tcp(timeout: Duration) -> [Rep3; 3] {
    keyed(
        tcp::loopback::trio(timeout, &[NetworkProfile::LOCAL; 3].map(Lines::new))
            .expect("the loopback interface works"),
    )
}

const TRANSPORTS: [fn(Duration) -> [Rep3; 3]; 2] = [in_memory, over_tcp];

/// Panics if `body` does not end.
fn watched<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, ended) = channel();
    let thread = thread::spawn(move || {
        let result = body();
        let _ = done.send(());
        result
    });
    if ended.recv_timeout(WATCHDOG) == Err(RecvTimeoutError::Timeout) {
        panic!("the parties hang");
    }
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

type Step = fn(&mut Rep3, &Rep3Share<Z32>) -> Result<(), PartyError>;

/// Every interactive operation.
const STEPS: [Step; 6] = [
    |cx, x| {
        let product = cx.mul(x, x)?;
        cx.truncate(product, 4).map(drop)
    },
    |cx, x| cx.truncate(Rep3::product_of(x), 4).map(drop),
    |cx, x| {
        let product = cx.mul(x, x)?;
        cx.truncate(product, 0).map(drop)
    },
    |cx, x| cx.widen::<Z32, Z64>(x, 4).map(drop),
    |cx, x| {
        let bit = cx.is_negative(x, 20)?;
        cx.bit_to_ring::<Z32>(&bit).map(drop)
    },
    |cx, x| cx.open(x, 0).map(drop),
];

fn shares() -> [Rep3Share<Z32>; 3] {
    rep3_shares(&Integers::from_elem(vec![ELEMENTS], 1000), 1)
}

/// Runs two rounds of all steps in a layer; `odd` may do something else before a step and say
/// that the party is to leave.
fn run_with(
    parties: [Rep3; 3],
    odd: impl Fn(&mut Rep3, usize) -> bool + Send + Sync + 'static,
) -> [Result<(), PartyError>; 3] {
    watched(move || {
        run::threads(parties, shares(), |party, x| {
            party.scope(LAYER, |party| {
                for (number, step) in STEPS.iter().chain(&STEPS).enumerate() {
                    if odd(party, number) {
                        return Ok(());
                    }
                    step(party, &x)?;
                }
                Ok(())
            })
        })
    })
}

/// The others stop with errors that say that a peer is gone, one of them that `gone` is; both name
/// the layer and the operation.
fn others_lost(results: &[Result<(), PartyError>; 3], gone: usize) {
    let mut named = false;
    for party in (0..3).filter(|&p| p != gone) {
        let Err(error) = &results[party] else { panic!("party {party} has not noticed") };
        let Cause::Net(NetError::Lost { party: lost }) = &error.cause else {
            panic!("party {party}: {error}");
        };
        assert_ne!(*lost, party);
        named |= *lost == gone;
        assert_eq!((error.party, error.layer.as_str()), (party, LAYER));
        assert!(error.op > 0);
        let text = error.to_string();
        for part in [&format!("party {lost} is gone"), LAYER, error.operation] {
            assert!(text.contains(part), "`{part}` is missing in: {text}");
        }
        assert_ne!(error.operation, "setup");
    }
    assert!(named, "nobody says that party {gone} is gone");
}

#[test]
fn a_party_that_returns_early_is_lost_to_the_others() {
    for transport in TRANSPORTS {
        for gone in 0..3 {
            for at in 0..STEPS.len() {
                let results = run_with(transport(PATIENT), move |party, step| {
                    party.id() == gone && step == at
                });
                assert!(results[gone].is_ok());
                others_lost(&results, gone);
            }
        }
    }
}

#[test]
fn a_party_that_panics_is_lost_to_the_others_and_reports_its_panic() {
    for transport in TRANSPORTS {
        for gone in 0..3 {
            let results = run_with(transport(PATIENT), move |party, step| {
                if party.id() == gone && step == 4 {
                    // Unwinds as a panic does, without the noise of one in the test's output.
                    std::panic::resume_unwind(Box::new("a bug of this party"));
                }
                false
            });
            others_lost(&results, gone);
            let error = run::all_of(results).expect_err("one has panicked");
            assert!(matches!(&error.cause, Cause::Panic(text) if text == "a bug of this party"));
            assert_eq!(error.party, gone);
        }
    }
}

/// The party goes on, with links that lead nowhere, while the others find out.
#[test]
fn a_party_whose_links_are_cut_is_lost_to_the_others() {
    for transport in TRANSPORTS {
        for gone in 0..3 {
            let results = run_with(transport(PATIENT), move |party, step| {
                if party.id() == gone && step == 7 {
                    let [alone, _, _] = in_memory(PATIENT);
                    *party = alone;
                }
                false
            });
            let text = results[gone].as_ref().expect_err("its links are cut").to_string();
            assert!(text.contains("is gone"), "{text}");
            others_lost(&results, gone);
        }
    }
}

/// One party is at another operation than the others. Where a party meets a message of another
/// number, that is the error; where the numbers happen to fall together again, the length is. With
/// its number a party's role is another one too, so it can also be that each waits for the next:
/// then the time-out ends them.
#[test]
fn parties_at_different_operations_stop() {
    let wrong_frame = |cause: &Cause| {
        matches!(cause, Cause::Net(NetError::WrongFrame { expected_op, got_op, .. })
            if expected_op != got_op)
    };
    let mut seen = false;
    for transport in TRANSPORTS {
        for odd in 0..3 {
            let parties = transport(Duration::from_secs(5));
            let results = run_with(parties, move |party, step| {
                if party.id() == odd && step == 3 {
                    party.start("an operation that the others do not run");
                }
                false
            });
            seen |= results.iter().any(|r| r.as_ref().is_err_and(|e| wrong_frame(&e.cause)));
            disagreement(results, |cause| {
                let late = matches!(cause, Cause::Net(NetError::Late { .. }));
                wrong_frame(cause) || late || matches!(cause, Cause::Length { .. })
            });
        }
    }
    assert!(seen, "no party has met a message of another operation");
}

/// One party has a tensor of another length.
#[test]
fn parties_with_different_shapes_stop_with_a_length() {
    for transport in TRANSPORTS {
        for odd in 0..3 {
            let results = watched(move || {
                run::threads(transport(PATIENT), shares(), |party, x| {
                    let n = if party.id() == odd { ELEMENTS / 2 } else { ELEMENTS };
                    let x = x.slice(0, 0..n);
                    party.scope(LAYER, |party| STEPS.iter().try_for_each(|step| step(party, &x)))
                })
            });
            disagreement(
                results,
                |cause| matches!(cause, Cause::Length { got, expected, .. } if got != expected),
            );
        }
    }
}

/// All parties stop; at least one gives the cause, and that is what the run as a whole reports.
fn disagreement(results: [Result<(), PartyError>; 3], is_cause: impl Fn(&Cause) -> bool) {
    for result in &results {
        let error = result.as_ref().expect_err("the parties disagree");
        let lost = matches!(error.cause, Cause::Net(NetError::Lost { .. }));
        assert!(lost || is_cause(&error.cause), "{error}");
        assert_eq!(error.layer, LAYER);
        assert!(error.to_string().contains(error.operation));
    }
    let error = run::all_of(results).expect_err("all have failed");
    assert!(is_cause(&error.cause), "{error}");
    assert!(error.to_string().contains("check that all parties run the same version"), "{error}");
}

struct AllOperations;

impl Program<Z32, Z64> for AllOperations {
    fn run<B: Backend>(
        &self,
        cx: &mut B,
        inputs: &[B::Share<Z32>],
    ) -> Result<B::Share<Z64>, B::Error> {
        let product = cx.mul(&inputs[0], &inputs[0])?;
        let square = cx.truncate(product, 7)?;
        let bit = cx.is_negative(&inputs[0], 20)?;
        let negative = cx.bit_to_ring::<Z32>(&bit)?;
        let product = cx.mul(&square, &negative)?;
        let chosen = cx.truncate(product, 0)?;
        let wide = cx.widen::<Z32, Z64>(&Linear::shift_point(chosen.clone(), 0), 9)?;
        let narrow = B::narrow::<Z64, Z32>(&wide, 5);
        cx.widen(&narrow, 3)
    }
}

/// With the same keys, word for word: rounding noise is the same too.
#[test]
fn tcp_gives_the_same_values_and_costs_as_memory() {
    let x = ArrayD::from_shape_fn(vec![1000], |i| (i[0] as i128 - 500) * 17);
    let [memory, tcp] = TRANSPORTS.map(|transport| {
        let x = x.clone();
        watched(move || on_parties::<Z32, Z64>(transport(PATIENT), &AllOperations, &[x], 9))
    });
    assert_eq!(memory.0, tcp.0);
    assert_eq!(memory.1.total(), tcp.1.total());
    for (&got, &x) in memory.0.iter().zip(&x) {
        // The units of truncation and of narrowing, at the scale of the result.
        let expected = if x < 0 { ((x * x) >> 7) << 7 } else { 0 };
        assert!((got - expected).abs() <= (1 << 7) + (1 << 3) * 2, "{got} from {x}");
    }
}
