//! The guide in docs/book is what its doctests run. That its code compiles is their matter; here,
//! that no chapter is left out, and that what a reader sees is what runs.

use std::path::Path;

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn every_chapter_is_linked_and_tested() {
    let summary = read("../docs/book/src/SUMMARY.md");
    let between = |line: &str| {
        let (_, rest) = line.split_once("](")?;
        Some(rest.split_once(".md)")?.0.to_owned())
    };
    let linked: Vec<String> = summary.lines().filter_map(between).collect();
    let source = read("src/guide.rs");
    let (_, chapters) = source.split_once("chapters! {").expect("the list of chapters");
    let tested: Vec<&str> = chapters.split('"').skip(1).step_by(2).collect();
    assert_eq!(linked, tested);

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/book/src");
    let files = std::fs::read_dir(folder).expect("the chapters").count();
    assert_eq!(files, linked.len() + 1, "files beside SUMMARY.md");
}

/// Doctests leave out tests, so the chapter repeats its test's statement in hidden lines.
#[test]
fn the_hidden_test_is_the_one_that_is_shown() {
    let chapter = read("../docs/book/src/layer.md");
    let (_, block) = chapter.split_once("```rust\n").expect("a block of Rust");
    let (block, _) = block.split_once("```").expect("the end of the block");
    let statement = |lines: Vec<&str>| {
        let lines = lines.into_iter().map(str::trim).skip_while(|l| !l.starts_with("conformance("));
        lines.take_while(|line| *line != "}").map(str::to_owned).collect::<Vec<_>>()
    };
    let shown = statement(block.lines().filter(|line| !line.starts_with("# ")).collect());
    let hidden = statement(block.lines().filter_map(|line| line.strip_prefix("# ")).collect());
    assert!(shown.len() > 3, "{shown:?}");
    assert_eq!(shown, hidden);
}

#[test]
fn the_message_in_the_guide_is_the_compilers() {
    let chapter = read("../docs/book/src/errors.md");
    let (_, block) = chapter.split_once("```text\n").expect("a message");
    let (shown, _) = block.split_once("```").expect("the end of the message");
    let message = read("../ditto-dsl/tests/compile_fail/a_product_is_not_a_tensor.stderr");
    for line in shown.lines() {
        let text = line.trim_start_matches([' ', '|', '=']);
        assert!(message.contains(text), "the compiler does not say: {text}");
    }
}
