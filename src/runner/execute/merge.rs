//! Writing what this process did into a slice that others may have marked in the meantime.

use crate::api::reasons::SUPERSEDED;
use crate::api::run_slice::Claim;
use crate::api::{ProcessingStatus, RunSlice, SubjectResult};
use crate::cluster::Replaced;
use crate::runner::RunnerError;

use super::claim::check_holder;
use super::state::Attempt;

/// Whether a leaver has marked the result.
pub(super) fn is_marked(result: &SubjectResult) -> bool {
    result.superseded_date_time.is_some()
}

/// Puts what this process holds into the slice. A result that a leaver has marked stays canceled; it only gets the
/// results of tasks that were done, and the word that its owner has stopped.
pub(super) fn merge(attempt: &Attempt, slice: &mut RunSlice) {
    let now = attempt.context.cluster.clock().now();
    for result in &mut slice.spec.results {
        let Some(mine) = attempt.held(&result.occurrence) else { continue };
        if is_marked(result) {
            attempt.mark(&result.occurrence);
            let marked_at = result.superseded_date_time;
            *result = mine;
            result.processing_status = ProcessingStatus::Canceled;
            result.reason = Some(SUPERSEDED.to_owned());
            result.superseded_date_time = marked_at;
            // An effect that is under way is waited for: only after it has the owner stopped.
            result.stopped_date_time = (!attempt.is_active(&result.occurrence)).then_some(now);
            result.completed_date_time = Some(now);
            for task in result.tasks.iter_mut().filter(|task| !task.processing_status.is_final()) {
                task.processing_status = ProcessingStatus::Canceled;
            }
        } else {
            *result = mine;
        }
    }
    slice.spec.claim = Some(Claim { holder: attempt.context.holder.clone(), attempt: attempt.number, renewed_date_time: now });
}

/// Writes what this process holds; also a renewal of its claim.
pub(super) async fn write(attempt: &Attempt, name: &str) -> Result<(), RunnerError> {
    let gone = || RunnerError::Overtaken(format!("slice {name:?} is gone"));
    let mut slice = attempt.slice(name).ok_or_else(gone)?;
    loop {
        merge(attempt, &mut slice);
        let sent = attempt.lease.now();
        match attempt.context.cluster.replace(&slice).await? {
            Replaced::Done(stored) => {
                attempt.lease.renew(sent);
                attempt.keep(*stored);
                return Ok(());
            }
            Replaced::Gone => return Err(gone()),
            Replaced::Conflict => {}
        }
        slice = attempt.context.cluster.find::<RunSlice>(name).await?.ok_or_else(gone)?;
        check_holder(attempt, name, &slice)?;
    }
}
