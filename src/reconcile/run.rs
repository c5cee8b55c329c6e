//! Run: from a plan in force to Jobs, and from what they report to a result. Slices are never read here.

use chrono::{DateTime, Utc};
use k8s_openapi::api::batch::v1::Job;
use kube::ResourceExt as _;

use super::attempt::{self, AttemptJob, Attempts, EarlyEnd, KEPT_JOBS, NextAttempt};
use super::awaited::Awaited;
use super::cache::Cache;
use super::ending::Ending;
use super::memory::Memory;
use super::news::{self, About};
use super::progress::is_complete;
use super::room::{gate_of, plan_in_force};
use super::starting::Waiting;
use super::turn::{has_room, under_way};
use super::{Next, ReconcileError, jobs, report, status, unplanned};
use crate::api::conditions::{self, COMPLETE, Finding, HELD, PLANNED, RECONCILING, STALLED};
use crate::api::meta::LABEL_RUN;
use crate::api::reasons::Reason;
use crate::api::run::RunStatus;
use crate::api::{ProcessingStatus, Run, Task, TenantLedger};
use crate::cluster::{Cluster, Created, Selector};
use crate::domain::gate::{Gate, Held};
use crate::domain::job::{self, Execution, Owner};
use crate::domain::source::Source;
use crate::domain::timing::Timing;

/// Everything that decides.
struct Observed<'a> {
    run: Run,
    head: Option<&'a TenantLedger>,
    attempts: Vec<AttemptJob>,
    /// How the attempts ended whose Jobs have failed.
    endings: Vec<(i32, Ending)>,
    /// Jobs that have ended and have no time to live yet, by attempt.
    ended: Vec<(i32, String)>,
    missing_since: Option<DateTime<Utc>>,
    /// What stands between the plan and its first effect.
    gate: Gate,
    room: bool,
    /// What is to be there before the Run can be planned.
    awaited: Option<Awaited>,
    /// The tasks that the Run would have executed, if nobody is planned.
    tasks: &'a [Task],
    /// Whether all tenants together leave a place for one more Job.
    place: bool,
    /// A Job of the Run whose container does not run.
    waiting: Option<Waiting>,
    /// The Job of the next attempt, if another Job has its name.
    taken: Option<String>,
    timing: Timing,
}

/// What to do.
struct RunActions {
    /// What stands there once everything else is done.
    status: RunStatus,
    /// The attempt whose Job is created, and whether it may take over at once.
    start: Option<(i32, bool)>,
    retire: Vec<String>,
    missing: bool,
    /// The attempts from the one that the status knows on that have ended before their end.
    early: Vec<(i32, Ending)>,
    wake_at: Option<DateTime<Utc>>,
}

fn observe<'a>(cache: &'a Cache, memory: &Memory, name: &str) -> Option<Observed<'a>> {
    let run = cache.open_run(name)?.clone();
    let jobs: Vec<_> = cache.jobs_of_run(name).collect();
    Some(gather(cache, memory, run, &jobs))
}

fn gather<'a>(cache: &'a Cache, memory: &Memory, run: Run, jobs: &[&Job]) -> Observed<'a> {
    let name = run.name_any();
    let is_own = |job: &Job| run.metadata.uid.as_deref().is_some_and(|uid| job::is_controlled_by(job, uid));
    let all = jobs.iter().filter_map(|job| Some((job::attempt_of(&name, job)?, *job)));
    let numbered = || all.clone().filter(|(_, job)| is_own(job));
    let attempts: Vec<AttemptJob> = all
        .clone()
        .map(|(number, job)| AttemptJob { number, own: is_own(job), ended: jobs::ended(job), terminated: all_terminated(cache, job) })
        .collect();
    let ended =
        numbered().filter(|(_, job)| jobs::is_finished(job) && !jobs::has_ttl(job)).map(|(number, job)| (number, job.name_any())).collect();
    let pods = |job: &Job| cache.pods_of_job(job).collect::<Vec<_>>();
    let failed = numbered().filter(|(_, job)| jobs::ended(job).is_some_and(|ended| !ended.succeeded));
    let endings = failed.map(|(number, job)| (number, Ending::of(job, &pods(job)))).collect();
    let missing_since = memory.missing_since.get(&name).copied();
    let room = is_complete(&run) || has_room(cache, memory, &run);
    memory.ceilings.note(&run.namespace().unwrap_or_default(), under_way(cache, memory));
    let place = memory.ceilings.has_place(cache.say_in(&run).share(&run));
    let waiting = Waiting::longest(cache, numbered().map(|(_, job)| job), &memory.timing);
    // A Job that was just created may not stand in the status yet.
    let gate = gate_of(&cache.say_in(&run), &run, attempts.iter().any(|attempt| attempt.own));
    let awaited = Awaited::by(cache, &run);
    let tasks = unplanned::tasks(cache, &run);
    Observed {
        run,
        head: cache.head(),
        attempts,
        endings,
        ended,
        missing_since,
        gate,
        room,
        place,
        awaited,
        tasks,
        waiting,
        taken: None,
        timing: memory.timing,
    }
}

/// Whether there are pods of the Job, and the kubelet has reported all of them terminated.
fn all_terminated(cache: &Cache, job: &Job) -> bool {
    let mut pods = cache.pods_of_job(job).peekable();
    pods.peek().is_some() && pods.all(jobs::is_terminated)
}

fn decide(observed: &Observed<'_>, now: DateTime<Utc>) -> RunActions {
    let run = &observed.run;
    let current = run.status.clone().unwrap_or_default();
    let mut actions = RunActions { status: current, start: None, retire: Vec::new(), missing: false, early: Vec::new(), wake_at: None };
    if is_complete(run) {
        actions.retire = observed.ended.iter().map(|(_, name)| name.clone()).collect();
        return actions;
    }
    let Some(in_force) = plan_in_force(run, observed.head).cloned() else {
        await_plan(&mut actions.status, run, observed, now);
        return actions;
    };
    actions.early = early(observed, &actions.status, now);
    let generation = run.metadata.generation;
    let status = &mut actions.status;
    status.observed_generation = generation;
    status.total_users_count = in_force.subjects;
    say(status, run, PLANNED, true, Reason::Sealed, format!("planned by evaluation {}", in_force.epoch), now);
    if conditions::is_true(&status.conditions, HELD) && observed.gate == Gate::Open {
        say(status, run, HELD, false, Reason::Open, "nothing holds it any more".to_owned(), now);
    }
    if let (Gate::Held { reason, message, .. }, true) = (&observed.gate, in_force.subjects > 0) {
        status.processing_status = Some(match reason {
            Held::RestoredWhileRunning => ProcessingStatus::Queued,
            Held::LimitExceeded => ProcessingStatus::Quarantined,
        });
        say(status, run, HELD, true, reason.reason(), message.clone(), now);
    } else if in_force.subjects == 0 {
        status.processing_status = Some(ProcessingStatus::Completed);
        status.completed_date_time = status.completed_date_time.or(Some(now));
        let reason = Reason::of(in_force.reason.as_deref()).unwrap_or(Reason::NobodyDue);
        say(status, run, COMPLETE, true, reason, unplanned::sentence(reason, &run.spec, observed.tasks), now);
    } else if let Some(result) = report::of(&status.shards, run.spec.cancel) {
        let message = result.sentence();
        result.write(status, now);
        say(status, run, COMPLETE, true, report::reason(status.processing_status), message, now);
    } else {
        execute(&mut actions, observed, now);
    }
    judge_start(&mut actions, observed, now);
    actions
}

/// Says whether a Job of the Run waits for its container, and whether it does for too long. Nothing is said of a Run whose Jobs
/// all start.
fn judge_start(actions: &mut RunActions, observed: &Observed<'_>, now: DateTime<Utc>) {
    let status = &mut actions.status;
    let (run, waiting) = (&observed.run, observed.waiting.as_ref());
    let said = waiting.filter(|waiting| waiting.is_said(now));
    let not_starting = |said: &Waiting| (Reason::JobNotStarting, said.message.clone());
    let waits = said.filter(|said| !said.is_late(now)).map(not_starting);
    let taken = observed.taken.as_deref().map(|job| (Reason::JobNameTaken, name_taken(job)));
    let stalls = taken.or_else(|| said.filter(|said| said.is_late(now)).map(not_starting));
    let is_stalled = stalls.is_some();
    for (type_, found) in [(RECONCILING, waits), (STALLED, stalls)] {
        if let Some((reason, message)) = found {
            say(status, run, type_, true, reason, message, now);
        } else if conditions::is_true(&status.conditions, type_) && is_stalled {
            say(status, run, type_, false, Reason::JobNotStarting, "it has waited too long: Stalled says for what".to_owned(), now);
        } else if conditions::is_true(&status.conditions, type_) {
            say(status, run, type_, false, Reason::JobStarted, "its Job has started".to_owned(), now);
        }
    }
    let taken = observed.taken.as_ref().map(|_| now + observed.timing.obstacle_look);
    actions.wake_at = [actions.wake_at, waiting.and_then(|waiting| waiting.look_at(now)), taken].into_iter().flatten().min();
}

fn name_taken(job: &str) -> String {
    format!("a Job that is not Tenure's has the name of the next attempt's, {job}: delete it")
}

/// A Run without a plan in force. Those that evaluations made are left to them.
fn await_plan(status: &mut RunStatus, run: &Run, observed: &Observed<'_>, now: DateTime<Utc>) {
    if run.spec.is_scheduled() || (observed.head.is_none() && status.plan.is_some()) {
        return;
    }
    status.observed_generation = run.metadata.generation;
    status.processing_status = Some(ProcessingStatus::Queued);
    let (reason, message) = match observed.awaited {
        Some(awaited) => (awaited.reason(), awaited.sentence(run)),
        None => (Reason::AwaitingEvaluation, "the next evaluation plans it".to_owned()),
    };
    say(status, run, PLANNED, false, reason, message, now);
}

/// What decides about the attempts.
fn attempts_of<'a>(observed: &'a Observed<'_>, status: &RunStatus, now: DateTime<Utc>) -> Attempts<'a> {
    let reported = status.shards.iter().map(|shard| shard.attempt).max().unwrap_or(0);
    Attempts {
        known: status.attempt.max(reported),
        said_over: status.shards.iter().filter(|shard| shard.finished).map(|shard| shard.attempt).max().unwrap_or(0),
        jobs: &observed.attempts,
        missing_since: observed.missing_since,
        timing: &observed.timing,
        now,
    }
}

/// The newest attempt that has a Job.
fn seen(attempts: &Attempts<'_>) -> i32 {
    attempts.jobs.iter().filter(|attempt| attempt.own).map(|attempt| attempt.number).max().unwrap_or(0)
}

/// The newest attempt that anything is known of.
fn newest(attempts: &Attempts<'_>) -> i32 {
    attempts.known.max(seen(attempts))
}

/// Most early ends of attempts that are told at once: more do not happen while nobody leads.
const TOLD_ENDS: i32 = 20;

/// Which attempts have ended before their end, from the one that the status knows on: those before it were told of.
fn early(observed: &Observed<'_>, status: &RunStatus, now: DateTime<Utc>) -> Vec<(i32, Ending)> {
    let attempts = attempts_of(observed, status, now);
    // What a runner wrote may be any number.
    let newest = newest(&attempts);
    let numbers = status.attempt.max(1).max(newest.saturating_sub(TOLD_ENDS))..=newest;
    numbers.filter_map(|number| Some((number, ending(attempt::early_end(&attempts, number)?, &observed.endings, number)))).collect()
}

/// The next attempt of a Run with open subjects.
fn execute(actions: &mut RunActions, observed: &Observed<'_>, now: DateTime<Utc>) {
    let status = &mut actions.status;
    let started = status.shards.iter().any(|shard| shard.started);
    status.processing_status = Some(match (observed.run.spec.cancel, started) {
        (true, _) => ProcessingStatus::Canceling,
        (false, true) => ProcessingStatus::InProgress,
        (false, false) => ProcessingStatus::Queued,
    });
    let attempts = attempts_of(observed, status, now);
    let newest = newest(&attempts);
    status.attempt = status.attempt.max(seen(&attempts));
    actions.retire =
        observed.ended.iter().filter(|(number, _)| number.saturating_add(KEPT_JOBS) <= newest).map(|(_, name)| name.clone()).collect();
    match attempt::next_attempt(&attempts) {
        NextAttempt::Pause { until, missing } => {
            actions.missing = missing;
            actions.wake_at = Some(until);
            let message = format!("{}; the next attempt starts at {}", attempt::why_it_waits(&attempts, newest), until.to_rfc3339());
            say(&mut actions.status, &observed.run, COMPLETE, false, Reason::AwaitingAttempt, message, now);
        }
        NextAttempt::Start { .. } if observed.taken.is_some() => {}
        // Nobody here sees the end of another tenant's Run.
        NextAttempt::Start { .. } if observed.room && !observed.place => actions.wake_at = Some(now + observed.timing.wait),
        NextAttempt::Start { attempt, take_over } if observed.room => {
            status.attempt = attempt;
            actions.start = Some((attempt, take_over));
            say_under_way(actions, observed, now);
        }
        NextAttempt::Running => say_under_way(actions, observed, now),
        // Without room the end of another Run is seen, and asks again.
        NextAttempt::Start { .. } => {}
    }
}

/// How an attempt came to an early end.
fn ending(end: EarlyEnd, endings: &[(i32, Ending)], attempt: i32) -> Ending {
    match end {
        EarlyEnd::SaidSo => Ending::SaidSo,
        EarlyEnd::Gone => Ending::Gone,
        EarlyEnd::Job => endings.iter().find(|(number, _)| *number == attempt).map_or(Ending::Unseen, |(_, ending)| ending.clone()),
    }
}

/// Takes back that the next attempt is waited for. Nothing is said of a Run that has never waited for one.
fn say_under_way(actions: &mut RunActions, observed: &Observed<'_>, now: DateTime<Utc>) {
    let status = &mut actions.status;
    if status.conditions.iter().any(|condition| condition.type_ == COMPLETE) {
        let message = format!("attempt {} is under way", status.attempt);
        say(status, &observed.run, COMPLETE, false, Reason::Executing, message, now);
    }
}

fn say(status: &mut RunStatus, run: &Run, type_: &str, holds: bool, reason: Reason, message: String, now: DateTime<Utc>) {
    conditions::upsert(&mut status.conditions, Finding { type_, status: holds.into(), reason, message }, run.metadata.generation, now);
}

/// One pass.
pub(super) async fn reconcile(cache: &Cache, cluster: &Cluster, memory: &mut Memory, name: &str) -> Result<Next, ReconcileError> {
    let Some(mut observed) = observe(cache, memory, name) else {
        memory.missing_since.remove(name);
        memory.launched.remove(name);
        memory.ceilings.note(cluster.namespace(), under_way(cache, memory));
        return retire_all(cache, cluster, name).await;
    };
    if let Some(waiting) = &mut observed.waiting {
        waiting.ask(cluster).await?;
    }
    let now = cluster.clock().now();
    let mut actions = decide(&observed, now);
    if actions.start.is_some() {
        observed = observe_again(cache, cluster, memory, &observed).await?;
        actions = decide(&observed, now);
    }
    if actions.missing {
        memory.missing_since.entry(name.to_owned()).or_insert(now);
    } else {
        memory.missing_since.remove(name);
    }
    if let Some((attempt, take_over)) = actions.start {
        let job = job::execution_job_name(name, attempt);
        if launch(cluster, memory, &observed.run, attempt, take_over).await? {
            memory.launched.insert(name.to_owned(), job);
        } else {
            observed.taken = Some(job);
            actions = decide(&observed, now);
        }
    } else if memory.launched.get(name).is_some_and(|job| cache.job(job).is_some()) {
        memory.launched.remove(name);
    }
    let news = news::of_run(observed.run.status.as_ref(), &actions.status, &actions.early);
    news::tell(cluster, &About { kind: "Run", name, uid: observed.run.metadata.uid.as_deref() }, &news).await?;
    status::write::<Run, _>(cluster, name, observed.run.status.as_ref(), &actions.status).await?;
    for job in &actions.retire {
        jobs::retire(cluster, job).await?;
    }
    Ok(Next { wake_at: actions.wake_at })
}

/// One pass over a Run that is not open: if it has come to its end, so have its Jobs.
async fn retire_all(cache: &Cache, cluster: &Cluster, name: &str) -> Result<Next, ReconcileError> {
    for job in over(cache, name) {
        jobs::retire(cluster, &job).await?;
    }
    Ok(Next::IDLE)
}

/// The Jobs that may go: they have ended, and the Run's result is stored.
fn over(cache: &Cache, name: &str) -> Vec<String> {
    let jobs = cache.jobs_of_run(name).filter(|job| cache.has_ended(name) && cache.is_ours(job));
    jobs.filter(|job| jobs::is_finished(job) && !jobs::has_ttl(job)).map(kube::ResourceExt::name_any).collect()
}

/// The Run and its Jobs as the API server has them now.
async fn observe_again<'a>(
    cache: &'a Cache,
    cluster: &Cluster,
    memory: &Memory,
    seen: &Observed<'_>,
) -> Result<Observed<'a>, ReconcileError> {
    let name = seen.run.name_any();
    let behind = || ReconcileError::Behind { kind: "Run", name: name.clone() };
    let run = cluster.find::<Run>(&name).await?.ok_or_else(behind)?;
    if run.metadata.uid != seen.run.metadata.uid {
        return Err(behind());
    }
    let found = cluster.list::<Job>(&Selector::labels(format!("{LABEL_RUN}={name}"))).await?;
    Ok(gather(cache, memory, run, &found.iter().collect::<Vec<_>>()))
}

/// Creates the Job of an attempt; one that an earlier try has created is ours. Tells whether it is there: another Job may have its
/// name.
async fn launch(cluster: &Cluster, memory: &Memory, run: &Run, attempt: i32, take_over: bool) -> Result<bool, ReconcileError> {
    let name = run.name_any();
    let job = job::execution_job_name(&name, attempt);
    let uid = run.metadata.uid.as_deref().unwrap_or_default();
    let execution = job::execution_job(&Execution {
        namespace: cluster.namespace(),
        run: Owner { kind: "Run", name: &name, uid },
        workflow: Source::of(run).map_or("", Source::name),
        attempt,
        take_over,
        timing: &memory.timing,
        image: &memory.image,
    });
    let execution = job::with_resources(execution, memory.resources.as_ref());
    if let Created::Exists = cluster.create(&execution).await? {
        let found = cluster.find::<Job>(&job).await?.ok_or_else(|| ReconcileError::Behind { kind: "Job", name: job.clone() })?;
        return Ok(job::is_made_for(&found, uid) && job::attempt_of(&name, &found) == Some(attempt));
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
