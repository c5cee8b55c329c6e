//! One attempt at a Run: observe, claim, act, record (design 3.1 rules 6 to 8).
//!
//! ```text
//!            ┌──────────────── claim ─────────────────┐
//!  look ───► observe ──► decide ──► PUT the claim ──► subjects, in parallel ──► look again: the next PUT has their results
//!  around    (observe)   (domain/   (book)            settle; tasks of the own entry: one write (together);
//!  (policy)               standing)                   others: once-only: PUT that it begins; effect (perform)
//! ```
//!
//! [`attempt`] is what is known, [`book`] what is written; nothing but `mod` and [`claim`] calls what comes later in a
//! claim's life. What was seen of a subject is believed for a while only: who comes late, and who was written to by somebody
//! else, is looked at again, and what there is to do by then is written down first.
//!
//! A process that is asked to end begins nothing more: between two effects everything ends with [`RunnerError::Asked`], what was
//! done is written, and the claims are given back.

mod attempt;
mod book;
mod claim;
mod dead;
mod lease;
mod observe;
mod perform;
mod policy;
mod recheck;
mod report;
mod settle;
mod sight;
mod subject;
mod together;

use std::collections::BTreeSet;
use std::time::Duration;

use super::args::ExecuteArgs;
use super::{Context, RunnerError};

use attempt::Attempt;

/// What an attempt tells the process that started it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    /// Subjects without a final result.
    pub open: usize,
}

/// Makes one attempt at the Run.
///
/// # Errors
/// [`RunnerError`]; what was done is in the slices, or is done again by the next attempt.
pub async fn execute(context: &Context, args: &ExecuteArgs) -> Result<Outcome, RunnerError> {
    let mut attempt = Attempt::load(context, args).await?;
    attempt.wait_for_the_dead(args.take_over).await?;
    attempt.report(false).await?;
    let worked = work(&mut attempt).await;
    if matches!(worked, Err(RunnerError::Asked)) {
        // Whoever comes next need not wait for the end of these claims, and is told so.
        for name in attempt.slice_names() {
            book::give_back(&attempt, &name).await?;
        }
        attempt.report(true).await?;
    }
    worked?;
    attempt.report(true).await?;
    Ok(Outcome { open: attempt.open() })
}

/// Works on every slice until nothing can be done now, and waits a while for what comes first.
async fn work(attempt: &mut Attempt) -> Result<(), RunnerError> {
    let timing = *attempt.context.cluster.timing();
    let mut waited = Duration::ZERO;
    let mut left = BTreeSet::new();
    loop {
        let mut moved = false;
        for name in attempt.slice_names() {
            moved |= claim::work(attempt, &name, &mut left).await?;
        }
        // Who was left queued is not tried again before the next attempt, which waiting for others would put off.
        let waits = left.is_empty() && attempt.is_waiting() && waited < timing.patience;
        if attempt.open() == 0 || (!moved && !waits) {
            return Ok(());
        }
        if !moved {
            attempt.sleep(timing.wait).await?;
            waited += timing.wait;
        }
    }
}
