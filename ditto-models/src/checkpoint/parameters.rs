//! Where a model gets its parameters from: a trait, so that a model can be built from shapes alone.

use std::collections::BTreeMap;
use std::path::Path;

use ditto_core::Lazy;
use ndarray::{ArrayD, IxDyn};

use super::folder_error::FolderError;
use super::header::missing;
use super::weights::Weights;

/// Parameters by name, in the shapes that a model gives them.
pub trait Parameters {
    /// The tensor of this name. Its values are computed when they are asked for.
    ///
    /// # Errors
    ///
    /// [`FolderError::MissingTensor`] when there is none.
    fn values(&self, name: &str) -> Result<Lazy<'_>, FolderError>;
}

impl Parameters for Weights {
    fn values(&self, name: &str) -> Result<Lazy<'_>, FolderError> {
        let tensor = self.tensor(name)?;
        Ok(Lazy::new(tensor.shape.as_slice(), || {
            let values = tensor.values.iter().map(|&v| f64::from(v)).collect();
            ArrayD::from_shape_vec(IxDyn(&tensor.shape), values)
                .expect("a tensor has as many values as its shape")
        }))
    }
}

/// Weights that are all 0 and take no memory until they are asked for: for those who need the shapes
/// alone.
#[derive(Clone, Debug)]
pub struct ZeroWeights {
    shapes: BTreeMap<String, Vec<usize>>,
}

impl ZeroWeights {
    /// Those of these names and shapes.
    pub fn new(shapes: Vec<(String, Vec<usize>)>) -> Self {
        Self { shapes: shapes.into_iter().collect() }
    }
}

impl Parameters for ZeroWeights {
    fn values(&self, name: &str) -> Result<Lazy<'_>, FolderError> {
        let shape = self.shapes.get(name);
        let shape = shape.ok_or_else(|| missing(name, Path::new("weights of 0")))?;
        Ok(Lazy::zeros(shape.as_slice()))
    }
}
