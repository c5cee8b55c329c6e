//! The one form that each kind is read from and written to: JSON text. What is at hand as a [`Value`] goes through it too,
//! so that each kind is compiled for one deserializer and one serializer.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The value as its type.
///
/// # Errors
/// What serde says.
pub fn typed<T: DeserializeOwned>(value: &Value) -> serde_json::Result<T> {
    serde_json::from_str(&value.to_string())
}

/// The object as a value. Our types hold no map with keys other than text, so that they always serialize.
#[must_use]
pub fn value<T: Serialize>(object: &T) -> Value {
    serde_json::to_string(object).and_then(|text| serde_json::from_str(&text)).unwrap_or_default()
}
