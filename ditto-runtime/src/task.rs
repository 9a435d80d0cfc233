//! What a run computes: a model, what is asked of it, and what comes out.

use ditto_core::{Backend, Source};
use ditto_dsl::{InputError, Precision, ShareError, Tensor};
use ditto_models::checkpoint::LoadError;

/// A model and the way it is used, on any backend and in any precision.
///
/// A [`Run`](crate::Run) moves shares between owners, nodes and clients, and knows nothing of what they
/// stand for: a task says that. It is given many requests one after another; those of the same length may
/// be computed together, as one tensor.
///
/// The smallest task, a vector times a public number:
///
/// ```
/// use ditto_core::{Backend, F, Source};
/// use ditto_dsl::{InputError, Precision, ShareError, Tensor};
/// use ditto_models::checkpoint::LoadError;
/// use ditto_net::NetworkProfile;
/// use ditto_runtime::{BackendChoice, PrecisionChoice, Run, Task};
/// use ndarray::Array2;
///
/// struct Halve;
///
/// impl Task for Halve {
///     const REQUEST: &'static str = "vector";
///     const ANSWER: &'static str = "half";
///     type Request = Vec<f64>;
///     type Model<B: Backend, P: Precision> = ();
///     type Input<B: Backend, P: Precision> = Tensor<B, P::High>;
///
///     fn length(&self, vector: &Vec<f64>) -> usize {
///         vector.len()
///     }
///
///     fn load<B: Backend, P: Precision>(
///         &self,
///         _: &mut impl Source<B>,
///         _: &mut B,
///     ) -> Result<(), ShareError<B::Error, LoadError>> {
///         Ok(())
///     }
///
///     fn share<B: Backend, P: Precision>(
///         &self,
///         source: &mut impl Source<B>,
///         vectors: &[&Vec<f64>],
///         length: usize,
///     ) -> Result<Self::Input<B, P>, InputError> {
///         let rows = Array2::from_shape_fn((vectors.len(), length), |(i, j)| vectors[i][j]);
///         Tensor::share(source, "vectors", &rows.into_dyn())
///     }
///
///     fn compute<B: Backend, P: Precision>(
///         _: &(),
///         input: &Self::Input<B, P>,
///         cx: &mut B,
///     ) -> Result<Tensor<B, P::High>, B::Error> {
///         input.times_public::<F<4>>(0.5).trunc(cx)
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let run = Run {
///     task: Halve,
///     backend: BackendChoice::Sim,
///     precision: PrecisionChoice::Ditto,
///     batch: 2,
///     net: NetworkProfile::LOCAL,
///     seed: Some(1),
/// };
/// let mut halves = Vec::new();
/// run.answer(&[vec![1.0, 3.0], vec![-2.0, 0.0]], None, |half| halves.push(half.values))?;
/// assert_eq!(halves[1].as_slice(), Some(&[-1.0, 0.0][..]));
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no task that can be run",
    label = "a run computes a `Task`",
    note = "`ditto_runtime::Embed` embeds texts; a task of your own says how its model and its inputs are shared and what is computed"
)]
pub trait Task: Sync {
    /// What messages call a request, in the singular: "text".
    const REQUEST: &'static str;
    /// What messages call the answer, in the singular: "embedding".
    const ANSWER: &'static str;
    /// What is asked, in the clear, as the client has it.
    type Request: Sync;
    /// One node's share of the model.
    type Model<B: Backend, P: Precision>: Send + Sync + 'static;
    /// One node's share of requests of the same length.
    type Input<B: Backend, P: Precision>: Send + 'static;

    /// The length of a request, padding included: all that nodes learn of it.
    fn length(&self, request: &Self::Request) -> usize;

    /// The model's sizes in words, which nodes compare before they compute as one.
    fn sizes(&self) -> String {
        String::new()
    }

    /// All else that a user has chosen about the model, in words, which nodes compare as well.
    fn options(&self) -> String {
        String::new()
    }

    /// Shares the model through its owner's `source`, and prepares it on `cx`.
    ///
    /// # Errors
    /// If the model is incomplete or does not fit its formats; those of the backend.
    fn load<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<Self::Model<B, P>, ShareError<B::Error, LoadError>>;

    /// Shares requests of the length `length` through the client's `source`.
    ///
    /// # Errors
    /// If one does not fit its format.
    fn share<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        requests: &[&Self::Request],
        length: usize,
    ) -> Result<Self::Input<B, P>, InputError>;

    /// The answers `[requests, ..]`.
    ///
    /// # Errors
    /// Those of the backend.
    fn compute<B: Backend, P: Precision>(
        model: &Self::Model<B, P>,
        input: &Self::Input<B, P>,
        cx: &mut B,
    ) -> Result<Tensor<B, P::High>, B::Error>;
}
