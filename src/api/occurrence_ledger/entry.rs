//! What one row of the ledger says.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::workflow::Category;

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
    /// All states.
    pub const ALL: [Self; 4] = [Self::Planned, Self::Missed, Self::Superseded, Self::Released];

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

impl Closing {
    /// All ways.
    pub const ALL: [Self; 2] = [Self::Leaving, Self::State];

    /// The word that stands for it in objects.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Leaving => "leaving",
            Self::State => "state",
        }
    }
}

/// One row. The newest valid row of a key decides.
// As JSON it is the older form; a chunk is written in the packed one.
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

impl LedgerEntry {
    /// A row of that epoch that says so of nobody yet, and of no work: due, and written, at that instant.
    #[must_use]
    pub const fn blank(epoch: i64, category: Category, state: EntryState, at: DateTime<Utc>) -> Self {
        Self {
            epoch,
            key: String::new(),
            subject: String::new(),
            person: None,
            attribute: String::new(),
            workflow: String::new(),
            category,
            state,
            due: at,
            at,
            run: None,
            run_uid: None,
            slice: None,
            by: None,
            reason: None,
            done: None,
            closes: None,
            hire: None,
            sequence: None,
        }
    }
}
