//! The three nodes of a computation as threads of one process.

use std::any::Any;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::party::error::{Cause, PartyError};
use crate::party::node::Node;

/// Runs `body` at each party in a thread of its own, with that party's input; a panic is that
/// party's error, and its peers stop with [`NetError::Lost`](ditto_net::NetError::Lost).
pub fn threads<P: Send + Deref<Target = Node>, I: Send, O: Send, E: Send + From<PartyError>>(
    parties: [P; 3],
    inputs: [I; 3],
    body: impl Fn(&mut P, I) -> Result<O, E> + Sync,
) -> [Result<O, E>; 3] {
    let body = &body;
    std::thread::scope(|scope| {
        let mut handles = Vec::with_capacity(3);
        for (mut party, input) in parties.into_iter().zip(inputs) {
            handles.push(scope.spawn(move || {
                match catch_unwind(AssertUnwindSafe(|| body(&mut party, input))) {
                    Ok(result) => result,
                    Err(panic) => Err(party.error(Cause::Panic(panic_message(&*panic))).into()),
                }
            }));
        }
        let mut results = handles
            .into_iter()
            .map(|handle| handle.join().expect("panics are caught inside the thread"));
        std::array::from_fn(|_| results.next().expect("three threads were started"))
    })
}

/// The result of all three parties, or the error that caused the others: a party that lost a peer only
/// reports that.
///
/// # Errors
/// The error of a party that did not merely lose another, if there is one.
pub fn all_of<O>(results: [Result<O, PartyError>; 3]) -> Result<[O; 3], PartyError> {
    first_cause(results, PartyError::is_lost_peer)
}

/// As [`all_of`], for any errors: `lost` says which of them tell no more than that a peer is gone.
///
/// # Errors
/// As [`all_of`].
pub fn first_cause<O, E>(
    results: [Result<O, E>; 3],
    lost: impl Fn(&E) -> bool,
) -> Result<[O; 3], E> {
    let mut outputs = Vec::with_capacity(3);
    let mut worst: Option<E> = None;
    for result in results {
        match result {
            Ok(output) => outputs.push(output),
            Err(error) => {
                if worst.as_ref().is_none_or(|worst| lost(worst) && !lost(&error)) {
                    worst = Some(error);
                }
            }
        }
    }
    match (worst, <[O; 3]>::try_from(outputs)) {
        (None, Ok(outputs)) => Ok(outputs),
        (Some(error), _) => Err(error),
        (None, Err(_)) => unreachable!("three results without an error are three outputs"),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
