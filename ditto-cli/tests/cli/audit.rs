//! `ditto embed --audit`: three parties that test whether values stay in their ranges.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ditto_models::bert::{BertFolder, BertOptions};
use ditto_net::NetworkProfile;
use ditto_runtime::{BackendChoice, Embed, PaddedText, PrecisionChoice, Run, RunError, Transport};
use serde_json::Value;

use crate::command::{embed, fails, json_lines, run, succeeds};
use crate::model::Model;

fn number(line: &Value, field: &str) -> u64 {
    line[field].as_u64().unwrap_or_else(|| panic!("no {field} in {line}"))
}

#[test]
fn a_model_in_range_passes_and_pays_for_it() {
    let model = Model::new();
    let line = |args: &[&str]| json_lines(run(embed(model.path(), args))).remove(0);
    let plain = line(&["--json", "--seed", "3", "the cat sat"]);
    let audited = line(&["--json", "--seed", "3", "--audit", "the cat sat"]);
    assert!(number(&audited, "audited_scopes") > 20, "{audited}");
    assert!(number(&audited, "rounds") > number(&plain, "rounds"));
    assert!(plain.get("audited_scopes").is_none());
    // Both are within the noise of truncation, which other masks make differ.
    let embedding = |line: &Value| -> Vec<f64> {
        let values = line["embedding"].as_array().expect("a list");
        values.iter().map(|value| value.as_f64().expect("a number")).collect()
    };
    let cosine: f64 = embedding(&plain).iter().zip(embedding(&audited)).map(|(x, y)| x * y).sum();
    assert!(cosine > 0.999, "{cosine}");
    let text = succeeds(run(embed(model.path(), &["--audit", "the cat sat"])));
    assert!(text.contains(", no value found out of range in "), "{text}");
}

/// The product of this layer leaves 32 bits, which `rep3` does not notice by itself.
#[test]
fn a_planted_overflow_is_found_in_its_layer() {
    let model = Model::new();
    // Of half of the inputs, since the mean of all is 0 behind a LayerNorm.
    for (output, weight) in [1.5e3, 2e3, 2.5e3, 3e3].into_iter().enumerate() {
        let half = 16 * output..16 * output + 8;
        model.set("encoder.layer.1.intermediate.dense.weight", half, weight);
    }
    // What `sim` sees, three parties do not see by themselves.
    let sim = run(embed(model.path(), &["--backend", "sim", "the cat sat"]));
    fails(sim, &["layer 1/linear: matrix product"]);
    succeeds(run(embed(model.path(), &["the cat sat"])));
    let words = ["text 1: layer 1/linear: a value left its range", "ditto sim"];
    fails(run(embed(model.path(), &["--audit", "the cat sat"])), &words);
    fails(run(embed(model.path(), &["--audit", "--transport", "tcp", "the cat sat"])), &words);
}

/// What the parties see of a client must not depend on what it was told: it shares all texts, whichever of
/// them a value left its range with, and says afterwards which was the first.
#[test]
fn a_client_goes_on_to_the_last_text_whatever_is_found() {
    let passes = |planted: bool| {
        let model = Model::new();
        if planted {
            model.set("encoder.layer.0.attention.self.query.bias", 0..16, 20.0);
            model.set("encoder.layer.0.attention.self.key.bias", 0..16, 20.0);
        }
        let folder = BertFolder::open(model.path()).expect("a model");
        let run = Run {
            task: Embed {
                config: &folder.config,
                weights: &folder.weights,
                options: BertOptions::default(),
            },
            backend: BackendChoice::Rep3Audited(Transport::Memory),
            precision: PrecisionChoice::Ditto,
            batch: 1,
            net: NetworkProfile::LOCAL,
            seed: Some(1),
        };
        let texts = vec![PaddedText { ids: vec![1, 2], length: 4 }; 3];
        let passes = Arc::new(AtomicUsize::new(0));
        let count = passes.clone();
        let progress = move |path: &str| {
            count.fetch_add(usize::from(path == "pooling"), Ordering::SeqCst);
        };
        let mut embeddings = 0;
        let result = run.embed(&texts, Some(Arc::new(progress)), |_| embeddings += 1);
        (result, embeddings, passes.load(Ordering::SeqCst))
    };
    let (result, embeddings, without) = passes(false);
    assert!(result.is_ok(), "{result:?}");
    assert_eq!((embeddings, without), (3, 3));
    let (result, embeddings, with) = passes(true);
    let Err(RunError::LeftRange(left)) = result else { panic!("{result:?}") };
    assert_eq!((left.requests, embeddings, with), (vec![0], 0, without));
}

/// Not in a product but in a range that a layer declares: scores of an attention.
#[test]
fn a_planted_score_is_found_in_its_layer() {
    let model = Model::new();
    model.set("encoder.layer.0.attention.self.query.bias", 0..16, 20.0);
    model.set("encoder.layer.0.attention.self.key.bias", 0..16, 20.0);
    let audited = ["--audit", "--batch", "2", "the cat sat", "the cat"];
    let words = ["texts 1, 2: layer 0/attention/scores: a value left its range, and then in"];
    fails(run(embed(model.path(), &audited)), &words);
    let sim = ["--backend", "sim", "the cat sat"];
    fails(run(embed(model.path(), &sim)), &["layer 0/attention/scores", "declared range"]);
}

#[test]
fn only_three_parties_are_audited() {
    let model = Model::new();
    for backend in ["sim", "plain", "additive"] {
        let args = ["--backend", backend, "--audit", "the cat"];
        fails(run(embed(model.path(), &args)), &["--audit is for --backend rep3"]);
    }
}
