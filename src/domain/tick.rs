//! When a tenant is evaluated.
//!
//! Every reason for an evaluation is a fact that stays true until an evaluation was sealed that has dealt with it: a
//! tick later than the last as-of, a change that none has covered, a Run without a plan in force. So a crash, a failed
//! Job or a lost notice delays an evaluation and never loses one.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::dates::{self, DateError};
use super::schedule::{Cadence, DEFAULT_INTERVAL_HOURS, Schedule, ScheduleError};
use super::timing::Timing;
use crate::api::TenantScheduleSpec;

/// Why a `TenantSchedule` gives no ticks.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CadenceError {
    /// The interval.
    #[error("spec.interval: {0}")]
    Interval(String),
    /// The cron expression.
    #[error("spec.cron: {0}")]
    Cron(ScheduleError),
    /// The time zone.
    #[error("spec.timeZone: {0}")]
    TimeZone(DateError),
}

/// The ticks of a tenant, with the splay of its namespace.
///
/// # Errors
/// [`CadenceError`] says which field is wrong.
pub fn ticks(namespace: &str, spec: &TenantScheduleSpec) -> Result<Schedule, CadenceError> {
    let zone = dates::read_zone(spec.time_zone.as_deref().unwrap_or("UTC")).map_err(CadenceError::TimeZone)?;
    match (&spec.cron, &spec.interval) {
        (Some(expression), _) => {
            let cadence = Cadence::Cron { expression: expression.clone(), zone };
            Schedule::for_tenant(namespace, &cadence).map_err(CadenceError::Cron)
        }
        (None, Some(interval)) => {
            let interval = dates::parse_duration(interval).map_err(|error| CadenceError::Interval(error.to_string()))?;
            let cadence = Cadence::every(interval).map_err(|error| CadenceError::Interval(error.to_string()))?;
            Schedule::for_tenant(namespace, &cadence).map_err(|error| CadenceError::Interval(error.to_string()))
        }
        (None, None) => Schedule::for_tenant(namespace, &Cadence::Interval { hours: DEFAULT_INTERVAL_HOURS })
            .map_err(|error| CadenceError::Interval(error.to_string())),
    }
}

/// What of the head decides.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct HeadFacts {
    /// The last allocated epoch.
    pub epoch: i64,
    /// The last sealed epoch.
    pub sealed_epoch: i64,
    /// As of when the tenant was last evaluated.
    pub as_of: Option<DateTime<Utc>>,
    /// How long that took, from the allocation of its epoch to the seal; None: the version that wrote the head does not say.
    pub took: Option<Duration>,
    /// When the last epoch was allocated.
    pub allocated_as_of: Option<DateTime<Utc>>,
    /// When the last sealed evaluation wants another one.
    pub look_again_at: Option<DateTime<Utc>>,
}

/// A Job that evaluates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JobFacts {
    /// The number in its name.
    pub number: i64,
    /// Its UID.
    pub uid: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it completed or failed.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Whether Runs wait for a plan.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Unplanned {
    /// None does.
    #[default]
    None,
    /// All that do have been left without one by a sealed evaluation, perhaps only in what was seen so far.
    Again,
    /// One does that no evaluation has seen.
    New,
}

/// What decides about an evaluation.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The ticks.
    pub schedule: &'a Schedule,
    /// The pauses.
    pub timing: &'a Timing,
    /// `spec.suspend`.
    pub suspend: bool,
    /// The head; none before the first evaluation.
    pub head: Option<HeadFacts>,
    /// The evaluation Jobs that exist.
    pub jobs: &'a [JobFacts],
    /// A change asks for an evaluation.
    pub change: bool,
    /// A person does.
    pub asked: bool,
    /// Runs that wait for a plan.
    pub unplanned: Unplanned,
    /// When this process last started an evaluation.
    pub last_start: Option<DateTime<Utc>>,
    /// Evaluations in a row that this process saw fail.
    pub failures: u32,
    /// Now.
    pub now: DateTime<Utc>,
}

/// What to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EvaluationDecision {
    /// Nothing before that instant; none: nothing before something changes.
    Wait {
        /// When to look again.
        until: Option<DateTime<Utc>>,
    },
    /// An evaluation is under way.
    Running {
        /// The number of its Job.
        number: i64,
    },
    /// Create the Job of an evaluation.
    Start {
        /// Its number.
        number: i64,
        /// No tick and no change asks for it, only Runs do.
        runs_only: bool,
        /// UID of a finished Job of that name, which is deleted first.
        replaces: Option<String>,
    },
    /// The tenant is suspended.
    Suspended,
    /// The clock shows an instant before the last as-of.
    ClockBehind {
        /// That as-of.
        as_of: DateTime<Utc>,
    },
}

/// Decides whether an evaluation starts now.
#[must_use]
pub fn decide_evaluation(input: &Input<'_>) -> EvaluationDecision {
    let head = input.head.unwrap_or_default();
    if let Some(job) = input.jobs.iter().find(|job| job.finished_at.is_none()) {
        return EvaluationDecision::Running { number: job.number };
    }
    if input.suspend {
        return EvaluationDecision::Suspended;
    }
    if let Some(as_of) = head.as_of.filter(|as_of| *as_of > input.now) {
        return EvaluationDecision::ClockBehind { as_of };
    }
    let pause = failure_pause_end(input, &head);
    let full = full_from(input, &head);
    let runs = runs_from(input, &head);
    let wanted = [full, runs].into_iter().flatten().min();
    let from = wanted.map(|wanted| pause.map_or(wanted, |pause| pause.max(wanted)));
    if from.is_some_and(|from| from <= input.now) {
        let number = head.epoch.saturating_add(1);
        return EvaluationDecision::Start {
            number,
            runs_only: full.is_none_or(|full| full > input.now),
            replaces: input.jobs.iter().find(|job| job.number == number).map(|job| job.uid.clone()),
        };
    }
    EvaluationDecision::Wait { until: [from, input.schedule.next_after(input.now)].into_iter().flatten().min() }
}

/// From when a full evaluation is wanted, if a tick, a change, one that must first be still, or a person asks for one.
fn full_from(input: &Input<'_>, head: &HeadFacts) -> Option<DateTime<Utc>> {
    let due = input.schedule.latest_at_or_before(input.now).filter(|tick| head.as_of.is_none_or(|as_of| *tick > as_of));
    if due.is_some() || head.as_of.is_none() {
        return Some(input.now);
    }
    let changed = [input.change.then_some(input.now), head.look_again_at].into_iter().flatten().min();
    let changed = changed.map(|wanted| change_pause_end(input, head).map_or(wanted, |end| end.max(wanted)));
    // Who asks by hand waits for it: the tenant's rest is for what comes by itself, and often.
    let asked = input.asked.then(|| begun_pause_end(input, head).unwrap_or(input.now));
    [changed, asked].into_iter().flatten().min()
}

/// Until when nothing but a tick and new Runs begins, because an evaluation has just begun.
fn begun_pause_end(input: &Input<'_>, head: &HeadFacts) -> Option<DateTime<Utc>> {
    // One that failed has covered no change: its own pause is all that there is to wait for.
    if failure_pause_end(input, head).is_some() {
        return None;
    }
    last_start(input, head).map(|start| start + input.timing.change_pause)
}

/// Until when a change waits, because an evaluation has just begun, and longer if the last full one took its time. That time is
/// its own: what its pod waited for says nothing about how busy the tenant is. One for Runs only reads no directory, so that it
/// neither lengthens nor shortens this. A tick comes in any case, so that no change waits beyond it.
fn change_pause_end(input: &Input<'_>, head: &HeadFacts) -> Option<DateTime<Utc>> {
    let begun = begun_pause_end(input, head)?;
    let rested = head.as_of.map(|as_of| as_of + input.timing.after_evaluation(head.took.unwrap_or_default()));
    Some(rested.map_or(begun, |rested| rested.max(begun)))
}

/// From when Runs want an evaluation.
fn runs_from(input: &Input<'_>, head: &HeadFacts) -> Option<DateTime<Utc>> {
    match input.unplanned {
        Unplanned::None => None,
        Unplanned::New => Some(input.now),
        Unplanned::Again => Some(last_start(input, head).map_or(input.now, |start| start + input.timing.ask_again_pause)),
    }
}

/// The last start that anything remembers; a restarted process has the head and the Jobs. Never later than now.
fn last_start(input: &Input<'_>, head: &HeadFacts) -> Option<DateTime<Utc>> {
    let created = input.jobs.iter().map(|job| job.created_at).max();
    [input.last_start, head.allocated_as_of, created].into_iter().flatten().max().map(|start| start.min(input.now))
}

/// Until when nothing starts because the last evaluation failed: an allocated epoch is not sealed, or a Job ended
/// before it allocated one.
fn failure_pause_end(input: &Input<'_>, head: &HeadFacts) -> Option<DateTime<Utc>> {
    let unsealed = u32::try_from(head.epoch.saturating_sub(head.sealed_epoch).max(0)).unwrap_or(u32::MAX);
    let ended = input.jobs.iter().filter(|job| job.number > head.sealed_epoch).filter_map(|job| job.finished_at).max();
    if unsealed == 0 && input.failures == 0 && ended.is_none() {
        return None;
    }
    let since = ended.or_else(|| last_start(input, head))?;
    Some(since.min(input.now) + input.timing.after_failures(unsealed.max(input.failures)))
}

#[cfg(test)]
mod tests;
