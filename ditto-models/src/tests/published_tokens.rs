//! The tokenizer against the ids that the `transformers` library's own tests publish for
//! bert-base-uncased, whose vocabulary all-MiniLM-L6-v2 has.

use super::*;
use crate::tokenizer::TextError;

#[test]
fn the_published_ids_of_bert_base_uncased_come_out() {
    let Some(file) = fixtures::shared_data("vectors/tokenize_bert-base-uncased.json") else {
        return;
    };
    let Some(model) = fixtures::minilm() else {
        return;
    };
    let config = BertConfig::open(&model.join(CONFIG_FILE)).expect("the model's config");
    let tokenizer = tokenizer(&model.join(TOKENIZER_FILE), &config).expect("its tokenizer");
    let cases: Value =
        serde_json::from_slice(&std::fs::read(file).expect("the file")).expect("JSON");
    let mut checked = 0;
    for case in cases.as_array().expect("a list of cases") {
        // A pair of texts is not something that Ditto embeds.
        if case.get("text_pair").is_some() {
            continue;
        }
        let name = &case["name"];
        let text = case["text"].as_str().expect("a text");
        let ids: Vec<u32> = serde_json::from_value(case["ids"].clone()).expect("ids");
        match tokenizer.encode(text) {
            Ok(found) => assert_eq!(found, ids, "{name}"),
            // The library gives the bare [CLS] [SEP] for a blank text; here it is refused.
            Err(TextError::EmptyText) => assert_eq!(ids, [101, 102], "{name}"),
            Err(error) => panic!("{name}: {error}"),
        }
        checked += 1;
    }
    assert!(checked >= 25, "only {checked} cases in the file");
}
