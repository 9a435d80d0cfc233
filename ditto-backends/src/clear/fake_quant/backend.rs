//! [`Backend`] for [`FakeQuant`].

use std::ops::Range;

use ditto_core::fixed::exp2;
use ditto_core::shape::MatmulShape;
use ditto_core::{
    Backend, Levels, Linear, NarrowerThan, Ring, StepFunction, StepFunctions, Trace, Z32, Z64,
};
use ndarray::ArrayD;

use super::formats::{FormatValue, SiteKind};
use super::operations::sparse_matmul;
use super::value::{FakeProduct as Product, FakeShare as Share, Held};
use super::{FakeQuant, OutOfRange, rounding};
use crate::clear::plain;
use crate::party::arrays::{array, elements, sum_rows, zipped};
use crate::party::shares::check_narrowing;
use crate::rep3::cost;

type Result<T> = std::result::Result<T, OutOfRange>;

#[diagnostic::do_not_recommend]
impl Backend for FakeQuant {
    type Share<R: Ring> = Share;
    type Product<R: Ring> = Product;
    type Weight<R: Ring> = Share;
    type Bit = ArrayD<f64>;
    type Error = OutOfRange;
    type Verdict = ();

    const NAME: &'static str = "fake quantization";

    fn trace(&mut self) -> &mut Trace {
        &mut self.account.trace
    }

    // Values are as they are, at whatever scale.
    fn declare_range<R: Ring>(&mut self, x: &Share, _: u32, range: Range<f64>) -> Result<()> {
        match x.elements().iter().find(|v| !range.contains(v)) {
            None => Ok(()),
            Some(&value) => {
                let bound = if value < range.start { range.start } else { range.end };
                Err(self.out_of_range("declared range", value, bound, x.format()))
            }
        }
    }

    fn declare_compared<R: Ring>(&mut self, x: &Share, _: u32, bound: f64) -> Result<()> {
        match x.elements().iter().find(|v| v.abs() >= bound) {
            None => Ok(()),
            Some(&value) => Err(self.out_of_range("comparison", value, bound, x.format())),
        }
    }

    fn scale<R: Ring>(x: &Share, factor: i64) -> Share {
        let x = x.settled();
        x.with_elements(x.elements().iter().map(|v| v * factor as f64).collect())
    }

    fn raise<R: Ring>(x: &Share, bits: u32) -> Share {
        let mut x = match x.held {
            Held::Narrowed { .. } => x.settled(),
            _ => x.clone(),
        };
        x.written += bits;
        x.held = match x.held {
            Held::In(format) => Held::In(FormatValue { frac: format.frac + bits, ..format }),
            Held::Shared { raised, furthest } => Held::Shared { raised: raised + bits, furthest },
            held => held,
        };
        x
    }

    fn add_public<R: Ring>(x: &Share, values: &ArrayD<f64>, _: u32) -> Share {
        let x = x.settled();
        let values = x.constants(values, x.format().frac);
        x.with(zipped(&x.values, &values, |x, value| x + value))
    }

    fn mul_public<R: Ring>(x: &Share, values: &ArrayD<f64>, frac: u32) -> Product {
        let x = x.settled();
        let own = x.format();
        // A constant of the value's own scale follows it.
        let held = if frac == x.written { own.frac } else { frac };
        let values = x.constants(values, held);
        let mut share = x.with(zipped(&x.values, &values, |x, value| x * value));
        share.written += frac;
        share.held = Held::In(FormatValue { frac: own.frac + held, ..own });
        Product::shared(share)
    }

    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &Share, bits: u32) -> Share {
        check_narrowing::<R, S>(bits);
        let mut x = x.clone();
        x.held = match x.held {
            Held::In(from) => Held::Narrowed { from },
            held => held,
        };
        x.written -= bits;
        x.ring = S::BITS;
        x
    }

    fn product_of<R: Ring>(x: &Share) -> Product {
        Product::shared(x.clone())
    }

    // ---- interactive ----

    fn prepare<R: Ring>(&mut self, w: &Share) -> Result<Share> {
        assert!(w.shape().len() == 2, "a weight has two dimensions, not {:?}", w.shape());
        Ok(w.clone())
    }

    fn matmul_weight<R: Ring>(&mut self, x: &Share, w: &Share) -> Result<Product> {
        let (x, w) =
            (self.operand::<R>(x, SiteKind::Value)?, self.operand::<R>(w, SiteKind::Weight)?);
        let shape = MatmulShape::of(x.shape(), w.shape(), false).result(x.shape());
        let values = match x.written {
            0 => sparse_matmul(&x.values, &w.values, &shape),
            _ => plain::matmul(&x.values, &w.values, false),
        };
        self.product([&x, &w], R::BITS, values, "matrix product")
    }

    fn matmul<R: Ring>(&mut self, x: &Share, y: &Share, transposed: bool) -> Result<Product> {
        let (x, y) =
            (self.operand::<R>(x, SiteKind::Value)?, self.operand::<R>(y, SiteKind::Value)?);
        let values = plain::matmul(&x.values, &y.values, transposed);
        self.product([&x, &y], R::BITS, values, "matrix product")
    }

    fn mul<R: Ring>(&mut self, x: &Share, y: &Share) -> Result<Product> {
        let (x, y) =
            (self.operand::<R>(x, SiteKind::Value)?, self.operand::<R>(y, SiteKind::Value)?);
        let values = zipped(&x.values, &y.values, |x, y| x * y);
        self.product([&x, &y], R::BITS, values, "product")
    }

    fn truncate<R: Ring>(&mut self, x: Product, bits: u32) -> Result<Share> {
        self.scale_down::<R, R>(x, bits)
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(&mut self, x: &Share, up: u32) -> Result<Share> {
        let mut x = self.operand::<R>(x, SiteKind::Value)?;
        let own = x.format();
        let written = FormatValue { ring: R::BITS, frac: x.written };
        let origins = [x.origin];
        self.check("widening", &x, written, own.ring - 2, &origins)?;
        x.written += up;
        x.ring = W::BITS;
        let wide = FormatValue { ring: W::BITS, frac: x.written };
        let (target, origin) = self.target(SiteKind::Value, wide);
        if target.format.ring == own.ring {
            return Ok(x);
        }
        // To the format of the result, or where that is coarser at the same scale: nothing is dropped.
        let mut x = self.widened(x, own, target.format.frac);
        x.origin = origin;
        let origins = [origin];
        self.check("widening", &x, wide, target.format.ring - 2, &origins)?;
        Ok(x)
    }

    fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: Product,
        bits: u32,
    ) -> Result<Share> {
        self.scale_down::<R, W>(x, bits)
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &Share,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<Share>> {
        let x = self.operand::<R>(x, SiteKind::Value)?;
        self.declare_range::<R>(&x, frac, steps.range())?;
        let own = x.format();
        let (n, width) = (x.values.len(), steps.width(own.frac));
        if width > own.ring {
            let end = steps.range().end;
            return Err(self.out_of_range("step functions", end, 0.0, own));
        }
        let functions = steps.functions().len();
        let cost = cost::step_functions(n, own.ring, width, functions);
        self.talk(own.ring, n * functions, cost);
        let intervals: Vec<usize> = x.elements().iter().map(|&x| steps.interval(x)).collect();
        let of = |function: &StepFunction| {
            let values = intervals.iter().map(|&i| function.values[i]).collect();
            // Rounded as what an owner shares is: to the nearest.
            self.operand::<R>(
                &Share::shared(array(x.shape(), values), R::BITS, function.frac),
                SiteKind::Value,
            )
        };
        steps.functions().iter().map(of).collect()
    }

    fn exp2<R: Ring>(&mut self, x: &Share, frac: u32) -> Result<Product> {
        let x = self.operand::<R>(x, SiteKind::Value)?;
        self.declare_range::<R>(&x, frac, f64::NEG_INFINITY..0.0)?;
        let own = x.format();
        self.account.room(&[x.origin], 1.0, own.frac, own.ring - 5);
        if own.frac + 5 > own.ring {
            return Err(self.out_of_range("power of two", 32.0, 0.0, own));
        }
        let n = x.values.len();
        self.talk(own.ring, n, cost::exp2(n, own.ring));
        let values = match own.ring {
            _ if x.exact => x.elements().iter().map(|x| x.exp2()).collect(),
            Z32::BITS => self.powers::<Z32>(x.elements(), own.frac),
            _ => self.powers::<Z64>(x.elements(), own.frac),
        };
        let mut share = x.with_elements(values);
        share.written = R::BITS - 2;
        share.held = Held::In(FormatValue { frac: own.ring - 2, ..own });
        share.origin = None;
        Ok(Product::fresh(share))
    }

    fn row_maximum<R: Ring>(&mut self, x: &Share, frac: u32, levels: &Levels) -> Result<Share> {
        levels.step_bits(frac);
        let x = self.operand::<R>(x, SiteKind::Value)?;
        self.declare_range::<R>(&x, frac, levels.range())?;
        let own = x.format();
        let reach = levels.step * f64::from(levels.count);
        if reach * exp2(own.frac) > exp2(own.ring) || levels.step * exp2(own.frac) < 1.0 {
            return Err(self.out_of_range("row maximum", reach, 0.0, own));
        }
        let row = x.shape().last().copied().unwrap_or(1);
        assert!(row > 0, "the maximum of an empty row");
        let rows = x.values.len() / row;
        self.talk(own.ring, rows, cost::row_maximum(rows, row, own.ring, levels.count));
        let levels_of = |x: f64| x / levels.step;
        let cut = if x.exact {
            x.elements().iter().map(|&x| levels_of(x).floor()).collect()
        } else {
            // The protocol cuts two addends instead of their sum, so it may lose one step.
            let coins = rounding::uniform(&mut self.noise, x.values.len());
            let level = |(&x, coin): (&f64, f64)| (levels_of(x) - coin).floor();
            x.elements().iter().zip(coins).map(level).collect()
        };
        let lowest = (levels.low / levels.step).floor();
        let max = sum_rows(&array(x.shape(), cut), lowest, f64::max);
        Ok(x.with(max.mapv(|level| level * levels.step)))
    }

    fn is_negative<R: Ring>(&mut self, x: &Share, width: u32) -> Result<ArrayD<f64>> {
        let x = self.operand::<R>(x, SiteKind::Value)?;
        let own = x.format();
        // The width is of the scale that is written.
        let width = (width + own.frac).saturating_sub(x.written).clamp(1, own.ring);
        let written = FormatValue { ring: R::BITS, frac: x.written };
        self.check("comparison", &x, written, width - 1, &[])?;
        let n = x.values.len();
        self.talk(own.ring, n, cost::is_negative(n, width));
        Ok(x.values.mapv(|x| if x < 0.0 { 1.0 } else { 0.0 }))
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &ArrayD<f64>) -> Result<Share> {
        let (n, ring) = (bit.len(), self.ring::<R>());
        self.talk(ring, n, cost::bit_to_ring(n, ring));
        let mut share = Share::shared(array(bit.shape(), elements(bit).to_vec()), R::BITS, 0);
        share.held = Held::In(FormatValue { ring, frac: 0 });
        share.exact = false;
        Ok(share)
    }

    fn open<R: Ring>(&mut self, x: &Share, _: u32) -> Result<ArrayD<f64>> {
        let x = self.operand::<R>(x, SiteKind::Value)?;
        let own = x.format();
        self.talk(own.ring, x.values.len(), cost::open(x.values.len(), own.ring));
        Ok((*x.values).clone())
    }
}
