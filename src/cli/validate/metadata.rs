//! Names, labels and annotations.

use serde_json::{Map, Value};

use super::document::{By, Draft, NAME, Said, quoted, type_of};
use crate::api::meta::{ANNOTATION_EVALUATE_NOW, ANNOTATION_GIT_COMMIT};
use crate::rule::nearest;
use crate::sim::api::meta;
use crate::sim::load::{SIMULATE_AT, SIMULATE_DELETE, SIMULATE_FROM, SIMULATE_UNTIL};
use crate::sim::schema::Violation;

/// How our annotations begin.
const PREFIX: &str = "tenure.dev/";

/// The annotations that somebody reads.
const ANNOTATIONS: [&str; 6] =
    [ANNOTATION_EVALUATE_NOW, ANNOTATION_GIT_COMMIT, SIMULATE_AT, SIMULATE_DELETE, SIMULATE_FROM, SIMULATE_UNTIL];

/// Says what the API server would say about the metadata of an object.
pub(super) fn check(draft: &mut Draft<'_>) {
    let metadata = match draft.object().get("metadata") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(metadata)) => metadata.clone(),
        Some(other) => {
            let message = format!("must be of type object, not {}", type_of(other));
            draft.say("metadata", message);
            return;
        }
    };
    for key in metadata.keys().filter(|key| !meta::FIELDS.contains(&key.as_str())) {
        let near = nearest(key, meta::FIELDS.into_iter().filter(|field| !metadata.contains_key(*field)));
        draft.correct_field("metadata", key, near);
    }
    let metadata = draft.object()["metadata"].as_object().cloned().unwrap_or_default();
    check_ours(draft, &metadata);
    let is_typed = check_types(draft, &metadata);
    if is_typed {
        for Violation { path, message, .. } in meta::check(&metadata, false) {
            if path != NAME || metadata.get("generateName").is_none() {
                draft.say(&path, message);
            }
        }
    }
    if let Some(namespace) = metadata.get("namespace").and_then(Value::as_str) {
        let as_name: Map<String, Value> = [("name".to_owned(), Value::String(namespace.to_owned()))].into_iter().collect();
        for violation in meta::check(&as_name, true) {
            draft.say("metadata.namespace", violation.message);
        }
    }
}

/// A misspelt annotation of ours would do nothing, without a word.
fn check_ours(draft: &mut Draft<'_>, metadata: &Map<String, Value>) {
    let annotations = metadata.get("annotations").and_then(Value::as_object).into_iter().flat_map(|map| map.keys());
    for key in annotations.filter(|key| key.starts_with(PREFIX) && !ANNOTATIONS.contains(&key.as_str())) {
        let path = format!("metadata.annotations.{key}");
        let mark = draft.document.places.of_key(&path);
        let advice = nearest(key, ANNOTATIONS.into_iter()).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        let message = format!("nothing reads the annotation {}{advice}", quoted(key));
        draft.said.push(Said { path, mark, message, by: By::Purpose });
    }
}

/// Texts must be texts, and labels and annotations maps of texts.
fn check_types(draft: &mut Draft<'_>, metadata: &Map<String, Value>) -> bool {
    let mut wrong = Vec::new();
    for field in ["name", "generateName", "namespace"] {
        if let Some(value) = metadata.get(field)
            && !value.is_string()
            && !value.is_null()
        {
            wrong.push((format!("metadata.{field}"), not_text(value)));
        }
    }
    for field in ["labels", "annotations"] {
        match metadata.get(field) {
            None | Some(Value::Null) => {}
            Some(Value::Object(map)) => {
                let values = map.iter().filter(|(_, value)| !value.is_string());
                wrong.extend(values.map(|(key, value)| (format!("metadata.{field}.{key}"), not_text(value))));
            }
            Some(other) => wrong.push((format!("metadata.{field}"), format!("must be of type object, not {}", type_of(other)))),
        }
    }
    let is_typed = wrong.is_empty();
    for (path, message) in wrong {
        draft.say(&path, message);
    }
    is_typed
}

fn not_text(value: &Value) -> String {
    let advice = if value.is_number() || value.is_boolean() { format!("; write {}", quoted(&value.to_string())) } else { String::new() };
    format!("must be of type string, not {}{advice}", type_of(value))
}
