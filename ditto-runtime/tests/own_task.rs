//! A task of a user's own, one linear layer on a vector, runs on every backend and in every precision by the
//! code that embeds texts.

use ditto_core::{Backend, Source};
use ditto_dsl::layers::Linear;
use ditto_dsl::{InputError, Precision, ShareError, Tensor};
use ditto_models::checkpoint::LoadError;
use ditto_net::NetworkProfile;
use ditto_runtime::{BackendChoice, PrecisionChoice, Run, Task, Transport};
use ndarray::{Array2, ArrayD, array};

/// y = x · W + b.
struct Affine {
    weight: ArrayD<f64>,
    bias: ArrayD<f64>,
}

impl Task for Affine {
    const REQUEST: &'static str = "vector";
    const ANSWER: &'static str = "value";
    type Request = Vec<f64>;
    type Model<B: Backend, P: Precision> = Linear<B, P::Act, P::Weight>;
    type Input<B: Backend, P: Precision> = Tensor<B, P::Act>;

    fn length(&self, vector: &Vec<f64>) -> usize {
        vector.len()
    }

    fn load<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<Self::Model<B, P>, ShareError<B::Error, LoadError>> {
        Linear::share(source, "affine", &self.weight, &self.bias, cx)
            .map_err(|error| error.map_input(LoadError::Weight))
    }

    fn share<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        vectors: &[&Vec<f64>],
        length: usize,
    ) -> Result<Self::Input<B, P>, InputError> {
        let rows = Array2::from_shape_fn((vectors.len(), length), |(i, j)| vectors[i][j]);
        Tensor::share(source, "vectors", &rows.into_dyn())
    }

    fn compute<B: Backend, P: Precision>(
        layer: &Self::Model<B, P>,
        vectors: &Self::Input<B, P>,
        cx: &mut B,
    ) -> Result<Tensor<B, P::High>, B::Error> {
        let product = layer.product(vectors, cx)?;
        P::linear_to_high(product, cx)
    }
}

#[test]
fn a_task_of_ones_own_runs_everywhere() {
    let vectors = [vec![1.0, 2.0, -0.5], vec![0.0, 0.25, 4.0], vec![-3.0, 0.0, 1.0]];
    // By hand, for the weight and the bias below.
    let expected_values = [[0.75, 3.0], [4.25, -4.25], [-1.75, -4.5]];
    let backends = [
        BackendChoice::Plain { as_written: false },
        BackendChoice::Plain { as_written: true },
        BackendChoice::Sim,
        BackendChoice::Rep3(Transport::Memory),
        BackendChoice::Rep3(Transport::Tcp),
        BackendChoice::Rep3Audited(Transport::Memory),
        BackendChoice::Additive,
    ];
    for backend in backends {
        for precision in [PrecisionChoice::Ditto, PrecisionChoice::Fine, PrecisionChoice::Puma] {
            let run = Run {
                task: Affine {
                    weight: array![[1.0, 1.0], [0.0, 1.0], [1.0, -1.0]].into_dyn(),
                    bias: array![0.25, -0.5].into_dyn(),
                },
                backend,
                precision,
                batch: 2,
                net: NetworkProfile::LOCAL,
                seed: None,
            };
            let mut answers = Vec::new();
            run.answer(&vectors, None, |answer| answers.push((answer.request, answer.values)))
                .expect("a run");
            answers.sort_by_key(|(request, _)| *request);
            assert_eq!(answers.len(), vectors.len(), "{backend:?}");
            for ((_, found), expected) in answers.iter().zip(expected_values) {
                for (found, expected) in found.iter().zip(expected) {
                    let error = (found - expected).abs();
                    assert!(error < 0.02, "{backend:?}, {precision:?}: {found} for {expected}");
                }
            }
        }
    }
}
