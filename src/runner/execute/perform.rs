//! One task of one subject: performed within its time, tried again where that can help, and recorded.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::{BoxFuture, Either, select};

use crate::api::task::AttributesArguments;
use crate::api::{ProcessingStatus, SubjectResult, Task};
use crate::directory::{DirectoryError, Effect};
use crate::domain::plan::{cut, info_room};
use crate::runner::RunnerError;
use crate::task::post::{Mail, Post, PostError};
use crate::task::{self, Before, Scene, TaskError};

use super::merge;
use super::state::Attempt;

/// How often an effect is tried that fails for a passing reason.
const TRIES: u32 = 3;

/// Performs the task at `index`. One that is done once only is written down as begun before its effect, and where it
/// is found begun it is not done again. None: a leaver has taken over, nothing was done.
pub(super) async fn perform(
    attempt: &Attempt,
    slice: &str,
    result: &mut SubjectResult,
    index: usize,
    task: &Task,
) -> Result<Option<Result<Effect, TaskError>>, RunnerError> {
    if task::is_once_only(task) {
        let entry = &mut result.tasks[index];
        if entry.processing_status == ProcessingStatus::InProgress {
            return Ok(Some(task::leave_uncertain(task)));
        }
        entry.processing_status = ProcessingStatus::InProgress;
        attempt.hold(result.clone());
        merge::write(attempt, slice).await?;
        if attempt.is_marked(&result.occurrence) {
            return Ok(None);
        }
    }
    within_time(attempt, result, task).await.map(Some)
}

/// One task, within its time, tried again after passing failures. It starts only while the claim is certainly ours.
async fn within_time(attempt: &Attempt, result: &SubjectResult, task: &Task) -> Result<Result<Effect, TaskError>, RunnerError> {
    let (clock, timing) = (attempt.context.cluster.clock(), attempt.context.cluster.timing());
    let mail = attempt.mind.mail();
    let post = Watched { post: attempt.context.post.as_ref(), begun: AtomicBool::new(false) };
    let mut outcome = None;
    for number in 0..TRIES {
        if number > 0 {
            clock.sleep(timing.before_effect(number)).await;
        }
        if !attempt.lease.holds() {
            return Err(RunnerError::Overtaken("the last successful write is too old to start an effect".to_owned()));
        }
        let before = images(&attempt.tasks, result);
        let scene = Scene {
            directory: &attempt.directory,
            subject: &result.subject,
            occurrence: &result.occurrence,
            task,
            tenant: attempt.context.cluster.namespace(),
            workflow: attempt.mind.workflow(),
            before: &before,
            now: clock.now(),
            random: attempt.context.random.as_ref(),
            post: &post,
            mail: &mail,
        };
        let work = pin!(task::perform(&scene));
        let tried = match select(work, clock.sleep(timing.effect)).await {
            Either::Left((tried, _)) => tried,
            Either::Right(((), _)) if task::is_once_only(task) && post.begun.load(Ordering::Relaxed) => {
                return Ok(task::leave_uncertain(task));
            }
            Either::Right(((), _)) => Err(TaskError::Directory(DirectoryError::Transient {
                reason: "TimedOut",
                message: format!("no answer within {} s", timing.effect.as_secs()),
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

/// What the tasks that write attributes were preceded by, as the claim wrote it down.
fn images<'a>(tasks: &'a [Task], result: &'a SubjectResult) -> Vec<Before<'a>> {
    let writes = tasks.iter().filter_map(|task| Some((task, task.update_user_attributes.as_deref()?)));
    let image = |(task, arguments): (&Task, &'a AttributesArguments)| {
        let entry = result.tasks.iter().find(|entry| entry.name == task.name)?;
        let overlay = entry.before.as_ref().and_then(|before| before.attributes.as_ref());
        Some(Before { arguments, overlay })
    };
    writes.filter_map(image).collect()
}

/// Sees whether a mail was handed over: an answer that does not come leaves it open whether it left.
struct Watched<'a> {
    post: &'a dyn Post,
    begun: AtomicBool,
}

impl Post for Watched<'_> {
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<(), PostError>> {
        self.begun.store(true, Ordering::Relaxed);
        self.post.send(mail)
    }
}

/// Puts what came of the task at `index` into the result, as far as there is room for what it says.
pub(super) fn record(result: &mut SubjectResult, index: usize, outcome: &Result<Effect, TaskError>) {
    let room = info_room(&result.tasks, index);
    let entry = &mut result.tasks[index];
    match outcome {
        Ok(Effect::Done) => entry.processing_status = ProcessingStatus::Completed,
        Ok(Effect::DoneBut(info) | Effect::AlreadySo(info)) => {
            entry.processing_status = ProcessingStatus::Completed;
            entry.processing_info = Some(cut(info, room));
        }
        Err(error) => {
            entry.processing_status = ProcessingStatus::Failed;
            entry.reason = Some(error.reason().to_owned());
            entry.processing_info = Some(cut(&error.to_string(), room));
        }
    }
}
