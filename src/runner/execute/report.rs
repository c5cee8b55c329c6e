//! What an attempt says about its slices in the Run's status.

use std::collections::BTreeMap;

use kube::ResourceExt;

use crate::api::run::{Counts, ShardReport, TaskReport};
use crate::api::{ProcessingStatus, Run, SubjectResult, TaskResult};
use crate::domain::standing::{Outcome, Progress, Standing};
use crate::runner::RunnerError;

use super::attempt::Attempt;

fn count(counts: &mut Counts, result: &SubjectResult) {
    counts.total_users_count += 1;
    match Standing::of(result) {
        Standing::Done(Outcome::Completed) => counts.successful_users_count += 1,
        Standing::Done(Outcome::Failed | Outcome::CompletedWithErrors) => counts.failed_users_count += 1,
        Standing::Done(Outcome::Canceled(_)) | Standing::Superseded { .. } => counts.canceled_users_count += 1,
        Standing::Queued | Standing::Claimed | Standing::Begun => {}
    }
    for task in &result.tasks {
        counts.total_tasks_count += 1;
        match End::of(task) {
            End::Succeeded => {}
            End::Failed => counts.failed_tasks_count += 1,
            End::None => counts.total_unprocessed_tasks_count += 1,
        }
    }
}

/// How a task has ended, as reports count it.
enum End {
    Succeeded,
    Failed,
    /// It has not, or was not done.
    None,
}

impl End {
    const fn of(task: &TaskResult) -> Self {
        match task.processing_status {
            ProcessingStatus::Completed => Self::Succeeded,
            ProcessingStatus::Failed => Self::Failed,
            ProcessingStatus::Queued
            | ProcessingStatus::InProgress
            | ProcessingStatus::CompletedWithErrors
            | ProcessingStatus::Canceled
            | ProcessingStatus::Canceling
            | ProcessingStatus::Quarantined => Self::None,
        }
    }
}

fn tasks(results: &[SubjectResult]) -> Vec<TaskReport> {
    let mut reports: BTreeMap<usize, TaskReport> = BTreeMap::new();
    for (index, task) in results.iter().flat_map(|result| result.tasks.iter().enumerate()) {
        let report = reports.entry(index).or_insert_with(|| TaskReport {
            name: task.name.clone(),
            successful_users_count: 0,
            failed_users_count: 0,
            unprocessed_users_count: 0,
        });
        match End::of(task) {
            End::Succeeded => report.successful_users_count += 1,
            End::Failed => report.failed_users_count += 1,
            End::None => report.unprocessed_users_count += 1,
        }
    }
    reports.into_values().collect()
}

impl Attempt {
    fn shard(&self, finished: bool) -> ShardReport {
        let results = self.results();
        let mut counts = Counts::default();
        for result in &results {
            count(&mut counts, result);
        }
        ShardReport {
            index: 0,
            attempt: self.number,
            updated_date_time: self.context.cluster.clock().now(),
            open_users_count: i32::try_from(self.open()).unwrap_or(i32::MAX),
            started: results.iter().any(|result| Progress::of(result).is_claimed()),
            finished,
            counts,
            tasks: tasks(&results),
        }
    }

    /// Writes the report; `finished`: the attempt ends by itself.
    #[expect(clippy::disallowed_methods, reason = "a status is written, and nothing is identified")]
    pub async fn report(&mut self, finished: bool) -> Result<(), RunnerError> {
        let (now, period) = (self.context.cluster.clock().elapsed(), self.context.cluster.timing().report_period);
        if !finished && self.reported.is_some_and(|last| now.saturating_sub(last) < period) {
            return Ok(());
        }
        let mut status = serde_json::json!({ "shards": [self.shard(finished)] });
        let first = self.results().into_iter().filter_map(|result| result.started_date_time).min();
        if let Some(first) = first {
            status["startedDateTime"] = serde_json::json!(first);
        }
        self.context.cluster.patch_status::<Run>(&self.run.name_any(), &status).await?;
        self.reported = Some(now);
        Ok(())
    }
}
