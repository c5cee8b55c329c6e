//! Canonical JSON: the same meaning gives the same text.
//!
//! Keys are sorted, and a field that has the default of its schema is left out, so that a field which a later release
//! adds with a default does not change the text of what was written before.

use serde_json::Value;

/// The canonical text of `value`, an instance of `schema` (structural, without references).
#[must_use]
pub fn text(value: &Value, schema: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, schema);
    out
}

fn write(out: &mut String, value: &Value, schema: &Value) {
    match value {
        Value::Object(members) => {
            let mut kept: Vec<_> = members.iter().filter(|(name, member)| !is_default(member, member_schema(schema, name))).collect();
            kept.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (position, (name, member)) in kept.into_iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write(out, member, member_schema(schema, name));
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write(out, item, &schema["items"]);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => out.push_str(&value.to_string()),
    }
}

fn member_schema<'a>(schema: &'a Value, name: &str) -> &'a Value {
    let declared = &schema["properties"][name];
    if declared.is_null() { &schema["additionalProperties"] } else { declared }
}

fn is_default(member: &Value, schema: &Value) -> bool {
    member.is_null() || schema.get("default") == Some(member)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::text;

    #[test]
    fn keys_are_sorted_and_defaults_left_out() {
        let schema = json!({"properties": {
            "a": {"default": 3},
            "b": {"items": {"properties": {"c": {"default": true}}}},
            "m": {"additionalProperties": {"properties": {"d": {"default": "x"}}}},
        }});
        let rows: [(Value, &str); 6] = [
            (json!({"b": [{"z": 1, "c": true}], "a": 3}), r#"{"b":[{"z":1}]}"#),
            (json!({"b": [{"c": false, "a": "\"\n"}]}), r#"{"b":[{"a":"\"\n","c":false}]}"#),
            (json!({"a": 4, "x": null}), r#"{"a":4}"#),
            (json!({"m": {"k": {"d": "x"}, "j": {"d": "y"}}}), r#"{"m":{"j":{"d":"y"},"k":{}}}"#),
            (json!({"a": 3}), "{}"),
            (json!({"zz": 1, "aa": {"q": 2, "b": []}}), r#"{"aa":{"b":[],"q":2},"zz":1}"#),
        ];
        for (value, expected) in rows {
            assert_eq!(text(&value, &schema), expected, "{value}");
        }
    }
}
