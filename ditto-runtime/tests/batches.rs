//! A batch gives what its texts give by themselves, on every backend. Nothing here depends on how long a
//! run takes.

use ditto_models::bert::BertOptions;
use ditto_models::fixtures;
use ditto_runtime::{BackendChoice, Embed, Embedding, PaddedText, PrecisionChoice, Run, Transport};

const REP3: BackendChoice = BackendChoice::Rep3(Transport::Memory);
const TRUE_FUNCTIONS: BackendChoice = BackendChoice::Plain { as_written: false };

/// Embeds texts of the tiny model, `batch` at a time, in 64 bits.
fn embed(backend: BackendChoice, batch: usize, texts: &[PaddedText]) -> Vec<Embedding> {
    embed_with(backend, Some(3), batch, texts)
}

/// Embeds [`texts`] on three parties.
fn embed_over(transport: Transport, seed: Option<u64>, batch: usize) -> Vec<Embedding> {
    embed_with(BackendChoice::Rep3(transport), seed, batch, &texts())
}

fn embed_with(
    backend: BackendChoice,
    seed: Option<u64>,
    batch: usize,
    texts: &[PaddedText],
) -> Vec<Embedding> {
    let config = fixtures::tiny_config();
    let weights = config.random_weights(7);
    let run = Run {
        task: Embed { config: &config, weights: &weights, options: BertOptions::default() },
        backend,
        precision: PrecisionChoice::Puma,
        batch,
        net: ditto_net::NetworkProfile::LOCAL,
        seed,
    };
    let mut embeddings = Vec::new();
    run.embed(texts, None, |embedding| embeddings.push(embedding)).expect("a run");
    embeddings.sort_by_key(|embedding| embedding.text);
    embeddings
}

/// Texts of different true lengths, two of which have another padded length.
fn texts() -> Vec<PaddedText> {
    let text = |ids: &[u32], length| PaddedText { ids: ids.to_vec(), length };
    vec![
        text(&[2, 61, 62, 63, 3], 8),
        text(&[2, 5, 3], 6),
        text(&[2, 9, 33, 12, 40, 61, 7, 3], 8),
        text(&[2, 20, 3], 8),
        text(&[2, 8, 8, 3], 6),
    ]
}

fn furthest(x: &[Embedding], y: &[Embedding]) -> f64 {
    assert_eq!(x.len(), y.len());
    let values = |all: &[Embedding]| -> Vec<f64> {
        all.iter().flat_map(|embedding| embedding.values.clone()).collect()
    };
    let apart = values(x).into_iter().zip(values(y)).map(|(a, b)| (a - b).abs());
    apart.fold(0.0, f64::max)
}

#[test]
fn a_batch_gives_what_its_texts_give_by_themselves() {
    for (backend, tolerance) in [(TRUE_FUNCTIONS, 1e-12), (BackendChoice::Sim, 2e-3), (REP3, 2e-3)]
    {
        let (single, batch) = (embed(backend, 1, &texts()), embed(backend, 3, &texts()));
        let apart = furthest(&single, &batch);
        assert!(apart < tolerance, "{backend:?}: {apart:.1e}");
        let together: Vec<usize> = batch.iter().map(|embedding| embedding.batch).collect();
        assert_eq!(together, [3, 3, 3, 2, 2]);
    }
}

#[test]
fn rounds_do_not_grow_with_the_batch_and_sim_counts_as_rep3() {
    let text = texts().remove(0);
    let cost = |backend, batch| {
        let texts = vec![text.clone(); batch];
        embed(backend, batch, &texts).remove(0).report.total()
    };
    let (one, four) = (cost(REP3, 1), cost(REP3, 4));
    assert_eq!(one.rounds, four.rounds);
    // Rounding to whole bytes and words makes a little difference.
    assert!(four.total_bytes() > 3 * one.total_bytes());
    assert!(four.total_bytes() <= 4 * one.total_bytes());
    assert_eq!(four, cost(BackendChoice::Sim, 4));
}

#[test]
fn passes_at_the_same_time_share_rounds_and_add_bytes() {
    // Two padded lengths are two passes.
    let all = texts();
    let total = |backend, batch, texts: &[PaddedText]| {
        embed(backend, batch, texts).remove(0).report.total()
    };
    let (long, short) = (total(REP3, 1, &all[..1]), total(REP3, 1, &all[1..2]));
    let both = total(REP3, 2, &all[..2]);
    assert_eq!(both.rounds, long.rounds.max(short.rounds));
    assert_eq!(both.total_bytes(), long.total_bytes() + short.total_bytes());
    assert_eq!(both, total(BackendChoice::Sim, 2, &all[..2]));
}

/// Two parties and a dealer too: the sessions have the prepared weights in common, and the account of the
/// first batch says what preparing them cost.
#[test]
fn sessions_of_two_parties_and_a_dealer_share_rounds_and_weights() {
    let (long, short) = (texts().remove(0), texts().remove(1));
    // The last batch, so that the weights are in none of these.
    let last = |batch, texts: &[PaddedText]| {
        let embeddings = embed(BackendChoice::Additive, batch, texts);
        embeddings.last().expect("a text").report.total()
    };
    let alone = [&long, &short].map(|text| last(1, &[text.clone(), text.clone()]));
    let both = [long.clone(), short.clone(), long.clone(), short.clone()];
    let together = last(2, &both);
    assert_eq!(together.rounds, alone[0].rounds.max(alone[1].rounds));
    let bytes = alone.iter().map(|cost| cost.total_bytes()).sum::<u64>();
    assert_eq!(together.total_bytes(), bytes);
    let embeddings = embed(BackendChoice::Additive, 2, &both);
    let weights = |embedding: &Embedding| {
        let scope = embedding.report.scopes.iter().find(|scope| scope.path == "weights");
        scope.map(|scope| (scope.cost.rounds, scope.cost.total_bytes()))
    };
    let (rounds, bytes) = weights(&embeddings[0]).expect("the weights were prepared");
    assert!(rounds > 0 && bytes > 0);
    assert_eq!(embeddings[0].report.total().total_bytes(), together.total_bytes() + bytes);
    assert_eq!(weights(&embeddings[2]), None);
    let truth = embed(TRUE_FUNCTIONS, 1, &both);
    let apart = furthest(&truth, &embeddings);
    assert!(apart < 2e-2, "{apart:.1e}");
}

#[test]
fn passes_at_the_same_time_do_not_meet_on_any_transport() {
    let alone = embed_over(Transport::Memory, None, 1);
    for transport in [Transport::Memory, Transport::Tcp] {
        let apart = furthest(&alone, &embed_over(transport, None, 5));
        assert!(apart < 2e-3, "{transport:?}: {apart:.1e}");
    }
    let replay = || embed_over(Transport::Memory, Some(3), 5);
    assert_eq!(furthest(&replay(), &replay()), 0.0, "a seed replays a batch");
}
