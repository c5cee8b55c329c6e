//! Who was seen too long ago, or has met another writer, is looked at again before anything more is done to them.

use std::ops::ControlFlow;

use kube::ResourceExt;

use crate::api::reasons::Reason;
use crate::api::{RunSlice, SubjectResult};
use crate::domain::change::write_down;
use crate::domain::standing::{Begun, Step, SubjectFinding, leave, take};
use crate::runner::RunnerError;

use super::attempt::{Attempt, Planning};
use super::book;
use super::observe::{again, now};

/// Whether what was seen of the subject is too old to be believed.
pub(super) fn is_late(attempt: &Attempt, planning: &Planning) -> bool {
    now(attempt) > planning.observed.at + attempt.context.cluster.timing().sight
}

/// Looks at a subject again before anything more is done to it; its occurrence, if its turn ends and it is left queued.
pub(super) async fn in_sight(
    attempt: &Attempt,
    slice: &RunSlice,
    planning: &mut Planning,
    result: &mut SubjectResult,
) -> Result<ControlFlow<Option<String>>, RunnerError> {
    Ok(match look_again(attempt, slice, planning, result).await? {
        Turn::Begins => ControlFlow::Continue(()),
        Turn::IsOver => ControlFlow::Break(None),
        Turn::IsLeft(why) => ControlFlow::Break(put_off(attempt, result.clone(), planning.begun, why)),
    })
}

/// What becomes of a subject that was looked at again.
enum Turn {
    Begins,
    IsOver,
    /// To the next attempt, for this reason.
    IsLeft(Option<Reason>),
}

/// Looks at a subject again, and writes down what there is to do now before any of it is done.
async fn look_again(attempt: &Attempt, slice: &RunSlice, planning: &mut Planning, result: &mut SubjectResult) -> Result<Turn, RunnerError> {
    // What this claim wrote down was done by nobody, unless it has begun.
    let is_tried = planning.is_tried;
    let mut fresh = if is_tried { result.clone() } else { planning.before.clone() };
    let (finding, found) = again(attempt, slice, &fresh).await;
    match finding {
        // What was tried a moment ago may still come into force: the next attempt sees whether it did.
        SubjectFinding::Gone(_, Begun::No) | SubjectFinding::Protected(Begun::No) if is_tried => return Ok(Turn::IsLeft(None)),
        SubjectFinding::Gone(reason, Begun::No) => {
            take(Step::Cancel(reason), result, now(attempt));
        }
        SubjectFinding::Protected(Begun::No) => {
            take(Step::Refuse, result, now(attempt));
        }
        SubjectFinding::Unreadable(why) => return Ok(Turn::IsLeft(Some(why))),
        SubjectFinding::Unknown(Begun::No) | SubjectFinding::NotLookedAt | SubjectFinding::Blocked => return Ok(Turn::IsLeft(None)),
        SubjectFinding::Holds(_)
        | SubjectFinding::Gone(_, Begun::Yes)
        | SubjectFinding::Protected(Begun::Yes)
        | SubjectFinding::Unknown(Begun::Yes) => {
            let Some(mut found) = found else { return Ok(Turn::IsLeft(None)) };
            write_down(&attempt.tasks, &found.planned, &mut fresh);
            result.tasks = fresh.tasks;
            attempt.hold(result.clone());
            if is_tried {
                found.begin();
            }
            *planning = found;
            // Who comes late, or has met another writer, sees by that whose the claim is, and whether a leaver has marked it.
            book::write(attempt, &slice.name_any()).await?;
            return Ok(if attempt.is_marked(&result.occurrence) { Turn::IsOver } else { Turn::Begins });
        }
    }
    attempt.hold(result.clone());
    Ok(Turn::IsOver)
}

/// Leaves a subject to the next attempt, until its window ends; its occurrence, if it is left. `why`: what stands in the way.
pub(super) fn put_off(attempt: &Attempt, mut result: SubjectResult, begun: Begun, why: Option<Reason>) -> Option<String> {
    let end = attempt.policy.window_end(&result, attempt.policy.window());
    let key = leave(&mut result, begun, why, end, now(attempt)).then(|| result.occurrence.clone());
    attempt.hold(result);
    key
}
