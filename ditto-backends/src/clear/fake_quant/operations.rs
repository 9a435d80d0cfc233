//! How values come into a format, and what they are checked against.

use ditto_core::fixed::exp2;
use ditto_core::{Ring, Word, Z32, Z64};
use ndarray::ArrayD;
use num_traits::{WrappingMul, WrappingSub};

use super::formats::{FormatValue, Site, SiteKind, Target};
use super::value::{FakeProduct, FakeShare, Held, Origin, furthest};
use super::{FakeQuant, OutOfRange, rounding};
use crate::gadgets::powers_of_two;
use crate::party::arrays::{array, elements};
use crate::rep3::cost::{self, RoleCost};

impl FakeQuant {
    /// The layer that is being computed.
    pub(super) fn layer(&self) -> String {
        match self.account.trace.path() {
            "top level" => String::new(),
            path => self.formats.layer(path).to_owned(),
        }
    }

    pub(super) fn talk(&mut self, ring: u32, elements: usize, cost: RoleCost) {
        let layer = self.layer();
        self.account.talk(&layer, ring, elements, cost);
    }

    /// The ring that integers of the ring `R` are in.
    pub(super) fn ring<R: Ring>(&self) -> u32 {
        self.formats.ring(&self.layer(), R::BITS)
    }

    /// The format of values that come into being here, and their site.
    pub(super) fn target(
        &mut self,
        kind: SiteKind,
        written: FormatValue,
    ) -> (Target, Option<Origin>) {
        let site = Site { layer: self.layer(), kind, written };
        let target = self.formats.target(&site);
        let origin = (written.frac > 0).then(|| self.account.site(&site, target.format));
        (target, origin)
    }

    pub(super) fn out_of_range(
        &self,
        operation: &'static str,
        value: f64,
        bound: f64,
        format: FormatValue,
    ) -> OutOfRange {
        let path = self.account.trace.path().to_owned();
        OutOfRange { path, layer: self.layer(), operation, value, bound, format }
    }

    /// Values of a format have to be below 2^`bits` as integers.
    pub(super) fn check(
        &mut self,
        operation: &'static str,
        x: &FakeShare,
        written: FormatValue,
        bits: u32,
        origins: &[Option<Origin>],
    ) -> Result<(), OutOfRange> {
        self.check_furthest(operation, furthest(x.elements()), x.format(), written, bits, origins)
    }

    fn check_furthest(
        &mut self,
        operation: &'static str,
        far: f64,
        format: FormatValue,
        written: FormatValue,
        bits: u32,
        origins: &[Option<Origin>],
    ) -> Result<(), OutOfRange> {
        let tighter = format.frac > written.frac || format.ring < written.ring;
        let margin = if tighter { self.formats.margin() } else { 0 };
        self.account.room(origins, far, format.frac, bits);
        let bound = exp2(bits.saturating_sub(margin)) / exp2(format.frac);
        match far < bound {
            true => Ok(()),
            false => Err(self.out_of_range(operation, far, bound, format)),
        }
    }

    /// Counts the widenings that local operations made necessary.
    fn settle_debts(&mut self, x: &mut FakeShare) {
        for owed in std::mem::take(&mut x.owed) {
            if owed.is_due() && Z32::BITS + owed.up < Z64::BITS {
                let cost = cost::widen(owed.elements, Z32::BITS, Z64::BITS, owed.up);
                self.talk(Z32::BITS, owed.elements, cost);
            }
        }
    }

    /// An operand of type ring `R`, in a format of this layer.
    pub(super) fn operand<R: Ring>(
        &mut self,
        x: &FakeShare,
        kind: SiteKind,
    ) -> Result<FakeShare, OutOfRange> {
        let mut x = x.clone();
        self.settle_debts(&mut x);
        let written = FormatValue { ring: R::BITS, frac: x.written };
        let ring = self.ring::<R>();
        match x.held {
            Held::In(own) if own.ring == ring => Ok(x),
            Held::In(own) if own.ring < ring => Ok(self.widened(x, own, own.frac)),
            Held::In(from) | Held::Narrowed { from } => {
                let (target, origin) = self.target(kind, written);
                self.narrowed(x, from, written, target, origin)
            }
            Held::Shared { furthest, .. } => {
                let (target, origin) = self.target(kind, written);
                let bits = target.format.ring - 2;
                self.check_furthest("sharing", furthest, target.format, written, bits, &[origin])?;
                x.held = Held::In(target.format);
                (x.exact, x.origin) = (target.exact, origin);
                if target.exact || written.frac == 0 {
                    return Ok(x);
                }
                Ok(x.with_elements(rounding::nearest(x.elements(), target.format.frac)))
            }
        }
    }

    /// What was narrowed from a format, rounded to the target's.
    fn narrowed(
        &mut self,
        mut x: FakeShare,
        from: FormatValue,
        written: FormatValue,
        target: Target,
        origin: Option<Origin>,
    ) -> Result<FakeShare, OutOfRange> {
        // A value that is in the narrower ring already stays as it is.
        let frac = match from.ring {
            Z32::BITS => from.frac,
            _ => target.format.frac.min(from.frac).max(from.frac.saturating_sub(Z32::BITS)),
        };
        if frac < from.frac && !target.exact {
            x = x.with_elements(rounding::narrowed(x.elements(), frac));
        }
        (x.held, x.exact) = (Held::In(FormatValue { ring: Z32::BITS, frac }), target.exact);
        x.origin = origin;
        self.check("narrowing", &x, written, Z32::BITS - 2, &[origin])?;
        Ok(x)
    }

    /// From `Z32` to `Z64` with at least `frac` fractional bits.
    pub(super) fn widened(&mut self, mut x: FakeShare, own: FormatValue, frac: u32) -> FakeShare {
        let up = frac.saturating_sub(own.frac);
        let n = x.values.len();
        if own.ring + up < Z64::BITS {
            self.talk(own.ring, n, cost::widen(n, own.ring, Z64::BITS, up));
        }
        x.held = Held::In(FormatValue { ring: Z64::BITS, frac: own.frac + up });
        x
    }

    /// A product of two operands that are in formats of this layer.
    pub(super) fn product(
        &mut self,
        [x, y]: [&FakeShare; 2],
        ring: u32,
        values: ArrayD<f64>,
        operation: &'static str,
    ) -> Result<FakeProduct, OutOfRange> {
        let (own, other) = (x.format(), y.format());
        let format = FormatValue { ring: own.ring, frac: own.frac + other.frac };
        let share = FakeShare {
            written: x.written + y.written,
            held: Held::In(format),
            exact: x.exact || y.exact,
            // A value times an integer still belongs to the value's site.
            origin: match (x.written, y.written) {
                (_, 0) => x.origin,
                (0, _) => y.origin,
                _ => None,
            },
            owed: Vec::new(),
            ..x.with(values)
        };
        let written = FormatValue { ring, frac: share.written };
        self.check(operation, &share, written, format.ring - 2, &[x.origin, y.origin])?;
        Ok(FakeProduct::fresh(share))
    }

    /// Scales a product down to the format that takes the place of the written one: that of the product's
    /// written scale less `bits`, in the ring `W`.
    pub(super) fn scale_down<R: Ring, W: Ring>(
        &mut self,
        x: FakeProduct,
        bits: u32,
    ) -> Result<FakeShare, OutOfRange> {
        assert!(bits <= R::BITS - 2, "truncation by {bits} bits leaves nothing of {}", R::NAME);
        let FakeProduct { value: share, reshared } = x;
        let mut x = match share.held {
            Held::In(_) => share,
            _ => self.operand::<R>(&share, SiteKind::Value)?,
        };
        self.settle_debts(&mut x);
        let own = x.format();
        let written = FormatValue { ring: R::BITS, frac: x.written };
        let origins = [x.origin];
        self.check("truncation", &x, written, own.ring - 2, &origins)?;
        let n = x.values.len();
        x.written -= bits;
        x.ring = W::BITS;
        if bits == 0 && R::BITS == W::BITS {
            if !reshared {
                self.talk(own.ring, n, cost::reshare(n, own.ring));
            }
            return Ok(x);
        }
        let (target, origin) =
            self.target(SiteKind::Value, FormatValue { ring: W::BITS, frac: x.written });
        // Integers are scaled down as they are written.
        let frac = if x.written == 0 { own.frac.saturating_sub(bits) } else { target.format.frac };
        let cut = own.frac.saturating_sub(frac);
        if cut > own.ring - 2 {
            let far = furthest(x.elements());
            return Err(self.out_of_range("truncation", far, 0.0, own));
        }
        match target.format.ring {
            wider if wider > own.ring => {
                let cost = cost::truncate_widen(n, own.ring, wider, cut, reshared);
                self.talk(own.ring, n, cost);
            }
            same if same == own.ring => match cut {
                0 if reshared => {}
                0 => self.talk(own.ring, n, cost::reshare(n, own.ring)),
                _ => self.talk(own.ring, n, cost::truncate(n, own.ring, cut, reshared)),
            },
            // Down to a scale that narrowing can cut from, and the rest is local.
            _ => match cut.saturating_sub(Z32::BITS) {
                0 if reshared => {}
                0 => self.talk(own.ring, n, cost::reshare(n, own.ring)),
                more => self.talk(own.ring, n, cost::truncate(n, own.ring, more, reshared)),
            },
        }
        let frac = own.frac - cut;
        if cut > 0 && !target.exact {
            let values = match target.format.ring < own.ring {
                true => rounding::narrowed(x.elements(), frac),
                false => rounding::stochastic(x.elements(), frac, &mut self.noise),
            };
            x = x.with_elements(values);
        }
        x.held = Held::In(FormatValue { ring: target.format.ring, frac });
        (x.exact, x.origin) = (target.exact, origin);
        let written = FormatValue { ring: W::BITS, frac: x.written };
        self.check("scaling down", &x, written, target.format.ring - 2, &[origin])?;
        Ok(x)
    }

    /// 2^x by the protocol's tables, for values of the ring `R` with `frac` fractional bits.
    pub(super) fn powers<R: Ring>(&mut self, x: &[f64], frac: u32) -> Vec<f64> {
        let tables = powers_of_two::Tables::new::<R>(frac);
        let mut addends = vec![R::Word::default(); x.len()];
        R::Word::fill(&mut self.noise, &mut addends);
        let power = |(&x, b): (&f64, &R::Word)| {
            if x < powers_of_two::LOWEST {
                return 0.0;
            }
            let word = R::Word::from_u64((x * exp2(frac)) as i64 as u64);
            let (index, right) = tables.right::<R::Word>(*b);
            let left = tables.left::<R::Word>(word.wrapping_sub(b))[index];
            left.wrapping_mul(&right).to_i64() as f64 / exp2(R::BITS - 2)
        };
        x.iter().zip(&addends).map(power).collect()
    }
}

/// x · w for rows that are mostly 0, such as one-hot rows.
pub(super) fn sparse_matmul(x: &ArrayD<f64>, w: &ArrayD<f64>, result: &[usize]) -> ArrayD<f64> {
    let (k, n) = (w.shape()[0], w.shape()[1]);
    let mut out = vec![0.0; result.iter().product()];
    for (row, sums) in elements(x).chunks_exact(k.max(1)).zip(out.chunks_exact_mut(n.max(1))) {
        for (&factor, weights) in row.iter().zip(elements(w).chunks_exact(n.max(1))) {
            if factor != 0.0 {
                sums.iter_mut().zip(weights).for_each(|(sum, w)| *sum += factor * w);
            }
        }
    }
    array(result, out)
}
