//! [`Backend`] for [`Audited`]: the operations of [`Rep3`], and the ranges that they need.

use std::ops::Range;

use ditto_core::{Backend, Levels, NarrowerThan, Ring, StepFunctions, Trace};
use ndarray::ArrayD;

use super::{AuditShare, Audited, AuditedProduct as Product, AuditedShare as Share, Watched};
use crate::rep3::{PartyError, Rep3, Rep3Bit, Rep3Weight as Weight};

type Result<T> = std::result::Result<T, PartyError>;

impl Audited {
    /// A result whose local use the audit is to see.
    fn result<S>(&mut self, value: S) -> Result<Watched<S>> {
        Ok(Watched::new(value, Some(self.audit()?)))
    }
}

#[diagnostic::do_not_recommend]
impl Backend for Audited {
    type Share<R: Ring> = Share<R>;
    type Product<R: Ring> = Product<R>;
    type Weight<R: Ring> = Weight<R>;
    type Bit = Rep3Bit;
    type Error = PartyError;
    type Verdict = AuditShare;

    const NAME: &'static str = "rep3 with audit";

    fn trace(&mut self) -> &mut Trace {
        self.party.trace()
    }

    fn scope<T>(&mut self, name: &str, body: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.audit()?;
        self.trace().enter(name);
        self.note_scope();
        let result = body(self);
        self.trace().leave();
        self.note_scope();
        result
    }

    fn finish(&mut self) -> Result<AuditShare> {
        self.conclude()
    }

    fn declare_range<R: Ring>(&mut self, x: &Share<R>, frac: u32, range: Range<f64>) -> Result<()> {
        self.test(|audit| audit.declared(&x.value, frac, &range))
    }

    fn scale<R: Ring>(x: &Share<R>, factor: i64) -> Share<R> {
        x.map(|x| Rep3::scale(x, factor))
    }

    fn raise<R: Ring>(x: &Share<R>, bits: u32) -> Share<R> {
        x.map(|x| Rep3::raise(x, bits))
    }

    fn add_public<R: Ring>(x: &Share<R>, values: &ArrayD<f64>, frac: u32) -> Share<R> {
        x.map(|x| Rep3::add_public(x, values, frac))
    }

    fn mul_public<R: Ring>(x: &Share<R>, values: &ArrayD<f64>, frac: u32) -> Product<R> {
        x.map(|x| Rep3::mul_public(x, values, frac))
    }

    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &Share<R>, bits: u32) -> Share<S> {
        if let Some(audit) = &x.audit {
            audit.fits(&x.value, S::BITS - 2 + bits);
        }
        x.map(|x| Rep3::narrow(x, bits))
    }

    fn product_of<R: Ring>(x: &Share<R>) -> Product<R> {
        x.map(Rep3::product_of)
    }

    fn prepare<R: Ring>(&mut self, w: &Share<R>) -> Result<Weight<R>> {
        self.party.prepare(&w.value)
    }

    fn matmul_weight<R: Ring>(&mut self, x: &Share<R>, w: &Weight<R>) -> Result<Product<R>> {
        let product = self.party.matmul_weight(&x.value, w)?;
        self.result(product)
    }

    fn matmul<R: Ring>(&mut self, x: &Share<R>, y: &Share<R>, t: bool) -> Result<Product<R>> {
        let product = self.party.matmul(&x.value, &y.value, t)?;
        self.result(product)
    }

    fn mul<R: Ring>(&mut self, x: &Share<R>, y: &Share<R>) -> Result<Product<R>> {
        let product = self.party.mul(&x.value, &y.value)?;
        self.result(product)
    }

    fn truncate<R: Ring>(&mut self, x: Product<R>, bits: u32) -> Result<Share<R>> {
        let y = self.party.truncate(x.value, bits)?;
        // Nothing is scaled down by 0 bits, so nothing must be in range.
        if x.bounded && bits > 0 {
            self.test(|audit| audit.truncated::<R, R>(&y, bits))?;
        }
        self.result(y)
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(&mut self, x: &Share<R>, up: u32) -> Result<Share<W>> {
        self.test(|audit| audit.fits(&x.value, (R::BITS - 2).min(W::BITS - 1 - up)))?;
        let y = self.party.widen(&x.value, up)?;
        self.result(y)
    }

    fn truncate_widen<R, W>(&mut self, x: Product<R>, bits: u32) -> Result<Share<W>>
    where
        R: NarrowerThan<W>,
        W: Ring,
    {
        let y = self.party.truncate_widen(x.value, bits)?;
        if x.bounded {
            self.test(|audit| audit.truncated::<R, W>(&y, bits))?;
        }
        self.result(y)
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &Share<R>,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<Share<R>>> {
        self.declare_range(x, frac, steps.range())?;
        let values = self.party.step_functions(&x.value, frac, steps)?;
        values.into_iter().map(|y| self.result(y)).collect()
    }

    fn exp2<R: Ring>(&mut self, x: &Share<R>, frac: u32) -> Result<Product<R>> {
        self.declare_range(x, frac, f64::NEG_INFINITY..0.0)?;
        let power = self.party.exp2(&x.value, frac)?;
        Ok(Watched { bounded: false, ..self.result(power)? })
    }

    fn row_maximum<R: Ring>(&mut self, x: &Share<R>, frac: u32, to: &Levels) -> Result<Share<R>> {
        self.declare_range(x, frac, to.range())?;
        let maximum = self.party.row_maximum(&x.value, frac, to)?;
        self.result(maximum)
    }

    fn is_negative<R: Ring>(&mut self, x: &Share<R>, width: u32) -> Result<Rep3Bit> {
        self.test(|audit| audit.fits(&x.value, width - 1))?;
        self.party.is_negative(&x.value, width)
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &Rep3Bit) -> Result<Share<R>> {
        let value = self.party.bit_to_ring(bit)?;
        self.result(value)
    }

    fn open<R: Ring>(&mut self, x: &Share<R>, frac: u32) -> Result<ArrayD<f64>> {
        self.party.open(&x.value, frac)
    }
}
