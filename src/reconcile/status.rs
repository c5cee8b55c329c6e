//! Writing a status: only what differs, and only if something does.

use serde::Serialize;
use serde_json::{Map, Value};

use super::ReconcileError;
use crate::api::form;
use crate::cluster::Cluster;
use crate::cluster::client::Kind;

/// The merge patch that makes `current` into `desired`; none if they say the same. A member that only `current` has
/// becomes null; a list that differs is replaced.
pub(super) fn difference(current: &Value, desired: &Value) -> Option<Value> {
    if current == desired {
        return None;
    }
    let (Value::Object(before), Value::Object(after)) = (current, desired) else { return Some(desired.clone()) };
    let mut patch = Map::new();
    for (name, value) in after {
        let change = before.get(name).map_or_else(|| Some(value.clone()), |old| difference(old, value));
        if let Some(change) = change {
            patch.insert(name.clone(), change);
        }
    }
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    Some(Value::Object(patch))
}

/// Writes what differs between the two statuses. An object that is gone needs none.
pub(super) async fn write<K: Kind, S: Serialize + Default>(
    cluster: &Cluster,
    name: &str,
    current: Option<&S>,
    desired: &S,
) -> Result<(), ReconcileError> {
    let none = S::default();
    let before = form::value(current.unwrap_or(&none));
    if let Some(patch) = difference(&before, &form::value(desired)) {
        cluster.patch_status::<K>(name, &patch).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::difference;

    #[test]
    fn differences() {
        let rows = [
            (json!({}), json!({}), None),
            (json!({"a": 1, "b": [1]}), json!({"b": [1], "a": 1}), None),
            (json!({"a": 1}), json!({"a": 2}), Some(json!({"a": 2}))),
            (json!({"a": 1}), json!({}), Some(json!({"a": null}))),
            (json!({}), json!({"a": {"b": 1}}), Some(json!({"a": {"b": 1}}))),
            (json!({"a": {"b": 1, "c": 2}}), json!({"a": {"b": 1}}), Some(json!({"a": {"c": null}}))),
            (json!({"a": [1, 2]}), json!({"a": [1]}), Some(json!({"a": [1]}))),
            (json!({"a": {"b": 1}, "z": 1}), json!({"a": {"b": 2}, "z": 1}), Some(json!({"a": {"b": 2}}))),
        ];
        for (current, desired, expected) in rows {
            assert_eq!(difference(&current, &desired), expected, "{current} -> {desired}");
        }
    }
}
