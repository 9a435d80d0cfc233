//! The layers of a Transformer, one a file, each written once for every backend and precision.

pub mod attention;
pub mod clamp;
pub mod embedding;
pub mod gelu;
#[cfg(test)]
mod gradients;
mod inverse_power;
pub mod layer_norm;
pub mod linear;
pub mod maximum;
pub mod pooling;
pub mod reciprocal;
pub mod reciprocal_sqrt;
pub mod rms_norm;
pub mod silu;
pub mod softmax;
pub mod swiglu;

pub use attention::Attention;
pub use clamp::{Clamped, clamp};
pub use embedding::Embedding;
pub use gelu::Gelu;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use maximum::Maximum;
pub use rms_norm::RmsNorm;
pub use silu::silu;
pub use swiglu::SwiGlu;
