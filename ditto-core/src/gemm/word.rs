//! The words that a product is over, and for each the one place that chooses its kernel.

#![allow(unsafe_code)]

use super::job::Job;
use super::portable;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512, limbs_z32, limbs_z64};
use crate::isa::Isa;

/// A word that matrices are made of: `u32` or `u64`.
pub trait GemmWord: Copy + Default + Send + Sync + 'static + sealed::Kernels {}

impl GemmWord for u32 {}
impl GemmWord for u64 {}

pub(super) mod sealed {
    use super::{Isa, Job};

    /// What a word must bring; out of reach from outside, which seals `GemmWord`.
    pub trait Kernels: Sized {
        /// `self + x * y`, wrapping.
        fn mul_add(self, x: Self, y: Self) -> Self;

        /// `self + x`, wrapping.
        fn plus(self, x: Self) -> Self;

        /// The number of columns that the kernel of `isa` computes at a time.
        fn panel_width(isa: Isa) -> usize;

        /// Brings a panel of a right factor into the form that the kernel of `isa` reads.
        fn encode(isa: Isa, panel: &mut [Self]);

        /// Runs `job` with the kernel that its right factor was packed for.
        #[allow(private_interfaces)]
        fn run(job: Job<'_, Self>);
    }
}

macro_rules! kernels {
    ($word:ty, $name:ident, $limbs:ident) => {
        impl sealed::Kernels for $word {
            #[inline(always)]
            fn mul_add(self, x: Self, y: Self) -> Self {
                self.wrapping_add(x.wrapping_mul(y))
            }

            #[inline(always)]
            fn plus(self, x: Self) -> Self {
                self.wrapping_add(x)
            }

            fn panel_width(isa: Isa) -> usize {
                match isa {
                    Isa::Portable => portable::WIDTH,
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx2 => avx2::$name::WIDTH,
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 => avx512::$name::WIDTH,
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512Limbs => $limbs::WIDTH,
                    #[cfg(not(target_arch = "x86_64"))]
                    Isa::Avx2 | Isa::Avx512 | Isa::Avx512Limbs => unreachable!("not supported"),
                }
            }

            fn encode(isa: Isa, panel: &mut [Self]) {
                #[cfg(target_arch = "x86_64")]
                if isa == Isa::Avx512Limbs {
                    $limbs::encode(panel);
                }
                #[cfg(not(target_arch = "x86_64"))]
                let _ = (isa, panel);
            }

            #[allow(private_interfaces)]
            fn run(job: Job<'_, Self>) {
                match job.isa() {
                    Isa::Portable => portable::run(job),
                    // SAFETY: `Packed` asserts, when made, that the machine has its `Isa`.
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx2 => unsafe { avx2::$name::run(job) },
                    // SAFETY: as above.
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 => unsafe { avx512::$name::run(job) },
                    // SAFETY: as above.
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512Limbs => unsafe { $limbs::run(job) },
                    #[cfg(not(target_arch = "x86_64"))]
                    Isa::Avx2 | Isa::Avx512 | Isa::Avx512Limbs => unreachable!("not supported"),
                }
            }
        }
    };
}

kernels!(u32, z32, limbs_z32);
kernels!(u64, z64, limbs_z64);
