//! What is known of one subject of a slice.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::processing::ProcessingStatus;

/// What was there before a task's effect; with the changes at most 8 `KiB` a subject.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BeforeImage {
    /// Whether the account was enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_enabled: Option<bool>,
    /// The memberships among those that the task changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000), inner(length(max = 253)))]
    pub member_of: Option<Vec<String>>,
    /// The licences among those that the task changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100), inner(length(max = 253)))]
    pub licenses: Option<Vec<String>>,
    /// The overlay attributes that the task writes; empty: hidden, absent: not overlaid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::api::account::attribute_map")]
    pub attributes: Option<BTreeMap<String, String>>,
    /// Sponsors of the people whom the subject sponsors, by person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "sponsor_map")]
    pub sponsorships: Option<BTreeMap<String, Vec<String>>>,
    /// When it was softly deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<DateTime<Utc>>,
    /// true: too large to keep, the task cannot be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_undoable: Option<bool>,
}

/// A map of people to at most 20 sponsors. With a subject's 8 `KiB` no more people fit.
fn sponsor_map(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "maxProperties": 1000,
        "additionalProperties": {"type": "array", "maxItems": 20, "items": {"type": "string", "maxLength": 253}},
    })
}

/// The result of one task for one subject.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskResult {
    /// The task.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// Where it stands.
    #[serde(default)]
    pub processing_status: ProcessingStatus,
    /// Why it failed or did not run; one word for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub reason: Option<String>,
    /// Why a task that succeeded changed nothing, or what failed; names ids only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub processing_info: Option<String>,
    /// What was there before, written with the claim, never overwritten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<BeforeImage>,
    /// What it does to the person, written with the claim: one change each, in order. None in it: it is so already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1100), inner(length(max = 8192)))]
    pub changes: Option<Vec<String>>,
    /// Digest of the changes where there are more than the result has room for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub changes_digest: Option<String>,
}

impl TaskResult {
    /// Of a task that has not begun.
    #[must_use]
    pub fn queued(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

/// The result of one subject.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubjectResult {
    /// The subject; embedded: the User's name.
    #[schemars(length(min = 1, max = 253))]
    pub subject: String,
    /// What the directory knows the subject by for ever; absent: by its name, as in `subject`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub id: Option<String>,
    /// Keyed id of the subject, as in the ledger.
    #[schemars(length(max = 64))]
    pub subject_key: String,
    /// Keyed id of the person, whom other directories may have as well; absent: the subject itself, as in `subjectKey`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub person: Option<String>,
    /// Key of the occurrence, as in the ledger.
    #[schemars(length(max = 64))]
    pub occurrence: String,
    /// The due instant.
    pub due: DateTime<Utc>,
    /// Where the subject stands.
    #[serde(default)]
    pub processing_status: ProcessingStatus,
    /// Why it was canceled or failed, or why it waits for another attempt; one word for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub reason: Option<String>,
    /// Older slices whose work for the same person comes first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), inner(length(max = 63)))]
    pub waits_for: Vec<String>,
    /// Leaver: older slices whose joiner and mover work for the same person it takes the place of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), inner(length(max = 63)))]
    pub supersedes: Vec<String>,
    /// Keys of further changes that are done with it: of one person, all that are due together are one occurrence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), inner(length(max = 64)))]
    pub also: Vec<String>,
    /// Leaver: the person has left, or the work closes the account. It waits for nothing that is held or queued.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub off_boards: bool,
    /// When it was planned, every task found the person as it wants them: it does not count against limits.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub already_so: bool,
    /// The attempt that has claimed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<i32>,
    /// When its first task began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_date_time: Option<DateTime<Utc>>,
    /// When its last task ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_date_time: Option<DateTime<Utc>>,
    /// When its owner found that it had been superseded, and stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_date_time: Option<DateTime<Utc>>,
    /// When a leaver marked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_date_time: Option<DateTime<Utc>>,
    /// One result a task, in the order of execution; absent: the tasks of the slice, and none has begun.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 25))]
    pub tasks: Vec<TaskResult>,
}

/// Which process works on the slice.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// The process: name and UID of its pod.
    #[schemars(length(max = 320))]
    pub holder: String,
    /// The attempt.
    pub attempt: i32,
    /// When it last wrote.
    pub renewed_date_time: DateTime<Utc>,
}
