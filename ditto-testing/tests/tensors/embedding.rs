//! The embedding of secret tokens: exact.

use ditto_core::Format;
use ditto_dsl::Precision;
use ditto_dsl::layers::Embedding;
use ditto_testing::{Bounds, Forward, Policy, Within, array, conformance, filled, layer};
use ndarray::ArrayD;
use proptest::prelude::*;

use crate::users_policies::check_under_each;

/// A table `[words, h]` of tokens, and one of positions.
#[derive(Clone, Debug)]
struct Tables {
    tokens: ArrayD<f64>,
    positions: ArrayD<f64>,
}

/// The integers of a policy's tables: what one-hot rows are.
type Integer<P> = <<P as Precision>::Table as Format>::Integer;

fn embedding() -> impl Forward<1, Parameters = Tables> {
    layer!(<P>(tables: Tables) |one_hot: Integer<P>, source, cx: &mut B| -> P::High {
        let Tables { tokens, positions } = tables;
        Embedding::<B, P>::share(source, "e", &tokens, &positions, cx).unwrap().forward(one_hot, cx)
    })
}

fn reference(tables: &Tables, [one_hot]: [&ArrayD<f64>; 1]) -> ArrayD<f64> {
    let (n, h) = (one_hot.shape()[0], tables.tokens.shape()[1]);
    let token = |row| (0..).find(|&word| one_hot[[row, word]] == 1.0).unwrap();
    let value = |i: usize| {
        let (row, column) = (i / h, i % h);
        tables.tokens[[token(row), column]] + tables.positions[[row, column]]
    };
    array(&[n, h], (0..n * h).map(value).collect())
}

/// Up to 12 tokens of up to 40 words, in a table of positions that may be longer.
fn cases(policy: Policy) -> impl Strategy<Value = (Tables, [ArrayD<f64>; 1])> {
    let sizes = (1usize..40, 1usize..12, 1usize..12, 0usize..4);
    let drawn = sizes.prop_flat_map(|(words, n, h, spare)| {
        (
            prop::collection::vec(0..words, n),
            filled(vec![words, h], -100.0..100.0),
            filled(vec![n + spare, h], -100.0..100.0),
        )
    });
    drawn.prop_map(move |(words, tokens, positions)| {
        let mut one_hot = ArrayD::zeros(vec![words.len(), tokens.shape()[0]]);
        for (row, word) in words.into_iter().enumerate() {
            one_hot[[row, word]] = 1.0;
        }
        let (tokens, positions) = (policy.table.nearest(&tokens), policy.table.nearest(&positions));
        (Tables { tokens, positions }, [one_hot])
    })
}

#[test]
fn an_embedding_is_its_row_of_the_table_plus_its_position() {
    conformance("dsl_embedding", embedding())
        .cases(cases)
        .reference_with(reference)
        .check(Bounds { approximation: Within::NOTHING, quantization: Within::NOTHING });
}

#[test]
fn an_embedding_is_exact_in_policies_of_a_user() {
    check_under_each!(
        conformance("own_policy_embedding", embedding()).cases(cases).reference_with(reference),
        |_, _, _| Bounds { approximation: Within::NOTHING, quantization: Within::NOTHING }
    );
}
