//! Bounds of rows' maxima on all backends, against maxima of exact integers, and that `Sim`'s
//! account is `Rep3`'s.

use ditto_core::fixed::exp2;
use ditto_core::{Backend, Levels, Ring, Source, Z32, Z64};
use ndarray::{ArrayD, IxDyn, arr2};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestCaseError;

use super::cases::property;
use super::integers::Integers;
use super::rig::{
    FRAC, Program, merged_report, on_additive, on_nodes, on_rep3, on_sim, sim_report, sim_share,
};
use crate::clear::count::CountSource;
use crate::clear::plain::PlainShare;
use crate::clear::sim::Fault;
use crate::{Count, Plain, Sim, additive};

/// A scale in units, as [`Levels`] has it in real numbers.
#[derive(Clone, Copy, Debug)]
struct Scale {
    low: i128,
    bits: u32,
    count: u32,
}

impl Scale {
    fn step(self) -> i128 {
        1 << self.bits
    }

    /// Where values lie.
    fn end(self) -> i128 {
        self.low + i128::from(self.count - 1) * self.step()
    }

    fn levels(self) -> Levels {
        let real = |units: i128| units as f64 / exp2(FRAC);
        Levels { low: real(self.low), step: real(self.step()), count: self.count }
    }
}

/// One bound, after others of the same, so that the roles fall to the parties in all three ways.
#[derive(Clone, Debug)]
struct Maximum {
    scale: Scale,
    earlier: u8,
}

impl<R: Ring> Program<R> for Maximum {
    fn run<B: Backend>(&self, cx: &mut B, inputs: &[B::Share<R>]) -> Result<B::Share<R>, B::Error> {
        let levels = self.scale.levels();
        for _ in 0..self.earlier {
            cx.row_maximum(&inputs[0], FRAC, &levels)?;
        }
        cx.row_maximum(&inputs[0], FRAC, &levels)
    }
}

/// Holds every result to be a level with max - `below`·step < m <= max.
fn bounds(
    backend: &str,
    scale: Scale,
    x: &Integers,
    got: &Integers,
    below: i128,
) -> Result<(), TestCaseError> {
    let mut shape = x.shape().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = 1;
    }
    prop_assert_eq!(got.shape(), &shape[..], "the shape on {}", backend);
    let row = x.shape().last().copied().unwrap_or(1);
    let x: Vec<i128> = x.iter().copied().collect();
    for (row, &m) in x.chunks(row).zip(got) {
        let max = *row.iter().max().expect("rows are not empty");
        let level = (m - scale.low) % scale.step() == 0 && scale.low <= m && m < scale.end();
        prop_assert!(level, "{}: {} is not a level", backend, m);
        let short = max - m;
        prop_assert!(
            (0..below * scale.step()).contains(&short),
            "{}: {} for the maximum {}, steps of {}",
            backend,
            m,
            max,
            scale.step()
        );
    }
    Ok(())
}

#[derive(Clone, Debug)]
struct Case {
    program: Maximum,
    x: Integers,
    seed: u64,
}

fn agree<R: Ring>(Case { program, x, seed }: Case) -> Result<(), TestCaseError> {
    let inputs = [x.clone()];
    let (sim, sim_cost) = on_sim::<R, R>(&program, &inputs, seed).map_err(TestCaseError::fail)?;
    bounds("sim", program.scale, &x, &sim, 2)?;
    let (rep3, cost) = on_rep3::<R, R>(&program, &inputs, seed);
    bounds("rep3", program.scale, &x, &rep3, 2)?;
    prop_assert_eq!(sim_cost, cost, "Sim's cost and Rep3's");
    let (additive, _) = on_additive::<R, R>(&program, &inputs, seed);
    bounds("additive", program.scale, &x, &additive, 2)
}

/// Without noise, as long as the values are exact in f64.
fn plain(Case { program, x, .. }: Case) -> Result<(), TestCaseError> {
    let mut cx = Plain::new();
    let real = PlainShare(x.mapv(|v| v as f64 / exp2(FRAC)));
    let got = match Program::<Z32>::run(&program, &mut cx, &[real]) {
        Ok(got) => got,
        Err(never) => match never {},
    };
    bounds("plain", program.scale, &x, &got.0.mapv(|m| (m * exp2(FRAC)) as i128), 1)
}

/// No element, or rows of one, of as many as there are random sums, of more, and of fewer.
fn shapes() -> impl Strategy<Value = Vec<usize>> {
    let row = prop_oneof![
        3 => select(vec![1usize, 2, 63, 64, 65, 150]),
        1 => 1..90usize,
    ];
    (vec(0..4usize, 0..=2), row, 0..12u8).prop_map(|(rows, row, scalar)| {
        if scalar == 0 { vec![] } else { [rows, vec![row]].concat() }
    })
}

/// Every scale that the ring has room for; and rows of values from all over the range, from its
/// ends, all equal, or all low but one.
fn cases(k: u32) -> impl Strategy<Value = Case> {
    let scale = select(vec![64u32, 128, 256]).prop_flat_map(move |count| {
        let most = k - count.ilog2();
        let bits = prop_oneof![6 => 0..=most, 1 => Just(0), 1 => Just(most)];
        (bits, any::<Index>()).prop_map(move |(bits, index)| {
            // The lowest level, of those that leave room for all levels and that an f64 tells apart.
            let room = (k - bits).min(50);
            let places = (1i128 << room) - i128::from(count) + 1;
            let place = index.index(usize::MAX) as i128 % places;
            let low = (place - (1 << (room - 1))) << bits;
            Scale { low, bits, count }
        })
    });
    (scale, shapes(), 0..4u8).prop_flat_map(|(scale, shape, kind)| {
        let n = shape.iter().product::<usize>();
        let row = shape.last().copied().unwrap_or(1);
        let end = scale.end();
        // What `Sim` checks it checks in f64, so a value just below the end must not round up.
        let last = (end - 1).min(end - (end.abs() >> 52)).max(scale.low);
        let place = move |index: Index| {
            scale.low + (index.index(usize::MAX) as i128) % (last - scale.low + 1)
        };
        let value = prop_oneof![
            4 => any::<Index>().prop_map(place),
            1 => Just(scale.low),
            1 => Just(last),
            2 => any::<Index>().prop_map(move |index| {
                // At an edge, or one unit below.
                let place = place(index) - scale.low;
                let edge = scale.low + (place >> scale.bits << scale.bits) - (place & 1);
                edge.max(scale.low)
            }),
        ];
        let values = (vec(value, n), any::<Index>()).prop_map(move |(mut values, index)| {
            for row in values.chunks_mut(row) {
                let at = index.index(row.len());
                match kind {
                    0 => row.fill(row[0]),
                    1 => {
                        let high = row[at];
                        row.fill(scale.low);
                        row[at] = high;
                    }
                    _ => {}
                }
            }
            values
        });
        (values, 0..3u8, any::<u64>()).prop_map(move |(values, earlier, seed)| {
            let x = ArrayD::from_shape_vec(IxDyn(&shape), values);
            let x = x.expect("as many values as places");
            Case { program: Maximum { scale, earlier }, x, seed }
        })
    })
}

#[test]
fn results_are_levels_below_the_maximum_and_cost_what_sim_says() {
    property("row_maximum_z32", 192, cases(32), agree::<Z32>);
    property("row_maximum_z64", 192, cases(64), agree::<Z64>);
    property("row_maximum_plain", 192, cases(32), plain);
}

/// Half a step above a level, half of the single elements lose a step, on all backends but
/// `Plain`: exactly the share of the lower parts of a uniform addend that are above x's.
#[test]
fn steps_are_lost_as_often_on_all_backends() {
    const ROWS: usize = 8192;
    let scale = Scale { low: -64 << 10, bits: 10, count: 64 };
    for (row, above) in [(1, 255), (1, 511), (1, 1023), (2, 511), (70, 1003)] {
        let x: Integers = ArrayD::from_elem(vec![ROWS, row], scale.low + 5 * scale.step() + above);
        let program = Maximum { scale, earlier: 0 };
        // Some element of the row must keep it.
        let expected = (1.0 - (above + 1) as f64 / 1024.0).powi(row as i32);
        let lost = |got: &Integers| {
            let level = scale.low + 4 * scale.step();
            got.iter().filter(|&&m| m == level).count() as f64 / ROWS as f64
        };
        let (sim, _) = on_sim::<Z32, Z32>(&program, std::slice::from_ref(&x), 1).expect("in range");
        let (rep3, _) = on_rep3::<Z32, Z32>(&program, std::slice::from_ref(&x), 1);
        let (additive, _) = on_additive::<Z32, Z32>(&program, &[x], 1);
        for lost in [lost(&sim), lost(&rep3), lost(&additive)] {
            let deviation = (expected * (1.0 - expected) / ROWS as f64).sqrt();
            assert!((lost - expected).abs() <= 5.0 * deviation, "{lost} instead of {expected}");
        }
    }
}

/// As the head of the protocol says. That each role has its own bytes is for the properties to show.
#[test]
fn bytes_and_rounds_are_as_stated() {
    for (row, rounds, strings) in
        [(1, 5, 1), (2, 6, 2), (3, 7, 3), (41, 11, 41), (64, 11, 64), (65, 11, 64)]
    {
        for count in [64, 128, 256] {
            let program = Maximum { scale: Scale { low: 0, bits: 4, count }, earlier: 0 };
            let bits = |rows: usize| {
                let x: Integers = ArrayD::zeros(vec![rows, row]);
                let (_, cost) = on_rep3::<Z32, Z32>(&program, &[x], 1);
                assert_eq!(cost.rounds, rounds, "rows of {row}");
                8 * cost.total_bytes() as usize
            };
            let levels = count as usize;
            let each = row * levels + levels * (5 * strings - 1 + 32) + 2 * 32;
            assert_eq!((bits(0), bits(3)), (0, 3 * each), "rows of {row}, {count} levels");
        }
    }
}

/// Every backend's account says the same of what may fail: sets of two elements or more times 2^-64, and
/// nothing where each element has a string of its own.
#[test]
fn accounts_say_how_likely_a_maximum_is_wrong() {
    let sets = [
        // Rows, elements, levels: sets of a row.
        ([3, 64], 256, 0),
        ([3, 65], 256, 64),
        ([3, 65], 64, 64),
        ([3, 128], 64, 64),
        ([2, 128], 256, 127),
        ([0, 128], 256, 127),
    ];
    for (shape, count, sets) in sets {
        let program = Maximum { scale: Scale { low: 0, bits: 4, count }, earlier: 1 };
        let inputs = [Integers::zeros(shape.to_vec())];
        let nodes = additive::run::seeded_nodes(1);
        let mut cx = Count::new();
        let zeros = ArrayD::zeros(shape.to_vec());
        let counted = Source::<Count>::share::<Z32>(&mut CountSource, &zeros, 8).expect("zeros");
        let Ok(_) = Program::<Z32>::run(&program, &mut cx, &[counted]);
        let reports = [
            sim_report::<Z32, Z32>(&program, &inputs, 1).expect("in range"),
            merged_report::<Z32, Z32>(&program, &inputs, 1),
            cx.trace().report(),
            on_nodes::<Z32, Z32>(nodes, &program, &inputs, 1).1,
        ];
        let sets = (2 * shape[0] * sets) as f64;
        for report in reports {
            let probability = report.failure_probability();
            assert_eq!((probability * 2f64.powi(64)).round(), sets, "{shape:?}, {count} levels");
            // The stated probability is never below the true one.
            assert!(probability >= sets * 2f64.powi(-64));
        }
    }
}

#[test]
fn sim_reports_values_outside_of_the_range() {
    let scale = Scale { low: -32, bits: 2, count: 64 };
    let bound = |values: [i128; 2]| {
        let x: Integers = arr2(&[[0, 5], values]).into_dyn();
        Sim::new(1)
            .scope("softmax", |cx| cx.row_maximum(&sim_share::<Z32>(&x), FRAC, &scale.levels()))
    };
    assert!(bound([scale.low, scale.end() - 1]).is_ok());
    for (outside, end) in [(scale.low - 1, scale.low), (scale.end(), scale.end())] {
        let Err(error) = bound([outside, 0]) else { panic!("Sim accepts {outside}") };
        let Fault { value, bound: given, count, .. } = error.fault;
        assert_eq!((error.layer.as_str(), count), ("softmax", 1));
        assert_eq!((value, given), (outside as f64 / exp2(FRAC), end as f64 / exp2(FRAC)));
    }
}

fn run(shape: &[usize], bits: u32, sim: bool) {
    let program = Maximum { scale: Scale { low: 0, bits, count: 64 }, earlier: 0 };
    let x: Integers = ArrayD::zeros(shape);
    if sim {
        let _ = on_sim::<Z32, Z32>(&program, &[x], 0);
    } else {
        let _ = on_rep3::<Z32, Z32>(&program, &[x], 0);
    }
}

#[test]
#[should_panic(expected = "the maximum of an empty row")]
fn empty_rows_panic() {
    run(&[3, 0], 2, false);
}

#[test]
#[should_panic(expected = "the maximum of an empty row")]
fn empty_rows_panic_on_sim() {
    run(&[3, 0], 2, true);
}

#[test]
#[should_panic(expected = "64 levels of 2^27 units in Z32")]
fn scales_beyond_the_ring_panic() {
    run(&[1], 27, false);
}

#[test]
#[should_panic(expected = "64 levels of 2^27 units in Z32")]
fn scales_beyond_the_ring_panic_on_sim() {
    run(&[1], 27, true);
}
