//! What other systems need for single operations.
//!
//! Measured on a 2-core machine, all parties on it, over loopback: SecretFlow SPU 0.9.5 (ABY3, three
//! parties, 64 bits, PUMA's GeLU and softmax), MP-SPDZ (replicated ring, three parties) and
//! CrypTen 0.4 (two parties and a dealer process, 64 bits). Time is that of one operation, bytes
//! are those of all parties. `tools/peers` repeats the first.

use serde::Serialize;

/// The figures of another system for one operation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Peer {
    /// The system, and which of its functions where it has several.
    pub system: &'static str,
    /// Wall-clock time.
    pub seconds: f64,
    /// Bytes sent by all parties.
    pub bytes: u64,
}

/// Milliseconds and megabytes, as they were reported.
const fn peer(system: &'static str, milliseconds: f64, megabytes: f64) -> Peer {
    Peer { system, seconds: milliseconds / 1e3, bytes: (megabytes * 1e6) as u64 }
}

/// Matrix product 128x768x768.
pub(super) const MATMUL_SQUARE: &[Peer] =
    &[peer("SPU", 229.0, 5.1), peer("MP-SPDZ", 600.0, 5.5), peer("CrypTen", 77.0, 11.8)];
/// Matrix product 128x768x3072.
pub(super) const MATMUL_UP: &[Peer] = &[peer("SPU", 555.0, 20.4), peer("CrypTen", 285.0, 42.7)];
/// Matrix product 128x3072x768.
pub(super) const MATMUL_DOWN: &[Peer] = &[peer("SPU", 808.0, 5.1)];
/// Twelve products 128x64x128.
pub(super) const HEADS: &[Peer] = &[peer("SPU", 511.0, 10.2)];
/// GeLU of 128x3072 for models as they come.
pub(super) const GELU: &[Peer] =
    &[peer("SPU, PUMA's", 2640.0, 362.0), peer("CrypTen, tanh", 1360.0, 429.0)];
/// The quadratic in place of GeLU, on 128x3072.
pub(super) const QUAD: &[Peer] = &[peer("SPU", 173.0, 42.0), peer("CrypTen", 52.0, 15.8)];
/// Softmax of 12x128 rows of 128.
pub(super) const SOFTMAX: &[Peer] =
    &[peer("SPU, PUMA's", 1210.0, 136.0), peer("CrypTen", 1730.0, 377.0)];
/// The maxima of 12x128 rows of 128.
pub(super) const MAXIMUM: &[Peer] = &[peer("SPU", 560.0, 34.0)];
/// LayerNorm of 128 rows of 768.
pub(super) const LAYER_NORM: &[Peer] = &[peer("SPU", 165.0, 15.6), peer("CrypTen", 125.0, 7.3)];
/// x < y for 393,216 values of 64 bits.
pub(super) const LESS_64: &[Peer] = &[peer("SPU", 725.0, 42.5), peer("MP-SPDZ", 460.0, 46.0)];
/// x < y for 393,216 values of fewer bits; MP-SPDZ's are of 31.
pub(super) const LESS_32: &[Peer] =
    &[peer("SPU, 64 bits", 725.0, 42.5), peer("MP-SPDZ, 31 bits", 370.0, 27.0)];
