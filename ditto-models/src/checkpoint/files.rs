//! The files of a model folder: whether they are there, and reading the small ones whole, up to a limit.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::folder_error::FolderError;
use crate::one_line::one_line;

/// Checks that `folder` is a directory and that it has every one of `names`.
pub(crate) fn check_present(folder: &Path, names: &[&str]) -> Result<(), FolderError> {
    if !folder.is_dir() {
        return Err(FolderError::NoFolder { path: folder.to_owned() });
    }
    // All that are missing at once: a user should not have to find them out one by one.
    let missing: Vec<&str> = names.iter().copied().filter(|n| !folder.join(n).exists()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(FolderError::MissingFile { folder: folder.to_owned(), missing: missing.join(", ") })
}

/// Opens the regular file at `path`, and says how many bytes it has.
///
/// A directory opens on some systems and only fails when it is read, and a pipe would wait
/// forever, so both are refused here, before they are opened.
pub(super) fn open_file(path: &Path) -> Result<(File, u64), FolderError> {
    let about = std::fs::metadata(path).map_err(|e| unreadable(path, e))?;
    if !about.is_file() {
        return Err(unreadable(path, "not a regular file"));
    }
    let file = File::open(path).map_err(|e| unreadable(path, e))?;
    Ok((file, about.len()))
}

/// The whole of the file at `path`, which may have at most `limit` bytes.
pub(crate) fn read_small(path: &Path, limit: u64) -> Result<Vec<u8>, FolderError> {
    let (file, bytes) = open_file(path)?;
    if bytes > limit {
        return Err(FolderError::FileTooLarge { path: path.to_owned(), bytes, limit });
    }
    let mut content = Vec::new();
    // `take`: the file may have grown since its length was asked.
    file.take(limit).read_to_end(&mut content).map_err(|e| unreadable(path, e))?;
    Ok(content)
}

/// The error for a file that the operating system would not let us read.
pub(super) fn unreadable(path: &Path, reason: impl std::fmt::Display) -> FolderError {
    FolderError::Unreadable { path: path.to_owned(), reason: one_line(reason) }
}
