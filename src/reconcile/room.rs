//! Room: how many Runs of a tenant execute at the same time, and whose turn it is.
//!
//! Every pass over a Run asks, and after each end of a Run everybody who waits does. So the cache keeps who takes a place and
//! who waits for one, of leavers that evaluations found, of those that people ask for and of all others apart, and decides it anew for a Run when something changes that has a say in it: to ask is to look at no more
//! Runs than there are places, however many are held or off-board somebody.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use kube::ResourceExt as _;

use crate::api::run::{Priority, RunPlan};
use crate::api::workflow::Category;
use crate::api::{Run, TenantLedger, TenantSchedule, Workflow, WorkflowVersion};
use crate::cluster::events::our_time;
use crate::domain::epochs;
use crate::domain::gate::{self, Gate, has_begun};

/// A Run's place in the order in which Runs get room; its name comes last.
pub(super) type Turn = (bool, bool, DateTime<Utc>, String);

/// Whose places a Run takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Share {
    /// Those of the tenant's schedule.
    Others,
    /// Those of leavers: an evaluation found somebody who leaves.
    Leavers,
    /// At most half of those of leavers: a person asks for it. Whoever may ask for Runs, urgently or not, must not stand before
    /// tonight's off-boardings.
    AskedLeavers,
}

impl Share {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Others, Self::Leavers, Self::AskedLeavers];
}

/// What an open Run is in this.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Weight {
    /// It takes no place and is in nobody's way.
    None,
    /// It takes a place: it has a Job that has not ended.
    Executes,
    /// It waits for its first attempt.
    Waits,
}

/// The open Runs that have a weight.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    /// Those that execute, by name.
    pub places: BTreeSet<String>,
    /// Those that wait, the first one first.
    pub queue: BTreeSet<Turn>,
}

impl Room {
    /// Takes note of a Run's weight.
    pub fn note(&mut self, run: &Run, share: Share, weight: Weight) {
        self.forget(run);
        match weight {
            Weight::None => {}
            Weight::Executes => drop(self.places.insert(run.name_any())),
            Weight::Waits => drop(self.queue.insert(turn(run, share))),
        }
    }

    /// Takes out a Run, as it was when it was noted.
    pub fn forget(&mut self, run: &Run) {
        self.places.remove(&run.name_any());
        for share in Share::ALL {
            self.queue.remove(&turn(run, share));
        }
    }
}

/// What has a say in a Run, as the caches have it.
pub(super) struct SayIn<'a> {
    pub head: Option<&'a TenantLedger>,
    /// The version that the Run executes.
    pub version: Option<&'a WorkflowVersion>,
    pub workflow: Option<&'a Workflow>,
    pub schedule: Option<&'a TenantSchedule>,
}

impl SayIn<'_> {
    /// Whose places the Run takes: leavers have places of their own. So has one whose category nobody knows any more: an
    /// off-boarding must not wait for others.
    pub fn share(&self, run: &Run) -> Share {
        let pinned = self.version.map(|version| version.spec.template.category);
        let category = pinned.or_else(|| self.workflow.map(|workflow| workflow.spec.category));
        match category {
            Some(Category::Joiner | Category::Mover) => Share::Others,
            Some(Category::Leaver) | None if run.spec.is_scheduled() => Share::Leavers,
            Some(Category::Leaver) | None => Share::AskedLeavers,
        }
    }
}

/// The plan of the Run, if the head seals it.
pub(super) fn plan_in_force<'a>(run: &'a Run, head: Option<&TenantLedger>) -> Option<&'a RunPlan> {
    let plan = run.status.as_ref()?.plan.as_ref()?;
    epochs::is_valid(&head?.spec, plan.epoch).then_some(plan)
}

/// What stands between the Run's plan and its first effect, as Workflow and TenantSchedule say today. `has_jobs`: there is
/// a Job of an attempt at it.
pub(super) fn gate_of(say: &SayIn<'_>, run: &Run, has_jobs: bool) -> Gate {
    let Some(plan) = plan_in_force(run, say.head) else { return Gate::Open };
    gate::gate(&gate::PlanAndLimits {
        plan,
        execution: run.spec.execution_type,
        is_canceled: run.spec.cancel,
        has_begun: has_jobs || run.status.as_ref().is_some_and(gate::has_begun),
        version: say.version.map(|version| &version.spec.template),
        workflow: say.workflow.and_then(|workflow| workflow.spec.execution_limits.as_ref()),
        tenant: say.schedule.and_then(|schedule| schedule.spec.limits.as_ref()),
    })
}

/// What an open Run is. `is_under_way`: it has a Job that has not ended. It has no other weight until the Run, a Job of it, its
/// Workflow, a version of that, the schedule or the head changes.
pub(super) fn weigh(say: &SayIn<'_>, run: &Run, is_under_way: bool) -> Weight {
    if is_under_way {
        Weight::Executes
    } else if is_first(run) && plan_in_force(run, say.head).is_some_and(|plan| plan.subjects > 0) && gate_of(say, run, false) == Gate::Open
    {
        Weight::Waits
    } else {
        Weight::None
    }
}

/// Whether no attempt was made at it.
pub(super) fn is_first(run: &Run) -> bool {
    !run.status.as_ref().is_some_and(has_begun)
}

/// The order in which Runs get room: the urgent ones first, then leavers that an evaluation found, then by time.
pub(super) fn turn(run: &Run, share: Share) -> Turn {
    let scheduled = run.status.as_ref().and_then(|status| status.scheduled_date_time);
    let created = || run.creation_timestamp().map(|time| our_time(&time));
    let is_asked_for = share == Share::AskedLeavers;
    (run.spec.priority != Priority::Emergency, is_asked_for, scheduled.or_else(created).unwrap_or_default(), run.name_any())
}
