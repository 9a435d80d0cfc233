//! The fields of `config.json`, each with an error that names it, what stands there and what is accepted.

use std::path::Path;

use serde_json::{Map, Value};

use super::folder_error::FolderError;
use crate::one_line::one_line;

/// The fields of the file, read one at a time so that an error can name its own.
pub(crate) struct ConfigFields<'a> {
    map: &'a Map<String, Value>,
    path: &'a Path,
}

impl<'a> ConfigFields<'a> {
    /// The fields of `map`; `path` is for the error messages.
    pub(crate) fn new(map: &'a Map<String, Value>, path: &'a Path) -> Self {
        Self { map, path }
    }

    /// The field's value; `null` counts as left out, as it does in `transformers`.
    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        self.map.get(field).filter(|value| !value.is_null())
    }

    /// The error that `field` is not what is `accepted`.
    pub(crate) fn refuse(&self, field: &'static str, accepted: &str) -> FolderError {
        let found = self.get(field).map_or("missing".to_owned(), one_line);
        let accepted = accepted.to_owned();
        FolderError::ConfigField { path: self.path.to_owned(), field, found, accepted }
    }

    /// A whole number; its bounds are checked later, with those of the others.
    pub(crate) fn size(
        &self,
        field: &'static str,
        default: Option<usize>,
    ) -> Result<usize, FolderError> {
        let value = match self.get(field) {
            None => default,
            Some(value) => value.as_u64().and_then(|n| usize::try_from(n).ok()),
        };
        value.ok_or_else(|| self.refuse(field, "a positive whole number"))
    }

    /// A number.
    pub(crate) fn number(&self, field: &'static str, default: f64) -> Result<f64, FolderError> {
        let value = self.get(field).map_or(Some(default), Value::as_f64);
        value.ok_or_else(|| self.refuse(field, "a number"))
    }

    /// A token id, 0 when left out.
    pub(crate) fn token_id(&self, field: &'static str) -> Result<u32, FolderError> {
        let value = self.get(field).map_or(Some(0), Value::as_u64);
        let id = value.and_then(|n| u32::try_from(n).ok());
        id.ok_or_else(|| self.refuse(field, "a token id"))
    }

    /// A word out of `accepted`; gives the word.
    pub(crate) fn must_be<'w>(
        &self,
        field: &'static str,
        accepted: &[&'w str],
        default: Option<&'w str>,
    ) -> Result<&'w str, FolderError> {
        let value = match self.get(field) {
            None => default,
            Some(value) => accepted.iter().copied().find(|word| value.as_str() == Some(word)),
        };
        value.ok_or_else(|| {
            let words: Vec<String> = accepted.iter().map(|word| format!("{word:?}")).collect();
            self.refuse(field, &words.join(" or "))
        })
    }
}
