//! The integer matrix products of every kernel this machine has, with the `f32` product of the
//! `matrixmultiply` crate as the yardstick; all on one thread.
//!
//! Throughput is in elements a second, and an element is one multiplication with its addition:
//! 1 Gelem/s is 1 GMAC/s. Pick some with a filter, as in `cargo bench --bench gemm -- u32/avx512`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ditto_core::gemm::{GemmWord, Packed, gemm};
use ditto_core::isa::Isa;

/// Products `m x k x n` with weights, which are packed once.
const WEIGHTS: [(usize, usize, usize); 6] = [
    (128, 768, 768),
    (128, 768, 3072),
    (128, 3072, 768),
    (128, 384, 1536),
    (128, 1536, 384),
    (128, 30522, 384),
];

/// Products of an attention head: queries by keys (transposed), and probabilities by values. The
/// packing is in the time.
const HEADS: [(usize, usize, usize); 2] = [(128, 32, 128), (128, 128, 32)];

fn words<W: From<u32> + std::ops::Not<Output = W>>(len: usize) -> Vec<W> {
    (0..len as u32).map(|i| !W::from(i.wrapping_mul(0x9e37_79b9))).collect()
}

fn integers<W>(c: &mut Criterion, word: &str)
where
    W: GemmWord + From<u32> + std::ops::Not<Output = W>,
{
    for isa in Isa::ALL.into_iter().filter(|isa| isa.supported()) {
        let mut group = c.benchmark_group(format!("{word}/{isa}"));
        for (m, k, n) in WEIGHTS {
            let (a, b) = (words::<W>(m * k), words::<W>(k * n));
            let b = Packed::new_with(isa, &b, k, n);
            let mut out = words::<W>(m * n);
            group.throughput(Throughput::Elements((m * k * n) as u64));
            group.bench_function(format!("{m}x{k}x{n}"), |bench| {
                bench.iter(|| gemm(m, black_box(&a), &b, black_box(&mut out)));
            });
        }
        for (m, k, n) in HEADS {
            let (a, b) = (words::<W>(m * k), words::<W>(k * n));
            let mut out = words::<W>(m * n);
            group.throughput(Throughput::Elements((m * k * n) as u64));
            group.bench_function(format!("head {m}x{k}x{n}"), |bench| {
                bench.iter(|| {
                    let b = match k < n {
                        true => Packed::new_transposed_with(isa, black_box(&b), k, n),
                        false => Packed::new_with(isa, black_box(&b), k, n),
                    };
                    gemm(m, black_box(&a), &b, black_box(&mut out));
                });
            });
        }
        group.finish();
    }
}

fn floats(c: &mut Criterion) {
    let mut group = c.benchmark_group("sgemm");
    for (m, k, n) in WEIGHTS.into_iter().chain(HEADS) {
        let (a, b, mut out) = (vec![1f32; m * k], vec![1f32; k * n], vec![0f32; m * n]);
        let [rows_a, rows_b] = [k, n].map(|stride| stride as isize);
        group.throughput(Throughput::Elements((m * k * n) as u64));
        group.bench_function(format!("{m}x{k}x{n}"), |bench| {
            bench.iter(|| {
                let (a, b, out) = (black_box(&a), black_box(&b), black_box(&mut out));
                let (a, b, c) = (a.as_ptr(), b.as_ptr(), out.as_mut_ptr());
                // SAFETY: the three matrices are row-major and as long as their shapes say.
                unsafe {
                    matrixmultiply::sgemm(m, k, n, 1., a, rows_a, 1, b, rows_b, 1, 1., c, rows_b, 1)
                }
            });
        });
    }
    group.finish();
}

fn all(c: &mut Criterion) {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("the first to ask");
    floats(c);
    integers::<u32>(c, "u32");
    integers::<u64>(c, "u64");
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = all
}
criterion_main!(benches);
