//! Sharing and opening: what data owners do.

use ditto_core::prg::Key;
use ditto_core::{Ring, Word, Z32, Z64};
use ndarray::ArrayD;
use num_traits::WrappingAdd;
use proptest::prelude::*;

use super::cases::{property, shape, tensor};
use crate::rep3::run::seeded_key;
use crate::rep3::sharing::{Inconsistent, Rep3Source, open};
use crate::rep3::{Rep3Share, share};

fn shared<R: Ring>(key: &Key, tensors: &[ArrayD<f64>], frac: u32) -> Vec<[Rep3Share<R>; 3]> {
    let [a, b, c] = Rep3Source::trio(key).map(|mut source| {
        let shares = tensors.iter().map(move |x| source.share::<R>(x, frac));
        shares.map(|share| share.expect("in range")).collect::<Vec<_>>().into_iter()
    });
    a.zip(b).zip(c).map(|((a, b), c)| [a, b, c]).collect()
}

fn round_trips<R: Ring>(name: &'static str, bits: u32) {
    // Multiples of a unit that an f64 holds exactly.
    let cases = (shape(), any::<u64>(), 0..=bits).prop_flat_map(move |(shape, seed, frac)| {
        (tensor(shape.clone(), 1 << bits), tensor(shape, 2), Just(seed), Just(frac))
    });
    property(name, 64, cases, |(x, y, seed, frac)| {
        let real = |x: super::integers::Integers| x.mapv(|v| v as f64 / 2f64.powi(frac as i32));
        let tensors = [real(x), real(y)];
        let of_tensors = shared::<R>(&seeded_key(seed, 0), &tensors, frac);
        for (shares, values) in of_tensors.iter().zip(&tensors) {
            prop_assert_eq!(&open(shares, frac), &Ok(values.clone()));
        }
        Ok(())
    });
}

#[test]
fn what_is_dealt_opens_to_the_same_values() {
    round_trips::<Z32>("deal_z32", 30);
    round_trips::<Z64>("deal_z64", 53);
}

/// One bit of one component of one party.
#[test]
fn a_tampered_component_is_noticed() {
    let x = ArrayD::from_shape_fn(vec![5], |i| i[0] as f64);
    for (party, component, element) in [0, 1, 2]
        .into_iter()
        .flat_map(|p| [0, 1].into_iter().flat_map(move |c| (0..5).map(move |e| (p, c, e))))
    {
        let mut shares = shared::<Z32>(&seeded_key(3, 0), std::slice::from_ref(&x), 4).remove(0);
        let mut words = [0, 1].map(|c| shares[party].component(c).to_vec());
        words[component][element] = words[component][element].wrapping_add(1 << 31);
        let [first, second] = words;
        shares[party] = share(party, &[5], first, second);
        // Component 0 of a party is component 1 of the one before it.
        let pair = if component == 1 { party } else { (party + 2) % 3 };
        assert_eq!(open(&shares, 4), Err(Inconsistent(pair, (pair + 1) % 3)));
        assert!(
            Inconsistent(pair, (pair + 1) % 3).to_string().contains(&format!("parties {pair}"))
        );
    }
}

#[test]
fn what_a_format_cannot_hold_is_not_shared() {
    let mut source = Rep3Source::new(&seeded_key(1, 0), 0);
    for value in [f64::NAN, f64::INFINITY, 2f64.powi(22), -2f64.powi(22)] {
        let x = ArrayD::from_elem(vec![2], value);
        assert!(source.share::<Z32>(&x, 8).is_err(), "{value}");
    }
    let most = 2f64.powi(22) - 2f64.powi(-8);
    assert!(source.share::<Z32>(&ArrayD::from_elem(vec![2], most), 8).is_ok());
}

/// Chi-square of 256 cells against the uniform distribution; the threshold is six standard
/// deviations above the mean, for fixed seeds.
fn is_uniform(cells: impl Iterator<Item = u8>, what: &str) {
    let mut counts = [0u64; 256];
    cells.for_each(|cell| counts[cell as usize] += 1);
    let expected = counts.iter().sum::<u64>() as f64 / 256.0;
    let square = |count: &u64| (*count as f64 - expected).powi(2) / expected;
    let chi_square: f64 = counts.iter().map(square).sum();
    assert!(expected > 100.0 && chi_square < 255.0 + 6.0 * 510f64.sqrt(), "{what}: {chi_square}");
}

fn components_look_uniform<R: Ring>(value: f64) {
    // Many elements of one tensor, and many tensors of one element.
    let one_tensor = vec![ArrayD::from_elem(vec![1 << 16], value)];
    let many_tensors = vec![ArrayD::from_elem(vec![1], value); 1 << 15];
    for tensors in [one_tensor, many_tensors] {
        let of_tensors = shared::<R>(&seeded_key(5, 7), &tensors, 8);
        for party in 0..3 {
            let what = format!("a sharing of {value} in {} at party {party}", R::NAME);
            let of = |c: usize| {
                of_tensors
                    .iter()
                    .flat_map(move |shares| shares[party].component(c))
                    .map(|w| w.to_u64())
            };
            for c in [0, 1] {
                is_uniform(of(c).map(|w| w as u8), &what);
                is_uniform(of(c).map(|w| (w >> (R::BITS - 8)) as u8), &what);
            }
            // Both components together, and their sum, which would give the value away if the
            // third component were 0.
            is_uniform(of(0).zip(of(1)).map(|(a, b)| (a << 4 | b & 15) as u8), &what);
            let sum = |(a, b): (u64, u64)| R::Word::from_u64(a).wrapping_add(&R::Word::from_u64(b));
            is_uniform(of(0).zip(of(1)).map(|pair| sum(pair).to_u64() as u8), &what);
        }
    }
}

#[test]
fn a_party_s_components_look_uniform() {
    components_look_uniform::<Z32>(0.0);
    components_look_uniform::<Z32>(-3.5);
    components_look_uniform::<Z64>(1.0);
}
