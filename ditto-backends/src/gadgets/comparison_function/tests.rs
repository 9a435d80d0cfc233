//! Both keys together give the function, and each hides the secret.

use ditto_core::prg::Prg;
use ditto_core::tiny::Z3;
use ditto_core::{Ring, Z32, Z64};

use super::pointwise::Evaluator;
use super::*;
use crate::rep3::run::seeded_key;

fn random(seed: u64, purpose: u8, n: usize) -> Vec<u64> {
    let mut words = vec![0; n];
    Prg::new(&seeded_key(seed, 77), 0).stream(0, purpose).fill_u64(&mut words);
    words
}

/// Both sides' summands, added, at `each` points of every secret.
fn evaluate<W: Word>(secrets: &[u64], points: &[u64], width: u32, seed: u64) -> Vec<W> {
    let n = secrets.len();
    let roots = [0, 1].map(|side| seeds(&random(seed, side, 2 * n)));
    let corrections = Corrections::<W>::new(PERMUTATION, [&roots[0], &roots[1]], secrets, width);
    let each = points.len() / n;
    let [plus, minus] = [(Side::Plus, 0), (Side::Minus, 1)].map(|(side, own)| {
        let mut evaluator = Evaluator::new(&corrections, side, &roots[own]);
        // In two parts, the second of which does not start at the first element.
        let (before, after) = points.split_at(n / 2 * each);
        [evaluator.run(0, before, each), evaluator.run(n / 2, after, each)].concat()
    });
    plus.iter().zip(&minus).map(|(plus, minus)| plus.wrapping_add(minus)).collect()
}

fn holds<W: Word>(secrets: &[u64], points: &[u64], width: u32, seed: u64) {
    let each = points.len() / secrets.len();
    let sums = evaluate::<W>(secrets, points, width, seed);
    assert_eq!(sums.len(), points.len());
    for (i, (sum, point)) in sums.iter().zip(points).enumerate() {
        let secret = secrets[i / each];
        let expected = u64::from(secret < *point);
        assert_eq!(sum.to_u64(), expected, "[{secret} < {point}], {width} bits, seed {seed}");
    }
}

#[test]
fn small_widths_are_exact_at_all_numbers_and_points() {
    for width in 1..=6 {
        let all: Vec<u64> = (0..1 << width).collect();
        let points = all.repeat(all.len());
        for seed in 0..8 {
            holds::<u32>(&all, &points, width, seed);
            holds::<u64>(&all, &points, width, seed);
            holds::<<Z3 as Ring>::Word>(&all, &points, width, seed);
        }
    }
}

#[test]
fn large_widths_are_exact_at_the_ends_and_around_the_number() {
    for width in [31, 32, 33, 63, 64] {
        let top = u64::MAX >> (64 - width);
        let mut secrets = random(1, 2, 96);
        secrets.extend([0, 1, top / 2, top / 2 + 1, top - 1, top]);
        secrets.iter_mut().for_each(|a| *a &= top);
        let around = |&a: &u64| {
            let near = [a.wrapping_sub(1), a, a.wrapping_add(1)];
            let ends = [0, 1, top / 2, top / 2 + 1, top - 1, top];
            let points = near.into_iter().chain(ends).chain(random(a, 3, 64));
            points.map(|u| u & top).collect::<Vec<_>>()
        };
        let points: Vec<u64> = secrets.iter().flat_map(around).collect();
        holds::<<Z32 as Ring>::Word>(&secrets, &points, width, 5);
        holds::<<Z64 as Ring>::Word>(&secrets, &points, width, 6);
    }
}

/// Does not compile if corrections can be printed or compared: then there would be two ways to
/// take the function.
const _: fn() = || {
    trait Absent<Of> {
        fn there() {}
    }
    struct Printing;
    struct Comparing;
    impl<T> Absent<()> for T {}
    impl<T: std::fmt::Debug> Absent<Printing> for T {}
    impl<T: PartialEq> Absent<Comparing> for T {}
    <Corrections<u64> as Absent<_>>::there();
};

#[test]
fn no_elements_have_no_corrections() {
    let corrections = Corrections::<u32>::new(PERMUTATION, [&[], &[]], &[], 20);
    assert!(corrections.seeds.is_empty() && corrections.values.is_empty());
    assert!(Evaluator::new(&corrections, Side::Plus, &[]).run(0, &[], 3).is_empty());
}

/// The corrections of `secret` for one fixed root and `runs` random ones at the other key.
fn seen_by<W: Word>(side: Side, secret: u64, width: u32, runs: usize) -> Corrections<W> {
    let fixed = vec![0x0123_4567_89ab_cdef_0011_2233_4455_6677_u128; runs];
    let fresh = seeds(&random(1000 + secret, 9, 2 * runs));
    let roots: [&[u128]; 2] = match side {
        Side::Plus => [&fixed, &fresh],
        Side::Minus => [&fresh, &fixed],
    };
    Corrections::new(PERMUTATION, roots, &vec![secret; runs], width)
}

/// Every bit of every correction is 1 in half of the runs, whatever the secret.
#[test]
fn bits_of_corrections_are_balanced_for_every_number() {
    const WIDTH: u32 = 3;
    const RUNS: usize = 1 << 12;
    let balanced = |ones: usize, what: &str| {
        // Six standard deviations of sqrt(RUNS) / 2.
        let off = (ones as f64 - RUNS as f64 / 2.0).abs();
        assert!(off < 6.0 * 32.0, "{what} is 1 in {ones} of {RUNS} runs");
    };
    let levels = WIDTH as usize;
    for side in [Side::Plus, Side::Minus] {
        for secret in 0..1 << WIDTH {
            let made = seen_by::<u32>(side, secret, WIDTH, RUNS);
            let ones = |bit: &dyn Fn(usize) -> bool| (0..RUNS).filter(|&r| bit(r)).count();
            for level in 0..levels {
                let name = |what: &str, b: u32| {
                    format!("{side:?}, {secret}: bit {b} of the {what} correction {level}")
                };
                for b in 0..128 {
                    let count = ones(&|r| made.seeds[r * levels + level] >> b & 1 == 1);
                    if b == 0 {
                        assert_eq!(count, 0, "seeds end before the control bit");
                    } else {
                        balanced(count, &name("seed", b));
                    }
                }
                for b in 0..2 {
                    let count = ones(&|r| made.controls[r * levels + level] >> b & 1 == 1);
                    balanced(count, &name("control", b));
                }
            }
            for i in 0..=levels {
                for b in 0..32 {
                    let count = ones(&|r| made.values[r * (levels + 1) + i] >> b & 1 == 1);
                    balanced(count, &format!("{secret}: bit {b} of value correction {i}"));
                }
            }
        }
    }
}

/// The joint distribution of all value and control corrections in a small ring, and of one bit
/// of every seed correction, is uniform by a chi-squared test, whatever the secret.
#[test]
fn corrections_are_jointly_uniform_for_every_number() {
    type W = <Z3 as Ring>::Word;
    const WIDTH: u32 = 2;
    const RUNS: usize = 1 << 18;
    const CELLS: usize = 1 << 15;
    for side in [Side::Plus, Side::Minus] {
        for secret in 0..1 << WIDTH {
            let made = seen_by::<W>(side, secret, WIDTH, RUNS);
            let mut counts = vec![0u32; CELLS];
            for run in 0..RUNS {
                let mut cell = 0;
                for value in &made.values[3 * run..3 * run + 3] {
                    cell = cell << 3 | value.to_u64() as usize;
                }
                for at in 2 * run..2 * run + 2 {
                    let seed = (made.seeds[at] >> 1 & 1) as usize;
                    cell = cell << 3 | (made.controls[at] as usize) << 1 | seed;
                }
                counts[cell] += 1;
            }
            let mean = RUNS as f64 / CELLS as f64;
            let squares = counts.iter().map(|&c| (f64::from(c) - mean).powi(2) / mean);
            let (statistic, freedom) = (squares.sum::<f64>(), (CELLS - 1) as f64);
            let off = (statistic - freedom).abs();
            assert!(off < 6.0 * (2.0 * freedom).sqrt(), "{side:?}, {secret}: {statistic}");
        }
    }
}
