//! The harness itself: what it finds in layers that are wrong, and how it says so.

mod itself;
mod planted;
