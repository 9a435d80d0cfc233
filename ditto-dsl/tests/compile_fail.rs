//! Programs that must not compile, one wrong step a file, each named by the rule that it breaks.
//!
//! The expected messages beside them are part of the language: each is short, says in domain words
//! what is wrong and names the remedy. They depend on the compiler's version, which
//! rust-toolchain.toml pins; `TRYBUILD=overwrite` writes them anew after a change, to be read as
//! a newcomer would before they are kept.

#[test]
fn wrong_programs_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}

/// A message that nobody would read to its end explains nothing.
#[test]
fn messages_are_short_and_speak_of_formats() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/compile_fail");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of programs is there") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_none_or(|extension| extension != "stderr") {
            continue;
        }
        let message = std::fs::read_to_string(&path).expect("messages are text");
        let lines = message.lines().count();
        assert!(lines <= 25, "{} has {lines} lines", path.display());
        for number in ["UInt<", "UTerm", "typenum", "ToUInt"] {
            assert!(!message.contains(number), "{} shows `{number}`", path.display());
        }
        read += 1;
    }
    assert!(read > 0, "no messages in {folder}");
}
