//! Every layer on every backend, under every precision policy.
//!
//! [`ditto_testing`] runs one layer, written once, on `Plain` (the true functions, and the approximations
//! as written), on `Sim`, on `Rep3` and on `Additive`, and compares values and costs. One file a layer
//! states what is tested; [`onnx`] feeds the layers with operator vectors that were published by others.

mod attention;
mod clamp;
mod comparisons;
mod embedding;
mod gelu;
mod harness_itself;
mod layer_norm;
mod linear;
mod maximum;
mod onnx;
mod planted;
mod policy;
mod pooling;
mod reciprocal;
mod reciprocal_sqrt;
mod rms_norm;
mod same_everywhere;
mod silu;
mod softmax;
mod swiglu;
