//! Texts: what becomes of ordinary ones, and those that must be refused.

use serde_json::json;

use super::*;
use crate::tokenizer::{TextError, padded_len, read_texts};

#[test]
fn a_text_becomes_its_tokens_between_cls_and_sep() {
    let tokenizer = TinyFolder::new().open().expect("the fixture").tokenizer;
    let ids = tokenizer.encode("The Cat sat, ab!").expect("ids");
    assert_eq!(ids, [2, 61, 62, 63, 58, 5, 32, 60, 3]);
}

#[test]
fn an_empty_text_is_refused() {
    let tokenizer = TinyFolder::new().open().expect("the fixture").tokenizer;
    // Control characters and the like are dropped before the words are counted.
    for text in ["", " ", " \t\r\n", "\u{a0}\u{2003}", "\0\u{7}", "\u{200b}", "\u{fffd}"] {
        let error = tokenizer.encode(text).expect_err(text);
        assert!(matches!(error, TextError::EmptyText), "{text:?}: {error}");
        says(&error, &["the text is empty"]);
    }
}

#[test]
fn a_text_longer_than_the_positions_is_refused_and_never_cut() {
    let tokenizer = TinyFolder::new().open().expect("the fixture").tokenizer;
    let most = tokenizer.encode(&"cat ".repeat(30)).expect("32 tokens");
    assert_eq!(most.len(), 32);
    for words in [31, 5000] {
        let error = tokenizer.encode(&"cat ".repeat(words)).expect_err("too long");
        assert!(matches!(error, TextError::TextTooLong { positions: 32, .. }));
        says(&error, &[&format!("{} tokens", words + 2), "32 positions", "shorten"]);
    }
}

#[test]
fn the_files_own_truncation_and_padding_are_off() {
    let tiny = TinyFolder::new();
    tiny.edit(TOKENIZER_FILE, |json| {
        json["truncation"] = json!({
            "max_length": 8, "strategy": "LongestFirst", "stride": 0, "direction": "Right",
        });
        json["padding"] = json!({
            "strategy": { "Fixed": 8 }, "direction": "Right", "pad_to_multiple_of": null,
            "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]",
        });
    });
    let tokenizer = tiny.open().expect("the fixture").tokenizer;
    assert_eq!(tokenizer.encode("the cat").expect("ids"), [2, 61, 62, 3]);
    assert_eq!(tokenizer.encode(&"cat ".repeat(20)).expect("ids").len(), 22);
}

#[test]
fn an_id_without_an_embedding_is_refused() {
    let tiny = TinyFolder::new();
    tiny.edit(TOKENIZER_FILE, |json| json["model"]["vocab"]["dog"] = json!(64));
    let tokenizer = tiny.open().expect("the fixture").tokenizer;
    tokenizer.encode("the cat").expect("ids");
    let error = tokenizer.encode("the dog").expect_err("an unknown id");
    assert!(matches!(error, TextError::UnknownId { id: 64, vocab_size: 64 }));
    says(&error, &["token id 64", "vocab_size is 64", "tokenizer.json", "config.json"]);
}

#[test]
fn a_tokenizer_that_fails_on_a_text_is_named() {
    let tiny = TinyFolder::new();
    tiny.edit(TOKENIZER_FILE, |json| json["model"]["unk_token"] = json!("[NONE]"));
    let tokenizer = tiny.open().expect("the fixture").tokenizer;
    let error = tokenizer.encode("\u{4e2d}").expect_err("no unknown token");
    assert!(matches!(error, TextError::Tokenize { .. }));
    says(&error, &["tokenizer.json"]);
}

#[test]
fn texts_are_read_a_line_each() {
    let texts = read_texts(&b"one\r\ntwo three\n\nlast"[..]).expect("texts");
    assert_eq!(texts, ["one", "two three", "", "last"]);
    let error = read_texts(&b""[..]).expect_err("nothing");
    assert!(matches!(error, TextError::EmptyText));
}

#[test]
fn a_line_that_is_not_utf8_is_named() {
    let error = read_texts(&b"fine\nab\xffc\n"[..]).expect_err("not UTF-8");
    assert!(matches!(error, TextError::NotUtf8 { line: 2, byte: 3 }));
    says(&error, &["line 2", "byte 3", "UTF-8"]);
}

#[test]
fn the_padded_length_must_hold_the_text_and_fit_the_model() {
    assert_eq!(padded_len(5, None, 64).expect("the next multiple of 32"), 32);
    assert_eq!(padded_len(40, None, 50).expect("no more than there are"), 50);
    assert_eq!(padded_len(5, Some(5), 32).expect("exact"), 5);
    assert_eq!(padded_len(5, Some(32), 32).expect("all"), 32);
    let error = padded_len(5, Some(4), 32).expect_err("too short");
    assert!(matches!(error, TextError::PadTooShort { tokens: 5, pad: 4 }));
    says(&error, &["5 tokens", "only 4"]);
    let error = padded_len(5, Some(33), 32).expect_err("too long");
    assert!(matches!(error, TextError::PadTooLong { pad: 33, positions: 32 }));
    says(&error, &["33", "32 positions"]);
    assert!(matches!(padded_len(33, None, 32), Err(TextError::TextTooLong { .. })));
}
