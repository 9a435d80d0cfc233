//! Texts that cannot be embedded: the message names the text, and nothing is computed.

use crate::command::{compare, embed, fails, run, run_with_input};
use crate::model::Model;

/// 40 letters: 42 tokens of the fixture, which has 32 positions.
const LONG: &str = "abcdefghijklmnopqrstuvwxyzabcdefghijklmn";

#[test]
fn a_text_longer_than_the_positions_is_not_cut() {
    let model = Model::new();
    let words = ["text 2: ", "42 tokens", "32 positions", "shorten or split"];
    fails(run(embed(model.path(), &["the cat", LONG])), &words);
    fails(run(compare(model.path(), &["the cat", LONG])), &words);
    fails(run(embed(model.path(), &["--pad", "32", "the cat", LONG])), &words);
}

#[test]
fn an_empty_text_is_refused() {
    let model = Model::new();
    for text in ["", "   ", "\t"] {
        let words = ["text 1: ", "the text is empty", "give at least one word"];
        fails(run(embed(model.path(), &[text])), &words);
    }
}

#[test]
fn no_text_at_all_is_refused() {
    let model = Model::new();
    let output = run_with_input(embed(model.path(), &[]), b"");
    fails(output, &["the text is empty"]);
}

#[test]
fn a_blank_line_is_refused_and_counted() {
    let model = Model::new();
    let output = run_with_input(embed(model.path(), &[]), b"the cat\n\nthe cat\n");
    fails(output, &["text 2: ", "the text is empty"]);
}

#[test]
fn invalid_utf_8_is_refused_with_its_place() {
    let model = Model::new();
    for arguments in [&[][..], &["--json", "--backend", "plain"]] {
        let output = run_with_input(embed(model.path(), arguments), b"the cat\nab\xff\n");
        let words = ["line 2", "not valid UTF-8 at byte 3", "convert it"];
        fails(output, &words);
    }
}

#[test]
fn a_pad_shorter_than_the_text_is_refused() {
    let model = Model::new();
    let words = ["text 2: ", "5 tokens", "only 4", "pad to 5 or more"];
    fails(run(embed(model.path(), &["--pad", "4", "the cat", "the cat sat"])), &words);
    fails(run(embed(model.path(), &["--pad", "0", "the cat"])), &["pad to 4"]);
}

#[test]
fn a_pad_beyond_the_positions_is_refused() {
    let model = Model::new();
    let words = ["33", "only 32 positions", "pad to 32 or less"];
    fails(run(embed(model.path(), &["--pad", "33", "the cat"])), &words);
}
