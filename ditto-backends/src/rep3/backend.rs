//! [`Backend`] for [`Rep3`]: which protocol each operation is.

use std::ops::Range;

use ditto_core::fixed::decode;
use ditto_core::{Backend, Levels, NarrowerThan, Operation, Ring, StepFunctions, Trace, Word};
use ndarray::ArrayD;
use num_traits::WrappingAdd;

use super::party::{PartyError, Rep3};
use super::product::{Rep3Product, Rep3Weight};
use super::{Rep3Bit, Rep3Share, protocols};
use crate::gadgets::constants::public;
use crate::party::shares::array;
use crate::party::timed::Timed;

impl Rep3 {
    /// The result of the current operation, marked with it and for the audit, if there is one.
    fn result<R: Ring>(&self, x: Rep3Share<R>) -> Rep3Share<R> {
        self.watched(x.marked(self.mark()))
    }

    /// Counts and times an operation that sends nothing.
    fn local<R: Ring, T>(&mut self, operation: &'static str, body: impl FnOnce() -> T) -> T {
        self.timed::<R, _>(|party| {
            party.account().count_operation(Operation {
                operation,
                calls: 1,
                ..Operation::default()
            });
            body()
        })
    }
}

// Three places in the source would not help who passes something that is no backend.
#[diagnostic::do_not_recommend]
impl Backend for Rep3 {
    type Share<R: Ring> = Rep3Share<R>;
    type Product<R: Ring> = Rep3Product<R>;
    type Weight<R: Ring> = Rep3Weight<R>;
    type Bit = Rep3Bit;
    type Error = PartyError;

    const NAME: &'static str = "rep3";

    fn trace(&mut self) -> &mut Trace {
        self.account()
    }

    fn scope<T>(
        &mut self,
        name: &str,
        body: impl FnOnce(&mut Self) -> Result<T, PartyError>,
    ) -> Result<T, PartyError> {
        self.trace().enter(name);
        self.note_scope();
        let result = body(self);
        self.trace().leave();
        self.note_scope();
        result
    }

    fn declare_range<R: Ring>(
        &mut self,
        x: &Rep3Share<R>,
        frac: u32,
        range: Range<f64>,
    ) -> Result<(), PartyError> {
        self.audit(|audit| audit.declared(x, frac, &range))
    }

    fn scale<R: Ring>(x: &Rep3Share<R>, factor: i64) -> Rep3Share<R> {
        x.map(|x| x.scale(R::Word::from_u64(factor as u64)))
    }

    fn raise<R: Ring>(x: &Rep3Share<R>, bits: u32) -> Rep3Share<R> {
        x.map(|x| x.raise(bits))
    }

    fn add_public<R: Ring>(x: &Rep3Share<R>, value: f64, frac: u32) -> Rep3Share<R> {
        x.map(|x| x.add_constant(public(value, frac)))
    }

    fn mul_public<R: Ring>(x: &Rep3Share<R>, value: f64, frac: u32) -> Rep3Product<R> {
        Rep3Product::Shared(x.map(|x| x.scale(public(value, frac))))
    }

    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &Rep3Share<R>, bits: u32) -> Rep3Share<S> {
        if let Some(audit) = &x.audit {
            audit.fits(x, S::BITS - 2 + bits);
        }
        x.map(|x| x.narrow(bits))
    }

    fn product_of<R: Ring>(x: &Rep3Share<R>) -> Rep3Product<R> {
        Rep3Product::Shared(x.clone())
    }

    fn prepare<R: Ring>(w: &Rep3Share<R>) -> Rep3Weight<R> {
        let &[k, n] = w.shape() else {
            panic!("a weight has two dimensions, not the shape {:?}", w.shape());
        };
        let (first, second) = (w.component(0), w.component(1));
        let sum: Vec<R::Word> = first.iter().zip(second).map(|(a, b)| a.wrapping_add(b)).collect();
        Rep3Weight {
            shape: [k, n],
            sum: R::Word::pack_factor(&sum, k, n, false),
            first: R::Word::pack_factor(first, k, n, false),
        }
    }

    fn weight_shape<R: Ring>(w: &Rep3Weight<R>) -> [usize; 2] {
        w.shape
    }

    fn matmul_weight<R: Ring>(
        &mut self,
        x: &Rep3Share<R>,
        w: &Rep3Weight<R>,
    ) -> Result<Rep3Product<R>, PartyError> {
        Ok(self.local::<R, _>("matrix product", || protocols::matmul_weight(x, w)))
    }

    fn matmul<R: Ring>(
        &mut self,
        x: &Rep3Share<R>,
        y: &Rep3Share<R>,
        transposed: bool,
    ) -> Result<Rep3Product<R>, PartyError> {
        Ok(self.local::<R, _>("matrix product", || protocols::matmul(x, y, transposed)))
    }

    fn mul<R: Ring>(
        &mut self,
        x: &Rep3Share<R>,
        y: &Rep3Share<R>,
    ) -> Result<Rep3Product<R>, PartyError> {
        Ok(self.local::<R, _>("product", || protocols::mul(x, y)))
    }

    fn truncate<R: Ring>(
        &mut self,
        x: Rep3Product<R>,
        bits: u32,
    ) -> Result<Rep3Share<R>, PartyError> {
        let bounded = x.bounded();
        let y = self.timed::<R, _>(|party| match bits {
            0 => protocols::reshare(party, x),
            _ => protocols::truncate(party, x, bits),
        })?;
        // Nothing is scaled down by 0 bits, so nothing must be in range.
        if bounded && bits > 0 {
            self.audit(|audit| audit.truncated::<R, R>(&y, bits))?;
        }
        Ok(self.result(y))
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: &Rep3Share<R>,
        up: u32,
    ) -> Result<Rep3Share<W>, PartyError> {
        self.audit(|audit| audit.fits(x, (R::BITS - 2).min(W::BITS - 1 - up)))?;
        let y = self.timed::<R, _>(|party| protocols::widen(party, x, up))?;
        Ok(self.result(y))
    }

    fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: Rep3Product<R>,
        bits: u32,
    ) -> Result<Rep3Share<W>, PartyError> {
        let bounded = x.bounded();
        let y = self.timed::<R, _>(|party| protocols::truncate_widen(party, x, bits))?;
        if bounded {
            self.audit(|audit| audit.truncated::<R, W>(&y, bits))?;
        }
        Ok(self.result(y))
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &Rep3Share<R>,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<Rep3Share<R>>, PartyError> {
        self.declare_range(x, frac, steps.range())?;
        let values =
            self.timed::<R, _>(|party| protocols::step_functions(party, x, frac, steps))?;
        Ok(values.into_iter().map(|y| self.result(y)).collect())
    }

    fn exp2<R: Ring>(&mut self, x: &Rep3Share<R>, frac: u32) -> Result<Rep3Product<R>, PartyError> {
        self.declare_range(x, frac, f64::NEG_INFINITY..0.0)?;
        self.timed::<R, _>(|party| protocols::exp2(party, x, frac))
    }

    fn row_maximum<R: Ring>(
        &mut self,
        x: &Rep3Share<R>,
        frac: u32,
        levels: &Levels,
    ) -> Result<Rep3Share<R>, PartyError> {
        self.declare_range(x, frac, levels.range())?;
        let maximum = self.timed::<R, _>(|party| protocols::row_maximum(party, x, frac, levels))?;
        Ok(self.result(maximum))
    }

    fn is_negative<R: Ring>(
        &mut self,
        x: &Rep3Share<R>,
        width: u32,
    ) -> Result<Rep3Bit, PartyError> {
        self.audit(|audit| audit.fits(x, width - 1))?;
        self.timed::<R, _>(|party| protocols::is_negative(party, x, width))
    }

    fn bit_shape(x: &Rep3Bit) -> &[usize] {
        x.shape()
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &Rep3Bit) -> Result<Rep3Share<R>, PartyError> {
        let value = self.timed::<R, _>(|party| protocols::bit_to_ring(party, bit))?;
        Ok(self.result(value))
    }

    fn open<R: Ring>(&mut self, x: &Rep3Share<R>, frac: u32) -> Result<ArrayD<f64>, PartyError> {
        let words = self.timed::<R, _>(|party| protocols::open(party, x))?;
        Ok(array(x.shape(), words.into_iter().map(|w| decode::<R>(w, frac)).collect()))
    }
}
