//! From the weights of a model folder to a shared [`Bert`].

use ditto_core::{Backend, Format, Lazy, Source, Values};
use ditto_dsl::layers::attention::Affine;
use ditto_dsl::layers::{Attention, Embedding, Gelu, LayerNorm, Linear, Maximum};
use ditto_dsl::{Precision, ShareError};
use ndarray::Axis;

use super::encoder_layer::EncoderLayer;
use super::tensor_names::{self, bias, weight};
use super::{Bert, BertConfig, HiddenAct};
use crate::checkpoint::{LoadError, Parameters};

/// What a user chooses about a model, beside its precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BertOptions {
    /// The form of GeLU; `Poly` becomes `PolyTanh` for models whose GeLU is the tanh form.
    pub gelu: Gelu,
    /// What the softmax takes for its rows' maxima.
    pub maximum: Maximum,
}

impl<B: Backend, P: Precision> Bert<B, P> {
    /// Shares the weights of a model through its owner's `source`, and prepares them on `cx`. A source
    /// that needs no more than shapes leaves the values alone.
    ///
    /// # Errors
    /// If a weight is missing, or outside the range of its format. Those of the backend.
    pub fn share(
        source: &mut impl Source<B>,
        config: &BertConfig,
        weights: &impl Parameters,
        options: BertOptions,
        cx: &mut B,
    ) -> Result<Self, ShareError<B::Error, LoadError>> {
        let mut loader = Loader { source, weights, epsilon: config.layer_norm_eps };
        let words = loader.tensor(&weight(tensor_names::WORDS))?;
        let positions = loader.tensor(&weight(tensor_names::POSITIONS))?;
        // A single text is all of the first kind of segment.
        let segments = loader.tensor(&weight(tensor_names::SEGMENTS))?;
        let positions = Lazy::new(positions.shape(), || {
            let mut sum = positions.array().into_owned();
            sum += &segments.array().index_axis(Axis(0), 0);
            sum
        });
        let name = tensor_names::EMBEDDINGS;
        let embedding = Embedding::share(loader.source, name, &words, &positions, cx);
        let embedding = embedding.map_err(of_a_weight)?;
        let norm = loader.layer_norm(tensor_names::EMBEDDINGS_NORM)?;
        let gelu = match (options.gelu, config.hidden_act) {
            (Gelu::Poly, HiddenAct::GeluTanh) => Gelu::PolyTanh,
            (gelu, _) => gelu,
        };
        let mut layer = |i: usize| -> Result<EncoderLayer<B, P>, ShareError<B::Error, LoadError>> {
            let names = tensor_names::LayerNames::new(i);
            let projections = [
                loader.affine(&names.query)?,
                loader.affine(&names.key)?,
                loader.affine(&names.value)?,
                loader.affine(&names.attention_output)?,
            ];
            let heads = config.num_attention_heads;
            let attention =
                Attention::share(loader.source, &names.attention, heads, projections, cx);
            Ok(EncoderLayer {
                attention: attention.map_err(of_a_weight)?.with_maximum(options.maximum),
                attention_norm: loader.layer_norm(&names.attention_norm)?,
                intermediate: loader.linear(&names.intermediate, cx)?,
                gelu,
                output: loader.linear(&names.output, cx)?,
                output_norm: loader.layer_norm(&names.output_norm)?,
            })
        };
        let layers = (0..config.num_hidden_layers).map(&mut layer).collect::<Result<_, _>>()?;
        Ok(Self { embedding, norm, layers })
    }
}

/// The error of a layer as one of the model.
fn of_a_weight<E>(error: ShareError<E>) -> ShareError<E, LoadError> {
    error.map_input(LoadError::Weight)
}

struct Loader<'a, S, W> {
    source: &'a mut S,
    weights: &'a W,
    epsilon: f64,
}

impl<'a, S, W: Parameters> Loader<'a, S, W> {
    fn tensor(&self, name: &str) -> Result<Lazy<'a>, LoadError> {
        Ok(self.weights.values(name)?)
    }

    /// A weight, stored as `[outputs, inputs]`, as `[inputs, outputs]`, and its bias.
    fn affine(&self, name: &str) -> Result<Affine<Lazy<'a>>, LoadError> {
        let weight = self.tensor(&weight(name))?;
        let shape: Vec<usize> = weight.shape().iter().rev().copied().collect();
        let transposed = move || weight.array().t().as_standard_layout().into_owned();
        Ok(Affine { weight: Lazy::new(shape, transposed), bias: self.tensor(&bias(name))? })
    }

    fn linear<B: Backend, A: Format, V: Format<Ring = A::Ring>>(
        &mut self,
        name: &str,
        cx: &mut B,
    ) -> Result<Linear<B, A, V>, ShareError<B::Error, LoadError>>
    where
        S: Source<B>,
    {
        let Affine { weight, bias } = self.affine(name)?;
        Linear::share(self.source, name, &weight, &bias, cx).map_err(of_a_weight)
    }

    fn layer_norm<B: Backend, Q: Format>(
        &mut self,
        name: &str,
    ) -> Result<LayerNorm<B, Q>, LoadError>
    where
        S: Source<B>,
    {
        let gamma = self.tensor(&weight(name))?;
        let beta = self.tensor(&bias(name))?;
        Ok(LayerNorm::share(self.source, name, &gamma, &beta, self.epsilon)?)
    }
}
