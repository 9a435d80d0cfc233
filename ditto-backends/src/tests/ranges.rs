//! What `Sim` refuses: for each operation a value just inside its range passes, and one just
//! outside is an error that names the layer, the operation, the value and the bound.

use ditto_core::fixed::exp2;
use ditto_core::{Backend, Linear, Ring, Z32, Z64};
use ndarray::{arr0, arr1};

use super::integers::Integers;
use crate::Sim;
use crate::clear::sim::{Fault, SimError, SimShare};

const FRAC: u32 = 8;
const LAYER: &str = "encoder 3/softmax";

fn share<R: Ring>(values: &[i128]) -> SimShare<R> {
    let x: Integers = arr1(values).into_dyn();
    SimShare { frac: FRAC, ..super::rig::sim_share(&x) }
}

/// Runs `body` in the scopes of [`LAYER`].
fn in_layer<T>(body: impl FnOnce(&mut Sim) -> Result<T, SimError>) -> Result<T, SimError> {
    Sim::new(1).scope("encoder 3", |cx| cx.scope("softmax", body))
}

/// `operation` is given integers: the first that is outside and the last that is inside, on both
/// sides of zero. `value` is what the operation makes of an integer, at `frac` fractional bits,
/// and `bits` its bound.
fn refuses<T>(
    operation: &str,
    bits: u32,
    frac: u32,
    [inside, outside]: [i128; 2],
    value: impl Fn(i128) -> i128,
    body: impl Fn(&mut Sim, i128) -> Result<T, SimError>,
) {
    for sign in [1, -1] {
        assert!(value(inside).unsigned_abs() < 1 << bits, "the test's own value for {operation}");
        assert!(value(outside).unsigned_abs() >= 1 << bits, "the test's own value for {operation}");
        if let Err(error) = in_layer(|cx| body(cx, sign * inside)) {
            panic!("{operation}: {error}");
        }
        let Err(error) = in_layer(|cx| body(cx, sign * outside)) else {
            panic!("{operation} accepts {}", sign * outside);
        };
        let expected = value(sign * outside) as f64 / exp2(frac);
        let bound = exp2(bits) / exp2(frac);
        let Fault { operation: named, value, bound: given, count, .. } = &error.fault;
        assert_eq!((error.layer.as_str(), *named), (LAYER, operation));
        assert_eq!((*value, *given, *count), (expected, bound, 1), "{operation}");
        let text = error.to_string();
        for part in [LAYER, operation, &format!("{expected:.6}"), &format!("{bound}")] {
            assert!(text.contains(part), "`{part}` is missing in: {text}");
        }
    }
}

fn same(x: i128) -> i128 {
    x
}

/// Interactive operations check their operands, local ones mark their result for the next
/// interactive one.
fn ring<R: Ring>() {
    let k = R::BITS;
    let edge = |bits: u32| [(1i128 << bits) - 1, 1 << bits];
    let open = |cx: &mut Sim, x: &SimShare<R>| cx.open(x, x.frac);
    // A second element, which is in range: it is not counted.
    let x = |v: i128| share::<R>(&[v, 1]);

    refuses("truncation", k - 2, FRAC, edge(k - 2), same, |cx, v| {
        cx.truncate(Sim::product_of(&x(v)), 3)
    });
    refuses("comparison", 12, FRAC, edge(12), same, |cx, v| cx.is_negative(&x(v), 13));
    refuses(
        "product",
        k - 2,
        2 * FRAC,
        [(1 << (k / 2 - 2)) - 1, 1 << (k / 2 - 2)],
        |v| v * (1 << (k / 2)),
        |cx, v| cx.mul(&x(v), &share::<R>(&[1 << (k / 2)])),
    );
    let half = [(1i128 << (k - 3)) - 1, 1 << (k - 3)];
    refuses(
        "matrix product",
        k - 2,
        2 * FRAC,
        [1 << (k - 4), 1 << (k - 3)],
        |v| 2 * v,
        |cx, v| {
            let left = Linear::reshape(&share::<R>(&[v, v]), &[1, 2]);
            cx.matmul(&left, &Linear::reshape(&share::<R>(&[1, 1]), &[2, 1]), false)
        },
    );
    refuses(
        "matrix product",
        k - 2,
        2 * FRAC,
        [1 << (k - 4), 1 << (k - 3)],
        |v| 2 * v,
        |cx, v| {
            let left = Linear::reshape(&share::<R>(&[v, v]), &[1, 2]);
            let weight = cx.prepare(&Linear::reshape(&share::<R>(&[1, 1]), &[2, 1]))?;
            cx.matmul_weight(&left, &weight)
        },
    );
    // The sum of two products, each of which is in range.
    refuses(
        "truncation",
        k - 2,
        2 * FRAC,
        half,
        |v| 2 * v,
        |cx, v| {
            let product = cx.mul(&x(v), &share::<R>(&[1]))?;
            cx.truncate(product.add(&product), 3)
        },
    );

    let half = [(1i128 << (k - 2)) - 1, 1 << (k - 2)];
    refuses("addition", k - 1, FRAC, half, |v| 2 * v, |cx, v| open(cx, &Linear::add(&x(v), &x(v))));
    refuses(
        "addition",
        k - 1,
        FRAC,
        half,
        |v| 2 * v,
        |cx, v| open(cx, &Linear::sub(&x(v), &Sim::scale(&x(v), -1))),
    );
    refuses(
        "integer multiple",
        k - 1,
        FRAC,
        half,
        |v| -2 * v,
        |cx, v| open(cx, &Sim::scale(&x(v), -2)),
    );
    refuses("raise", k - 1, FRAC + 1, half, |v| 2 * v, |cx, v| open(cx, &Sim::raise(&x(v), 1)));
    refuses(
        "sum",
        k - 1,
        FRAC,
        half,
        |v| 2 * v,
        |cx, v| {
            let rows = Linear::reshape(&share::<R>(&[v, v, 1, 1]), &[2, 2]);
            open(cx, &rows.sum_last())
        },
    );
    let quarter = exp2(k - 2) / exp2(FRAC);
    refuses(
        "addition of a constant",
        k - 1,
        FRAC,
        half,
        |v| v + v.signum() * (1 << (k - 2)),
        |cx, v| {
            let constant = quarter * v.signum() as f64;
            open(cx, &Sim::add_public(&share::<R>(&[v]), &arr0(constant).into_dyn(), FRAC))
        },
    );
    refuses(
        "multiplication by a constant",
        k - 1,
        2 * FRAC,
        half,
        |v| 2 * v,
        |cx, v| {
            cx.truncate(Sim::mul_public(&x(v), &arr0(2.0 / exp2(FRAC)).into_dyn(), FRAC), 1)
                .or_else(|error| {
                    match error.fault.operation {
                        // In range as a share, if not as a product.
                        "truncation" => Ok(x(0)),
                        _ => Err(error),
                    }
                })
        },
    );
    refuses("declared range", 20, FRAC, edge(20), same, |cx, v| {
        let bound = exp2(20 - FRAC);
        // A range has its lower end inside, and this one is symmetric.
        let above = 1.0 / exp2(FRAC) - bound;
        cx.declare_range(&x(v), FRAC, above..bound).map_err(|mut error| {
            error.fault.bound = error.fault.bound.abs().max(bound);
            error
        })
    });
}

#[test]
fn values_just_outside_are_refused_in_z32() {
    ring::<Z32>();
}

#[test]
fn values_just_outside_are_refused_in_z64() {
    ring::<Z64>();
}

/// Terms far beyond the ring that cancel to a sum within it, and others that come close to that in f64
/// but are a multiple of 2^64 away.
#[test]
fn sums_of_large_products_that_cancel_are_told_from_those_that_do_not() {
    let (m, n) = (0x0123_4567_89ab_cdef_i128, 0x0fed_cba9_8765_4321_i128);
    let product = |left: &[i128], right: &[i128]| {
        let k = left.len();
        in_layer(|cx| {
            let left = Linear::reshape(&share::<Z64>(left), &[1, k]);
            let right = Linear::reshape(&share::<Z64>(right), &[k, 1]);
            let prepared = cx.prepare(&right)?;
            let weight = cx.matmul_weight(&left, &prepared)?;
            let matrices = cx.matmul(&left, &right, false)?;
            let [a, b] = [weight, matrices].map(|product| product.value.elements().to_vec());
            assert_eq!(a, b);
            Ok(a[0])
        })
    };
    let cancelling = product(&[3 * m, -m, 7], &[n, 3 * n, 11]);
    assert_eq!(cancelling.expect("a sum of 77"), 77);
    // 77 in the ring, and within what f64 loses of terms of this size.
    let wrapped = product(&[3 * m, -m, 1 << 32, 7], &[n, 3 * n, 1 << 32, 11]);
    let fault = wrapped.expect_err("a sum of 2^64 + 77").fault;
    assert_eq!((fault.operation, fault.value), ("matrix product", exp2(64) / exp2(2 * FRAC)));
}

#[test]
fn conversions_refuse_values_just_outside() {
    let edge = |bits: u32| [(1i128 << bits) - 1, 1 << bits];
    refuses("widening", 30, FRAC, edge(30), same, |cx, v| {
        cx.widen::<Z32, Z64>(&share(&[v, 1]), 10)
    });
    // What fits the narrow ring and not the wide one after the scale-up.
    refuses(
        "widening",
        63,
        FRAC + 40,
        edge(23),
        |v| v << 40,
        |cx, v| cx.widen::<Z32, Z64>(&share(&[v, 1]), 40),
    );
    refuses("narrow", 35, FRAC, edge(35), same, |cx, v| {
        let narrow = Sim::narrow::<Z64, Z32>(&share(&[v, 1]), 5);
        cx.open(&narrow, narrow.frac)
    });
}

type Local = fn(&SimShare<Z32>, &SimShare<Z32>) -> SimShare<Z32>;
type Interactive = fn(&mut Sim, &SimShare<Z32>) -> Result<(), SimError>;

/// A mark survives whatever is done to the tensor, and the first is the one reported.
#[test]
fn a_mark_survives_until_an_interactive_operation() {
    let marked = || {
        let x = share::<Z32>(&[1 << 30, 1]);
        x.add(&x)
    };
    let small = || share::<Z32>(&[1, 1]);
    let after: [(&str, Local); 10] = [
        ("reshape", |x, _| x.reshape(&[2, 1])),
        ("permute", |x, _| x.permute(&[0])),
        ("slice", |x, _| x.slice(0, 1..2)),
        ("concat", |x, y| Linear::concat(&[y, x], 0)),
        ("add", |x, y| y.add(x)),
        ("sub", |x, y| y.sub(x)),
        ("scale", |x, _| Sim::scale(x, 1 << 20)),
        ("shift_point", |x, _| Linear::shift_point(x.clone(), 1)),
        ("sum_last", |x, _| x.sum_last()),
        ("raise", |x, _| Sim::raise(x, 20)),
    ];
    for (name, step) in after {
        let x = step(&marked(), &small());
        let error = in_layer(|cx| cx.open(&x, 0)).expect_err(name);
        assert_eq!(error.fault.operation, "addition", "after {name}");
    }
    let uses: [(&str, Interactive); 7] = [
        ("mul", |cx, x| cx.mul(&share(&[0, 0]), x).map(drop)),
        ("truncate", |cx, x| cx.truncate(Sim::product_of(x), 1).map(drop)),
        ("widen", |cx, x| cx.widen::<Z32, Z64>(x, 1).map(drop)),
        ("is_negative", |cx, x| cx.is_negative(x, 32).map(drop)),
        ("declare", |cx, x| cx.declare_range(x, x.frac, -1.0..1.0)),
        ("narrow", |cx, x| {
            let x = SimShare::<Z64> { mark: x.mark.clone(), ..share(&[0]) };
            cx.open(&Sim::narrow::<Z64, Z32>(&x, 1), 0).map(drop)
        }),
        ("matmul_weight", |cx, x| {
            let weight = cx.prepare(&x.reshape(&[1, 2]))?;
            cx.matmul_weight(&Linear::reshape(&share(&[0]), &[1, 1]), &weight).map(drop)
        }),
    ];
    for (name, step) in uses {
        let error = in_layer(|cx| step(cx, &marked())).expect_err(name);
        assert_eq!((error.fault.operation, error.layer.as_str()), ("addition", LAYER), "{name}");
    }
}

/// A local operation knows no simulation, and the next one that talks may be in another layer.
#[test]
fn a_local_fault_is_reported_where_it_came_about() {
    fn computed(cx: &mut Sim) -> Result<SimShare<Z32>, SimError> {
        cx.scope("first", |cx| cx.truncate(Sim::product_of(&share(&[1 << 29, 1])), 0))
    }
    let quadrupled: [(&str, Local); 4] = [
        ("with itself", |x, _| x.add(x).add(&x.add(x))),
        ("beside what an owner has shared", |x, shared| shared.add(&x.add(x)).add(&x.add(x))),
        ("after a change of layout", |x, _| {
            let x = Linear::slice(&x.reshape(&[1, 2]), 1, 0..1);
            Sim::scale(&x, 4)
        }),
        ("joined", |x, shared| Linear::concat(&[shared, &Sim::raise(x, 2)], 0)),
    ];
    for (what, local) in quadrupled {
        let mut cx = Sim::new(1);
        let x = computed(&mut cx).expect("in range");
        let inside = |cx: &mut Sim| cx.scope("inner", |_| Ok(local(&x, &share(&[0, 0]))));
        let y = cx.scope("second", inside).expect("local operations report nothing");
        let error = cx.scope("third", |cx| cx.open(&y, 0)).expect_err(what);
        assert_eq!(error.layer, "second/inner", "{what}");
        // Where it talks, and outside of all scopes.
        let x = computed(&mut cx).expect("in range");
        let error = cx.scope("third", |cx| cx.open(&local(&x, &share(&[0, 0])), 0));
        assert_eq!(error.expect_err(what).layer, "third", "{what}");
        let y = local(&x, &share(&[0, 0]));
        let error = cx.scope("third", |cx| cx.open(&y, 0)).expect_err(what);
        assert_eq!(error.layer, "top level", "{what}");
    }
    let mut cx = Sim::new(1);
    let x: SimShare<Z64> = cx.truncate(Sim::product_of(&share(&[1 << 40])), 0).expect("in range");
    let y = cx.scope("second", |_| Ok(Sim::narrow::<Z64, Z32>(&x, 5))).expect("local");
    let error = cx.scope("third", |cx| cx.open(&y, 0)).expect_err("2^40 does not fit");
    assert_eq!((error.layer.as_str(), error.fault.operation), ("second", "narrow"));
}
