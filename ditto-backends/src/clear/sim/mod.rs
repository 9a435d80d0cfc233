//! The insecure simulation: values in the clear, the ring's arithmetic, the protocols' noise.
//!
//! It is for debugging. A value that leaves its format's range, which on `Rep3` would silently
//! turn into another value, is an error here that names the layer, the value and the bound. And
//! its account of rounds and bytes is that of `Rep3`, message for message, without running it.

mod backend;
mod exact;
mod operations;
mod share;

use std::sync::PoisonError;

use ditto_core::fixed::OutOfFormat;
use ditto_core::prg::{Key, Prg, Stream};
use ditto_core::{Linear, Ring, Source};
use ndarray::ArrayD;

use crate::party::sharing::{decoded, encoded};
use crate::rep3::account::Account;

use share::{Mark, OpenScopes};

pub use share::{Fault, SimProduct, SimShare, SimWeight};

/// The simulation of all three parties at once.
pub struct Sim {
    noise: Stream,
    account: Account,
    scopes: OpenScopes,
}

/// A value left its range.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{layer}: {fault}")]
#[non_exhaustive]
pub struct SimError {
    /// The scopes that were open, or "top level". For a fault of a local operation, which is reported by
    /// the next one that talks, those where the local operation was.
    pub layer: String,
    /// What left its range.
    pub fault: Fault,
}

impl Sim {
    /// A simulation whose rounding noise is drawn from `seed`.
    pub fn new(seed: u64) -> Self {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let noise = Prg::new(&Key::new(key), 0).stream(0, 0);
        Self { noise, account: Account::default(), scopes: OpenScopes::default() }
    }

    /// The values of a share.
    pub fn values<R: Ring>(x: &SimShare<R>) -> ArrayD<f64> {
        decoded::<R>(x.shape(), x.elements().iter().copied(), x.frac)
    }

    /// Reports a mark left by a local operation, or integers of 2^`bits` or more.
    fn check<R: Ring>(
        &self,
        operation: &'static str,
        x: &SimShare<R>,
        bits: u32,
    ) -> Result<(), SimError> {
        self.report(x, || Fault::find::<R>(operation, x.integers(), bits, x.frac))
    }

    /// Reports a mark left by a local operation, or what is found now.
    fn report<R: Ring>(
        &self,
        x: &SimShare<R>,
        find: impl FnOnce() -> Option<Fault>,
    ) -> Result<(), SimError> {
        self.unmarked(x)?;
        find().map_or(Ok(()), |fault| Err(self.error(fault)))
    }

    fn error(&self, fault: Fault) -> SimError {
        SimError { layer: self.account.trace.path().to_owned(), fault }
    }

    /// Reports a mark left by a local operation.
    fn unmarked<R: Ring>(&self, x: &SimShare<R>) -> Result<(), SimError> {
        let Some(Mark { fault, layer }) = x.mark.clone() else {
            return Ok(());
        };
        let here = || self.account.trace.path().to_owned();
        Err(SimError { layer: layer.unwrap_or_else(here), fault })
    }

    /// Opens a scope.
    pub(super) fn enter(&mut self, name: &str) {
        self.account.trace.enter(name);
        self.note_scopes();
    }

    /// Closes the innermost scope.
    pub(super) fn leave(&mut self) {
        self.account.trace.leave();
        self.note_scopes();
    }

    /// Lets the shares that were computed here know which scopes are open.
    fn note_scopes(&mut self) {
        let path = match self.account.trace.path() {
            "top level" => "",
            path => path,
        };
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        path.clone_into(&mut scopes);
    }

    /// The result of an operation.
    fn share<R: Ring>(&self, shape: &[usize], words: Vec<R::Word>, frac: u32) -> SimShare<R> {
        SimShare { scopes: Some(self.scopes.clone()), ..SimShare::new(shape, words, frac) }
    }
}

/// Encodes values in the clear.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimSource;

#[diagnostic::do_not_recommend]
impl Source<Sim> for SimSource {
    fn share<R: Ring>(
        &mut self,
        values: &ArrayD<f64>,
        frac: u32,
    ) -> Result<SimShare<R>, OutOfFormat> {
        Ok(SimShare::new(values.shape(), encoded::<R>(values, frac)?, frac))
    }
}
