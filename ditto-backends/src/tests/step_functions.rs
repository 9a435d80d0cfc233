//! Step functions on all backends: the values, against a search of the edges in exact integers,
//! and that `Sim`'s account is `Rep3`'s.

use ditto_core::fixed::exp2;
use ditto_core::tiny::Z6;
use ditto_core::{Backend, Linear, Ring, StepFunction, StepFunctions, Z32, Z64};
use ndarray::{ArrayD, IxDyn, arr1};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseError;

use super::cases::{property, shape};
use super::integers::Integers;
use super::rig::{FRAC, Program, on_additive, on_rep3, on_sim, sim_share};
use crate::clear::plain::PlainShare;
use crate::clear::sim::Fault;
use crate::{Plain, Sim};

/// One lookup, after others of the same, so that the roles fall to the parties in all three ways.
#[derive(Clone, Debug)]
struct Lookup {
    steps: StepFunctions,
    earlier: u8,
}

impl<R: Ring> Program<R> for Lookup {
    /// All functions' results, one after the other in one row.
    fn run<B: Backend>(&self, cx: &mut B, inputs: &[B::Share<R>]) -> Result<B::Share<R>, B::Error> {
        let x = &inputs[0];
        for _ in 0..self.earlier {
            cx.step_functions(x, FRAC, &self.steps)?;
        }
        let results = cx.step_functions(x, FRAC, &self.steps)?;
        assert_eq!(results.len(), self.steps.functions().len());
        assert!(results.iter().all(|result| result.shape() == x.shape()));
        let n = x.shape().iter().product();
        let rows: Vec<_> = results.iter().map(|result| result.reshape(&[n])).collect();
        Ok(match rows.len() {
            0 => x.clone(),
            _ => Linear::concat(&rows.iter().collect::<Vec<_>>(), 0),
        })
    }
}

/// What the functions give for `x`, rounded to integers, in the order of [`Lookup`].
fn truth(steps: &StepFunctions, x: &Integers) -> Vec<i128> {
    if steps.functions().is_empty() {
        return x.iter().copied().collect();
    }
    let edges: Vec<i128> = steps.integer_edges(FRAC).into_iter().map(i128::from).collect();
    let of = |function: &StepFunction| {
        let value = |x: &i128| {
            let interval = edges.iter().filter(|&edge| edge <= x).count();
            (function.values[interval] * exp2(function.frac)).round() as i128
        };
        x.iter().map(value).collect::<Vec<_>>()
    };
    steps.functions().iter().flat_map(of).collect()
}

/// Runs on `Sim`, `Rep3` and `Additive`: the values are exact, and the costs of the first two equal.
fn agree<R: Ring>(program: &Lookup, x: &Integers, seed: u64) -> Result<(), TestCaseError> {
    let inputs = [x.clone()];
    let expected = truth(&program.steps, x);
    let (sim, sim_cost) = on_sim::<R, R>(program, &inputs, seed).map_err(TestCaseError::fail)?;
    let (rep3, cost) = on_rep3::<R, R>(program, &inputs, seed);
    prop_assert_eq!(sim.into_iter().collect::<Vec<_>>(), expected.clone(), "on sim");
    prop_assert_eq!(rep3.into_iter().collect::<Vec<_>>(), expected.clone(), "on rep3");
    let (additive, _) = on_additive::<R, R>(program, &inputs, seed);
    prop_assert_eq!(additive.into_iter().collect::<Vec<_>>(), expected, "on additive");
    prop_assert_eq!(sim_cost, cost, "Sim's cost and Rep3's");
    Ok(())
}

/// On `Plain`, in f64, as long as the arguments are exact there.
fn plain(program: &Lookup, x: &Integers) -> Result<(), TestCaseError> {
    let mut cx = Plain::new();
    let real = x.mapv(|v| v as f64 / exp2(FRAC));
    let got = match Program::<Z64>::run(program, &mut cx, &[PlainShare(real)]) {
        Ok(got) => got,
        Err(never) => match never {},
    };
    let functions = program.steps.functions();
    let got = got.0;
    prop_assert_eq!(got.len(), x.len() * functions.len().max(1));
    let scales = functions.iter().flat_map(|f| x.iter().map(|_| exp2(f.frac)));
    for ((got, scale), truth) in got.iter().zip(scales).zip(truth(&program.steps, x)) {
        prop_assert_eq!((got * scale).round() as i128, truth);
    }
    Ok(())
}

/// Integers as step functions take them.
fn units(x: f64) -> f64 {
    x / exp2(FRAC)
}

#[derive(Clone, Debug)]
struct Case {
    program: Lookup,
    x: Integers,
    seed: u64,
}

/// Functions of all widths up to the ring's, and arguments from all over their range, with its ends
/// and the edges and their neighbours more often than chance has them.
fn cases(k: u32) -> impl Strategy<Value = Case> {
    let width = prop_oneof![8 => 1..=k, 1 => Just(1), 1 => Just(k)];
    (width, 1..=1024i128, any::<Option<Index>>()).prop_flat_map(move |(width, part, start)| {
        let half = 1i128 << (width - 1);
        // A power of two for the last of the parts.
        let end = half + ((half * part) >> 10).max(1);
        // What `Sim` checks it checks in f64, so an argument just below the end must not round up.
        let last = end.min(1 << (k - 1)) - (end >> 52).max(1);
        let place = move |index: Index, from: i128, to: i128| {
            from + index.index((to - from) as usize + 1) as i128
        };
        let exact = |x: i128| x as f64 as i128;
        let start = start.map_or(0, |start| exact(place(start, 0, last)).min(last));
        let start = exact(start);
        let edge = prop_oneof![
            6 => (any::<Index>(), 0..3u8).prop_map(move |(index, quarters)| {
                let edge = exact(place(index, start, end)) as f64 - f64::from(quarters) / 4.0;
                edge.clamp(start as f64, end as f64)
            }),
            1 => Just(start as f64),
            1 => Just(end as f64),
        ];
        // Few of them to repeat.
        let edges = (vec(edge, 0..12), 0..3usize).prop_map(|(mut edges, repeated)| {
            edges.extend_from_within(..repeated.min(edges.len()));
            edges.sort_by(f64::total_cmp);
            edges
        });
        (edges, 0..4usize, shape()).prop_flat_map(move |(edges, functions, shape)| {
            let n = shape.iter().product::<usize>();
            let most = 1i64 << (k - 3).min(48);
            let function =
                (vec(-most..most, edges.len() + 1), 0..40u32).prop_map(|(values, frac)| {
                    // Not on the grid of the format, so that they have to be rounded.
                    let off_grid = |v: i64| (v as f64 + 0.25) / exp2(frac);
                    StepFunction { frac, values: values.into_iter().map(off_grid).collect() }
                });
            let near = edges.clone();
            let value = (any::<Index>(), -1..=1i128, 0..4u8).prop_map(move |(index, by, kind)| {
                let x = match kind {
                    0 if !near.is_empty() => near[index.index(near.len())] as i128 + by,
                    1 => [start, last][index.index(2)],
                    _ => place(index, start, last),
                };
                x.clamp(start, last.max(start))
            });
            let edges: Vec<f64> = edges.iter().map(|&edge| units(edge)).collect();
            (vec(function, functions), vec(value, n), 0..3u8, any::<u64>()).prop_map(
                move |(functions, values, earlier, seed)| {
                    let range = units(start as f64)..units(end as f64);
                    let steps = StepFunctions::new(range, edges.clone(), functions);
                    assert_eq!(steps.width(FRAC), width, "the test's own end {end}");
                    let x = ArrayD::from_shape_vec(IxDyn(&shape), values);
                    let x = x.expect("as many values as places");
                    Case { program: Lookup { steps, earlier }, x, seed }
                },
            )
        })
    })
}

#[test]
fn lookups_are_exact_and_cost_what_sim_says() {
    property("step_functions_z32", 192, cases(32), |Case { program, x, seed }| {
        agree::<Z32>(&program, &x, seed)?;
        plain(&program, &x)
    });
    property("step_functions_z64", 192, cases(64), |Case { program, x, seed }| {
        agree::<Z64>(&program, &x, seed)
    });
}

fn function(frac: u32, values: Vec<f64>) -> StepFunction {
    StepFunction { frac, values }
}

/// Every value of a small ring with every pair of edges, all of its bits included.
#[test]
fn lookups_are_exact_at_every_value_and_every_edge() {
    let x: Integers = ArrayD::from_shape_fn(vec![8, 32], |at| at[1] as i128);
    for (width, end) in [(5, 32), (6, 64)] {
        for first in 0..=end {
            for second in [first, end / 2, end - 1, end].into_iter().filter(|&s| s >= first) {
                let edges = [first, second].map(|edge| units(f64::from(edge))).to_vec();
                let functions =
                    vec![function(0, vec![-7.0, 31.0, 12.0]), function(2, vec![0.25; 3])];
                let steps = StepFunctions::new(0.0..units(f64::from(end)), edges, functions);
                assert_eq!(steps.width(FRAC), width);
                let program = Lookup { steps, earlier: (first % 3) as u8 };
                agree::<Z6>(&program, &x, (first * 100 + second) as u64).expect("exact");
            }
        }
    }
}

/// More edges than are evaluated at a time.
#[test]
fn many_edges_are_told_apart() {
    let edges: Vec<f64> = (0..700).map(|i| units(f64::from(i + i / 3))).collect();
    let values = (0..=700).map(f64::from).collect();
    let steps = StepFunctions::new(0.0..units(1024.0), edges, vec![function(8, values)]);
    let x: Integers = ArrayD::from_shape_fn(vec![1024], |at| at[0] as i128);
    let program = Lookup { steps, earlier: 0 };
    agree::<Z32>(&program, &x, 3).and_then(|()| plain(&program, &x)).expect("exact");
}

/// As the protocol's head says: corrections of w(k + 130) + k bits to two parties, then k bits for each
/// function from two. That each role has its own bytes is for the properties to show.
#[test]
fn bytes_are_as_stated() {
    let functions = vec![function(0, vec![1.0, 2.0]), function(0, vec![2.0, 1.0])];
    let steps = StepFunctions::new(0.0..units(1024.0), vec![units(10.0)], functions);
    let x: Integers = ArrayD::from_elem(vec![16], 7);
    let program = Lookup { steps, earlier: 0 };
    let (_, cost) = on_rep3::<Z32, Z32>(&program, std::slice::from_ref(&x), 1);
    let (corrections, results) = (16 * (10 * (32 + 130) + 32) / 8, 2 * 16 * 32 / 8);
    // In the first operation, party 1 plays the first role.
    assert_eq!((cost.rounds, cost.bytes), (2, vec![results, 2 * corrections, results]));
    let empty: Integers = ArrayD::zeros(vec![0]);
    let (_, cost) = on_rep3::<Z32, Z32>(&program, &[empty], 1);
    assert_eq!((cost.rounds, cost.bytes), (2, vec![0; 3]));
}

#[test]
fn sim_reports_values_outside_of_the_range() {
    let steps = StepFunctions::new(
        units(3.0)..units(100.0),
        vec![units(50.0)],
        vec![function(0, vec![0.0; 2])],
    );
    let lookup = |values: &[i128]| {
        let x: Integers = arr1(values).into_dyn();
        Sim::new(1).scope("gelu", |cx| cx.step_functions(&sim_share::<Z32>(&x), FRAC, &steps))
    };
    assert!(lookup(&[3, 99]).is_ok());
    for (outside, bound) in [(2, 3.0), (-1, 3.0), (100, 100.0)] {
        let Err(error) = lookup(&[3, outside, 99]) else { panic!("Sim accepts {outside}") };
        let Fault { value, bound: given, count, .. } = error.fault;
        assert_eq!((error.layer.as_str(), count), ("gelu", 1));
        assert_eq!((value, given), (units(outside as f64), units(bound)));
    }
}

/// A range with more bits than the ring has.
#[test]
#[should_panic(expected = "step functions of 33 bits of Z32")]
fn ranges_beyond_the_ring_panic() {
    let steps = StepFunctions::new(0.0..units(exp2(33)), vec![], vec![function(0, vec![1.0])]);
    let _ = on_rep3::<Z32, Z32>(&Lookup { steps, earlier: 0 }, &[ArrayD::zeros(vec![1])], 0);
}
