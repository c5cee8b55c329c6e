//! A leaver settles older work for the same person before its first effect (design 3.1 rule 7): mark first, then wait
//! until the owner has stopped, a claim's life at most.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::api::reasons::SUPERSEDED;
use crate::api::{ProcessingStatus, RunSlice, SubjectResult};
use crate::cluster::Replaced;
use crate::runner::RunnerError;

use super::claim::cancel;
use super::state::Attempt;

fn of_subject<'a>(slice: &'a RunSlice, subject: &str) -> Option<&'a SubjectResult> {
    slice.spec.results.iter().find(|result| result.subject_key == subject)
}

/// Whether the subject's work in another slice is final; a missing slice counts as final.
pub(super) async fn is_final(attempt: &Attempt, slice: &str, subject: &str) -> Result<bool, RunnerError> {
    let slice: Option<RunSlice> = attempt.context.cluster.find(slice).await?;
    Ok(slice.as_ref().and_then(|slice| of_subject(slice, subject)).is_none_or(|result| result.processing_status.is_final()))
}

/// Marks the older work that the leaver's result names, and waits for nobody: so the owners of all subjects of a claim
/// stop at the same time, and not one after the other.
pub(super) async fn mark(attempt: &Attempt, result: &SubjectResult) -> Result<(), RunnerError> {
    for slice in &result.supersedes {
        supersede(attempt, slice, &result.subject_key, false).await?;
    }
    Ok(())
}

/// Settles everything that the leaver's result names.
pub(super) async fn settle(attempt: &Attempt, result: &SubjectResult) -> Result<(), RunnerError> {
    for slice in &result.supersedes {
        supersede(attempt, slice, &result.subject_key, true).await?;
    }
    for slice in &result.waits_for {
        wait_while_executing(attempt, slice, &result.subject_key).await?;
    }
    Ok(())
}

/// Marks the older work; then, if asked to, waits for its owner.
async fn supersede(attempt: &Attempt, name: &str, subject: &str, waits: bool) -> Result<(), RunnerError> {
    let cluster = &attempt.context.cluster;
    loop {
        let Some(mut slice) = cluster.find::<RunSlice>(name).await? else { return Ok(()) };
        let now = cluster.clock().now();
        let Some(result) = slice.spec.results.iter_mut().find(|result| result.subject_key == subject) else { return Ok(()) };
        if let Some(marked) = result.superseded_date_time {
            if !waits || has_stopped(result, marked, now, cluster.timing().claim_life) {
                return Ok(());
            }
            cluster.clock().sleep(cluster.timing().settle_look).await;
            continue;
        }
        if result.processing_status.is_final() {
            return Ok(());
        }
        let was_claimed = result.processing_status == ProcessingStatus::InProgress;
        cancel(result, SUPERSEDED, now);
        result.superseded_date_time = Some(now);
        if !was_claimed {
            result.stopped_date_time = Some(now);
        }
        match cluster.replace(&slice).await? {
            Replaced::Done(_) | Replaced::Conflict | Replaced::Gone => {}
        }
    }
}

fn has_stopped(result: &SubjectResult, marked: DateTime<Utc>, now: DateTime<Utc>, life: Duration) -> bool {
    result.stopped_date_time.is_some() || now >= marked + life
}

/// Waits for other work that is not superseded, only while it executes this person.
async fn wait_while_executing(attempt: &Attempt, name: &str, subject: &str) -> Result<(), RunnerError> {
    let cluster = &attempt.context.cluster;
    let begin = cluster.clock().elapsed();
    while cluster.clock().elapsed().saturating_sub(begin) < cluster.timing().claim_life {
        let slice: Option<RunSlice> = cluster.find(name).await?;
        let executing = slice
            .as_ref()
            .and_then(|slice| of_subject(slice, subject))
            .is_some_and(|result| result.processing_status == ProcessingStatus::InProgress);
        if !executing {
            return Ok(());
        }
        cluster.clock().sleep(cluster.timing().settle_look).await;
    }
    Ok(())
}
