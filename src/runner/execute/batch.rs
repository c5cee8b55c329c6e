//! The subjects of one claim: checked again, settled, and their tasks performed.

use std::pin::pin;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::{Either, select};
use futures::stream::{self, StreamExt};
use kube::ResourceExt;

use crate::api::reasons::{EARLIER_TASK_FAILED, NAME_REUSED, PROTECTED};
use crate::api::run::ExecutionType;
use crate::api::{Category, ProcessingStatus, RunSlice, SubjectResult, Task};
use crate::directory::{Directory, Lookup};
use crate::domain::rollup::{TaskCounts, subject_status};
use crate::domain::trigger::DEFAULT_LEAVER_WINDOW;
use crate::runner::RunnerError;
use crate::task::TaskError;

use super::claim::{cancel, expire};
use super::merge;
use super::perform;
use super::recheck::{self, Recheck};
use super::settle;
use super::state::Attempt;

/// Subjects at the same time: the embedded directory's five requests, shared by five Runs (design 3.2 rule 3).
const PARALLEL: usize = 1;

/// Runs the claimed subjects; gives the occurrences that are left queued for a later attempt. The claim is renewed while
/// they run.
pub(super) async fn run(attempt: &Attempt, name: &str, claimed: &[String]) -> Result<Vec<String>, RunnerError> {
    let Some(slice) = attempt.slice(name) else { return Ok(Vec::new()) };
    let work = async {
        settle_together(attempt, &slice, claimed).await?;
        let subjects = stream::iter(claimed.to_vec()).map(|key| active(attempt, &slice, key));
        subjects.buffer_unordered(PARALLEL).collect::<Vec<_>>().await.into_iter().collect::<Result<Vec<Option<String>>, RunnerError>>()
    };
    let mut work = pin!(work);
    let cluster = &attempt.context.cluster;
    loop {
        match select(work.as_mut(), cluster.clock().sleep(cluster.timing().renewal)).await {
            Either::Left((results, _)) => return Ok(results?.into_iter().flatten().collect()),
            // What is under way goes on after the write: an effect that takes longer than its time is given up.
            Either::Right(((), _)) => merge::write(attempt, name).await?,
        }
    }
}

/// A leaver's claim marks the older work of all its subjects before it waits for the first: an owner that is gone would
/// cost a claim's life for each of them.
async fn settle_together(attempt: &Attempt, slice: &RunSlice, claimed: &[String]) -> Result<(), RunnerError> {
    if slice.spec.category != Category::Leaver {
        return Ok(());
    }
    for result in claimed.iter().filter_map(|key| attempt.held(key)).filter(|result| !result.supersedes.is_empty()) {
        let begun = result.started_date_time.is_some();
        let is_protected = matches!(attempt.directory.is_protected(&result.subject).await, Lookup::Present(true) | Lookup::Unknown(_));
        // Who is not off-boarded after all keeps what was planned before.
        if begun || (!is_protected && before_start(attempt, slice, &result).await == Recheck::Holds) {
            settle::mark(attempt, &result).await?;
        }
    }
    Ok(())
}

async fn active(attempt: &Attempt, slice: &RunSlice, key: String) -> Result<Option<String>, RunnerError> {
    attempt.set_active(&key, true);
    let left = one(attempt, slice, key.clone()).await;
    attempt.set_active(&key, false);
    left
}

/// One subject; its occurrence, if it is left queued.
async fn one(attempt: &Attempt, slice: &RunSlice, key: String) -> Result<Option<String>, RunnerError> {
    let Some(mut result) = attempt.held(&key) else { return Ok(None) };
    if result.processing_status.is_final() || result.processing_status == ProcessingStatus::Queued || attempt.is_marked(&key) {
        return Ok(None);
    }
    let now = attempt.context.cluster.clock().now();
    let begun = result.started_date_time.is_some();
    if !begun {
        match before_start(attempt, slice, &result).await {
            Recheck::Holds => {}
            Recheck::Gone(reason) => {
                cancel(&mut result, reason, now);
                attempt.hold(result);
                return Ok(None);
            }
            Recheck::Unknown(window) => return Ok(leave(attempt, result, window)),
        }
        match attempt.directory.is_protected(&result.subject).await {
            Lookup::Present(true) => {
                refuse(&mut result, now);
                attempt.hold(result);
                return Ok(None);
            }
            Lookup::Present(false) | Lookup::Absent => {}
            Lookup::Unknown(_) => return Ok(leave(attempt, result, window(attempt))),
        }
    }
    if slice.spec.category == Category::Leaver {
        settle::settle(attempt, &result).await?;
    }
    result.started_date_time.get_or_insert(now);
    attempt.hold(result);
    tasks(attempt, &slice.name_any(), &key, slice.spec.category).await
}

/// What is found immediately before the start.
async fn before_start(attempt: &Attempt, slice: &RunSlice, result: &SubjectResult) -> Recheck {
    if slice.spec.execution_type == ExecutionType::Scheduled {
        looked_at_again(attempt, result).await
    } else {
        recheck::check_on_demand(attempt, result, slice.spec.category, window(attempt)).await
    }
}

/// What the re-check found. Who is out of the scope by what a former attempt did to them is carried through to the end.
async fn looked_at_again(attempt: &Attempt, result: &SubjectResult) -> Recheck {
    let found = recheck::check(attempt, result).await;
    if !matches!(found, Recheck::Gone(_)) || !attempt.is_inherited(&result.occurrence) {
        return found;
    }
    match recheck::was_begun(attempt, result).await {
        Some(true) => Recheck::Holds,
        Some(false) => found,
        None => Recheck::Unknown(window(attempt)),
    }
}

/// Fails a person whom nothing may touch.
fn refuse(result: &mut SubjectResult, now: DateTime<Utc>) {
    cancel(result, PROTECTED, now);
    result.processing_status = ProcessingStatus::Failed;
    for task in &mut result.tasks {
        task.reason = Some(PROTECTED.to_owned());
    }
}

/// The window of the workflow's occurrences, as the newest version has it.
fn window(attempt: &Attempt) -> TimeDelta {
    attempt.mind.newest().map_or(DEFAULT_LEAVER_WINDOW, |workflow| workflow.window)
}

/// Leaves a subject queued until its window ends.
fn leave(attempt: &Attempt, mut result: SubjectResult, window: TimeDelta) -> Option<String> {
    let key = result.occurrence.clone();
    let end = attempt.mind.window_end(&result, window);
    if expire(&mut result, end, attempt.context.cluster.clock().now()) {
        attempt.hold(result);
        return None;
    }
    result.processing_status = ProcessingStatus::Queued;
    attempt.hold(result);
    Some(key)
}

/// The tasks of one subject, in order, from the first without a result.
async fn tasks(attempt: &Attempt, slice: &str, key: &str, category: Category) -> Result<Option<String>, RunnerError> {
    for task in &attempt.tasks {
        let Some(mut result) = attempt.held(key) else { return Ok(None) };
        let Some(index) = result.tasks.iter().position(|entry| entry.name == task.name) else { continue };
        if result.tasks[index].processing_status.is_final() {
            continue;
        }
        if attempt.is_marked(key) {
            // A leaver has taken over: the next write adds what was done and says that we stopped.
            return Ok(None);
        }
        let Some(outcome) = perform::perform(attempt, slice, &mut result, index, task).await? else { return Ok(None) };
        if category == Category::Leaver && outcome.as_ref().err().is_some_and(TaskError::is_transient) {
            let window = window(attempt);
            if attempt.mind.window_end(&result, window) >= attempt.context.cluster.clock().now() {
                result.tasks[index].processing_status = ProcessingStatus::Queued;
                return Ok(leave(attempt, result, window));
            }
        }
        perform::record(&mut result, index, &outcome);
        let stops = outcome.as_ref().is_err_and(|error| !goes_on(task, Some(error.reason()), category));
        if stops {
            for entry in &mut result.tasks[index + 1..] {
                entry.processing_status = ProcessingStatus::Canceled;
                entry.reason = Some(EARLIER_TASK_FAILED.to_owned());
            }
        }
        attempt.hold(result);
        if stops {
            break;
        }
    }
    if let Some(mut result) = attempt.held(key) {
        conclude(attempt, &mut result, category);
        attempt.hold(result);
    }
    Ok(None)
}

/// Whether the tasks after one that failed are done all the same. Where nobody knows whose an account is, what would give is
/// refused, and a leaver loses what there is to lose.
fn goes_on(task: &Task, reason: Option<&str>, category: Category) -> bool {
    task.continue_on_error || category == Category::Leaver && reason == Some(NAME_REUSED)
}

fn conclude(attempt: &Attempt, result: &mut SubjectResult, category: Category) {
    let mut counts = TaskCounts::default();
    for entry in &result.tasks {
        let goes_on = attempt.tasks.iter().any(|task| task.name == entry.name && goes_on(task, entry.reason.as_deref(), category));
        match entry.processing_status {
            ProcessingStatus::Completed => counts.succeeded += 1,
            ProcessingStatus::Failed if goes_on => counts.failed_and_went_on += 1,
            ProcessingStatus::Failed => counts.failed_and_stopped += 1,
            ProcessingStatus::Canceled => counts.canceled += 1,
            _ => counts.open += 1,
        }
    }
    result.processing_status = subject_status(counts);
    result.reason =
        result.tasks.iter().find(|entry| entry.processing_status == ProcessingStatus::Failed).and_then(|entry| entry.reason.clone());
    result.completed_date_time = Some(attempt.context.cluster.clock().now());
}
