//! The controller's supervisor over the in-memory API: a tenant is followed for as long as anything of it is there.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::Utc;
use serde_json::{Value, json};
use tenure::cluster::SystemClock;
use tenure::cluster::guard::Guard;
use tenure::reconcile::supervise::witness::{JobEnd, RunEnd, TenantFacts, Witness};
use tenure::reconcile::supervise::{Permit, Pulse, Supervisor};
use tenure::reconcile::{Key, Memory, ReconcileError};
use tenure::sim::api::MemoryApi;
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

    fn evaluated(&self, _: &str, _: u64, _: u64) {}
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

#[tokio::test]
async fn a_namespace_that_is_gone_is_let_go_and_may_come_again() {
    let api = MemoryApi::tenure(Arc::new(Utc::now));
    for namespace in ["goes", "stays"] {
        apply(&api, namespace);
    }
    let told = Arc::new(Told::default());
    let (permit, permitted) = watch::channel(Permit::Work);
    let supervisor = Supervisor {
        watches: api.client("watches"),
        requests: api.client("requests"),
        namespaces: std::collections::BTreeSet::new(),
        memory: Memory::default(),
        guard: Guard::new(Arc::new(SystemClock)),
        witness: Arc::clone(&told) as _,
        pulse: Arc::new(Pulse::default()),
    };
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
