use serde_json::{Value, json};

use super::*;
use crate::api::run::{ExecutionType, Priority};
use crate::api::{TenantSchedule, Workflow, WorkflowVersion};
use crate::reconcile::news::News;
use crate::reconcile::{Ceilings, Seen, SeenKind};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + seconds, 0).unwrap()
}

fn object<K: serde::de::DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).unwrap()
}

/// A Run of the workflow `hire` whose uid is `<name>-uid`; `status` is its status.
#[expect(clippy::needless_pass_by_value, reason = "a literal at every call")]
fn run(name: &str, status: Value) -> Run {
    object(json!({
        "apiVersion": "tenure.dev/v1alpha1", "kind": "Run",
        "metadata": {"name": name, "uid": format!("{name}-uid"), "generation": 1, "creationTimestamp": at(0), "labels": {"tenure.dev/epoch": "3"}},
        "spec": {"source": {"workflow": {"name": "hire", "version": 1}}, "executionType": "scheduled"},
        "status": status,
    }))
}

fn plan_of(epoch: i64, subjects: i32) -> Value {
    json!({"plan": {"epoch": epoch, "hash": "sha256:0", "version": 1, "subjects": subjects, "slices": 1}})
}

fn merged(mut left: Value, right: &Value) -> Value {
    for (key, value) in right.as_object().unwrap() {
        left[key] = value.clone();
    }
    left
}

/// When every Job was created: late enough that none has waited too long for its pod.
const JOBS_CREATED: i64 = 3_000;

/// The Job of an attempt; it ended so ("Complete", "Failed"), or runs.
fn job(run: &str, attempt: i32, condition: Option<(&str, i64)>) -> Job {
    let conditions: Vec<_> =
        condition.iter().map(|(type_, seconds)| json!({"type": type_, "status": "True", "lastTransitionTime": at(*seconds)})).collect();
    object(json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": format!("{run}-a{attempt}"), "uid": format!("{run}-{attempt}"), "labels": {"tenure.dev/run": run},
            "creationTimestamp": at(JOBS_CREATED),
            "ownerReferences": [{"apiVersion": "tenure.dev/v1alpha1", "kind": "Run", "name": run, "uid": format!("{run}-uid"), "controller": true}]},
        "spec": {"template": {}},
        "status": {"conditions": conditions},
    }))
}

fn pod(job: &str, terminated: bool) -> k8s_openapi::api::core::v1::Pod {
    let state = if terminated { json!({"terminated": {"exitCode": 1}}) } else { json!({"running": {}}) };
    object(json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("{job}-x"), "labels": {"batch.kubernetes.io/job-name": job}, "ownerReferences": [
            {"apiVersion": "batch/v1", "kind": "Job", "name": job, "uid": job.replacen("-a", "-", 1), "controller": true}]},
        "spec": {"serviceAccountName": "tenure-runner", "containers": []},
        "status": {"phase": "Failed", "containerStatuses": [{"name": "tenure", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state}]},
    }))
}

fn shard(attempt: i32, finished: bool, open: i32) -> Value {
    json!({"shards": [{"index": 0, "attempt": attempt, "updatedDateTime": at(50), "openUsersCount": open, "started": true, "finished": finished,
        "counts": {"totalUsersCount": 3, "successfulUsersCount": 2, "failedUsersCount": 1, "totalTasksCount": 6, "failedTasksCount": 1, "totalUnprocessedTasksCount": 1},
        "tasks": [{"name": "t", "successfulUsersCount": 2, "failedUsersCount": 1}]}]})
}

/// A tenant whose epochs 1 to 4 are sealed and 2 is abandoned.
fn tenant(category: &str, max_concurrent_runs: i32) -> Cache {
    let mut cache = Cache::default();
    cache.put(Seen::from(object::<TenantLedger>(json!({
        "apiVersion": "tenure.dev/v1alpha1", "kind": "TenantLedger", "metadata": {"name": "default"},
        "epoch": 5, "sealedEpoch": 4, "abandoned": [{"from": 2, "to": 2}], "key": "0"}))));
    cache.put(Seen::from(object::<Workflow>(json!({
        "apiVersion": "tenure.dev/v1alpha1", "kind": "Workflow", "metadata": {"name": "hire"},
        "spec": {"category": category, "tasks": []}}))));
    cache.put(Seen::from(object::<TenantSchedule>(json!({
        "apiVersion": "tenure.dev/v1alpha1", "kind": "TenantSchedule", "metadata": {"name": "default"},
        "spec": {"maxConcurrentRuns": max_concurrent_runs}}))));
    cache
}

fn decided(cache: &Cache, name: &str, seconds: i64) -> RunActions {
    decide(&observe(cache, &Memory::default(), name).unwrap(), at(seconds))
}

fn conditions_of(status: &RunStatus) -> Vec<(&str, bool, &str)> {
    status
        .conditions
        .iter()
        .map(|condition| (condition.type_.as_str(), condition.status == conditions::ConditionStatus::True, condition.reason.as_str()))
        .collect()
}

#[test]
fn from_plan_to_result() {
    use ProcessingStatus::{Completed, CompletedWithErrors, InProgress, Queued};
    const SEALED: (&str, bool, &str) = ("Planned", true, "Sealed");
    type Row = (&'static str, Value, Option<ProcessingStatus>, Vec<(&'static str, bool, &'static str)>, Option<(i32, bool)>);
    let planned = plan_of(3, 3);
    let reason = |subjects: i32, reason: Reason| {
        let mut status = plan_of(3, subjects);
        status["plan"]["reason"] = json!(reason.as_str());
        status
    };
    let rows: Vec<Row> = vec![
        ("no plan", json!({}), None, vec![], None),
        ("plan not sealed yet", plan_of(5, 3), None, vec![], None),
        ("plan abandoned", plan_of(2, 3), None, vec![], None),
        ("sealed", planned.clone(), Some(Queued), vec![SEALED], Some((1, false))),
        ("nobody", plan_of(3, 0), Some(Completed), vec![SEALED, ("Complete", true, "NobodyDue")], None),
        (
            "nobody, for a reason",
            reason(0, Reason::AlreadyProcessed),
            Some(Completed),
            vec![SEALED, ("Complete", true, "AlreadyProcessed")],
            None,
        ),
        (
            "restored",
            reason(3, Reason::RestoredWhileRunning),
            Some(Queued),
            vec![SEALED, ("Held", true, Reason::RestoredWhileRunning.as_str())],
            None,
        ),
        (
            "under way, and its Job is gone",
            merged(planned.clone(), &shard(1, false, 2)),
            Some(InProgress),
            vec![SEALED, ("Complete", false, "AwaitingAttempt")],
            None,
        ),
        (
            "open subjects left by an attempt that has said that it ends, and its Job is gone",
            merged(planned.clone(), &shard(1, true, 2)),
            Some(InProgress),
            vec![SEALED],
            Some((2, true)),
        ),
        (
            "done",
            merged(planned.clone(), &shard(1, true, 0)),
            Some(CompletedWithErrors),
            vec![SEALED, ("Complete", true, "CompletedWithErrors")],
            None,
        ),
    ];
    for (what, status, processing_status, said, start) in rows {
        let mut cache = tenant("joiner", 5);
        cache.put(Seen::from(run("r", status)));
        let plan = decided(&cache, "r", 60);
        assert_eq!(plan.status.processing_status, processing_status, "{what}");
        assert_eq!(conditions_of(&plan.status), said, "{what}");
        assert_eq!(plan.start, start, "{what}");
        assert_eq!(plan.status.attempt, start.map_or(0, |(attempt, _)| attempt), "{what}: the status tells of the attempt that starts");
    }
}

#[test]
fn a_result_has_counts_and_a_time() {
    let mut cache = tenant("joiner", 5);
    cache.put(Seen::from(run("r", merged(plan_of(3, 3), &shard(1, true, 0)))));
    cache.put(Seen::from(job("r", 1, None)));
    let status = decided(&cache, "r", 60).status;
    assert_eq!(
        (status.total_users_count, status.successful_users_count, status.failed_users_count, status.failed_tasks_count),
        (3, 2, 1, 1)
    );
    assert_eq!(status.completed_date_time, Some(at(60)));
    assert_eq!(status.task_reports.len(), 1);
    // The Job may go once that is stored, and not before.
    cache.put(Seen::from(job("r", 1, Some(("Complete", 61)))));
    assert!(decided(&cache, "r", 62).retire.is_empty() && over(&cache, "r").is_empty());
    let mut stored = run("r", json!({}));
    stored.status = Some(status);
    cache.put(Seen::from(stored));
    assert_eq!(over(&cache, "r"), ["r-a1"]);
}

#[test]
fn after_a_failure() {
    let mut cache = tenant("joiner", 5);
    cache.put(Seen::from(run("r", merged(plan_of(3, 3), &json!({"attempt": 1})))));
    assert!(decided(&cache, "r", 60).missing, "the Job is not there");
    cache.put(Seen::from(job("r", 1, Some(("Failed", 60)))));
    let unseen = decided(&cache, "r", 60);
    assert_eq!((unseen.start, unseen.wake_at, unseen.missing), (None, Some(at(150)), false), "no pod is known");
    cache.put(Seen::from(pod("r-a1", false)));
    assert_eq!(decided(&cache, "r", 149).start, None, "the container may still run");
    assert_eq!(decided(&cache, "r", 150).start, Some((2, false)));
    cache.put(Seen::from(pod("r-a1", true)));
    assert_eq!(decided(&cache, "r", 60).start, Some((2, true)), "the kubelet has reported it");
}

#[test]
fn a_run_says_why_it_waits_for_its_next_attempt() {
    let complete = |status: &RunStatus| {
        let found = status.conditions.iter().find(|condition| condition.type_ == COMPLETE);
        found.map(|condition| (condition.reason.clone(), condition.message.clone())).unwrap_or_default()
    };
    let mut cache = tenant("joiner", 5);
    cache.put(Seen::from(run("r", merged(plan_of(3, 3), &json!({"attempt": 1})))));
    cache.put(Seen::from(job("r", 1, None)));
    assert_eq!(complete(&decided(&cache, "r", 60).status).0, "", "nothing is said of an attempt that goes on");
    cache.put(Seen::from(job("r", 1, Some(("Failed", 60)))));
    let waits = decided(&cache, "r", 60).status;
    let (reason, message) = complete(&waits);
    assert_eq!(reason, "AwaitingAttempt");
    let until = format!("; the next attempt starts at {}", at(150).to_rfc3339());
    assert!(message.starts_with("attempt 1 ended early") && message.ends_with(&until), "{message}");
    let mut stored = run("r", json!({}));
    stored.status = Some(waits);
    cache.put(Seen::from(stored));
    let goes_on = decided(&cache, "r", 150);
    assert_eq!(
        (goes_on.start, complete(&goes_on.status)),
        (Some((2, false)), ("Executing".to_owned(), "attempt 2 is under way".to_owned()))
    );
    // An attempt that was asked to end has said so as its last act.
    let said = merged(plan_of(3, 3), &merged(json!({"attempt": 1}), &shard(1, true, 2)));
    cache.put(Seen::from(run("r", said)));
    assert_eq!(decided(&cache, "r", 60).start, Some((2, true)), "nothing is waited for");
}

#[test]
fn on_demand_runs_wait_for_an_evaluation() {
    let mut cache = tenant("joiner", 5);
    let mut asked = run("r", json!({}));
    asked.spec.execution_type = ExecutionType::OnDemand;
    cache.put(Seen::from(asked));
    let workflow = |spec: Value, ready: &str| {
        let condition = json!({"type": "Ready", "status": ready, "reason": "x", "message": "", "lastTransitionTime": at(0)});
        Seen::from(object::<Workflow>(json!({
            "apiVersion": "tenure.dev/v1alpha1", "kind": "Workflow", "metadata": {"name": "hire", "generation": 1},
            "spec": merged(json!({"category": "joiner", "tasks": []}), &spec),
            "status": {"observedGeneration": 1, "conditions": [condition]}})))
    };
    for (what, workflow, reason) in [
        ("it is Ready", Some(workflow(json!({}), "True")), "AwaitingEvaluation"),
        ("it is not", Some(workflow(json!({}), "False")), "WorkflowNotReady"),
        ("it is disabled, which ends the Run", Some(workflow(json!({"isEnabled": false}), "False")), "AwaitingEvaluation"),
        ("there is none", None, "WorkflowNotFound"),
    ] {
        match workflow {
            Some(workflow) => cache.put(workflow),
            None => cache.forget(SeenKind::Workflow, "hire"),
        }
        let plan = decided(&cache, "r", 0);
        assert_eq!(conditions_of(&plan.status), [("Planned", false, reason)], "{what}");
        assert_eq!(plan.start, None);
    }
}

/// Runs `a`, `b`, `c` of one category; those in `executing` have a Job that runs.
fn crowd(category: &str, bound: i32, executing: &[&str]) -> Cache {
    let mut cache = tenant(category, bound);
    for name in ["a", "b", "c"] {
        cache.put(Seen::from(run(name, plan_of(3, 3))));
    }
    for name in executing {
        cache.put(Seen::from(job(name, 1, None)));
    }
    cache
}

#[test]
fn only_so_many_at_the_same_time() {
    let rows: [(&str, i32, &[&str], &[&str]); 6] = [
        ("joiner", 5, &[], &["a", "b", "c"]),
        ("joiner", 2, &[], &["a", "b"]),
        ("joiner", 2, &["c"], &["a"]),
        ("joiner", 1, &["b"], &[]),
        ("leaver", 1, &["b"], &["a", "c"]),
        ("mover", 2, &["a"], &["b"]),
    ];
    for (category, bound, executing, expected) in rows {
        let cache = crowd(category, bound, executing);
        let starting: Vec<_> = ["a", "b", "c"].into_iter().filter(|name| decided(&cache, name, 60).start.is_some()).collect();
        assert_eq!(starting, expected, "{category}, {bound} at a time, {executing:?} under way");
    }
    // A Job that was created and that no watch has shown yet takes a place.
    let cache = crowd("joiner", 1, &[]);
    let mut memory = Memory::default();
    memory.launched.insert("a".to_owned(), "a-a1".to_owned());
    assert_eq!(decide(&observe(&cache, &memory, "b").unwrap(), at(60)).start, None);
    // Who has begun waits for a place and not for its turn, also where only the report of a Job that is gone says so.
    let mut cache = crowd("joiner", 1, &[]);
    cache.put(Seen::from(run("b", merged(plan_of(3, 3), &shard(1, true, 2)))));
    let mut memory = Memory::default();
    memory.missing_since.insert("b".to_owned(), at(0));
    assert_eq!(decide(&observe(&cache, &memory, "b").unwrap(), at(1_000)).start, Some((2, true)), "it has said that it ended");
    // An emergency goes first.
    let mut cache = crowd("joiner", 1, &[]);
    let mut urgent = run("c", plan_of(3, 3));
    urgent.spec.priority = Priority::Emergency;
    cache.put(Seen::from(urgent));
    assert_eq!(decided(&cache, "a", 60).start, None);
    assert_eq!(decided(&cache, "c", 60).start, Some((1, false)));
}

/// Whoever has a runner's token writes whatever number the schema takes.
#[test]
fn a_number_of_an_attempt_that_cannot_be_costs_nothing() {
    let mut cache = tenant("joiner", 5);
    let mut status = plan_of(3, 3);
    status["shards"] = json!([{"index": 0, "attempt": i32::MAX, "updatedDateTime": at(50), "counts": {}}]);
    cache.put(Seen::from(run("a", status)));
    let memory = Memory::default();
    let observed = observe(&cache, &memory, "a").unwrap();
    let status = observed.run.status.clone().unwrap_or_default();
    assert!(early(&observed, &status, at(60)).len() <= usize::try_from(TOLD_ENDS).unwrap() + 1);
}

#[test]
fn a_run_waits_for_a_place_that_all_tenants_share_and_looks_again() {
    // (category, what another tenant has under way of eight, whether it starts)
    for (category, taken, starts) in [("joiner", 5, true), ("joiner", 6, false), ("leaver", 7, true), ("leaver", 8, false)] {
        let memory = Memory { ceilings: Ceilings::new(40, 8), ..Memory::default() };
        memory.ceilings.note("another", taken);
        let cache = crowd(category, 5, &[]);
        let RunActions { start, wake_at, .. } = decide(&observe(&cache, &memory, "a").unwrap(), at(60));
        let wait = (!starts).then(|| at(60) + Timing::PRODUCTION.wait);
        assert_eq!((start.is_some(), wake_at), (starts, wait), "{category} beside {taken}");
    }
}

#[test]
fn a_job_that_does_not_start_stalls_its_run() {
    let mut cache = tenant("joiner", 5);
    cache.put(Seen::from(run("a", plan_of(3, 3))));
    cache.put(Seen::from(job("a", 1, None)));
    let before = decided(&cache, "a", JOBS_CREATED + 299);
    assert_eq!(before.wake_at, Some(at(JOBS_CREATED + 300)));
    assert!(!conditions_of(&before.status).iter().any(|(type_, ..)| *type_ == STALLED));
    let mut late = decided(&cache, "a", JOBS_CREATED + 300).status;
    assert!(conditions_of(&late).contains(&(STALLED, true, Reason::JobNotStarting.as_str())), "{late:?}");
    cache.put(Seen::from(run("a", serde_json::to_value(&late).unwrap())));
    cache.put(Seen::from(pod("a-a1", false)));
    late = decided(&cache, "a", JOBS_CREATED + 400).status;
    assert!(conditions_of(&late).contains(&(STALLED, false, "JobStarted")), "{late:?}");
}

#[test]
fn no_limit_holds_what_has_begun() {
    use ProcessingStatus::{Canceling, CompletedWithErrors, InProgress, Quarantined, Queued};
    type Row = (&'static str, Value, bool, &'static [i32], ProcessingStatus, bool);
    let held =
        json!({"conditions": [{"type": "Held", "status": "True", "reason": "LimitExceeded", "message": "", "lastTransitionTime": at(0)}]});
    let attempted = json!({"attempt": 1});
    // (what, the status, the person wants it canceled, the attempts that have a Job, where it stands, it is held)
    let rows: Vec<Row> = vec![
        ("nothing was done yet", json!({}), false, &[], Quarantined, true),
        ("a Job was made", attempted.clone(), false, &[1], Queued, false),
        ("a Job was made, and the status does not say so yet", json!({}), false, &[1], Queued, false),
        ("the Job is gone", attempted.clone(), false, &[], Queued, false),
        ("people are under way", merged(attempted.clone(), &shard(1, false, 2)), false, &[1], InProgress, false),
        ("people are left for another attempt", merged(attempted.clone(), &shard(1, true, 2)), false, &[1], InProgress, false),
        ("it was held while people were under way", merged(held.clone(), &shard(1, false, 2)), false, &[1], InProgress, false),
        ("everybody is done", merged(attempted.clone(), &shard(1, true, 0)), false, &[1], CompletedWithErrors, false),
        ("it was held when everybody was done", merged(held, &shard(1, true, 0)), false, &[1], CompletedWithErrors, false),
        ("canceled while people are under way", merged(attempted, &shard(1, false, 2)), true, &[1], Canceling, false),
    ];
    for (what, status, cancel, jobs, wanted, held) in rows {
        let mut cache = limited(2, cancel, &status);
        for number in jobs {
            cache.put(Seen::from(job("r", *number, None)));
        }
        let found = decided(&cache, "r", 60).status;
        assert_eq!(found.processing_status, Some(wanted), "{what}");
        assert_eq!(conditions::is_true(&found.conditions, HELD), held, "{what}");
        assert_eq!(conditions::is_true(&found.conditions, COMPLETE), wanted == CompletedWithErrors, "{what}");
    }
}

#[test]
fn a_clean_up_that_runs_goes_on_when_its_workflow_and_its_limits_are_gone() {
    let template = json!({
        "category": "leaver", "executionConditions": {"trigger": {"userInactivity": {"inactivityPeriodInDays": 90}}},
        "tasks": [{"name": "a", "disableUserAccount": {}}],
    });
    let held = |limits: Value, status: Value| {
        let mut cache = tenant("leaver", 5);
        cache.put(Seen::from(object::<WorkflowVersion>(json!({
            "apiVersion": "tenure.dev/v1alpha1", "kind": "WorkflowVersion", "metadata": {"name": "hire-v1"},
            "spec": {"workflow": "hire", "number": 1, "lineage": "l", "hash": "", "template": template}}))));
        cache.replace_all(SeenKind::Workflow, Vec::new());
        if !limits.is_null() {
            let mut spec = template.clone();
            spec["executionLimits"] = limits;
            cache.put(Seen::from(object::<Workflow>(
                json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "Workflow", "metadata": {"name": "hire"}, "spec": spec}),
            )));
        }
        let mut planned = plan_of(3, 60);
        (planned["plan"]["counted"], planned["plan"]["scope"]) = (json!(60), json!(70));
        cache.put(Seen::from(run("r", merged(planned, &status))));
        conditions::is_true(&decided(&cache, "r", 60).status.conditions, HELD)
    };
    let running = || merged(json!({"attempt": 1}), &shard(1, false, 2));
    assert!(!held(json!({"count": 100}), json!({})), "its Workflow allows it");
    assert!(held(Value::Null, json!({})), "without it nothing does");
    assert!(!held(Value::Null, running()), "but it runs");
}

/// A Run of three people in a tenant whose limit is so many.
fn limited(count: i32, cancel: bool, status: &Value) -> Cache {
    let mut cache = tenant("joiner", 5);
    cache.put(Seen::from(object::<TenantSchedule>(json!({
        "apiVersion": "tenure.dev/v1alpha1", "kind": "TenantSchedule", "metadata": {"name": "default"},
        "spec": {"limits": {"count": count}}}))));
    let mut planned = plan_of(3, 3);
    (planned["plan"]["counted"], planned["plan"]["scope"]) = (json!(3), json!(9));
    let mut run = run("r", merged(planned, status));
    run.spec.cancel = cancel;
    cache.put(Seen::from(run));
    cache
}

#[test]
fn a_run_that_waits_for_a_person_is_told_once() {
    let told = |cache: &Cache| {
        let observed = observe(cache, &Memory::default(), "r").unwrap();
        let plan = decide(&observed, at(60));
        let mut news = news::of_run(observed.run.status.as_ref(), &plan.status, &plan.early).into_iter();
        let told = news.find(|news| matches!(news, News::Held { .. }));
        (told, json!({"conditions": plan.status.conditions}))
    };
    let (first, held) = told(&limited(2, false, &json!({})));
    let Some(News::Held { reason: Reason::LimitExceeded, message, .. }) = &first else { panic!("{first:?}") };
    assert!(message.starts_with("3 people are more than 2: ") && message.ends_with("until a person decides"), "{message}");
    assert_eq!(told(&limited(2, false, &json!({}))).0, first, "a pass that is made again tells the same");
    assert_eq!(told(&limited(2, false, &held)).0, None, "the status tells it");
    assert_eq!(told(&limited(1, false, &held)).0, None, "other numbers are no news");
    let (nothing, open) = told(&limited(3, false, &held));
    assert_eq!(nothing, None, "it goes on");
    let again = told(&limited(2, false, &open)).0;
    assert!(again.is_some() && again != first, "it waits again: {again:?}");
    assert_eq!(told(&limited(3, false, &json!({}))).0, None, "nothing holds it");
}

#[test]
fn a_held_run_that_is_canceled_comes_to_its_end() {
    let plan = |cancel| decided(&limited(2, cancel, &json!({})), "r", 60);
    assert_eq!((plan(false).start, plan(false).status.processing_status), (None, Some(ProcessingStatus::Quarantined)));
    assert_eq!((plan(true).start, plan(true).status.processing_status), (Some((1, false)), Some(ProcessingStatus::Canceling)));
    let restored = |cancel| {
        let status = json!({"plan": {"epoch": 3, "hash": "sha256:0", "version": 1, "subjects": 3, "slices": 1, "reason": Reason::RestoredWhileRunning.as_str()}});
        decided(&limited(9, cancel, &status), "r", 60).start
    };
    assert_eq!((restored(false), restored(true)), (None, None), "what was under way is a person's business");
}

#[test]
fn a_job_that_does_not_start_is_said_soon() {
    let mut cache = tenant("joiner", 5);
    cache.put(Seen::from(run("a", plan_of(3, 3))));
    cache.put(Seen::from(job("a", 1, None)));
    let said = |status: &RunStatus| {
        let of = |type_: &str| conditions_of(status).into_iter().find(|found| found.0 == type_).map(|found| (found.1, found.2.to_owned()));
        (of(RECONCILING), of(STALLED))
    };
    let not_starting = |holds: bool| Some((holds, "JobNotStarting".to_owned()));
    assert_eq!(said(&decided(&cache, "a", JOBS_CREATED + 9).status), (None, None));
    let waits = decided(&cache, "a", JOBS_CREATED + 10);
    assert_eq!((said(&waits.status), waits.wake_at), ((not_starting(true), None), Some(at(JOBS_CREATED + 40))));
    cache.put(Seen::from(run("a", serde_json::to_value(&waits.status).unwrap())));
    let stands = decided(&cache, "a", JOBS_CREATED + 300).status;
    assert_eq!(said(&stands), (not_starting(false), not_starting(true)), "one of the two holds");
    cache.put(Seen::from(pod("a-a1", false)));
    assert_eq!(said(&decided(&cache, "a", JOBS_CREATED + 20).status).0, Some((false, "JobStarted".to_owned())));
}

#[test]
fn how_the_newest_attempt_ended_is_known() {
    let mut cache = tenant("joiner", 5);
    cache.put(Seen::from(run("r", merged(plan_of(3, 3), &json!({"attempt": 1})))));
    assert_eq!(decided(&cache, "r", 60).early, [(1, Ending::Gone)]);
    cache.put(Seen::from(job("r", 1, None)));
    assert_eq!(decided(&cache, "r", 60).early, []);
    cache.put(Seen::from(job("r", 1, Some(("Failed", 60)))));
    assert_eq!(decided(&cache, "r", 60).early, [(1, Ending::Unseen)]);
    cache.put(Seen::from(pod("r-a1", true)));
    assert_eq!(decided(&cache, "r", 60).early, [(1, Ending::Container { code: 1, word: None })]);
    cache.put(Seen::from(job("r", 1, Some(("Complete", 60)))));
    assert_eq!(decided(&cache, "r", 60).early, [], "it has come to its end, and has left people");
}

/// Whoever may make Jobs could take the name of the next attempt's, and the Run would wait without a word.
#[test]
fn a_job_of_others_in_the_way_of_an_attempt_is_said() {
    let mut cache = tenant("joiner", 5);
    cache.put(Seen::from(run("a", plan_of(3, 3))));
    let stalled = |actions: &RunActions| {
        let found = actions.status.conditions.iter().find(|found| found.type_ == STALLED);
        found.map(|found| (conditions::is_true(&actions.status.conditions, STALLED), found.reason.clone(), found.message.clone()))
    };
    let mut observed = observe(&cache, &Memory::default(), "a").unwrap();
    let free = decide(&observed, at(100));
    assert_eq!((free.start, stalled(&free)), (Some((1, false)), None));
    observed.taken = Some("tenure-run-0".to_owned());
    let taken = decide(&observed, at(100));
    assert_eq!((taken.start, taken.status.attempt, taken.wake_at), (None, 0, Some(at(100) + Timing::PRODUCTION.obstacle_look)));
    let (holds, reason, message) = stalled(&taken).unwrap();
    assert!(holds && reason == "JobNameTaken" && message.contains("tenure-run-0: delete it"), "{reason}: {message}");
    observed.run.status = Some(taken.status);
    observed.taken = None;
    let gone = decide(&observed, at(130));
    assert_eq!((gone.start, stalled(&gone).map(|(holds, ..)| holds)), (Some((1, false)), Some(false)));
}

/// A Job with the Run's label, whoever made it, takes no place and is no attempt.
#[test]
fn a_job_is_an_attempt_by_what_controls_it() {
    for (what, owners, expected) in [
        ("ours", json!([{"apiVersion": "tenure.dev/v1alpha1", "kind": "Run", "name": "a", "uid": "a-uid", "controller": true}]), None),
        ("its name and label alone", json!([]), Some((2, false))),
        (
            "owned and not controlled",
            json!([{"apiVersion": "tenure.dev/v1alpha1", "kind": "Run", "name": "a", "uid": "a-uid"}]),
            Some((2, false)),
        ),
    ] {
        let mut cache = tenant("joiner", 1);
        cache.put(Seen::from(run("a", plan_of(3, 3))));
        let mut made = job("a", 1, None);
        made.metadata.owner_references = serde_json::from_value(owners).unwrap();
        cache.put(Seen::from(made));
        assert_eq!(decided(&cache, "a", JOBS_CREATED).start, expected, "{what}");
    }
}
