//! What an evaluation is about to write.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::run::RunPlan;
use crate::api::tenant_ledger::{DirectoryHead, WorkflowHead};
use crate::api::{DirectorySnapshot, EntryState, LedgerEntry, Run, RunSlice};

/// Rows, slices, Runs and snapshot buckets of one epoch. Nothing in it counts before the commit.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    /// Rows in the order in which they are written.
    pub rows: Vec<LedgerEntry>,
    /// Scheduled Runs.
    pub runs: Vec<Run>,
    /// Slices.
    pub slices: Vec<RunSlice>,
    /// Plans by the name of the Run.
    pub plans: BTreeMap<String, RunPlan>,
    /// The newest attempt at a Run that is made again, by the name of the Run.
    pub attempts: BTreeMap<String, i32>,
    /// Scheduled Runs that the head is to remember as not ended.
    pub open_runs: Vec<String>,
    /// Occurrences that were planned and had no result any more, nor a Run that brings one, by workflow.
    pub without_result: BTreeMap<String, usize>,
    /// Open Runs of which nothing is heard, and how many of their results are not final.
    pub silent: BTreeMap<String, usize>,
    /// Snapshot buckets that changed.
    pub buckets: Vec<DirectorySnapshot>,
    /// The head's entries, one a workflow name.
    pub workflows: Vec<WorkflowHead>,
    /// The head's entries, one a directory.
    pub directories: Vec<DirectoryHead>,
    /// The earliest instant after the as-of at which something becomes due or a window ends.
    pub next: Option<chrono::DateTime<chrono::Utc>>,
    /// The first instant after the as-of at which leaver work is due for somebody in scope.
    pub next_leaver: Option<chrono::DateTime<chrono::Utc>>,
    /// When changes will have been still for long enough to be due.
    pub look_again_at: Option<chrono::DateTime<chrono::Utc>>,
    /// A rule reads the clock: quiet times cannot be told.
    pub restless: bool,
    /// Missed occurrences by workflow.
    pub missed_by_workflow: BTreeMap<String, usize>,
    /// Occurrences older than anything that a workflow answers for.
    pub history: usize,
}

impl Draft {
    /// How many occurrences are planned. What older slices have was planned before, and only says anew whom it is about.
    pub fn planned(&self) -> usize {
        let slices: BTreeSet<&str> = self.slices.iter().filter_map(|slice| slice.metadata.name.as_deref()).collect();
        let is_new = |row: &LedgerEntry| row.slice.as_deref().is_some_and(|slice| slices.contains(slice));
        self.rows.iter().filter(|row| row.state == EntryState::Planned && is_new(row)).count()
    }

    /// How many are missed.
    pub fn missed(&self) -> usize {
        self.missed_by_workflow.values().sum()
    }

    /// How many have no result and were not on their way to one.
    pub fn without_result(&self) -> usize {
        self.without_result.values().chain(self.silent.values()).sum()
    }

    /// Asks for another evaluation at that instant, whatever the schedule says.
    pub fn look_again(&mut self, instant: chrono::DateTime<chrono::Utc>) {
        self.look_again_at = Some(self.look_again_at.map_or(instant, |at| at.min(instant)));
    }

    /// Remembers an instant at which something can happen.
    pub fn wake(&mut self, instant: chrono::DateTime<chrono::Utc>) {
        self.next = Some(self.next.map_or(instant, |next| next.min(instant)));
    }
}
