//! Looking again immediately before the start, by the newest version: it may only shrink what was planned (design 3.1
//! rule 8). The reads come after the claim, so that they are never older than it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::api::conditions::HELD;
use crate::api::reasons::{CHANGED, HIRE_DATE_UNKNOWN, NAME_REUSED, OFF_BOARDED, OUT_OF_SCOPE, PLAN_EXPIRED};
use crate::api::{Category, SubjectResult, Task};
use crate::directory::{Directory, Lookup};
use crate::domain::departure::is_return;
use crate::domain::employment::{DatesSeen, Employment};
use crate::domain::release::forbidden;
use crate::domain::subject::HIRE_DATE;
use crate::domain::trigger::{CompiledWorkflow, DEFAULT_LEAVER_WINDOW, Effects, Trigger};
use crate::rule::Truth;
use crate::task;

use super::state::Attempt;

/// What the look found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Recheck {
    /// The subject still meets the conditions.
    Holds,
    /// It does not, for this reason.
    Gone(&'static str),
    /// It cannot be told; the window of the occurrence.
    Unknown(TimeDelta),
}

/// Looks at the subject again: trigger, scope, and the dates read together.
pub(super) async fn check(attempt: &Attempt, result: &SubjectResult) -> Recheck {
    let workflow = match attempt.mind.newest() {
        Ok(workflow) => workflow,
        Err(reason) => {
            tracing::warn!(reason, "the conditions cannot be looked at again");
            return Recheck::Unknown(DEFAULT_LEAVER_WINDOW);
        }
    };
    let person = match attempt.directory.get(&result.subject).await {
        Lookup::Present(person) => person,
        Lookup::Absent => return Recheck::Gone(OUT_OF_SCOPE),
        Lookup::Unknown(_) => return Recheck::Unknown(workflow.window),
    };
    if person.identity.forbids(workflow.category, &attempt.tasks) {
        return Recheck::Gone(NAME_REUSED);
    }
    let Some(seen) = attempt.see(&person).await else { return Recheck::Unknown(workflow.window) };
    let now = attempt.context.cluster.clock().now();
    let attributes = attempt.mind.attributes(result);
    match workflow.still_holds(&person, &seen.now, &seen.employment, &attributes, (&result.occurrence, &attempt.keys), now) {
        None => return Recheck::Unknown(workflow.window),
        Some(false) => return Recheck::Gone(gone_reason(workflow.trigger.as_ref())),
        Some(true) => {}
    }
    if let Some(gone) = by_dates(attempt, result, &workflow, &seen.employment, now) {
        return gone;
    }
    match workflow.in_scope(&person, now) {
        Truth::True if was_held_too_long(attempt, result, &workflow, now) => Recheck::Gone(PLAN_EXPIRED),
        Truth::True => Recheck::Holds,
        Truth::False => Recheck::Gone(OUT_OF_SCOPE),
        Truth::Unknown => Recheck::Unknown(workflow.window),
    }
}

/// Whether the window of the occurrence ended while a limit held its Run: nobody is done late for that. What is late because
/// the cluster was is done all the same, and a state has no window.
fn was_held_too_long(attempt: &Attempt, result: &SubjectResult, workflow: &CompiledWorkflow, now: DateTime<Utc>) -> bool {
    let was_held = attempt.run.status.as_ref().is_some_and(|status| status.conditions.iter().any(|condition| condition.type_ == HELD));
    was_held && !workflow.is_state() && attempt.mind.window_end(result, workflow.window) < now
}

/// Why a Run that a person made must not begin with the subject after all: the account may be another person's, or it would
/// be deleted while nobody knows whether its person returns.
pub(super) async fn forbidden_on_demand(attempt: &Attempt, result: &SubjectResult, category: Category) -> Option<&'static str> {
    let Lookup::Present(person) = attempt.directory.get(&result.subject).await else { return None };
    if person.identity.forbids(category, &attempt.tasks) {
        return Some(NAME_REUSED);
    }
    let may_return = Employment::of(&person, &DatesSeen::default()).forbids_deletion();
    (may_return && Effects::of(&attempt.tasks).deletes).then_some(HIRE_DATE_UNKNOWN)
}

/// A return or a withdrawal that the plan did not know, or a person who has left since.
fn by_dates(
    attempt: &Attempt,
    result: &SubjectResult,
    workflow: &CompiledWorkflow,
    employment: &Employment,
    now: DateTime<Utc>,
) -> Option<Recheck> {
    if workflow.category == Category::Leaver && workflow.tasks.deletes && employment.forbids_deletion() {
        return Some(Recheck::Unknown(workflow.window));
    }
    let row = attempt.mind.row(&result.occurrence)?;
    let forbidden = forbidden(row, workflow.tasks.deletes, employment, now);
    // Work of a return is not what the leave date ends.
    let is_of_return = is_return(employment) && workflow.is_timed_by(HIRE_DATE);
    let has_left = workflow.category != Category::Leaver && !is_of_return && employment.left_at(now).is_some();
    forbidden.or(has_left.then_some(OFF_BOARDED)).map(Recheck::Gone)
}

/// Whether a subject that another process had claimed was begun by it: its account is not as it was before any more. A
/// subject that our own effects took out of the scope is carried through to the end, and one that nobody touched is not
/// begun. None: it cannot be told.
pub(super) async fn was_begun(attempt: &Attempt, result: &SubjectResult) -> Option<bool> {
    match task::before_images(&attempt.directory, &result.subject, &attempt.tasks).await {
        Lookup::Present(images) => {
            let before = |task: &Task| result.tasks.iter().find(|entry| entry.name == task.name).and_then(|entry| entry.before.as_ref());
            Some(attempt.tasks.iter().zip(&images).any(|(task, now)| before(task) != now.as_ref()))
        }
        Lookup::Absent => Some(attempt.tasks.iter().any(|task| task.delete_user.is_some())),
        Lookup::Unknown(_) => None,
    }
}

fn gone_reason(trigger: Option<&Trigger>) -> &'static str {
    match trigger {
        Some(Trigger::Time { .. } | Trigger::Inactivity { .. }) => CHANGED,
        _ => OUT_OF_SCOPE,
    }
}
