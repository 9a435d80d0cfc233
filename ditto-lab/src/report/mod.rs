//! How results are shown: pages, pictures in them, and numbers in words.

pub mod html;
pub mod svg;
pub(crate) mod table;
pub mod units;
