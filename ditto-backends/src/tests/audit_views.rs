//! What the parties learn of an audit: nothing. A model that is legal, and that overflows exactly when the
//! text has a certain token, would ask about each text if an audit told them. The client, who is told,
//! sees the layer.

use ditto_core::{Backend, Z32};
use ndarray::arr2;

use super::integers::Integers;
use super::rig::rep3_shares;
use crate::party::recorded_links::{self, MessageLog, recorded_trio, words};
use crate::rep3::audited::{Audited, AuditedShare};
use crate::rep3::run::{all_of, seeded_over, threads};
use crate::rep3::{AuditReport, AuditShare, PartyError};

/// What a party has at the end: what it received, and its share of the audit.
struct View {
    received: Vec<Vec<u8>>,
    share: AuditShare,
}

/// A model of one layer: the sum of the embeddings of two tokens, scaled down. The rows of the table are
/// legal, below 2^30 as every product must be, and so is every sum but one: that of row 1 twice.
fn planted(
    cx: &mut Audited,
    one_hot: &AuditedShare<Z32>,
    rows: &AuditedShare<Z32>,
) -> Result<(), PartyError> {
    let embedded = cx.matmul(one_hot, rows, false)?;
    cx.scope("embeddings", |cx| cx.truncate(embedded, 8))?;
    cx.scope("encoder", |cx| cx.declare_range(one_hot, 0, 0.0..3.0))
}

/// The views of the three parties of a text that has the token twice, or once, and what the client sees.
fn views(twice: bool, seed: u64) -> ([View; 3], AuditReport) {
    let counts: Integers = arr2(&[if twice { [0, 2] } else { [1, 1] }]).into_dyn();
    let rows: Integers = arr2(&[[5i128, -7], [(1 << 29) + (1 << 10), 3]]).into_dyn();
    let logs: [MessageLog; 3] = Default::default();
    let parties = seeded_over(recorded_trio(&logs), seed).map(Audited::from);
    let dealt = rep3_shares::<Z32>(&counts, seed).into_iter().zip(rep3_shares(&rows, !seed));
    let dealt: Vec<_> = dealt.collect();
    let Ok(dealt) = <[_; 3]>::try_from(dealt) else { unreachable!("three parties") };
    let results = threads(parties, dealt, |party, (counts, rows)| {
        planted(party, &counts.into(), &rows.into())?;
        Ok::<_, PartyError>((party.finish()?, party.trace().report()))
    });
    let results = all_of(results).unwrap_or_else(|e| panic!("{e}"));
    for (_, report) in &results {
        assert!(report.operations().iter().all(|o| o.operation != "open"));
        let audit = report.scopes.iter().find(|scope| scope.path == "audit").expect("a scope");
        let operations: Vec<&str> = audit.operations.iter().map(|o| o.operation).collect();
        assert_eq!(operations, ["coins", "compare", "any"]);
    }
    let shares = results.map(|(share, _)| share);
    let audit = AuditReport::open(&shares).expect("shares of one audit");
    let mut received = logs.each_ref().map(recorded_links::received).into_iter();
    let views = shares.map(|share| View { received: received.next().unwrap_or_default(), share });
    (views, audit)
}

/// Of the first two stretches that an audit has in order, whether a value left its range.
fn found(audit: &AuditReport) -> Vec<(&str, bool)> {
    audit.scopes.iter().map(|scope| (scope.path.as_str(), scope.left_range)).collect()
}

#[test]
fn the_client_learns_the_layer() {
    let (_, audit) = views(true, 1);
    assert_eq!(found(&audit), [("embeddings", true), ("encoder", false)]);
    let (_, audit) = views(false, 1);
    assert_eq!(found(&audit), [("embeddings", false), ("encoder", false)]);
}

#[test]
fn messages_have_the_same_lengths_whatever_is_found() {
    let lengths = |twice| {
        let (views, _) = views(twice, 2);
        views.map(|view| view.received.iter().map(Vec::len).collect::<Vec<_>>())
    };
    assert_eq!(lengths(true), lengths(false));
}

/// Over many runs with keys of their own, every message of the OR's tree is a fair coin to each party in
/// both stretches, beside anything that it holds of the result, whether the text has the token twice or
/// not. With an opening at the end, the last message beside both components would be the answer.
#[test]
fn no_party_learns_whether_the_token_occurs() {
    const RUNS: usize = 400;
    for twice in [false, true] {
        let runs: Vec<[View; 3]> = (0..RUNS).map(|seed| views(twice, seed as u64).0).collect();
        for (party, stretch) in (0..3).flat_map(|party| [(party, 0), (party, 1)]) {
            let views = || runs.iter().map(|views| &views[party]);
            let bit = |words: &[u64]| words[0] >> stretch & 1;
            let held = |view: &View, which: usize| -> u64 {
                let component = |i| bit(view.share.component(i)) & (which >> i & 1) as u64;
                component(0) ^ component(1)
            };
            let fair = |what: &str, ones: u64| {
                let deviations = (2.0 * ones as f64 - RUNS as f64) / (RUNS as f64).sqrt();
                assert!(
                    deviations.abs() < 5.0,
                    "party {party}, stretch {stretch}, {twice}: {what}, {ones} ones of {RUNS}"
                );
            };
            for which in 0..4 {
                if which > 0 {
                    let ones = views().map(|view| held(view, which)).sum();
                    fair(&format!("components {which:b}"), ones);
                }
                // The last of the tree, the one before, and so on.
                for from_end in 1..=6 {
                    let message = |view: &View| {
                        let messages = &view.received;
                        words(&messages[messages.len() - from_end])
                    };
                    let ones = views().map(|view| bit(&message(view)) ^ held(view, which)).sum();
                    fair(&format!("message {from_end} from the end, components {which:b}"), ones);
                }
            }
        }
    }
}
