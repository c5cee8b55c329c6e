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
use crate::domain::subject::{HIRE_DATE, Person};
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

/// Looks at the subject of a Run that a person made. Trigger and scope have no say in it, but the account may be another
/// person's, or it would be deleted while nobody knows whether its person returns. `window`: that of the occurrence.
pub(super) async fn check_on_demand(attempt: &Attempt, result: &SubjectResult, category: Category, window: TimeDelta) -> Recheck {
    on_demand(&attempt.directory.get(&result.subject).await, category, &attempt.tasks, window)
}

fn on_demand(person: &Lookup<Person>, category: Category, tasks: &[Task], window: TimeDelta) -> Recheck {
    let person = match person {
        Lookup::Present(person) => person,
        // Its tasks say that it is absent.
        Lookup::Absent => return Recheck::Holds,
        Lookup::Unknown(_) => return Recheck::Unknown(window),
    };
    if person.identity.forbids(category, tasks) {
        return Recheck::Gone(NAME_REUSED);
    }
    let may_return = Employment::of(person, &DatesSeen::default()).forbids_deletion();
    if may_return && Effects::of(tasks).deletes { Recheck::Gone(HIRE_DATE_UNKNOWN) } else { Recheck::Holds }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::subject::{DateReading, person};

    #[test]
    fn whom_a_run_of_a_person_does_not_begin_with() {
        let window = TimeDelta::days(3);
        let task = |task: &str| vec![serde_json::from_value::<Task>(json!({"name": "one", task: {}})).expect("a task")];
        let (enable, disable, delete) = (task("enableUserAccount"), task("disableUserAccount"), task("deleteUser"));
        let known = || Lookup::Present(person(&[]));
        let unreadable = || Lookup::Present(person(&[(HIRE_DATE, DateReading::Unknown)]));
        let reused = || {
            let mut reused = person(&[]);
            reused.identity.is_reused = true;
            Lookup::Present(reused)
        };
        let no_answer = || Lookup::Unknown("no answer".to_owned());
        let (joiner, leaver) = (Category::Joiner, Category::Leaver);
        let cases = [
            ("a newcomer", known(), joiner, &enable, Recheck::Holds),
            ("somebody who leaves", known(), leaver, &delete, Recheck::Holds),
            ("nobody: the tasks say so", Lookup::Absent, leaver, &disable, Recheck::Holds),
            ("a leaver who cannot be read", no_answer(), leaver, &disable, Recheck::Unknown(window)),
            ("one whom it would delete", no_answer(), leaver, &delete, Recheck::Unknown(window)),
            ("a newcomer who cannot be read", no_answer(), joiner, &enable, Recheck::Unknown(window)),
            ("an account of another person's", reused(), joiner, &enable, Recheck::Gone(NAME_REUSED)),
            ("the same, and it would be deleted", reused(), leaver, &delete, Recheck::Gone(NAME_REUSED)),
            ("the same, and it only loses", reused(), leaver, &disable, Recheck::Holds),
            ("who may return is not deleted", unreadable(), leaver, &delete, Recheck::Gone(HIRE_DATE_UNKNOWN)),
            ("but is disabled", unreadable(), leaver, &disable, Recheck::Holds),
        ];
        for (what, person, category, tasks, expected) in cases {
            assert_eq!(on_demand(&person, category, tasks, window), expected, "{what}");
        }
    }
}
