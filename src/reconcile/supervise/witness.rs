//! What the controller tells about its work, for metrics. Ids and counts only.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::api::reasons::Reason;
use crate::api::run::RunStatus;
use crate::reconcile::{Key, ReconcileError};

/// A tenant as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TenantFacts {
    /// As of when it was last evaluated.
    pub as_of: Option<DateTime<Utc>>,
    /// When its next evaluation is due by the schedule.
    pub next_tick: Option<DateTime<Utc>>,
    /// Workflows.
    pub workflows: usize,
    /// Those that are to run by themselves and cannot, by category and by the reason of their condition Ready; empty: a word of
    /// another release.
    pub not_ready: BTreeMap<(&'static str, &'static str), usize>,
    /// Runs that are not complete.
    pub open_runs: usize,
    /// Runs among them that wait for a person.
    pub held_runs: usize,
    /// Why it stands still, if it does: one word.
    pub stalled: Option<String>,
    /// Objects that cannot be read, by kind.
    pub broken: BTreeMap<String, usize>,
    /// Values that could not be read, by directory and attribute.
    pub unreadable: Vec<(String, String, i64)>,
    /// People whose name or correlation value is not theirs alone, by directory and reason.
    pub conflicts: Vec<(String, Reason, i64)>,
    /// People whose dates somebody should look at, by directory and reason.
    pub concerns: Vec<(String, String, i64)>,
}

/// A Run that has come to its end.
#[derive(Clone, Copy, Debug)]
pub struct RunEnd<'a> {
    /// joiner, mover or leaver; empty where nobody knows any more.
    pub category: &'a str,
    /// The reason of its condition Complete.
    pub outcome: &'a str,
    /// Its status.
    pub status: &'a RunStatus,
}

/// A Job that has come to its end.
#[derive(Clone, Copy, Debug)]
pub struct JobEnd {
    /// true: an evaluation; false: an execution.
    pub is_evaluation: bool,
    /// Whether its pod succeeded.
    pub succeeded: bool,
    /// From its creation to its end.
    pub took: Duration,
}

/// What an evaluation leaves in its pod when it ends well.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Evaluated {
    /// Occurrences that it planned.
    pub planned: u64,
    /// Occurrences that it found too late to plan.
    pub missed: u64,
    /// Occurrences that were planned before, have no result, and were not on their way to one; a release before does not say.
    #[serde(default)]
    pub without_result: u64,
}

/// Who is told. The calls are short and must not block.
pub trait Witness: Send + Sync {
    /// A pass over a key has ended.
    fn passed(&self, namespace: &str, key: &Key, error: Option<&ReconcileError>, took: Duration);
    /// A tenant was looked at.
    fn tenant(&self, namespace: &str, facts: TenantFacts);
    /// A tenant is gone.
    fn forgotten(&self, namespace: &str);
    /// A Run was seen to end.
    fn run_ended(&self, namespace: &str, end: RunEnd<'_>);
    /// A Job was seen to end.
    fn job_ended(&self, namespace: &str, end: JobEnd);
    /// An evaluation was seen to end well.
    fn evaluated(&self, namespace: &str, evaluated: Evaluated);
}
