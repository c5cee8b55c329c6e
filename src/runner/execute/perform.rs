//! One task of one subject: performed within its time, tried again where that can help, and recorded.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::{BoxFuture, Either, select};

use crate::api::reasons::Reason;
use crate::api::{ProcessingStatus, SubjectResult, Task, TaskResult};
use crate::directory::{Applied, Effect, HeldEntry};
use crate::domain::change::{Wanted, Work, recorded, wanted};
use crate::domain::fault::{Fault, FaultClass};
use crate::domain::plan::info_room;
use crate::domain::room::cut;
use crate::runner::RunnerError;
use crate::task::post::{Mail, PASS_NOTICE, Post, PostError};
use crate::task::{self, Performance};

use super::attempt::Attempt;
use super::book;

/// How often an effect is tried that fails for a passing reason.
const TRIES: u32 = 3;
/// How often in a row an effect may meet another writer before that counts as such a failure.
pub(super) const CONFLICTS: u32 = 8;

/// How a task was tried so far.
#[derive(Default)]
pub(super) struct Tries {
    /// Effects that failed for a passing reason.
    failed: u32,
    /// Other writers that were met since.
    conflicts: u32,
    /// Whether something may be done: what is there may be its work.
    pub may_be_done: bool,
}

/// What came of a task.
pub(super) enum Performed {
    /// It is over.
    Over(Result<Effect, Fault>),
    /// A leaver has taken over, nothing was done.
    TakenOver,
    /// It is tried again, when its subject was looked at again: what there is to do may be another thing by now.
    Again,
}

/// Performs the task at `index`. One that leaves the house is begun before its effect: the next write says so, whoever asks
/// for it, and one that is done once only asks for one and waits. Where that is found begun it is not done again.
pub(super) async fn perform(
    attempt: &Attempt,
    slice: &str,
    result: &mut SubjectResult,
    index: usize,
    (task, work): (&Task, &Result<Work, Fault>),
    (seen, tries): (&mut Option<HeldEntry>, &mut Tries),
) -> Result<Performed, RunnerError> {
    let work = match work {
        Ok(work) => work,
        Err(fault) => return Ok(Performed::Over(Err(fault.clone()))),
    };
    let before = result.tasks[index].processing_status;
    if wanted(task).is_some_and(Wanted::leaves_the_house) {
        if task::is_once_only(task) && before == ProcessingStatus::InProgress {
            return Ok(Performed::Over(task::leave_uncertain(task)));
        }
        if !task::is_once_only(task) && !attempt.lease.holds() {
            // Nothing has begun, and no write comes first that would renew the claim.
            return Err(too_old());
        }
        result.tasks[index].processing_status = ProcessingStatus::InProgress;
        attempt.hold(result.clone());
    }
    if task::is_once_only(task) {
        book::write(attempt, slice).await?;
        if attempt.is_marked(&result.occurrence) {
            // It certainly was not done.
            result.tasks[index].processing_status = before;
            attempt.hold(result.clone());
            return Ok(Performed::TakenOver);
        }
    }
    let done =
        if work.changes.is_empty() { Some((Ok(None), false)) } else { within_time(attempt, result, (task, work), seen, tries).await? };
    let Some((done, may_have_left)) = done else { return Ok(Performed::Again) };
    if !may_have_left {
        result.tasks[index].processing_status = before;
    }
    Ok(Performed::Over(done.map(|uncertain| uncertain.unwrap_or_else(|| effect(task, &result.tasks[index], work)))))
}

pub(super) fn too_old() -> RunnerError {
    RunnerError::Overtaken("the last successful write is too old to start an effect".to_owned())
}

/// What came of the work. What an earlier attempt wrote down was done by this Run, whoever finds it done; what leaves the house
/// is known by its result only.
pub(super) fn effect(task: &Task, entry: &TaskResult, work: &Work) -> Effect {
    let stays = !wanted(task).is_some_and(Wanted::leaves_the_house);
    let changed = !work.changes.is_empty() || stays && recorded(entry).is_some_and(|record| !record.is_empty());
    match (changed, work.words(changed)) {
        (true, None) => Effect::Done,
        (true, Some(words)) => Effect::DoneBut(words.to_owned()),
        (false, words) => Effect::AlreadySo(words.unwrap_or_default().to_owned()),
    }
}

/// What is said of the work where nobody knows whether it was done, or None: it was done; and whether a mail of it may have left.
type Done = (Result<Option<Effect>, Fault>, bool);

/// The Changes of one task, within their time. They start only while the claim is certainly ours. What leaves the house is
/// tried again here after passing failures; of what stays, what there is to do hangs on what is there now. None: look again.
async fn within_time(
    attempt: &Attempt,
    result: &SubjectResult,
    (task, work): (&Task, &Work),
    seen: &mut Option<HeldEntry>,
    tries: &mut Tries,
) -> Result<Option<Done>, RunnerError> {
    let (clock, timing) = (attempt.context.cluster.clock(), attempt.context.cluster.timing());
    let mail = attempt.policy.mail();
    let post = Watched { post: attempt.context.post.as_ref(), may_have_left: AtomicBool::new(false) };
    let subject = attempt.subject(result);
    loop {
        if !attempt.lease.holds() {
            return Err(too_old());
        }
        let performance = Performance {
            directory: attempt.directory.as_ref(),
            subject: &subject,
            occurrence: &result.occurrence,
            task,
            changes: &work.changes,
            tenant: attempt.context.cluster.namespace(),
            now: clock.now(),
            random: attempt.context.random.as_ref(),
            post: &post,
            mail: &mail,
        };
        let came = within(task::perform(&performance, seen), clock.sleep(timing.effect)).await;
        tries.may_be_done |= !is_refused(came.as_ref(), work, &subject.name);
        let fault = match came {
            Some(Ok(Applied::Done)) => return Ok(Some((Ok(None), post.may_have_left()))),
            Some(Ok(Applied::Conflict)) if tries.conflicts + 1 < CONFLICTS => {
                tries.conflicts += 1;
                return Ok(None);
            }
            Some(Ok(Applied::Conflict)) => Fault::transient(Reason::Conflict, format!("others have written {CONFLICTS} times in a row")),
            Some(Err(fault)) => fault,
            None => {
                // Nobody knows what stands there now.
                *seen = None;
                Fault::unknown(Reason::TimedOut, format!("no answer within {} s", timing.effect.as_secs()))
            }
        };
        (tries.failed, tries.conflicts) = (tries.failed + 1, 0);
        match after(Some(&fault), task::is_once_only(task), post.may_have_left()) {
            After::Uncertain => return Ok(Some((task::leave_uncertain(task).map(Some), true))),
            After::Again if tries.failed < TRIES => {}
            After::Over | After::Again => return Ok(Some((Err(fault), post.may_have_left()))),
        }
        clock.sleep(timing.before_effect(tries.failed)).await;
        if !wanted(task).is_some_and(Wanted::leaves_the_house) {
            return Ok(None);
        }
    }
}

/// What comes after a try.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum After {
    /// Nothing more, in this attempt.
    Over,
    /// Another one.
    Again,
    /// It may be done, and is not to be done twice.
    Uncertain,
}

/// What comes after a try that failed so, or did not. What is unknown is done again, unless that would be noticed outside and
/// is not wanted there.
const fn after(fault: Option<&Fault>, is_once_only: bool, may_have_left: bool) -> After {
    match fault {
        Some(_) if is_once_only && may_have_left => After::Uncertain,
        Some(fault) if fault.is_tried_at_once() => After::Again,
        None | Some(_) => After::Over,
    }
}

/// Whether certainly nothing was done: who may not write has written nothing, but to the entries before, where there are several.
fn is_refused(came: Option<&Result<Applied, Fault>>, work: &Work, subject: &str) -> bool {
    let mut targets = work.changes.iter().map(|change| change.target(subject));
    let first = targets.next();
    came.is_some_and(|came| came.as_ref().is_err_and(|fault| fault.class == FaultClass::Denied))
        && targets.all(|target| Some(target) == first)
}

/// What the work gives, if it ends before the time is over.
pub(super) async fn within<T>(work: impl Future<Output = T>, time: impl Future<Output = ()>) -> Option<T> {
    match select(pin!(work), pin!(time)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
    }
}

/// Sees whether a mail may have left: it was handed over, and no answer says that it did not.
struct Watched<'a> {
    post: &'a dyn Post,
    may_have_left: AtomicBool,
}

impl Watched<'_> {
    fn may_have_left(&self) -> bool {
        self.may_have_left.load(Ordering::Relaxed)
    }
}

impl Post for Watched<'_> {
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<(), PostError>> {
        // A word to the subject of a pass is not the pass.
        if mail.task == PASS_NOTICE {
            return self.post.send(mail);
        }
        // What an earlier try has left open stays open.
        let before = self.may_have_left.swap(true, Ordering::Relaxed);
        let answer = self.post.send(mail);
        Box::pin(async move {
            let answer = answer.await;
            let is_open = answer.as_ref().err().is_none_or(PostError::may_have_left);
            self.may_have_left.store(before || is_open, Ordering::Relaxed);
            answer
        })
    }
}

/// Puts what came of the task at `index` into the result, as far as there is room for what it says.
pub(super) fn record(result: &mut SubjectResult, index: usize, outcome: &Result<Effect, Fault>) {
    let room = info_room(&result.tasks, index);
    let entry = &mut result.tasks[index];
    match outcome {
        Ok(Effect::Done) => {
            entry.processing_status = ProcessingStatus::Completed;
            // What was said while it was open is over.
            entry.processing_info = None;
        }
        Ok(Effect::DoneBut(info) | Effect::AlreadySo(info)) => {
            entry.processing_status = ProcessingStatus::Completed;
            entry.processing_info = Some(cut(info, room));
        }
        Err(error) => {
            entry.processing_status = ProcessingStatus::Failed;
            entry.reason = Some(error.reason.to_string());
            entry.processing_info = Some(cut(&error.to_string(), room));
        }
    }
}

#[cfg(test)]
mod tests;
