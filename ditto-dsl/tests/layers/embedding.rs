//! The embedding of secret tokens: exact.

use ditto_core::{Backend, Source};
use ditto_dsl::Precision;
use ditto_dsl::layers::Embedding;
use ditto_dsl::layers::embedding::OneHot;
use ditto_dsl::testing::{
    Bounds, Layer, Within, array, check, config, every_policy, filled, on_grid,
};
use ndarray::ArrayD;
use proptest::prelude::*;

#[derive(Debug)]
struct Case {
    tokens: Vec<usize>,
    table: ArrayD<f64>,
    positions: ArrayD<f64>,
}

impl Layer for Case {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let vocabulary = self.table.shape()[0];
        let mut one_hot = ArrayD::zeros(vec![self.tokens.len(), vocabulary]);
        for (row, &token) in self.tokens.iter().enumerate() {
            one_hot[[row, token]] = 1.0;
        }
        let one_hot = OneHot::<B, P>::share(source, "tokens", &one_hot).unwrap();
        let embedding = Embedding::<B, P>::share(source, "e", &self.table, &self.positions);
        embedding.unwrap().forward(&one_hot, cx)?.open(cx)
    }

    fn reference(&self) -> ArrayD<f64> {
        let h = self.table.shape()[1];
        let value = |i: usize| {
            let (row, column) = (i / h, i % h);
            self.table[[self.tokens[row], column]] + self.positions[[row, column]]
        };
        array(&[self.tokens.len(), h], (0..self.tokens.len() * h).map(value).collect())
    }
}

const EXACT: Bounds = Bounds { approximation: Within::NOTHING, quantization: Within::NOTHING };

fn is_exact<P: Precision>(case: &Case, seed: u64) {
    let Case { tokens, table, positions } = case;
    let (table, positions) = (on_grid::<P::Table>(table), on_grid::<P::Table>(positions));
    check::<P>(&Case { tokens: tokens.clone(), table, positions }, EXACT, seed);
}

/// Up to 12 tokens of up to 40 words, in a table of positions that may be longer.
fn cases() -> impl Strategy<Value = Case> {
    (1usize..40, 1usize..12, 1usize..12, 0usize..4).prop_flat_map(|(words, n, h, spare)| {
        (
            prop::collection::vec(0..words, n),
            filled(vec![words, h], -100.0..100.0),
            filled(vec![n + spare, h], -100.0..100.0),
        )
            .prop_map(|(tokens, table, positions)| Case { tokens, table, positions })
    })
}

proptest! {
    #![proptest_config(config(32, "dsl_embedding"))]

    #[test]
    fn an_embedding_is_its_row_of_the_table_plus_its_position(case in cases(), seed: u64) {
        every_policy!(is_exact(&case, seed));
    }
}
