//! BERT on two parties and a dealer: the same model source as on every backend gives the same
//! embeddings, and its costs are what the scheme promises.

use ditto_core::Cost;
use ditto_dsl::layers::{Gelu, Maximum};
use ditto_models::bert::{BertConfig, BertOptions, HiddenAct};
use ditto_models::fixtures;
use ditto_net::NetworkProfile;
use ditto_runtime::{BackendChoice, Embed, Embedding, PaddedText, PrecisionChoice, Run};

const AS_WRITTEN: BackendChoice = BackendChoice::Plain { as_written: true };

/// The embeddings of `texts` by a small model with random weights, in the order of the texts.
fn embed(
    config: &BertConfig,
    backend: BackendChoice,
    precision: PrecisionChoice,
    gelu: Gelu,
    texts: &[PaddedText],
) -> Vec<Embedding> {
    embed_with(config, backend, precision, BertOptions { gelu, ..BertOptions::default() }, texts)
}

/// As [`embed`], with all options.
fn embed_with(
    config: &BertConfig,
    backend: BackendChoice,
    precision: PrecisionChoice,
    options: BertOptions,
    texts: &[PaddedText],
) -> Vec<Embedding> {
    let weights = config.random_weights(7);
    let run = Run {
        task: Embed { config, weights: &weights, options },
        backend,
        precision,
        batch: 2,
        net: NetworkProfile::LOCAL,
        seed: None,
    };
    let mut embeddings = Vec::new();
    run.embed(texts, None, |embedding| embeddings.push(embedding)).expect("a run");
    embeddings.sort_by_key(|embedding| embedding.text);
    embeddings
}

/// Texts of one token, of an odd length, with and without padding; two run through one pass.
fn texts() -> Vec<PaddedText> {
    [(1, 2), (3, 7), (5, 5), (2, 16), (7, 7)]
        .map(|(tokens, length)| PaddedText { ids: (1..=tokens).collect(), length })
        .into()
}

/// The distance of two embeddings, both of length 1.
fn distance(x: &Embedding, y: &Embedding) -> f64 {
    assert_eq!(x.values.len(), y.values.len());
    let squares = x.values.iter().zip(&y.values).map(|(a, b)| (a - b).powi(2));
    squares.sum::<f64>().sqrt()
}

#[test]
fn embeddings_are_those_of_the_reference() {
    let config = fixtures::tiny_config();
    let bounds = [
        (PrecisionChoice::Ditto, 0.15),
        (PrecisionChoice::Fine, 0.03),
        (PrecisionChoice::Puma, 2e-3),
    ];
    for (precision, tolerance) in bounds {
        for gelu in [Gelu::Poly, Gelu::Puma, Gelu::Quad] {
            let of = |backend| embed(&config, backend, precision, gelu, &texts());
            for (got, truth) in of(BackendChoice::Additive).iter().zip(&of(AS_WRITTEN)) {
                let found = distance(got, truth);
                assert!(found < tolerance, "{precision:?}, {gelu:?}: {found} from the reference");
            }
        }
    }
}

/// Rows of more than 64 keys, so that maxima are by random sums, heads of an odd width, and the other activation.
#[test]
fn other_sizes_are_those_of_the_reference_too() {
    let config = BertConfig {
        hidden_size: 24,
        num_hidden_layers: 1,
        num_attention_heads: 3,
        intermediate_size: 20,
        max_position_embeddings: 80,
        hidden_act: HiddenAct::GeluTanh,
        ..fixtures::tiny_config()
    };
    let text = [PaddedText { ids: (1..=45).collect(), length: 70 }];
    let of = |backend| embed(&config, backend, PrecisionChoice::Puma, Gelu::PolyTanh, &text);
    let found = distance(&of(BackendChoice::Additive)[0], &of(AS_WRITTEN)[0]);
    assert!(found < 2e-3, "{found} from the reference");
}

/// The tournament runs on this scheme too, and costs more rounds.
#[test]
fn the_exact_maximum_gives_the_same_embeddings() {
    let config = fixtures::tiny_config();
    let of = |backend, maximum| {
        let options = BertOptions { maximum, ..BertOptions::default() };
        embed_with(&config, backend, PrecisionChoice::Puma, options, &texts())
    };
    let truth = of(AS_WRITTEN, Maximum::Exact);
    let exact = of(BackendChoice::Additive, Maximum::Exact);
    let bound = of(BackendChoice::Additive, Maximum::Bound);
    for ((exact, bound), truth) in exact.iter().zip(&bound).zip(&truth) {
        assert!(distance(exact, truth) < 2e-3, "{}", distance(exact, truth));
        assert!(exact.report.total().rounds > bound.report.total().rounds);
    }
}

/// Every pass costs the same, except that the account of the first has the masked weights: each weight once
/// from each party, in a round of its own.
#[test]
fn weights_are_sent_in_the_first_pass_only() {
    let config = fixtures::tiny_config();
    let text = PaddedText { ids: vec![1, 2, 3], length: 8 };
    let texts = vec![text; 6];
    let passes =
        embed(&config, BackendChoice::Additive, PrecisionChoice::Ditto, Gelu::Quad, &texts);
    let costs: Vec<Cost> = passes.iter().step_by(2).map(|pass| pass.report.total()).collect();
    let [first, second, third] = &costs[..] else { panic!("three passes") };
    assert_eq!(second, third);
    // The words, and for each of two layers one matrix for query, key and value, and three others.
    assert_eq!(first.rounds - second.rounds, 1 + 2 * 4);
    // The words that are looked up, and for each of two layers four square matrices and two of the
    // feed-forward width, in 32 bits.
    let weights = 64 * 16 + 2 * (4 * 16 * 16 + 2 * 16 * 32);
    let more = [0, 1, 2].map(|node| first.bytes[node] - second.bytes[node]);
    assert_eq!(more, [4 * weights, 4 * weights, 0]);
}

/// The parties do the same work, and nothing that is public tells two texts apart.
#[test]
fn costs_depend_on_the_padded_length_alone() {
    let config = fixtures::tiny_config();
    let cost = |ids: &[u32]| {
        let text = [PaddedText { ids: ids.to_vec(), length: 16 }];
        let all = embed(&config, BackendChoice::Additive, PrecisionChoice::Fine, Gelu::Poly, &text);
        all[0].report.total()
    };
    let (short, long) = (cost(&[1]), cost(&[2, 9, 33, 12, 40, 61, 7, 3]));
    assert_eq!(short, long);
    assert_eq!(short.bytes[0], short.bytes[1]);
    assert!(short.bytes[2] > 0);
}
