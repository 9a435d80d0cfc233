//! [`Backend`] for [`Count`]: the shape that each operation gives, and the line that it writes.

use std::ops::Range;

use ditto_core::shape::{Broadcast, MatmulShape};
use ditto_core::{Backend, Levels, NarrowerThan, Ring, StepFunctions, Trace, Word};
use ndarray::{ArrayD, IxDyn};

use super::{Count, CountProduct, CountWeight, Counted, Never};
use crate::gadgets::history::{History, constant, table};
use crate::gadgets::levels::Scale;
use crate::gadgets::powers_of_two;
use crate::party::shares::check_narrowing;

/// The shape of `x`, if `y` repeats over it.
fn over(x: &[usize], y: &[usize]) -> Vec<usize> {
    Broadcast::of(x, y);
    x.to_vec()
}

/// The shape with 1 for its last axis.
fn rows(x: &[usize]) -> Vec<usize> {
    let mut shape = x.to_vec();
    if let Some(last) = shape.last_mut() {
        *last = 1;
    }
    shape
}

fn reshaped(from: &[usize], to: &[usize]) -> Vec<usize> {
    let count = |shape: &[usize]| shape.iter().product::<usize>();
    assert!(count(from) == count(to), "{from:?} reshaped to {to:?}");
    to.to_vec()
}

fn joined<'a>(parts: impl IntoIterator<Item = &'a [usize]>, axis: usize) -> Vec<usize> {
    let join = |mut sum: Vec<usize>, part: &[usize]| {
        let others = |shape: &[usize]| [&shape[..axis], &shape[axis + 1..]].concat();
        assert!(others(&sum) == others(part), "{sum:?} and {part:?} joined along axis {axis}");
        sum[axis] += part[axis];
        sum
    };
    let mut parts = parts.into_iter();
    let first = parts.next().expect("parts to join").to_vec();
    parts.fold(first, join)
}

impl Counted {
    fn of<R: Ring>(shape: Vec<usize>, name: &str, from: &[&Self], numbers: &[u64]) -> Self {
        let histories: Vec<&History> = from.iter().map(|x| &x.history).collect();
        let history = History::step::<R>(name, &histories, numbers);
        Self { shape, history }
    }

    /// An operation on this value alone that keeps the shape.
    fn then<R: Ring>(&self, name: &str, numbers: &[u64]) -> Self {
        Self::of::<R>(self.shape.clone(), name, &[self], numbers)
    }
}

impl CountProduct {
    /// A product that no party has resent yet.
    fn fresh(value: Counted) -> Self {
        Self { value, reshared: false }
    }

    /// The same kind of product.
    fn with(&self, value: Counted) -> Self {
        Self { value, reshared: self.reshared }
    }

    fn sum<R: Ring>(&self, y: &Self, name: &str) -> Self {
        let shape = over(&self.value.shape, &y.value.shape);
        let value = Counted::of::<R>(shape, name, &[&self.value, &y.value], &[]);
        Self { value, reshared: self.reshared && y.reshared }
    }
}

/// Public sizes as numbers of a history.
fn sizes(sizes: &[usize]) -> Vec<u64> {
    sizes.iter().map(|&size| size as u64).collect()
}

#[diagnostic::do_not_recommend]
impl Backend for Count {
    type Share<R: Ring> = Counted;
    type Product<R: Ring> = CountProduct;
    type Weight<R: Ring> = CountWeight;
    type Bit = Counted;
    type Error = Never;

    const NAME: &'static str = "count";

    fn trace(&mut self) -> &mut Trace {
        &mut self.account.trace
    }

    /// Free; but the range is a public number that an audit computes with.
    fn declare<R: Ring>(&mut self, x: &Counted, frac: u32, range: Range<f64>) -> Result<(), Never> {
        let ends = [range.start.to_bits(), range.end.to_bits(), u64::from(frac)];
        self.ran(x.then::<R>("declare", &ends));
        Ok(())
    }

    // ---- local: shapes ----

    fn shape<R: Ring>(x: &Counted) -> &[usize] {
        &x.shape
    }

    fn reshape<R: Ring>(x: &Counted, shape: &[usize]) -> Counted {
        Counted::of::<R>(reshaped(&x.shape, shape), "reshape", &[x], &sizes(shape))
    }

    fn permute<R: Ring>(x: &Counted, axes: &[usize]) -> Counted {
        let shape = axes.iter().map(|&axis| x.shape[axis]).collect();
        Counted::of::<R>(shape, "permute", &[x], &sizes(axes))
    }

    fn slice<R: Ring>(x: &Counted, axis: usize, range: Range<usize>) -> Counted {
        assert!(range.start <= range.end && range.end <= x.shape[axis], "{range:?} of axis {axis}");
        let mut shape = x.shape.clone();
        shape[axis] = range.len();
        Counted::of::<R>(shape, "slice", &[x], &sizes(&[axis, range.start, range.end]))
    }

    fn concat<R: Ring>(parts: &[&Counted], axis: usize) -> Counted {
        let shape = joined(parts.iter().map(|part| part.shape.as_slice()), axis);
        Counted::of::<R>(shape, "concat", parts, &sizes(&[axis]))
    }

    fn add<R: Ring>(x: &Counted, y: &Counted) -> Counted {
        Counted::of::<R>(over(&x.shape, &y.shape), "add", &[x, y], &[])
    }

    fn sub<R: Ring>(x: &Counted, y: &Counted) -> Counted {
        Counted::of::<R>(over(&x.shape, &y.shape), "sub", &[x, y], &[])
    }

    fn scale<R: Ring>(x: &Counted, factor: i64) -> Counted {
        x.then::<R>("scale", &[factor as u64])
    }

    fn raise<R: Ring>(x: &Counted, bits: u32) -> Counted {
        x.then::<R>("raise", &[bits.into()])
    }

    fn shift_point<R: Ring>(x: &Counted, bits: u32) -> Counted {
        x.then::<R>("shift_point", &[bits.into()])
    }

    fn add_public<R: Ring>(x: &Counted, value: f64, frac: u32) -> Counted {
        x.then::<R>("add_public", &[constant::<R>(value, frac)])
    }

    fn mul_public<R: Ring>(x: &Counted, value: f64, frac: u32) -> CountProduct {
        let product = x.then::<R>("mul_public", &[constant::<R>(value, frac)]);
        CountProduct { value: product, reshared: true }
    }

    fn sum_last<R: Ring>(x: &Counted) -> Counted {
        Counted::of::<R>(rows(&x.shape), "sum_last", &[x], &[])
    }

    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &Counted, bits: u32) -> Counted {
        check_narrowing::<R, S>(bits);
        x.then::<R>("narrow", &[S::BITS.into(), bits.into()])
    }

    fn product_shape<R: Ring>(x: &CountProduct) -> &[usize] {
        &x.value.shape
    }

    fn product_of<R: Ring>(x: &Counted) -> CountProduct {
        CountProduct { value: x.clone(), reshared: true }
    }

    fn product_add<R: Ring>(x: &CountProduct, y: &CountProduct) -> CountProduct {
        x.sum::<R>(y, "product_add")
    }

    fn product_sub<R: Ring>(x: &CountProduct, y: &CountProduct) -> CountProduct {
        x.sum::<R>(y, "product_sub")
    }

    fn product_sum_last<R: Ring>(x: &CountProduct) -> CountProduct {
        x.with(Self::sum_last::<R>(&x.value))
    }

    fn product_shift_point<R: Ring>(x: CountProduct, bits: u32) -> CountProduct {
        x.with(Self::shift_point::<R>(&x.value, bits))
    }

    fn product_reshape<R: Ring>(x: &CountProduct, shape: &[usize]) -> CountProduct {
        x.with(Self::reshape::<R>(&x.value, shape))
    }

    fn product_concat<R: Ring>(parts: &[&CountProduct]) -> CountProduct {
        let values: Vec<&Counted> = parts.iter().map(|part| &part.value).collect();
        let value = Self::concat::<R>(&values, 0);
        CountProduct { value, reshared: parts.iter().all(|part| part.reshared) }
    }

    fn prepare<R: Ring>(w: &Counted) -> CountWeight {
        let &[k, n] = w.shape.as_slice() else {
            panic!("a weight has two dimensions, not the shape {:?}", w.shape);
        };
        CountWeight { value: w.clone(), shape: [k, n] }
    }

    fn weight_shape<R: Ring>(w: &CountWeight) -> [usize; 2] {
        w.shape
    }

    // ---- what is counted ----

    fn matmul_weight<R: Ring>(
        &mut self,
        x: &Counted,
        w: &CountWeight,
    ) -> Result<CountProduct, Never> {
        self.matmul::<R>(x, &w.value, false)
    }

    fn matmul<R: Ring>(
        &mut self,
        x: &Counted,
        y: &Counted,
        transposed: bool,
    ) -> Result<CountProduct, Never> {
        let shapes = MatmulShape::of(&x.shape, &y.shape, transposed);
        self.account.matrix_product::<R>(shapes);
        let shape = shapes.result(&x.shape);
        let value = Counted::of::<R>(shape, "matmul", &[x, y], &[transposed.into()]);
        Ok(CountProduct::fresh(self.ran(value)))
    }

    fn mul<R: Ring>(&mut self, x: &Counted, y: &Counted) -> Result<CountProduct, Never> {
        self.account.product::<R>(&x.shape);
        let value = Counted::of::<R>(over(&x.shape, &y.shape), "mul", &[x, y], &[]);
        Ok(CountProduct::fresh(self.ran(value)))
    }

    fn truncate<R: Ring>(&mut self, x: CountProduct, bits: u32) -> Result<Counted, Never> {
        self.account.truncate::<R>(&x.value.shape, bits, x.reshared);
        Ok(self.ran(x.value.then::<R>("truncate", &[bits.into()])))
    }

    fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: CountProduct,
        bits: u32,
    ) -> Result<Counted, Never> {
        self.account.truncate_widen::<R, W>(&x.value.shape, bits, x.reshared);
        Ok(self.ran(x.value.then::<R>("truncate_widen", &[W::BITS.into(), bits.into()])))
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: &Counted,
        up: u32,
    ) -> Result<Counted, Never> {
        self.account.widen::<R, W>(&x.shape, up);
        Ok(self.ran(x.then::<R>("widen", &[W::BITS.into(), up.into()])))
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &Counted,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<Counted>, Never> {
        self.account.step_functions::<R>(&x.shape, frac, steps);
        let table = table::<R>(steps, frac);
        let of = |function: usize| {
            let numbers = [u64::from(frac), function as u64];
            let history = History::step::<R>("step_functions", &[&x.history, &table], &numbers);
            Counted { shape: x.shape.clone(), history }
        };
        Ok((0..steps.functions().len()).map(|function| self.ran(of(function))).collect())
    }

    fn exp2<R: Ring>(&mut self, x: &Counted, frac: u32) -> Result<CountProduct, Never> {
        self.account.exp2::<R>(&x.shape);
        let new = || powers_of_two::Tables::new::<R>(frac).digest();
        let table = *self.powers.entry((R::BITS, frac)).or_insert_with(new);
        let history = History::step::<R>("exp2", &[&x.history, &table], &[frac.into()]);
        let value = Counted { shape: x.shape.clone(), history };
        Ok(CountProduct::fresh(self.ran(value)))
    }

    fn row_maximum<R: Ring>(
        &mut self,
        x: &Counted,
        frac: u32,
        levels: &Levels,
    ) -> Result<Counted, Never> {
        self.account.row_maximum::<R>(&x.shape, frac, levels);
        let scale = Scale::new::<R>(frac, levels);
        let numbers = [scale.low.to_u64(), scale.bits.into(), scale.count.into()];
        Ok(self.ran(Counted::of::<R>(rows(&x.shape), "row_maximum", &[x], &numbers)))
    }

    fn is_negative<R: Ring>(&mut self, x: &Counted, width: u32) -> Result<Counted, Never> {
        self.account.is_negative::<R>(&x.shape, width);
        Ok(self.ran(x.then::<R>("is_negative", &[width.into()])))
    }

    fn bit_shape(x: &Counted) -> &[usize] {
        &x.shape
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &Counted) -> Result<Counted, Never> {
        self.account.bit_to_ring::<R>(&bit.shape);
        Ok(self.ran(bit.then::<R>("bit_to_ring", &[])))
    }

    /// Counts; what would be revealed is not known, and so not a number.
    fn open<R: Ring>(&mut self, x: &Counted, frac: u32) -> Result<ArrayD<f64>, Never> {
        self.account.open::<R>(&x.shape);
        self.ran(x.then::<R>("open", &[frac.into()]));
        Ok(ArrayD::from_elem(IxDyn(&x.shape), f64::NAN))
    }
}
