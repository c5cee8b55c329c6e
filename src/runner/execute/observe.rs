//! What is looked at before a claim: who comes first, what is there of each subject, and whether the conditions still hold
//! by the newest version. All of a subject's reads are of one moment, immediately before the claim that they decide.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};

use crate::api::reasons::Reason;
use crate::api::run::ExecutionType;
use crate::api::{Category, RunSlice, SubjectResult, Task};
use crate::domain::change::{GroupFacts, is_begun, resume, works};
use crate::domain::fault::Fault;
use crate::domain::plan::CLAIM_SUBJECTS;
use crate::domain::standing::{Begun, Circumstances, SubjectFinding};
use crate::runner::RunnerError;
use crate::task::{self, Asked, Observation};

use super::attempt::{Attempt, Planning};
use super::recheck::{self, Recheck};
use super::settle;

/// What was found of the subjects of a slice, by occurrence.
#[derive(Default)]
pub(super) struct Looked {
    /// What the next claim is decided by.
    pub findings: BTreeMap<String, SubjectFinding>,
    /// What their tasks do.
    pub plannings: BTreeMap<String, Planning>,
}

/// Looks at as many subjects as a claim can have.
pub(super) async fn look(attempt: &Attempt, slice: &RunSlice, circumstances: &Circumstances<'_>) -> Result<Looked, RunnerError> {
    let mut looked = Looked::default();
    let mut asked = Vec::new();
    for result in &slice.spec.results {
        let taken = attempt.policy.taken(result, &slice.spec.run);
        if asked.len() == CLAIM_SUBJECTS || !circumstances.is_candidate(result, taken) {
            continue;
        }
        if is_blocked(attempt, result, slice.spec.category).await? {
            looked.findings.insert(result.occurrence.clone(), SubjectFinding::Blocked);
        } else {
            asked.push(result);
        }
    }
    if asked.is_empty() {
        return Ok(looked);
    }
    let groups = attempt.groups().await;
    if let Err(fault) = groups.as_ref() {
        say(fault);
    }
    let parallel = attempt.policy.parallel(&attempt.directory_name, slice.spec.category, false);
    let looks: Vec<Look<'_>> = asked.into_iter().map(|result| Box::pin(one(attempt, slice, &groups, result)) as Look<'_>).collect();
    let mut looks = stream::iter(looks).buffer_unordered(parallel);
    while let Some((occurrence, finding, planning)) = looks.next().await {
        if let Some(planning) = planning {
            looked.plannings.insert(occurrence.clone(), planning);
        }
        looked.findings.insert(occurrence, finding);
    }
    drop(looks);
    Ok(looked)
}

/// Looks again at somebody whose turn came late. `result`: as it was before the claim, for what this process has only written
/// down was done by nobody; or as it is, where the claim has begun an effect.
pub(super) async fn again(attempt: &Attempt, slice: &RunSlice, result: &SubjectResult) -> (SubjectFinding, Option<Planning>) {
    let groups = attempt.groups().await;
    found(attempt, slice, &groups, result).await
}

/// A look at one subject: its occurrence, what was found, and what its tasks do.
type Look<'a> = BoxFuture<'a, (String, SubjectFinding, Option<Planning>)>;

async fn one(
    attempt: &Attempt,
    slice: &RunSlice,
    groups: &Result<BTreeMap<String, GroupFacts>, Fault>,
    result: &SubjectResult,
) -> (String, SubjectFinding, Option<Planning>) {
    let (finding, planning) = found(attempt, slice, groups, result).await;
    (result.occurrence.clone(), finding, planning)
}

async fn found(
    attempt: &Attempt,
    slice: &RunSlice,
    groups: &Result<BTreeMap<String, GroupFacts>, Fault>,
    result: &SubjectResult,
) -> (SubjectFinding, Option<Planning>) {
    let asked = Asked { tasks: &attempt.tasks, needs: &attempt.needs, groups, result: Some(result), now: now(attempt) };
    let Observation { person, observed, held, is_protected } =
        match task::observe(attempt.directory.as_ref(), &attempt.subject(result), asked).await {
            Ok(observation) => observation,
            Err(fault) => {
                say(&fault);
                return unreadable(&fault);
            }
        };
    let is_over = |task: &Task| result.tasks.iter().any(|entry| entry.name == task.name && entry.processing_status.is_final());
    let mut planned = works(&attempt.tasks, &observed, is_over);
    // A leaver loses what can be taken, and is tried again for the rest; others begin when all of it can be told.
    let unread = planned.iter().filter_map(|one| one.work.as_ref().err()).find(|fault| fault.is_passing());
    if let Some(fault) = unread.filter(|_| slice.spec.category != Category::Leaver) {
        return unreadable(fault);
    }
    let begun = is_begun(result, &observed, &planned);
    let found = if slice.spec.execution_type == ExecutionType::Scheduled {
        recheck::scheduled(attempt, result, person.as_ref()).await
    } else {
        recheck::on_demand(person.as_ref(), slice.spec.category, &attempt.tasks)
    };
    let begun = match (begun, found) {
        (Some(true), _) => Begun::Yes,
        (Some(false), _) => Begun::No,
        // Whether to go on hangs on what cannot be read.
        (None, Recheck::Holds) if !is_protected => Begun::Yes,
        (None, _) => return (SubjectFinding::Unreadable(unread.map_or(Reason::Unknown, |fault| fault.reason)), None),
    };
    resume(&attempt.tasks, result, &mut planned);
    let finding = match found {
        Recheck::Gone(reason) => SubjectFinding::Gone(reason, begun),
        Recheck::Unknown => SubjectFinding::Unknown(begun),
        Recheck::Holds if is_protected => SubjectFinding::Protected(begun),
        Recheck::Holds => SubjectFinding::Holds(begun),
    };
    (finding, Some(Planning { observed, held, planned, begun, before: result.clone(), is_tried: false }))
}

/// Nothing is known of somebody who cannot be read, whatever the class of the fault: that is no word about the person.
fn unreadable(fault: &Fault) -> (SubjectFinding, Option<Planning>) {
    (SubjectFinding::Unreadable(fault.reason), None)
}

/// Says what somebody has to mend.
pub(super) fn say(fault: &Fault) {
    if fault.needs_somebody() {
        tracing::warn!(reason = fault.reason.as_str(), message = fault.message.as_str(), "somebody waits for the next attempt");
    }
}

/// Whether other work for the person comes first. An off-boarding is never blocked: it settles the older work itself.
async fn is_blocked(attempt: &Attempt, result: &SubjectResult, category: Category) -> Result<bool, RunnerError> {
    if result.off_boards {
        return Ok(false);
    }
    let newer = if category == Category::Leaver { Vec::new() } else { attempt.policy.newer_leavers(result, attempt.plan.epoch) };
    for slice in result.waits_for.iter().chain(&newer) {
        if !settle::is_final(attempt, slice, result).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn now(attempt: &Attempt) -> DateTime<Utc> {
    attempt.context.cluster.clock().now()
}
