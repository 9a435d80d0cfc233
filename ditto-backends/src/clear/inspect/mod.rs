//! The simulation beside the reference: what a layer does to the values, found while it runs.
//!
//! Every tensor is a pair: what [`Sim`] computes, and what [`Plain`] computes from the same inputs
//! with the approximations that the layers are written with. So the error of quantization is known at
//! every operation, without a second run to be lined up with the first, and neither backend has to
//! know. Layers need nothing for it but to open scopes with [`ditto_core::Backend::scope`].
//!
//! The reference follows the simulation in one thing: which level a row's maximum is bounded by is
//! chance, and any will do, so both take the same.
//!
//! What was found is in [`Inspect::findings`]; the account of rounds and bytes is that of [`Sim`].

mod backend;
mod findings;

use ditto_core::fixed::OutOfFormat;
use ditto_core::{Report, Ring, Source};
use ndarray::ArrayD;

use crate::clear::plain::{Plain, PlainShare, PlainSource};
use crate::clear::sim::{Sim, SimProduct, SimShare, SimSource, SimWeight};
use crate::party::arrays::elements;
use crate::party::shares::Bits;
use findings::Notes;
use typenum::U1;

pub use findings::{Deviation, Finding, Seen};

/// What the simulation holds, and what the reference holds.
#[derive(Clone)]
pub struct Pair<S> {
    sim: S,
    truth: PlainShare,
}

/// A tensor.
pub type InspectShare<R> = Pair<SimShare<R>>;
/// A tensor of products.
pub type InspectProduct<R> = Pair<SimProduct<R>>;
/// A prepared right factor.
pub type InspectWeight<R> = Pair<SimWeight<R>>;
/// A tensor of bits.
pub type InspectBit = Pair<Bits<U1>>;

/// The simulation with the reference beside it.
pub struct Inspect {
    sim: Sim,
    plain: Plain,
    notes: Notes,
}

impl Inspect {
    /// A simulation whose rounding noise is drawn from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { sim: Sim::new(seed), plain: Plain::as_written(), notes: Notes::default() }
    }

    /// What was found in each scope, in the order in which they were first entered; the first entry
    /// is the whole run.
    pub fn findings(&self) -> Vec<Finding> {
        self.notes.findings()
    }

    /// The account of rounds, bytes and operations.
    pub fn report(&mut self) -> Report {
        use ditto_core::Backend;
        self.sim.trace().report()
    }

    /// Notes a tensor that must be below 2^`bits` as integers.
    fn see<R: Ring>(&mut self, operation: &'static str, x: &SimShare<R>, bits: u32) {
        let integers = x.integers();
        let (low, high) = integers.fold((0, 0), |(low, high), v| (v.min(low), v.max(high)));
        self.notes.see(Seen {
            operation,
            ring: R::NAME,
            frac: x.frac,
            bits,
            low: low as i64,
            high: high as i64,
        });
    }

    /// Notes the result of an interactive operation, and gives it.
    fn result<R: Ring>(
        &mut self,
        operation: &'static str,
        sim: SimShare<R>,
        truth: PlainShare,
    ) -> InspectShare<R> {
        self.see(operation, &sim, R::BITS - 2);
        let deviation = Deviation::of(elements(&Sim::values(&sim)), elements(&truth.0));
        self.notes.result(deviation);
        Pair { sim, truth }
    }
}

/// Shares for both.
#[derive(Clone, Copy, Debug, Default)]
pub struct InspectSource;

#[diagnostic::do_not_recommend]
impl Source<Inspect> for InspectSource {
    fn share<R: Ring>(
        &mut self,
        values: &ArrayD<f64>,
        frac: u32,
    ) -> Result<InspectShare<R>, OutOfFormat> {
        let sim = SimSource.share(values, frac)?;
        let truth = <PlainSource as Source<Plain>>::share::<R>(&mut PlainSource, values, frac)?;
        Ok(Pair { sim, truth })
    }
}

#[cfg(test)]
mod tests {
    use ditto_core::{Backend, Linear, Z32};
    use ndarray::{IxDyn, arr1};

    use super::*;
    use crate::clear::sim::SimError;

    fn shared(values: &[f64]) -> InspectShare<Z32> {
        InspectSource.share(&arr1(values).into_dyn(), 8).expect("in range")
    }

    /// 0.3 is 77/256 and 1.7 is 435/256: the error of a sum is known, and that of a product.
    #[test]
    fn errors_are_those_of_rounding() {
        let mut cx = Inspect::new(1);
        let (x, y) = (shared(&[0.3, 1.0]), shared(&[1.7, -2.0]));
        let sum = Inspect::product_of(&x.add(&y));
        cx.scope("sum", |cx| cx.truncate(sum, 0)).expect("in range");
        cx.scope("product", |cx| {
            let product = cx.mul(&x, &y)?;
            cx.truncate(product, 8)
        })
        .expect("in range");
        let findings = cx.findings();
        let paths: Vec<&str> = findings.iter().map(|finding| finding.path.as_str()).collect();
        assert_eq!(paths, ["", "sum", "product"]);
        let error = |i: usize| findings[i].output.max;
        assert!((error(1) - (77.0 + 435.0 - 512.0) / 256.0f64).abs() < 1e-12);
        // 77·435/65536 = 0.51109, rounded to 130/256 or 131/256.
        assert!(error(2) > 0.0015 && error(2) < 0.0025, "{}", error(2));
        assert_eq!(findings[0].output.max, error(2), "the whole run ends with the product");
        assert_eq!(findings[2].input, findings[1].output);
    }

    #[test]
    fn the_tightest_format_is_that_with_the_least_headroom() {
        let mut cx = Inspect::new(1);
        let x = shared(&[100.0, -3.0]);
        cx.scope("square", |cx| {
            let square = cx.mul(&x, &x)?;
            cx.truncate(square, 8)
        })
        .expect("in range");
        let finding = cx.findings().remove(1);
        let tightest = finding.tightest().expect("something was seen");
        // 10^4 · 2^16 of 2^30 before it is scaled down.
        assert_eq!((tightest.ring, tightest.frac, tightest.bits), ("Z32", 16, 30));
        assert_eq!(tightest.highest(), 1e4);
        assert!((tightest.headroom() - (14.0 - 1e4f64.log2())).abs() < 1e-9);
    }

    #[test]
    fn the_account_is_that_of_the_simulation() {
        let mut cx = Inspect::new(1);
        let mut sim = Sim::new(1);
        let values = ArrayD::ones(IxDyn(&[2, 3]));
        let both: InspectShare<Z32> = InspectSource.share(&values, 8).expect("in range");
        let alone: SimShare<Z32> = SimSource.share(&values, 8).expect("in range");
        let bit = cx.is_negative(&both, 12).expect("in range");
        cx.bit_to_ring::<Z32>(&bit).expect("in range");
        let bit = sim.is_negative(&alone, 12).expect("in range");
        sim.bit_to_ring::<Z32>(&bit).expect("in range");
        assert_eq!(cx.report().total(), sim.trace().total());
    }

    #[test]
    fn a_value_out_of_range_is_an_error_as_in_the_simulation() {
        let mut cx = Inspect::new(1);
        let x = shared(&[5000.0]);
        let error: SimError = cx
            .scope("square", |cx| {
                let square = cx.mul(&x, &x)?;
                cx.truncate(square, 8)
            })
            .err()
            .expect("25 million is out of range");
        assert_eq!(error.layer, "square");
    }
}
