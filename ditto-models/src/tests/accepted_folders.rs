//! Folders that must load: the fixture, its variants, and the real model when it is here.

use super::*;
use crate::bert::{HiddenAct, tensor_shapes};

#[test]
fn the_fixture_loads_as_it_was_written() {
    let tiny = TinyFolder::new();
    let folder = tiny.open().expect("the fixture");
    assert_eq!(folder.config, tiny.config);
    let written = tiny.config.random_weights(7);
    let shapes = tensor_shapes(&tiny.config);
    assert_eq!(folder.weights.iter().count(), shapes.len());
    for (name, shape) in shapes {
        let tensor = folder.weights.tensor(&name).expect("a tensor of the model");
        assert_eq!(tensor.shape, shape);
        assert_eq!(tensor, written.tensor(&name).expect("the same"), "{name}");
    }
}

#[test]
fn the_tensors_have_as_many_parameters_as_the_config_says() {
    for config in [fixtures::tiny_config(), BertConfig::base()] {
        let sizes =
            tensor_shapes(&config).into_iter().map(|(_, shape)| shape.iter().product::<usize>());
        assert_eq!(sizes.sum::<usize>() as u64, config.parameters());
    }
}

#[test]
fn names_may_have_the_prefix_bert() {
    let tiny = TinyFolder::new();
    let weights = tiny.config.random_weights(7);
    tiny.write(WEIGHTS_FILE, fixtures::weights_bytes(&weights, "bert.").expect("bytes"));
    let loaded = tiny.open().expect("a prefixed folder").weights;
    assert!(loaded.iter().eq(weights.iter()));
}

#[test]
fn the_oldest_names_of_layer_norm_are_understood() {
    let tiny = TinyFolder::new();
    let file = String::from_utf8_lossy(&tiny.read(WEIGHTS_FILE)).contains("LayerNorm.weight");
    assert!(file, "the fixture uses the new names");
    tiny.edit_weights(|header, _| {
        let old = std::mem::take(header.as_object_mut().expect("an object"));
        let renamed = old.into_iter().map(|(name, info)| {
            let name = name.replace("LayerNorm.weight", "LayerNorm.gamma");
            (name.replace("LayerNorm.bias", "LayerNorm.beta"), info)
        });
        *header = Value::Object(renamed.collect());
    });
    let weights = tiny.config.random_weights(7);
    assert!(tiny.open().expect("an old folder").weights.iter().eq(weights.iter()));
}

#[test]
fn tensors_that_inference_does_not_need_are_ignored_whatever_they_are() {
    let tiny = TinyFolder::new();
    tiny.edit_weights(|header, data| {
        let (start, end) = (data.len(), data.len() + 16);
        header["embeddings.position_ids"] =
            serde_json::json!({ "dtype": "I64", "shape": [1, 2], "data_offsets": [start, end] });
        header["pooler.dense.weight"] =
            serde_json::json!({ "dtype": "F32", "shape": [1], "data_offsets": [end, end + 4] });
        data.extend([0; 16]);
        data.extend(f32::NAN.to_le_bytes());
    });
    tiny.open().expect("a folder with extra tensors");
}

#[test]
fn a_taken_tensor_is_gone_and_an_unknown_name_is_an_error() {
    let tiny = TinyFolder::new();
    let mut weights = tiny.open().expect("the fixture").weights;
    let name = "encoder.layer.1.output.dense.weight";
    assert_eq!(weights.take(name).expect("a tensor").shape, [16, 32]);
    for error in [weights.take(name).map(drop), weights.tensor("no.such").map(drop)] {
        assert!(matches!(error, Err(FolderError::MissingTensor { .. })));
    }
}

#[test]
fn what_older_configs_leave_out_has_its_usual_value() {
    let tiny = TinyFolder::new();
    tiny.edit(CONFIG_FILE, |config| {
        let map = config.as_object_mut().expect("an object");
        for field in ["position_embedding_type", "type_vocab_size", "layer_norm_eps", "hidden_act"]
        {
            map.remove(field);
        }
        map.insert("pad_token_id".to_owned(), Value::Null);
        map.insert("is_decoder".to_owned(), Value::Bool(false));
    });
    assert_eq!(tiny.open().expect("a folder").config, tiny.config);
}

#[test]
fn each_spelling_of_gelu_is_understood() {
    let tiny = TinyFolder::new();
    for (word, act) in [
        ("gelu", HiddenAct::GeluErf),
        ("gelu_new", HiddenAct::GeluTanh),
        ("gelu_pytorch_tanh", HiddenAct::GeluTanh),
    ] {
        tiny.edit(CONFIG_FILE, |config| config["hidden_act"] = word.into());
        assert_eq!(tiny.open().expect(word).config.hidden_act, act);
    }
}

#[test]
fn the_real_model_loads() {
    let Some(path) = fixtures::minilm() else {
        return;
    };
    let folder = BertFolder::open(path).expect("all-MiniLM-L6-v2");
    assert_eq!((folder.config.hidden_size, folder.config.head_size()), (384, 32));
    assert_eq!(folder.config.num_hidden_layers, 6);
    // 22,713,216 parameters in all, less the pooler's, which the embedding does not use.
    assert_eq!(folder.config.parameters(), 22_713_216 - (384 * 384 + 384));
}
