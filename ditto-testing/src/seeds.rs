//! How many cases a property has, and where the seeds of its failures are kept.

use std::path::{Path, PathBuf};

use proptest::prelude::ProptestConfig;
use proptest::test_runner::FileFailurePersistence;

/// `cases` cases a property, or as many as `PROPTEST_CASES` says, which keep the seeds of failures
/// in `proptest-regressions/NAME.txt`, at the root of the workspace that is tested.
pub fn config(cases: u32, name: &str) -> ProptestConfig {
    let file = root().join("proptest-regressions").join(format!("{name}.txt"));
    // proptest asks for a path of static lifetime. A few bytes a property are not given back.
    let file: &'static str = Box::leak(file.to_string_lossy().into_owned().into_boxed_str());
    let seeds = FileFailurePersistence::Direct(file);
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = asked.unwrap_or(cases);
    ProptestConfig { cases, failure_persistence: Some(Box::new(seeds)), ..Default::default() }
}

/// The root of the workspace of the crate that is tested; the crate's own where it has none.
fn root() -> PathBuf {
    // Cargo sets it for tests, and runs them in the folder of their crate.
    let of_crate = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let of_crate = of_crate.or_else(|| std::env::current_dir().ok()).unwrap_or_default();
    let is_root = |folder: &&Path| {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        manifest.lines().any(|line| line.trim() == "[workspace]")
    };
    of_crate.ancestors().find(is_root).unwrap_or(&of_crate).to_owned()
}
