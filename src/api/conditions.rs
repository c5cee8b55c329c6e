//! Conditions as kstatus reads them: Ready, Reconciling, Stalled; for Runs Complete and Failed as a Job has.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form;
use super::reasons::Reason;

/// Ready: the object's current generation is in force.
pub const READY: &str = "Ready";
/// Reconciling: on the way to where it should be, and not there yet.
pub const RECONCILING: &str = "Reconciling";
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

/// The conditions of an object of which nothing else can be read, with these in place of those of their types; None: they say the
/// same already. What else stands there stays as it is, whatever it is.
#[must_use]
pub fn beside(there: &[Value], wanted: &[Condition]) -> Option<Vec<Value>> {
    let mut conditions = there.to_vec();
    for condition in wanted {
        let mut next = form::value(condition);
        let Some(before) = conditions.iter_mut().find(|before| before["type"] == next["type"]) else {
            conditions.push(next);
            continue;
        };
        if before["status"] == next["status"]
            && before["lastTransitionTime"].as_str().is_some_and(|time| time.parse::<DateTime<Utc>>().is_ok())
        {
            next["lastTransitionTime"] = before["lastTransitionTime"].clone();
        }
        *before = next;
    }
    (conditions != there).then_some(conditions)
}

/// Whether the condition `type_` is there and True.
#[must_use]
pub fn is_true(conditions: &[Condition], type_: &str) -> bool {
    conditions.iter().any(|condition| condition.type_ == type_ && condition.status == ConditionStatus::True)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stands_beside_a_new_condition_stays() {
        let at = |second: i64| DateTime::from_timestamp(second, 0).expect("an instant");
        let wanted = |second: i64| {
            let mut conditions = Vec::new();
            let finding = Finding { type_: STALLED, status: true.into(), reason: Reason::Unreadable, message: "why".to_owned() };
            upsert(&mut conditions, finding, None, at(second));
            conditions
        };
        let other = json!({"type": "Complete", "status": "Perhaps", "lastTransitionTime": "2026-01-01T00:00:00,5Z"});
        let first = beside(std::slice::from_ref(&other), &wanted(60)).expect("a condition more");
        assert_eq!((first.len(), &first[0], &first[1]["lastTransitionTime"]), (2, &other, &json!("1970-01-01T00:01:00Z")));
        assert_eq!(beside(&first, &wanted(120)), None, "it says so already, since then");
        let mut mended = first.clone();
        mended[1]["status"] = json!("False");
        let again = beside(&mended, &wanted(120)).expect("another status");
        assert_eq!((&again[0], &again[1]["lastTransitionTime"]), (&other, &json!("1970-01-01T00:02:00Z")));
        let mut unknown = first;
        unknown[1]["lastTransitionTime"] = json!("2026-01-01T00:00:00,5Z");
        assert_eq!(beside(&unknown, &wanted(120)).expect("an instant that can be read")[1]["lastTransitionTime"], "1970-01-01T00:02:00Z");
    }
}
