//! Why the weights of a model cannot be shared.

use ditto_dsl::InputError;

use super::folder_error::FolderError;

/// A model that cannot be shared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A weight is missing.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A weight is outside of its format's range.
    #[error(
        "{0}; nothing was shared: choose a precision whose weights have fewer fractional bits, \
         or clip the weight"
    )]
    Weight(#[from] InputError),
}
