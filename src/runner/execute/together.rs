//! Several tasks of one subject with one write, where nothing but the subject's own entry is written.

use std::ops::ControlFlow;

use crate::api::{RunSlice, SubjectResult, Task};
use crate::directory::Applied;
use crate::directory::effects::apply;
use crate::domain::change::{Change, Planned, in_one_write};
use crate::domain::fault::FaultClass;
use crate::runner::RunnerError;

use super::attempt::{Attempt, Planning};
use super::perform::{CONFLICTS, effect, record, too_old, within};
use super::sight::in_sight;

/// What came of it.
pub(super) enum Together {
    /// They are done, and the result says so.
    Done,
    /// There is nothing to put together.
    Nothing,
    /// They are done one after the other: the one write did not go through, and nobody can say which of them stood in its way.
    OneByOne,
    /// The turn of the subject ends; its occurrence, if it is left queued.
    Ends(Option<String>),
}

/// Does the tasks from `first` on that are about the subject's own entry alone. Each has its result; a write that does not go
/// through has none. Who has met another writer is looked at again, for what there is to do may be another thing by now.
pub(super) async fn together(
    attempt: &Attempt,
    slice: &RunSlice,
    (result, planning): (&mut SubjectResult, &mut Planning),
    first: &Task,
) -> Result<Together, RunnerError> {
    let (clock, timing) = (attempt.context.cluster.clock(), attempt.context.cluster.timing());
    let name = attempt.subject(result).name;
    let mut has_failed = false;
    for _ in 0..CONFLICTS {
        let tasks = next(attempt, result, planning, first);
        if tasks.is_empty() {
            return Ok(Together::Nothing);
        }
        if !attempt.lease.holds() {
            return Err(too_old());
        }
        let works = tasks.iter().filter_map(|(_, planned)| planned.work.as_ref().ok());
        let changes: Vec<Change> = works.flat_map(|work| work.changes.clone()).collect();
        if attempt.directory.capabilities().check(&changes).is_err() {
            return Ok(Together::OneByOne);
        }
        let write = apply(attempt.directory.as_ref(), &name, &changes, &mut planning.held, clock.now());
        let fails = match within(write, clock.sleep(timing.effect)).await {
            Some(Ok(Applied::Done)) => {
                conclude(attempt, result, &tasks);
                planning.begin();
                return Ok(Together::Done);
            }
            // It is refused, and nothing of it is in force.
            Some(Err(fault)) if !fault.is_passing() || fault.class == FaultClass::Denied => return Ok(Together::OneByOne),
            Some(Ok(Applied::Conflict)) => false,
            Some(Err(_)) | None => true,
        };
        planning.held = None;
        planning.begin();
        attempt.hold(result.clone());
        if fails {
            clock.sleep(timing.before_effect(1)).await;
        }
        attempt.context.stop.check()?;
        if let ControlFlow::Break(left) = in_sight(attempt, slice, planning, result).await? {
            return Ok(Together::Ends(left));
        }
        // Once may have been chance; after that each task is tried by itself, and has the word of what stands in its way.
        if fails && has_failed {
            break;
        }
        has_failed |= fails;
    }
    Ok(Together::OneByOne)
}

/// The tasks are done.
fn conclude(attempt: &Attempt, result: &mut SubjectResult, tasks: &[(&Task, Planned)]) {
    for (task, planned) in tasks {
        let index = result.tasks.iter().position(|entry| entry.name == task.name);
        if let (Some(index), Ok(work)) = (index, &planned.work) {
            let done = effect(task, &result.tasks[index], work);
            record(result, index, &Ok(done));
        }
    }
    attempt.hold(result.clone());
}

/// The tasks that are done with one write, with what they do; none, if there are not several.
fn next<'a>(attempt: &'a Attempt, result: &SubjectResult, planning: &Planning, first: &Task) -> Vec<(&'a Task, Planned)> {
    let is_open = |task: &&Task| {
        let entry = result.tasks.iter().find(|entry| entry.name == task.name);
        entry.is_some_and(|entry| !entry.processing_status.is_final())
    };
    let planned = |task: &'a Task| Some((task, planning.planned.iter().find(|planned| planned.task == task.name)?));
    let from = attempt.tasks.iter().skip_while(|task| task.name != first.name);
    let tasks: Vec<(&Task, &Planned)> = from.filter(is_open).map_while(planned).collect();
    let count = in_one_write(&result.subject, tasks.iter().map(|(_, planned)| &planned.work));
    tasks.into_iter().take(count).map(|(task, planned)| (task, planned.clone())).collect()
}
