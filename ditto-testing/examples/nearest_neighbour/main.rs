//! Secure nearest neighbour on three parties: which of a secret table's embeddings is closest to a
//! secret query, and what is stored beside it.
//!
//! `cargo run --release -p ditto-testing --example nearest_neighbour`
//!
//! No party learns the query, the table, the scores, or which row won: all rows are compared, and
//! every comparison's winner is selected by a product with the secret bit.

mod parties;

use ditto_core::{Backend, F, Fixed, Source, Z32};
use ditto_dsl::Tensor;
use ndarray::{ArrayD, Axis};

use crate::parties::{AnyError, cost_of, on_three_parties, print_cost, print_side_by_side};

/// Products of normalised embeddings are at most 1, and below 4 they fit. Payloads fit below 2^15 in
/// magnitude, as their differences have to, too.
type Q = Fixed<Z32, F<14>>;

/// Scores are cosines: any two differ by at most 2 and their rounding, for which a comparison takes
/// as many bits as for anything below 4.
const SCORES_DIFFER_BY: f64 = 4.0;

/// The row of `payloads` `[n, p]` whose row of `table` `[n, d]` has the largest inner product with
/// `query` `[d]`, after that product: `[1, 1 + p]`. All embeddings have a length of at most 1.
///
/// The payload is exact, and the score to 1 ulp. Of rows whose scores differ by no more than an
/// ulp, any may win. 2 rounds for the scores; for each of log2 n levels a comparison of 17 bits and
/// 2 rounds.
///
/// # Errors
/// Those of the backend; on `Sim` also scores that differ by more than normalised embeddings' can.
///
/// # Panics
/// If the table is empty, or the shapes do not fit.
pub fn nearest_neighbour<B: Backend>(
    query: &Tensor<B, Q>,
    table: &Tensor<B, Q>,
    payloads: &Tensor<B, Q>,
    cx: &mut B,
) -> Result<Tensor<B, Q>, B::Error> {
    let scores = cx.scope("scores", |cx| {
        let query = query.reshape(&[1, query.row_length()]);
        table.matmul_transposed(&query, cx)?.trunc(cx)
    })?;
    // Each contender is a score with its payload, [n, 1 + p], and carries it along.
    let contenders = Tensor::concat(&[&scores, payloads], 1);
    cx.scope("tournament", |cx| tournament(contenders, cx))
}

/// The row with the largest first element, by rounds of pairs: `winner = a + [a < b] · (b - a)`.
fn tournament<B: Backend>(mut left: Tensor<B, Q>, cx: &mut B) -> Result<Tensor<B, Q>, B::Error> {
    assert!(left.shape()[0] > 0, "the nearest of no neighbours");
    while left.shape()[0] > 1 {
        let n = left.shape()[0];
        let (a, b) = (left.slice(0, 0..n / 2), left.slice(0, n / 2..n / 2 * 2));
        let (a_score, b_score) = (a.slice_last(0..1), b.slice_last(0..1));
        let b_wins = a_score.is_less_than(&b_score, SCORES_DIFFER_BY, cx)?.indicator::<Q>(cx)?;
        // One bit a row, over the whole row. The bit is an integer: nothing to scale down.
        let winners = a.plus(&b.minus(&a).times(&b_wins, cx)?.swapped().settle(cx)?);
        left = match n % 2 {
            0 => winners,
            _ => Tensor::concat(&[&winners, &left.slice(0, n - 1..n)], 0),
        };
    }
    Ok(left)
}

/// The same in f64: the score, and the row.
fn reference(query: &ArrayD<f64>, table: &ArrayD<f64>) -> (f64, usize) {
    let scores = table.axis_iter(Axis(0)).map(|row| (&row * query).sum());
    let scores = scores.zip(0..).collect::<Vec<(f64, usize)>>();
    scores.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).expect("a table with rows")
}

/// What a client, who has the query, and the owner of the table run together: the result, score and
/// index, stays shared.
fn program<B: Backend>(
    source: &mut impl Source<B>,
    cx: &mut B,
    [query, table]: [&ArrayD<f64>; 2],
) -> Result<Tensor<B, Q>, AnyError> {
    let n = table.shape()[0];
    let index = ArrayD::from_shape_fn(vec![n, 1], |i| i[0] as f64);
    let query = Tensor::share(source, "query", query)?;
    let table = Tensor::share(source, "table", table)?;
    let index = Tensor::share(source, "index", &index)?;
    Ok(nearest_neighbour(&query, &table, &index, cx)?)
}

/// A few words, and how much each is about water, animals, machines and cities.
const WORDS: [(&str, [f64; 4]); 6] = [
    ("harbour", [0.7, 0.1, 0.3, 0.6]),
    ("otter", [0.7, 0.7, 0.0, 0.1]),
    ("tram", [0.0, 0.0, 0.7, 0.7]),
    ("falcon", [0.0, 0.9, 0.2, 0.2]),
    ("canal", [0.8, 0.1, 0.1, 0.5]),
    ("lathe", [0.1, 0.0, 1.0, 0.1]),
];

fn normalised(v: [f64; 4]) -> [f64; 4] {
    let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
    v.map(|x| x / length)
}

fn main() -> Result<(), AnyError> {
    let rows = WORDS.iter().flat_map(|(_, embedding)| normalised(*embedding)).collect();
    let table = ArrayD::from_shape_vec(vec![WORDS.len(), 4], rows)?;
    let mut lines = Vec::new();
    for (text, query) in [
        ("an animal that swims", [0.6, 0.8, 0.0, 0.0]),
        ("a machine that drives through town", [0.0, 0.0, 0.6, 0.7]),
        ("a river in town", [0.9, 0.0, 0.0, 0.5]),
    ] {
        let query = ArrayD::from_shape_vec(vec![4], normalised(query).to_vec())?;
        let secure = on_three_parties(|source, cx| program(source, cx, [&query, &table]))?;
        let word = |(score, row): (f64, usize)| format!("{} {score:.4}", WORDS[row].0);
        let secure = word((secure[[0, 0]], secure[[0, 1]] as usize));
        lines.push([text.to_owned(), word(reference(&query, &table)), secure]);
    }
    println!("the nearest of {} words, with its cosine, on three parties:", WORDS.len());
    print_side_by_side(lines);
    let query = ArrayD::from_elem(vec![4], 0.5);
    print_cost(&cost_of(|source, cx| program(source, cx, [&query, &table]))?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use ditto_testing::{Within, conformance, even, layer, on_grid, ulp, values};

    use super::*;

    /// Every size of table up to 17, of rows of length at most 1 of which one is ahead of the others
    /// by more than the rounding of a score. Table and query are drawn as one tensor, as it is their
    /// products that matter.
    #[test]
    fn the_nearest_row_wins_with_its_payload() {
        conformance(
            "nearest_neighbour",
            layer!(|both: Q, payloads: Q, cx: &mut B| -> Q {
                let n = payloads.shape()[0];
                let query = both.slice(0, n..n + 1).reshape(&[both.row_length()]);
                nearest_neighbour(&query, &both.slice(0, 0..n), payloads, cx)
            }),
        )
        .inputs([1..=17, 1..=6, 1..=3], |[n, d, p]| {
            let longest = (d as f64).sqrt().recip();
            let ahead = values([n + 1, d], -longest..longest).such_that("one row ahead", |both| {
                let both = on_grid::<Q>(both);
                let (query, table) = split(&both);
                let (best, row) = reference(&query, &table);
                let scores = table.axis_iter(Axis(0)).map(|row| (&row * &query).sum());
                scores.enumerate().all(|(i, score)| i == row || score < best - 2.0 * ulp::<Q>())
            });
            [ahead, values([n, p], -32767.0..32767.0)]
        })
        .reference(|[both, payloads]| {
            let (query, table) = split(both);
            let (score, row) = reference(&query, &table);
            let payload = payloads.index_axis(Axis(0), row).iter().copied().collect();
            let all = [vec![score], payload].concat();
            ArrayD::from_shape_vec(vec![1, all.len()], all).expect("one row")
        })
        .check(Within::absolute(ulp::<Q>()));
    }

    /// The last row is the query, the others the table.
    fn split(both: &ArrayD<f64>) -> (ArrayD<f64>, ArrayD<f64>) {
        let (table, query) = both.view().split_at(Axis(0), both.shape()[0] - 1);
        (query.index_axis(Axis(0), 0).to_owned(), table.to_owned())
    }

    #[test]
    fn the_index_is_exact_wherever_the_winner_stands() {
        for n in 1..=9 {
            for winner in 0..n {
                let mut table =
                    even(-0.5..0.5, n.max(2)).slice_axis(Axis(0), (0..n).into()).to_owned();
                table[winner] = 0.9;
                let table = table.into_shape_with_order(vec![n, 1]).unwrap();
                let query = ArrayD::from_elem(vec![1], 1.0);
                let found = on_three_parties(|source, cx| program(source, cx, [&query, &table]));
                assert_eq!(found.unwrap()[[0, 1]], winner as f64, "of {n}");
            }
        }
    }

    #[test]
    fn sim_names_embeddings_that_are_not_normalised() {
        let table = ArrayD::from_shape_vec(vec![2, 1], vec![2.5, -2.5]).unwrap();
        let query = ArrayD::from_elem(vec![1], 1.0);
        let error = cost_of(|source, cx| program(source, cx, [&query, &table])).unwrap_err();
        assert!(error.to_string().starts_with("tournament: comparison"), "{error}");
    }
}
