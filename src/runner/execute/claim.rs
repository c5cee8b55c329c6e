//! The claim loop of one slice: each PUT carries the results of the last claim and makes the next one.

use std::collections::BTreeSet;

use kube::ResourceExt;

use crate::api::reasons::{CANCELED_BY_REQUEST, PLAN_EXPIRED};
use crate::api::run_slice::Claim;
use crate::api::{Category, ProcessingStatus, RunSlice, SubjectResult};
use crate::cluster::Replaced;
use crate::directory::Lookup;
use crate::domain::plan::CLAIM_SUBJECTS;
use crate::runner::{PlantedError, RunnerError};
use crate::task;

use super::batch;
use super::merge;
use super::settle;
use super::state::Attempt;

/// Works on a slice until nothing in it can be done now; whether anything was. `left`: subjects that were tried and left
/// queued; they are for the next attempt, not for this one.
pub(super) async fn work(attempt: &mut Attempt, name: &str, left: &mut BTreeSet<String>) -> Result<bool, RunnerError> {
    let worked = claims(attempt, name, left).await;
    if worked.is_err() {
        // What was done must not be lost with what went wrong after it; if this fails too, that says no more.
        let _ = record(attempt, name).await;
    }
    worked
}

async fn claims(attempt: &mut Attempt, name: &str, left: &mut BTreeSet<String>) -> Result<bool, RunnerError> {
    let mut moved = false;
    loop {
        let Some(slice) = attempt.slice(name) else { return Ok(moved) };
        let is_over = |result: &SubjectResult| result.processing_status.is_final() && !is_waited_for(result);
        if !attempt.holds_any() && slice.spec.results.iter().all(is_over) {
            return Ok(moved);
        }
        // The head, the ledger, the Workflow and the Run, before each claim.
        attempt.look_around().await?;
        let Some((mut next, claimed)) = prepare(attempt, name, left).await? else {
            // What is blocked here may have been marked meanwhile by the very leaver that it waits for.
            if refresh(attempt, name).await? {
                continue;
            }
            return Ok(moved);
        };
        stamp(attempt, &mut next);
        if !put(attempt, next, &claimed).await? {
            continue;
        }
        moved = true;
        // The results of the last claim are written before this can fail.
        attempt.report(false).await?;
        if claimed.is_empty() {
            continue;
        }
        left.extend(batch::run(attempt, name, &claimed).await?);
    }
}

/// The slice with the results of the last claim, subjects canceled that must not start, and the next ones to claim marked,
/// with their occurrences; None: nothing to write.
async fn prepare(attempt: &Attempt, name: &str, left: &BTreeSet<String>) -> Result<Option<(RunSlice, Vec<String>)>, RunnerError> {
    let Some(mut slice) = attempt.slice(name) else { return Ok(None) };
    check_holder(attempt, name, &slice)?;
    let mut changed = attempt.holds_any();
    let is_ours = slice.spec.claim.as_ref().is_some_and(|claim| claim.holder == attempt.context.holder);
    merge::merge(attempt, &mut slice);
    let now = attempt.context.cluster.clock().now();
    let run = slice.spec.run.clone();
    let (category, execution) = (slice.spec.category, slice.spec.execution_type);
    let stopped = attempt.mind.stopped(execution);
    let mut claimed = Vec::new();
    for result in &mut slice.spec.results {
        if is_waited_for(result) {
            // The claim is ours, and nothing of it is under way, or its owner is known to have ended.
            result.stopped_date_time = Some(now);
            changed = true;
        }
        let begun = result.attempt.is_some() && result.processing_status == ProcessingStatus::InProgress;
        if result.processing_status.is_final() || left.contains(&result.occurrence) {
            continue;
        }
        if !begun {
            let requested = attempt.run.spec.cancel.then_some(CANCELED_BY_REQUEST);
            if let Some(reason) = requested.or_else(|| attempt.mind.taken(result, &run)).or(stopped) {
                cancel(result, reason, now);
                changed = true;
                continue;
            }
        }
        if claimed.len() == CLAIM_SUBJECTS || is_blocked(attempt, result, category).await? {
            continue;
        }
        if begun && !is_ours {
            attempt.inherit(&result.occurrence);
        }
        result.processing_status = ProcessingStatus::InProgress;
        result.attempt = Some(attempt.number);
        if !add_before_images(attempt, result).await {
            // What was there before cannot be told: unknown never acts.
            result.processing_status = ProcessingStatus::Queued;
            continue;
        }
        claimed.push(result.occurrence.clone());
        changed = true;
    }
    Ok(changed.then_some((slice, claimed)))
}

/// Whether a leaver has marked the result and waits for the word that nobody works on it any more.
fn is_waited_for(result: &SubjectResult) -> bool {
    result.superseded_date_time.is_some() && result.stopped_date_time.is_none()
}

/// Reads the slice again; whether anybody has written to it.
async fn refresh(attempt: &Attempt, name: &str) -> Result<bool, RunnerError> {
    let Some(fresh) = attempt.context.cluster.find::<RunSlice>(name).await? else { return Ok(false) };
    check_holder(attempt, name, &fresh)?;
    let known = attempt.slice(name).and_then(|slice| slice.metadata.resource_version);
    let changed = known != fresh.metadata.resource_version;
    attempt.keep(fresh);
    Ok(changed)
}

/// Cancels a subject that has not begun.
pub(super) fn cancel(result: &mut SubjectResult, reason: &str, now: chrono::DateTime<chrono::Utc>) {
    result.processing_status = ProcessingStatus::Canceled;
    result.reason = Some(reason.to_owned());
    result.completed_date_time = Some(now);
    for task in result.tasks.iter_mut().filter(|task| !task.processing_status.is_final()) {
        task.processing_status = ProcessingStatus::Canceled;
    }
}

/// Whether other work for the person comes first. An off-boarding is never blocked: it settles the older work itself.
async fn is_blocked(attempt: &Attempt, result: &SubjectResult, category: Category) -> Result<bool, RunnerError> {
    if result.off_boards {
        return Ok(false);
    }
    let newer = if category == Category::Leaver { Vec::new() } else { attempt.mind.newer_leavers(result, attempt.plan.epoch) };
    for slice in result.waits_for.iter().chain(&newer) {
        if !settle::is_final(attempt, slice, &result.subject_key).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Puts the before-images of all tasks into a result that has none; false if the account cannot be read. An absent
/// account has nothing before: its tasks say that it is absent.
async fn add_before_images(attempt: &Attempt, result: &mut SubjectResult) -> bool {
    let is_taken_again = attempt.context.planted.is(PlantedError::BeforeImageTakenAgain);
    if !is_taken_again && result.tasks.iter().any(|task| task.before.is_some()) {
        return true;
    }
    match task::before_images(&attempt.directory, &result.subject, &attempt.tasks).await {
        Lookup::Present(images) => {
            for (task, image) in attempt.tasks.iter().zip(images) {
                if let Some(result) = result.tasks.iter_mut().find(|result| result.name == task.name) {
                    result.before = image;
                }
            }
            true
        }
        Lookup::Absent => true,
        Lookup::Unknown(_) => false,
    }
}

/// Stamps the claim.
fn stamp(attempt: &Attempt, slice: &mut RunSlice) {
    slice.spec.claim = Some(Claim {
        holder: attempt.context.holder.clone(),
        attempt: attempt.number,
        renewed_date_time: attempt.context.cluster.clock().now(),
    });
}

/// Writes the claim by compare-and-swap; false: somebody wrote in between, look again.
async fn put(attempt: &Attempt, slice: RunSlice, claimed: &[String]) -> Result<bool, RunnerError> {
    let name = slice.name_any();
    let mut slice = slice;
    if attempt.context.planted.is(PlantedError::ClaimWithoutResourceVersion) {
        let newest = attempt.context.cluster.find::<RunSlice>(&name).await?;
        slice.metadata.resource_version = newest.and_then(|newest| newest.metadata.resource_version);
    }
    let sent = attempt.lease.now();
    match attempt.context.cluster.replace(&slice).await? {
        Replaced::Done(stored) => {
            attempt.lease.renew(sent);
            hold(attempt, &stored, claimed);
            attempt.keep(*stored);
            Ok(true)
        }
        Replaced::Conflict => {
            let fresh: Option<RunSlice> = attempt.context.cluster.find(&name).await?;
            let fresh = fresh.ok_or_else(|| RunnerError::Overtaken(format!("slice {name:?} is gone")))?;
            if fresh.spec.claim == slice.spec.claim && fresh.spec.results == slice.spec.results {
                // The answer was lost, the claim was not.
                attempt.lease.renew(sent);
                hold(attempt, &fresh, claimed);
                attempt.keep(fresh);
                return Ok(true);
            }
            check_holder(attempt, &name, &fresh)?;
            attempt.keep(fresh);
            Ok(false)
        }
        Replaced::Gone => Err(RunnerError::Overtaken(format!("slice {name:?} is gone"))),
    }
}

/// A claim that passed to another process ends this one: unless it is a process that is known to have ended.
pub(super) fn check_holder(attempt: &Attempt, name: &str, fresh: &RunSlice) -> Result<(), RunnerError> {
    let had = attempt.slice(name).and_then(|slice| slice.spec.claim).is_some_and(|claim| claim.holder == attempt.context.holder);
    match &fresh.spec.claim {
        Some(claim) if claim.holder == attempt.context.holder => Ok(()),
        Some(claim) if !had && attempt.dead.contains(&claim.holder) => Ok(()),
        None if !had => Ok(()),
        _ => Err(RunnerError::Overtaken(format!("slice {name:?} was claimed by another process"))),
    }
}

/// The results of the last claim stand in the slice; those of the next are held from now on.
fn hold(attempt: &Attempt, slice: &RunSlice, claimed: &[String]) {
    attempt.let_go();
    for result in slice.spec.results.iter().filter(|result| claimed.contains(&result.occurrence)) {
        attempt.hold(result.clone());
    }
}

/// Writes the results of the last claim, if they are not written. It repeats until they stand there, or the claim is
/// another's.
async fn record(attempt: &Attempt, name: &str) -> Result<(), RunnerError> {
    if attempt.holds_any() {
        merge::write(attempt, name).await?;
        attempt.let_go();
    }
    Ok(())
}

/// Whether the window of an occurrence has ended, so that its subject is not tried again.
pub(super) fn expire(result: &mut SubjectResult, end: chrono::DateTime<chrono::Utc>, now: chrono::DateTime<chrono::Utc>) -> bool {
    let ended = end < now;
    if ended {
        cancel(result, PLAN_EXPIRED, now);
    }
    ended
}
