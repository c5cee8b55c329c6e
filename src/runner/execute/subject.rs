//! The subjects of one claim: older work settled, and their tasks performed, as many at the same time as the directory bears.

use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::{Either, select};
use futures::stream::{self, StreamExt};
use kube::ResourceExt;

use crate::api::reasons::Reason;
use crate::api::{Category, ProcessingStatus, RunSlice, SubjectResult, Task};
use crate::directory::Effect;
use crate::domain::change::{Bearing, Wanted, wanted};
use crate::domain::fault::{Fault, FaultClass};
use crate::domain::rollup::{TaskCounts, subject_status};
use crate::domain::standing::call_off;
use crate::runner::RunnerError;
use crate::task::is_once_only;

use super::attempt::{Attempt, Planning};
use super::book;
use super::observe::{now, say};
use super::perform::{Performed, Tries, perform, record};
use super::settle;
use super::sight::{in_sight, is_late, put_off};
use super::together::{Together, together};

/// Runs the claimed subjects; gives the occurrences that are left queued for a later attempt. The claim is renewed while
/// they run.
pub(super) async fn all(attempt: &Attempt, name: &str, claimed: &[String]) -> Result<Vec<String>, RunnerError> {
    let Some(slice) = attempt.slice(name).filter(|_| !claimed.is_empty()) else { return Ok(Vec::new()) };
    let parallel = attempt.policy.parallel(&attempt.directory_name, slice.spec.category, attempt.tasks.iter().any(is_once_only));
    let work = async {
        mark_all(attempt, &slice, claimed).await?;
        let ends = AtomicBool::new(false);
        let subjects = stream::iter(claimed.to_vec()).map(|key| active(attempt, &slice, key, &ends));
        subjects.buffer_unordered(parallel).collect::<Vec<_>>().await.into_iter().collect::<Result<Vec<Option<String>>, RunnerError>>()
    };
    // Both go on beside each other: a renewal may have to wait for a write that a subject is in the middle of.
    match select(pin!(work), pin!(renew(attempt, name))).await {
        Either::Left((results, _)) => Ok(results?.into_iter().flatten().collect()),
        Either::Right((error, _)) => Err(error),
    }
}

/// Renews the claim as long as it is polled, or until that fails.
async fn renew(attempt: &Attempt, name: &str) -> RunnerError {
    let cluster = &attempt.context.cluster;
    loop {
        cluster.clock().sleep(cluster.timing().renewal).await;
        if let Err(error) = book::write(attempt, name).await {
            return error;
        }
    }
}

/// A leaver's claim marks the older work of all its subjects before it waits for the first: an owner that is gone would
/// cost a claim's life for each of them. Who was seen too long ago is looked at first, when their turn comes.
async fn mark_all(attempt: &Attempt, slice: &RunSlice, claimed: &[String]) -> Result<(), RunnerError> {
    if slice.spec.category != Category::Leaver {
        return Ok(());
    }
    for key in claimed {
        let (Some(result), Some(planning)) = (attempt.held(key), attempt.planning(key)) else { continue };
        if !is_late(attempt, &planning) {
            settle::mark(attempt, &result).await?;
        }
    }
    Ok(())
}

/// The turn of a subject. `ends`: that of another has shown that a claim has passed, and nobody else is begun with; those under
/// way go on for as long as the last write lets them.
async fn active(attempt: &Attempt, slice: &RunSlice, key: String, ends: &AtomicBool) -> Result<Option<String>, RunnerError> {
    if ends.load(Ordering::SeqCst) || attempt.context.stop.is_asked() {
        return Ok(None);
    }
    attempt.set_active(&key, true);
    let left = one(attempt, slice, &key).await;
    attempt.set_active(&key, false);
    if matches!(left, Err(RunnerError::Overtaken(_))) {
        ends.store(true, Ordering::SeqCst);
    }
    left
}

/// One subject; its occurrence, if it is left queued.
async fn one(attempt: &Attempt, slice: &RunSlice, key: &str) -> Result<Option<String>, RunnerError> {
    let (Some(mut result), Some(mut planning)) = (attempt.held(key), attempt.planning(key)) else { return Ok(None) };
    if attempt.is_marked(key) {
        return Ok(None);
    }
    let is_leaver = slice.spec.category == Category::Leaver;
    let has_older = is_leaver && !(result.supersedes.is_empty() && result.waits_for.is_empty());
    // Nothing older is given up for somebody who may not leave any more.
    if has_older
        && is_late(attempt, &planning)
        && let ControlFlow::Break(left) = in_sight(attempt, slice, &mut planning, &mut result).await?
    {
        return Ok(left);
    }
    if is_leaver {
        settle::settle(attempt, &result).await?;
    }
    // What was seen may not hold any more where the turn comes late; and whose work was settled may have gone on until it
    // stopped, so that what there is to take is only known now.
    if (has_older || is_late(attempt, &planning))
        && let ControlFlow::Break(left) = in_sight(attempt, slice, &mut planning, &mut result).await?
    {
        return Ok(left);
    }
    result.started_date_time.get_or_insert(now(attempt));
    attempt.hold(result);
    tasks(attempt, slice, key, planning).await
}

/// The tasks of one subject, in order, from the first without a result.
async fn tasks(attempt: &Attempt, slice: &RunSlice, key: &str, mut planning: Planning) -> Result<Option<String>, RunnerError> {
    let category = slice.spec.category;
    // Why a task waits: something beside the person cannot be read, so that it cannot be told what it does, or we may not.
    let mut waits: Option<Reason> = None;
    // What one write could not do is done one after the other.
    let mut is_alone = false;
    for task in &attempt.tasks {
        let Some(mut result) = attempt.held(key) else { return Ok(None) };
        let Some(index) = result.tasks.iter().position(|entry| entry.name == task.name) else { continue };
        if result.tasks[index].processing_status.is_final() {
            continue;
        }
        attempt.context.stop.check()?;
        if attempt.is_marked(key) {
            // A leaver has taken over: the next write adds what was done and says that we stopped.
            return Ok(None);
        }
        // The tasks before may have taken their time, and somebody may have given something meanwhile. And who was seen with an
        // entry that is not at hand any more would be read anew, and have an old list done to what is there now.
        let is_lost = planning.held.is_none() && planning.observed.entry.is_some();
        if (is_late(attempt, &planning) || is_lost)
            && let ControlFlow::Break(left) = in_sight(attempt, slice, &mut planning, &mut result).await?
        {
            return Ok(left);
        }
        let end = attempt.policy.window_end(&result, attempt.policy.window());
        let (is_leaver, is_in_time) = (category == Category::Leaver, end >= now(attempt));
        let can_wait = is_leaver && is_in_time;
        // What takes away does not wait for what cannot be read.
        let waiting = waits.filter(|_| !wanted(task).is_some_and(|wanted| wanted.bearing() == Bearing::Takes));
        if let Some(why) = unread(&planning, task).or(waiting).filter(|_| can_wait) {
            waits = waits.or(Some(why));
            continue;
        }
        if !is_alone && waits.is_none() {
            match together(attempt, slice, (&mut result, &mut planning), task).await? {
                Together::Done => continue,
                Together::Nothing => {}
                Together::OneByOne => is_alone = true,
                Together::Ends(left) => return Ok(left),
            }
        }
        let outcome = match ended(attempt, slice, (&mut result, &mut planning), index, task).await? {
            ControlFlow::Continue(outcome) => outcome,
            ControlFlow::Break(left) => return Ok(left),
        };
        let passing = outcome.as_ref().err().filter(|fault| fault.is_passing());
        if let Some(fault) = passing.filter(|fault| is_in_time && (is_leaver || leaves_anybody(task, fault))) {
            say(fault);
            if is_leaver && fault.class == FaultClass::Denied {
                // What we may not do says nothing of what else there is to take.
                attempt.hold(result);
                waits = waits.or(Some(fault.reason));
                continue;
            }
            return Ok(put_off(attempt, result, planning.begun, Some(fault.reason)));
        }
        record(&mut result, index, &outcome);
        // Past the window of a leaver what could not be read fails alone.
        let fails_alone = is_leaver && unread(&planning, task).is_some();
        let stops = outcome.as_ref().is_err_and(|error| !fails_alone && !goes_on(task, Some(error.reason), category));
        if stops {
            // What an earlier attempt has done of it stays done.
            call_off(&mut result.tasks[index + 1..], Some(Reason::EarlierTaskFailed));
        }
        attempt.hold(result);
        planning.begin();
        if stops {
            break;
        }
    }
    if let Some(result) = attempt.held(key).filter(|_| waits.is_some()) {
        return Ok(put_off(attempt, result, planning.begun, waits));
    }
    if let Some(mut result) = attempt.held(key) {
        conclude(attempt, &mut result, category);
        attempt.hold(result);
    }
    Ok(None)
}

/// Whether what failed in passing leaves anybody to the next attempt, and not a leaver only: no work in the house is given up for
/// what was said about nobody. A mail is, so that what comes after it does not wait for a mail server.
fn leaves_anybody(task: &Task, fault: &Fault) -> bool {
    fault.leaves_anybody() || !wanted(task).is_some_and(Wanted::leaves_the_house)
}

/// Why it cannot be told what the task does: something beside the person cannot be read.
fn unread(planning: &Planning, task: &Task) -> Option<Reason> {
    let planned = planning.planned.iter().find(|planned| planned.task == task.name);
    planned.and_then(|planned| planned.work.as_ref().err()).filter(|fault| fault.is_passing()).map(|fault| fault.reason)
}

/// What came of a task; or the end of its subject's turn, which may be left queued. Where an effect has met another writer, or
/// has failed in passing, its subject is looked at again before the next try.
async fn ended(
    attempt: &Attempt,
    slice: &RunSlice,
    (result, planning): (&mut SubjectResult, &mut Planning),
    index: usize,
    task: &Task,
) -> Result<ControlFlow<Option<String>, Result<Effect, Fault>>, RunnerError> {
    let mut tries = Tries::default();
    loop {
        let Planning { planned, held, .. } = &mut *planning;
        let Some(planned) = planned.iter().find(|planned| planned.task == task.name) else { return Ok(ControlFlow::Break(None)) };
        let work = (task, &planned.work);
        let performed = perform(attempt, &slice.name_any(), result, index, work, (held, &mut tries)).await?;
        if tries.may_be_done {
            planning.begin();
        }
        match performed {
            Performed::Over(outcome) => return Ok(ControlFlow::Continue(outcome)),
            Performed::TakenOver => return Ok(ControlFlow::Break(None)),
            Performed::Again => attempt.context.stop.check()?,
        }
        if let ControlFlow::Break(left) = in_sight(attempt, slice, planning, result).await? {
            return Ok(ControlFlow::Break(left));
        }
    }
}

/// Whether the tasks after one that failed are done all the same. Where nobody knows whose an account is, what would give is
/// refused, and a leaver loses what there is to lose.
fn goes_on(task: &Task, reason: Option<Reason>, category: Category) -> bool {
    task.continue_on_error || category == Category::Leaver && reason == Some(Reason::NameReused)
}

fn conclude(attempt: &Attempt, result: &mut SubjectResult, category: Category) {
    let mut counts = TaskCounts::default();
    for entry in &result.tasks {
        let goes_on =
            attempt.tasks.iter().any(|task| task.name == entry.name && goes_on(task, Reason::of(entry.reason.as_deref()), category));
        match entry.processing_status {
            ProcessingStatus::Completed => counts.succeeded += 1,
            ProcessingStatus::Failed if goes_on => counts.failed_and_went_on += 1,
            ProcessingStatus::Failed => counts.failed_and_stopped += 1,
            ProcessingStatus::Canceled => counts.canceled += 1,
            ProcessingStatus::Queued
            | ProcessingStatus::InProgress
            | ProcessingStatus::CompletedWithErrors
            | ProcessingStatus::Canceling
            | ProcessingStatus::Quarantined => counts.open += 1,
        }
    }
    result.processing_status = subject_status(counts);
    result.reason =
        result.tasks.iter().find(|entry| entry.processing_status == ProcessingStatus::Failed).and_then(|entry| entry.reason.clone());
    result.completed_date_time = Some(now(attempt));
}
