//! Random shapes, values and operations.

use std::ops::Range;

use ndarray::{ArrayD, IxDyn};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseError, TestRunner};

use super::integers::{Integers, Op, Product, Step};

/// One random test: an operation, its operands, and the seed of all other randomness.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) op: Op,
    pub(super) inputs: Vec<Integers>,
    pub(super) seed: u64,
}

/// Holds `test` to be true of `cases` values of the strategy. A value that fails is kept in the
/// folder at the root of the workspace, and tried first from then on.
pub(super) fn property<S: Strategy>(
    name: &'static str,
    cases: u32,
    strategy: S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    // The folder is one for the whole workspace, and a file one for each property.
    let path = Box::leak(format!("../proptest-regressions/{name}.txt").into_boxed_str());
    let config = ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(path))),
        cases,
        ..Default::default()
    };
    if let Err(failure) = TestRunner::new(config).run(&strategy, test) {
        panic!("{name}: {failure}");
    }
}

/// From no element to a few words of bits.
pub(super) fn shape() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![]),
        Just(vec![0]),
        Just(vec![1]),
        vec(1..150usize, 1),
        vec(0..7usize, 2),
        vec(1..5usize, 3),
    ]
}

/// |x| < `limit`, with the ends of the range, 0 and one unit more often than chance has them.
pub(super) fn value(limit: i128) -> BoxedStrategy<i128> {
    let end = limit - 1;
    if end == 0 {
        return Just(0).boxed();
    }
    let near = end.min(1);
    prop_oneof![
        6 => -end..=end,
        1 => prop_oneof![Just(-end), Just(end)],
        1 => -near..=near,
    ]
    .boxed()
}

pub(super) fn tensor(shape: Vec<usize>, limit: i128) -> impl Strategy<Value = Integers> {
    let n = shape.iter().product::<usize>();
    vec(value(limit), n).prop_map(move |values| {
        ArrayD::from_shape_vec(IxDyn(&shape), values).expect("as many values as places")
    })
}

/// A shape that repeats over `shape` by one of the three rules.
fn repeats_over(shape: &[usize]) -> impl Strategy<Value = Vec<usize>> + use<> {
    let shape = shape.to_vec();
    (0..4u8, 0..=shape.len()).prop_map(move |(rule, from)| match (rule, shape.split_last()) {
        (0, _) => shape.clone(),
        // One element a row.
        (1, Some((_, rows))) => [rows, &[1]].concat(),
        // The last dimensions, with or without ones before them.
        (2, _) => [&vec![1; from], &shape[from..]].concat(),
        _ => shape[from..].to_vec(),
    })
}

/// A case from its operation and operands.
fn case(op: Op, inputs: impl Strategy<Value = Vec<Integers>>) -> impl Strategy<Value = Case> {
    (inputs, any::<u64>()).prop_map(move |(inputs, seed)| Case { op: op.clone(), inputs, seed })
}

fn one(shape: &[usize], limit: i128) -> impl Strategy<Value = Vec<Integers>> + use<> {
    tensor(shape.to_vec(), limit).prop_map(|x| vec![x])
}

fn two(
    x: &[usize],
    y: &[usize],
    limits: [i128; 2],
) -> impl Strategy<Value = Vec<Integers>> + use<> {
    let both = (tensor(x.to_vec(), limits[0]), tensor(y.to_vec(), limits[1]));
    both.prop_map(|(x, y)| vec![x, y])
}

/// Changes of layout, of values below `limit`.
pub(super) fn layout(limit: i128) -> impl Strategy<Value = Case> {
    shape().prop_flat_map(move |shape| {
        let d = shape.len();
        let n = shape.iter().product::<usize>();
        let reshape = Just(vec![n, 1, 1]).prop_shuffle().prop_map(Op::Reshape);
        let permute = Just((0..d).collect::<Vec<_>>()).prop_shuffle().prop_map(Op::Permute);
        let axis = 0..d.max(1);
        let (of_slice, of_concat) = (shape.clone(), axis.clone().prop_map(Op::Concat));
        let slice = (axis, any::<[prop::sample::Index; 2]>()).prop_map(move |(axis, ends)| {
            let length = of_slice.get(axis).map_or(1, |l| l + 1);
            let [a, b] = ends.map(|end| end.index(length));
            Op::Slice(axis, Range { start: a.min(b), end: a.max(b) })
        });
        let op = match d {
            0 => reshape.boxed(),
            _ => prop_oneof![reshape, permute, slice, of_concat].boxed(),
        };
        op.prop_flat_map(move |op| {
            let parts = if matches!(op, Op::Concat(_)) { 1..4usize } else { 1..2 };
            let axis = if let Op::Concat(axis) = op { axis } else { 0 };
            let part = {
                let shape = shape.clone();
                let resize = matches!(op, Op::Concat(_));
                (0..4usize).prop_flat_map(move |length| {
                    let mut shape = shape.clone();
                    if resize {
                        shape[axis] = length;
                    }
                    tensor(shape, limit)
                })
            };
            case(op, vec(part, parts))
        })
    })
}

/// Local arithmetic of values below 2^bits, in a ring of `k` bits: it may wrap.
pub(super) fn linear(k: u32, bits: u32) -> impl Strategy<Value = Case> {
    let limit = 1 << bits;
    let constant = prop_oneof![-9..9i64, -1i64 << 52..1 << 52].prop_map(move |v| {
        // Exact as a real number, and within the ring.
        if k < 54 { v % (1 << (k - 2)) } else { v }
    });
    let op = prop_oneof![
        Just(Op::Add),
        Just(Op::Sub),
        prop_oneof![-9..9i64, any::<i64>()].prop_map(Op::Scale),
        prop_oneof![0..6u32, 0..k].prop_map(Op::Raise),
        (0..5u32).prop_map(Op::ShiftPoint),
        Just(Op::SumLast),
    ];
    let local = (op, shape()).prop_flat_map(move |(op, shape)| {
        if matches!(op, Op::Add | Op::Sub) {
            let op = op.clone();
            let pair = repeats_over(&shape)
                .prop_flat_map(move |y| case(op.clone(), two(&shape, &y, [limit; 2])));
            pair.boxed()
        } else {
            case(op, one(&shape, limit)).boxed()
        }
    });
    let public = shape().prop_flat_map(move |shape| {
        let values = public(&shape, constant.clone());
        values.prop_flat_map(move |values| case(Op::AddPublic(values), one(&shape, limit)))
    });
    prop_oneof![6 => local, 1 => public]
}

/// Public integers that repeat over `shape`.
fn public(
    shape: &[usize],
    value: impl Strategy<Value = i64> + Clone + 'static,
) -> BoxedStrategy<Integers> {
    repeats_over(shape)
        .prop_flat_map(move |shape| {
            let n = shape.iter().product::<usize>();
            vec(value.clone().prop_map(i128::from), n).prop_map(move |values| {
                ArrayD::from_shape_vec(IxDyn(&shape), values).expect("as many values as places")
            })
        })
        .boxed()
}

/// Products of all kinds, made and joined in all ways, in a ring of `k` bits. `room` is how many
/// bits the sums of products have, and `cut` by how many they are scaled down.
pub(super) fn products(
    k: u32,
    room: u32,
    cut: impl Strategy<Value = u32>,
) -> impl Strategy<Value = Case> {
    let most = k - 1;
    let kind = 0..13u8;
    let matrices = (0..4usize, 0..4usize, 0..9usize, 0..4usize);
    (kind, shape(), matrices, 2..most.min(room - 2), cut).prop_flat_map(
        move |(kind, shape, (batch, m, inner, n), left, cut)| {
            // 2^left · 2^right · inner · 2 < 2^room.
            let inner_bits = usize::BITS - inner.max(1).leading_zeros();
            let right = room.saturating_sub(left + inner_bits + 1).min(most);
            let (x_limit, y_limit) = (1i128 << left, 1i128 << right);
            let limits = [x_limit, y_limit];
            let product = |product| Op::Product(product, cut);
            let matrix =
                |x: &[usize], y: &[usize], how| case(product(how), two(x, y, limits)).boxed();
            let factor = i64::try_from(y_limit - 1).unwrap_or(i64::MAX).min(1 << 52);
            let step = |step: Step, shape: Vec<usize>, others: usize| {
                let op = product(Product::Then(step));
                let y = repeats_over(&shape);
                y.prop_flat_map(move |y| {
                    let z = tensor(
                        shape.clone(),
                        if others == 1 { 1 << most.min(room - 2) } else { x_limit },
                    );
                    let w = tensor(shape.clone(), y_limit);
                    let first = two(&shape, &y, limits);
                    let inputs = (first, z, w).prop_map(move |(mut inputs, z, w)| {
                        inputs.extend([z, w].into_iter().take(others));
                        inputs
                    });
                    case(op.clone(), inputs)
                })
                .boxed()
            };
            let count = shape.iter().product::<usize>();
            match kind {
                0 => case(product(Product::Of), one(&shape, 1 << most.min(room))).boxed(),
                1 => public(&shape, -factor..=factor)
                    .prop_flat_map(move |factors| {
                        let op = Op::Product(Product::Public(factors), cut);
                        case(op, one(&shape, x_limit))
                    })
                    .boxed(),
                2 => repeats_over(&shape)
                    .prop_flat_map(move |y| {
                        case(Op::Product(Product::Mul, cut), two(&shape, &y, limits))
                    })
                    .boxed(),
                3 => matrix(&[m, inner], &[inner, n], Product::Matmul { transposed: false }),
                4 => matrix(
                    &[batch, m, inner],
                    &[batch, n, inner],
                    Product::Matmul { transposed: true },
                ),
                5 => matrix(&[batch, m, inner], &[inner, n], Product::Weight),
                6 => step(Step::Add, shape, 1 + usize::from(left % 2 == 0)),
                7 => step(Step::Sub, shape, 1 + usize::from(left % 2 == 0)),
                8 => step(Step::SumLast, [vec![batch], vec![inner]].concat(), 0),
                9 => step(Step::Reshape(vec![1, count]), shape, 0),
                _ if shape.is_empty() => step(Step::ShiftPoint(3), shape, 0),
                10 => {
                    let axis = left as usize % shape.len();
                    step(Step::Concat(axis), shape, 1 + usize::from(left % 2 == 0))
                }
                11 => step(Step::Permute((0..shape.len()).rev().collect()), shape, 0),
                _ => {
                    let axis = left as usize % shape.len();
                    let length = shape[axis];
                    step(Step::Slice(axis, length / 3..length), shape, 0)
                }
            }
        },
    )
}

/// Signs of values of `width` bits.
pub(super) fn signs(k: u32) -> impl Strategy<Value = Case> {
    (shape(), prop_oneof![1..=k, Just(k), Just(k - 1)])
        .prop_flat_map(|(shape, width)| case(Op::IsNegative(width), one(&shape, 1 << (width - 1))))
}
