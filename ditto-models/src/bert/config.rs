//! `config.json`: the sizes of a BERT, checked so that no later code can overflow or allocate
//! wildly because of them.

use std::path::Path;

use serde_json::{Map, Value};

use crate::checkpoint::{ConfigFields, FolderError, read_small};
use crate::one_line::one_line;

/// No real `config.json` comes near this many bytes.
const LARGEST_FILE: u64 = 1 << 20;
/// The most parameters that a model may have: 16 GiB of f32.
const MOST_PARAMETERS: u64 = 1 << 32;

/// The activation between the two matrices of a feed-forward block.
///
/// Code that computes a model has to handle all of them, so the enum is exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HiddenAct {
    /// GELU by the error function, `x * Phi(x)`: `"gelu"`.
    GeluErf,
    /// GELU by the hyperbolic tangent: `"gelu_new"` or `"gelu_pytorch_tanh"`.
    GeluTanh,
}

/// The sizes of a BERT encoder, under the names that `config.json` gives them.
///
/// One that was opened or parsed is valid; for one built by hand, [`BertConfig::validate`] says.
#[derive(Clone, Debug, PartialEq)]
pub struct BertConfig {
    /// The width of an activation row.
    pub hidden_size: usize,
    /// The number of encoder layers.
    pub num_hidden_layers: usize,
    /// The number of attention heads; divides `hidden_size`.
    pub num_attention_heads: usize,
    /// The width between the two matrices of a feed-forward block.
    pub intermediate_size: usize,
    /// The number of rows of the word embedding.
    pub vocab_size: usize,
    /// The longest sequence, in tokens.
    pub max_position_embeddings: usize,
    /// The number of segment kinds; a single text uses the first.
    pub type_vocab_size: usize,
    /// What LayerNorm adds to the variance.
    pub layer_norm_eps: f64,
    /// The feed-forward activation.
    pub hidden_act: HiddenAct,
    /// The token id that fills a padded sequence.
    pub pad_token_id: u32,
}

impl BertConfig {
    /// BERT-base: 12 layers of 768, 12 heads, a feed-forward width of 3072. For benchmarks.
    pub fn base() -> Self {
        Self {
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            vocab_size: 30522,
            max_position_embeddings: 512,
            type_vocab_size: 2,
            layer_norm_eps: 1e-12,
            hidden_act: HiddenAct::GeluErf,
            pad_token_id: 0,
        }
    }

    /// BERT-large: 24 layers of 1024, 16 heads, a feed-forward width of 4096.
    pub fn large() -> Self {
        Self {
            hidden_size: 1024,
            num_hidden_layers: 24,
            num_attention_heads: 16,
            intermediate_size: 4096,
            ..Self::base()
        }
    }

    /// all-MiniLM-L6-v2: 6 layers of 384, 12 heads, a feed-forward width of 1536.
    pub fn minilm() -> Self {
        Self { hidden_size: 384, num_hidden_layers: 6, intermediate_size: 1536, ..Self::base() }
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, and as [`BertConfig::parse`].
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        Self::parse(&read_small(path, LARGEST_FILE)?, path)
    }

    /// Reads a configuration out of `json`; `path` is only for the error messages.
    ///
    /// Fields that older files leave out have the value that the `transformers` library gives them.
    ///
    /// # Errors
    ///
    /// [`FolderError::ConfigSyntax`], or [`FolderError::ConfigField`] for the first field that is
    /// missing, of another type, or not supported.
    pub fn parse(json: &[u8], path: &Path) -> Result<Self, FolderError> {
        let map: Map<String, Value> = serde_json::from_slice(json).map_err(|e| {
            FolderError::ConfigSyntax { path: path.to_owned(), reason: one_line(e) }
        })?;
        let fields = ConfigFields::new(&map, path);
        fields.must_be("model_type", &["bert"], None)?;
        fields.must_be("position_embedding_type", &["absolute"], Some("absolute"))?;
        // A decoder masks what comes later; its weights run as an encoder give wrong numbers.
        for field in ["is_decoder", "add_cross_attention"] {
            if !matches!(fields.get(field), None | Some(Value::Bool(false))) {
                return Err(fields.refuse(field, "false (an encoder)"));
            }
        }
        let config = Self {
            hidden_size: fields.size("hidden_size", None)?,
            num_hidden_layers: fields.size("num_hidden_layers", None)?,
            num_attention_heads: fields.size("num_attention_heads", None)?,
            intermediate_size: fields.size("intermediate_size", None)?,
            vocab_size: fields.size("vocab_size", None)?,
            max_position_embeddings: fields.size("max_position_embeddings", None)?,
            type_vocab_size: fields.size("type_vocab_size", Some(2))?,
            layer_norm_eps: fields.number("layer_norm_eps", 1e-12)?,
            hidden_act: hidden_act(&fields)?,
            pad_token_id: fields.token_id("pad_token_id")?,
        };
        config.validate(path)?;
        Ok(config)
    }

    /// Checks that the sizes are positive, within bounds, and fit each other; `path` is only for
    /// the error messages.
    ///
    /// # Errors
    ///
    /// [`FolderError::ConfigField`] for the first that does not.
    pub fn validate(&self, path: &Path) -> Result<(), FolderError> {
        let refuse = |field, found: String, accepted: String| {
            Err(FolderError::ConfigField { path: path.to_owned(), field, found, accepted })
        };
        let bounds = [
            ("hidden_size", self.hidden_size, 1 << 14),
            ("num_hidden_layers", self.num_hidden_layers, 1 << 10),
            ("num_attention_heads", self.num_attention_heads, 1 << 10),
            ("intermediate_size", self.intermediate_size, 1 << 17),
            ("vocab_size", self.vocab_size, 1 << 20),
            ("max_position_embeddings", self.max_position_embeddings, 1 << 16),
            ("type_vocab_size", self.type_vocab_size, 1 << 10),
        ];
        for (field, value, most) in bounds {
            if value < 1 || value > most {
                return refuse(field, value.to_string(), format!("1 to {most}"));
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let accepted = format!("a divisor of hidden_size, {}", self.hidden_size);
            return refuse("num_attention_heads", self.num_attention_heads.to_string(), accepted);
        }
        let eps = self.layer_norm_eps;
        if !(eps > 0.0 && eps <= 1.0) {
            return refuse("layer_norm_eps", eps.to_string(), "above 0, at most 1".to_owned());
        }
        if self.pad_token_id as usize >= self.vocab_size {
            let accepted =
                format!("0 to {} (vocab_size is {})", self.vocab_size - 1, self.vocab_size);
            return refuse("pad_token_id", self.pad_token_id.to_string(), accepted);
        }
        if self.parameters() > MOST_PARAMETERS {
            let found = format!("one of a model of {} parameters", self.parameters());
            return refuse("hidden_size", found, format!("a model of at most {MOST_PARAMETERS}"));
        }
        Ok(())
    }

    /// The width of one attention head.
    pub fn head_size(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }

    /// The number of weights of the embeddings and of all layers, without pooler and heads.
    pub fn parameters(&self) -> u64 {
        let [h, f] = [self.hidden_size as u64, self.intermediate_size as u64];
        let rows = self.vocab_size + self.max_position_embeddings + self.type_vocab_size;
        let layer = 4 * (h * h + h) + 2 * h * f + f + h + 4 * h;
        rows as u64 * h + 2 * h + self.num_hidden_layers as u64 * layer
    }
}

fn hidden_act(fields: &ConfigFields) -> Result<HiddenAct, FolderError> {
    let accepted = ["gelu", "gelu_new", "gelu_pytorch_tanh"];
    match fields.must_be("hidden_act", &accepted, Some("gelu"))? {
        "gelu" => Ok(HiddenAct::GeluErf),
        _ => Ok(HiddenAct::GeluTanh),
    }
}
