//! Programs that must not compile, one wrong step a file, each named by the rule that it breaks.
//!
//! The expected messages beside them are part of the language; `ditto-testing/tests/compile_fail.rs` says
//! what they have to keep, and how they are written anew.

#[test]
fn wrong_programs_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
