//! What every command does first: read the texts, open the model, cut texts into tokens.

use std::io;
use std::path::PathBuf;

use anyhow::Result;
use ditto_models::bert::{BertFolder, BertOptions};
use ditto_models::checkpoint::default_folder;
use ditto_models::tokenizer::{padded_len, read_texts};
use ditto_runtime::{BackendChoice, Embed, Embedding, PaddedText, Run};

use crate::args::CommonArgs;
use crate::progress::Bar;

/// Texts ready for a run, and the model.
pub(crate) struct EmbedJob {
    pub(crate) folder: BertFolder,
    pub(crate) texts: Vec<String>,
    pub(crate) padded: Vec<PaddedText>,
}

impl EmbedJob {
    /// Reads and checks everything that a user gave, before anything is computed.
    pub(crate) fn new(args: &CommonArgs) -> Result<Self> {
        let texts = match args.texts.as_slice() {
            [] => read_texts(io::stdin().lock())?,
            texts => texts.to_vec(),
        };
        Self::open(args.model.clone().unwrap_or_else(default_folder), texts, args.pad)
    }

    /// Opens the model and cuts the texts into tokens.
    pub(crate) fn open(folder: PathBuf, texts: Vec<String>, pad_to: Option<usize>) -> Result<Self> {
        let folder = BertFolder::open(folder)?;
        let pad = |text: &String| -> Result<PaddedText> {
            let ids = folder.tokenizer.encode(text)?;
            let length = padded_len(ids.len(), pad_to, folder.config.max_position_embeddings)?;
            Ok(PaddedText { ids, length })
        };
        let padded = texts
            .iter()
            .enumerate()
            .map(|(i, text)| pad(text).map_err(|e| e.context(format!("text {}", i + 1))))
            .collect::<Result<_>>()?;
        Ok(Self { folder, texts, padded })
    }

    /// Embeds all texts on one backend, with a progress bar on a terminal.
    pub(crate) fn embed(
        &self,
        args: &CommonArgs,
        backend: BackendChoice,
    ) -> Result<Vec<Embedding>> {
        let run = Run {
            task: Embed {
                config: &self.folder.config,
                weights: &self.folder.weights,
                options: BertOptions { gelu: args.gelu.into(), maximum: args.maximum.into() },
            },
            backend,
            precision: args.precision.into(),
            batch: args.batch.get(),
            net: args.net,
            seed: args.seed,
        };
        let layers = self.folder.config.num_hidden_layers;
        let bar = Bar::new(backend, self.texts.len(), layers + 2);
        let mut embeddings = Vec::with_capacity(self.texts.len());
        run.embed(&self.padded, bar.observer(), |embedding| embeddings.push(embedding))?;
        bar.finish();
        embeddings.sort_by_key(|embedding| embedding.text);
        Ok(embeddings)
    }
}

/// The name of a backend, as commands print it.
pub(crate) fn backend_name(backend: BackendChoice) -> &'static str {
    match backend {
        BackendChoice::Plain { as_written: false } => "plain",
        BackendChoice::Plain { as_written: true } => "plain as written",
        BackendChoice::Sim => "sim",
        BackendChoice::Rep3(_) | BackendChoice::Rep3Audited(_) => "rep3",
        BackendChoice::Additive => "additive",
    }
}
