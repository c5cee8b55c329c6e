//! Conditions as kstatus reads them: Ready, Reconciling, Stalled; for Runs Complete and Failed as a Job has.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reasons::Reason;

/// Ready: the object's current generation is in force.
pub const READY: &str = "Ready";
/// Stalled: no progress without a change from outside.
pub const STALLED: &str = "Stalled";
/// Planned: a sealed evaluation has written the Run's plan.
pub const PLANNED: &str = "Planned";
/// Held: nothing starts until a person decides.
pub const HELD: &str = "Held";
/// Complete: every subject of the Run has a final result.
pub const COMPLETE: &str = "Complete";
/// Failed: the Run came to an end that is none.
pub const FAILED: &str = "Failed";
/// `DataQuality`: False when values of the directory could not be read.
pub const DATA_QUALITY: &str = "DataQuality";
/// `DatesPlausible`: False when people of the directory have dates that somebody should look at. They are read as they are.
pub const DATES_PLAUSIBLE: &str = "DatesPlausible";

/// `ReferencesResolved`: False when a Workflow names what is not there.
pub const REFERENCES_RESOLVED: &str = "ReferencesResolved";

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It cannot be told.
    Unknown,
}

impl From<bool> for ConditionStatus {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

/// One aspect of the observed state.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// The aspect, for example Ready.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 64))]
    pub type_: String,
    /// True, False or Unknown.
    pub status: ConditionStatus,
    /// The generation that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// When the status last changed.
    pub last_transition_time: DateTime<Utc>,
    /// One word for programs.
    #[schemars(length(min = 1, max = 128))]
    pub reason: String,
    /// A sentence for people; names ids, never personal data.
    #[schemars(length(max = 4096))]
    pub message: String,
}

/// The schema of a list of conditions: a map list keyed by type, so that two writers do not overwrite each other.
pub fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let item = generator.subschema_for::<Condition>();
    schemars::json_schema!({
        "description": "What was observed, one entry an aspect.",
        "type": "array",
        "maxItems": 16,
        "items": item,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
    })
}

/// What a condition should say; the time is kept where the status did not change.
#[derive(Clone, Debug)]
pub struct Finding<'a> {
    /// The aspect.
    pub type_: &'a str,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// One word for programs.
    pub reason: Reason,
    /// A sentence for people.
    pub message: String,
}

/// Puts `finding` into `conditions`; an unchanged status keeps its transition time.
pub fn upsert(conditions: &mut Vec<Condition>, finding: Finding<'_>, generation: Option<i64>, now: DateTime<Utc>) {
    let previous = conditions.iter_mut().find(|condition| condition.type_ == finding.type_);
    let mut message = finding.message;
    if message.len() > 4096 {
        let end = (0..=4093).rev().find(|index| message.is_char_boundary(*index)).unwrap_or(0);
        message.truncate(end);
        message.push_str("...");
    }
    let mut next = Condition {
        type_: finding.type_.to_owned(),
        status: finding.status,
        observed_generation: generation,
        last_transition_time: now,
        reason: finding.reason.to_string(),
        message,
    };
    match previous {
        Some(condition) => {
            if condition.status == next.status {
                next.last_transition_time = condition.last_transition_time;
            }
            *condition = next;
        }
        None => conditions.push(next),
    }
}

/// Whether the condition `type_` is there and True.
#[must_use]
pub fn is_true(conditions: &[Condition], type_: &str) -> bool {
    conditions.iter().any(|condition| condition.type_ == type_ && condition.status == ConditionStatus::True)
}
