//! The controller's supervisor over the in-memory API: a tenant is followed for as long as anything of it is there.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::Utc;
use serde_json::{Value, json};
use tenure::cluster::SystemClock;
use tenure::cluster::guard::Guard;
use tenure::reconcile::supervise::witness::{Evaluated, JobEnd, RunEnd, TenantFacts, Witness};
use tenure::reconcile::supervise::{Permit, Pulse, Supervisor};
use tenure::reconcile::{Key, Memory, ReconcileError};
use tenure::sim::api::{Interceptor, MemoryApi, RequestInfo, Verdict};
use tokio::sync::watch;

/// What is told of each tenant: how many workflows it has, as long as it is known.
#[derive(Default)]
struct Told(Mutex<BTreeMap<String, usize>>);

impl Told {
    fn known(&self) -> Vec<(String, usize)> {
        self.0.lock().expect("nobody panics while telling").clone().into_iter().collect()
    }
}

impl Witness for Told {
    fn passed(&self, _: &str, _: &Key, _: Option<&ReconcileError>, _: Duration) {}

    fn tenant(&self, namespace: &str, facts: TenantFacts) {
        self.0.lock().expect("nobody panics while telling").insert(namespace.to_owned(), facts.workflows);
    }

    fn forgotten(&self, namespace: &str) {
        self.0.lock().expect("nobody panics while telling").remove(namespace);
    }

    fn run_ended(&self, _: &str, _: RunEnd<'_>) {}

    fn job_ended(&self, _: &str, _: JobEnd) {}

    fn evaluated(&self, _: &str, _: Evaluated) {}
}

/// A tenant without a schedule: nothing is evaluated.
fn tenant(namespace: &str) -> [Value; 2] {
    let object = |kind: &str, name: &str, spec: Value| json!({"apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec});
    let tasks = json!([{"name": "enable", "enableUserAccount": {}}]);
    [
        object("Directory", "people", json!({"embedded": {}})),
        object("Workflow", "w", json!({"category": "joiner", "directory": "people", "tasks": tasks})),
    ]
}

fn apply(api: &MemoryApi, namespace: &str) {
    for object in tenant(namespace) {
        api.put(&object).expect("a sound object");
    }
}

/// Waits until it is so: for ten seconds, while the other tasks go on.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within ten seconds: {what}");
}

/// Takes away everything that the namespace has, as its end does.
fn empty(api: &MemoryApi, namespace: &str) {
    for kind in ["Workflow", "WorkflowVersion", "Directory"] {
        for object in api.list(kind, Some(namespace)) {
            let name = object["metadata"]["name"].as_str().expect("a name");
            // What its owner takes with it is gone already.
            let _ = api.delete(kind, namespace, name);
        }
    }
}

/// A supervisor over that API.
fn supervisor(api: &MemoryApi, told: &Arc<Told>, pulse: &Arc<Pulse>, namespaces: &[&str]) -> Supervisor {
    Supervisor {
        watches: api.client("watches"),
        requests: api.client("requests"),
        namespaces: namespaces.iter().map(|namespace| (*namespace).to_owned()).collect(),
        memory: Memory::default(),
        guard: Guard::new(Arc::new(SystemClock)),
        witness: Arc::clone(told) as _,
        pulse: Arc::clone(pulse),
    }
}

/// The message of a condition that holds, if its reason is that the object cannot be read.
fn unreadable(api: &MemoryApi, kind: &str, namespace: &str, name: &str) -> Option<String> {
    let object = api.get(kind, namespace, name)?;
    let conditions = object["status"]["conditions"].as_array()?;
    let found = conditions.iter().find(|condition| condition["type"] == "Stalled" && condition["status"] == "True")?;
    (found["reason"] == "Unreadable").then(|| found["message"].as_str().unwrap_or_default().to_owned())
}

/// An API with definitions that admit more than the types read, as those of another release.
fn generous_api() -> MemoryApi {
    fn forget_patterns(schema: &mut Value) {
        match schema {
            Value::Object(members) => {
                members.remove("pattern");
                members.values_mut().for_each(forget_patterns);
            }
            Value::Array(items) => items.iter_mut().for_each(forget_patterns),
            _ => {}
        }
    }
    let generous = tenure::api::crds().into_iter().map(|crd| {
        let mut definition = serde_json::to_value(&crd).expect("a definition is JSON");
        forget_patterns(&mut definition);
        serde_json::from_value(definition).expect("a definition")
    });
    MemoryApi::new(&generous.collect::<Vec<_>>(), Arc::new(Utc::now))
}

#[tokio::test]
async fn what_no_type_reads_harms_its_own_tenant_only_and_is_said_there() {
    let api = generous_api();
    let run = |started: &str| {
        json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "Run", "metadata": {"name": "r", "namespace": "hostile"},
            "spec": {"source": {"workflow": {"name": "w"}}, "subjects": {"users": ["ann"]}}, "status": {"startedDateTime": started}})
    };
    let schedule = |namespace: &str| {
        json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "TenantSchedule", "metadata": {"name": "default", "namespace": namespace},
            "spec": {"directory": "people"}})
    };
    for namespace in ["hostile", "peaceful"] {
        apply(&api, namespace);
        api.put(&schedule(namespace)).expect("a schedule");
    }
    // It is there before the controller starts.
    api.put(&run("2026-01-01T00:00:00,5Z")).expect("what the definitions admit");
    let (told, pulse) = (Arc::new(Told::default()), Arc::new(Pulse::default()));
    let (permit, permitted) = watch::channel(Permit::Work);
    let story = async {
        until("everything is listed", || pulse.is_synced()).await;
        until("both have a version", || api.list("WorkflowVersion", None).len() == 2).await;
        until("the Run says so", || unreadable(&api, "Run", "hostile", "r").is_some()).await;
        let names_it = || unreadable(&api, "TenantSchedule", "hostile", "default").is_some_and(|message| message.contains("Run \"r\""));
        until("its tenant says so", names_it).await;
        assert_eq!(unreadable(&api, "TenantSchedule", "peaceful", "default"), None);
        until("the other is evaluated", || !api.list("Job", Some("peaceful")).is_empty()).await;
        api.put(&run("2026-01-01T00:00:00.5Z")).expect("a sound Run");
        let is_over = || unreadable(&api, "Run", "hostile", "r").or(unreadable(&api, "TenantSchedule", "hostile", "default")).is_none();
        until("it is mended, and nobody says so any more", is_over).await;
        permit.send_replace(Permit::Finish);
    };
    let (ended, ()) = futures::future::join(supervisor(&api, &told, &pulse, &[]).run(permitted), story).await;
    ended.expect("an orderly end");
}

/// Nothing of a namespace can be listed.
struct Closed(&'static str);

impl Interceptor for Closed {
    fn decide(&self, request: &RequestInfo) -> Verdict {
        if request.namespace.as_deref() == Some(self.0) { Verdict::Forbid } else { Verdict::Pass }
    }
}

#[tokio::test]
async fn a_namespace_that_cannot_be_listed_keeps_nobody_else_waiting() {
    let api = MemoryApi::tenure(Arc::new(Utc::now));
    for namespace in ["closed", "open"] {
        apply(&api, namespace);
    }
    api.set_interceptor(Some(Arc::new(Closed("closed"))));
    let (told, pulse) = (Arc::new(Told::default()), Arc::new(Pulse::default()));
    let (permit, permitted) = watch::channel(Permit::Work);
    let story = async {
        until("the controller is ready", || pulse.is_synced()).await;
        until("the other has its version", || api.list("WorkflowVersion", Some("open")).len() == 1).await;
        assert!(api.list("WorkflowVersion", Some("closed")).is_empty());
        permit.send_replace(Permit::Finish);
    };
    let (ended, ()) = futures::future::join(supervisor(&api, &told, &pulse, &["closed", "open"]).run(permitted), story).await;
    ended.expect("an orderly end");
}

#[tokio::test]
async fn a_namespace_that_is_gone_is_let_go_and_may_come_again() {
    let api = MemoryApi::tenure(Arc::new(Utc::now));
    for namespace in ["goes", "stays"] {
        apply(&api, namespace);
    }
    let told = Arc::new(Told::default());
    let (permit, permitted) = watch::channel(Permit::Work);
    let supervisor = supervisor(&api, &told, &Arc::new(Pulse::default()), &[]);
    let story = async {
        let both = || vec![("goes".to_owned(), 1), ("stays".to_owned(), 1)];
        until("both are known", || told.known() == both()).await;
        until("both have a version", || api.list("WorkflowVersion", None).len() == 2).await;
        // The loop and each tenant listen to the permit.
        let followed = permit.receiver_count();
        empty(&api, "goes");
        until("one is let go", || told.known() == [("stays".to_owned(), 1)] && permit.receiver_count() == followed - 1).await;
        apply(&api, "goes");
        until("it is known again", || told.known() == both() && permit.receiver_count() == followed).await;
        until("and has a version again", || api.list("WorkflowVersion", None).len() == 2).await;
        permit.send_replace(Permit::Finish);
    };
    // The end of a tenant ends nothing else.
    let (ended, ()) = futures::future::join(supervisor.run(permitted), story).await;
    ended.expect("an orderly end");
}

#[tokio::test]
async fn tenants_are_evaluated_some_at_a_time() {
    let api = MemoryApi::tenure(Arc::new(Utc::now));
    for number in 0..5 {
        let schedule = json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "TenantSchedule",
            "metadata": {"name": "default", "namespace": format!("t{number}")}, "spec": {}});
        api.put(&schedule).expect("a sound object");
    }
    let (permit, permitted) = watch::channel(Permit::Work);
    let supervisor = Supervisor {
        watches: api.client("watches"),
        requests: api.client("requests"),
        namespaces: std::collections::BTreeSet::new(),
        memory: Memory::default().with_evaluations(2),
        guard: Guard::new(Arc::new(SystemClock)),
        witness: Arc::new(Told::default()),
        pulse: Arc::new(Pulse::default()),
    };
    let jobs = || api.list("Job", None);
    let story = async {
        until("two are evaluated", || jobs().len() == 2).await;
        // The others ask every second.
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        assert_eq!(jobs().len(), 2);
        let mut ended = (*jobs()[0]).clone();
        ended["status"] = json!({"conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": Utc::now().to_rfc3339()}]});
        api.put(&ended).expect("an end");
        until("the place of the one that ended is taken", || jobs().len() == 3).await;
        permit.send_replace(Permit::Finish);
    };
    let (ended, ()) = futures::future::join(supervisor.run(permitted), story).await;
    ended.expect("an orderly end");
}

/// Whoever may create Jobs can take the next name, and a tenant that says Ready would stand still without a word.
#[tokio::test]
async fn a_job_of_others_with_the_next_name_is_said_and_let_alone() {
    said_and_let_alone(&json!({})).await;
}

/// It looks like an evaluation that is under way, for ever.
#[tokio::test]
async fn so_is_one_that_has_our_labels_as_well() {
    let labels = json!({"app.kubernetes.io/managed-by": "tenure", "tenure.dev/evaluation": "true", "tenure.dev/epoch": "1"});
    said_and_let_alone(&labels).await;
}

async fn said_and_let_alone(labels: &Value) {
    let api = MemoryApi::tenure(Arc::new(Utc::now));
    let foreign = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "tenure-eval-1", "namespace": "a", "labels": labels},
        "spec": {"suspend": true, "template": {"spec": {}}}});
    api.put(&foreign).expect("a Job");
    for (kind, name, spec) in
        [("Directory", "people", json!({"embedded": {}})), ("TenantSchedule", "default", json!({"directory": "people"}))]
    {
        let object = json!({"apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": {"name": name, "namespace": "a"}, "spec": spec});
        api.put(&object).expect("a sound object");
    }
    let (permit, permitted) = watch::channel(Permit::Work);
    let supervisor = Supervisor {
        watches: api.client("watches"),
        requests: api.client("requests"),
        namespaces: std::collections::BTreeSet::new(),
        memory: Memory::default(),
        guard: Guard::new(Arc::new(SystemClock)),
        witness: Arc::new(Told::default()),
        pulse: Arc::new(Pulse::default()),
    };
    let conditions =
        || api.get("TenantSchedule", "a", "default").map(|found| found["status"]["conditions"].to_string()).unwrap_or_default();
    let owners = || api.get("Job", "a", "tenure-eval-1").map(|job| job["metadata"]["ownerReferences"].is_array());
    let story = async {
        until("it is said", || conditions().contains("JobNameTaken")).await;
        assert_eq!(owners(), Some(false), "it is not touched");
        api.delete("Job", "a", "tenure-eval-1").expect("deleted");
        let schedule = api.get("TenantSchedule", "a", "default").expect("the schedule");
        let mut asked = (*schedule).clone();
        asked["metadata"]["annotations"] = json!({"tenure.dev/evaluate-now": "1"});
        api.put(&asked).expect("asked");
        until("ours is there", || owners() == Some(true)).await;
        until("and nothing is said any more", || !conditions().contains("JobNameTaken")).await;
        permit.send_replace(Permit::Finish);
    };
    let (ended, ()) = futures::future::join(supervisor.run(permitted), story).await;
    ended.expect("an orderly end");
}
