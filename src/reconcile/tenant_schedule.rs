//! `TenantSchedule`: the Jobs of evaluations, and what the tenant's evaluation has come to.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use k8s_openapi::api::batch::v1::Job;
use kube::ResourceExt as _;

use super::awaited::Awaited;
use super::cache::Cache;
use super::directory::ready_and_stalled;
use super::ending::Ending;
use super::failing;
use super::jobs;
use super::judged::{self, tenant};
use super::memory::{Evaluations, Memory, Started, WaitingRun};
use super::news::{self, About};
use super::progress::{epoch_label, is_complete};
use super::starting::Waiting;
use super::{Next, ReconcileError, status, unreadable};
use crate::api::conditions::{self, Condition, ConditionStatus, Finding, READY, RECONCILING, STALLED};
use crate::api::meta::{ANNOTATION_EVALUATE_NOW, DEFAULT_NAME, LABEL_EVALUATION};
use crate::api::reasons::Reason;
use crate::api::tenant_ledger::UsersSeen;
use crate::api::tenant_schedule::TenantScheduleStatus;
use crate::api::{Category, Run, TenantLedger, TenantSchedule, Workflow};
use crate::cluster::{Cluster, ClusterError, Created, Selector};
use crate::domain::epochs;
use crate::domain::identity;
use crate::domain::job::{self, Evaluation, Owner};
use crate::domain::schedule::Schedule;
use crate::domain::source::Source;
use crate::domain::tick::{self, EvaluationDecision, HeadFacts, Input, JobFacts, Unplanned};
use crate::domain::timing::Timing;
use crate::domain::validate::{self, Problem};

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
    unplanned: BTreeSet<WaitingRun>,
    changes: u64,
    /// The Users as they were listed, if none has changed since.
    listed: Option<UsersSeen>,
    /// The number of the change with which a scheduled Run went before it had ended.
    gone: Option<u64>,
    /// What an evaluation that refused to evaluate ended with.
    refusal: Option<i32>,
    /// How the last evaluation ended that has ended and was not sealed.
    ending: Option<Ending>,
    /// An evaluation whose container does not run.
    waiting: Option<Waiting>,
    /// What is said of objects that cannot be read.
    unreadable: Option<String>,
}

impl Observed<'_> {
    /// The head is gone; a new one would process everybody again.
    fn head_missing(&self) -> bool {
        self.head.is_none() && self.planned
    }

    /// The Users that were listed are those of the last sealed evaluation: no change of them is new, whoever saw it.
    fn is_evaluated(&self) -> bool {
        let sealed = self.head.as_ref().and_then(|head| head.spec.users);
        sealed.is_some() && sealed == self.listed
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
        unplanned: cache.open_runs().filter(|run| asks_for_plan(run, cache.head())).map(|run| waits(cache, run)).collect(),
        changes: cache.changes(),
        listed: cache.listed_users(),
        gone: cache.gone(),
        refusal: cache.evaluations().filter(|job| is_newest(cache, job)).find_map(|job| refusal(cache, job)),
        ending: last_end(cache),
        waiting: Waiting::longest(cache, cache.evaluations(), timing),
        unreadable: unreadable::of_tenant(cache),
    })
}

/// Whether the evaluation has ended, and none after it was sealed.
fn is_newest(cache: &Cache, job: &Job) -> bool {
    let sealed = sealed_epoch(cache.head());
    jobs::is_finished(job) && job::evaluation_number(&job.name_any()).is_some_and(|number| number > sealed)
}

fn sealed_epoch(head: Option<&TenantLedger>) -> i64 {
    head.map_or(0, |head| head.spec.sealed_epoch)
}

/// How the last evaluation ended of those that have ended, and none after it was sealed.
fn last_end(cache: &Cache) -> Option<Ending> {
    let newest = cache.evaluations().filter(|job| is_newest(cache, job)).max_by_key(|job| jobs::created(job))?;
    Some(Ending::of(newest, &cache.pods_of_job(newest).collect::<Vec<_>>()))
}

/// The exit code of an evaluation that refused, so that trying again does not help.
fn refusal(cache: &Cache, job: &Job) -> Option<i32> {
    const REFUSALS: [i32; 6] = [
        job::EXIT_TORN_RESTORE,
        job::EXIT_HEAD_MISSING,
        job::EXIT_KEY_MISSING,
        job::EXIT_CLOCK_OFF,
        job::EXIT_SEAL_REFUSED,
        job::EXIT_UNREADABLE,
    ];
    let code = cache.pods_of_job(job).find_map(jobs::exit_code)?;
    REFUSALS.contains(&code).then_some(code)
}

fn waits(cache: &Cache, run: &Run) -> WaitingRun {
    WaitingRun { name: run.name_any(), uid: run.uid().unwrap_or_default(), has_workflow: Awaited::by(cache, run).is_none() }
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
    let sealed = sealed_epoch(observed.head.as_ref());
    let mut known = known.clone();
    known.note_epoch(sealed);
    for job in observed.jobs.iter().filter(|job| job.finished_at.is_some() && job.number > sealed) {
        known.note_failed(&job.uid, sealed);
    }
    if let Some(ending) = &observed.ending {
        known.ending = Some(ending.clone());
    }
    if let Some(head) = &observed.head {
        known.note_sealed(head);
    }
    known.note_refused(observed.refusal, sealed);
    known
}

/// What asks for an evaluation: whether a change does, whether a person, and whether Runs do.
fn asks(observed: &Observed<'_>, known: &Evaluations) -> (bool, bool, Unplanned) {
    let spec = &observed.schedule.spec;
    let is_new = |change: u64| known.covered_changes.is_none_or(|covered| covered < change);
    let changed = spec.evaluate_on_change && is_new(observed.changes) && !observed.is_evaluated();
    // What is owed and gone has nothing to do with the Users, whoever lists them later.
    let is_owed = observed.gone.is_some_and(is_new);
    let asked = evaluate_now(observed.schedule).is_some_and(|value| known.answered.as_deref() != Some(value));
    (changed || is_owed, asked, unplanned(&observed.unplanned, &known.asked))
}

/// Whether Runs want an evaluation. One whose workflow is not there, or not Ready, is looked at once, for it may have had a
/// plan: after that it waits for its workflow, and no evaluation helps it.
fn unplanned(waiting: &BTreeSet<WaitingRun>, asked: &BTreeSet<WaitingRun>) -> Unplanned {
    let is_known = |run: &WaitingRun| {
        let lost = || asked.contains(&WaitingRun { has_workflow: true, ..run.clone() });
        asked.contains(run) || !run.has_workflow && lost()
    };
    if !waiting.iter().all(is_known) {
        Unplanned::New
    } else if waiting.iter().any(|run| run.has_workflow) {
        Unplanned::Again
    } else {
        Unplanned::None
    }
}

fn evaluate_now(schedule: &TenantSchedule) -> Option<&str> {
    schedule.annotations().get(ANNOTATION_EVALUATE_NOW).map(String::as_str)
}

fn decide(observed: &Observed<'_>, ticks: Option<&Schedule>, memory: &Memory, now: DateTime<Utc>) -> ScheduleActions {
    let (change, asked, unplanned) = asks(observed, &memory.evaluations);
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
            asked,
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
    let stalled = stalled(observed, decision, memory, now);
    let waits = observed.waiting.as_ref().filter(|waiting| stalled.is_none() && !schedule.spec.suspend && waiting.is_said(now));
    say_reconciling(conditions, waits, stalled.is_some(), generation, now);
    if let Some((reason, message)) = stalled {
        conditions::upsert(conditions, Finding { type_: READY, status: false.into(), reason, message: message.clone() }, generation, now);
        conditions::upsert(conditions, Finding { type_: STALLED, status: true.into(), reason, message }, generation, now);
    } else if schedule.spec.suspend {
        ready_and_stalled(conditions, &[], Reason::Suspended, "no evaluation starts".to_owned(), generation, now);
    } else if let Some(waits) = waits {
        ready_and_stalled(conditions, &[], Reason::Scheduled, String::new(), generation, now);
        let (status, message) = (ConditionStatus::Unknown, waits.message.clone());
        conditions::upsert(conditions, Finding { type_: READY, status, reason: Reason::JobNotStarting, message }, generation, now);
    } else {
        ready_and_stalled(conditions, &[], Reason::Scheduled, "evaluations start as scheduled".to_owned(), generation, now);
    }
    desired
}

/// Why the tenant stands still, if it does.
fn stalled(
    observed: &Observed<'_>,
    decision: Option<&EvaluationDecision>,
    memory: &Memory,
    now: DateTime<Utc>,
) -> Option<(Reason, String)> {
    let stalled = match (decision, memory.evaluations.refused) {
        _ if observed.head_missing() => Some(HEAD_MISSING),
        _ if observed.has_unknown_keys() => Some(KEY_VERSION_UNKNOWN),
        _ if memory.clock_skew.is_some() => Some(CLOCK_OFF),
        (_, Some(job::EXIT_HEAD_MISSING)) if observed.head.is_none() => Some(HEAD_MISSING),
        (_, Some(job::EXIT_TORN_RESTORE)) => Some(TORN_RESTORE),
        (_, Some(job::EXIT_KEY_MISSING)) => Some(KEY_MISSING),
        (_, Some(job::EXIT_CLOCK_OFF)) => Some(CLOCK_OFF),
        (_, Some(job::EXIT_SEAL_REFUSED)) => Some(SEAL_REFUSED),
        (_, Some(job::EXIT_UNREADABLE)) => Some(UNREADABLE),
        (Some(EvaluationDecision::ClockBehind { .. }), _) => Some(CLOCK_BEHIND),
        _ => None,
    };
    let late = observed.waiting.as_ref().filter(|waiting| waiting.is_late(now));
    let not_starting = late.map(|late| late.message.clone()).or_else(|| stuck(observed, now));
    let stalled = stalled.map(|(reason, message)| (reason, message.to_owned()));
    // Which object it is says more than that there is one.
    let stalled = match (stalled, &observed.unreadable) {
        (None | Some((Reason::Unreadable, _)), Some(message)) => Some((Reason::Unreadable, message.clone())),
        (stalled, _) => stalled,
    };
    let stalled = stalled.or_else(|| Some((Reason::JobNameTaken, name_taken(memory.evaluations.taken.as_deref()?))));
    let stalled = stalled.or_else(|| Some((Reason::JobNotStarting, not_starting?)));
    let failing = || failing::said(&memory.evaluations, observed.schedule.status.as_ref(), sealed_epoch(observed.head.as_ref()));
    stalled.or_else(|| Some((Reason::EvaluationFailing, failing().filter(|_| !observed.schedule.spec.suspend)?)))
}

/// What is said of a Job that did not start, as long as none has started after it: one that its deadline takes away is followed
/// by one that waits for the same.
fn stuck(observed: &Observed<'_>, now: DateTime<Utc>) -> Option<String> {
    let status = observed.schedule.status.as_ref().filter(|_| !observed.schedule.spec.suspend)?;
    let said = status.conditions.iter().find(|condition| condition.type_ == STALLED && condition.status == ConditionStatus::True)?;
    let is_waiting_for_a_job = Reason::parse(&said.reason) == Some(Reason::JobNotStarting);
    let has_started = observed.waiting.is_none() && observed.jobs.iter().any(|job| job.finished_at.is_none());
    let is_sealed = observed.head.as_ref().map(|head| head.spec.sealed_epoch) != status.sealed_epoch;
    let newest = observed.waiting.as_ref().filter(|waiting| waiting.is_said(now)).map(|waiting| waiting.message.clone());
    (is_waiting_for_a_job && !has_started && !is_sealed).then(|| newest.unwrap_or_else(|| said.message.clone()))
}

/// Says that an evaluation waits for its container, or that none does any more. Nothing is said of a tenant whose Jobs all start.
fn say_reconciling(
    conditions: &mut Vec<Condition>,
    waits: Option<&Waiting>,
    is_stalled: bool,
    generation: Option<i64>,
    now: DateTime<Utc>,
) {
    let (status, reason, message) = match waits {
        Some(waits) => (true, Reason::JobNotStarting, waits.message.clone()),
        None if !conditions::is_true(conditions, RECONCILING) => return,
        None if is_stalled => (false, Reason::JobNotStarting, "nothing goes on: Stalled says why".to_owned()),
        None => (false, Reason::JobStarted, "its Job has started".to_owned()),
    };
    conditions::upsert(conditions, Finding { type_: RECONCILING, status: status.into(), reason, message }, generation, now);
}

/// Whether the evaluation that failed has told why: it knows what the API server refuses, and which object cannot be read.
fn is_told_by_the_evaluation(observed: &Observed<'_>, memory: &Memory) -> bool {
    matches!(memory.evaluations.refused, Some(job::EXIT_SEAL_REFUSED | job::EXIT_UNREADABLE))
        && !observed.head_missing()
        && observed.unreadable.is_none()
}

fn name_taken(job: &str) -> String {
    format!("a Job that is not Tenure's has the name of the next evaluation's, {job}: delete it")
}

/// Reason and sentence of a tenant that stands still.
type Stalled = (Reason, &'static str);
const HEAD_MISSING: Stalled =
    (Reason::HeadMissing, "there is history, but the TenantLedger default is gone: restore it from a backup; no new one is made");
const TORN_RESTORE: Stalled =
    (Reason::TornRestore, "there are rows of an epoch that the TenantLedger default never allocated: restore all objects from one backup");
const KEY_MISSING: Stalled =
    (Reason::KeyMissing, "the TenantKey default is missing, or not the one that the TenantLedger knows: restore both from one backup");
const KEY_VERSION_UNKNOWN: Stalled = (
    Reason::KeyVersionUnknown,
    "another version of Tenure wrote the TenantLedger default, with keys that this one cannot read: install that version again",
);
const CLOCK_OFF: Stalled =
    (Reason::ClockOff, "the clock of a node is more than a minute away from the API server's: nobody is evaluated until it is set right");
const SEAL_REFUSED: Stalled = (
    Reason::SealRefused,
    "the API server does not take what evaluations write, so that nobody is due any more: an Event of this object, and the log of the \
     pod, say what",
);
const UNREADABLE: Stalled = (
    Reason::Unreadable,
    "an object of this namespace cannot be read, so that nobody knows who is due: an Event of this object, and the log of the pod, say which",
);
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
        let has_leavers = has_leavers(cache, observed.head.as_ref(), now);
        if memory.places.take(cluster.namespace(), has_leavers, &memory.timing, now) {
            actions = start(&mut observed, ticks.as_ref(), cluster, memory, now).await?;
        } else {
            actions.decision = Some(EvaluationDecision::Wait { until: Some(now + memory.timing.place_look) });
        }
    } else if memory.evaluations.started.as_ref().is_none_or(|started| is_over(&observed, started)) {
        memory.places.give_back(cluster.namespace());
    }
    let current = observed.schedule.status.as_ref();
    let before = current.map(|status| status.conditions.as_slice()).unwrap_or_default();
    let is_told = is_told_by_the_evaluation(&observed, memory);
    let news: Vec<_> = news::of_ready(before, &actions.status.conditions).into_iter().filter(|_| !is_told).collect();
    let uid = observed.schedule.metadata.uid.as_deref();
    news::tell(cluster, &About { kind: "TenantSchedule", name: DEFAULT_NAME, uid }, &news).await?;
    status::write::<TenantSchedule, _>(cluster, DEFAULT_NAME, current, &actions.status).await?;
    let wake_at = wake_at(actions.decision.as_ref(), ticks.as_ref(), now);
    let again = memory.clock_skew.map(|_| now + memory.timing.clock_look);
    let late = observed.waiting.as_ref().and_then(|waiting| waiting.look_at(now));
    let is_in_the_way = memory.evaluations.taken.is_some() || memory.evaluations.unmade.0 > 0;
    let taken = is_in_the_way.then(|| now + memory.timing.obstacle_look);
    Ok(Next { wake_at: [wake_at, again, late, taken].into_iter().flatten().min() })
}

/// Whether somebody waits to be off-boarded: by what the last evaluation knew, or by a Run that a person made.
fn has_leavers(cache: &Cache, head: Option<&TenantLedger>, now: DateTime<Utc>) -> bool {
    let is_due = head.and_then(|head| head.spec.next_leaver_at).is_some_and(|at| at <= now);
    let is_leaver = |run: &Run| Source::of(run).and_then(|source| cache.workflow(source.name())).map(|workflow| workflow.spec.category);
    is_due || cache.open_runs().any(|run| asks_for_plan(run, head) && is_leaver(run) == Some(Category::Leaver))
}

/// Whether the evaluation that was started last has ended, well or badly.
fn is_over(observed: &Observed<'_>, started: &Started) -> bool {
    let has_ended = |job: &JobFacts| job.number == started.number && job.finished_at.is_some();
    observed.jobs.iter().any(has_ended) || observed.head.as_ref().is_some_and(|head| head.spec.sealed_epoch >= started.number)
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
    let found = [judged::placeless, judged::problems, judged::unlisted];
    found.into_iter().all(|find| find(cache, workflow).is_empty())
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
    let uid = observed.schedule.metadata.uid.as_deref().unwrap_or_default();
    observed.jobs = found.iter().filter(|job| job::is_controlled_by(job, uid)).filter_map(jobs::evaluation_facts).collect();
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
        schedule: Owner { kind: "TenantSchedule", name: DEFAULT_NAME, uid },
        timing: &memory.timing,
        image: &memory.image,
    });
    let evaluation = job::with_resources(evaluation, memory.resources.as_ref());
    let made = match cluster.create(&evaluation).await {
        Err(ClusterError::Refused { code, reason, .. }) => {
            let unmade = &mut memory.evaluations.unmade;
            *unmade = (unmade.0.saturating_add(1), format!("{reason} ({code})"));
            tracing::warn!(namespace = cluster.namespace(), code, reason, "the Job of an evaluation is refused");
            memory.places.give_back(cluster.namespace());
            return Ok(decide(observed, ticks, memory, now));
        }
        made => made?,
    };
    memory.evaluations.unmade = (0, String::new());
    if let Created::Exists = made
        && !is_ours(cluster, &name, observed.schedule).await?
    {
        memory.evaluations.taken = Some(name);
        return Ok(decide(observed, ticks, memory, now));
    }
    memory.evaluations.taken = None;
    memory.evaluations.started = Some(Started {
        at: now,
        number,
        head: observed.head.as_ref().and_then(|head| head.metadata.uid.clone()),
        runs_only,
        changes: observed.changes,
        evaluate_now: evaluate_now(observed.schedule).map(str::to_owned),
        runs: observed.unplanned.clone(),
    });
    Ok(actions)
}

/// A Job of that name is there although none was listed: an earlier try of this very creation, one that is still being
/// deleted, or a stranger's.
async fn is_ours(cluster: &Cluster, name: &str, schedule: &TenantSchedule) -> Result<bool, ReconcileError> {
    let uid = schedule.metadata.uid.as_deref().unwrap_or_default();
    match cluster.find::<Job>(name).await? {
        Some(job) if job.metadata.deletion_timestamp.is_some() => Err(ReconcileError::StillThere { name: name.to_owned() }),
        Some(job) if !job::is_made_for(&job, uid) => Ok(false),
        Some(job) if jobs::is_finished(&job) => Err(ReconcileError::StillThere { name: name.to_owned() }),
        Some(_) => Ok(true),
        None => Err(ReconcileError::Behind { kind: "Job", name: name.to_owned() }),
    }
}

#[cfg(test)]
mod tests;
