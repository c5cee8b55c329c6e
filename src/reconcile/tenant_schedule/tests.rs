use serde_json::{Value, json};

use super::*;
use crate::reconcile::Seen;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + seconds, 0).unwrap()
}

fn object<K: serde::de::DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "a literal at every call")]
fn schedule(spec: Value) -> TenantSchedule {
    object(
        json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "TenantSchedule", "metadata": {"name": "default", "uid": "u", "generation": 1}, "spec": spec}),
    )
}

fn head(epoch: i64, sealed_epoch: i64) -> TenantLedger {
    object(json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "TenantLedger", "metadata": {"name": "default"},
        "epoch": epoch, "sealedEpoch": sealed_epoch, "asOf": at(0), "allocatedAsOf": at(0), "key": "0"}))
}

fn head_with_keys_of(key_version: i32) -> TenantLedger {
    let mut head = head(4, 4);
    head.spec.key_version = key_version;
    head
}

#[expect(clippy::needless_pass_by_value, reason = "a literal at every call")]
fn run(name: &str, execution_type: &str, epoch: Option<i64>, status: Value) -> Run {
    let labels: Value = epoch.map_or_else(|| json!({}), |epoch| json!({"tenure.dev/epoch": epoch.to_string()}));
    object(json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "Run", "metadata": {"name": name, "uid": name, "labels": labels},
        "spec": {"source": {"workflow": {"name": "hire"}}, "executionType": execution_type}, "status": status}))
}

fn plan_of(epoch: i64) -> Value {
    json!({"plan": {"epoch": epoch, "hash": "sha256:0", "version": 1, "subjects": 1, "slices": 1}})
}

fn job(number: i64, ended: Option<i64>) -> Job {
    let conditions: Vec<_> =
        ended.iter().map(|seconds| json!({"type": "Complete", "status": "True", "lastTransitionTime": at(*seconds)})).collect();
    object(json!({"apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": format!("tenure-eval-{number}"), "uid": format!("j{number}"), "labels": {"tenure.dev/evaluation": "true"}, "creationTimestamp": at(0),
            "ownerReferences": [{"apiVersion": "tenure.dev/v1alpha1", "kind": "TenantSchedule", "name": "default", "uid": "u", "controller": true}]},
        "spec": {"template": {}}, "status": {"conditions": conditions}}))
}

fn tenant(objects: Vec<Seen>) -> Cache {
    let mut cache = Cache::default();
    for seen in objects {
        cache.put(seen);
    }
    cache
}

/// A memory to which no change is new.
fn settled() -> Memory {
    let mut memory = Memory::default();
    memory.evaluations.covered_changes = Some(0);
    memory
}

fn decided(cache: &Cache, memory: &mut Memory, seconds: i64) -> ScheduleActions {
    let observed = observe(cache, "acme", &Timing::PRODUCTION).unwrap();
    let ticks = tick::ticks("acme", &observed.schedule.spec).ok();
    memory.evaluations = learned(&observed, &memory.evaluations);
    decide(&observed, ticks.as_ref(), memory, at(seconds))
}

/// Until when an evaluation that is due waits for Workflows; None: it starts, or there is something else in its way.
fn settles_until(cache: &Cache, memory: &mut Memory, seconds: i64) -> Option<DateTime<Utc>> {
    memory.evaluations.unsettled_since = unsettled_since(cache, memory.evaluations.unsettled_since, at(seconds));
    match decided(cache, memory, seconds).decision {
        Some(EvaluationDecision::Start { .. }) | None => None,
        Some(EvaluationDecision::Wait { until }) => until,
        other => panic!("{other:?}"),
    }
}

fn ready(plan: &ScheduleActions) -> (bool, &str) {
    let ready = plan.status.conditions.iter().find(|condition| condition.type_ == READY).unwrap();
    (conditions::is_true(&plan.status.conditions, READY), ready.reason.as_str())
}

/// A day after an as-of a tick is due, whatever the splay.
const DAY: i64 = 86_400;

#[test]
fn what_stalls_a_tenant() {
    type Row = (&'static str, Vec<Seen>, (bool, &'static str), bool);
    let planned = || Seen::from(run("r", "scheduled", Some(3), json!({})));
    let rows: Vec<Row> = vec![
        ("a new tenant", vec![Seen::from(schedule(json!({})))], (true, "Scheduled"), true),
        ("suspended", vec![Seen::from(schedule(json!({"suspend": true})))], (true, "Suspended"), false),
        ("no such Directory", vec![Seen::from(schedule(json!({"directory": "gone"})))], (false, "DirectoryNotFound"), false),
        ("the head is gone", vec![Seen::from(schedule(json!({}))), planned()], (false, "HeadMissing"), false),
        ("the head is there", vec![Seen::from(schedule(json!({}))), planned(), Seen::from(head(4, 4))], (true, "Scheduled"), true),
        (
            "keys of a later version",
            vec![Seen::from(schedule(json!({}))), planned(), Seen::from(head_with_keys_of(2))],
            (false, "KeyVersionUnknown"),
            false,
        ),
        (
            "an on-demand Run says nothing about a head",
            vec![Seen::from(schedule(json!({}))), Seen::from(run("r", "onDemand", None, json!({})))],
            (true, "Scheduled"),
            true,
        ),
    ];
    for (what, objects, expected, starts) in rows {
        let plan = decided(&tenant(objects), &mut Memory::default(), DAY);
        assert_eq!(ready(&plan), expected, "{what}");
        assert_eq!(matches!(plan.decision, Some(EvaluationDecision::Start { .. })), starts, "{what}: {:?}", plan.decision);
    }
    let plan = decided(&tenant(vec![Seen::from(schedule(json!({}))), Seen::from(head(4, 4))]), &mut settled(), -10);
    assert_eq!(ready(&plan), (false, "ClockBehind"));
}

#[test]
fn which_runs_wait_for_a_plan() {
    let complete =
        json!({"conditions": [{"type": "Complete", "status": "True", "reason": "x", "message": "", "lastTransitionTime": at(0)}]});
    // The epochs 1 to 4 are sealed.
    let rows = [
        ("on demand, new", run("r", "onDemand", None, json!({})), true),
        ("on demand, planned", run("r", "onDemand", None, plan_of(4)), false),
        ("on demand, plan not sealed", run("r", "onDemand", None, plan_of(5)), true),
        ("on demand, complete", run("r", "onDemand", None, complete.clone()), false),
        ("preview, new", run("r", "preview", None, json!({})), true),
        ("scheduled, planned", run("r", "scheduled", Some(4), plan_of(4)), false),
        ("scheduled, restored without status", run("r", "scheduled", Some(4), json!({})), true),
        ("scheduled, of an evaluation under way", run("r", "scheduled", Some(5), json!({})), false),
        ("scheduled, without an epoch", run("r", "scheduled", None, json!({})), false),
    ];
    let head = head(5, 4);
    for (what, run, expected) in rows {
        assert_eq!(asks_for_plan(&run, Some(&head)), expected, "{what}");
    }
}

#[test]
fn a_change_asks_until_a_sealed_evaluation_has_seen_it() {
    let mut cache = tenant(vec![Seen::from(schedule(json!({}))), Seen::from(head(4, 4))]);
    let asks_now = |cache: &Cache, memory: &mut Memory| {
        let observed = observe(cache, "acme", &Timing::PRODUCTION).unwrap();
        memory.evaluations = learned(&observed, &memory.evaluations);
        let (change, asked, _) = asks(&observed, &memory.evaluations);
        change || asked
    };
    let mut memory = Memory::default();
    assert!(asks_now(&cache, &mut memory), "at the start every tenant counts as changed");
    let mut memory = settled();
    assert!(!asks_now(&cache, &mut memory));
    cache.put(Seen::UserChanged);
    assert!(asks_now(&cache, &mut memory));
    let started =
        |runs_only: bool| Started { at: at(5), number: 5, head: None, runs_only, changes: 1, evaluate_now: None, runs: BTreeSet::new() };
    memory.evaluations.started = Some(started(false));
    cache.put(Seen::from(head(5, 4)));
    assert!(asks_now(&cache, &mut memory), "not sealed yet");
    cache.put(Seen::UserChanged);
    cache.put(Seen::from(head(5, 5)));
    assert!(asks_now(&cache, &mut memory), "changed again while it was evaluated");
    memory.evaluations.started = Some(Started { changes: 2, number: 6, ..started(true) });
    cache.put(Seen::from(head(6, 6)));
    assert!(asks_now(&cache, &mut memory), "an evaluation for Runs only reads no directory");
    memory.evaluations.started = Some(Started { changes: 2, number: 7, ..started(false) });
    // Its pod was replaced, and the next epoch is the sealed one.
    cache.put(Seen::from(head(8, 8)));
    assert!(!asks_now(&cache, &mut memory));
    cache.put(Seen::UserChanged);
    cache.put(Seen::from(schedule(json!({"evaluateOnChange": false}))));
    assert!(!asks_now(&cache, &mut memory), "switched off");
    let mut asked = schedule(json!({"evaluateOnChange": false}));
    asked.annotations_mut().insert(ANNOTATION_EVALUATE_NOW.to_owned(), "2".to_owned());
    cache.put(Seen::from(asked));
    assert!(asks_now(&cache, &mut memory), "a person asks");
    memory.evaluations.answered = Some("2".to_owned());
    memory.evaluations.started = None;
    assert!(!asks_now(&cache, &mut memory), "and was answered");
}

/// A new leader lists everybody, and so does one whose watch was cut off.
#[test]
fn users_that_are_those_of_the_last_sealed_evaluation_are_no_change() {
    let users = |count, newest| Some(UsersSeen { count, newest });
    let asks_now = |known: &Memory, sealed: Option<UsersSeen>, seen: Vec<Seen>| {
        let mut head = head(4, 4);
        head.spec.users = sealed;
        let cache = tenant([vec![Seen::from(schedule(json!({}))), Seen::from(head)], seen].concat());
        asks(&observe(&cache, "acme", &Timing::PRODUCTION).unwrap(), &known.evaluations).0
    };
    let rows = [
        ("the same", users(2, 70), vec![Seen::Users(users(2, 70))], false),
        ("nobody, as before", users(0, 0), vec![Seen::Users(users(0, 0))], false),
        ("one is newer", users(2, 70), vec![Seen::Users(users(2, 71))], true),
        ("one is gone", users(2, 70), vec![Seen::Users(users(1, 70))], true),
        ("of an earlier state of the store", users(2, 70), vec![Seen::Users(users(2, 60))], true),
        ("whose versions are no numbers", users(2, 70), vec![Seen::Users(None)], true),
        ("the evaluation did not read all", None, vec![Seen::Users(users(2, 70))], true),
        ("one changed after the list", users(2, 70), vec![Seen::Users(users(2, 70)), Seen::UserChanged], true),
        ("listed again after that", users(2, 70), vec![Seen::UserChanged, Seen::Users(users(2, 70))], false),
    ];
    for (what, sealed, seen, expected) in rows {
        for memory in [Memory::default(), settled()] {
            assert_eq!(asks_now(&memory, sealed, seen.clone()), expected, "{what}: {:?}", memory.evaluations.covered_changes);
        }
    }
}

#[test]
fn a_scheduled_run_that_went_asks_whatever_was_listed_since() {
    let users = Some(UsersSeen { count: 2, newest: 70 });
    let mut head = head(4, 4);
    head.spec.users = users;
    for evaluates_on_change in [true, false] {
        let schedule = schedule(json!({"evaluateOnChange": evaluates_on_change}));
        let seen = vec![Seen::from(schedule), Seen::from(head.clone()), Seen::Users(users)];
        let mut cache = tenant(seen);
        let mut memory = settled();
        let asks_now = |cache: &Cache, memory: &Memory| asks(&observe(cache, "acme", &Timing::PRODUCTION).unwrap(), &memory.evaluations).0;
        let owed = || Seen::from(run("r", "scheduled", Some(4), plan_of(4)));
        cache.put(owed());
        assert!(!asks_now(&cache, &memory));
        cache.remove(&owed());
        cache.put(Seen::Users(users));
        assert!(asks_now(&cache, &memory));
        memory.evaluations.covered_changes = Some(cache.changes());
        assert!(!asks_now(&cache, &memory), "an evaluation has looked");
    }
}

#[test]
fn whether_somebody_waits_to_be_off_boarded() {
    let workflow = |category: &str| {
        Seen::from(object::<Workflow>(json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "Workflow", "metadata": {"name": "hire"},
            "spec": {"category": category, "tasks": []}})))
    };
    let rows = [
        ("nobody", "leaver", None, None, false),
        ("later", "leaver", Some(11), None, false),
        ("now", "joiner", Some(10), None, true),
        ("a leaver Run waits for its plan", "leaver", None, Some(json!({})), true),
        ("a joiner Run does", "joiner", None, Some(json!({})), false),
        ("a leaver Run has its plan", "leaver", None, Some(plan_of(4)), false),
    ];
    for (what, category, next, status, expected) in rows {
        let mut head = head(4, 4);
        head.spec.next_leaver_at = next.map(at);
        let run = status.map(|status| Seen::from(run("r", "onDemand", None, status)));
        let cache = tenant([workflow(category)].into_iter().chain(run).collect());
        assert_eq!(has_leavers(&cache, Some(&head), at(10)), expected, "{what}");
    }
}

/// What an evaluation has dealt with is told by the head that it has written, and by no other.
#[test]
fn a_head_that_was_put_back_has_dealt_with_nothing_since() {
    let head = |sealed: i64, uid: &str, own_uid: Option<&str>| {
        let mut head = head(sealed, sealed);
        (head.metadata.uid, head.spec.own_uid) = (Some(uid.to_owned()), own_uid.map(str::to_owned));
        head
    };
    // (what, the head when number 5 or, without one, number 1 was started, whether its Job was seen to fail, the head later,
    // whether the change is dealt with)
    let rows = [
        ("it made the head", None, false, head(1, "a", None), true),
        ("none was there, and one was put back", None, false, head(47, "b", Some("a")), false),
        ("none was there, it refused, and the first one was put back", None, true, head(1, "b", None), false),
        ("sealed", Some("a"), false, head(5, "a", Some("a")), true),
        ("a later one is sealed", Some("a"), false, head(6, "a", Some("a")), true),
        ("not sealed", Some("a"), false, head(4, "a", Some("a")), false),
        ("a newer backup was put back", Some("a"), false, head(9, "b", Some("a")), false),
        ("and an evaluation has written it", Some("a"), false, head(9, "b", Some("b")), false),
    ];
    for (what, before, has_failed, after, is_covered) in rows {
        let mut known = Evaluations::default();
        let (number, uid) = (if before.is_some() { 5 } else { 1 }, before.map(str::to_owned));
        known.started =
            Some(Started { at: at(5), number, head: uid, runs_only: false, changes: 3, evaluate_now: None, runs: BTreeSet::new() });
        let schedule = schedule(json!({}));
        let mut cache = tenant(vec![Seen::from(schedule)]);
        if has_failed {
            cache.put(Seen::from(job(number, Some(6))));
            known = learned(&observe(&cache, "acme", &Timing::PRODUCTION).unwrap(), &known);
        }
        cache.put(Seen::from(after));
        known = learned(&observe(&cache, "acme", &Timing::PRODUCTION).unwrap(), &known);
        assert_eq!(known.covered_changes == Some(3), is_covered, "{what}");
    }
}

/// One look is enough for a Run that no evaluation can plan: after that the Workflow is what asks.
#[test]
fn a_run_without_its_workflow_asks_once() {
    let waits = |has_workflow| WaitingRun { name: "r".to_owned(), uid: "u".to_owned(), has_workflow };
    let asked = |known: &[bool]| -> BTreeSet<WaitingRun> { known.iter().map(|has_workflow| waits(*has_workflow)).collect() };
    for (what, is, known, expected) in [
        ("new", true, vec![], Unplanned::New),
        ("left without a plan", true, vec![true], Unplanned::Again),
        ("new, without its workflow", false, vec![], Unplanned::New),
        ("looked at, without its workflow", false, vec![false], Unplanned::None),
        ("its workflow came", true, vec![false], Unplanned::New),
        ("its workflow went", false, vec![true], Unplanned::None),
    ] {
        assert_eq!(unplanned(&asked(&[is]), &asked(&known)), expected, "{what}");
    }
    assert_eq!(unplanned(&BTreeSet::new(), &asked(&[true])), Unplanned::None);
}

/// What an evaluation took is the head's word: its Job was there five minutes before its pod could start.
#[test]
fn how_long_a_change_waits_is_told_by_the_head() {
    for (took, seconds) in [(Value::Null, 305), (json!(200), 305), (json!(1_500), 315), (json!(-1), 305)] {
        let head: TenantLedger =
            object(json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "TenantLedger", "metadata": {"name": "default"},
            "epoch": 4, "sealedEpoch": 4, "asOf": at(300), "allocatedAsOf": at(300), "evaluationMilliseconds": took, "key": "0"}));
        let mut cache = tenant(vec![Seen::from(schedule(json!({}))), Seen::from(head), Seen::from(job(4, Some(301)))]);
        let mut memory = settled();
        cache.put(Seen::UserChanged);
        let until = EvaluationDecision::Wait { until: Some(at(seconds)) };
        assert_eq!(decided(&cache, &mut memory, 302).decision, Some(until), "{took} ms");
        let later = decided(&cache, &mut memory, seconds).decision;
        assert!(matches!(later, Some(EvaluationDecision::Start { runs_only: false, .. })), "{took} ms: {later:?}");
    }
}

#[test]
fn jobs_go_once_their_outcome_is_stored() {
    let rows =
        [(head(4, 4), vec!["tenure-eval-4"]), (head(5, 4), vec!["tenure-eval-4"]), (head(5, 5), vec!["tenure-eval-4", "tenure-eval-5"])];
    for (head, expected) in rows {
        let what = format!("{:?}", (head.spec.epoch, head.spec.sealed_epoch));
        let objects = vec![
            Seen::from(schedule(json!({}))),
            Seen::from(head),
            Seen::from(job(4, Some(1))),
            Seen::from(job(5, Some(2))),
            Seen::from(job(3, None)),
        ];
        assert_eq!(decided(&tenant(objects), &mut settled(), 10).retire, expected, "{what}");
    }
}

#[test]
fn the_status_follows_the_head() {
    let plan = decided(&tenant(vec![Seen::from(schedule(json!({"interval": "1h"}))), Seen::from(head(5, 4))]), &mut settled(), 10);
    assert_eq!(
        (plan.status.sealed_epoch, plan.status.last_evaluation_date_time, plan.status.observed_generation),
        (Some(4), Some(at(0)), Some(1))
    );
    let next = plan.status.next_schedule_run_date_time.unwrap();
    assert!(next > at(10) && next <= at(3_610), "{next}");
}

#[test]
fn an_evaluation_waits_a_moment_for_workflows() {
    let workflow = |generation: i64, observed: i64| {
        Seen::from(object::<Workflow>(
            json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "Workflow", "metadata": {"name": "w", "generation": generation},
            "spec": {"category": "joiner", "tasks": []}, "status": {"observedGeneration": observed}}),
        ))
    };
    let mut memory = settled();
    let mut cache = tenant(vec![Seen::from(schedule(json!({}))), workflow(2, 2)]);
    assert_eq!(settles_until(&cache, &mut memory, 0), None);
    cache.put(workflow(3, 2));
    assert_eq!(settles_until(&cache, &mut memory, 5), Some(at(15)));
    assert_eq!(settles_until(&cache, &mut memory, 14), Some(at(15)));
    assert_eq!(settles_until(&cache, &mut memory, 15), None, "not for ever");
    cache.put(workflow(3, 3));
    assert_eq!(settles_until(&cache, &mut memory, 20), None);
    cache.put(workflow(4, 3));
    assert_eq!(settles_until(&cache, &mut memory, 30), Some(at(40)), "counted anew");
}

/// A Workflow that was applied before its schedule or Directory has been looked at, and its verdict is an old one.
#[test]
fn an_evaluation_waits_for_workflows_that_can_work_by_now() {
    let workflow = |ready: &str| {
        let condition =
            json!({"type": "Ready", "status": ready, "reason": "DirectoryNotFound", "message": "", "lastTransitionTime": at(0)});
        Seen::from(object::<Workflow>(json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "Workflow",
            "metadata": {"name": "w", "generation": 1},
            "spec": {"category": "joiner", "tasks": [{"name": "enable", "enableUserAccount": {}}]},
            "status": {"observedGeneration": 1, "conditions": [condition]}})))
    };
    let directory = object::<crate::api::Directory>(
        json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "Directory", "metadata": {"name": "people"}, "spec": {"embedded": {}}}),
    );
    let mut memory = settled();
    let mut cache = tenant(vec![Seen::from(schedule(json!({"directory": "people"}))), workflow("False")]);
    assert_eq!(settles_until(&cache, &mut memory, 0), None, "it cannot work, and says so");
    cache.put(Seen::from(directory));
    assert_eq!(settles_until(&cache, &mut memory, 5), Some(at(15)), "it can, and does not say so yet");
    cache.put(workflow("True"));
    assert_eq!(settles_until(&cache, &mut memory, 6), None);
}

#[test]
fn a_clock_that_is_off_stalls_the_tenant() {
    let cache = tenant(vec![Seen::from(schedule(json!({})))]);
    let stalled = |plan: &ScheduleActions| {
        plan.status.conditions.iter().find(|c| c.type_ == STALLED).map(|c| (c.status == true.into(), c.reason.clone()))
    };
    let mut memory = Memory::default();
    assert!(matches!(decided(&cache, &mut memory, 0).decision, Some(EvaluationDecision::Start { .. })));
    memory.clock_skew = Some(61);
    let plan = decided(&cache, &mut memory, 0);
    assert_eq!((&plan.decision, stalled(&plan)), (&None, Some((true, "ClockOff".to_owned()))));
    memory.clock_skew = None;
    assert_eq!(stalled(&decided(&cache, &mut memory, 0)), Some((false, "NotStalled".to_owned())));
}

#[test]
fn an_evaluation_that_does_not_start_stalls_the_tenant() {
    let objects = || vec![Seen::from(schedule(json!({}))), Seen::from(job(1, None))];
    let stalled = |cache: &Cache, seconds: i64| {
        let created = jobs::created(cache.evaluations().next().unwrap());
        let plan = decided(cache, &mut settled(), (created - at(0)).num_seconds() + seconds);
        plan.status.conditions.iter().find(|c| c.type_ == STALLED).map(|c| (c.status == true.into(), c.reason.clone()))
    };
    let cache = tenant(objects());
    assert_eq!(stalled(&cache, 299).map(|stalled| stalled.0), Some(false));
    assert_eq!(stalled(&cache, 300), Some((true, Reason::JobNotStarting.to_string())));
    let mut cache = tenant(objects());
    cache.put(Seen::from(object::<k8s_openapi::api::core::v1::Pod>(json!({
        "metadata": {"name": "p", "ownerReferences": [
            {"apiVersion": "batch/v1", "kind": "Job", "name": job::evaluation_job_name(1), "uid": "j1", "controller": true}]},
        "spec": {"serviceAccountName": job::SERVICE_ACCOUNT, "containers": []},
        "status": {"containerStatuses": [{"name": "tenure", "image": "", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}}]},
    }))));
    assert_eq!(stalled(&cache, 300).map(|stalled| stalled.0), Some(false), "mended");
}

/// Whoever may create pods may give them our labels, and name a Job as their owner.
#[test]
fn only_the_pods_of_our_very_job_are_believed() {
    let code = job::EXIT_TORN_RESTORE;
    let state = json!({"terminated": {"exitCode": code}});
    let status =
        json!({"containerStatuses": [{"name": "tenure", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state}]});
    let name = job::evaluation_job_name(1);
    let owner = |uid: &str, controller: bool| json!([{"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": uid, "controller": controller}]);
    let runner = job::SERVICE_ACCOUNT;
    let rows = [
        ("the cluster made it for our Job", runner, owner("j1", true), Some(code)),
        ("by its labels", runner, json!([]), None),
        ("for another Job that had the name", runner, owner("j0", true), None),
        ("owned and not controlled", runner, owner("j1", false), None),
        ("by somebody who has written our Job as its owner", "default", owner("j1", true), None),
    ];
    for (what, account, owners, expected) in rows {
        let spec = json!({"serviceAccountName": account, "containers": []});
        let labels = json!({"batch.kubernetes.io/job-name": name, "tenure.dev/evaluation": "true"});
        let pod = json!({"metadata": {"name": "p", "labels": labels, "ownerReferences": owners}, "spec": spec, "status": status});
        let objects = vec![
            Seen::from(schedule(json!({}))),
            Seen::from(job(1, Some(1))),
            Seen::from(object::<k8s_openapi::api::core::v1::Pod>(pod.clone())),
        ];
        let cache = tenant(objects);
        assert_eq!(observe(&cache, "acme", &Timing::PRODUCTION).unwrap().refusal, expected, "{what}");
        assert_eq!(cache.evaluates(&object(pod)), expected.is_some(), "{what}: its last words");
    }
}

/// A Job that anybody may have made, suspended for ever, is no evaluation that is under way, and nothing that it says is believed.
#[test]
fn a_job_is_believed_by_what_controls_it() {
    let owner = |uid: &str, controls: bool| json!([{"apiVersion": "tenure.dev/v1alpha1", "kind": "TenantSchedule", "name": "default", "uid": uid, "controller": controls}]);
    let rows = [
        ("ours", owner("u", true), true),
        ("by its name and label", json!([]), false),
        ("of an earlier schedule", owner("u0", true), false),
        ("owned and not controlled", owner("u", false), false),
    ];
    for (what, owners, is_ours) in rows {
        let mut made = job(2, None);
        made.metadata.owner_references = serde_json::from_value(owners).unwrap();
        made.metadata.creation_timestamp = Some(crate::cluster::events::kubernetes_time(at(DAY)));
        let cache = tenant(vec![Seen::from(schedule(json!({}))), Seen::from(head(1, 1)), Seen::from(made)]);
        let plan = decided(&cache, &mut settled(), DAY);
        let expected = if is_ours { "Running" } else { "Start" };
        let decision = format!("{:?}", plan.decision.unwrap());
        assert!(decision.starts_with(expected), "{what}: {decision}");
        assert_eq!(cache.evaluations().count() == 1, is_ours, "{what}");
    }
}

#[test]
fn a_job_of_others_in_the_way_stalls_the_tenant() {
    let cache = tenant(vec![Seen::from(schedule(json!({})))]);
    let mut memory = settled();
    assert_eq!(ready(&decided(&cache, &mut memory, 0)), (true, "Scheduled"));
    memory.evaluations.taken = Some(job::evaluation_job_name(2));
    let plan = decided(&cache, &mut memory, 0);
    assert_eq!(ready(&plan), (false, "JobNameTaken"));
    assert!(plan.status.conditions.iter().any(|found| found.message.contains("tenure-eval-2: delete it")));
    assert!(matches!(plan.decision, Some(EvaluationDecision::Start { .. })), "it is tried again");
}

/// Type, status and reason of the conditions Ready, Reconciling and Stalled that there are.
fn standing(status: &TenantScheduleStatus) -> Vec<(&str, ConditionStatus, &str)> {
    let said = status.conditions.iter().map(|condition| (condition.type_.as_str(), condition.status, condition.reason.as_str()));
    let mut said: Vec<_> = said.collect();
    said.sort_by_key(|(type_, ..)| *type_);
    said
}

#[test]
fn a_job_that_does_not_start_is_said_soon_and_stalls_its_tenant_until_one_starts() {
    use ConditionStatus::{False, True, Unknown};
    type Step<'a> = (&'a str, (DateTime<Utc>, Vec<Seen>), &'a [(&'a str, ConditionStatus, &'a str)]);
    const RUNNING: &str = "running";
    let made = |number: i64, seconds: i64| {
        let mut made = job(number, None);
        made.metadata.creation_timestamp = Some(crate::cluster::events::kubernetes_time(at(seconds)));
        made
    };
    let pod = |number: i64, state: &str| {
        let states = if state == RUNNING { json!({"running": {}}) } else { json!({"waiting": {"reason": state}}) };
        Seen::from(object::<k8s_openapi::api::core::v1::Pod>(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("p{number}"), "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": format!("tenure-eval-{number}"), "uid": format!("j{number}"), "controller": true}], "labels": {"batch.kubernetes.io/job-name": format!("tenure-eval-{number}")}},
            "spec": {"serviceAccountName": job::SERVICE_ACCOUNT, "containers": []},
            "status": {"containerStatuses": [{"name": "tenure", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": states}]}})))
    };
    let fine = [("Ready", True, "Scheduled"), ("Stalled", False, "NotStalled")];
    let waits = [("Ready", Unknown, "JobNotStarting"), ("Reconciling", True, "JobNotStarting"), ("Stalled", False, "NotStalled")];
    let stands = [("Ready", False, "JobNotStarting"), ("Reconciling", False, "JobNotStarting"), ("Stalled", True, "JobNotStarting")];
    let again = [("Ready", True, "Scheduled"), ("Reconciling", False, "JobStarted"), ("Stalled", False, "NotStalled")];
    let moved = [("Ready", True, "Scheduled"), ("Reconciling", False, "JobNotStarting"), ("Stalled", False, "NotStalled")];
    let first = |seconds| (at(seconds), vec![Seen::from(made(5, 0)), pod(5, "ImagePullBackOff")]);
    let started = |seconds| (at(seconds), vec![Seen::from(made(5, 0)), pod(5, RUNNING)]);
    let next = |seconds, state: &str| {
        let mut ended = made(5, 0);
        ended.status = job(5, Some(400)).status;
        (at(seconds), vec![Seen::from(ended), Seen::from(made(6, 420)), pod(6, state)])
    };
    let recovers: [Step<'_>; 3] = [("just made", first(9), &fine), ("it waits", first(10), &waits), ("it starts", started(30), &again)];
    let stalls: [Step<'_>; 5] = [
        ("it waits", first(12), &waits),
        ("it has waited too long", first(300), &stands),
        ("its deadline took it away, and the next one has just been made", next(421, "ImagePullBackOff"), &stands),
        ("the next one waits as well", next(440, "ImagePullBackOff"), &stands),
        ("the next one starts", next(460, RUNNING), &moved),
    ];
    for steps in [&recovers[..], &stalls[..]] {
        let mut tenant_schedule = schedule(json!({}));
        for (what, (now, seen), expected) in steps {
            let mut objects = seen.clone();
            objects.extend([Seen::from(tenant_schedule.clone()), Seen::from(head(4, 4))]);
            let cache = tenant(objects);
            let observed = observe(&cache, "acme", &Timing::PRODUCTION).unwrap();
            let ticks = tick::ticks("acme", &observed.schedule.spec).ok();
            let status = decide(&observed, ticks.as_ref(), &settled(), *now).status;
            assert_eq!(standing(&status), *expected, "{what}");
            tenant_schedule.status = Some(status);
        }
    }
}

mod failing;
