//! Throughput of the bit kernels: the generator, packing and bit planes.
//!
//! `DITTO_KERNEL=portable cargo bench --bench bits` measures the portable paths.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ditto_core::bitplanes::{bits_to_masks, bits_to_words, from_planes, to_planes, to_planes_map};
use ditto_core::pack::{pack, pack_map, packed_len, unpack, unpack_map};
use ditto_core::prg::{Key, Prg};

/// An activation of 128 x 768.
const VALUES: usize = 128 * 768;

fn prg(c: &mut Criterion) {
    let prg = Prg::new(&Key::new([7; 16]), 1);
    let mut group = c.benchmark_group("prg");
    for bytes in [16, 1 << 12, 1 << 16, 1 << 20, 1 << 26] {
        group.throughput(Throughput::Bytes(bytes));
        let mut out = vec![0; bytes as usize];
        group.bench_function(BenchmarkId::new("fill_bytes", bytes), |b| {
            b.iter(|| prg.stream(1, 1).fill_bytes(black_box(&mut out)));
        });
    }
    let bytes = 1 << 22;
    group.throughput(Throughput::Bytes(bytes));
    let mut out = vec![0u32; bytes as usize / 4];
    group.bench_function("fill_u32, then add", |b| {
        let mut mask = vec![0u32; bytes as usize / 4];
        b.iter(|| {
            prg.stream(1, 1).fill_u32(&mut mask);
            out.iter_mut().zip(&mask).for_each(|(out, mask)| *out = out.wrapping_add(*mask));
        });
    });
    group.bench_function("for_each_chunk u32, add", |b| {
        b.iter(|| {
            prg.stream(1, 1).for_each_chunk(bytes as usize / 4, |start, mask: &[u32]| {
                let out = &mut out[start..][..mask.len()];
                out.iter_mut().zip(mask).for_each(|(out, mask)| *out = out.wrapping_add(*mask));
            });
        });
    });
    group.finish();
}

fn packing(c: &mut Criterion) {
    let values: Vec<u64> = Prg::new(&Key::new([7; 16]), 1).stream(1, 1).words(VALUES);
    let values32: Vec<u32> = values.iter().map(|value| *value as u32).collect();
    let values8: Vec<u8> = values.iter().map(|value| *value as u8).collect();
    let mut group = c.benchmark_group("pack");
    group.throughput(Throughput::Elements(VALUES as u64));
    let mut out = Vec::with_capacity(8 * VALUES);
    macro_rules! both {
        ($word:ident, $values:ident, $widths:expr) => {
            for width in $widths {
                let name = stringify!($word);
                group.bench_function(BenchmarkId::new(format!("pack {name}"), width), |b| {
                    b.iter(|| {
                        out.clear();
                        pack(black_box(&$values), width, &mut out);
                    });
                });
                let bytes = vec![0x5a; packed_len(VALUES, width)];
                let mut back: Vec<$word> = Vec::with_capacity(VALUES);
                group.bench_function(BenchmarkId::new(format!("unpack {name}"), width), |b| {
                    b.iter(|| {
                        back.clear();
                        unpack(black_box(&bytes), VALUES, width, &mut back).unwrap();
                    });
                });
            }
        };
    }
    both!(u8, values8, [1, 2, 8]);
    both!(u32, values32, [1, 8, 14, 16, 18, 20, 24, 30, 32]);
    both!(u64, values, [18, 32, 46, 64]);
    group.bench_function("pack_map u32, a - b/18", |b| {
        let other = values32.clone();
        b.iter(|| {
            out.clear();
            pack_map(VALUES, 18, |i| values32[i].wrapping_sub(other[i]), &mut out);
        });
    });
    group.bench_function("unpack_map u32, +=/18", |b| {
        let bytes = vec![0x5a; packed_len(VALUES, 18)];
        let mut sum = values32.clone();
        b.iter(|| {
            let sum = &mut sum[..VALUES];
            unpack_map(&bytes, VALUES, 18, |i, v: u32| sum[i] = sum[i].wrapping_add(v)).unwrap();
        });
    });
    group.finish();
}

fn planes(c: &mut Criterion) {
    let values: Vec<u64> = Prg::new(&Key::new([7; 16]), 1).stream(1, 1).words(VALUES);
    let values32: Vec<u32> = values.iter().map(|value| *value as u32).collect();
    let values16: Vec<u16> = values.iter().map(|value| *value as u16).collect();
    let mut group = c.benchmark_group("bitplanes");
    group.throughput(Throughput::Elements(VALUES as u64));
    let mut planes = Vec::with_capacity(VALUES);
    macro_rules! both {
        ($word:ident, $values:ident, $ks:expr) => {
            for k in $ks {
                let name = stringify!($word);
                group.bench_function(BenchmarkId::new(format!("to_planes {name}"), k), |b| {
                    b.iter(|| {
                        planes.clear();
                        to_planes(black_box(&$values), k, &mut planes);
                    });
                });
                let mut back: Vec<$word> = Vec::with_capacity(VALUES);
                group.bench_function(BenchmarkId::new(format!("from_planes {name}"), k), |b| {
                    b.iter(|| {
                        back.clear();
                        from_planes(black_box(&planes), VALUES, k, &mut back);
                    });
                });
            }
        };
    }
    both!(u16, values16, [14]);
    both!(u32, values32, [1, 8, 16, 20, 32]);
    both!(u64, values, [1, 30, 64]);
    group.bench_function("to_planes_map u32, a + b/16", |b| {
        let other = values32.clone();
        b.iter(|| {
            planes.clear();
            to_planes_map(VALUES, 16, |i| values32[i].wrapping_add(other[i]), &mut planes);
        });
    });
    let plane = &values[..VALUES / 64];
    let mut out32: Vec<u32> = Vec::with_capacity(VALUES);
    group.bench_function("bits_to_words u32", |b| {
        b.iter(|| {
            out32.clear();
            bits_to_words(black_box(plane), VALUES, &mut out32);
        });
    });
    let mut out64: Vec<u64> = Vec::with_capacity(VALUES);
    group.bench_function("bits_to_masks u64", |b| {
        b.iter(|| {
            out64.clear();
            bits_to_masks(black_box(plane), VALUES, &mut out64);
        });
    });
    group.finish();
}

criterion_group!(benches, prg, packing, planes);
criterion_main!(benches);
