//! A tiny model folder of one's own, which a test may damage.

use std::path::{Path, PathBuf};

use ditto_models::checkpoint::WEIGHTS_FILE;
use ditto_models::fixtures;
use serde_json::Value;
use tempfile::TempDir;

/// A model folder with random weights; removed when dropped.
pub(crate) struct Model {
    dir: TempDir,
}

impl Model {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().expect("a temporary folder");
        fixtures::write_tiny(dir.path(), 7).expect("a written fixture");
        Self { dir }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).expect("a file of the fixture")
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.file(name), content).expect("a written file");
    }

    /// Rewrites one of the JSON files.
    pub(crate) fn edit(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut json = serde_json::from_slice(&self.read(name)).expect("JSON of the fixture");
        change(&mut json);
        self.write(name, json.to_string());
    }

    /// Rewrites the header of the weights.
    pub(crate) fn edit_header(&self, change: impl FnOnce(&mut Value)) {
        let (mut header, data) = self.weights();
        change(&mut header);
        self.write_weights(&header, &data);
    }

    /// Sets elements of a tensor, counted in row-major order, to a value.
    pub(crate) fn set(&self, tensor: &str, elements: std::ops::Range<usize>, value: f32) {
        let (header, mut data) = self.weights();
        let start =
            header[tensor]["data_offsets"][0].as_u64().expect("a tensor of the fixture") as usize;
        for element in elements {
            let at = start + 4 * element;
            data[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        self.write_weights(&header, &data);
    }

    fn weights(&self) -> (Value, Vec<u8>) {
        let file = self.read(WEIGHTS_FILE);
        let (length, rest) = file.split_at(8);
        let length = u64::from_le_bytes(length.try_into().expect("8 bytes")) as usize;
        let header = serde_json::from_slice(&rest[..length]).expect("a header");
        (header, rest[length..].to_vec())
    }

    fn write_weights(&self, header: &Value, data: &[u8]) {
        let header = header.to_string();
        let length = (header.len() as u64).to_le_bytes();
        self.write(WEIGHTS_FILE, [&length, header.as_bytes(), data].concat());
    }
}
