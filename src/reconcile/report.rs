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
    // What stands in a status may be any number.
    let counts = shards.iter().fold(Counts::default(), |sum, shard| add(&sum, &shard.counts));
    let mut tasks: Vec<TaskReport> = Vec::new();
    for report in shards.iter().flat_map(|shard| &shard.tasks) {
        match tasks.iter_mut().find(|task| task.name == report.name) {
            Some(task) => {
                task.successful_users_count = task.successful_users_count.saturating_add(report.successful_users_count);
                task.failed_users_count = task.failed_users_count.saturating_add(report.failed_users_count);
                task.unprocessed_users_count = task.unprocessed_users_count.saturating_add(report.unprocessed_users_count);
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
        total_users_count: left.total_users_count.saturating_add(right.total_users_count),
        successful_users_count: left.successful_users_count.saturating_add(right.successful_users_count),
        failed_users_count: left.failed_users_count.saturating_add(right.failed_users_count),
        canceled_users_count: left.canceled_users_count.saturating_add(right.canceled_users_count),
        total_tasks_count: left.total_tasks_count.saturating_add(right.total_tasks_count),
        failed_tasks_count: left.failed_tasks_count.saturating_add(right.failed_tasks_count),
        total_unprocessed_tasks_count: left.total_unprocessed_tasks_count.saturating_add(right.total_unprocessed_tasks_count),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whatever_numbers_are_reported_they_are_added() {
        let shard = |index: i32, number: i32| {
            let counts = json!({"totalUsersCount": number, "successfulUsersCount": number, "failedUsersCount": number, "canceledUsersCount": number,
                "totalTasksCount": number, "failedTasksCount": number, "totalUnprocessedTasksCount": number});
            let task = json!({"name": "a", "successfulUsersCount": number, "failedUsersCount": number, "unprocessedUsersCount": number});
            json!({"index": index, "attempt": 1, "updatedDateTime": "2026-03-10T00:00:00Z", "finished": true, "counts": counts, "tasks": [task]})
        };
        // (what one shard has reported of everything, what another one has, all of them)
        for (one, other, all) in [(1, 2, 3), (i32::MAX, 1, i32::MAX), (i32::MIN, -1, i32::MIN)] {
            let shards: Vec<ShardReport> = serde_json::from_value(json!([shard(0, one), shard(1, other)])).expect("shards");
            let result = of(&shards, false).expect("a result");
            assert_eq!((result.counts.total_users_count, result.counts.failed_tasks_count), (all, all));
            assert_eq!(result.tasks.iter().map(|task| task.failed_users_count).collect::<Vec<_>>(), [all]);
        }
    }
}
