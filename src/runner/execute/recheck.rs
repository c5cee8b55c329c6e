//! Looking again immediately before the start, by the newest version: it may only shrink what was planned (design 3.1
//! rule 8). What is read here is what the claim writes down.

use chrono::{DateTime, Utc};

use crate::api::conditions::HELD;
use crate::api::reasons::Reason;
use crate::api::{Category, SubjectResult, Task};
use crate::domain::departure::is_return;
use crate::domain::employment::{DatesSeen, Employment};
use crate::domain::release::forbids;
use crate::domain::subject::{HIRE_DATE, Person};
use crate::domain::trigger::{CompiledWorkflow, Effects, Trigger};
use crate::rule::Truth;

use super::attempt::Attempt;

/// What the look found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Recheck {
    /// The subject still meets the conditions.
    Holds,
    /// It does not, for this reason.
    Gone(Reason),
    /// It cannot be told.
    Unknown,
}

/// Looks at the subject of a scheduled Run: trigger, scope, and the dates read together. None: it is no subject any more.
pub(super) async fn scheduled(attempt: &Attempt, result: &SubjectResult, person: Option<&Person>) -> Recheck {
    let workflow = match attempt.policy.newest() {
        Ok(workflow) => workflow,
        Err(reason) => {
            tracing::warn!(reason, "the conditions cannot be looked at again");
            return Recheck::Unknown;
        }
    };
    let Some(person) = person else { return Recheck::Gone(Reason::OutOfScope) };
    if person.identity.forbids(workflow.category, &attempt.tasks) {
        return Recheck::Gone(Reason::NameReused);
    }
    let Some(seen) = attempt.see(person).await else { return Recheck::Unknown };
    let now = attempt.context.cluster.clock().now();
    let attributes = attempt.policy.attributes(result);
    match workflow.still_holds(person, &seen.now, &seen.employment, &attributes, (&result.occurrence, &attempt.keys), now) {
        None => return Recheck::Unknown,
        Some(false) => return Recheck::Gone(gone_reason(workflow.trigger.as_ref())),
        Some(true) => {}
    }
    if let Some(gone) = by_dates(attempt, result, workflow, &seen.employment, now) {
        return gone;
    }
    match workflow.in_scope(person, now) {
        Truth::True if was_held_too_long(attempt, result, workflow, now) => Recheck::Gone(Reason::PlanExpired),
        Truth::True => Recheck::Holds,
        Truth::False => Recheck::Gone(Reason::OutOfScope),
        Truth::Unknown => Recheck::Unknown,
    }
}

/// Whether the window of the occurrence ended while a limit held its Run: nobody is done late for that. What is late because
/// the cluster was is done all the same, and a state has no window.
fn was_held_too_long(attempt: &Attempt, result: &SubjectResult, workflow: &CompiledWorkflow, now: DateTime<Utc>) -> bool {
    let was_held = attempt.run.status.as_ref().is_some_and(|status| status.conditions.iter().any(|condition| condition.type_ == HELD));
    was_held && !workflow.is_state() && attempt.policy.window_end(result, workflow.window) < now
}

/// Looks at the subject of a Run that a person made. Trigger and scope have no say in it, but the account may be another
/// person's, or it would be deleted while nobody knows whether its person returns. None: its tasks say that it is absent.
pub(super) fn on_demand(person: Option<&Person>, category: Category, tasks: &[Task]) -> Recheck {
    let Some(person) = person else { return Recheck::Holds };
    if person.identity.forbids(category, tasks) {
        return Recheck::Gone(Reason::NameReused);
    }
    let may_return = Employment::of(person, &DatesSeen::default()).forbids_deletion();
    if may_return && Effects::of(tasks).deletes { Recheck::Gone(Reason::HireDateUnknown) } else { Recheck::Holds }
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
        return Some(Recheck::Unknown);
    }
    let row = attempt.policy.row(&result.occurrence)?;
    let forbidden = forbids(row, workflow.tasks.deletes, employment, now);
    // Work of a return is not what the leave date ends.
    let is_of_return = is_return(employment) && workflow.is_timed_by(HIRE_DATE);
    let has_left = workflow.category != Category::Leaver && !is_of_return && employment.left_at(now).is_some();
    forbidden.or(has_left.then_some(Reason::OffBoarded)).map(Recheck::Gone)
}

fn gone_reason(trigger: Option<&Trigger>) -> Reason {
    match trigger {
        Some(Trigger::Time { .. } | Trigger::Inactivity { .. }) => Reason::Changed,
        Some(Trigger::Change { .. } | Trigger::Membership { .. } | Trigger::Sponsors { .. }) | None => Reason::OutOfScope,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::subject::{DateReading, person};

    #[test]
    fn whom_a_run_of_a_person_does_not_begin_with() {
        let task = |task: &str| vec![serde_json::from_value::<Task>(json!({"name": "one", task: {}})).expect("a task")];
        let (enable, disable, delete) = (task("enableUserAccount"), task("disableUserAccount"), task("deleteUser"));
        let known = || Some(person(&[]));
        let unreadable = || Some(person(&[(HIRE_DATE, DateReading::Unknown)]));
        let reused = || {
            let mut reused = person(&[]);
            reused.identity.is_reused = true;
            Some(reused)
        };
        let (joiner, leaver) = (Category::Joiner, Category::Leaver);
        let cases = [
            ("a newcomer", known(), joiner, &enable, Recheck::Holds),
            ("somebody who leaves", known(), leaver, &delete, Recheck::Holds),
            ("nobody: the tasks say so", None, leaver, &disable, Recheck::Holds),
            ("an account of another person's", reused(), joiner, &enable, Recheck::Gone(Reason::NameReused)),
            ("the same, and it would be deleted", reused(), leaver, &delete, Recheck::Gone(Reason::NameReused)),
            ("the same, and it only loses", reused(), leaver, &disable, Recheck::Holds),
            ("who may return is not deleted", unreadable(), leaver, &delete, Recheck::Gone(Reason::HireDateUnknown)),
            ("but is disabled", unreadable(), leaver, &disable, Recheck::Holds),
        ];
        for (what, person, category, tasks, expected) in cases {
            assert_eq!(on_demand(person.as_ref(), category, tasks), expected, "{what}");
        }
    }
}
