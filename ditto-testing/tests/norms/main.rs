//! Norms, and the reciprocals that they divide by, on every backend, under every precision policy: one file
//! a layer states what is tested. See [`ditto_testing`].

mod layer_norm;
mod reciprocal;
mod reciprocal_sqrt;
mod rms_norm;
