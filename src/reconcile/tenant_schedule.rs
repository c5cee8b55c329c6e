//! `TenantSchedule`: the Jobs of evaluations, and what the tenant's evaluation has come to.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use k8s_openapi::api::batch::v1::Job;
use kube::ResourceExt as _;

use super::cache::Cache;
use super::directory::ready_and_stalled;
use super::jobs;
use super::memory::{Evaluations, Memory, Started};
use super::progress::{epoch_label, is_complete};
use super::starting::Waiting;
use super::workflow::tenant;
use super::{Next, ReconcileError, status};
use crate::api::conditions::{self, Finding, READY, STALLED};
use crate::api::meta::{ANNOTATION_EVALUATE_NOW, DEFAULT_NAME, LABEL_EVALUATION};
use crate::api::reasons::Reason;
use crate::api::tenant_schedule::TenantScheduleStatus;
use crate::api::{Run, TenantLedger, TenantSchedule, Workflow};
use crate::cluster::{Cluster, Created, Selector};
use crate::domain::epochs;
use crate::domain::identity;
use crate::domain::job::{self, Evaluation, Owner};
use crate::domain::schedule::Schedule;
use crate::domain::tick::{self, EvaluationDecision, HeadFacts, Input, JobFacts, Unplanned};
use crate::domain::timing::Timing;
use crate::domain::validate::{self, Problem};

/// Name and UID of Runs.
type Runs = BTreeSet<(String, String)>;

/// Everything that decides.
struct Observed<'a> {
    schedule: &'a TenantSchedule,
    head: Option<TenantLedger>,
    jobs: Vec<JobFacts>,
    /// Evaluation Jobs that ended and have no time to live yet.
    finished: Vec<(i64, String)>,
    problems: Vec<Problem>,
    /// Evaluations have planned Runs, so that there was a head.
    planned: bool,
    unplanned: Runs,
    changes: u64,
    /// What an evaluation that refused to evaluate ended with.
    refusal: Option<i32>,
    /// An evaluation whose container does not run.
    waiting: Option<Waiting>,
}

impl Observed<'_> {
    /// The head is gone; a new one would process everybody again.
    fn head_missing(&self) -> bool {
        self.head.is_none() && self.planned
    }

    /// The head is of a Tenure that writes other keys: read as ours they would make everybody due again.
    fn has_unknown_keys(&self) -> bool {
        self.head.as_ref().is_some_and(|head| !identity::is_known(head.spec.key_version))
    }
}

/// What to do.
struct ScheduleActions {
    decision: Option<EvaluationDecision>,
    status: TenantScheduleStatus,
    retire: Vec<String>,
}

fn observe<'a>(cache: &'a Cache, namespace: &str, timing: &Timing) -> Option<Observed<'a>> {
    let schedule = cache.schedule()?;
    let finished = |job: &Job| {
        let number = job::evaluation_number(&job.name_any())?;
        (jobs::is_finished(job) && !jobs::has_ttl(job)).then(|| (number, job.name_any()))
    };
    Some(Observed {
        schedule,
        head: cache.head().cloned(),
        jobs: cache.evaluations().filter_map(jobs::evaluation_facts).collect(),
        finished: cache.evaluations().filter_map(finished).collect(),
        problems: validate::schedule_problems(namespace, &schedule.spec, &tenant(cache)),
        planned: cache.was_anything_planned(),
        unplanned: cache.open_runs().filter(|run| asks_for_plan(run, cache.head())).map(identity).collect(),
        changes: cache.changes(),
        refusal: cache.evaluations().filter(|job| jobs::is_finished(job)).find_map(|job| refusal(cache, job)),
        waiting: Waiting::longest(cache, cache.evaluations(), timing),
    })
}

/// The exit code of an evaluation that refused, so that trying again does not help.
fn refusal(cache: &Cache, job: &Job) -> Option<i32> {
    let code = cache.pods_of_job(&job.name_any()).find_map(jobs::exit_code)?;
    [job::EXIT_TORN_RESTORE, job::EXIT_HEAD_MISSING, job::EXIT_CLOCK_OFF].contains(&code).then_some(code)
}

fn identity(run: &Run) -> (String, String) {
    (run.name_any(), run.uid().unwrap_or_default())
}

/// Whether an open Run waits for a plan. One that an evaluation made does so only if that evaluation counts: it was
/// restored without its status.
fn asks_for_plan(run: &Run, head: Option<&TenantLedger>) -> bool {
    let valid = |epoch: i64| head.is_some_and(|head| epochs::is_valid(&head.spec, epoch));
    if is_complete(run) || run.status.as_ref().and_then(|status| status.plan.as_ref()).is_some_and(|plan| valid(plan.epoch)) {
        return false;
    }
    !run.spec.is_scheduled() || epoch_label(run).is_some_and(valid)
}

fn head_facts(head: &TenantLedger) -> HeadFacts {
    HeadFacts {
        epoch: head.spec.epoch,
        sealed_epoch: head.spec.sealed_epoch,
        as_of: head.spec.as_of,
        took: head.spec.evaluation_milliseconds.and_then(|took| u64::try_from(took).ok()).map(Duration::from_millis),
        allocated_as_of: head.spec.allocated_as_of,
        look_again_at: head.spec.look_again_at.filter(|at| head.spec.as_of.is_none_or(|as_of| *at > as_of)),
    }
}

/// What this process knows of its evaluations once it has seen this.
fn learned(observed: &Observed<'_>, known: &Evaluations) -> Evaluations {
    let sealed = observed.head.as_ref().map_or(0, |head| head.spec.sealed_epoch);
    let mut known = known.clone();
    for job in observed.jobs.iter().filter(|job| job.finished_at.is_some() && job.number > sealed) {
        known.note_failed(&job.uid);
    }
    known.note_sealed(sealed);
    known.note_refused(observed.refusal, sealed);
    known
}

/// What asks for an evaluation.
fn asks(observed: &Observed<'_>, known: &Evaluations) -> (bool, Unplanned) {
    let spec = &observed.schedule.spec;
    let changed = spec.evaluate_on_change && known.covered_changes.is_none_or(|covered| covered < observed.changes);
    let asked = evaluate_now(observed.schedule).is_some_and(|value| known.answered.as_deref() != Some(value));
    let unplanned = if observed.unplanned.is_empty() {
        Unplanned::None
    } else if observed.unplanned.is_subset(&known.asked) {
        Unplanned::Again
    } else {
        Unplanned::New
    };
    (changed || asked, unplanned)
}

fn evaluate_now(schedule: &TenantSchedule) -> Option<&str> {
    schedule.annotations().get(ANNOTATION_EVALUATE_NOW).map(String::as_str)
}

fn decide(observed: &Observed<'_>, ticks: Option<&Schedule>, memory: &Memory, now: DateTime<Utc>) -> ScheduleActions {
    let (change, unplanned) = asks(observed, &memory.evaluations);
    let unsettled = memory.evaluations.unsettled_since.map(|since| since + memory.timing.settle_pause).filter(|until| *until > now);
    let can_tell = observed.problems.is_empty() && !observed.head_missing() && !observed.has_unknown_keys() && memory.clock_skew.is_none();
    let decision = ticks.filter(|_| can_tell).map(|schedule| {
        tick::decide_evaluation(&Input {
            schedule,
            timing: &memory.timing,
            suspend: observed.schedule.spec.suspend,
            head: observed.head.as_ref().map(head_facts),
            jobs: &observed.jobs,
            change,
            unplanned,
            last_start: memory.evaluations.started.as_ref().map(|started| started.at),
            failures: memory.evaluations.failures,
            now,
        })
    });
    // One that would start waits for Workflows that were applied and not looked at yet.
    let decision = match (decision, unsettled) {
        (Some(EvaluationDecision::Start { .. }), Some(until)) => Some(EvaluationDecision::Wait { until: Some(until) }),
        (decision, _) => decision,
    };
    let status = desired_status(observed, decision.as_ref(), memory, ticks, now);
    ScheduleActions { decision, status, retire: retire(observed) }
}

/// Jobs whose outcome is stored: their epoch was sealed, or never will be.
fn retire(observed: &Observed<'_>) -> Vec<String> {
    let Some(head) = &observed.head else { return Vec::new() };
    let settled = |number: i64| number <= head.spec.sealed_epoch || epochs::is_abandoned(&head.spec, number);
    observed.finished.iter().filter(|(number, _)| settled(*number)).map(|(_, name)| name.clone()).collect()
}

fn desired_status(
    observed: &Observed<'_>,
    decision: Option<&EvaluationDecision>,
    memory: &Memory,
    ticks: Option<&Schedule>,
    now: DateTime<Utc>,
) -> TenantScheduleStatus {
    let schedule = observed.schedule;
    let generation = schedule.metadata.generation;
    let mut desired = schedule.status.clone().unwrap_or_default();
    desired.observed_generation = generation;
    desired.next_schedule_run_date_time =
        ticks.filter(|_| decision.is_some() && !schedule.spec.suspend).and_then(|ticks| ticks.next_after(now));
    if let Some(head) = &observed.head {
        desired.last_evaluation_date_time = head.spec.as_of;
        desired.sealed_epoch = Some(head.spec.sealed_epoch);
    }
    let conditions = &mut desired.conditions;
    if !observed.problems.is_empty() {
        ready_and_stalled(conditions, &observed.problems, Reason::Scheduled, String::new(), generation, now);
        return desired;
    }
    let stalled = match (decision, memory.evaluations.refused) {
        _ if observed.head_missing() => Some(HEAD_MISSING),
        _ if observed.has_unknown_keys() => Some(KEY_VERSION_UNKNOWN),
        _ if memory.clock_skew.is_some() => Some(CLOCK_OFF),
        (_, Some(job::EXIT_HEAD_MISSING)) if observed.head.is_none() => Some(HEAD_MISSING),
        (_, Some(job::EXIT_TORN_RESTORE)) => Some(TORN_RESTORE),
        (_, Some(job::EXIT_CLOCK_OFF)) => Some(CLOCK_OFF),
        (Some(EvaluationDecision::ClockBehind { .. }), _) => Some(CLOCK_BEHIND),
        _ => None,
    };
    let late = observed.waiting.as_ref().filter(|waiting| waiting.is_late(now));
    let stalled = stalled.map(|(reason, message)| (reason, message.to_owned()));
    let stalled = stalled.or_else(|| Some((Reason::JobNotStarting, late?.message.clone())));
    if let Some((reason, message)) = stalled {
        conditions::upsert(conditions, Finding { type_: READY, status: false.into(), reason, message: message.clone() }, generation, now);
        conditions::upsert(conditions, Finding { type_: STALLED, status: true.into(), reason, message }, generation, now);
    } else if schedule.spec.suspend {
        ready_and_stalled(conditions, &[], Reason::Suspended, "no evaluation starts".to_owned(), generation, now);
    } else {
        ready_and_stalled(conditions, &[], Reason::Scheduled, "evaluations start as scheduled".to_owned(), generation, now);
    }
    desired
}

/// Reason and sentence of a tenant that stands still.
type Stalled = (Reason, &'static str);
const HEAD_MISSING: Stalled =
    (Reason::HeadMissing, "there is history, but the TenantLedger default is gone: restore it from a backup; no new one is made");
const TORN_RESTORE: Stalled =
    (Reason::TornRestore, "there are rows of an epoch that the TenantLedger default never allocated: restore all objects from one backup");
const KEY_VERSION_UNKNOWN: Stalled = (
    Reason::KeyVersionUnknown,
    "another version of Tenure wrote the TenantLedger default, with keys that this one cannot read: install that version again",
);
const CLOCK_OFF: Stalled =
    (Reason::ClockOff, "the clock of a node is more than a minute away from the API server's: nobody is evaluated until it is set right");
const CLOCK_BEHIND: Stalled = (Reason::ClockBehind, "the clock is before the instant of the last evaluation");

/// One pass.
pub(super) async fn reconcile(cache: &Cache, cluster: &Cluster, memory: &mut Memory) -> Result<Next, ReconcileError> {
    let Some(mut observed) = observe(cache, cluster.namespace(), &memory.timing) else { return Ok(Next::IDLE) };
    if observed.head.is_none() {
        // A watch that has not listed yet must not look like a lost head, nor like a new tenant.
        observed.head = cluster.find::<TenantLedger>(DEFAULT_NAME).await?;
    }
    if let Some(waiting) = &mut observed.waiting {
        waiting.ask(cluster).await?;
    }
    let ticks = tick::ticks(cluster.namespace(), &observed.schedule.spec).ok();
    let now = cluster.clock().now();
    memory.evaluations = learned(&observed, &memory.evaluations);
    memory.evaluations.unsettled_since = unsettled_since(cache, memory.evaluations.unsettled_since, now);
    let mut actions = decide(&observed, ticks.as_ref(), memory, now);
    for name in &actions.retire {
        jobs::retire(cluster, name).await?;
    }
    if let Some(EvaluationDecision::Start { .. }) = actions.decision {
        actions = start(&mut observed, ticks.as_ref(), cluster, memory, now).await?;
    }
    status::write::<TenantSchedule, _>(cluster, DEFAULT_NAME, observed.schedule.status.as_ref(), &actions.status).await?;
    let wake_at = wake_at(actions.decision.as_ref(), ticks.as_ref(), now);
    let again = memory.clock_skew.map(|_| now + memory.timing.clock_look);
    let late = observed.waiting.as_ref().and_then(|waiting| waiting.look_at(now));
    Ok(Next { wake_at: [wake_at, again, late].into_iter().flatten().min() })
}

/// Since when there are Workflows that were applied and not looked at yet: without their versions an evaluation would leave
/// them to the next tick. The end of their pass is seen and asks again; a pass that fails delays nobody for long.
fn unsettled_since(cache: &Cache, since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let looked_at = |workflow: &Workflow| {
        let status = workflow.status.as_ref().filter(|status| status.observed_generation == workflow.metadata.generation);
        // One that could not work when it was looked at, and can by now, because its schedule or its Directory came
        // after it, is to be looked at again.
        status.is_some_and(|status| conditions::is_true(&status.conditions, READY) || !can_work(cache, workflow))
    };
    if cache.workflows().all(looked_at) { None } else { since.or(Some(now)) }
}

fn can_work(cache: &Cache, workflow: &Workflow) -> bool {
    validate::workflow_problems(&workflow.spec, &tenant(cache)).is_empty()
}

fn wake_at(decision: Option<&EvaluationDecision>, ticks: Option<&Schedule>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match decision? {
        EvaluationDecision::Wait { until } => *until,
        EvaluationDecision::Running { .. } | EvaluationDecision::Start { .. } => ticks?.next_after(now),
        EvaluationDecision::ClockBehind { as_of } => Some(*as_of),
        EvaluationDecision::Suspended => None,
    }
}

/// Starts the evaluation if it is still wanted by what the API server has now.
async fn start(
    observed: &mut Observed<'_>,
    ticks: Option<&Schedule>,
    cluster: &Cluster,
    memory: &mut Memory,
    now: DateTime<Utc>,
) -> Result<ScheduleActions, ReconcileError> {
    let behind = || ReconcileError::Behind { kind: "TenantSchedule", name: DEFAULT_NAME.to_owned() };
    let schedule = cluster.find::<TenantSchedule>(DEFAULT_NAME).await?.ok_or_else(behind)?;
    if schedule.metadata.uid != observed.schedule.metadata.uid || schedule.metadata.generation != observed.schedule.metadata.generation {
        return Err(behind());
    }
    observed.head = cluster.find::<TenantLedger>(DEFAULT_NAME).await?;
    let found = cluster.list::<Job>(&Selector::labels(format!("{LABEL_EVALUATION}=true"))).await?;
    observed.jobs = found.iter().filter_map(jobs::evaluation_facts).collect();
    memory.evaluations = learned(observed, &memory.evaluations);
    let actions = decide(observed, ticks, memory, now);
    let Some(EvaluationDecision::Start { number, runs_only, replaces }) = &actions.decision else { return Ok(actions) };
    let (number, runs_only) = (*number, *runs_only);
    let name = job::evaluation_job_name(number);
    if let Some(uid) = replaces {
        cluster.delete::<Job>(&name, Some(uid.clone())).await?;
    }
    let evaluation = job::evaluation_job(&Evaluation {
        namespace: cluster.namespace(),
        number,
        runs_only,
        seconds_to_next_tick: ticks.and_then(|ticks| ticks.next_after(now)).map(|tick| (tick - now).num_seconds()),
        schedule: Owner { kind: "TenantSchedule", name: DEFAULT_NAME, uid: observed.schedule.metadata.uid.as_deref().unwrap_or_default() },
        timing: &memory.timing,
        image: &memory.image,
    });
    if let Created::Exists = cluster.create(&evaluation).await? {
        adopt(cluster, &name).await?;
    }
    memory.evaluations.started = Some(Started {
        at: now,
        number,
        runs_only,
        changes: observed.changes,
        evaluate_now: evaluate_now(observed.schedule).map(str::to_owned),
        runs: observed.unplanned.clone(),
    });
    Ok(actions)
}

/// A Job of that name is there although none was listed: an earlier try of this very creation, one that is still being
/// deleted, or a stranger.
async fn adopt(cluster: &Cluster, name: &str) -> Result<(), ReconcileError> {
    match cluster.find::<Job>(name).await? {
        Some(job) if !job.labels().contains_key(LABEL_EVALUATION) => Err(ReconcileError::NameTaken { kind: "Job", name: name.to_owned() }),
        Some(job) if jobs::is_finished(&job) || job.metadata.deletion_timestamp.is_some() => {
            Err(ReconcileError::StillThere { name: name.to_owned() })
        }
        Some(_) => Ok(()),
        None => Err(ReconcileError::Behind { kind: "Job", name: name.to_owned() }),
    }
}

#[cfg(test)]
mod tests;
