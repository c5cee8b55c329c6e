//! OccurrenceLedger: which occurrences are planned, missed, superseded or released.

use chrono::{DateTime, Utc};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::workflow::Category;

/// What the row says of its occurrence.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EntryState {
    /// A run has it; consumed whatever the outcome.
    Planned,
    /// Its window went by; consumed.
    Missed,
    /// A leaver's work took its place; consumed.
    Superseded,
    /// Due again within its window.
    Released,
}

impl EntryState {
    /// The word that stands for it in objects.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Missed => "missed",
            Self::Superseded => "superseded",
            Self::Released => "released",
        }
    }
}

/// How work closes an account: its version's enabled tasks disable or delete it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Closing {
    /// The person leaves.
    Leaving,
    /// The account is not in use, or has too few sponsors: nobody has left.
    State,
}

/// One row. The newest valid row of a key decides.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerEntry {
    /// Epoch of the evaluation that wrote it.
    pub epoch: i64,
    /// Key of the occurrence.
    #[schemars(length(max = 64))]
    pub key: String,
    /// Keyed id of the subject.
    #[schemars(length(max = 64))]
    pub subject: String,
    /// Keyed id of the person, whom other directories may have as well; absent: the subject itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub person: Option<String>,
    /// Attribute, or group: and the group's name, that the occurrence is about; empty for on-demand Runs.
    #[serde(default)]
    #[schemars(length(max = 260))]
    pub attribute: String,
    /// Name of the workflow.
    #[schemars(length(max = 36))]
    pub workflow: String,
    /// Category of the workflow.
    pub category: Category,
    /// What it says.
    pub state: EntryState,
    /// The due instant.
    pub due: DateTime<Utc>,
    /// As-of of the evaluation.
    pub at: DateTime<Utc>,
    /// Planned: the Run. Superseded: the Run of the leaver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub run: Option<String>,
    /// Planned: UID of an on-demand Run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub run_uid: Option<String>,
    /// Planned: the slice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub slice: Option<String>,
    /// Superseded: key of the leaver's occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub by: Option<String>,
    /// Why; one word for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub reason: Option<String>,
    /// Released: as-of of the evaluation that had planned it, if it had been done; absent: it had not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<DateTime<Utc>>,
    /// How the work closes the account; absent: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes: Option<Closing>,
    /// Digest of the hire date that the person had when the row was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub hire: Option<String>,
    /// Sequence of a change, so that a new baseline continues above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
}

/// A chunk of at most 1,000 rows. Written by evaluations only.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev",
    version = "v1alpha1",
    kind = "OccurrenceLedger",
    namespaced,
    no_spec,
    shortname = "ol",
    category = "tenure-all",
    derive = "PartialEq",
    doc = "An OccurrenceLedger holds up to 1,000 rows about who was planned, missed, superseded or released. The programs write it; keep it in backups.",
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct OccurrenceLedgerData {
    /// The rows, in the order in which they were written.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    pub entries: Vec<LedgerEntry>,
}

#[cfg(test)]
mod tests {
    use super::EntryState::{self, Missed, Planned, Released, Superseded};

    #[test]
    fn its_word_is_that_of_objects() {
        for state in [Planned, Missed, Superseded, Released] {
            assert_eq!(serde_json::from_value::<EntryState>(state.as_str().into()).expect("a state"), state);
        }
    }
}
