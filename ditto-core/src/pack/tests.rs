//! Packing at every width, against its definition bit by bit.

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use super::*;

/// The definition, bit by bit.
fn pack_naive<W: PackWord>(values: &[W], width: u32) -> Vec<u8> {
    let width = width as usize;
    let mut bytes = vec![0; (values.len() * width).div_ceil(8)];
    for (i, value) in values.iter().enumerate() {
        for bit in 0..width {
            let place = i * width + bit;
            bytes[place / 8] |= ((value.pack_to_u64() >> bit & 1) as u8) << (place % 8);
        }
    }
    bytes
}

/// Packs and unpacks in all four ways, appending to something that must stay as it is.
fn check<W: PackWord + PartialEq + fmt::Debug>(values: &[W], width: u32) {
    let n = values.len();
    let low = |value: W| W::unpack_from_u64(value.pack_to_u64() & mask(width as usize));
    let expected = pack_naive(values, width);
    assert_eq!(packed_len(n, width), expected.len());

    let mut bytes = vec![0xa5; 3];
    pack(values, width, &mut bytes);
    assert_eq!(bytes[..3], [0xa5; 3]);
    assert_eq!(bytes[3..], expected, "pack, {n} values, width {width}");
    bytes.truncate(3);
    pack_map(n, width, |i| values[i], &mut bytes);
    assert_eq!(bytes[3..], expected, "pack_map, {n} values, width {width}");

    let first = W::unpack_from_u64(0x5a);
    let expected: Vec<W> = [first].into_iter().chain(values.iter().map(|v| low(*v))).collect();
    let mut unpacked = vec![first];
    unpack(&bytes[3..], n, width, &mut unpacked).unwrap();
    assert_eq!(unpacked, expected, "unpack, {n} values, width {width}");
    unpacked.truncate(1);
    unpack_map(&bytes[3..], n, width, |i, value: W| {
        assert_eq!(i + 1, unpacked.len());
        unpacked.push(value);
    })
    .unwrap();
    assert_eq!(unpacked, expected, "unpack_map, {n} values, width {width}");
}

/// Words without any pattern, from a fixed seed.
fn noise(n: usize, mut seed: u64) -> Vec<u64> {
    std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (seed ^ seed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    })
    .take(n)
    .collect()
}

fn check_all_widths(values: &[u64]) {
    fn narrowed<W: PackWord + PartialEq + fmt::Debug>(values: &[u64]) {
        let values: Vec<W> = values.iter().map(|value| W::unpack_from_u64(*value)).collect();
        for width in 1..=W::MAX_WIDTH {
            check(&values, width);
        }
    }
    narrowed::<u8>(values);
    narrowed::<u16>(values);
    narrowed::<u32>(values);
    narrowed::<u64>(values);
}

#[test]
fn every_width_and_edge_length() {
    for n in [0, 1, 2, 7, 8, 9, 63, 64, 65, 511, 512, 513, 1025] {
        check_all_widths(&noise(n, n as u64));
    }
}

#[test]
fn extremes() {
    for n in [1, 8, 67] {
        check_all_widths(&vec![0; n]);
        check_all_widths(&vec![u64::MAX; n]);
    }
}

#[test]
fn a_wrong_length_is_an_error_and_nothing_is_written() {
    let mut out = vec![1u32];
    let error = LengthError { expected: 23, found: 22 };
    assert_eq!(unpack(&[0; 22], 10, 18, &mut out), Err(error));
    assert_eq!(unpack_map(&[0; 22], 10, 18, |_, _: u32| unreachable!()), Err(error));
    assert!(unpack(&[0; 24], 10, 18, &mut out).is_err());
    assert_eq!(out, [1]);
    assert_eq!(error.to_string(), "a packed message of 22 bytes where 23 are due");
}

#[test]
fn the_layout_is_fixed() {
    let mut bytes = Vec::new();
    pack(&[0xabcu16, 0x123, 0xffff], 12, &mut bytes);
    assert_eq!(bytes, [0xbc, 0x3a, 0x12, 0xff, 0x0f]);
}

#[test]
#[should_panic(expected = "width 33 is not in 1..=32")]
fn a_width_beyond_the_word_panics() {
    pack(&[0u32], 33, &mut Vec::new());
}

#[test]
#[should_panic(expected = "width 0 is not in 1..=8")]
fn a_width_of_nothing_panics() {
    pack(&[0u8], 0, &mut Vec::new());
}

#[test]
#[should_panic(expected = "fits in memory")]
fn a_length_beyond_memory_panics() {
    packed_len(usize::MAX, 64);
}

/// Seeds of failures go to the one folder at the root of the workspace.
fn config() -> ProptestConfig {
    let seeds = FileFailurePersistence::Direct("../proptest-regressions/pack.txt");
    ProptestConfig { failure_persistence: Some(Box::new(seeds)), cases: 64, ..Default::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn round_trips(values in prop::collection::vec(any::<u64>(), 0..1200), width in 1u32..=64) {
        let narrow = |bits: u32| width.min(bits);
        check(&values, width);
        check(&values.iter().map(|v| *v as u32).collect::<Vec<_>>(), narrow(32));
        check(&values.iter().map(|v| *v as u16).collect::<Vec<_>>(), narrow(16));
        check(&values.iter().map(|v| *v as u8).collect::<Vec<_>>(), narrow(8));
    }
}
