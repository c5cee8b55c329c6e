//! What evaluations last saw of one subject.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// One tracked attribute or group of one subject.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct AttributeMark {
    /// Attribute, or group: and the group's name.
    // Everybody of a bucket has the same names: they share them.
    #[serde(deserialize_with = "shared")]
    #[schemars(length(max = 260))]
    pub name: Arc<str>,
    /// 8 bytes of the keyed hash of the value, hexadecimal; empty: not set; ?: unknown.
    #[schemars(length(max = 16))]
    pub digest: Box<str>,
    /// Number of changes since the first sight.
    pub sequence: i64,
    /// As-of of the evaluation that saw the last change; absent: unchanged since the first sight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<DateTime<Utc>>,
}

impl AttributeMark {
    /// The digest of a value that could not be read.
    pub const UNKNOWN: &str = "?";

    /// Whether the value could not be read.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        &*self.digest == Self::UNKNOWN
    }
}

/// What one evaluation saw of one subject.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Sighting {
    /// Epoch of the evaluation that wrote it.
    pub epoch: i64,
    /// As-of of the first evaluation that saw the subject.
    pub first_seen_at: DateTime<Utc>,
    /// As-of of the first evaluation that saw a hire date that had come, or the end of an earlier employment at the first
    /// sight, or a leave date that had come of somebody who never had a hire date; absent: none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<DateTime<Utc>>,
    /// One mark a tracked attribute or group.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub marks: Vec<AttributeMark>,
}

/// One subject. The newest sighting whose epoch is sealed counts; a row keeps its newest sealed predecessor.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
pub struct SnapshotRow {
    /// Keyed id of the subject.
    #[schemars(length(max = 64))]
    pub subject: String,
    /// The newest sighting.
    pub current: Sighting,
    /// The sighting before, as long as the newest may not be sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Box<Sighting>>,
}

fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    String::deserialize(deserializer).map(Arc::from)
}
