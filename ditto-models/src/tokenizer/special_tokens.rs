//! The two tokens that BERT wants around a text, as `tokenizer.json` names them.
//!
//! Read here and not by the `tokenizers` crate, whose template panics when it names a token that
//! the file does not describe.

use serde_json::Value;

/// The ids that go before and after a single text, `[CLS]` and `[SEP]`, as the file's
/// `post_processor` has them; `None` when it has no such rule.
///
/// Two kinds of rule are understood, which mean the same: a template of special token, text,
/// special token; and the older `BertProcessing`, which names the two.
pub(super) fn cls_and_sep(post_processor: &Value) -> Option<[u32; 2]> {
    match post_processor.get("type")?.as_str()? {
        "TemplateProcessing" => {
            let [before, text, after] = post_processor.get("single")?.as_array()?.as_slice() else {
                return None;
            };
            text.get("Sequence")?;
            let described = post_processor.get("special_tokens")?;
            Some([special(before, described)?, special(after, described)?])
        }
        "BertProcessing" => {
            let named = |field| id(post_processor.get(field)?.get(1)?);
            Some([named("cls")?, named("sep")?])
        }
        _ => None,
    }
}

/// The id of a special token in a template, which `described` maps to a single id.
fn special(piece: &Value, described: &Value) -> Option<u32> {
    let name = piece.get("SpecialToken")?.get("id")?.as_str()?;
    match described.get(name)?.get("ids")?.as_array()?.as_slice() {
        [only] => id(only),
        _ => None,
    }
}

fn id(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::cls_and_sep;
    use crate::tokenizer::fixture;

    #[test]
    fn both_kinds_of_rule_are_understood() {
        let json = fixture::tokenizer_json();
        assert_eq!(cls_and_sep(&json["post_processor"]), Some([2, 3]));
        let old = json!({ "type": "BertProcessing", "sep": ["[SEP]", 102], "cls": ["[CLS]", 101] });
        assert_eq!(cls_and_sep(&old), Some([101, 102]));
    }

    #[test]
    fn a_rule_with_a_token_that_is_not_described_is_none() {
        let mut json = fixture::tokenizer_json();
        json["post_processor"]["single"][2]["SpecialToken"]["id"] = json!("[SEQ]");
        assert_eq!(cls_and_sep(&json["post_processor"]), None);
        assert_eq!(cls_and_sep(&json!({ "type": "ByteLevel" })), None);
        assert_eq!(cls_and_sep(&Value::Null), None);
    }
}
