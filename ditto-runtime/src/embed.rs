//! Embeddings of texts by a BERT: the task of `ditto embed`.

use ditto_backends::rep3::AuditReport;
use ditto_core::{Backend, Report, Source};
use ditto_dsl::{InputError, Precision, ShareError, Tensor};
use ditto_models::bert::{Bert, BertConfig, BertInput, BertOptions};
use ditto_models::checkpoint::{LoadError, Weights};

use crate::{Answer, Run, RunError, ScopeObserver, Task};

/// Texts become vectors of length 1.
#[derive(Clone, Copy)]
pub struct Embed<'a> {
    /// The model's sizes.
    pub config: &'a BertConfig,
    /// The model's weights.
    pub weights: &'a Weights,
    /// What else a user chooses about the model.
    pub options: BertOptions,
}

/// A text as token ids, and the length that it is padded to.
#[derive(Clone, Debug)]
pub struct PaddedText {
    /// The ids of the real tokens.
    pub ids: Vec<u32>,
    /// The padded length, which is all that the parties learn.
    pub length: usize,
}

impl Task for Embed<'_> {
    const REQUEST: &'static str = "text";
    const ANSWER: &'static str = "embedding";
    type Request = PaddedText;
    type Model<B: Backend, P: Precision> = Bert<B, P>;
    type Input<B: Backend, P: Precision> = BertInput<B, P>;

    fn length(&self, text: &PaddedText) -> usize {
        text.length
    }

    fn sizes(&self) -> String {
        format!("{:?}", self.config)
    }

    fn options(&self) -> String {
        format!("{:?}", self.options)
    }

    fn load<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<Bert<B, P>, ShareError<B::Error, LoadError>> {
        Bert::share(source, self.config, self.weights, self.options, cx)
    }

    fn share<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        texts: &[&PaddedText],
        length: usize,
    ) -> Result<BertInput<B, P>, InputError> {
        let ids: Vec<&[u32]> = texts.iter().map(|text| text.ids.as_slice()).collect();
        BertInput::share(source, &ids, self.config.pad_token_id, length, self.config.vocab_size)
    }

    fn compute<B: Backend, P: Precision>(
        bert: &Bert<B, P>,
        input: &BertInput<B, P>,
        cx: &mut B,
    ) -> Result<Tensor<B, P::High>, B::Error> {
        bert.embed(input, cx)
    }
}

/// The embedding of one text, and the cost of its batch.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// The text's number among those of the run.
    pub text: usize,
    /// Of Euclidean length 1.
    pub values: Vec<f64>,
    /// How many texts were computed at the same time; what follows is for all of them together.
    pub batch: usize,
    /// Wall-clock time of the batch, without loading and sharing.
    pub seconds: f64,
    /// Rounds and bytes by scope, see [`Answer::report`].
    pub report: Report,
    /// What was tested, if the parties were to.
    pub audit: Option<AuditReport>,
}

impl From<Answer> for Embedding {
    fn from(answer: Answer) -> Self {
        let Answer { request: text, values, batch, seconds, report, audit } = answer;
        Self { text, values: values.into_iter().collect(), batch, seconds, report, audit }
    }
}

impl Run<Embed<'_>> {
    /// Embeds texts: [`Run::answer`] by another name.
    ///
    /// # Errors
    /// As [`Run::answer`].
    pub fn embed(
        &self,
        texts: &[PaddedText],
        progress: Option<ScopeObserver>,
        mut each: impl FnMut(Embedding) + Send,
    ) -> Result<(), RunError> {
        self.embed_each(texts, progress, &mut each)
    }

    /// Generic over nothing, so that all backends and precisions are compiled here and once.
    fn embed_each(
        &self,
        texts: &[PaddedText],
        progress: Option<ScopeObserver>,
        each: &mut (dyn FnMut(Embedding) + Send),
    ) -> Result<(), RunError> {
        self.answer_each(texts, progress, &mut |answer| each(answer.into()))
    }
}
