//! For tests and benchmarks: small random model folders, so that the command can be tested
//! without a download, and the way to reference data that may not be there.

use std::io;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

use crate::bert::{BertConfig, HiddenAct};
use crate::checkpoint::{CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE, Weights, default_folder};
use crate::tokenizer::fixture::vocabulary;

pub use crate::tokenizer::fixture::tokenizer_json;

/// The smallest BERT that has every part more than once: hidden 16, 2 heads, 2 layers, feed-forward
/// 32, 64 words, 32 positions.
pub fn tiny_config() -> BertConfig {
    BertConfig {
        hidden_size: 16,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        intermediate_size: 32,
        vocab_size: vocabulary().len(),
        max_position_embeddings: 32,
        type_vocab_size: 2,
        layer_norm_eps: 1e-12,
        hidden_act: HiddenAct::GeluErf,
        pad_token_id: 0,
    }
}

/// Writes a model folder of [`tiny_config`] with random weights into `folder`; gives the config.
///
/// Its tokenizer knows every lower-case letter, so any English text has tokens: `the`, `cat` and
/// `sat` are one each, any other word has one a letter.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write_tiny(folder: &Path, seed: u64) -> io::Result<BertConfig> {
    let config = tiny_config();
    write_folder(folder, &config, seed)?;
    Ok(config)
}

/// Writes a model folder of any size, with random weights and the small tokenizer of
/// [`write_tiny`]; creates `folder` when it is not there.
///
/// # Errors
///
/// When a file cannot be written, or `config.vocab_size` is less than the tokenizer's 64 words.
pub fn write_folder(folder: &Path, config: &BertConfig, seed: u64) -> io::Result<()> {
    if config.vocab_size < vocabulary().len() {
        return Err(io::Error::other("vocab_size is less than the fixture's 64 words"));
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(CONFIG_FILE), config_json(config).to_string())?;
    std::fs::write(folder.join(TOKENIZER_FILE), tokenizer_json().to_string())?;
    let weights = weights_bytes(&config.random_weights(seed), "")?;
    std::fs::write(folder.join(WEIGHTS_FILE), weights)
}

/// The `config.json` of `config`.
pub fn config_json(config: &BertConfig) -> Value {
    let hidden_act = match config.hidden_act {
        HiddenAct::GeluErf => "gelu",
        HiddenAct::GeluTanh => "gelu_new",
    };
    json!({
        "model_type": "bert",
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.num_hidden_layers,
        "num_attention_heads": config.num_attention_heads,
        "intermediate_size": config.intermediate_size,
        "vocab_size": config.vocab_size,
        "max_position_embeddings": config.max_position_embeddings,
        "type_vocab_size": config.type_vocab_size,
        "layer_norm_eps": config.layer_norm_eps,
        "hidden_act": hidden_act,
        "position_embedding_type": "absolute",
        "pad_token_id": config.pad_token_id,
    })
}

/// `weights` as the bytes of a safetensors file, `prefix` in front of every name.
///
/// # Errors
///
/// When the safetensors crate refuses a tensor.
pub fn weights_bytes(weights: &Weights, prefix: &str) -> io::Result<Vec<u8>> {
    let encoded: Vec<(String, Vec<usize>, Vec<u8>)> = weights
        .iter()
        .map(|(name, tensor)| {
            let bytes = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
            (format!("{prefix}{name}"), tensor.shape.clone(), bytes)
        })
        .collect();
    let views = encoded.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(io::Error::other)?;
        Ok((name.as_str(), view))
    });
    let views = views.collect::<io::Result<Vec<_>>>()?;
    safetensors::serialize(views, None).map_err(io::Error::other)
}

/// Where `path` of the shared reference data lies: under the folder that the environment variable
/// `DITTO_SHARED` names, else under `../shared/data` beside the workspace. `None`, with a line on
/// standard error, when it is not there; the test should then pass without it.
pub fn shared_data(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("DITTO_SHARED").map(PathBuf::from).or_else(beside_workspace);
    let found = root.map(|root| root.join(path)).filter(|found| found.exists());
    if found.is_none() {
        eprintln!("skipped: no shared data at {path} (set DITTO_SHARED to its folder)");
    }
    found
}

/// The folder of all-MiniLM-L6-v2, or `None` with a line on standard error when it was not fetched.
pub fn minilm() -> Option<PathBuf> {
    let found = Some(default_folder()).filter(|folder| folder.join(WEIGHTS_FILE).exists());
    if found.is_none() {
        eprintln!("skipped: all-MiniLM-L6-v2 is not here (fetch it with scripts/fetch-minilm)");
    }
    found
}

/// `../shared/data` seen from the nearest directory, from the current one upwards, that holds a
/// Cargo workspace.
fn beside_workspace() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let holds_workspace = |dir: &&Path| {
        std::fs::read_to_string(dir.join("Cargo.toml"))
            .is_ok_and(|toml| toml.contains("[workspace]"))
    };
    let root = here.ancestors().find(holds_workspace)?;
    Some(root.parent()?.join("shared").join("data"))
}
