//! What objects say, read from their JSON.

use serde::de::DeserializeOwned;
use serde_json::Value;

pub(super) fn all<'a, K: DeserializeOwned>(objects: impl Iterator<Item = &'a Value>, kind: &str) -> Vec<K> {
    objects.filter(|object| object["kind"] == kind).filter_map(|object| serde_json::from_value(object.clone()).ok()).collect()
}

pub(super) fn condition<'a>(object: &'a Value, type_: &str) -> Option<&'a Value> {
    object["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == type_)
}

/// A condition that is True.
pub(super) fn holding<'a>(object: &'a Value, type_: &str) -> Option<&'a Value> {
    condition(object, type_).filter(|condition| condition["status"] == "True")
}

pub(super) fn why(condition: &Value) -> String {
    match (string(&condition["reason"]), string(&condition["message"])) {
        (reason, "") => reason.to_owned(),
        (reason, message) => format!("{reason}: {message}"),
    }
}

pub(super) fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
