//! Wrapping integer matrix products over `u32` and `u64`: the arithmetic of `Z32` and `Z64`.
//!
//! The right factor is packed once ([`Packed`]) for the instruction set in use
//! ([`Isa`](crate::isa::Isa)), and then multiplied as often as wanted ([`gemm`]). Everything is exact
//! modulo the word size, so every instruction set gives the same words.
//!
//! ```
//! use ditto_core::gemm::{Packed, gemm};
//! let (a, b) = ([1u32, 2], [3u32, 4]); // 1 x 2 and 2 x 1
//! let mut c = [u32::MAX];
//! gemm(1, &a, &Packed::new(&b, 2, 1), &mut c);
//! assert_eq!(c, [10]); // -1 + 3 + 8
//! ```
//!
//! How a product runs: [`gemm`] cuts it into jobs for rayon when it is big enough (`job`), a job
//! walks its cache blocks, and one register tile of the output at a time is computed by a kernel:
//! `portable`, `avx2`, `avx512`, `limbs_z32`, `limbs_z64`. The choice among these is made in one place, `word`.

mod job;
mod out;
mod pack;
mod portable;
mod prefetch;
mod word;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod limbs_z32;
#[cfg(target_arch = "x86_64")]
mod limbs_z64;

#[cfg(test)]
mod tests;

pub use pack::Packed;
pub use word::GemmWord;

/// `c += a * b`, wrapping: `a` is `m x k`, `b` is `k x n`, `c` is `m x n`, `a` and `c` row-major.
///
/// Runs with the instruction set that `b` was packed for. Small products stay on the calling
/// thread; big ones are shared out over the current rayon pool.
///
/// # Panics
///
/// When the length of `a` or `c` does not fit the shapes.
pub fn gemm<W: GemmWord>(m: usize, a: &[W], b: &Packed<W>, c: &mut [W]) {
    let (k, n) = (b.k(), b.n());
    assert_eq!(Some(a.len()), m.checked_mul(k), "a is not {m} x {k}");
    assert_eq!(Some(c.len()), m.checked_mul(n), "c is not {m} x {n}");
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    job::Job::whole(a, b, out::Out::new(c, m, n)).share_out();
}
