//! The reference in f64 against values that others published for this model.
//!
//! They stand in `minilm_reference.json`, each with its source and its tolerance. Two entries are
//! not used: one needs the 1,379 pairs of the STS benchmark's test part, one a file of snapshots;
//! neither is among the shared data.

use ditto_backends::plain::{Plain, PlainSource};
use ditto_dsl::precision::Ditto;
use ditto_models::bert::{Bert, BertInput, BertOptions, HiddenAct};
use ditto_models::fixtures;
use serde_json::Value;

use crate::{cosine, minilm, reference};

/// The entries of `list`, or `None` where the file is not there.
fn published(list: &str) -> Option<Vec<Value>> {
    let file = fixtures::shared_data("vectors/minilm_reference.json")?;
    let json = std::fs::read(file).expect("the published values");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    Some(json[list].as_array().expect("a list of entries").clone())
}

/// The entries of `list` that have `field`; at least one.
fn with_field(list: &str, field: &str) -> Option<Vec<Value>> {
    let mut entries = published(list)?;
    entries.retain(|entry| entry.get(field).is_some());
    assert!(!entries.is_empty(), "no entry with {field}");
    Some(entries)
}

fn texts<'a>(entry: &'a Value, field: &str) -> Vec<&'a str> {
    let list = entry[field].as_array().expect("a list of texts");
    list.iter().map(|text| text.as_str().expect("a text")).collect()
}

fn matrix(value: &Value) -> Vec<Vec<f64>> {
    serde_json::from_value(value.clone()).expect("rows of numbers")
}

/// Published values are rounded to the digits that their tolerance keeps.
fn assert_close(found: f64, expected: f64, entry: &Value) {
    let tolerance = entry["tolerance"].as_f64().expect("a tolerance");
    let error = (found - expected).abs();
    assert!(error <= tolerance, "{found} for {expected}: {}", entry["source"]);
}

#[test]
fn the_published_cosines_come_out() {
    let (Some(folder), Some(entries)) = (minilm(), published("erf_gelu")) else {
        return;
    };
    let mut checked = 0;
    for entry in &entries {
        let (left, right) = if entry.get("sentences").is_some() {
            ("sentences", "sentences")
        } else if entry.get("sentences1").is_some() {
            ("sentences1", "sentences2")
        } else {
            continue;
        };
        let [left, right] = [left, right].map(|field| reference(&folder, &texts(entry, field)));
        let expected = matrix(&entry["expected"]);
        assert_eq!(expected.len(), left.len());
        for (x, row) in left.iter().zip(&expected) {
            assert_eq!(row.len(), right.len());
            for (y, &expected) in right.iter().zip(row) {
                assert_close(cosine(x, y), expected, entry);
                checked += 1;
            }
        }
    }
    assert!(checked >= 18, "only {checked} cosines");
}

#[test]
fn the_published_numbers_of_an_embedding_come_out() {
    let Some(folder) = minilm() else { return };
    let Some(entries) = with_field("erf_gelu", "expected_first") else {
        return;
    };
    for entry in &entries {
        let text = entry["sentence"].as_str().expect("a text");
        let values = reference(&folder, &[text]).remove(0);
        let expected = entry["expected_first"].as_array().expect("numbers");
        for (&found, expected) in values.iter().zip(expected) {
            assert_close(found, expected.as_f64().expect("a number"), entry);
        }
    }
}

/// Others ran the same weights with the tanh form of GeLU, and published hidden states.
#[test]
fn the_published_hidden_states_come_out_with_the_tanh_gelu() {
    let Some(mut folder) = minilm() else { return };
    let Some(entries) = with_field("tanh_gelu", "input_ids") else {
        return;
    };
    folder.config.hidden_act = HiddenAct::GeluTanh;
    let (config, source) = (&folder.config, &mut PlainSource);
    let (weights, options) = (&folder.weights, BertOptions::default());
    let bert = Bert::<Plain, Ditto>::share(source, config, weights, options, &mut Plain::new());
    let bert = bert.expect("a shared model");
    for entry in &entries {
        let ids: Vec<u32> = serde_json::from_value(entry["input_ids"].clone()).expect("ids");
        let text = entry["sentence"].as_str().expect("a text");
        assert_eq!(folder.tokenizer.encode(text).expect("tokens"), ids);
        let input = BertInput::share(
            source,
            &[&ids[..]],
            config.pad_token_id,
            ids.len(),
            config.vocab_size,
        );
        let mut cx = Plain::new();
        let hidden = bert.encode(&input.expect("an input"), &mut cx).expect("hidden states");
        let hidden = hidden.open(&mut cx).expect("values");
        let rows: Vec<usize> = serde_json::from_value(entry["rows"].clone()).expect("rows");
        let (first, last) = (matrix(&entry["first3"]), matrix(&entry["last3"]));
        for ((row, first), last) in rows.into_iter().zip(first).zip(last) {
            for (column, &expected) in first.iter().enumerate() {
                assert_close(hidden[[0, row, column]], expected, entry);
            }
            for (column, &expected) in (config.hidden_size - last.len()..).zip(&last) {
                assert_close(hidden[[0, row, column]], expected, entry);
            }
        }
    }
}
