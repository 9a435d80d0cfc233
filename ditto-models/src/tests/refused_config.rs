//! A `config.json` that must be refused: another architecture, hostile sizes, no JSON.

use serde_json::json;

use super::*;

/// Sets a field of the fixture's config (or removes it, with `null`) and returns the refused field.
fn refused_with(field: &str, value: Value, words: &[&str]) {
    let tiny = TinyFolder::new();
    tiny.edit(CONFIG_FILE, |config| config[field] = value);
    let mut all = vec!["config.json", field];
    all.extend(words);
    let error = tiny.refused(&all);
    assert!(matches!(error, FolderError::ConfigField { field: named, .. } if named == field));
}

#[test]
fn another_architecture_is_refused() {
    refused_with("model_type", json!("gpt2"), &["\"gpt2\"", "accepted is \"bert\""]);
    refused_with("model_type", Value::Null, &["missing", "accepted is \"bert\""]);
    refused_with("position_embedding_type", json!("relative_key"), &["\"absolute\""]);
    refused_with("hidden_act", json!("relu"), &["\"relu\"", "\"gelu\"", "\"gelu_pytorch_tanh\""]);
    refused_with("is_decoder", json!(true), &["true", "false"]);
    refused_with("add_cross_attention", json!("yes"), &["\"yes\"", "false"]);
}

#[test]
fn sizes_must_be_there_and_positive_whole_numbers() {
    for field in [
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size",
        "vocab_size",
        "max_position_embeddings",
    ] {
        refused_with(field, Value::Null, &["missing", "whole number"]);
        refused_with(field, json!(0), &["is 0", "1 to "]);
        refused_with(field, json!(-3), &["-3", "whole number"]);
        refused_with(field, json!(1.5), &["1.5"]);
        refused_with(field, json!("16"), &["\"16\""]);
        refused_with(field, json!(u64::MAX), &["18446744073709551615", "1 to "]);
    }
    refused_with("type_vocab_size", json!(0), &["1 to "]);
}

#[test]
fn sizes_must_fit_each_other() {
    refused_with("num_attention_heads", json!(3), &["is 3", "divisor of hidden_size, 16"]);
    refused_with("pad_token_id", json!(64), &["is 64", "0 to 63", "vocab_size is 64"]);
    refused_with("pad_token_id", json!(-1), &["-1"]);
    refused_with("layer_norm_eps", json!(0.0), &["is 0", "above 0"]);
    refused_with("layer_norm_eps", json!(2), &["is 2", "at most 1"]);
    refused_with("layer_norm_eps", json!("1e-12"), &["\"1e-12\"", "a number"]);
}

#[test]
fn a_model_that_no_memory_could_hold_is_refused() {
    let tiny = TinyFolder::new();
    tiny.edit(CONFIG_FILE, |config| {
        config["hidden_size"] = json!(1 << 14);
        config["num_hidden_layers"] = json!(1 << 10);
        config["intermediate_size"] = json!(1 << 17);
    });
    let error = tiny.refused(&["hidden_size", "parameters"]);
    assert!(matches!(error, FolderError::ConfigField { .. }));
}

#[test]
fn what_is_no_json_object_is_refused() {
    let tiny = TinyFolder::new();
    let deep = "[".repeat(100_000);
    for text in ["", "{", "[1]", "\u{feff}{}", "{\"hidden_size\": 1e999}", &deep] {
        tiny.write(CONFIG_FILE, text);
        let error = tiny.refused(&["config.json", "not a JSON object"]);
        assert!(matches!(error, FolderError::ConfigSyntax { .. }));
    }
    tiny.write(CONFIG_FILE, vec![b' '; (1 << 20) + 1]);
    let error = tiny.refused(&["config.json", "1048577 bytes"]);
    assert!(matches!(error, FolderError::FileTooLarge { .. }));
}

#[test]
fn a_file_cannot_write_to_the_terminal_through_a_message() {
    let value = format!("\u{1b}[2J\r\n\u{9b}{}", "x".repeat(10_000));
    refused_with("model_type", json!(value), &["..."]);
}
