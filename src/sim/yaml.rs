//! YAML, in and out; the one place that knows the library.
//!
//! Every node keeps its line, so that a complaint about a field can name the line that the field is written on.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use serde_yaml::Spanned;

/// One document of a YAML stream.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    /// What it says.
    pub value: Value,
    /// The line of every field by its path (`spec.tasks[0].name`; the empty path is the document), from 1.
    pub lines: BTreeMap<String, u64>,
}

/// Where a text is not YAML, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The line, from 1; 0 where it is not known.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

/// Reads every document of `text`, empty ones left out.
///
/// As YAML 1.2 and Kubernetes have it, only `true` and `false` are booleans; a number that begins with a zero is text,
/// because it was meant as a code and not as octal.
pub(super) fn parse(text: &str) -> Result<Vec<Parsed>, Malformed> {
    let options = serde_yaml::options! { strict_booleans: true, leading_zero_numbers_as_strings: true };
    let nodes: Vec<Spanned<Node>> = serde_yaml::from_multiple_with_options(text, options).map_err(|error| {
        let line = error.location().map_or(0, |location| location.line());
        Malformed { line, message: first_line(&error.without_snippet().to_string()) }
    })?;
    let documents = nodes.into_iter().map(|node| {
        let mut lines = BTreeMap::new();
        let value = node.value.into_value(node.referenced.line(), String::new(), &mut lines);
        Parsed { value, lines }
    });
    Ok(documents.filter(|document| !document.value.is_null()).collect())
}

/// Writes one document, with a line break at its end.
///
/// # Errors
/// What the value itself says when it cannot be written.
pub(crate) fn write(value: &impl Serialize) -> Result<String, String> {
    serde_yaml::to_string(value).map_err(|error| error.to_string())
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Spanned<Node>>),
    Map(Vec<(String, Spanned<Node>)>),
}

impl Node {
    fn into_value(self, line: u64, path: String, lines: &mut BTreeMap<String, u64>) -> Value {
        let value = match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(value) => Value::Number(value),
            Self::Text(value) => Value::String(value),
            Self::List(items) => {
                let items = items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| item.value.into_value(item.referenced.line(), format!("{path}[{index}]"), lines));
                Value::Array(items.collect())
            }
            Self::Map(members) => {
                let members = members.into_iter().map(|(key, member)| {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    let value = member.value.into_value(member.referenced.line(), path, lines);
                    (key, value)
                });
                Value::Object(members.collect::<Map<_, _>>())
            }
        };
        lines.insert(path, line);
        value
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what JSON can hold")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Node, E> {
        Number::from_f64(value).map(Node::Number).ok_or_else(|| E::custom("a number that JSON cannot hold"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key::<Key>()? {
            members.push((key.0, map.next_value()?));
        }
        Ok(Node::Map(members))
    }
}

/// A key: text, or a scalar that is written like one.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Node::deserialize(deserializer)? {
            Node::Text(text) => Ok(Self(text)),
            Node::Number(number) => Ok(Self(number.to_string())),
            Node::Bool(value) => Ok(Self(value.to_string())),
            Node::Null | Node::List(_) | Node::Map(_) => Err(D::Error::custom("a key must be text")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn values_are_those_of_json() {
        let parsed = parse("a: yes\nb: 010\nc: true\nd: 1.5\ne: [1, null]\nf: 2026-01-05\ng: '1'\nh: -3\n").expect("yaml");
        let wanted = json!({"a": "yes", "b": "010", "c": true, "d": 1.5, "e": [1, null], "f": "2026-01-05", "g": "1", "h": -3});
        assert_eq!(parsed[0].value, wanted);
    }

    #[test]
    fn lines_count_over_the_whole_stream() {
        let parsed = parse("# first\na: 1\n---\n---\n\nb:\n  - c: 1\n  - {c: 2,\n     d: 3}\n").expect("yaml");
        assert_eq!(parsed.len(), 2);
        assert_eq!(parsed[0].lines["a"], 2);
        assert_eq!(parsed[1].lines["b[0].c"], 7);
        assert_eq!(parsed[1].lines["b[1].d"], 9);
    }

    #[test]
    fn what_is_no_yaml_is_refused_with_its_line() {
        assert_eq!(parse("a: 1\nb: [1\n").expect_err("unclosed").line, 2);
        assert_eq!(parse("a: 1\na: 2\n").expect_err("twice").line, 2);
    }
}
