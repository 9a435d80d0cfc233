//! Which pair draws what, in every operation: what all three know masks nothing, and what two parties of
//! `Additive` have in common the dealer does not need.
//!
//! A mask from public coins looks as random as any, so no statistics of messages show it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ditto_core::{Backend, Levels, Linear, StepFunction, StepFunctions, Z32, Z64};
use ditto_net::{Links, memory};

use super::integers::Integers;
use super::rig::{Program, on_nodes, on_parties};
use crate::party::node::{Node, Script};
use crate::party::streams::Purpose;
use crate::rep3::Rep3;

/// Every operation that draws, on a row that is long enough for random sums.
struct Everything;

impl Program<Z32> for Everything {
    fn run<B: Backend>(
        &self,
        cx: &mut B,
        inputs: &[B::Share<Z32>],
    ) -> Result<B::Share<Z32>, B::Error> {
        let x = &inputs[0];
        let product = cx.mul(x, x)?;
        let result = cx.truncate(product, 8)?;
        cx.truncate(B::product_of(x), 4)?;
        let product = cx.matmul(x, x, true)?;
        cx.truncate(product, 0)?;
        let weight = cx.prepare(x)?;
        let product = cx.matmul_weight(&x.reshape(&[65, 2]), &weight)?;
        cx.truncate_widen::<Z32, Z64>(product, 8)?;
        cx.widen::<Z32, Z64>(x, 4)?;
        let sign = cx.is_negative(x, 12)?;
        cx.bit_to_ring::<Z32>(&sign)?;
        let function = StepFunction { frac: 0, values: vec![0.0, 1.0] };
        cx.step_functions(x, 0, &StepFunctions::new(0.0..16.0, vec![2.0], vec![function]))?;
        let power = cx.exp2(x, 8)?;
        cx.truncate(power, 12)?;
        cx.row_maximum(x, 8, &Levels { low: -32.0, step: 1.0, count: 64 })?;
        cx.open(x, 0)?;
        Ok(result)
    }
}

type Drawn = Arc<Mutex<HashSet<Purpose>>>;

/// What was drawn by the pairs (0, 1), (1, 2) and (2, 0), and by all.
fn drawn(run: impl FnOnce([(Links, [Script; 3]); 3])) -> [HashSet<Purpose>; 4] {
    let drawn: [Drawn; 4] = Default::default();
    let script = |pool: usize| -> Script {
        let drawn = drawn[pool].clone();
        Box::new(move |_, purpose, n, _| {
            drawn.lock().expect("no panic").insert(purpose);
            vec![0; n]
        })
    };
    let mut id = 0;
    run(memory::trio(Duration::from_secs(60)).map(|links| {
        id += 1;
        (links, [script(id - 1), script((id + 1) % 3), script(3)])
    }));
    drawn.map(|drawn| drawn.lock().expect("no panic").clone())
}

fn input() -> [Integers; 1] {
    [Integers::from_shape_fn(vec![2, 65], |at| (at[1] % 16) as i128)]
}

#[test]
fn nothing_but_public_numbers_is_drawn_from_what_all_parties_know() {
    use Purpose::*;
    let mut id = 0..;
    let [pair0, pair1, pair2, common] = drawn(|nodes| {
        let parties = nodes.map(|(links, scripts)| {
            Rep3::scripted_with_coins(id.next().expect("three"), links, scripts)
        });
        on_parties(parties, &Everything, &input(), 1);
    });
    assert_eq!(common, HashSet::from([Dither, Permutation, Mark]));
    let all: HashSet<Purpose> = [pair0, pair1, pair2].into_iter().flatten().collect();
    let masks = [Zero, Pad0, Pad1, Component, Mask, Seed, Coefficients, Rotation];
    assert_eq!(all, HashSet::from(masks));
}

/// Beside that, the parties have nothing in common but the coefficients of sums: every mask is between one
/// of them and the dealer.
#[test]
fn masks_are_between_a_party_and_the_dealer() {
    use Purpose::*;
    let mut id = 0..;
    let [parties, with_party_1, with_party_0, common] = drawn(|nodes| {
        let nodes = nodes.map(|(links, scripts)| {
            Node::scripted_with_coins(id.next().expect("three"), links, scripts).into()
        });
        on_nodes(nodes, &Everything, &input(), 1);
    });
    assert_eq!(common, HashSet::from([Permutation, Mark]));
    assert_eq!(parties, HashSet::from([Coefficients]));
    assert_eq!(with_party_1, HashSet::from([Mask, SecondMask, Seed]));
    let dealt = [Mask, SecondMask, Component, SecondComponent, Seed];
    assert_eq!(with_party_0, HashSet::from(dealt));
}
