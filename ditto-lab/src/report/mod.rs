//! How results are shown: pages, pictures in them, JSON, and numbers in words.

pub mod html;
pub mod json;
pub mod svg;
pub(crate) mod table;
pub mod units;
