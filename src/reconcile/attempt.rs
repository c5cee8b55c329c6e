//! When the next attempt to execute a Run starts.
//!
//! An attempt is a Job. Its successor may take over its claims at once if the attempt ended by itself or the kubelet
//! reported its container terminated. Otherwise the pod may still be running somewhere, and the unseen pause has to pass.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::jobs::JobOutcome;
use crate::domain::timing::Timing;

/// How many ended Jobs of an unfinished Run stay: enough to count the doublings of both pauses.
pub(super) const KEPT_JOBS: i32 = 8;

/// The Job of an attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct AttemptJob {
    /// From 1.
    pub number: i32,
    /// Whether it belongs to this very Run, not to one of that name that is gone.
    pub own: bool,
    /// How it ended, if it has.
    pub ended: Option<JobOutcome>,
    /// The kubelet has reported the containers of all its pods terminated.
    pub terminated: bool,
}

/// What decides about the next attempt of a Run that has open subjects.
#[derive(Clone, Debug)]
pub(super) struct Attempts<'a> {
    /// Highest attempt that the Run's status knows.
    pub known: i32,
    /// The Jobs that exist, in any order.
    pub jobs: &'a [AttemptJob],
    /// Since when the Job of the newest attempt is not there.
    pub missing_since: Option<DateTime<Utc>>,
    /// The pauses.
    pub timing: &'a Timing,
    /// Now.
    pub now: DateTime<Utc>,
}

/// What to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NextAttempt {
    /// An attempt is under way.
    Running,
    /// Nothing before that instant.
    Pause {
        /// When to look again.
        until: DateTime<Utc>,
        /// The Job of the newest attempt is not there.
        missing: bool,
    },
    /// Create the Job of this attempt.
    Start {
        /// Its number.
        attempt: i32,
        /// The attempt before is known to have stopped.
        take_over: bool,
    },
}

/// Decides about the next attempt.
pub(super) fn next_attempt(attempts: &Attempts<'_>) -> NextAttempt {
    let own = || attempts.jobs.iter().filter(|job| job.own);
    if own().any(|job| job.ended.is_none()) {
        return NextAttempt::Running;
    }
    let newest = own().map(|job| job.number).max().unwrap_or(0).max(attempts.known);
    let attempt = attempts.jobs.iter().map(|job| job.number).max().unwrap_or(0).max(newest).saturating_add(1);
    if newest == 0 {
        return NextAttempt::Start { attempt, take_over: false };
    }
    let timing = attempts.timing;
    let last = own().find(|job| job.number == newest).and_then(|job| job.ended.map(|ended| (ended, job.terminated)));
    let (from, take_over, missing) = match last {
        None => (attempts.missing_since.unwrap_or(attempts.now) + timing.unseen_pause, false, true),
        Some((ended, _)) if ended.succeeded => (ended.at + open_pause(own(), timing), true, false),
        Some((ended, true)) => (ended.at + repeated_failure_pause(own(), timing), true, false),
        Some((ended, false)) => (ended.at + timing.unseen_pause.max(repeated_failure_pause(own(), timing)), false, false),
    };
    if from <= attempts.now { NextAttempt::Start { attempt, take_over } } else { NextAttempt::Pause { until: from, missing } }
}

/// The pause after attempts that ended by themselves and left subjects open.
fn open_pause<'a>(own: impl Iterator<Item = &'a AttemptJob>, timing: &Timing) -> Duration {
    let ended = own.filter(|job| job.ended.is_some_and(|ended| ended.succeeded)).count();
    timing.after_open_attempts(u32::try_from(ended).unwrap_or(u32::MAX))
}

/// The pause after the newest attempts failed: none after the first, so that a crash costs no time.
fn repeated_failure_pause<'a>(own: impl Iterator<Item = &'a AttemptJob>, timing: &Timing) -> Duration {
    let mut jobs: Vec<_> = own.collect();
    jobs.sort_by_key(|job| std::cmp::Reverse(job.number));
    let failed = jobs.iter().take_while(|job| job.ended.is_some_and(|ended| !ended.succeeded)).count();
    if failed <= 1 { Duration::ZERO } else { timing.after_failures(u32::try_from(failed).unwrap_or(u32::MAX)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000 + seconds, 0).unwrap()
    }

    /// A Job that succeeded (s), failed with its container reported terminated (t), failed unseen (u), or runs (r),
    /// so many seconds after the start.
    fn job(number: i32, how: char, seconds: i64) -> AttemptJob {
        let ended = (how != 'r').then(|| JobOutcome { at: at(seconds), succeeded: how == 's' });
        AttemptJob { number, own: true, ended, terminated: matches!(how, 's' | 't') }
    }

    fn step(known: i32, jobs: &[AttemptJob], missing_since: Option<i64>, now: i64) -> NextAttempt {
        next_attempt(&Attempts { known, jobs, missing_since: missing_since.map(at), timing: &Timing::PRODUCTION, now: at(now) })
    }

    fn pause(seconds: i64, missing: bool) -> NextAttempt {
        NextAttempt::Pause { until: at(seconds), missing }
    }

    fn start(attempt: i32, take_over: bool) -> NextAttempt {
        NextAttempt::Start { attempt, take_over }
    }

    #[test]
    fn steps() {
        type Row<'a> = (&'a str, i32, &'a [AttemptJob], Option<i64>, i64, NextAttempt);
        let stranger = AttemptJob { own: false, ..job(4, 's', 0) };
        let running_stranger = AttemptJob { own: false, ..job(4, 'r', 0) };
        let rows: [Row<'_>; 22] = [
            ("first", 0, &[], None, 0, start(1, false)),
            ("running", 1, &[job(1, 'r', 0)], None, 500, NextAttempt::Running),
            ("running, status behind", 0, &[job(1, 'r', 0)], None, 500, NextAttempt::Running),
            ("an older one still runs", 2, &[job(1, 'r', 0), job(2, 't', 5)], None, 500, NextAttempt::Running),
            ("crashed, reported", 1, &[job(1, 't', 100)], None, 100, start(2, true)),
            ("crashed, unseen", 1, &[job(1, 'u', 100)], None, 189, pause(190, false)),
            ("crashed, unseen, long enough", 1, &[job(1, 'u', 100)], None, 190, start(2, false)),
            ("crashed twice, reported", 2, &[job(1, 't', 10), job(2, 't', 100)], None, 100, pause(120, false)),
            ("crashed twice, reported, waited", 2, &[job(2, 't', 100), job(1, 't', 10)], None, 120, start(3, true)),
            ("crashed twice, unseen", 2, &[job(1, 't', 10), job(2, 'u', 100)], None, 120, pause(190, false)),
            ("a success between ends the row", 3, &[job(1, 't', 1), job(2, 's', 2), job(3, 't', 100)], None, 100, start(4, true)),
            ("open subjects", 1, &[job(1, 's', 100)], None, 100, pause(160, false)),
            ("open subjects, waited", 1, &[job(1, 's', 100)], None, 160, start(2, true)),
            ("open subjects again", 2, &[job(1, 's', 1), job(2, 's', 100)], None, 160, pause(220, false)),
            ("open subjects, six times", 6, &[1, 2, 3, 4, 5, 6].map(|n| job(n, 's', 0)), None, 1_799, pause(1_800, false)),
            ("open subjects, six times, waited", 6, &[1, 2, 3, 4, 5, 6].map(|n| job(n, 's', 0)), None, 1_800, start(7, true)),
            ("missing, just seen", 3, &[], None, 100, pause(190, true)),
            ("missing", 3, &[], Some(50), 100, pause(140, true)),
            ("missing, waited", 3, &[], Some(50), 140, start(4, false)),
            ("newest missing, an older one ended", 3, &[job(2, 't', 5)], Some(50), 100, pause(140, true)),
            ("a Job of an earlier Run of that name", 0, &[stranger], None, 0, start(5, false)),
            ("that Job still runs", 0, &[running_stranger], None, 0, start(5, false)),
        ];
        for (what, known, jobs, missing_since, now, expected) in rows {
            assert_eq!(step(known, jobs, missing_since, now), expected, "{what}");
        }
    }

    #[test]
    fn pauses_have_an_upper_bound() {
        let crashes: Vec<_> = (1..=40).map(|number| job(number, 't', 0)).collect();
        assert_eq!(step(40, &crashes, None, 1), pause(300, false));
        let open: Vec<_> = (1..=40).map(|number| job(number, 's', 0)).collect();
        assert_eq!(step(40, &open, None, 1), pause(1_800, false));
    }
}
