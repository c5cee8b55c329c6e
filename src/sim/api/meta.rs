//! Object metadata: what a writer may say, and what only the server says.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

use crate::sim::schema::{Violation, ViolationKind};

/// All fields of `ObjectMeta`; others are unknown.
pub(crate) const FIELDS: [&str; 15] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// What the server takes from the writer on an update.
const WRITABLE: [&str; 4] = ["annotations", "finalizers", "labels", "ownerReferences"];

/// All annotations of an object together, in bytes, as the server limits them.
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// An instant as the API writes it: UTC, whole seconds.
pub(super) fn timestamp(instant: DateTime<Utc>) -> Value {
    Value::String(instant.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// The metadata of a body, which must be an object or absent.
pub(super) fn take(body: &mut Value) -> Map<String, Value> {
    match body.as_object_mut().and_then(|body| body.remove("metadata")) {
        Some(Value::Object(metadata)) => metadata,
        _ => Map::new(),
    }
}

/// A text of the metadata; absent and empty are the same.
pub(super) fn text<'a>(metadata: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    metadata.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Drops unknown fields and nulls; under strict validation unknown fields are complaints.
pub(super) fn prune(metadata: &mut Map<String, Value>, strict: bool) -> Vec<Violation> {
    let mut unknown = Vec::new();
    metadata.retain(|field, value| {
        let known = FIELDS.contains(&field.as_str());
        if !known {
            unknown.push(field.clone());
        }
        let empty = match &*value {
            Value::Null => true,
            Value::Object(map) => map.is_empty(),
            Value::Array(list) => list.is_empty(),
            _ => false,
        };
        known && !empty && field != "managedFields" && field != "selfLink"
    });
    if !strict {
        return Vec::new();
    }
    let complaint = |field: String| {
        let path = format!("metadata.{field}");
        Violation { message: format!("unknown field \"{path}\""), path, kind: ViolationKind::UnknownField }
    };
    unknown.into_iter().map(complaint).collect()
}

/// The metadata of an updated object: what people write from `new`, the rest as it was.
pub(super) fn merge(old: &Value, new: &mut Map<String, Value>) -> Map<String, Value> {
    let mut merged = old["metadata"].as_object().cloned().unwrap_or_default();
    for field in WRITABLE {
        match new.remove(field) {
            Some(value) => merged.insert(field.to_owned(), value),
            None => merged.remove(field),
        };
    }
    merged
}

/// Checks what the server checks of names, labels and annotations.
pub(crate) fn check(metadata: &Map<String, Value>, is_namespace: bool) -> Vec<Violation> {
    let mut found = Vec::new();
    match text(metadata, "name") {
        None => {
            let detail = "name or generateName is required";
            found.push(Violation::plain(ViolationKind::Required, "metadata.name", detail));
        }
        Some(name) => check_name(name, is_namespace, &mut found),
    }
    check_labels(metadata, &mut found);
    check_annotations(metadata, &mut found);
    check_owners(metadata, &mut found);
    found
}

fn invalid(path: &str, value: &str, detail: &str) -> Violation {
    Violation::of_value(ViolationKind::Invalid, path, &Value::String(value.to_owned()), detail)
}

fn check_name(name: &str, is_namespace: bool, found: &mut Vec<Violation>) {
    let is_label = |part: &str| {
        let edge = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        edge(part.as_bytes().first())
            && edge(part.as_bytes().last())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let max = if is_namespace { 63 } else { 253 };
    if name.len() > max {
        found.push(invalid("metadata.name", name, &format!("must be no more than {max} bytes")));
    }
    if is_namespace && !is_label(name) {
        let detail = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                      start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for \
                      validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
        found.push(invalid("metadata.name", name, detail));
    }
    if !is_namespace && !name.split('.').all(is_label) {
        let detail = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                      and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
                      validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
        found.push(invalid("metadata.name", name, detail));
    }
}

/// Whether `text` may be the name part of a label key or, if not empty, a label value.
fn is_label_text(text: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    text.len() <= 63
        && edge(text.as_bytes().first())
        && edge(text.as_bytes().last())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

fn is_qualified(key: &str) -> bool {
    match key.split_once('/') {
        None => is_label_text(key),
        Some((prefix, name)) => {
            let plain = prefix.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b));
            plain && !prefix.is_empty() && prefix.len() <= 253 && is_label_text(name)
        }
    }
}

const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                         with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for \
                         validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

fn check_labels(metadata: &Map<String, Value>, found: &mut Vec<Violation>) {
    let labels = metadata.get("labels").and_then(Value::as_object);
    for (key, value) in labels.into_iter().flatten() {
        if !is_qualified(key) {
            found.push(invalid("metadata.labels", key, NAME_PART));
        }
        let value = value.as_str().unwrap_or("\0");
        if value.len() > 63 {
            found.push(invalid("metadata.labels", value, "must be no more than 63 bytes"));
        } else if !value.is_empty() && !is_label_text(value) {
            let detail = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or \
                          '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or \
                          'my_value',  or '12345', regex used for validation is \
                          '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
            found.push(invalid("metadata.labels", value, detail));
        }
    }
}

fn check_annotations(metadata: &Map<String, Value>, found: &mut Vec<Violation>) {
    let annotations = metadata.get("annotations").and_then(Value::as_object);
    let mut total = 0;
    for (key, value) in annotations.into_iter().flatten() {
        if !is_qualified(&key.to_lowercase()) {
            found.push(invalid("metadata.annotations", key, NAME_PART));
        }
        total += key.len() + value.as_str().map_or(0, str::len);
    }
    if total > MAX_ANNOTATIONS {
        let detail = format!("may not be more than {MAX_ANNOTATIONS} bytes");
        found.push(Violation::plain(ViolationKind::TooLong, "metadata.annotations", &detail));
    }
}

fn check_owners(metadata: &Map<String, Value>, found: &mut Vec<Violation>) {
    let owners = metadata.get("ownerReferences").and_then(Value::as_array);
    for owner in owners.into_iter().flatten() {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if owner[field].as_str().is_none_or(str::is_empty) {
                let detail = if field == "apiVersion" { "version must not be empty" } else { "must not be empty" };
                // The server names no index here.
                found.push(invalid(&format!("metadata.ownerReferences.{field}"), "", detail));
            }
        }
    }
}
