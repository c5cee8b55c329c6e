//! An object of whatever kind, as it came, and the one way from it to a type: text -> `Value` -> type. Every kind is
//! compiled for this one deserializer, and for the one serializer in [`super::request`].

use std::fmt;

use kube::Resource;
use kube::api::{ApiResource, ObjectMeta, PartialObjectMeta};
use kube::core::DynamicResourceScope;
use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where kubectl keeps a whole copy of what it applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// An object of any kind. Of its metadata only what identifies it is read.
#[derive(Clone)]
pub struct Raw {
    metadata: ObjectMeta,
    value: Value,
}

impl Raw {
    /// Namespace, name, UID and resource version; empty where it has none.
    #[must_use]
    pub fn identity(&self) -> [String; 4] {
        let ObjectMeta { namespace, name, uid, resource_version, .. } = &self.metadata;
        [namespace, name, uid, resource_version].map(|text| text.clone().unwrap_or_default())
    }

    /// The object, without what nobody here asks for and may be as large as the rest: who managed which field, and
    /// kubectl's copy.
    #[must_use]
    pub fn into_value(mut self) -> Value {
        if let Some(metadata) = self.value.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
            if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
                annotations.remove(LAST_APPLIED);
            }
        }
        self.value
    }
}

impl From<Value> for Raw {
    fn from(value: Value) -> Self {
        let text = |field: &str| value["metadata"][field].as_str().map(str::to_owned);
        let metadata = ObjectMeta {
            name: text("name"),
            namespace: text("namespace"),
            uid: text("uid"),
            resource_version: text("resourceVersion"),
            ..ObjectMeta::default()
        };
        Self { metadata, value }
    }
}

/// An object of which only the metadata travelled: nothing else is known of it.
impl From<PartialObjectMeta<Self>> for Raw {
    fn from(object: PartialObjectMeta<Self>) -> Self {
        Self { metadata: object.metadata, value: Value::Null }
    }
}

// Not derived: whoever prints it must not print a person.
impl fmt::Debug for Raw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Raw").field("uid", &self.metadata.uid).finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

impl Resource for Raw {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(of: &ApiResource) -> std::borrow::Cow<'_, str> {
        of.kind.as_str().into()
    }

    fn group(of: &ApiResource) -> std::borrow::Cow<'_, str> {
        of.group.as_str().into()
    }

    fn version(of: &ApiResource) -> std::borrow::Cow<'_, str> {
        of.version.as_str().into()
    }

    fn plural(of: &ApiResource) -> std::borrow::Cow<'_, str> {
        of.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// The object as its type.
///
/// # Errors
/// [`Undecodable`].
pub fn decode<K: DeserializeOwned>(value: Value) -> Result<K, Undecodable> {
    serde_json::from_value(value).map_err(|error| Undecodable::new(&error.to_string()))
}

/// The object as the API has it.
///
/// # Errors
/// [`Undecodable`]: none of our kinds has a map with other keys than text.
pub fn encode<K: Serialize>(object: &K) -> Result<Value, Undecodable> {
    serde_json::to_value(object).map_err(|error| Undecodable::new(&error.to_string()))
}

/// Why an object is not what this program knows of its kind; says nothing of what stands in it, which may be personal.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Undecodable(String);

impl Undecodable {
    /// From what serde says: `invalid type: string "Ann", expected u32` without the value.
    fn new(said: &str) -> Self {
        const KNOWN: [&str; 5] = ["invalid type", "invalid value", "invalid length", "unknown variant", "unknown field"];
        if said.starts_with("missing field") {
            return Self(said.to_owned());
        }
        let what = KNOWN.into_iter().find(|known| said.starts_with(known)).unwrap_or("a value that is not one of its type");
        // What comes last is ours; a value may say `, expected` too.
        let expected = said.rfind(", expected").map_or("", |at| &said[at..]);
        Self(format!("{what}{}", if what == "a value that is not one of its type" { "" } else { expected }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::Group;

    #[test]
    fn what_is_said_of_an_object_has_no_value_of_it() {
        let said = |value: Value| decode::<Group>(value).map(|_| ()).unwrap_err().to_string();
        let group = |spec: Value| json!({"metadata": {"name": "ann"}, "spec": spec});
        let rows = [
            (json!({"metadata": {}}), "missing field `spec`"),
            (group(json!({"displayName": {"Ann": 1}})), "invalid type, expected a string"),
            (group(json!({"displayName": "x", "type": "Ann, expected Bob"})), "unknown variant, expected `security` or `team`"),
            (json!("Ann, expected by"), "invalid type, expected struct Group"),
        ];
        for (value, expected) in rows {
            assert_eq!(said(value), expected);
        }
        assert_eq!(Undecodable::new("Ann is no date: Ann").to_string(), "a value that is not one of its type");
    }

    #[test]
    fn what_nobody_asks_for_is_left_out() {
        let metadata = json!({"name": "a", "managedFields": [{}], "annotations": {LAST_APPLIED: "{}", "b": "c"}});
        let raw = Raw::from(json!({"metadata": metadata, "spec": {}}));
        assert_eq!(raw.identity(), ["", "a", "", ""]);
        assert!(!format!("{raw:?}").contains("spec"));
        assert_eq!(raw.into_value(), json!({"metadata": {"name": "a", "annotations": {"b": "c"}}, "spec": {}}));
        assert_eq!(Raw::from(json!(1)).into_value(), json!(1));
    }
}
