//! The README shows a layer as it really stands in the code. That the excerpt compiles is its
//! doctest's matter; here, that it is the source.

/// The first block of Rust in `text`.
fn rust_block(text: &str) -> &str {
    let (_, rest) = text.split_once("```rust\n").expect("a block of Rust");
    let (block, _) = rest.split_once("```").expect("the end of the block");
    block
}

/// The excerpts of a block: a new one begins where documentation does.
fn excerpts(block: &str) -> Vec<String> {
    let is_doc = |line: &str| line.trim_start().starts_with("///");
    let mut excerpts = vec![String::new()];
    let mut after_doc = false;
    for line in block.lines() {
        if is_doc(line) && !after_doc {
            excerpts.push(String::new());
        }
        after_doc = is_doc(line);
        excerpts.last_mut().expect("there is one").push_str(line);
    }
    excerpts
}

/// Without white space, which depends on what stands around an excerpt.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn the_layer_in_the_readme_is_the_source() {
    let source = squeezed(include_str!("../src/layers/linear.rs"));
    let excerpts = excerpts(rust_block(include_str!("../../README.md")));
    let [uses, items @ ..] = excerpts.as_slice() else {
        panic!("no excerpt in the README");
    };
    assert!(uses.starts_with("use "), "first the paths that a reader needs");
    assert_eq!(items.len(), 2, "the structure and its forward pass");
    for item in items {
        let found = source.contains(&squeezed(item));
        assert!(found, "src/layers/linear.rs has no\n{item}");
    }
}
