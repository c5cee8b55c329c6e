//! What happened, in order of time.

use chrono::{DateTime, Utc};

/// What became of one subject in one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubjectOutcome {
    /// The subject.
    pub subject: String,
    /// When it was due.
    pub due: Option<DateTime<Utc>>,
    /// Its processing status.
    pub status: String,
    /// Why, where it did not complete.
    pub reason: String,
    /// The tasks that succeeded.
    pub done: Vec<String>,
    /// The tasks that failed, with their reasons.
    pub failed: Vec<String>,
}

/// What applying a document changed in one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldChange {
    /// Path of the field within spec.
    pub field: String,
    /// What it was; None: not set.
    pub before: Option<String>,
    /// What it is; None: not set any more.
    pub after: Option<String>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Happening {
    /// A document was applied or deleted from outside.
    Applied {
        /// Kind of the object.
        kind: String,
        /// Its name.
        name: String,
        /// Whether it was deleted.
        is_deletion: bool,
        /// What changed of an object that was there before.
        changes: Vec<FieldChange>,
        /// What the API server said against it.
        refused: Option<String>,
    },
    /// A record came with a value that cannot be read; it is unknown, and unknown never acts.
    Unreadable {
        /// The person.
        person: String,
        /// The attribute.
        attribute: String,
        /// What the record says.
        text: String,
        /// What was expected.
        expected: String,
    },
    /// A record came with a time zone that is none, so that another one applies.
    WrongZone {
        /// The person.
        person: String,
        /// The attribute.
        attribute: String,
        /// What the record says.
        text: String,
        /// What was expected.
        expected: String,
        /// The zone that applies.
        applies: &'static str,
    },
    /// A version of a workflow was made.
    Version {
        /// The workflow.
        workflow: String,
        /// The version's number.
        number: i64,
    },
    /// A workflow became ready, or no longer is.
    Readiness {
        /// The workflow.
        workflow: String,
        /// Whether it is ready.
        is_ready: bool,
        /// Why not.
        why: String,
    },
    /// A run is complete.
    Run {
        /// Its name.
        run: String,
        /// The workflow.
        workflow: String,
        /// The version of it; None: nobody was planned, and the run names none.
        version: Option<i64>,
        /// Why it ran; empty for what was due.
        cause: String,
        /// Why nobody was planned, where nobody was.
        reason: String,
        /// What became of its subjects.
        subjects: Vec<SubjectOutcome>,
    },
    /// A run waits for a person.
    Held {
        /// Its name.
        run: String,
        /// Why.
        why: String,
    },
    /// An evaluation wrote down that occurrences are not to be processed, or are due again.
    Ledger {
        /// The workflow; empty: withdrawn.
        workflow: String,
        /// missed, superseded, released or withdrawn.
        state: String,
        /// Why.
        reason: String,
        /// Superseded: the leaver workflow that took the place.
        by: String,
        /// The subjects, where their names are known; the others are counted.
        subjects: Vec<String>,
        /// How many they are in all.
        count: usize,
    },
}

/// A happening, when and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// When.
    pub at: DateTime<Utc>,
    /// In which tenant.
    pub namespace: String,
    /// What.
    pub what: Happening,
}

/// What happened, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// All of it.
    pub entries: Vec<Entry>,
    /// What cannot be read at the end, in order of tenant, person and attribute; and time zones that are none.
    pub unreadable: Vec<Entry>,
}
