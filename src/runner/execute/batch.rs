//! The subjects of one claim: checked again, settled, and their tasks performed.

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use futures::stream::{self, StreamExt};

use crate::api::reasons::EARLIER_TASK_FAILED;
use crate::api::run::ExecutionType;
use crate::api::{Category, ProcessingStatus, RunSlice, SubjectResult, Task, TaskResult};
use crate::directory::Effect;
use crate::domain::rollup::{TaskCounts, subject_status};
use crate::runner::RunnerError;
use crate::task::{self, TaskError};

use super::claim::{cancel, expire};
use super::merge;
use super::recheck::{self, Recheck};
use super::settle;
use super::state::Attempt;

/// A claim is renewed this often (design 3.1 rule 6).
const RENEW: Duration = Duration::from_secs(20);
/// Time for one effect (design 3.1 rule 6).
const EFFECT: Duration = Duration::from_secs(20);
/// How often an effect is tried that fails for a passing reason.
const TRIES: u32 = 3;
/// Subjects at the same time: the embedded directory's five requests, shared by five Runs (design 3.2 rule 3).
const PARALLEL: usize = 1;

/// Runs the claimed subjects; gives the occurrences that are left queued for a later attempt. The claim is renewed while
/// they run.
pub(super) async fn run(attempt: &Attempt, name: &str, claimed: &[String]) -> Result<Vec<String>, RunnerError> {
    let Some(slice) = attempt.slice(name) else { return Ok(Vec::new()) };
    let work = stream::iter(claimed.to_vec()).map(|key| active(attempt, &slice, key)).buffer_unordered(PARALLEL).collect::<Vec<_>>();
    let mut work = pin!(work);
    loop {
        match select(work.as_mut(), attempt.context.cluster.clock().sleep(RENEW)).await {
            Either::Left((results, _)) => {
                let results: Result<Vec<Option<String>>, RunnerError> = results.into_iter().collect();
                return Ok(results?.into_iter().flatten().collect());
            }
            // What is under way goes on after the write: an effect that takes longer than its time is given up.
            Either::Right(((), _)) => merge::write(attempt, name).await?,
        }
    }
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
    let scheduled = slice.spec.execution_type == ExecutionType::Scheduled;
    if scheduled && !begun {
        match recheck::check(attempt, &result).await {
            Recheck::Holds => {}
            Recheck::Gone(reason) => {
                cancel(&mut result, reason, now);
                attempt.hold(result);
                return Ok(None);
            }
            Recheck::Unknown(window) => return Ok(leave(attempt, result, window)),
        }
    }
    if slice.spec.category == Category::Leaver {
        settle::settle(attempt, &result).await?;
    }
    result.started_date_time.get_or_insert(now);
    attempt.hold(result);
    tasks(attempt, &key, slice.spec.category).await
}

/// Leaves a subject queued until its window ends.
fn leave(attempt: &Attempt, mut result: SubjectResult, window: chrono::TimeDelta) -> Option<String> {
    let key = result.occurrence.clone();
    if expire(&mut result, window, attempt.context.cluster.clock().now()) {
        attempt.hold(result);
        return None;
    }
    result.processing_status = ProcessingStatus::Queued;
    attempt.hold(result);
    Some(key)
}

/// The tasks of one subject, in order, from the first without a result.
async fn tasks(attempt: &Attempt, key: &str, category: Category) -> Result<Option<String>, RunnerError> {
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
        let outcome = perform(attempt, &result.subject, task).await?;
        if category == Category::Leaver && outcome.as_ref().err().is_some_and(TaskError::is_transient) {
            let window = attempt.mind.newest().map_or(crate::domain::trigger::DEFAULT_LEAVER_WINDOW, |workflow| workflow.window);
            if result.due + window >= attempt.context.cluster.clock().now() {
                return Ok(leave(attempt, result, window));
            }
        }
        record(&mut result.tasks[index], &outcome);
        let stops = outcome.is_err() && !task.continue_on_error;
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
        conclude(attempt, &mut result);
        attempt.hold(result);
    }
    Ok(None)
}

fn record(entry: &mut TaskResult, outcome: &Result<Effect, TaskError>) {
    match outcome {
        Ok(Effect::Done) => entry.processing_status = ProcessingStatus::Completed,
        Ok(Effect::AlreadySo(info)) => {
            entry.processing_status = ProcessingStatus::Completed;
            entry.processing_info = Some(info.clone());
        }
        Err(error) => {
            entry.processing_status = ProcessingStatus::Failed;
            entry.reason = Some(error.reason().to_owned());
            entry.processing_info = Some(error.to_string().chars().take(1024).collect());
        }
    }
}

fn conclude(attempt: &Attempt, result: &mut SubjectResult) {
    let mut counts = TaskCounts::default();
    for entry in &result.tasks {
        let goes_on = attempt.tasks.iter().any(|task| task.name == entry.name && task.continue_on_error);
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

/// One task, within its time, tried again after passing failures. It starts only while the claim is certainly ours.
async fn perform(attempt: &Attempt, subject: &str, task: &Task) -> Result<Result<Effect, TaskError>, RunnerError> {
    let clock = attempt.context.cluster.clock();
    let mut outcome = None;
    for number in 0..TRIES {
        if number > 0 {
            clock.sleep(Duration::from_secs(1 << number)).await;
        }
        if !attempt.lease.holds() {
            return Err(RunnerError::Overtaken("the last successful write is too old to start an effect".to_owned()));
        }
        let work = pin!(task::perform(&attempt.directory, subject, task));
        let tried = match select(work, clock.sleep(EFFECT)).await {
            Either::Left((tried, _)) => tried,
            Either::Right(((), _)) => Err(TaskError::Directory(crate::directory::DirectoryError::Transient {
                reason: "TimedOut",
                message: format!("no answer within {} s", EFFECT.as_secs()),
            })),
        };
        let again = tried.as_ref().err().is_some_and(TaskError::is_transient);
        outcome = Some(tried);
        if !again {
            break;
        }
    }
    Ok(outcome.unwrap_or(Err(TaskError::NoTask)))
}
