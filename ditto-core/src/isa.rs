//! Which kernels run, in products, randomness and bit planes alike: detected once, when the program runs,
//! or forced by `DITTO_KERNEL`.

use std::fmt;
use std::sync::OnceLock;

/// The environment variable that forces an instruction set.
const VARIABLE: &str = "DITTO_KERNEL";

/// An instruction set that the kernels are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isa {
    /// Plain Rust; runs everywhere.
    Portable,
    /// x86-64 with AVX2.
    Avx2,
    /// x86-64 with AVX-512 F and DQ, multiplying whole words: the best where the processor does
    /// that at full rate, as AMD's do.
    Avx512,
    /// x86-64 with AVX-512 VNNI, IFMA and VBMI2, multiplying parts of words: the best where whole
    /// words take several steps, as on Intel's.
    Avx512Limbs,
}

impl Isa {
    /// All of them.
    pub const ALL: [Isa; 4] = [Isa::Portable, Isa::Avx2, Isa::Avx512, Isa::Avx512Limbs];

    /// The instruction set of this process: what `DITTO_KERNEL` says, or else the best there is.
    ///
    /// Decided at the first call, and the same ever after. A program calls this first, so that a
    /// bad `DITTO_KERNEL` ends in a message; the runs of `ditto-runtime` do.
    ///
    /// # Errors
    ///
    /// When `DITTO_KERNEL` names no instruction set, or one that this machine lacks.
    pub fn select() -> Result<Isa, KernelError> {
        static CHOICE: OnceLock<Result<Isa, KernelError>> = OnceLock::new();
        CHOICE
            .get_or_init(|| match std::env::var_os(VARIABLE) {
                None => Ok(Isa::best()),
                Some(value) => Isa::forced(&value.to_string_lossy()),
            })
            .clone()
    }

    /// The instruction set of this process: for products, randomness and bit planes alike. Where
    /// [`Isa::select`] fails it is the portable one, which runs everywhere and computes the same: a
    /// library has no business ending a program because of its environment.
    pub fn current() -> Isa {
        Isa::select().unwrap_or(Isa::Portable)
    }

    /// Whether this machine can run it.
    pub fn supported(self) -> bool {
        match self {
            Isa::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => {
                is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq")
            }
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Limbs => {
                Isa::Avx512.supported()
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vnni")
                    && is_x86_feature_detected!("avx512ifma")
                    && is_x86_feature_detected!("avx512vbmi")
                    && is_x86_feature_detected!("avx512vbmi2")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Isa::Avx2 | Isa::Avx512 | Isa::Avx512Limbs => false,
        }
    }

    /// The name that `DITTO_KERNEL` knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Portable => "portable",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
            Isa::Avx512Limbs => "avx512-limbs",
        }
    }

    fn best() -> Isa {
        let order = if multiplies_whole_words() {
            [Isa::Avx512, Isa::Avx512Limbs, Isa::Avx2]
        } else {
            [Isa::Avx512Limbs, Isa::Avx512, Isa::Avx2]
        };
        order.into_iter().find(|isa| isa.supported()).unwrap_or(Isa::Portable)
    }

    /// What a value of `DITTO_KERNEL` asks for.
    pub(crate) fn forced(value: &str) -> Result<Isa, KernelError> {
        let Some(isa) = Isa::ALL.into_iter().find(|isa| isa.name() == value) else {
            return Err(KernelError::Unknown(value.to_owned()));
        };
        if !isa.supported() {
            return Err(KernelError::Unsupported(isa));
        }
        Ok(isa)
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether `vpmulld` and `vpmullq` run as fast as any multiplication. On AMD's processors with
/// AVX-512 they do (two a cycle on Zen 5); on Intel's they are two and three steps.
fn multiplies_whole_words() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        let leaf = std::arch::x86_64::__cpuid(0);
        [leaf.ebx, leaf.edx, leaf.ecx].map(u32::to_le_bytes).as_flattened() == b"AuthenticAMD"
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Whether randomness comes from AES on 512-bit registers.
#[cfg(target_arch = "x86_64")]
pub(crate) fn vaes() -> bool {
    Isa::current() != Isa::Portable
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("vaes")
        && is_x86_feature_detected!("aes")
}

/// Whether bit planes are made on 512-bit registers, by byte permutations and bit-matrix products.
#[cfg(target_arch = "x86_64")]
pub(crate) fn gfni() -> bool {
    Isa::current() != Isa::Portable
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vbmi")
        && is_x86_feature_detected!("gfni")
}

/// Why there is no instruction set to run with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelError {
    /// `DITTO_KERNEL` has a value that names nothing.
    Unknown(String),
    /// `DITTO_KERNEL` names what this machine cannot run.
    Unsupported(Isa),
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KernelError::Unknown(value) => {
                let names = Isa::ALL.map(Isa::name).join(", ");
                write!(f, "{VARIABLE}={value} names no kernel; choose one of {names}")
            }
            KernelError::Unsupported(isa) => {
                write!(f, "{VARIABLE}={isa} asks for instructions this machine lacks")
            }
        }
    }
}

impl std::error::Error for KernelError {}

#[cfg(test)]
mod tests;
