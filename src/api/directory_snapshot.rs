//! DirectorySnapshot: what evaluations last saw of the tracked attributes, without personal data.

use chrono::{DateTime, Utc};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One tracked attribute or group of one subject.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttributeMark {
    /// Attribute, or group: and the group's name.
    #[schemars(length(max = 260))]
    pub name: Box<str>,
    /// 8 bytes of the keyed hash of the value, hexadecimal; empty: not set; ?: unknown.
    #[schemars(length(max = 16))]
    pub digest: Box<str>,
    /// Number of changes since the first sight.
    pub sequence: i64,
    /// As-of of the evaluation that saw the last change; absent: unchanged since the first sight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<DateTime<Utc>>,
}

/// What one evaluation saw of one subject.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
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
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
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

/// One hash bucket of subjects. Written by evaluations only.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev",
    version = "v1alpha1",
    kind = "DirectorySnapshot",
    namespaced,
    no_spec,
    shortname = "dsnap",
    category = "tenure",
    derive = "PartialEq",
    doc = "A DirectorySnapshot holds hashes of what evaluations last saw, to notice changes. It has no personal data. The programs write it.",
    printcolumn(name = "Directory", type_ = "string", json_path = ".directory"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct DirectorySnapshotData {
    /// Name of the Directory.
    #[schemars(length(max = 63))]
    pub directory: String,
    /// One row a subject.
    #[serde(default)]
    #[schemars(length(max = 5000))]
    pub rows: Vec<SnapshotRow>,
}
