//! An object of whatever kind, as it came, and the one way from it to a type (see [`crate::api::form`]).

use std::fmt;

use kube::Resource;
use kube::api::{ApiResource, ObjectMeta, PartialObjectMeta};
use kube::core::DynamicResourceScope;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::value::RawValue;

/// What begins the names of our annotations.
const OWN: &str = "tenure.dev/";

/// Takes out what no program asks for and may be as large as the rest: who managed which field, and annotations that are not
/// ours, as kubectl's copy of what it applied. A replacement that does not name the managers leaves them as they are; the
/// annotations would be lost, so that they stay where objects are replaced.
pub fn trim(metadata: &mut ObjectMeta, is_replaced: bool) {
    // Not only emptied: the room that a list has would stay.
    metadata.managed_fields = None;
    if let Some(annotations) = metadata.annotations.as_mut().filter(|_| !is_replaced) {
        annotations.retain(|name, _| name.starts_with(OWN));
    }
}

/// An object of any kind. Of its metadata only what identifies it is read.
#[derive(Clone)]
pub struct Raw {
    metadata: ObjectMeta,
    text: Box<RawValue>,
}

/// What identifies an object.
#[derive(Deserialize)]
pub(super) struct Identified {
    #[serde(default)]
    pub metadata: ObjectIdentity,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ObjectIdentity {
    namespace: Option<String>,
    pub name: Option<String>,
    uid: Option<String>,
    pub resource_version: Option<String>,
}

impl Raw {
    /// Namespace, name, UID and resource version; empty where it has none.
    #[must_use]
    pub fn identity(&self) -> [String; 4] {
        let ObjectMeta { namespace, name, uid, resource_version, .. } = &self.metadata;
        [namespace, name, uid, resource_version].map(|text| text.clone().unwrap_or_default())
    }

    /// The object as its type.
    ///
    /// # Errors
    /// [`Undecodable`].
    pub fn decode<K: DeserializeOwned>(&self) -> Result<K, Undecodable> {
        decode(self.text.get())
    }
}

/// An object of which only the metadata travelled: nothing else is known of it.
impl From<PartialObjectMeta<Self>> for Raw {
    fn from(object: PartialObjectMeta<Self>) -> Self {
        Self { metadata: object.metadata, text: RawValue::NULL.to_owned() }
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
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let ObjectIdentity { namespace, name, uid, resource_version } =
            serde_json::from_str::<Identified>(text.get()).map_err(D::Error::custom)?.metadata;
        Ok(Self { metadata: ObjectMeta { namespace, name, uid, resource_version, ..ObjectMeta::default() }, text })
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

/// The text as an object that may be replaced, see [`trim`].
///
/// # Errors
/// [`Undecodable`].
pub(super) fn read<K: Resource + DeserializeOwned>(text: &str) -> Result<K, Undecodable> {
    let mut object: K = decode(text)?;
    trim(object.meta_mut(), true);
    Ok(object)
}

/// The text as the type.
///
/// # Errors
/// [`Undecodable`].
pub(super) fn decode<K: DeserializeOwned>(text: &str) -> Result<K, Undecodable> {
    serde_json::from_str(text).map_err(|error| Undecodable::new(&error.to_string()))
}

/// Why an object is not what this program knows of its kind; says nothing of what stands in it, which may be personal.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Undecodable(String);

/// How serde begins what it says of a value.
const KNOWN: [&str; 5] = ["invalid type", "invalid value", "invalid length", "unknown variant", "unknown field"];

impl Undecodable {
    /// From what serde says: `invalid type: string "Ann", expected u32` without the value.
    fn new(said: &str) -> Self {
        let said = said.rfind(" at line ").map_or(said, |at| &said[..at]);
        if said.starts_with("missing field") {
            return Self(said.to_owned());
        }
        let Some(what) = KNOWN.into_iter().find(|known| said.starts_with(known)) else {
            return Self("a value that is not one of its type".to_owned());
        };
        // The place says nothing, and what comes last is ours; a value may say `, expected` too.
        let expected = said.rfind(", expected").map_or("", |at| &said[at..]);
        Self(format!("{what}{expected}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::{DirectorySnapshot, Group};

    #[test]
    fn what_is_said_of_an_object_has_no_value_of_it() {
        let said = |value: Value| decode::<Group>(&value.to_string()).map(|_| ()).unwrap_err().to_string();
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
        let bucket = json!({"metadata": {"name": "people-0"}, "directory": "people", "packed": ["2 Ann"]});
        let refusal = decode::<DirectorySnapshot>(&bucket.to_string()).map(|_| ()).unwrap_err();
        assert_eq!(refusal.to_string(), "invalid value, expected a packed row of version 1");
        assert_eq!(Undecodable::new("Ann is no date: Ann").to_string(), "a value that is not one of its type");
    }

    #[test]
    fn an_object_is_known_by_what_identifies_it() {
        let object = json!({"spec": {"displayName": "Ann"}, "metadata": {"name": "a", "resourceVersion": "7", "labels": {}}});
        let raw: Raw = serde_json::from_str(&object.to_string()).unwrap();
        assert_eq!(raw.identity(), ["", "a", "", "7"]);
        assert_eq!(raw.decode::<Group>().unwrap().spec.display_name.as_deref(), Some("Ann"));
        assert!(!format!("{raw:?}").contains("Ann"));
    }
}
