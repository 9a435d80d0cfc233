//! A small tokenizer for tests.

use serde_json::{Map, Value, json};

/// An uncased WordPiece tokenizer of 64 words, of the same build as BERT's own.
pub fn tokenizer_json() -> Value {
    let words = vocabulary();
    let id = |word: &str| words.iter().position(|w| w == word).unwrap_or_default();
    let special = |word: &str| json!({ "id": word, "ids": [id(word)], "tokens": [word] });
    let place = |word: &str| json!({ "SpecialToken": { "id": word, "type_id": 0 } });
    let added: Vec<Value> = words
        .iter()
        .take_while(|word| word.starts_with('['))
        .map(|word| {
            json!({
                "id": id(word), "content": word, "special": true, "normalized": false,
                "single_word": false, "lstrip": false, "rstrip": false,
            })
        })
        .collect();
    let vocab: Map<String, Value> = words.iter().map(|w| (w.clone(), json!(id(w)))).collect();
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": {
            "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true,
        },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [place("[CLS]"), { "Sequence": { "id": "A", "type_id": 0 } }, place("[SEP]")],
            "pair": [
                place("[CLS]"), { "Sequence": { "id": "A", "type_id": 0 } }, place("[SEP]"),
                { "Sequence": { "id": "B", "type_id": 1 } }, place("[SEP]"),
            ],
            "special_tokens": { "[CLS]": special("[CLS]"), "[SEP]": special("[SEP]") },
        },
        "decoder": { "type": "WordPiece", "prefix": "##", "cleanup": true },
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocab,
        },
    })
}

/// The 64 words of the fixture's tokenizer; a word's place is its id.
pub(crate) fn vocabulary() -> Vec<String> {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned);
    let letters = ('a'..='z').map(String::from);
    let inner = ('a'..='z').map(|letter| format!("##{letter}"));
    let more = [".", ",", "?", "!", "the", "cat", "sat"].map(str::to_owned);
    special.into_iter().chain(letters).chain(inner).chain(more).collect()
}
