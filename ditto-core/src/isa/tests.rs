//! The choice of kernels: by name, and in a process with a name that is none.

use std::process::Command;

use super::{Isa, KernelError};
use crate::bitplanes::to_planes;
use crate::gemm::{Packed, gemm};
use crate::prg::{Key, Prg};

#[test]
fn a_kernel_is_forced_by_its_name() {
    for isa in Isa::ALL.into_iter().filter(|isa| isa.supported()) {
        assert_eq!(Isa::forced(isa.name()), Ok(isa));
    }
    for isa in Isa::ALL.into_iter().filter(|isa| !isa.supported()) {
        assert_eq!(Isa::forced(isa.name()), Err(KernelError::Unsupported(isa)));
    }
    let error = Isa::forced("avx9").unwrap_err();
    assert_eq!(
        error.to_string(),
        "DITTO_KERNEL=avx9 names no kernel; choose one of portable, avx2, avx512, avx512-limbs"
    );
}

/// Products, randomness and bit planes with a `DITTO_KERNEL` that names no kernel: they do not panic, and
/// give the same as without it. The choice is made once in a process, so this needs one of its own.
#[test]
fn a_name_that_is_none_is_an_error_and_no_panic() {
    let test = "isa::tests::with_a_bad_name";
    for name in ["nonsense", "", "PORTABLE"] {
        let mut process = Command::new(std::env::current_exe().expect("this program"));
        process.args(["--exact", test, "--ignored", "--nocapture"]).env("DITTO_KERNEL", name);
        let output = process.output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{name}: {text}");
    }
}

#[test]
#[ignore = "runs in a process of its own, from the test above"]
fn with_a_bad_name() {
    let Err(KernelError::Unknown(_)) = Isa::select() else {
        panic!("accepted");
    };
    assert_eq!(Isa::current(), Isa::Portable);
    let mut sum = [0u32];
    gemm(1, &[2, 3], &Packed::new(&[5, 7], 2, 1), &mut sum);
    assert_eq!(sum, [31]);
    // The first block of AES-128 with a key and a counter of zeros.
    let mut bytes = [0; 16];
    Prg::new(&Key::new([0; 16]), 0).stream(0, 0).fill_bytes(&mut bytes);
    assert_eq!(bytes[..4], [0x66, 0xe9, 0x4b, 0xd4]);
    let mut planes = Vec::new();
    to_planes(&[1u8, 2, 3], 2, &mut planes);
    assert_eq!(planes, [0b101, 0b110]);
}
