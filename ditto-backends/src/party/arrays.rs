//! Linear functions of arrays in row-major order: what shares, their components and numbers in the clear have
//! in common.

use std::ops::Range;

use ditto_core::shape::Broadcast;
use ditto_core::{LinearMap, Word};
use ndarray::{ArrayBase, ArrayD, ArrayViewD, Axis, Data, IxDyn, concatenate};

/// The linear function `map` of arrays of words.
pub(crate) fn linear_of_words<W: Word>(
    map: &LinearMap<'_>,
    operands: &[ArrayViewD<'_, W>],
) -> ArrayD<W> {
    let sum = |x: W, y: W| x.wrapping_add(&y);
    linear(map, operands, W::default(), sum, |x, y| x.wrapping_sub(&y))
}

/// The linear function `map` of arrays of numbers.
pub(crate) fn linear_of_numbers(
    map: &LinearMap<'_>,
    operands: &[ArrayViewD<'_, f64>],
) -> ArrayD<f64> {
    linear(map, operands, 0.0, |x, y| x + y, |x, y| x - y)
}

fn linear<T: Copy>(
    map: &LinearMap<'_>,
    operands: &[ArrayViewD<'_, T>],
    zero: T,
    add: impl Fn(T, T) -> T,
    sub: impl Fn(T, T) -> T,
) -> ArrayD<T> {
    let shapes: Vec<&[usize]> = operands.iter().map(|x| x.shape()).collect();
    let shape = map.shape(&shapes);
    let x = &operands[0];
    match map {
        LinearMap::Reshape(_) => array(&shape, elements(x).to_vec()),
        LinearMap::Permute(axes) => permuted(x, axes),
        LinearMap::Slice { axis, range } => sliced(x, *axis, range.clone()),
        LinearMap::Concat { axis } => joined(operands, *axis),
        LinearMap::Add => zipped(x, &operands[1], add),
        LinearMap::Sub => zipped(x, &operands[1], sub),
        LinearMap::SumLast => sum_rows(x, zero, add),
    }
}

/// `f` of every pair of elements, those of `y` broadcast.
pub(crate) fn zipped<T: Copy>(
    x: &ArrayBase<impl Data<Elem = T>, IxDyn>,
    y: &ArrayBase<impl Data<Elem = T>, IxDyn>,
    f: impl Fn(T, T) -> T,
) -> ArrayD<T> {
    let rule = Broadcast::of(x.shape(), y.shape());
    array(x.shape(), rule.zip(elements(x), elements(y), f))
}

/// An array of the given shape in row-major order.
///
/// # Panics
/// If `values` has another length than the shape.
pub(crate) fn array<T>(shape: &[usize], values: Vec<T>) -> ArrayD<T> {
    ArrayD::from_shape_vec(IxDyn(shape), values).expect("as many values as the shape has places")
}

/// The elements in row-major order.
pub(crate) fn elements<T>(array: &ArrayBase<impl Data<Elem = T>, IxDyn>) -> &[T] {
    array.as_slice().expect("arrays are kept in row-major order")
}

/// Sums over the last axis, which stays with length 1.
pub(crate) fn sum_rows<T: Copy>(
    x: &ArrayBase<impl Data<Elem = T>, IxDyn>,
    zero: T,
    add: impl Fn(T, T) -> T,
) -> ArrayD<T> {
    let (mut shape, row) = rows(x.shape());
    if let Some(last) = shape.last_mut() {
        *last = 1;
    }
    let count = shape.iter().product();
    let sums = (0..count)
        .map(|i| elements(x)[i * row..(i + 1) * row].iter().fold(zero, |sum, &v| add(sum, v)))
        .collect();
    array(&shape, sums)
}

fn rows(shape: &[usize]) -> (Vec<usize>, usize) {
    (shape.to_vec(), shape.last().copied().unwrap_or(1))
}

fn permuted<T: Clone>(x: &ArrayBase<impl Data<Elem = T>, IxDyn>, axes: &[usize]) -> ArrayD<T> {
    let view = x.view().permuted_axes(IxDyn(axes));
    let (Some((last, _)), true) = (axes.split_last(), x.len() > 1) else {
        return view.as_standard_layout().into_owned();
    };
    if *last + 1 != axes.len() {
        return view.as_standard_layout().into_owned();
    }
    // The last axis stays where it is: whole rows move.
    let mut out = Vec::with_capacity(x.len());
    for row in view.rows() {
        out.extend_from_slice(row.to_slice().expect("rows are kept in order"));
    }
    array(view.shape(), out)
}

fn sliced<T: Clone>(
    x: &ArrayBase<impl Data<Elem = T>, IxDyn>,
    axis: usize,
    range: Range<usize>,
) -> ArrayD<T> {
    let mut shape = x.shape().to_vec();
    let inner: usize = shape[axis + 1..].iter().product();
    let run = shape[axis] * inner;
    shape[axis] = range.len();
    let mut out = Vec::with_capacity(shape.iter().product());
    if run > 0 {
        for block in elements(x).chunks_exact(run) {
            out.extend_from_slice(&block[range.start * inner..range.end * inner]);
        }
    }
    array(&shape, out)
}

fn joined<T: Clone>(parts: &[ArrayViewD<'_, T>], axis: usize) -> ArrayD<T> {
    row_major(concatenate(Axis(axis), parts).expect("their shapes were checked"))
}

/// The array itself if it is in row-major order, else a copy that is.
fn row_major<T: Clone>(array: ArrayD<T>) -> ArrayD<T> {
    if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() }
}
