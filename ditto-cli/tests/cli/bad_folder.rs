//! A model folder that is not there, not whole, or not right: on every backend the same line.

use ditto_models::checkpoint::{CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE};
use serde_json::json;

use crate::command::{ditto, embed, fails, run};
use crate::model::Model;

const QUERY: &str = "encoder.layer.1.attention.self.query.weight";

fn refused(model: &Model, words: &[&str]) {
    for backend in ["plain", "sim", "rep3"] {
        let args = ["--backend", backend, "--json", "the cat"];
        fails(run(embed(model.path(), &args)), words);
    }
}

#[test]
fn no_folder_says_how_to_fetch_one() {
    let model = Model::new();
    for path in [model.file("nowhere"), model.file(CONFIG_FILE)] {
        let words = ["no model folder", "scripts/fetch-minilm"];
        fails(run(embed(&path, &["the cat"])), &words);
    }
}

#[test]
fn no_model_in_the_default_place_says_how_to_fetch_it() {
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let mut command = ditto(&["embed", "the cat"]);
    command.current_dir(elsewhere.path());
    let words = ["models/all-MiniLM-L6-v2", "scripts/fetch-minilm"];
    fails(run(command), &words);
}

#[test]
fn each_missing_file_is_named() {
    for name in [CONFIG_FILE, WEIGHTS_FILE, TOKENIZER_FILE] {
        let model = Model::new();
        std::fs::remove_file(model.file(name)).expect("removed");
        refused(&model, &[&format!("has no {name};"), "complete it"]);
    }
}

#[test]
fn weights_that_are_cut_short_are_to_be_fetched_again() {
    let model = Model::new();
    let whole = model.read(WEIGHTS_FILE);
    for length in [0, 100, whole.len() / 2, whole.len() - 1] {
        model.write(WEIGHTS_FILE, &whole[..length]);
        let words = [WEIGHTS_FILE, "cut short or damaged", "fetch it again"];
        refused(&model, &words);
    }
}

#[test]
fn a_tensor_of_another_shape_is_named_with_both_shapes() {
    let model = Model::new();
    model.edit_header(|header| header[QUERY]["shape"] = json!([8, 32]));
    refused(&model, &[QUERY, "[8, 32]", "[16, 16]", "the same model"]);
}

#[test]
fn a_tensor_of_another_type_is_to_be_converted() {
    let model = Model::new();
    model.edit_header(|header| header[QUERY]["dtype"] = json!("I32"));
    refused(&model, &[QUERY, "I32", "accepted is F32", "convert"]);
}

#[test]
fn a_tensor_of_another_name_is_a_missing_one() {
    let model = Model::new();
    model.edit_header(|header| {
        let tensors = header.as_object_mut().expect("an object");
        let tensor = tensors.remove(QUERY).expect("a tensor");
        tensors.insert(QUERY.replace("query", "querry"), tensor);
    });
    refused(&model, &[&format!("no tensor \"{QUERY}\""), "take both"]);
}

#[test]
fn another_architecture_is_named() {
    let model = Model::new();
    for (field, value) in [
        ("model_type", json!("roberta")),
        ("position_embedding_type", json!("relative_key")),
        ("hidden_act", json!("relu")),
    ] {
        let model_type = model.read(CONFIG_FILE);
        model.edit(CONFIG_FILE, |config| config[field] = value.clone());
        let found = value.as_str().expect("a word");
        refused(&model, &[field, found, "accepted is", "choose a BERT model"]);
        model.write(CONFIG_FILE, model_type);
    }
}

#[test]
fn a_config_that_is_no_json_is_refused() {
    let model = Model::new();
    model.write(CONFIG_FILE, "{");
    refused(&model, &[CONFIG_FILE, "not a JSON object", "again"]);
}

#[test]
fn a_tokenizer_of_another_kind_is_refused() {
    let model = Model::new();
    model.edit(TOKENIZER_FILE, |json| json["post_processor"] = json!(null));
    refused(&model, &[TOKENIZER_FILE, "not a usable BERT tokenizer"]);
}

#[test]
fn a_weight_that_is_not_finite_is_named() {
    for value in [f32::NAN, f32::INFINITY] {
        let model = Model::new();
        model.set(QUERY, 5..6, value);
        refused(&model, &[QUERY, &format!("{value} at element 5"), "finite"]);
    }
}
