//! Tests with the real model, all-MiniLM-L6-v2: against values that others published, and of how
//! close three parties come to them.
//!
//! Each passes with a line on standard error where the model, or the file of published values, is
//! not there; `scripts/fetch-minilm` fetches the model.

mod fidelity;
mod published;

use ditto_models::bert::{BertFolder, BertOptions};
use ditto_models::fixtures;
use ditto_models::tokenizer::padded_len;
use ditto_net::NetworkProfile;
use ditto_runtime::{BackendChoice, Embed, Embedding, PaddedText, PrecisionChoice, Run, cosine};

/// The model, or `None` where it was not fetched.
fn minilm() -> Option<BertFolder> {
    let folder = fixtures::minilm()?;
    Some(BertFolder::open(folder).expect("all-MiniLM-L6-v2"))
}

/// The embeddings of texts, each padded to the next multiple of 32 tokens.
fn embed(
    folder: &BertFolder,
    backend: BackendChoice,
    precision: PrecisionChoice,
    texts: &[&str],
) -> Vec<Embedding> {
    let padded: Vec<PaddedText> = texts
        .iter()
        .map(|text| {
            let ids = folder.tokenizer.encode(text).expect("tokens");
            let positions = folder.config.max_position_embeddings;
            let length = padded_len(ids.len(), None, positions).expect("a length");
            PaddedText { ids, length }
        })
        .collect();
    let run = Run {
        task: Embed {
            config: &folder.config,
            weights: &folder.weights,
            options: BertOptions::default(),
        },
        backend,
        precision,
        net: NetworkProfile::LOCAL,
        seed: None,
        batch: 1,
    };
    let mut embeddings = Vec::new();
    run.embed(&padded, None, |embedding| embeddings.push(embedding)).expect("a run");
    embeddings
}

/// The embeddings of texts in f64, with the true functions.
fn reference(folder: &BertFolder, texts: &[&str]) -> Vec<Vec<f64>> {
    let plain = BackendChoice::Plain { as_written: false };
    let embeddings = embed(folder, plain, PrecisionChoice::Ditto, texts);
    embeddings.into_iter().map(|embedding| embedding.values).collect()
}
