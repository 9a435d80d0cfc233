//! The header of a safetensors file: read on its own, checked against the file's length, and
//! asked for the tensors of a model.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::files::unreadable;
use super::folder_error::FolderError;
use crate::one_line::one_line;

/// The bytes in front of the header, which hold its length.
const LENGTH_BYTES: u64 = 8;
/// The longest header that the safetensors format allows, in bytes.
const LONGEST_HEADER: u64 = 100_000_000;

/// The header of a safetensors file, and where the data behind it begins.
///
/// Read on its own, so that the data can be read a tensor at a time: the crate's own reader wants
/// the whole file in memory. Parsing checks that the tensors lie one behind the other without
/// gaps; that they end where the file ends is checked here.
pub(super) fn read_header(
    file: &mut File,
    file_bytes: u64,
    path: &Path,
) -> Result<(Metadata, u64), FolderError> {
    let damaged = |reason: String| FolderError::Damaged { path: path.to_owned(), reason };
    if file_bytes < LENGTH_BYTES {
        return Err(damaged(format!("{file_bytes} bytes are too few for a header")));
    }
    let mut length = [0; LENGTH_BYTES as usize];
    file.read_exact(&mut length).map_err(|e| unreadable(path, e))?;
    if &length == b"version " {
        return Err(damaged(
            "a git-lfs pointer stands in its place, see `git lfs pull`".to_owned(),
        ));
    }
    let length = u64::from_le_bytes(length);
    let available = (file_bytes - LENGTH_BYTES).min(LONGEST_HEADER);
    if length > available {
        return Err(damaged(format!("a header of {length} bytes in a file of {file_bytes}")));
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header).map_err(|e| unreadable(path, e))?;
    let header: Metadata =
        serde_json::from_slice(&header).map_err(|e| damaged(format!("header: {}", one_line(e))))?;
    let data_start = LENGTH_BYTES + length;
    let (has, wants) = (file_bytes - data_start, header.data_len() as u64);
    if has != wants {
        return Err(damaged(format!("{has} bytes of data, but the header describes {wants}")));
    }
    Ok((header, data_start))
}

/// The entry of the tensor that a model calls `name`.
pub(super) fn find<'h>(
    header: &'h Metadata,
    prefix: &str,
    name: &str,
    path: &Path,
) -> Result<&'h TensorInfo, FolderError> {
    let old = name
        .strip_suffix("LayerNorm.weight")
        .map(|stem| format!("{prefix}{stem}LayerNorm.gamma"))
        .or_else(|| {
            name.strip_suffix("LayerNorm.bias").map(|stem| format!("{prefix}{stem}LayerNorm.beta"))
        });
    header
        .info(&format!("{prefix}{name}"))
        .or_else(|| old.and_then(|old| header.info(&old)))
        .ok_or_else(|| missing(name, path))
}

/// Checks a tensor's type and shape.
pub(super) fn check(
    info: &TensorInfo,
    name: &str,
    shape: &[usize],
    path: &Path,
) -> Result<(), FolderError> {
    let (path, name) = (path.to_owned(), name.to_owned());
    if info.dtype != Dtype::F32 {
        return Err(FolderError::TensorType { path, name, found: info.dtype.to_string() });
    }
    if info.shape != shape {
        // A hostile header may give a shape thousands of sizes; the first ones say enough.
        let found = info.shape.iter().copied().take(8).collect();
        return Err(FolderError::TensorShape { path, name, found, needed: shape.to_owned() });
    }
    Ok(())
}

/// The error that there is no tensor of this name.
pub(super) fn missing(name: &str, path: &Path) -> FolderError {
    FolderError::MissingTensor { path: path.to_owned(), name: name.to_owned() }
}
