//! The claims of one slice: observe, decide (`domain/standing`), act. Each PUT carries the results of the last claim, makes
//! the next one, and writes down what will be done to whom.

use std::collections::BTreeSet;

use crate::api::{Category, ProcessingStatus, RunSlice, SubjectResult};
use crate::domain::change::{say_what_may_have_left, write_down};
use crate::domain::standing::{Circumstances, ClaimCandidate, Standing, Step, SubjectFinding, take};
use crate::runner::{PlantedError, RunnerError};

use super::attempt::{Attempt, Planning};
use super::book;
use super::observe::{self, Looked};
use super::subject;

/// Works on a slice until nothing in it can be done now; whether anything was. `left`: subjects that were tried and left
/// queued; they are for the next attempt, not for this one.
pub(super) async fn work(attempt: &mut Attempt, name: &str, left: &mut BTreeSet<String>) -> Result<bool, RunnerError> {
    let worked = claims(attempt, name, left).await;
    // Who is asked to end writes everything at once.
    if !matches!(worked, Ok(_) | Err(RunnerError::Asked)) {
        // What was done must not be lost with what went wrong after it; if this fails too, that says no more.
        let _ = book::record(attempt, name).await;
    }
    worked
}

async fn claims(attempt: &mut Attempt, name: &str, left: &mut BTreeSet<String>) -> Result<bool, RunnerError> {
    let mut moved = false;
    loop {
        attempt.context.stop.check()?;
        let Some(mut slice) = attempt.slice(name) else { return Ok(moved) };
        let standings: Vec<Standing> = slice.spec.results.iter().map(Standing::of).collect();
        if !attempt.holds_any() && !standings.iter().any(|standing| standing.is_open() || standing.is_waited_for()) {
            return Ok(moved);
        }
        if is_through(attempt, &slice) {
            // Nobody is left to be claimed: nothing is decided any more.
            book::record(attempt, name).await?;
            attempt.report(false).await?;
            return Ok(true);
        }
        // The head, the ledger, the Workflow and the Run, before each claim.
        attempt.look_around().await?;
        book::check_holder(attempt, name, &slice)?;
        let holds = attempt.holds_any();
        book::merge(attempt, &mut slice);
        let circumstances = Circumstances {
            now: observe::now(attempt),
            is_leaver: slice.spec.category == Category::Leaver,
            is_cancel_requested: attempt.run.spec.cancel,
            stopped: attempt.policy.stopped(slice.spec.execution_type),
            left,
        };
        let looked = observe::look(attempt, &slice, &circumstances).await?;
        let next = decide(attempt, slice, looked, &circumstances);
        let is_left = !next.left.is_empty();
        left.extend(next.left);
        if !next.changed && !holds {
            if is_left {
                // Others come after them.
                continue;
            }
            // What is blocked here may have been marked meanwhile by the very leaver that it waits for.
            if book::refresh(attempt, name).await? {
                continue;
            }
            return Ok(moved);
        }
        let claimed: Vec<String> = next.claimed.iter().map(|(occurrence, _)| occurrence.clone()).collect();
        if !book::put(attempt, next.slice, next.claimed).await? {
            continue;
        }
        moved = true;
        // The results of the last claim are written before this can fail.
        attempt.report(false).await?;
        left.extend(subject::all(attempt, name, &claimed).await?);
    }
}

/// Whether this process holds the last results of the slice, and all of them are final.
fn is_through(attempt: &Attempt, slice: &RunSlice) -> bool {
    let is_over = |result: &SubjectResult| attempt.held(&result.occurrence).as_ref().unwrap_or(result).processing_status.is_final();
    attempt.holds_any() && slice.spec.results.iter().all(is_over)
}

/// A slice as it is to be written.
struct NextClaim {
    slice: RunSlice,
    /// Whether any of its results is another one now.
    changed: bool,
    claimed: Vec<(String, Planning)>,
    /// Who is left for the next attempt.
    left: Vec<String>,
}

/// The slice after each of its subjects' steps.
fn decide(attempt: &Attempt, mut slice: RunSlice, mut looked: Looked, circumstances: &Circumstances<'_>) -> NextClaim {
    let (mut changed, mut claimed, mut left) = (false, Vec::new(), Vec::new());
    let run = slice.spec.run.clone();
    let (now, window) = (circumstances.now, attempt.policy.window());
    for result in &mut slice.spec.results {
        let candidate = ClaimCandidate {
            result,
            taken: attempt.policy.taken(result, &run),
            finding: looked.findings.get(&result.occurrence).copied().unwrap_or(SubjectFinding::NotLookedAt),
            window_end: attempt.policy.window_end(result, window),
        };
        let step = circumstances.next(&candidate);
        if is_of_the_dead(Standing::of(result), step) {
            say_what_may_have_left(&attempt.tasks, result);
        }
        changed |= take(step, result, now);
        match step {
            Step::Nothing | Step::SayStopped | Step::Cancel(_) | Step::Expire(_) | Step::Refuse => {}
            Step::Leave(_) | Step::LeaveClaimed(_) => left.push(result.occurrence.clone()),
            Step::Claim => {
                let Some(planning) = looked.plannings.remove(&result.occurrence) else { continue };
                if attempt.context.planted.is(PlantedError::BeforeImageTakenAgain) {
                    result.tasks.iter_mut().for_each(|entry| (entry.before, entry.changes) = (None, None));
                }
                write_down(&attempt.tasks, &planning.planned, result);
                result.processing_status = ProcessingStatus::InProgress;
                result.attempt = Some(attempt.number);
                // What it has waited for is over.
                result.reason = None;
                changed = true;
                claimed.push((result.occurrence.clone(), planning));
            }
        }
    }
    NextClaim { slice, changed, claimed, left }
}

/// Whether the claim that the result stands under is of an attempt that has ended, and is not left as it is: what this
/// attempt has claimed itself has its result by now, or is left.
fn is_of_the_dead(standing: Standing, step: Step) -> bool {
    match step {
        Step::Nothing | Step::LeaveClaimed(_) => false,
        Step::SayStopped | Step::Cancel(_) | Step::Expire(_) | Step::Refuse | Step::Leave(_) | Step::Claim => {
            standing.is_claimed() || standing.is_waited_for()
        }
    }
}
