//! From what the pods reported to the result of a Run.

use chrono::{DateTime, Utc};

use crate::api::ProcessingStatus;
use crate::api::reasons::Reason;
use crate::api::run::{Counts, RunStatus, ShardReport, TaskReport};
use crate::domain::rollup::{self, EndedRun};

/// The result of a Run of which no subject is open.
#[derive(Clone, Debug)]
pub(super) struct RunResult {
    status: ProcessingStatus,
    counts: Counts,
    tasks: Vec<TaskReport>,
}

/// The result, if every shard has said that it is done. Results are final, so it does not matter which attempt said so.
pub(super) fn of(shards: &[ShardReport], cancel: bool) -> Option<RunResult> {
    if shards.is_empty() || shards.iter().any(|shard| !shard.finished || shard.open_users_count > 0) {
        return None;
    }
    let counts = shards.iter().fold(Counts::default(), |sum, shard| add(&sum, &shard.counts));
    let mut tasks: Vec<TaskReport> = Vec::new();
    for report in shards.iter().flat_map(|shard| &shard.tasks) {
        match tasks.iter_mut().find(|task| task.name == report.name) {
            Some(task) => {
                task.successful_users_count += report.successful_users_count;
                task.failed_users_count += report.failed_users_count;
                task.unprocessed_users_count += report.unprocessed_users_count;
            }
            None => tasks.push(report.clone()),
        }
    }
    let started = shards.iter().any(|shard| shard.started);
    let status = rollup::run_status(&EndedRun { counts: &counts, cancel, started });
    Some(RunResult { status, counts, tasks })
}

fn add(left: &Counts, right: &Counts) -> Counts {
    Counts {
        total_users_count: left.total_users_count + right.total_users_count,
        successful_users_count: left.successful_users_count + right.successful_users_count,
        failed_users_count: left.failed_users_count + right.failed_users_count,
        canceled_users_count: left.canceled_users_count + right.canceled_users_count,
        total_tasks_count: left.total_tasks_count + right.total_tasks_count,
        failed_tasks_count: left.failed_tasks_count + right.failed_tasks_count,
        total_unprocessed_tasks_count: left.total_unprocessed_tasks_count + right.total_unprocessed_tasks_count,
    }
}

impl RunResult {
    /// The counts for people.
    pub fn sentence(&self) -> String {
        let Counts {
            total_users_count: total, successful_users_count: ok, failed_users_count: failed, canceled_users_count: canceled, ..
        } = self.counts;
        format!("{ok} of {total} subjects succeeded, {failed} failed, {canceled} were canceled")
    }

    /// Puts the result into a status.
    pub fn write(self, status: &mut RunStatus, now: DateTime<Utc>) {
        status.processing_status = Some(self.status);
        status.completed_date_time = status.completed_date_time.or(Some(now));
        status.total_users_count = self.counts.total_users_count;
        status.successful_users_count = self.counts.successful_users_count;
        status.failed_users_count = self.counts.failed_users_count;
        status.canceled_users_count = self.counts.canceled_users_count;
        status.total_tasks_count = self.counts.total_tasks_count;
        status.failed_tasks_count = self.counts.failed_tasks_count;
        status.total_unprocessed_tasks_count = self.counts.total_unprocessed_tasks_count;
        status.task_reports = self.tasks;
    }
}

/// The word of the condition Complete.
pub(super) fn reason(status: Option<ProcessingStatus>) -> Reason {
    match status {
        Some(ProcessingStatus::Failed) => Reason::Failed,
        Some(ProcessingStatus::Canceled) => Reason::Canceled,
        Some(ProcessingStatus::CompletedWithErrors) => Reason::CompletedWithErrors,
        Some(
            ProcessingStatus::Completed
            | ProcessingStatus::Queued
            | ProcessingStatus::InProgress
            | ProcessingStatus::Canceling
            | ProcessingStatus::Quarantined,
        )
        | None => Reason::Completed,
    }
}
