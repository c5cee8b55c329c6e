//! What stands between a plan and its first effect (design 3.2 rule 7): one named value, decided from the plan and from
//! what Workflow and TenantSchedule say today, so that raising a limit lets a held Run go on.

use std::collections::BTreeSet;

use crate::api::reasons::Reason;
use crate::api::run::{ExecutionType, RunPlan, RunStatus};
use crate::api::workflow::{Category, EffectClass, ExecutionLimits, Trigger};
use crate::api::{Task, VersionedSpec};
use crate::catalog;

use super::change::{Wanted, wanted};
use super::subject::Person;

/// Most people of one plan of a leaver workflow with a state trigger that sets no limits of its own.
pub const STATE_COUNT: i32 = 50;
/// Such a plan of up to so many people is never too large a part of its scope.
pub const STATE_FREE: i32 = 10;
/// Most people of such a plan beyond that, in percent of its scope.
pub const STATE_PERCENT: i32 = 10;
/// On-demand Runs of up to so many people are bound by no limit: somebody chose them.
pub const ON_DEMAND_FREE: i32 = 10;

/// Whether a plan may be executed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Gate {
    /// It may.
    Open,
    /// It waits for a person.
    Held {
        /// Why.
        reason: Held,
        /// The plan that waits: what is decided of it is decided of no other.
        hash: String,
        /// Why, with the numbers.
        message: String,
    },
}

/// Why a plan waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Held {
    /// The Run came back, with another UID, while its subjects were not finished.
    RestoredWhileRunning,
    /// It has more people than a limit allows.
    LimitExceeded,
}

impl Held {
    /// One word for programs.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::RestoredWhileRunning => Reason::RestoredWhileRunning,
            Self::LimitExceeded => Reason::LimitExceeded,
        }
    }
}

/// What decides.
#[derive(Clone, Copy, Debug)]
pub struct PlanAndLimits<'a> {
    /// The plan.
    pub plan: &'a RunPlan,
    /// Why the Run exists.
    pub execution: ExecutionType,
    /// An attempt was made at it: see [`has_begun`].
    pub has_begun: bool,
    /// Somebody asked for it to be canceled.
    pub is_canceled: bool,
    /// The version that it executes; None: it is gone.
    pub version: Option<&'a VersionedSpec>,
    /// The limits of the Workflow.
    pub workflow: Option<&'a ExecutionLimits>,
    /// The limits of the TenantSchedule.
    pub tenant: Option<&'a ExecutionLimits>,
}

/// One bound of a plan.
struct Bound {
    count: Option<i32>,
    percent: Option<i32>,
    /// A plan of up to so many people is not bound in percent.
    free: i32,
    whose: &'static str,
    class: Option<EffectClass>,
}

/// Whether an attempt was made at a Run; what became of its people is another question (`domain::standing`). Limits are a stop before the first effect: what has begun goes on to its end.
#[must_use]
pub fn has_begun(status: &RunStatus) -> bool {
    status.attempt > 0 || !status.shards.is_empty()
}

/// Decides whether a plan may be executed.
#[must_use]
pub fn gate(facts: &PlanAndLimits<'_>) -> Gate {
    let held = |reason, message| Gate::Held { reason, hash: facts.plan.hash.clone(), message };
    if Reason::of(facts.plan.reason.as_deref()) == Some(Reason::RestoredWhileRunning) {
        let message = "the Run was restored while it was being executed: delete it, or run what is left on demand";
        return held(Held::RestoredWhileRunning, message.to_owned());
    }
    let is_free = facts.execution != ExecutionType::Scheduled && facts.plan.counted <= ON_DEMAND_FREE;
    // Where all that is left to do is to cancel everybody no limit is about it, and held it would never end.
    if facts.has_begun || is_free || facts.is_canceled {
        return Gate::Open;
    }
    let exceeded = bounds(facts).into_iter().find_map(|bound| exceeds(facts.plan, &bound));
    exceeded.map_or(Gate::Open, |message| held(Held::LimitExceeded, message))
}

fn bounds(facts: &PlanAndLimits<'_>) -> Vec<Bound> {
    let classes = facts.version.map(|version| effect_classes(&version.tasks)).unwrap_or_default();
    let of = |limits: &ExecutionLimits, whose| {
        let whole = Bound { count: limits.count, percent: limits.percent, free: 0, whose, class: None };
        let narrow = limits.by_effect_class.iter().filter(|limit| classes.contains(&limit.effect_class));
        let narrow =
            narrow.map(|limit| Bound { count: limit.count, percent: limit.percent, free: 0, whose, class: Some(limit.effect_class) });
        std::iter::once(whole).chain(narrow.collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let own = match facts.workflow {
        Some(limits) => of(limits, "spec.executionLimits of the Workflow"),
        None if facts.version.is_some_and(is_clean_up) => vec![Bound {
            count: Some(STATE_COUNT),
            percent: Some(STATE_PERCENT),
            free: STATE_FREE,
            whose: "what a leaver workflow by inactivity or sponsors may have unless its spec.executionLimits say otherwise",
            class: None,
        }],
        None => Vec::new(),
    };
    own.into_iter().chain(facts.tenant.map(|limits| of(limits, "spec.limits of the TenantSchedule")).unwrap_or_default()).collect()
}

/// Why a plan is above a bound, with the numbers.
fn exceeds(plan: &RunPlan, bound: &Bound) -> Option<String> {
    let class = bound.class.map(|class| format!(" with effects of class {class}")).unwrap_or_default();
    if let Some(count) = bound.count.filter(|count| plan.counted > *count) {
        return Some(format!("{} people{class} are more than {count}: {}", plan.counted, bound.whose));
    }
    // All of a scope may be processed where that is said. Nobody is any part of an empty scope: whom an on-demand Run has
    // from elsewhere are more than that.
    let percent = bound.percent.filter(|percent| *percent < 100 && plan.counted > bound.free)?;
    let is_above = i64::from(plan.counted) * 100 > i64::from(percent) * i64::from(plan.scope);
    is_above.then(|| format!("{} people{class} are more than {percent} % of the {} in scope: {}", plan.counted, plan.scope, bound.whose))
}

/// A leaver workflow that acts on a state: once switched on, it may mean hundreds at once.
fn is_clean_up(version: &VersionedSpec) -> bool {
    let is_state = |trigger: &Trigger| trigger.user_inactivity.is_some() || trigger.guest_sponsor.is_some();
    version.category == Category::Leaver && version.execution_conditions.as_ref().is_some_and(|conditions| is_state(&conditions.trigger))
}

/// What the enabled tasks can do to a person.
#[must_use]
pub fn effect_classes(tasks: &[Task]) -> BTreeSet<EffectClass> {
    let actions = tasks.iter().filter(|task| task.is_enabled).filter_map(Task::action);
    actions.filter_map(|action| catalog::by_name(action.name())).map(|definition| definition.effect).collect()
}

/// Whether every task finds the person as it wants them: such people do not count against limits.
#[must_use]
pub fn is_already_so(tasks: &[Task], person: &Person) -> bool {
    let is_in = |group: &String| person.groups.contains(group);
    let has = |licence: &String| person.licenses.contains(licence);
    tasks.iter().filter(|task| task.is_enabled).all(|task| {
        wanted(task).is_some_and(|wanted| match wanted {
            Wanted::Enabled(enabled) => person.is_enabled() == Some(enabled),
            Wanted::Joined(_, groups) => groups.iter().all(is_in),
            Wanted::Left(_, groups) => !groups.iter().any(is_in),
            Wanted::LeftAll(_) => person.groups.is_empty(),
            Wanted::Assigned(licences) => licences.iter().all(has),
            Wanted::Unassigned(licences) => !licences.iter().any(has),
            Wanted::UnassignedAll => person.licenses.is_empty(),
            // What leaves the house, deletes, or writes a value is done each time.
            Wanted::Deleted
            | Wanted::Values(_)
            | Wanted::Revoked
            | Wanted::Transferred
            | Wanted::Pass(_)
            | Wanted::Told(..)
            | Wanted::Called(_)
            | Wanted::Unavailable(..) => false,
        })
    })
}

#[cfg(test)]
mod tests;
