//! [`Backend`] for [`Count`]: the shape that each operation gives, and the line that it writes.

use std::ops::Range;

use ditto_core::shape::{Broadcast, MatmulShape};
use ditto_core::{
    Backend, Levels, Linear, LinearMap, NarrowerThan, Ring, StepFunctions, Trace, Word,
};
use ndarray::{ArrayD, IxDyn};

use super::{Count, CountProduct as Product, Counted as Share, Never};
use crate::gadgets::constants::public_words;
use crate::gadgets::history::{History, table};
use crate::gadgets::levels::Scale;
use crate::gadgets::powers_of_two;
use crate::party::shares::check_narrowing;

type Result<T> = std::result::Result<T, Never>;

/// The shape of `x`, if `y` repeats over it.
fn over(x: &[usize], y: &[usize]) -> Vec<usize> {
    Broadcast::of(x, y);
    x.to_vec()
}

impl Share {
    /// An operation on values of one ring, with its result there.
    fn of(shape: Vec<usize>, name: &str, from: &[&Self], numbers: &[u64]) -> Self {
        let ring = from.first().map_or(0, |x| x.ring);
        let histories: Vec<&History> = from.iter().map(|x| &x.history).collect();
        Self { shape, ring, history: History::step(ring, name, &histories, numbers) }
    }

    /// An operation on this value alone that keeps the shape.
    fn then(&self, name: &str, numbers: &[u64]) -> Self {
        Self::of(self.shape.clone(), name, &[self], numbers)
    }

    /// An operation with public numbers of `frac` fractional bits.
    fn with_public<R: Ring>(&self, name: &str, values: &ArrayD<f64>, frac: u32) -> Self {
        let words = public_words::<R::Word>(values, frac);
        let numbers = words.iter().map(|word| word.to_u64()).chain(sizes(values.shape()));
        let shape = over(&self.shape, values.shape());
        Self::of(shape, name, &[self], &numbers.collect::<Vec<_>>())
    }

    /// The same in the ring `R`.
    fn in_ring<R: Ring>(self) -> Self {
        Self { ring: R::BITS, ..self }
    }
}

/// Public sizes as numbers of a history.
fn sizes(sizes: &[usize]) -> Vec<u64> {
    sizes.iter().map(|&size| size as u64).collect()
}

impl Linear for Share {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn apply(map: &LinearMap<'_>, operands: &[&Self]) -> Self {
        let shapes: Vec<&[usize]> = operands.iter().map(|x| x.shape()).collect();
        let shape = map.shape(&shapes);
        let (name, numbers) = match map {
            LinearMap::Reshape(shape) => ("reshape", sizes(shape)),
            LinearMap::Permute(axes) => ("permute", sizes(axes)),
            LinearMap::Slice { axis, range } => ("slice", sizes(&[*axis, range.start, range.end])),
            LinearMap::Concat { axis } => ("concat", sizes(&[*axis])),
            LinearMap::Add => ("add", Vec::new()),
            LinearMap::Sub => ("sub", Vec::new()),
            LinearMap::SumLast => ("sum_last", Vec::new()),
        };
        Self::of(shape, name, operands, &numbers)
    }

    fn shift_point(self, bits: u32) -> Self {
        self.then("shift_point", &[bits.into()])
    }
}

#[diagnostic::do_not_recommend]
impl Backend for Count {
    type Share<R: Ring> = Share;
    type Product<R: Ring> = Product;
    type Weight<R: Ring> = Share;
    type Bit = Share;
    type Error = Never;
    type Verdict = ();

    const NAME: &'static str = "count";

    fn trace(&mut self) -> &mut Trace {
        &mut self.account.trace
    }

    /// Free; but the range is a public number that an audit computes with.
    fn declare_range<R: Ring>(&mut self, x: &Share, frac: u32, range: Range<f64>) -> Result<()> {
        let ends = [range.start.to_bits(), range.end.to_bits(), u64::from(frac)];
        self.ran(x.then("declare", &ends));
        Ok(())
    }

    fn scale<R: Ring>(x: &Share, factor: i64) -> Share {
        x.then("scale", &[factor as u64])
    }

    fn raise<R: Ring>(x: &Share, bits: u32) -> Share {
        x.then("raise", &[bits.into()])
    }

    fn add_public<R: Ring>(x: &Share, values: &ArrayD<f64>, frac: u32) -> Share {
        x.with_public::<R>("add_public", values, frac)
    }

    fn mul_public<R: Ring>(x: &Share, values: &ArrayD<f64>, frac: u32) -> Product {
        Product::shared(x.with_public::<R>("mul_public", values, frac))
    }

    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &Share, bits: u32) -> Share {
        check_narrowing::<R, S>(bits);
        x.then("narrow", &[S::BITS.into(), bits.into()]).in_ring::<S>()
    }

    fn product_of<R: Ring>(x: &Share) -> Product {
        Product::shared(x.clone())
    }

    // ---- what is counted ----

    fn prepare<R: Ring>(&mut self, w: &Share) -> Result<Share> {
        assert!(w.shape.len() == 2, "a weight has two dimensions, not the shape {:?}", w.shape);
        Ok(w.clone())
    }

    fn matmul_weight<R: Ring>(&mut self, x: &Share, w: &Share) -> Result<Product> {
        self.matmul::<R>(x, w, false)
    }

    fn matmul<R: Ring>(&mut self, x: &Share, y: &Share, transposed: bool) -> Result<Product> {
        let shapes = MatmulShape::of(&x.shape, &y.shape, transposed);
        self.account.matrix_product::<R>(shapes);
        let value = Share::of(shapes.result(&x.shape), "matmul", &[x, y], &[transposed.into()]);
        Ok(Product::fresh(self.ran(value)))
    }

    fn mul<R: Ring>(&mut self, x: &Share, y: &Share) -> Result<Product> {
        self.account.product::<R>(&x.shape);
        let value = Share::of(over(&x.shape, &y.shape), "mul", &[x, y], &[]);
        Ok(Product::fresh(self.ran(value)))
    }

    fn truncate<R: Ring>(&mut self, x: Product, bits: u32) -> Result<Share> {
        self.account.truncate::<R>(&x.value.shape, bits, x.reshared);
        Ok(self.ran(x.value.then("truncate", &[bits.into()])))
    }

    fn truncate_widen<R, W>(&mut self, x: Product, bits: u32) -> Result<Share>
    where
        R: NarrowerThan<W>,
        W: Ring,
    {
        self.account.truncate_widen::<R, W>(&x.value.shape, bits, x.reshared);
        let value = x.value.then("truncate_widen", &[W::BITS.into(), bits.into()]);
        Ok(self.ran(value.in_ring::<W>()))
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(&mut self, x: &Share, up: u32) -> Result<Share> {
        self.account.widen::<R, W>(&x.shape, up);
        Ok(self.ran(x.then("widen", &[W::BITS.into(), up.into()]).in_ring::<W>()))
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &Share,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<Share>> {
        self.account.step_functions::<R>(&x.shape, frac, steps);
        let table = table::<R>(steps, frac);
        let of = |function: usize| {
            let numbers = [u64::from(frac), function as u64];
            let history = History::step(R::BITS, "step_functions", &[&x.history, &table], &numbers);
            Share { history, ..x.clone() }
        };
        Ok((0..steps.functions().len()).map(|function| self.ran(of(function))).collect())
    }

    fn exp2<R: Ring>(&mut self, x: &Share, frac: u32) -> Result<Product> {
        self.account.exp2::<R>(&x.shape);
        let new = || powers_of_two::Tables::new::<R>(frac).digest();
        let table = *self.powers.entry((R::BITS, frac)).or_insert_with(new);
        let history = History::step(R::BITS, "exp2", &[&x.history, &table], &[frac.into()]);
        Ok(Product::fresh(self.ran(Share { history, ..x.clone() })))
    }

    fn row_maximum<R: Ring>(&mut self, x: &Share, frac: u32, levels: &Levels) -> Result<Share> {
        self.account.row_maximum::<R>(&x.shape, frac, levels);
        let scale = Scale::new::<R>(frac, levels);
        let numbers = [scale.low.to_u64(), scale.bits.into(), scale.count.into()];
        Ok(self.ran(Share::of(
            LinearMap::SumLast.shape(&[&x.shape]),
            "row_maximum",
            &[x],
            &numbers,
        )))
    }

    fn is_negative<R: Ring>(&mut self, x: &Share, width: u32) -> Result<Share> {
        self.account.is_negative::<R>(&x.shape, width);
        Ok(self.ran(x.then("is_negative", &[width.into()])))
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &Share) -> Result<Share> {
        self.account.bit_to_ring::<R>(&bit.shape);
        Ok(self.ran(bit.clone().in_ring::<R>().then("bit_to_ring", &[])))
    }

    /// Counts; what would be revealed is not known, and so not a number.
    fn open<R: Ring>(&mut self, x: &Share, frac: u32) -> Result<ArrayD<f64>> {
        self.account.open::<R>(&x.shape);
        self.ran(x.then("open", &[frac.into()]));
        Ok(ArrayD::from_elem(IxDyn(&x.shape), f64::NAN))
    }
}
