//! [`Backend`] for [`Count`]: the shape that each operation gives, and the line that it writes.

use std::ops::Range;

use ditto_core::shape::{Broadcast, MatmulShape};
use ditto_core::{Backend, Levels, NarrowerThan, Ring, StepFunctions, Trace};
use ndarray::{ArrayD, IxDyn};

use super::{Count, CountProduct, Never};
use crate::shares::check_narrowing;

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

impl CountProduct {
    /// A product that no party has resent yet.
    fn fresh(shape: Vec<usize>) -> Self {
        Self { shape, reshared: false }
    }

    /// The same kind of product under another shape.
    fn with(&self, shape: Vec<usize>) -> Self {
        Self { shape, reshared: self.reshared }
    }
}

#[diagnostic::do_not_recommend]
impl Backend for Count {
    type Share<R: Ring> = Vec<usize>;
    type Product<R: Ring> = CountProduct;
    type Weight<R: Ring> = [usize; 2];
    type Bit = Vec<usize>;
    type Error = Never;

    const NAME: &'static str = "count";

    fn trace(&mut self) -> &mut Trace {
        &mut self.account.trace
    }

    // ---- local: shapes ----

    fn shape<R: Ring>(x: &Vec<usize>) -> &[usize] {
        x
    }

    fn reshape<R: Ring>(x: &Vec<usize>, shape: &[usize]) -> Vec<usize> {
        reshaped(x, shape)
    }

    fn permute<R: Ring>(x: &Vec<usize>, axes: &[usize]) -> Vec<usize> {
        axes.iter().map(|&axis| x[axis]).collect()
    }

    fn slice<R: Ring>(x: &Vec<usize>, axis: usize, range: Range<usize>) -> Vec<usize> {
        assert!(range.start <= range.end && range.end <= x[axis], "{range:?} of axis {axis}");
        let mut shape = x.clone();
        shape[axis] = range.len();
        shape
    }

    fn concat<R: Ring>(parts: &[&Vec<usize>], axis: usize) -> Vec<usize> {
        joined(parts.iter().map(|part| part.as_slice()), axis)
    }

    fn add<R: Ring>(x: &Vec<usize>, y: &Vec<usize>) -> Vec<usize> {
        over(x, y)
    }

    fn sub<R: Ring>(x: &Vec<usize>, y: &Vec<usize>) -> Vec<usize> {
        over(x, y)
    }

    fn scale<R: Ring>(x: &Vec<usize>, _: i64) -> Vec<usize> {
        x.clone()
    }

    fn raise<R: Ring>(x: &Vec<usize>, _: u32) -> Vec<usize> {
        x.clone()
    }

    fn shift_point<R: Ring>(x: &Vec<usize>, _: u32) -> Vec<usize> {
        x.clone()
    }

    fn add_public<R: Ring>(x: &Vec<usize>, _: f64, _: u32) -> Vec<usize> {
        x.clone()
    }

    fn mul_public<R: Ring>(x: &Vec<usize>, _: f64, _: u32) -> CountProduct {
        Self::product_of::<R>(x)
    }

    fn sum_last<R: Ring>(x: &Vec<usize>) -> Vec<usize> {
        rows(x)
    }

    fn narrow<R: Ring, S: NarrowerThan<R>>(x: &Vec<usize>, bits: u32) -> Vec<usize> {
        check_narrowing::<R, S>(bits);
        x.clone()
    }

    fn product_shape<R: Ring>(x: &CountProduct) -> &[usize] {
        &x.shape
    }

    fn product_of<R: Ring>(x: &Vec<usize>) -> CountProduct {
        CountProduct { shape: x.clone(), reshared: true }
    }

    fn product_add<R: Ring>(x: &CountProduct, y: &CountProduct) -> CountProduct {
        CountProduct { shape: over(&x.shape, &y.shape), reshared: x.reshared && y.reshared }
    }

    fn product_sub<R: Ring>(x: &CountProduct, y: &CountProduct) -> CountProduct {
        Self::product_add::<R>(x, y)
    }

    fn product_sum_last<R: Ring>(x: &CountProduct) -> CountProduct {
        x.with(rows(&x.shape))
    }

    fn product_shift_point<R: Ring>(x: CountProduct, _: u32) -> CountProduct {
        x
    }

    fn product_reshape<R: Ring>(x: &CountProduct, shape: &[usize]) -> CountProduct {
        x.with(reshaped(&x.shape, shape))
    }

    fn product_concat<R: Ring>(parts: &[&CountProduct]) -> CountProduct {
        CountProduct {
            shape: joined(parts.iter().map(|part| part.shape.as_slice()), 0),
            reshared: parts.iter().all(|part| part.reshared),
        }
    }

    fn prepare<R: Ring>(w: &Vec<usize>) -> [usize; 2] {
        let &[k, n] = w.as_slice() else {
            panic!("a weight has two dimensions, not the shape {w:?}");
        };
        [k, n]
    }

    fn weight_shape<R: Ring>(w: &[usize; 2]) -> [usize; 2] {
        *w
    }

    // ---- what is counted ----

    fn matmul_weight<R: Ring>(
        &mut self,
        x: &Vec<usize>,
        w: &[usize; 2],
    ) -> Result<CountProduct, Never> {
        self.matmul::<R>(x, &w.to_vec(), false)
    }

    fn matmul<R: Ring>(
        &mut self,
        x: &Vec<usize>,
        y: &Vec<usize>,
        transposed: bool,
    ) -> Result<CountProduct, Never> {
        let shapes = MatmulShape::of(x, y, transposed);
        self.account.matrix_product::<R>(shapes);
        Ok(CountProduct::fresh(shapes.result(x)))
    }

    fn mul<R: Ring>(&mut self, x: &Vec<usize>, y: &Vec<usize>) -> Result<CountProduct, Never> {
        self.account.product::<R>(x);
        Ok(CountProduct::fresh(over(x, y)))
    }

    fn truncate<R: Ring>(&mut self, x: CountProduct, bits: u32) -> Result<Vec<usize>, Never> {
        self.account.truncate::<R>(&x.shape, bits, x.reshared);
        Ok(x.shape)
    }

    fn truncate_widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: CountProduct,
        bits: u32,
    ) -> Result<Vec<usize>, Never> {
        self.account.truncate_widen::<R, W>(&x.shape, bits, x.reshared);
        Ok(x.shape)
    }

    fn widen<R: NarrowerThan<W>, W: Ring>(
        &mut self,
        x: &Vec<usize>,
        up: u32,
    ) -> Result<Vec<usize>, Never> {
        self.account.widen::<R, W>(x, up);
        Ok(x.clone())
    }

    fn step_functions<R: Ring>(
        &mut self,
        x: &Vec<usize>,
        frac: u32,
        steps: &StepFunctions,
    ) -> Result<Vec<Vec<usize>>, Never> {
        self.account.step_functions::<R>(x, frac, steps);
        Ok(vec![x.clone(); steps.functions().len()])
    }

    fn exp2<R: Ring>(&mut self, x: &Vec<usize>, _: u32) -> Result<CountProduct, Never> {
        self.account.exp2::<R>(x);
        Ok(CountProduct::fresh(x.clone()))
    }

    fn row_maximum<R: Ring>(
        &mut self,
        x: &Vec<usize>,
        frac: u32,
        levels: &Levels,
    ) -> Result<Vec<usize>, Never> {
        self.account.row_maximum::<R>(x, frac, levels);
        Ok(rows(x))
    }

    fn is_negative<R: Ring>(&mut self, x: &Vec<usize>, width: u32) -> Result<Vec<usize>, Never> {
        self.account.is_negative::<R>(x, width);
        Ok(x.clone())
    }

    fn bit_shape(x: &Vec<usize>) -> &[usize] {
        x
    }

    fn bit_to_ring<R: Ring>(&mut self, bit: &Vec<usize>) -> Result<Vec<usize>, Never> {
        self.account.bit_to_ring::<R>(bit);
        Ok(bit.clone())
    }

    /// Counts; what would be revealed is not known, and so not a number.
    fn open<R: Ring>(&mut self, x: &Vec<usize>, _: u32) -> Result<ArrayD<f64>, Never> {
        self.account.open::<R>(x);
        Ok(ArrayD::from_elem(IxDyn(x), f64::NAN))
    }
}
