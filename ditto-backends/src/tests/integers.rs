//! The truth: what every operation does to integers, without a ring and without shares.

use std::ops::Range;

use ndarray::{ArrayD, Axis, Dimension, IxDyn, Slice, concatenate};

/// A tensor of exact integers.
pub(super) type Integers = ArrayD<i128>;

/// One operation on shares of one ring.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Reshape(Vec<usize>),
    Permute(Vec<usize>),
    Slice(usize, Range<usize>),
    Concat(usize),
    Add,
    Sub,
    Scale(i64),
    Raise(u32),
    ShiftPoint(u32),
    /// Constants as integers at the tensor's scale.
    AddPublic(Integers),
    SumLast,
    /// A product, scaled down by so many bits.
    Product(Product, u32),
    /// The bit x < 0 for values of so many bits, and back to the ring.
    IsNegative(u32),
}

/// How a tensor of products comes about.
#[derive(Clone, Debug)]
pub(super) enum Product {
    /// x seen as a product.
    Of,
    /// x times public integers.
    Public(Integers),
    /// x · y by elements.
    Mul,
    Matmul {
        transposed: bool,
    },
    Weight,
    /// x · y, the products joined with others.
    Then(Step),
}

/// What is done with products before they are scaled down. "Others" are z · w, or z seen as a
/// product where there is no w.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Add,
    Sub,
    SumLast,
    Reshape(Vec<usize>),
    ShiftPoint(u32),
    Concat(usize),
    Permute(Vec<usize>),
    Slice(usize, Range<usize>),
}

/// What an operation gives before the scaling down.
pub(super) struct Truth {
    pub(super) values: Integers,
    /// The fractional bits that the result has more than its first operand.
    pub(super) more_bits: i64,
    /// Whether a share of the result, or an operand of an interactive step, is |x| >= 2^(k-1) for
    /// a share and |x| >= 2^(k-2) for a product.
    pub(super) leaves_range: bool,
}

fn spread(y: &Integers, x: &Integers) -> Integers {
    // numpy's rules, and a right operand of more dimensions if they are all 1.
    let trimmed: Vec<usize> = {
        let extra = y.ndim().saturating_sub(x.ndim());
        y.shape()[extra..].to_vec()
    };
    let y = y.to_shape(IxDyn(&trimmed)).expect("only ones are dropped");
    y.broadcast(x.raw_dim()).expect("the shapes fit").to_owned()
}

pub(super) fn matmul(x: &Integers, y: &Integers, transposed: bool) -> Integers {
    let mut y = y.clone();
    let last = y.ndim();
    if transposed {
        y.swap_axes(last - 1, last - 2);
    }
    let (k, n) = (y.shape()[last - 2], y.shape()[last - 1]);
    let mut shape = x.shape().to_vec();
    *shape.last_mut().expect("matrices have dimensions") = n;
    ArrayD::from_shape_fn(IxDyn(&shape), |index| {
        let index = index.slice().to_vec();
        let (row, column) = index.split_at(index.len() - 1);
        (0..k)
            .map(|l| {
                let left = [row, &[l][..]].concat();
                // The batch dimensions, if the right factor has them.
                let right = [&row[..last - 2], &[l, column[0]]].concat();
                x[IxDyn(&left)] * y[IxDyn(&right)]
            })
            .sum()
    })
}

fn any_beyond(values: &Integers, bits: u32) -> bool {
    values.iter().any(|v| v.unsigned_abs() >= 1 << bits)
}

fn sum_last(x: &Integers) -> Integers {
    match x.ndim() {
        0 => x.clone(),
        d => x.sum_axis(Axis(d - 1)).insert_axis(Axis(d - 1)),
    }
}

fn reshaped(x: &Integers, shape: &[usize]) -> Integers {
    x.to_shape(IxDyn(shape)).expect("as many elements").to_owned()
}

fn joined(parts: &[&Integers], axis: usize) -> Integers {
    let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
    concatenate(Axis(axis), &views).expect("the parts fit")
}

fn product(product: &Product, inputs: &[Integers], k: u32, frac: i64) -> Truth {
    let x = &inputs[0];
    let by_elements = |x: &Integers, y: &Integers| x * &spread(y, x);
    let mut leaves_range = false;
    // Products by elements and of matrices are held to the bound of truncation when they are
    // made, multiples of shares by public values to that of the ring.
    let mut made = |values: Integers, bits: u32| {
        leaves_range |= any_beyond(&values, bits);
        values
    };
    let (values, more_bits) = match product {
        Product::Of => (x.clone(), 0),
        Product::Public(factors) => (made(by_elements(x, factors), k - 1), frac),
        Product::Mul => (made(by_elements(x, &inputs[1]), k - 2), frac),
        Product::Matmul { transposed } => (made(matmul(x, &inputs[1], *transposed), k - 2), frac),
        Product::Weight => (made(matmul(x, &inputs[1], false), k - 2), frac),
        Product::Then(step) => {
            let first = made(by_elements(x, &inputs[1]), k - 2);
            let mut other = || match inputs {
                [_, _, z, w] => made(by_elements(z, w), k - 2),
                _ => inputs[2].clone(),
            };
            match step {
                Step::Add => (&first + &spread(&other(), &first), frac),
                Step::Sub => (&first - &spread(&other(), &first), frac),
                Step::SumLast => (sum_last(&first), frac),
                Step::Reshape(shape) => (reshaped(&first, shape), frac),
                Step::ShiftPoint(bits) => (first, frac + i64::from(*bits)),
                Step::Concat(axis) => (joined(&[&first, &other()], *axis), frac),
                Step::Permute(axes) => (first.permuted_axes(IxDyn(axes)), frac),
                Step::Slice(axis, range) => {
                    (first.slice_axis(Axis(*axis), Slice::from(range.clone())).to_owned(), frac)
                }
            }
        }
    };
    let leaves_range = leaves_range || any_beyond(&values, k - 2);
    Truth { values, more_bits, leaves_range }
}

/// The truth about `op` in a ring of `k` bits, `frac` being the fractional bits of the operands.
pub(super) fn evaluate(op: &Op, inputs: &[Integers], k: u32, frac: i64) -> Truth {
    let x = &inputs[0];
    let mut more_bits = 0;
    let values = match op {
        Op::Reshape(shape) => reshaped(x, shape),
        Op::Permute(axes) => x.clone().permuted_axes(IxDyn(axes)),
        Op::Slice(axis, range) => x.slice_axis(Axis(*axis), Slice::from(range.clone())).to_owned(),
        Op::Concat(axis) => joined(&inputs.iter().collect::<Vec<_>>(), *axis),
        Op::Add => x + &spread(&inputs[1], x),
        Op::Sub => x - &spread(&inputs[1], x),
        Op::Scale(factor) => x.mapv(|v| v * *factor as i128),
        Op::Raise(bits) => {
            more_bits = i64::from(*bits);
            x.mapv(|v| v << bits)
        }
        Op::ShiftPoint(bits) => {
            more_bits = i64::from(*bits);
            x.clone()
        }
        Op::AddPublic(values) => x + &spread(values, x),
        Op::SumLast => sum_last(x),
        Op::IsNegative(width) => {
            let values = x.mapv(|v| i128::from(v < 0));
            let leaves_range = any_beyond(x, width - 1);
            return Truth { values, more_bits: -frac, leaves_range };
        }
        Op::Product(how, _) => return product(how, inputs, k, frac),
    };
    let leaves_range = any_beyond(&values, k - 1);
    Truth { values, more_bits, leaves_range }
}

/// The representative of `value` mod 2^k in -2^(k-1)..2^(k-1).
pub(super) fn wrapped(value: i128, k: u32) -> i128 {
    value << (128 - k) >> (128 - k)
}
