//! The time of operations, for backends that measure it.

use ditto_core::{Backend, Ring};

pub(crate) trait Timed: Backend {
    /// Runs one operation on operands of the ring `R`, and accounts its time to the operation that
    /// `body` counts. Around each method of a backend that counts one; not to be nested.
    fn timed<R: Ring, T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        self.trace().start_clock(R::NAME);
        let result = body(self);
        self.trace().stop_clock();
        result
    }
}

impl<B: Backend> Timed for B {}
