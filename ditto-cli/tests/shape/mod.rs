//! The shape of a JSON value, for snapshots: its fields and their kinds, whatever was measured.

use serde_json::{Value, json};

/// The same with a kind for each value. Of a list there is the longest shape alone, and what is left out
/// may have been a number, as of a machine that does not tell it.
pub(crate) fn shape(value: &Value) -> Value {
    match value {
        Value::Null | Value::Number(_) => json!("number"),
        Value::String(_) => json!("text"),
        Value::Bool(_) => json!("bool"),
        Value::Array(list) => {
            let longest = list.iter().map(shape).max_by_key(|shape| shape.to_string().len());
            Value::Array(longest.into_iter().collect())
        }
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect()
        }
    }
}
