//! What the tensors of a BERT are called: the names of the `transformers` library, without the leading
//! `bert.`.
//!
//! A name here is that of a part, which has a tensor `.weight` and, unless it is an embedding table, a
//! tensor `.bias`: see [`weight`] and [`bias`].

/// The embeddings as a whole, for messages.
pub const EMBEDDINGS: &str = "embeddings";
/// A row for each word.
pub const WORDS: &str = "embeddings.word_embeddings";
/// A row for each position.
pub const POSITIONS: &str = "embeddings.position_embeddings";
/// A row for each kind of segment.
pub const SEGMENTS: &str = "embeddings.token_type_embeddings";
/// The normalisation of embeddings.
pub const EMBEDDINGS_NORM: &str = "embeddings.LayerNorm";

/// The name of a part's weight.
pub fn weight(part: &str) -> String {
    format!("{part}.weight")
}

/// The name of a part's bias.
pub fn bias(part: &str) -> String {
    format!("{part}.bias")
}

/// The parts of an encoder layer.
#[derive(Clone, Debug)]
pub struct LayerNames {
    /// The attention as a whole, for messages.
    pub attention: String,
    /// The projection to queries.
    pub query: String,
    /// The projection to keys.
    pub key: String,
    /// The projection to values.
    pub value: String,
    /// The projection of what the heads give.
    pub attention_output: String,
    /// The normalisation after attention.
    pub attention_norm: String,
    /// The first matrix of the feed-forward block.
    pub intermediate: String,
    /// The second.
    pub output: String,
    /// The normalisation after the feed-forward block.
    pub output_norm: String,
}

impl LayerNames {
    /// Those of the layer of this number, from 0 on.
    pub fn new(number: usize) -> Self {
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        Self {
            attention: name("attention"),
            query: name("attention.self.query"),
            key: name("attention.self.key"),
            value: name("attention.self.value"),
            attention_output: name("attention.output.dense"),
            attention_norm: name("attention.output.LayerNorm"),
            intermediate: name("intermediate.dense"),
            output: name("output.dense"),
            output_norm: name("output.LayerNorm"),
        }
    }
}
