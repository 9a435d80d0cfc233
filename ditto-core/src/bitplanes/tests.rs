//! Bit planes on every kernel, against their definition bit by bit.

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use super::*;

/// The definition, bit by bit.
fn naive(values: &[u64], k: u32) -> Vec<u64> {
    let words = values.len().div_ceil(64);
    let mut planes = vec![0; k as usize * words];
    for (i, value) in values.iter().enumerate() {
        for j in 0..k as usize {
            planes[j * words + i / 64] |= (value >> j & 1) << (i % 64);
        }
    }
    planes
}

trait Word: PlaneWord + PartialEq + std::fmt::Debug {
    fn of(value: u64) -> Self;
}

macro_rules! word {
    ($($word:ident)*) => {$(
        impl Word for $word {
            fn of(value: u64) -> Self {
                value as $word
            }
        }
    )*};
}

word!(u8 u16 u32 u64);

fn check<W: Word>(values: &[u64], k: u32) {
    let n = values.len();
    let words: Vec<W> = values.iter().map(|value| W::of(*value)).collect();
    let expected = naive(values, k);
    assert_eq!(expected.len(), k as usize * plane_words(n));

    // Appended to something that must stay as it is.
    let mut planes = vec![0xa5];
    to_planes(&words, k, &mut planes);
    assert_eq!(planes[0], 0xa5);
    assert_eq!(planes[1..], expected, "to_planes, {n} values, {k} bits");
    planes.truncate(1);
    to_planes_map(n, k, |i| words[i], &mut planes);
    assert_eq!(planes[1..], expected, "to_planes_map, {n} values, {k} bits");

    // The same through the portable kernel alone.
    let mut planes = Vec::new();
    let mut writer = PlaneWriter::new::<W>(n, k, &mut planes, Kernel::Portable);
    for chunk in words.chunks(BLOCK) {
        let mut block = [W::default(); BLOCK];
        block[..chunk.len()].copy_from_slice(chunk);
        writer.write(&block);
    }
    assert_eq!(planes, expected, "portable, {n} values, {k} bits");

    let low = |value: u64| W::of(if k == 0 { 0 } else { value & u64::MAX >> (64 - k) });
    let expected: Vec<W> =
        [W::LOWEST_BIT].into_iter().chain(values.iter().map(|v| low(*v))).collect();
    // Dirty padding is ignored.
    for plane in planes.chunks_mut(plane_words(n).max(1)) {
        *plane.last_mut().unwrap() |= !tail_mask(n);
    }
    let mut back = vec![W::LOWEST_BIT];
    from_planes(&planes, n, k, &mut back);
    assert_eq!(back, expected, "from_planes, {n} values, {k} bits");
}

fn check_select<W: Word>(plane: &[u64], n: usize) {
    for kernel in [Kernel::Portable, Kernel::detected()] {
        for value in [W::LOWEST_BIT, W::ALL_BITS, W::of(0x1234_5678_9abc_def1)] {
            let bit = |i: usize| plane[i / 64] >> (i % 64) & 1 == 1;
            let pick = |i| if bit(i) { value } else { W::default() };
            let expected: Vec<W> = [W::ALL_BITS].into_iter().chain((0..n).map(pick)).collect();
            let mut out = vec![W::ALL_BITS];
            select(plane, n, value, &mut out, kernel);
            assert_eq!(out, expected, "{n} bits, {kernel:?}");
        }
    }
    let (mut bits, mut masks) = (Vec::new(), Vec::new());
    bits_to_words::<W>(plane, n, &mut bits);
    bits_to_masks::<W>(plane, n, &mut masks);
    for (bit, mask) in bits.into_iter().zip(masks) {
        assert!(
            bit == W::LOWEST_BIT && mask == W::ALL_BITS
                || bit == W::default() && mask == W::default()
        );
    }
}

fn check_all(values: &[u64], ks: impl Fn(u32) -> Vec<u32>) {
    ks(8).into_iter().for_each(|k| check::<u8>(values, k));
    ks(16).into_iter().for_each(|k| check::<u16>(values, k));
    ks(32).into_iter().for_each(|k| check::<u32>(values, k));
    ks(64).into_iter().for_each(|k| check::<u64>(values, k));
    let plane = &values[..plane_words(values.len())];
    check_select::<u8>(plane, values.len());
    check_select::<u16>(plane, values.len());
    check_select::<u32>(plane, values.len());
    check_select::<u64>(plane, values.len());
}

#[test]
fn every_width_and_edge_length() {
    for n in [0usize, 1, 2, 63, 64, 65, 511, 512, 513, 1100] {
        let mut seed = n as u64;
        let values: Vec<u64> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (seed ^ seed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
        })
        .take(n)
        .collect();
        check_all(&values, |bits| (0..=bits).collect());
    }
}

#[test]
fn extremes() {
    for n in [1, 64, 67] {
        check_all(&vec![0; n], |bits| vec![1, bits / 2, bits]);
        check_all(&vec![u64::MAX; n], |bits| vec![1, bits / 2, bits]);
    }
}

#[test]
fn padding() {
    assert_eq!((tail_mask(1), tail_mask(63), tail_mask(64)), (1, u64::MAX >> 1, u64::MAX));
    let mut plane = [u64::MAX; 2];
    clear_padding(&mut plane, 66);
    assert_eq!(plane, [u64::MAX, 3]);
    clear_padding(&mut [], 0);
}

#[test]
#[should_panic(expected = "17 planes of a word of 16 bits")]
fn more_planes_than_bits_panics() {
    to_planes(&[0u16], 17, &mut Vec::new());
}

#[test]
#[should_panic(expected = "words of a plane of 65 values")]
fn a_plane_of_a_wrong_length_panics() {
    bits_to_words::<u32>(&[0], 65, &mut Vec::new());
}

/// Seeds of failures go to the one folder at the root of the workspace.
fn config() -> ProptestConfig {
    let seeds = FileFailurePersistence::Direct("../proptest-regressions/bitplanes.txt");
    ProptestConfig { failure_persistence: Some(Box::new(seeds)), cases: 64, ..Default::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn round_trips(values in prop::collection::vec(any::<u64>(), 0..1200), k in 0u32..=64) {
        check_all(&values, |bits| vec![k.min(bits)]);
    }
}
