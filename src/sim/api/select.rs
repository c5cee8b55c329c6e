//! Label and field selectors.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use super::resource::Resource;
use super::status::{Refusal, bad_request};

/// One condition on a label.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    In(String, BTreeSet<String>),
    NotIn(String, BTreeSet<String>),
    Exists(String),
    Absent(String),
}

/// What a list or watch is restricted to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selector {
    labels: Vec<Condition>,
    /// JSON pointer, value, and whether it must be equal.
    fields: Vec<(String, String, bool)>,
}

impl Selector {
    /// Parses both selectors of a request.
    pub(super) fn parse(resource: &Resource, labels: &str, fields: &str) -> Result<Self, Refusal> {
        Ok(Self { labels: parse_labels(labels)?, fields: parse_fields(resource, fields)? })
    }

    /// Restricts to one name, as a watch of one object does.
    pub(super) fn require_name(&mut self, name: &str) {
        self.fields.push(("/metadata/name".to_owned(), name.to_owned(), true));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(super) fn matches(&self, object: &Value) -> bool {
        self.labels.iter().all(|condition| condition.holds(object))
            && self.fields.iter().all(|(pointer, wanted, equal)| (field(object, pointer) == wanted.as_str()) == *equal)
    }
}

impl Condition {
    fn holds(&self, object: &Value) -> bool {
        let label = |key: &str| object.get("metadata")?.get("labels")?.get(key)?.as_str();
        match self {
            Self::In(key, values) => label(key).is_some_and(|found| values.contains(found)),
            Self::NotIn(key, values) => label(key).is_none_or(|found| !values.contains(found)),
            Self::Exists(key) => label(key).is_some(),
            Self::Absent(key) => label(key).is_none(),
        }
    }
}

/// The text of a field; what is absent is the empty text.
fn field<'a>(object: &'a Value, pointer: &str) -> Cow<'a, str> {
    match object.pointer(pointer) {
        None | Some(Value::Null) => Cow::Borrowed(""),
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(other) => Cow::Owned(other.to_string()),
    }
}

fn parse_labels(text: &str) -> Result<Vec<Condition>, Refusal> {
    let mut conditions = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        // A comma inside parentheses belongs to the value list.
        let open = rest.find('(');
        let comma = rest.find(',');
        let end = match (open, comma) {
            (Some(open), Some(comma)) if open < comma => rest[open..].find(')').map_or(rest.len(), |close| open + close + 1),
            (_, Some(comma)) => comma,
            _ => rest.len(),
        };
        conditions.push(parse_condition(rest[..end].trim(), text)?);
        rest = rest[end..].trim_start().trim_start_matches(',').trim_start();
    }
    Ok(conditions)
}

fn parse_condition(part: &str, whole: &str) -> Result<Condition, Refusal> {
    let malformed = || bad_request(&format!("unable to parse requirement: found '{part}' in selector {whole:?}"));
    let set = |list: &str| -> Result<BTreeSet<String>, Refusal> {
        let inner = list.trim().strip_prefix('(').and_then(|list| list.strip_suffix(')')).ok_or_else(malformed)?;
        Ok(inner.split(',').map(|value| value.trim().to_owned()).collect())
    };
    let key_of = |text: &str| -> Result<String, Refusal> {
        let key = text.trim();
        let valid = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b));
        if valid { Ok(key.to_owned()) } else { Err(malformed()) }
    };
    if let Some((key, values)) = part.split_once(" notin ").or_else(|| part.split_once(" notin(").map(|(k, _)| (k, &part[k.len() + 6..]))) {
        return Ok(Condition::NotIn(key_of(key)?, set(values)?));
    }
    if let Some((key, values)) = part.split_once(" in ").or_else(|| part.split_once(" in(").map(|(k, _)| (k, &part[k.len() + 3..]))) {
        return Ok(Condition::In(key_of(key)?, set(values)?));
    }
    if let Some((key, value)) = part.split_once("!=") {
        return Ok(Condition::NotIn(key_of(key)?, BTreeSet::from([value.trim().to_owned()])));
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Ok(Condition::In(key_of(key)?, BTreeSet::from([value.trim().to_owned()])));
    }
    if let Some(key) = part.strip_prefix('!') {
        return Ok(Condition::Absent(key_of(key)?));
    }
    Ok(Condition::Exists(key_of(part)?))
}

fn parse_fields(resource: &Resource, text: &str) -> Result<Vec<(String, String, bool)>, Refusal> {
    let parts = text.split(',').filter(|part| !part.trim().is_empty());
    parts
        .map(|part| {
            let (label, value, equal) = if let Some((label, value)) = part.split_once("!=") {
                (label, value, false)
            } else if let Some((label, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
                (label, value, true)
            } else {
                return Err(bad_request(&format!("invalid selector: '{text}'; can't understand '{part}'")));
            };
            let pointer = match label.trim() {
                "metadata.name" => "/metadata/name".to_owned(),
                "metadata.namespace" if resource.namespaced => "/metadata/namespace".to_owned(),
                label => {
                    let known = resource.selectable.iter().find(|(known, _)| known == label);
                    let (_, pointer) = known.ok_or_else(|| bad_request(&format!("field label not supported: {label}")))?;
                    pointer.clone()
                }
            };
            Ok((pointer, value.trim().to_owned(), equal))
        })
        .collect()
}
