//! The common world of all cases: a tenant on the in-memory API, and one task performed in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tenure::api::{Directory as DirectoryObject, DirectorySpec, SubjectResult, Task, TaskResult};
use tenure::cluster::{Clock, Cluster};
use tenure::directory::embedded::Listing;
use tenure::directory::{Applied, Directory as _, Embedded};
use tenure::domain::change::{Needs, Planned, works, write_down};
use tenure::domain::fault::Fault;
use tenure::domain::keys::Keyring;
use tenure::domain::subject::SubjectRef;
use tenure::sim::api::{Clock as Now, Interceptor, MemoryApi};
use tenure::sim::clock::{VirtualClock, runtime};
use tenure::task::post::{Mail, PASS_NOTICE, Post, PostError};
use tenure::task::{Asked, Observation, Performance, observe, perform};

use super::spec::Spec;

/// The namespace of everything.
pub const NS: &str = "t";
/// The subject of every task.
pub const SUBJECT: &str = "ann";

/// The tenant's objects by kind and name.
pub const OBJECTS: &[(&str, &str, &str)] = &[
    ("Directory", "people", r#"{"embedded": {}}"#),
    ("Group", "all", r#"{"displayName": "Everybody"}"#),
    ("Group", "lab", r#"{"displayName": "Laboratory"}"#),
    ("Group", "rule", r#"{"membership": "dynamic"}"#),
    ("Group", "crew", r#"{"type": "team"}"#),
    ("Group", "guild", r#"{"type": "team"}"#),
    ("Group", "fed", r#"{"type": "team", "membership": "synced"}"#),
    (
        "User",
        SUBJECT,
        r#"{"displayName": "Ann O'Hara", "givenName": "Ann", "surname": "O'Hara", "mail": "ann@acme.example",
            "userPrincipalName": "ann@acme.example", "userType": "Member", "department": "Lab", "jobTitle": "Chemist",
            "companyName": "Acme", "employeeId": "1001", "usageLocation": "DE", "manager": "max", "sponsors": ["sam"],
            "employeeHireDate": "2026-01-05", "employeeLeaveDateTime": "2026-03-31",
            "lastSuccessfulSignInDateTime": "2025-12-01T08:00:00Z",
            "initialAccount": {"memberOf": ["all", "crew"], "licenses": ["E1"]}}"#,
    ),
    ("User", "max", r#"{"displayName": "Max", "mail": "max@acme.example"}"#),
    ("User", "sam", r#"{"displayName": "Sam", "mail": "sam@acme.example"}"#),
    ("User", "gil", r#"{"displayName": "Gil", "userType": "Guest", "sponsors": ["ann"]}"#),
    ("User", "gus", r#"{"displayName": "Gus", "userType": "Guest", "sponsors": ["ann", "sam"]}"#),
];

/// An object of the tenant.
pub fn object(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": {"name": name, "namespace": NS}, "spec": spec})
}

/// JSON that stands in the table.
pub fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Merges a patch into a value (RFC 7396).
pub fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    for (key, patch) in patch {
        if patch.is_null() {
            value.as_object_mut().expect("made an object above").remove(key);
        } else {
            merge(&mut value[key], patch);
        }
    }
}

/// The task of a spec.
pub fn task(spec: &Spec) -> Value {
    json!({"name": "task", spec.member: parsed(spec.arguments)})
}

/// An account as it is compared: instants are only there or not.
pub fn view(spec: &Value) -> Value {
    let mut view = spec.clone();
    let fields = view.as_object_mut().expect("a spec is an object");
    fields.remove("createdDateTime");
    for instant in ["deletedAt", "sessionsRevokedAt"] {
        if let Some(value) = fields.get_mut(instant) {
            *value = json!("then");
        }
    }
    view
}

/// Accounts with changes.
pub fn changed(accounts: &BTreeMap<String, Value>, changes: &[(&str, &str)]) -> BTreeMap<String, Value> {
    let mut accounts = accounts.clone();
    for (name, change) in changes {
        merge(accounts.get_mut(*name).unwrap_or_else(|| panic!("no account {name}")), &parsed(change));
    }
    accounts
}

/// Keeps mails.
#[derive(Default)]
pub struct Letterbox(Mutex<Vec<Mail>>);

impl Post for Letterbox {
    fn send(&self, mail: Mail) -> futures::future::BoxFuture<'_, Result<(), PostError>> {
        self.0.lock().expect("nobody panics while posting").push(mail);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A tenant.
pub struct World {
    pub api: MemoryApi,
    pub letterbox: Letterbox,
    clock: Arc<VirtualClock>,
    cluster: Cluster,
}

impl World {
    /// The common world with the account of the spec, and with patches. Call it within the runtime.
    pub async fn new(account: &str, patches: &[(&str, &str, &str)]) -> Self {
        Self::served(MemoryApi::tenure, account, patches).await
    }

    /// The same, where the API server takes whatever is said to be an object of the kind, as under a definition of another
    /// release.
    pub async fn without_schema(kind: &str, patches: &[(&str, &str, &str)]) -> Self {
        let mut definitions = tenure::api::crds();
        for definition in definitions.iter_mut().filter(|definition| definition.spec.names.kind == kind) {
            definition.spec.versions.iter_mut().for_each(|version| version.schema = None);
        }
        Self::served(|now| MemoryApi::new(&definitions, now), "{}", patches).await
    }

    async fn served(serve: impl FnOnce(Now) -> MemoryApi, account: &str, patches: &[(&str, &str, &str)]) -> Self {
        let clock = Arc::new(VirtualClock::begin("2026-01-05T09:00:00Z".parse().expect("an instant")));
        let now = Arc::clone(&clock);
        let api = serve(Arc::new(move || now.now()));
        for (kind, name, spec) in OBJECTS {
            api.put(&object(kind, name, &parsed(spec))).unwrap_or_else(|refusal| panic!("{kind} {name}: {}", refusal.message));
        }
        let cluster = Cluster::new(api.client("task"), NS, Arc::clone(&clock) as _);
        let world = Self { api, letterbox: Letterbox::default(), clock, cluster };
        world.directory().query_and_seed(&mut Listing::default(), world.clock.now()).await.expect("nothing is in the way yet");
        world.patch("Account", SUBJECT, account);
        for (kind, name, patch) in patches {
            world.patch(kind, name, patch);
        }
        world
    }

    fn patch(&self, kind: &str, name: &str, patch: &str) {
        if patch == "null" {
            return self.api.delete(kind, NS, name).unwrap_or_else(|refusal| panic!("{kind} {name}: {}", refusal.message));
        }
        let mut object = (*self.api.get(kind, NS, name).unwrap_or_else(|| panic!("no {kind} {name}"))).clone();
        merge(&mut object["spec"], &parsed(patch));
        self.api.put(&object).unwrap_or_else(|refusal| panic!("{kind} {name}: {}", refusal.message));
    }

    pub fn directory(&self) -> Embedded {
        let object = self.api.get("Directory", NS, "people").expect("the world has one");
        let object: DirectoryObject = serde_json::from_value((*object).clone()).expect("it was stored");
        let spec: DirectorySpec = object.spec;
        Embedded::new(self.cluster.clone(), Keyring::from_hex(&"ab".repeat(32)).expect("32 bytes"), "people", &spec, None)
    }

    /// Something stands in the way of the task's requests.
    pub fn intercept(&self, interceptor: Arc<dyn Interceptor>) {
        self.api.set_interceptor(Some(interceptor));
    }

    /// The accounts by name.
    pub fn accounts(&self) -> BTreeMap<String, Value> {
        let name = |account: &Value| account["metadata"]["name"].as_str().expect("a name").to_owned();
        self.api.list("Account", Some(NS)).iter().map(|account| (name(account), view(&account["spec"]))).collect()
    }

    /// Mails so far; the word to the subject of a pass is not the task's own mail.
    pub fn mails(&self) -> usize {
        self.letterbox.0.lock().expect("nobody panics while posting").iter().filter(|mail| mail.task != PASS_NOTICE).count()
    }

    /// What is observed of the subject, and what the task does to it.
    async fn plan(&self, task: &Task) -> Result<(Observation, Vec<Planned>), Fault> {
        let (directory, tasks) = (self.directory(), std::slice::from_ref(task));
        let needs = Needs::of(tasks);
        let groups = directory.groups(&needs).await;
        let asked = Asked { tasks, needs: &needs, groups: &groups, result: None, now: self.clock.now() };
        let observation = observe(&directory, &subject(), asked).await?;
        let planned = works(tasks, &observation.observed, |_| false);
        Ok((observation, planned))
    }

    async fn perform_task(&self, task: &Task) -> Result<String, Fault> {
        let (mut observation, mut planned) = self.plan(task).await?;
        let work = planned.remove(0).work?;
        let mut rest = work.changes.clone();
        loop {
            let performance = Performance {
                directory: &self.directory(),
                subject: &subject(),
                occurrence: "0123456789abcdef",
                task,
                changes: &rest,
                tenant: NS,
                now: self.clock.now(),
                random: &|| [7; 32],
                post: &self.letterbox,
                mail: &tenure::api::tenant_schedule::MailSettings::default(),
            };
            if perform(&performance, &mut observation.held).await? == Applied::Done {
                break;
            }
            // Somebody else has written meanwhile, or this very write did and its answer was lost: all of it anew.
            (observation, planned) = self.plan(task).await?;
            rest = planned.remove(0).work?.changes;
        }
        let changed = !work.changes.is_empty();
        let begin = if changed { "done" } else { "already" };
        Ok(work.words(changed).map_or_else(|| begin.to_owned(), |words| format!("{begin}: {words}")))
    }

    /// Performs the task once.
    pub async fn perform(&self, spec: &Spec) -> String {
        let task: Task = serde_json::from_value(task(spec)).expect("the table has tasks");
        match self.perform_task(&task).await {
            Ok(said) => said,
            Err(fault) if fault.is_passing() => format!("tries again {fault}"),
            Err(fault) => format!("fails {fault}"),
        }
    }

    /// The before-image of the task.
    pub async fn before(&self, spec: &Spec) -> Value {
        let task: Task = serde_json::from_value(task(spec)).expect("the table has tasks");
        let (_, planned) = self.plan(&task).await.expect("nothing is in the way");
        let entry = TaskResult { name: task.name.clone(), ..TaskResult::default() };
        let mut result = SubjectResult { tasks: vec![entry], ..SubjectResult::default() };
        write_down(std::slice::from_ref(&task), &planned, &mut result);
        json!(result.tasks[0].before)
    }
}

/// The subject of every task.
pub fn subject() -> SubjectRef {
    SubjectRef::by_name("people", SUBJECT)
}

/// Runs a future in virtual time.
pub fn play<T>(work: impl Future<Output = T>) -> T {
    runtime().expect("a runtime").block_on(work)
}
