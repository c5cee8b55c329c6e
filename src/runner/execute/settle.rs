//! A leaver settles older work for the same person before its first effect (design 3.1 rule 7): mark first, then wait
//! until the owner has stopped, a claim's life at most.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::api::{EntryState, RunSlice, SubjectResult};
use crate::cluster::Replaced;
use crate::domain::person::Who;
use crate::domain::standing::{self, Standing};
use crate::runner::RunnerError;

use super::attempt::Attempt;

/// The results of another slice that are about the same person, by subject or by person.
fn of_person<'a>(attempt: &'a Attempt, slice: &'a RunSlice, result: &'a SubjectResult) -> impl Iterator<Item = &'a SubjectResult> {
    let who = attempt.policy.who(result);
    slice.spec.results.iter().filter(move |other| attempt.policy.who(other).is(&who))
}

/// Whether the person's work in another slice is final; a missing slice counts as final.
pub(super) async fn is_final(attempt: &Attempt, slice: &str, result: &SubjectResult) -> Result<bool, RunnerError> {
    let slice: Option<RunSlice> = attempt.context.cluster.find(slice).await?;
    Ok(slice.is_none_or(|slice| of_person(attempt, &slice, result).all(|other| !Standing::of(other).is_open())))
}

/// Marks the older work that the leaver's result names, and waits for nobody: so the owners of all subjects of a claim
/// stop at the same time, and not one after the other.
pub(super) async fn mark(attempt: &Attempt, result: &SubjectResult) -> Result<(), RunnerError> {
    for slice in &result.supersedes {
        supersede(attempt, slice, result, false).await?;
    }
    Ok(())
}

/// Settles everything that the leaver's result names.
pub(super) async fn settle(attempt: &Attempt, result: &SubjectResult) -> Result<(), RunnerError> {
    for slice in &result.supersedes {
        supersede(attempt, slice, result, true).await?;
    }
    for slice in &result.waits_for {
        wait_while_executing(attempt, slice, result).await?;
    }
    Ok(())
}

/// Marks the older work of the leaver's person; then, if asked to, waits for its owner.
async fn supersede(attempt: &Attempt, name: &str, leaver: &SubjectResult, waits: bool) -> Result<(), RunnerError> {
    let cluster = &attempt.context.cluster;
    let who = attempt.policy.who(leaver);
    loop {
        let Some(mut slice) = cluster.find::<RunSlice>(name).await? else { return Ok(()) };
        let now = cluster.clock().now();
        let (mut is_new, mut is_owned) = (false, false);
        for result in slice.spec.results.iter_mut().filter(|result| is_superseded(attempt, result, leaver, &who)) {
            match Standing::of(result) {
                Standing::Superseded { stopped } => is_owned |= !(stopped || is_over(result, now, cluster.timing().claim_life)),
                standing @ (Standing::Queued | Standing::Claimed | Standing::Begun) => {
                    // Nobody need say that it stopped where nobody had claimed it.
                    standing::supersede(result, now, (!standing.is_claimed()).then_some(now), now);
                    is_new = true;
                }
                Standing::Done(_) => {}
            }
        }
        if is_new {
            match cluster.replace(&slice).await? {
                Replaced::Done(_) | Replaced::Conflict | Replaced::Gone => {}
            }
        } else if waits && is_owned {
            attempt.sleep(cluster.timing().settle_look).await?;
        } else {
            return Ok(());
        }
    }
}

/// Whether a leaver takes the place of the work: that of the same subject; and of the same person elsewhere where the ledger
/// says so, as a value may be another person's by now.
fn is_superseded(attempt: &Attempt, other: &SubjectResult, leaver: &SubjectResult, who: &Who<'_>) -> bool {
    let is_given = || attempt.policy.row(&other.occurrence).is_some_and(|row| row.state == EntryState::Superseded);
    other.subject_key == leaver.subject_key || (attempt.policy.who(other).is(who) && is_given())
}

/// Whether a claim's life is over since the result was marked: whoever had claimed it acts no more.
fn is_over(result: &SubjectResult, now: DateTime<Utc>, life: Duration) -> bool {
    result.superseded_date_time.is_some_and(|marked| now >= marked + life)
}

/// Waits for other work that is not superseded, only while it executes this person.
async fn wait_while_executing(attempt: &Attempt, name: &str, result: &SubjectResult) -> Result<(), RunnerError> {
    let cluster = &attempt.context.cluster;
    let begin = cluster.clock().elapsed();
    while cluster.clock().elapsed().saturating_sub(begin) < cluster.timing().claim_life {
        let slice: Option<RunSlice> = cluster.find(name).await?;
        let is_executing = |other: &SubjectResult| Standing::of(other).is_claimed();
        if !slice.is_some_and(|slice| of_person(attempt, &slice, result).any(is_executing)) {
            return Ok(());
        }
        attempt.sleep(cluster.timing().settle_look).await?;
    }
    Ok(())
}
