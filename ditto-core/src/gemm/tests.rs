//! Every kernel this machine has, against the definition of a matrix product.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{GemmWord, Packed, gemm};
use crate::isa::Isa;

/// What the tests need to know of a word.
trait Word: GemmWord + PartialEq + std::fmt::Debug {
    fn from_u64(x: u64) -> Self;
    fn to_u128(self) -> u128;
}

impl Word for u32 {
    fn from_u64(x: u64) -> Self {
        x as u32
    }
    fn to_u128(self) -> u128 {
        self.into()
    }
}

impl Word for u64 {
    fn from_u64(x: u64) -> Self {
        x
    }
    fn to_u128(self) -> u128 {
        self.into()
    }
}

/// A product, and what the output holds before it.
#[derive(Clone, Debug)]
struct Case<W> {
    m: usize,
    k: usize,
    n: usize,
    a: Vec<W>,
    b: Vec<W>,
    c: Vec<W>,
}

impl<W: Word> Case<W> {
    fn by_definition(&self) -> Vec<W> {
        let mut c = self.c.clone();
        for i in 0..self.m {
            for j in 0..self.n {
                let products = (0..self.k).map(|l| {
                    let (x, y) = (self.a[i * self.k + l], self.b[l * self.n + j]);
                    x.to_u128().wrapping_mul(y.to_u128())
                });
                let old = c[i * self.n + j].to_u128();
                c[i * self.n + j] = W::from_u64(products.fold(old, u128::wrapping_add) as u64);
            }
        }
        c
    }

    fn transposed(&self) -> Vec<W> {
        let place = |j: usize| (0..self.k).map(move |l| l * self.n + j);
        (0..self.n).flat_map(place).map(|i| self.b[i]).collect()
    }

    fn check(&self) {
        let (m, k, n) = (self.m, self.k, self.n);
        let expected = self.by_definition();
        let transposed = self.transposed();
        for isa in machine() {
            let packed = Packed::new_with(isa, &self.b, k, n);
            let other = Packed::new_transposed_with(isa, &transposed, k, n);
            for b in [packed.clone(), packed, other] {
                assert_eq!((b.k(), b.n(), b.isa()), (k, n, isa));
                let mut c = self.c.clone();
                gemm(m, &self.a, &b, &mut c);
                assert_eq!(c, expected, "{isa}, {m} x {k} x {n}");
            }
        }
    }
}

fn machine() -> impl Iterator<Item = Isa> {
    Isa::ALL.into_iter().filter(|isa| isa.supported())
}

/// Any word, and often one at the edge of a word or of one of its halves or quarters.
fn word<W: Word>() -> impl Strategy<Value = W> + Clone {
    let limb = || prop_oneof![Just(0u16), Just(1), Just(0x7fff), Just(0x8000), Just(0xffff)];
    let edges = [limb(), limb(), limb(), limb()]
        .prop_map(|limbs| limbs.into_iter().fold(0u64, |word, limb| word << 16 | u64::from(limb)));
    let bits = (any::<bool>(), 0u32..64).prop_map(|(below, bit)| (1u64 << bit) - u64::from(below));
    prop_oneof![4 => any::<u64>(), 4 => edges, 1 => bits, 1 => Just(u64::MAX)].prop_map(W::from_u64)
}

fn case<W: Word>() -> impl Strategy<Value = Case<W>> {
    (0..70usize, 0..70usize, 0..70usize).prop_flat_map(|(m, k, n)| {
        (vec(word(), m * k), vec(word(), k * n), vec(word(), m * n))
            .prop_map(move |(a, b, c)| Case { m, k, n, a, b, c })
    })
}

/// A case too big for a strategy, from a small generator.
fn big<W: Word>(m: usize, k: usize, n: usize) -> Case<W> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut words = |len| -> Vec<W> {
        let next = |_| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            W::from_u64(state ^ state >> 33)
        };
        (0..len).map(next).collect()
    };
    Case { m, k, n, a: words(m * k), b: words(k * n), c: words(m * n) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn z32_is_exact(case in case::<u32>()) {
        case.check();
    }

    #[test]
    fn z64_is_exact(case in case::<u64>()) {
        case.check();
    }
}

#[test]
fn blocks_of_the_depth_add_up() {
    big::<u32>(9, 1200, 35).check();
    big::<u64>(9, 1200, 35).check();
}

#[test]
fn every_word_at_its_maximum() {
    let all = |len| vec![u32::MAX; len];
    Case { m: 7, k: 1500, n: 33, a: all(7 * 1500), b: all(1500 * 33), c: all(7 * 33) }.check();
    let all = |len| vec![u64::MAX; len];
    Case { m: 7, k: 1500, n: 33, a: all(7 * 1500), b: all(1500 * 33), c: all(7 * 33) }.check();
}

#[test]
fn blocks_of_rows_add_up() {
    big::<u32>(801, 20, 3).check();
    big::<u64>(801, 20, 3).check();
}

#[test]
fn products_for_several_threads() {
    big::<u32>(130, 301, 515).check();
    big::<u64>(130, 301, 515).check();
    big::<u32>(4100, 301, 7).check();
}

#[test]
#[should_panic(expected = "a is not 2 x 3")]
fn a_wrong_shape_is_refused() {
    gemm(2, &[0u32; 5], &Packed::new(&[0; 6], 3, 2), &mut [0; 4]);
}
