//! Where the work on one person stands, and what a claim makes of a slice: decided from what was observed, in one place.
//!
//! ```text
//!  Queued ──claim: PUT with before-images and Changes──► Begun ──effects, PUT──► Done
//!    │ ▲                                                  │ │
//!    │ └─────── passing failure of a leaver: left ────────┘ └──a leaver marks it──► Superseded ──its owner has stopped──► .
//!    └──canceled: by request, disabled, out of scope, window ended, superseded──► Done
//! ```
//!
//! Where it stands says whether more happens; how much was done says [`Progress`]. Everybody else asks these two, and that
//! work is called off is written here and nowhere else.

mod progress;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::api::reasons::Reason;
use crate::api::{ProcessingStatus, SubjectResult, TaskResult};

use super::change::recorded;

pub use progress::Progress;

/// Where the work on one subject stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Nobody works on it. It may have been tried before, and left for a later attempt.
    Queued,
    /// Somebody has claimed it, and has not written down what will be done: an older release.
    Claimed,
    /// What will be done stands in the result: its effects may be under way.
    Begun,
    /// A leaver has taken its place.
    Superseded {
        /// Whoever worked on it has stopped.
        stopped: bool,
    },
    /// Nothing more happens.
    Done(Outcome),
}

/// How work has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// All tasks succeeded.
    Completed,
    /// A task failed that lets the next one run.
    CompletedWithErrors,
    /// A task failed that stops, or nothing may touch the person.
    Failed,
    /// It was called off, for this reason; None: in the word of a later version.
    Canceled(Option<Reason>),
}

impl Standing {
    /// Where the result stands.
    #[must_use]
    pub fn of(result: &SubjectResult) -> Self {
        if result.superseded_date_time.is_some() {
            return Self::Superseded { stopped: result.stopped_date_time.is_some() };
        }
        match result.processing_status {
            ProcessingStatus::InProgress if result.tasks.iter().any(|task| recorded(task).is_some()) => Self::Begun,
            ProcessingStatus::InProgress => Self::Claimed,
            ProcessingStatus::Completed => Self::Done(Outcome::Completed),
            ProcessingStatus::CompletedWithErrors => Self::Done(Outcome::CompletedWithErrors),
            ProcessingStatus::Failed => Self::Done(Outcome::Failed),
            ProcessingStatus::Canceled => Self::Done(Outcome::Canceled(Reason::of(result.reason.as_deref()))),
            // The last two are words of Runs.
            ProcessingStatus::Queued | ProcessingStatus::Canceling | ProcessingStatus::Quarantined => Self::Queued,
        }
    }

    /// Whether there is still something to be done.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::Queued | Self::Claimed | Self::Begun => true,
            Self::Superseded { .. } | Self::Done(_) => false,
        }
    }

    /// Whether somebody may be at work on it.
    #[must_use]
    pub const fn is_claimed(self) -> bool {
        match self {
            Self::Claimed | Self::Begun => true,
            Self::Queued | Self::Superseded { .. } | Self::Done(_) => false,
        }
    }

    /// Whether a leaver waits for the word that nobody works on it any more.
    #[must_use]
    pub const fn is_waited_for(self) -> bool {
        match self {
            Self::Superseded { stopped } => !stopped,
            Self::Queued | Self::Claimed | Self::Begun | Self::Done(_) => false,
        }
    }

    /// Whether it was called off, by whomever.
    #[must_use]
    pub const fn is_called_off(self) -> bool {
        match self {
            Self::Superseded { .. } | Self::Done(Outcome::Canceled(_)) => true,
            Self::Queued
            | Self::Claimed
            | Self::Begun
            | Self::Done(Outcome::Completed | Outcome::CompletedWithErrors | Outcome::Failed) => false,
        }
    }

    /// Why it was called off; None: it was not, or in the word of a later version.
    #[must_use]
    pub const fn called_off_for(self) -> Option<Reason> {
        match self {
            Self::Superseded { .. } => Some(Reason::Superseded),
            Self::Done(Outcome::Canceled(reason)) => reason,
            Self::Queued
            | Self::Claimed
            | Self::Begun
            | Self::Done(Outcome::Completed | Outcome::CompletedWithErrors | Outcome::Failed) => None,
        }
    }

    /// Whether it came to its end by itself, well or badly.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        match self {
            Self::Done(Outcome::Completed | Outcome::CompletedWithErrors | Outcome::Failed) => true,
            Self::Queued | Self::Claimed | Self::Begun | Self::Superseded { .. } | Self::Done(Outcome::Canceled(_)) => false,
        }
    }
}

/// What was found of one subject when a claim looked at it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SubjectFinding {
    /// Nobody looked: the claim has as many as it can have, or there was no need.
    NotLookedAt,
    /// Other work for the person comes first.
    Blocked,
    /// The conditions hold. `begun`: an earlier attempt has done something of what it wrote down.
    Holds(Begun),
    /// They do not any more; `begun` as there.
    Gone(Reason, Begun),
    /// Nothing may touch the person.
    Protected(Begun),
    /// It cannot be told whether they hold.
    Unknown(Begun),
    /// What is there cannot be read, for this reason, so that it cannot be told what to do.
    Unreadable(Reason),
}

/// Whether something was done of what an earlier attempt wrote down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Begun {
    /// As far as can be seen: then it is carried through to the end.
    Yes,
    /// Nothing was.
    No,
}

/// One subject of a slice as a claim sees it.
#[derive(Clone, Copy, Debug)]
pub struct ClaimCandidate<'a> {
    /// Its result.
    pub result: &'a SubjectResult,
    /// What the ledger says of its occurrence, if it was given to somebody else.
    pub taken: Option<Reason>,
    /// What was found of the person.
    pub finding: SubjectFinding,
    /// When the window of its occurrence ends.
    pub window_end: DateTime<Utc>,
}

/// What a claim sees of the Run.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The instant.
    pub now: DateTime<Utc>,
    /// The work is a leaver's: what was begun is carried through, however long that takes.
    pub is_leaver: bool,
    /// Somebody asked for the Run to be canceled.
    pub is_cancel_requested: bool,
    /// Why nothing of the workflow is started any more.
    pub stopped: Option<Reason>,
    /// Occurrences that this attempt has tried and left for the next one.
    pub left: &'a BTreeSet<String>,
}

/// What becomes of one subject with a claim.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Nothing.
    Nothing,
    /// The word that nobody works on it any more.
    SayStopped,
    /// It is not begun, for this reason.
    Cancel(Reason),
    /// Its window ended before what is there could be read: it is not begun, and its tasks say why.
    Expire(Reason),
    /// Nothing may touch the person: it fails.
    Refuse,
    /// It is tried again by the next attempt, and says why it waits.
    Leave(Option<Reason>),
    /// The same, and it stays as it stands: something of it may be done.
    LeaveClaimed(Option<Reason>),
    /// It is claimed.
    Claim,
}

impl Circumstances<'_> {
    /// Whether the subject is asked about: what would not be claimed whatever is found needs no look.
    #[must_use]
    pub fn is_candidate(&self, result: &SubjectResult, taken: Option<Reason>) -> bool {
        let candidate = ClaimCandidate { result, taken, finding: SubjectFinding::Holds(Begun::Yes), window_end: DateTime::<Utc>::MAX_UTC };
        self.next(&candidate) == Step::Claim
    }

    /// What becomes of the subject.
    #[must_use]
    pub fn next(&self, candidate: &ClaimCandidate<'_>) -> Step {
        let ClaimCandidate { result, taken, finding, window_end } = *candidate;
        let standing = Standing::of(result);
        if standing.is_waited_for() {
            return Step::SayStopped;
        }
        if !standing.is_open() || self.left.contains(&result.occurrence) {
            return Step::Nothing;
        }
        // What a claim has only written down was done by nobody, and is not done after it was called off.
        let is_untouched = standing == Standing::Queued || finding == SubjectFinding::Holds(Begun::No);
        if is_untouched && let Some(reason) = self.is_cancel_requested.then_some(Reason::CanceledByRequest).or(taken).or(self.stopped) {
            return Step::Cancel(reason);
        }
        match finding {
            SubjectFinding::NotLookedAt | SubjectFinding::Blocked => Step::Nothing,
            SubjectFinding::Holds(_)
            | SubjectFinding::Gone(_, Begun::Yes)
            | SubjectFinding::Protected(Begun::Yes)
            | SubjectFinding::Unknown(Begun::Yes) => Step::Claim,
            SubjectFinding::Gone(reason, Begun::No) => Step::Cancel(reason),
            SubjectFinding::Protected(Begun::No) => Step::Refuse,
            // What is not known never acts. Who may have been begun is not given up for that, or not soon.
            SubjectFinding::Unreadable(_) if standing.is_claimed() && self.is_cancel_requested => Step::Cancel(Reason::CanceledByRequest),
            SubjectFinding::Unreadable(why) if Progress::of(result).is_begun() || standing.is_claimed() => {
                if window_end < self.now && !self.is_leaver {
                    Step::Expire(why)
                } else if standing.is_claimed() {
                    Step::LeaveClaimed(Some(why))
                } else {
                    Step::Leave(Some(why))
                }
            }
            // Past its window it is not tried again.
            SubjectFinding::Unreadable(why) if window_end < self.now => Step::Expire(why),
            SubjectFinding::Unreadable(why) => Step::Leave(Some(why)),
            SubjectFinding::Unknown(Begun::No) if window_end < self.now => Step::Cancel(Reason::PlanExpired),
            SubjectFinding::Unknown(Begun::No) => Step::Leave(None),
        }
    }
}

/// Calls off the tasks that have no result. Of what was written down as begun it stays known that nobody knows whether it was
/// done.
pub fn call_off(tasks: &mut [TaskResult], reason: Option<Reason>) {
    for task in tasks.iter_mut().filter(|task| !task.processing_status.is_final()) {
        let may_be_done = task.processing_status == ProcessingStatus::InProgress;
        task.processing_status = ProcessingStatus::Canceled;
        task.reason = if may_be_done { Some(Reason::Uncertain) } else { reason }.map(|reason| reason.to_string());
    }
}

/// Cancels what a result has not done.
pub fn cancel(result: &mut SubjectResult, reason: Reason, now: DateTime<Utc>) {
    result.processing_status = ProcessingStatus::Canceled;
    result.reason = Some(reason.to_string());
    result.completed_date_time = Some(now);
    call_off(&mut result.tasks, None);
}

/// Cancels it because its window has ended; its tasks say what stood in the way.
fn expire(result: &mut SubjectResult, why: Reason, now: DateTime<Utc>) {
    call_off(&mut result.tasks, Some(why));
    cancel(result, Reason::PlanExpired, now);
}

/// Marks that a leaver takes its place: since when, and since when nobody works on it any more. None: its owner has yet to
/// say so.
pub fn supersede(result: &mut SubjectResult, marked: DateTime<Utc>, stopped: Option<DateTime<Utc>>, now: DateTime<Utc>) {
    cancel(result, Reason::Superseded, now);
    result.superseded_date_time = Some(marked);
    result.stopped_date_time = stopped;
}

/// Fails somebody whom nothing may touch.
fn refuse(result: &mut SubjectResult, now: DateTime<Utc>) {
    call_off(&mut result.tasks, Some(Reason::Protected));
    cancel(result, Reason::Protected, now);
    result.processing_status = ProcessingStatus::Failed;
}

/// Takes a step that claims nobody; whether the result is another one by it.
pub fn take(step: Step, result: &mut SubjectResult, now: DateTime<Utc>) -> bool {
    match step {
        Step::Nothing | Step::Claim => false,
        Step::SayStopped => {
            result.stopped_date_time = Some(now);
            true
        }
        Step::Cancel(reason) => {
            cancel(result, reason, now);
            true
        }
        Step::Expire(why) => {
            expire(result, why, now);
            true
        }
        Step::Refuse => {
            refuse(result, now);
            true
        }
        Step::Leave(why) => {
            let is_another = result.processing_status != ProcessingStatus::Queued;
            result.processing_status = ProcessingStatus::Queued;
            say(result, why) || is_another
        }
        Step::LeaveClaimed(why) => say(result, why),
    }
}

/// Says why a result waits for a later attempt; whether that is news.
fn say(result: &mut SubjectResult, why: Option<Reason>) -> bool {
    let why = why.map(|why| why.to_string());
    let is_news = result.reason != why;
    result.reason = why;
    is_news
}

/// Leaves somebody for the next attempt, or gives up where the window has ended and nothing was begun; whether somebody is
/// left. Whoever was begun stays claimed, so that nobody takes them for untouched. `why`: what stands in the way.
pub fn leave(result: &mut SubjectResult, begun: Begun, why: Option<Reason>, window_end: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    if begun == Begun::Yes || Progress::of(result).is_begun() {
        say(result, why);
        return true;
    }
    let is_left = window_end >= now;
    let given_up = why.map_or(Step::Cancel(Reason::PlanExpired), Step::Expire);
    take(if is_left { Step::Leave(why) } else { given_up }, result, now);
    is_left
}

#[cfg(test)]
mod tests;
