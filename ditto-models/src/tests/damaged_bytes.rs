//! Whatever bytes a file holds, opening it ends in a value or in an error of one line: no panic.

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence::Direct;

use super::*;

/// Seeds of failures go to the one folder for them, at the workspace's root. More cases by PROPTEST_CASES.
fn settings() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(Direct("../proptest-regressions/models_folder.txt"))),
        ..ProptestConfig::default()
    }
}

/// A few changed bytes: where (as a fraction of the length), and what is XORed there.
fn flips() -> impl Strategy<Value = Vec<(f64, u8)>> {
    prop::collection::vec((0.0..1.0, 1u8..), 1..4)
}

fn flip(bytes: &mut [u8], flips: &[(f64, u8)]) {
    let length = bytes.len() as f64;
    for &(place, change) in flips {
        bytes[(place * length) as usize] ^= change;
    }
}

/// A value is fine; an error must be readable.
fn ends_well<T>(result: Result<T, impl std::fmt::Display>) {
    if let Err(error) = result {
        says(&error, &[]);
    }
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn weights_cut_anywhere_are_damaged(cut in 0.0..1.0) {
        let tiny = TinyFolder::new();
        let whole = tiny.read(WEIGHTS_FILE);
        tiny.write(WEIGHTS_FILE, &whole[..(cut * whole.len() as f64) as usize]);
        let damaged = matches!(tiny.refused(&["cut short"]), FolderError::Damaged { .. });
        prop_assert!(damaged);
    }

    #[test]
    fn a_changed_header_never_panics(changes in flips()) {
        let tiny = TinyFolder::new();
        let mut file = tiny.read(WEIGHTS_FILE);
        let length = u64::from_le_bytes(file[..8].try_into().expect("8 bytes")) as usize;
        flip(&mut file[..8 + length], &changes);
        tiny.write(WEIGHTS_FILE, &file);
        ends_well(tiny.open());
    }

    #[test]
    fn a_changed_length_of_the_header_never_panics(length: u64) {
        let tiny = TinyFolder::new();
        let mut file = tiny.read(WEIGHTS_FILE);
        let length = length >> (length % 64);
        file[..8].copy_from_slice(&length.to_le_bytes());
        tiny.write(WEIGHTS_FILE, &file);
        ends_well(tiny.open());
    }

    #[test]
    fn a_changed_config_never_panics(changes in flips()) {
        let tiny = TinyFolder::new();
        let mut file = tiny.read(CONFIG_FILE);
        flip(&mut file, &changes);
        tiny.write(CONFIG_FILE, &file);
        ends_well(tiny.open());
    }

    #[test]
    fn a_changed_tokenizer_never_panics(changes in flips(), text: String) {
        let tiny = TinyFolder::new();
        let mut file = tiny.read(TOKENIZER_FILE);
        flip(&mut file, &changes);
        tiny.write(TOKENIZER_FILE, &file);
        if let Ok(tokenizer) = tokenizer(&tiny.file(TOKENIZER_FILE), &tiny.config) {
            ends_well(tokenizer.encode(&text));
            ends_well(tokenizer.encode("The cat sat, ab!"));
        }
    }
}
