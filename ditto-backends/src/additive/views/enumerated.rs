//! The views of the protocols whose randomness can be enumerated.

use ditto_core::tiny::{Z3, Z4, Z6};

use super::tested_protocol::{NodeInputs, TestedProtocol};
use crate::additive::Additive;
use crate::additive::protocols::{
    and, bit_to_ring, is_negative, mul, truncate, truncate_widen, widen,
};

#[test]
fn products_show_nothing() {
    TestedProtocol {
        inputs: vec![3, 3],
        // Both factors less their masks; at party 1 also its share of the masks' product.
        layouts: [vec![vec![3, 3]], vec![vec![3, 3], vec![3]]],
        body: |node: &mut Additive, given: &NodeInputs<'_>| {
            let (x, y) = (given.share::<Z3>(node, 0), given.share::<Z3>(node, 1));
            mul(node, &x, &y).map(drop)
        },
    }
    .shows_nothing();
}

#[test]
fn truncation_shows_nothing() {
    for bits in [1, 2] {
        TestedProtocol {
            inputs: vec![4],
            layouts: [vec![vec![4]], vec![vec![4], vec![4], vec![bits]]],
            body: move |node: &mut Additive, given: &NodeInputs<'_>| {
                let x = given.share::<Z4>(node, 0);
                truncate(node, x, bits).map(drop)
            },
        }
        .shows_nothing();
    }
}

#[test]
fn truncation_into_a_wider_ring_shows_nothing() {
    TestedProtocol {
        inputs: vec![3],
        layouts: [vec![vec![3]], vec![vec![3], vec![4], vec![2]]],
        body: |node: &mut Additive, given: &NodeInputs<'_>| {
            let x = given.share::<Z3>(node, 0);
            truncate_widen::<Z3, Z4>(node, &x, 1).map(drop)
        },
    }
    .shows_nothing();
}

#[test]
fn widening_shows_nothing() {
    for up in [0, 1, 2] {
        let width = 3 - up;
        TestedProtocol {
            inputs: vec![3],
            layouts: [vec![vec![3]], vec![vec![3], vec![width], vec![width]]],
            body: move |node: &mut Additive, given: &NodeInputs<'_>| {
                let x = given.share::<Z3>(node, 0);
                widen::<Z3, Z6>(node, &x, up).map(drop)
            },
        }
        .shows_nothing();
    }
}

#[test]
fn bits_to_the_ring_show_nothing() {
    TestedProtocol {
        inputs: vec![1],
        layouts: [vec![vec![1]], vec![vec![1], vec![4]]],
        body: |node: &mut Additive, given: &NodeInputs<'_>| {
            let bit = given.bits(node, 0);
            bit_to_ring::<Z4>(node, &bit).map(drop)
        },
    }
    .shows_nothing();
}

#[test]
fn and_shows_nothing() {
    TestedProtocol {
        inputs: vec![1, 1, 1],
        layouts: [vec![vec![1; 3]], vec![vec![1; 3], vec![1; 2]]],
        body: |node: &mut Additive, given: &NodeInputs<'_>| {
            let [x, y, also] = [0, 1, 2].map(|number| given.plane(node, number));
            node.begin("and");
            and::and(node, &x, &y, &also).map(drop)
        },
    }
    .shows_nothing();
}

#[test]
fn comparisons_show_nothing() {
    // Of 3 bits without an AND, of 4 with one.
    TestedProtocol {
        inputs: vec![3],
        layouts: [vec![vec![3]], vec![vec![3], vec![1], vec![1; 3]]],
        body: |node: &mut Additive, given: &NodeInputs<'_>| {
            let x = given.share::<Z3>(node, 0);
            is_negative(node, &x, 3).map(drop)
        },
    }
    .shows_nothing();
    let revealed = vec![1, 1];
    TestedProtocol {
        inputs: vec![4],
        layouts: [
            vec![vec![4], revealed.clone()],
            vec![vec![4], vec![1], vec![1; 4], revealed, vec![1]],
        ],
        body: |node: &mut Additive, given: &NodeInputs<'_>| {
            let x = given.share::<Z4>(node, 0);
            is_negative(node, &x, 4).map(drop)
        },
    }
    .shows_nothing();
}
