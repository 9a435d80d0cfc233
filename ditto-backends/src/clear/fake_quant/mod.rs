//! Fake quantization: f64 arithmetic whose values are rounded as fixed-point formats round, in formats
//! that are chosen at run time.
//!
//! Formats are types, so a model that is compiled for some of them cannot be run in others. Here each
//! value is an f64 that is rounded where a format begins, with the noise that the protocols make, and
//! [`Formats`] can put another format in the place of the one that the types say, layer by layer. So a
//! search can try formats without compiling anything. With the formats that are written the results are
//! those of [`Sim`](crate::Sim), except for which way the coins fall.
//!
//! - A value belongs to the layer in which it is rounded. What an owner shares, and what is narrowed
//!   outside of a layer, is rounded by the layer that multiplies, compares or converts it first. (Local
//!   arithmetic before that rounds it as written: it knows no layer.)
//! - Scales follow the values: a product has the scales of both factors, a sum the finer one, and a
//!   scale-down drops as many bits as lead to the format of its result. Bytes and rounds are counted for
//!   these, with the cost functions of `Rep3`, so they are exact for the substituted formats.
//! - Where a layer in `Z32` meets one in `Z64`, a value is narrowed or widened, which is counted too.
//! - A value that leaves its format's range is an [`OutOfRange`].
//! - Public constants keep the scale that is written, unless it is that of the value they multiply. A
//!   layer that derives constants from its format, as reciprocals do, derives them from the
//!   one that is written: their error in a coarser format is an upper estimate, and in a narrower ring
//!   they leave its range.
//!
//! It protects nothing.

mod account;
mod backend;
mod formats;
mod local;
mod operations;
mod rounding;
#[cfg(test)]
mod tests;
mod value;

use ditto_core::fixed::OutOfFormat;
use ditto_core::prg::{Key, Prg, Stream};
use ditto_core::{Ring, Source};
use ndarray::ArrayD;

use account::Account;

pub use account::{LayerNote, SiteNote};
pub use formats::{FormatValue, Formats, Site, SiteKind};
pub use value::{FakeProduct, FakeShare};

/// A value left the range of its format, or a format does not suit an operation.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "{path}: {operation}: {value:.6} is outside the range of {format}, which is below {bound} in \
     magnitude; choose a format with fewer fractional bits or a wider ring there"
)]
pub struct OutOfRange {
    /// The scopes that were open, or "top level".
    pub path: String,
    /// The layer, as [`Formats`] divides the scopes.
    pub layer: String,
    /// What was being computed.
    pub operation: &'static str,
    /// The value furthest outside, in real units.
    pub value: f64,
    /// Values have to be smaller than this in magnitude.
    pub bound: f64,
    /// The format.
    pub format: FormatValue,
}

/// Fake quantization in formats that are chosen at run time.
pub struct FakeQuant {
    formats: Formats,
    noise: Stream,
    account: Account,
}

impl FakeQuant {
    /// A run in `formats`, whose rounding noise is drawn from `seed`.
    pub fn new(formats: Formats, seed: u64) -> Self {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let noise = Prg::new(&Key::new(key), 0).stream(0, 0);
        Self { formats, noise, account: Account::default() }
    }

    /// What was noted of each layer, in the order in which they first computed something.
    pub fn layers(&self) -> &[LayerNote] {
        self.account.layers()
    }

    /// The numbers of a tensor.
    pub fn values(x: &FakeShare) -> &ArrayD<f64> {
        &x.values
    }
}

/// Takes values as they are: they are rounded where they are first used.
#[derive(Clone, Copy, Debug, Default)]
pub struct FakeSource;

#[diagnostic::do_not_recommend]
impl Source<FakeQuant> for FakeSource {
    fn share<R: Ring>(
        &mut self,
        values: &ArrayD<f64>,
        frac: u32,
    ) -> Result<FakeShare, OutOfFormat> {
        // As the formats are written, they have to hold the values.
        let limit = ditto_core::fixed::exp2(R::BITS - 2) / ditto_core::fixed::exp2(frac);
        match values.iter().find(|v| !v.is_finite() || v.abs() >= limit) {
            Some(&value) => Err(OutOfFormat { value, limit }),
            None => Ok(FakeShare::shared(values.as_standard_layout().into_owned(), R::BITS, frac)),
        }
    }
}
