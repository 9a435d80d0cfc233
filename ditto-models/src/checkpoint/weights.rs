//! `model.safetensors`: every tensor that the model asks for, checked for its name, type,
//! shape and for finite values.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::files::{open_file, unreadable};
use super::folder_error::FolderError;
use super::header::{check, find, missing, read_header};
use super::random_weights::fill;

/// One tensor of the model, in the clear.
#[derive(Clone, Debug, PartialEq)]
pub struct F32Tensor {
    /// Its sizes, outermost first: `[out, in]`, `[rows, hidden]` or `[width]`.
    pub shape: Vec<usize>,
    /// Its elements in row-major order; as many as the product of `shape`, all finite.
    pub values: Vec<f32>,
}

/// All tensors of a model, by name and without a leading `bert.`.
///
/// Held in memory as f32, 4 bytes a parameter; [`Weights::take`] gives memory back as the model
/// is built.
#[derive(Debug)]
pub struct Weights {
    tensors: BTreeMap<String, F32Tensor>,
    /// Where they come from, for the error messages.
    origin: PathBuf,
}

impl Weights {
    /// Reads the tensors of the names and shapes that are `needed` from the safetensors file at `path`.
    ///
    /// Names may have a leading `bert.`, and a LayerNorm may call its weight and bias `gamma` and
    /// `beta`, as the oldest checkpoints do. Tensors that inference does not need are not read.
    ///
    /// # Errors
    ///
    /// [`FolderError::Unreadable`], [`FolderError::Damaged`], [`FolderError::MissingTensor`],
    /// [`FolderError::TensorType`], [`FolderError::TensorShape`] or [`FolderError::NonFinite`].
    pub fn open(path: &Path, needed: Vec<(String, Vec<usize>)>) -> Result<Self, FolderError> {
        let (mut file, file_bytes) = open_file(path)?;
        let (header, data_start) = read_header(&mut file, file_bytes, path)?;
        // A file has the prefix on all of its names or on none: the first one tells.
        let prefix = match needed.first() {
            Some((name, _)) if header.info(&format!("bert.{name}")).is_some() => "bert.",
            _ => "",
        };
        // First all names, types and shapes, then the values: a wrong file is refused at once.
        let mut found = Vec::with_capacity(needed.len());
        for (name, shape) in needed {
            let info = find(&header, prefix, &name, path)?;
            check(info, &name, &shape, path)?;
            found.push((name, shape, info.data_offsets));
        }
        let mut tensors = BTreeMap::new();
        for (name, shape, (start, end)) in found {
            file.seek(SeekFrom::Start(data_start + start as u64))
                .map_err(|e| unreadable(path, e))?;
            // The header was checked against the file's length, so this is no larger than the file.
            let mut bytes = vec![0; end - start];
            file.read_exact(&mut bytes).map_err(|e| unreadable(path, e))?;
            let (words, _) = bytes.as_chunks::<4>();
            let values: Vec<f32> = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
            if let Some(index) = values.iter().position(|value| !value.is_finite()) {
                let value = values[index];
                return Err(FolderError::NonFinite { path: path.to_owned(), name, index, value });
            }
            tensors.insert(name, F32Tensor { shape, values });
        }
        Ok(Self { tensors, origin: path.to_owned() })
    }

    /// Random weights of these names and shapes, for tests and benchmarks: matrices and embeddings about
    /// normal with deviation 0.02, LayerNorm weights 1, biases 0. The same seed gives the same
    /// weights on every machine.
    ///
    /// The model's sizes should be valid: they decide how much memory this takes.
    pub fn random(shapes: Vec<(String, Vec<usize>)>, seed: u64) -> Self {
        let mut tensors = BTreeMap::new();
        for (stream, (name, shape)) in shapes.into_iter().enumerate() {
            let count = shape.iter().product();
            let values = if shape.len() > 1 {
                fill(count, seed, stream as u64)
            } else if name.ends_with(".weight") {
                vec![1.0; count]
            } else {
                vec![0.0; count]
            };
            tensors.insert(name, F32Tensor { shape, values });
        }
        Self { tensors, origin: PathBuf::from("random weights") }
    }

    /// The tensor of this name, as the model writes it.
    ///
    /// # Errors
    ///
    /// [`FolderError::MissingTensor`] when the name is not one of the model, or was taken already.
    pub fn tensor(&self, name: &str) -> Result<&F32Tensor, FolderError> {
        self.tensors.get(name).ok_or_else(|| missing(name, &self.origin))
    }

    /// Takes the tensor of this name out, and with it the memory that it uses here.
    ///
    /// # Errors
    ///
    /// As [`Weights::tensor`].
    pub fn take(&mut self, name: &str) -> Result<F32Tensor, FolderError> {
        self.tensors.remove(name).ok_or_else(|| missing(name, &self.origin))
    }

    /// Every tensor that is still here, with its name, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &F32Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }
}
