//! When the next attempt to execute a Run starts.
//!
//! An attempt is a Job. Its successor may take over its claims at once if the attempt ended by itself, has said that it ends, or
//! the kubelet reported its container terminated. Otherwise the pod may still be running somewhere, and the unseen pause has to
//! pass.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::jobs::JobOutcome;
use crate::domain::timing::Timing;

/// How many ended Jobs of an unfinished Run stay: enough to count the doublings of both pauses.
pub(super) const KEPT_JOBS: i32 = 8;

/// An earlier Run of the same name may have had more attempts. A Job with a number far above is somebody's who wants to use up
/// the numbers.
const MOST_OF_OTHERS: i32 = 1_000;

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
    /// Highest attempt that has said, as its last act, that it ends. Its pod may be gone, and nobody be left to say so.
    pub said_over: i32,
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
    let bound = newest.saturating_add(MOST_OF_OTHERS);
    let others = attempts.jobs.iter().map(|job| job.number).filter(|number| *number <= bound);
    let attempt = others.max().unwrap_or(0).max(newest).saturating_add(1);
    if newest == 0 {
        return NextAttempt::Start { attempt, take_over: false };
    }
    let timing = attempts.timing;
    let (from, take_over) = match last_end(attempts, newest) {
        LastEnd::Missing => (attempts.missing_since.unwrap_or(attempts.now) + timing.unseen_pause, false),
        LastEnd::MissingSaidSo => (attempts.now, true),
        LastEnd::LeftOpen(at) => (at + open_pause(own(), timing), true),
        LastEnd::Ended(at) => (at + repeated_failure_pause(own(), timing), true),
        LastEnd::Unseen(at) => (at + timing.unseen_pause.max(repeated_failure_pause(own(), timing)), false),
    };
    let missing = matches!(last_end(attempts, newest), LastEnd::Missing);
    if from <= attempts.now { NextAttempt::Start { attempt, take_over } } else { NextAttempt::Pause { until: from, missing } }
}

/// How the newest attempt has ended, and when.
#[derive(Clone, Copy, Debug)]
enum LastEnd {
    /// Its Job is not there, and nobody knows whether its pod is.
    Missing,
    /// Its Job is not there, and it has said that it ends.
    MissingSaidSo,
    /// By itself, and it has left subjects open.
    LeftOpen(DateTime<Utc>),
    /// Early: the kubelet has reported its end, or it has said so itself.
    Ended(DateTime<Utc>),
    /// Early, and nobody has seen its end.
    Unseen(DateTime<Utc>),
}

fn last_end(attempts: &Attempts<'_>, newest: i32) -> LastEnd {
    let said_so = attempts.said_over == newest;
    let last = attempts.jobs.iter().find(|job| job.own && job.number == newest);
    match last.and_then(|job| job.ended.map(|ended| (ended, job.terminated))) {
        None if said_so => LastEnd::MissingSaidSo,
        None => LastEnd::Missing,
        Some((ended, _)) if ended.succeeded => LastEnd::LeftOpen(ended.at),
        Some((ended, terminated)) if terminated || said_so => LastEnd::Ended(ended.at),
        Some((ended, _)) => LastEnd::Unseen(ended.at),
    }
}

/// What is known of the end of an attempt that ended before its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum EarlyEnd {
    /// Its Job says how.
    Job,
    /// Its Job is gone, and it has said that it ends.
    SaidSo,
    /// Its Job is gone, and nobody has said anything. It may be that it has only not been seen yet.
    Gone,
}

/// Whether an attempt has ended before its end; none: it has not ended, or has come to its end and left people.
pub(super) fn early_end(attempts: &Attempts<'_>, number: i32) -> Option<EarlyEnd> {
    let goes_on = attempts.jobs.iter().any(|job| job.own && job.number == number && job.ended.is_none());
    match last_end(attempts, number) {
        _ if number == 0 || goes_on => None,
        LastEnd::Missing => Some(EarlyEnd::Gone),
        LastEnd::MissingSaidSo => Some(EarlyEnd::SaidSo),
        LastEnd::LeftOpen(_) => None,
        LastEnd::Ended(_) | LastEnd::Unseen(_) => Some(EarlyEnd::Job),
    }
}

/// Why the next attempt waits, for people; `newest`: the last one.
pub(super) fn why_it_waits(attempts: &Attempts<'_>, newest: i32) -> String {
    match last_end(attempts, newest) {
        LastEnd::Missing => format!("the Job of attempt {newest} is not there, and its pod may still be at work"),
        LastEnd::Unseen(_) => format!("attempt {newest} ended early, and nobody has seen the end of its pod, which may still be at work"),
        LastEnd::LeftOpen(_) => format!("attempt {newest} has left people for the next one; their results say why"),
        LastEnd::Ended(_) | LastEnd::MissingSaidSo => format!("attempt {newest} ended early, and not for the first time"),
    }
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

    fn attempts(known: i32, said_over: i32, jobs: &[AttemptJob], missing_since: Option<i64>, now: i64) -> Attempts<'_> {
        let timing = &Timing::PRODUCTION;
        Attempts { known, said_over, jobs, missing_since: missing_since.map(at), timing, now: at(now) }
    }

    fn step(known: i32, jobs: &[AttemptJob], missing_since: Option<i64>, now: i64) -> NextAttempt {
        next_attempt(&attempts(known, 0, jobs, missing_since, now))
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
        let far = AttemptJob { own: false, ..job(i32::MAX, 'r', 0) };
        let rows: [Row<'_>; 23] = [
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
            ("a Job of others that takes the last number", 1, &[far, job(1, 't', 100)], None, 100, start(2, true)),
        ];
        for (what, known, jobs, missing_since, now, expected) in rows {
            assert_eq!(step(known, jobs, missing_since, now), expected, "{what}");
        }
    }

    #[test]
    fn who_has_said_that_it_ends_is_followed_at_once() {
        type Row<'a> = (&'a str, i32, i32, &'a [AttemptJob], NextAttempt);
        // (what, the highest attempt that is known, the one that has said that it ends, the Jobs, what comes at 100 s)
        let rows: [Row<'_>; 9] = [
            ("its pod is gone", 1, 1, &[job(1, 'u', 100)], start(2, true)),
            ("so is its Job", 1, 1, &[], start(2, true)),
            ("an older one has said so", 2, 1, &[job(1, 'u', 10), job(2, 'u', 100)], pause(190, false)),
            ("an older one has said so, and the Job of this one is gone", 2, 1, &[], pause(190, true)),
            ("its Job goes on, as with a pod in place of the first", 1, 1, &[job(1, 'r', 0)], NextAttempt::Running),
            ("twice in a row", 2, 2, &[job(1, 't', 10), job(2, 'u', 100)], pause(120, false)),
            ("it ended by itself, and has left subjects", 1, 1, &[job(1, 's', 100)], pause(160, false)),
            ("the kubelet has said so, too", 1, 1, &[job(1, 't', 100)], start(2, true)),
            ("nobody has", 1, 0, &[job(1, 'u', 100)], pause(190, false)),
        ];
        for (what, known, said_over, jobs, expected) in rows {
            assert_eq!(next_attempt(&attempts(known, said_over, jobs, None, 100)), expected, "{what}");
        }
    }

    #[test]
    fn who_has_ended_before_its_end() {
        type Row<'a> = (&'a str, i32, i32, &'a [AttemptJob], Option<EarlyEnd>);
        // (what, the highest attempt that is known, the one that has said that it ends, the Jobs, what is known of its end)
        let rows: [Row<'_>; 9] = [
            ("none has begun", 0, 0, &[], None),
            ("it goes on", 1, 0, &[job(1, 'r', 0)], None),
            ("the one after it goes on", 1, 0, &[job(1, 't', 5), job(2, 'r', 5)], Some(EarlyEnd::Job)),
            ("the one after it goes on, and its own Job is gone", 1, 0, &[job(2, 'r', 5)], Some(EarlyEnd::Gone)),
            ("it has left people", 1, 1, &[job(1, 's', 5)], None),
            ("it failed", 1, 0, &[job(1, 't', 5)], Some(EarlyEnd::Job)),
            ("it failed, and nobody has seen its end", 2, 0, &[job(1, 's', 1), job(2, 'u', 5)], Some(EarlyEnd::Job)),
            ("its Job is gone", 1, 0, &[], Some(EarlyEnd::Gone)),
            ("its Job is gone, and it has said so", 1, 1, &[], Some(EarlyEnd::SaidSo)),
        ];
        for (what, known, said_over, jobs, expected) in rows {
            assert_eq!(early_end(&attempts(known, said_over, jobs, None, 100), known), expected, "{what}");
        }
    }

    #[test]
    fn what_is_said_of_a_pause() {
        let cases: [(&[AttemptJob], i32, &str); 5] = [
            (&[], 0, "the Job of attempt 1 is not there"),
            (&[job(1, 'u', 100)], 0, "nobody has seen the end"),
            (&[job(1, 's', 100)], 1, "has left people"),
            (&[job(1, 't', 100)], 0, "not for the first time"),
            (&[job(1, 'u', 100)], 1, "not for the first time"),
        ];
        for (jobs, said_over, expected) in cases {
            let said = why_it_waits(&attempts(1, said_over, jobs, None, 100), 1);
            assert!(said.contains(expected), "{said}");
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
