//! `ditto embed --audit`: three parties that test whether values stay in their ranges.

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
    let words = ["text 1: layer 1, linear: a value left its range", "ditto sim"];
    fails(run(embed(model.path(), &["--audit", "the cat sat"])), &words);
    fails(run(embed(model.path(), &["--audit", "--transport", "tcp", "the cat sat"])), &words);
}

/// Not in a product but in a range that a layer declares: scores of an attention.
#[test]
fn a_planted_score_is_found_in_its_layer() {
    let model = Model::new();
    model.set("encoder.layer.0.attention.self.query.bias", 0..16, 20.0);
    model.set("encoder.layer.0.attention.self.key.bias", 0..16, 20.0);
    let audited = ["--audit", "--batch", "2", "the cat sat", "the cat"];
    let words = ["texts 1, 2: layer 0, attention, scores: a value left its range, and then in"];
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
