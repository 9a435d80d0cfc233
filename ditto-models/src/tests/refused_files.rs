//! A folder that lacks a file, and weights or a tokenizer that must be refused.

use serde_json::json;

use super::*;

const QUERY: &str = "encoder.layer.1.attention.self.query.weight";

#[test]
fn no_folder_is_refused_with_the_way_to_get_one() {
    let tiny = TinyFolder::new();
    for path in [tiny.file("nowhere"), tiny.file(CONFIG_FILE)] {
        let error = BertFolder::open(&path).expect_err("no folder");
        assert!(matches!(error, FolderError::NoFolder { .. }));
        says(&error, &["no model folder", "scripts/fetch-minilm"]);
    }
}

#[test]
fn each_missing_file_is_named() {
    for name in [CONFIG_FILE, WEIGHTS_FILE, TOKENIZER_FILE] {
        let tiny = TinyFolder::new();
        std::fs::remove_file(tiny.file(name)).expect("removed");
        let error = tiny.refused(&[&format!("has no {name};"), "scripts/fetch-minilm"]);
        assert!(matches!(error, FolderError::MissingFile { .. }));
    }
    let empty = TempDir::new().expect("a temporary folder");
    let error = BertFolder::open(empty.path()).expect_err("an empty folder");
    says(&error, &["config.json, model.safetensors, tokenizer.json"]);
}

#[test]
fn a_directory_in_a_files_place_is_refused() {
    for name in [CONFIG_FILE, WEIGHTS_FILE, TOKENIZER_FILE] {
        let tiny = TinyFolder::new();
        std::fs::remove_file(tiny.file(name)).expect("removed");
        std::fs::create_dir(tiny.file(name)).expect("created");
        let error = tiny.refused(&[name, "not a regular file"]);
        assert!(matches!(error, FolderError::Unreadable { .. }));
    }
}

#[test]
fn weights_that_are_cut_short_are_refused() {
    let tiny = TinyFolder::new();
    let whole = tiny.read(WEIGHTS_FILE);
    for length in [0, 7, 8, 100, whole.len() / 2, whole.len() - 1] {
        tiny.write(WEIGHTS_FILE, &whole[..length]);
        let error = tiny.refused(&["model.safetensors", "cut short or damaged", "fetch it again"]);
        assert!(matches!(error, FolderError::Damaged { .. }));
    }
    tiny.write(WEIGHTS_FILE, [&whole[..], b"x"].concat());
    assert!(matches!(tiny.refused(&[]), FolderError::Damaged { .. }));
}

#[test]
fn what_is_no_safetensors_file_is_refused() {
    let tiny = TinyFolder::new();
    tiny.write(WEIGHTS_FILE, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n");
    assert!(matches!(tiny.refused(&["git-lfs pointer"]), FolderError::Damaged { .. }));
    tiny.write(WEIGHTS_FILE, u64::MAX.to_le_bytes());
    assert!(matches!(tiny.refused(&["18446744073709551615"]), FolderError::Damaged { .. }));
}

#[test]
fn a_tensor_of_another_name_is_refused() {
    let tiny = TinyFolder::new();
    tiny.edit_weights(|header, _| {
        let info = header.as_object_mut().expect("an object").remove(QUERY).expect("a tensor");
        header["encoder.layer.1.attention.self.querry.weight"] = info;
    });
    let error =
        tiny.refused(&["model.safetensors", &format!("no tensor \"{QUERY}\""), "config.json"]);
    assert!(matches!(error, FolderError::MissingTensor { name, .. } if name == QUERY));
}

#[test]
fn a_model_with_more_layers_than_weights_is_refused() {
    let tiny = TinyFolder::new();
    tiny.edit(CONFIG_FILE, |config| config["num_hidden_layers"] = json!(3));
    let error = tiny.refused(&["encoder.layer.2.attention.self.query.weight"]);
    assert!(matches!(error, FolderError::MissingTensor { .. }));
}

#[test]
fn a_tensor_of_another_shape_is_refused() {
    let tiny = TinyFolder::new();
    tiny.edit_weights(|header, _| header[QUERY]["shape"] = json!([8, 32]));
    let error = tiny.refused(&[QUERY, "[8, 32]", "[16, 16]", "config.json"]);
    assert!(matches!(error, FolderError::TensorShape { .. }));

    // The same from the other side: the config has another width than the weights.
    let tiny = TinyFolder::new();
    tiny.edit(CONFIG_FILE, |config| config["hidden_size"] = json!(32));
    let error = tiny.refused(&["embeddings.word_embeddings.weight", "[64, 16]", "[64, 32]"]);
    assert!(matches!(error, FolderError::TensorShape { .. }));
}

#[test]
fn a_tensor_of_another_type_is_refused() {
    let tiny = TinyFolder::new();
    // I32 has the same size, so that the header stays consistent.
    tiny.edit_weights(|header, _| header[QUERY]["dtype"] = json!("I32"));
    let error = tiny.refused(&[QUERY, "I32", "accepted is F32", "float32"]);
    assert!(matches!(error, FolderError::TensorType { .. }));
}

#[test]
fn weights_that_are_not_finite_are_refused() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let tiny = TinyFolder::new();
        tiny.edit_weights(|header, data| {
            let start = header[QUERY]["data_offsets"][0].as_u64().expect("an offset") as usize;
            data[start + 20..start + 24].copy_from_slice(&value.to_le_bytes());
        });
        let error = tiny.refused(&[QUERY, &format!("{value} at element 5"), "finite"]);
        assert!(matches!(error, FolderError::NonFinite { index: 5, .. }));
    }
}

#[test]
fn a_tokenizer_that_is_none_is_refused() {
    let tiny = TinyFolder::new();
    for text in ["", "{}", "[]", "[PAD]\n[UNK]\n"] {
        tiny.write(TOKENIZER_FILE, text);
        let error = tiny.refused(&["tokenizer.json", "not a usable BERT tokenizer"]);
        assert!(matches!(error, FolderError::TokenizerFile { .. }));
    }
}

#[test]
fn a_tokenizer_of_another_kind_is_refused() {
    let tiny = TinyFolder::new();
    tiny.edit(TOKENIZER_FILE, |json| json["model"]["type"] = json!("BPE"));
    tiny.refused(&["tokenizer.json", "its model is BPE", "WordPiece"]);
    let tiny = TinyFolder::new();
    tiny.edit(TOKENIZER_FILE, |json| {
        let table = json!({ "type": "Precompiled", "precompiled_charsmap": "AAAA" });
        json["normalizer"] = json!({ "type": "Sequence", "normalizers": [table] });
    });
    let error = tiny.refused(&["tokenizer.json", "Precompiled"]);
    assert!(matches!(error, FolderError::TokenizerFile { .. }));
}

#[test]
fn a_tokenizer_without_cls_and_sep_is_refused() {
    let tiny = TinyFolder::new();
    tiny.edit(TOKENIZER_FILE, |json| json["post_processor"] = Value::Null);
    let error = tiny.refused(&["tokenizer.json", "before and one after a text"]);
    assert!(matches!(error, FolderError::TokenizerFile { .. }));
}
