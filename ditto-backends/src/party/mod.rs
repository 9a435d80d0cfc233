//! What every sharing scheme stands on: a node with its links, keys and account; messages and components
//! of shares; threads, and errors.

pub(crate) mod arrays;
pub(crate) mod dither;
pub(crate) mod error;
pub mod greeting;
pub(crate) mod keys;
pub(crate) mod message;
pub(crate) mod node;
#[cfg(test)]
pub(crate) mod recorded_links;
pub(crate) mod shares;
pub(crate) mod sharing;
pub(crate) mod streams;
pub(crate) mod threads;
pub(crate) mod timed;
