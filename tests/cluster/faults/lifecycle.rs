//! What happens to a tenant in Kubernetes' own ways: foreground deletes, the end of its namespace, backup and restore,
//! and `GitOps` that prunes and heals. None of it undoes an off-boarding, and none repeats one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams, PropagationPolicy};
use serde_json::{Value, json};
use tenure::domain::timing::Timing;

use super::Error;
use super::fault::Record;
use super::only::only;
use super::rows::results_of;
use super::tenant::{DIVISOR, Ground, TestedTenant, kinds};

/// How long a namespace may take to go.
const NAMESPACE_PATIENCE: Duration = Duration::from_secs(60);

/// Seconds from the start of a scene to its first tick.
const FIRST_TICK: i64 = 20;

/// How many leave at once: more than one claim holds.
const LEAVERS: usize = 24;

fn user(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "User", "metadata": {"name": name}, "spec": spec})
}

fn workflow(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "Workflow", "metadata": {"name": name}, "spec": spec})
}

/// What stands in Git: a joiner and a leaver workflow, people who left an hour ago, one who begins today, one who stays.
fn documents() -> Vec<Value> {
    let today = Utc::now().date_naive().to_string();
    let yesterday = (Utc::now() - TimeDelta::days(1)).date_naive().to_string();
    let an_hour_ago = (Utc::now() - TimeDelta::hours(1)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let trigger = |attribute: &str| json!({"trigger": {"timeBasedAttribute": {"attribute": attribute, "offsetInDays": 0}}});
    let mut documents = vec![
        json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "Directory", "metadata": {"name": "people"}, "spec": {"embedded": {}}}),
        json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "Group", "metadata": {"name": "all"}, "spec": {"displayName": "Everybody"}}),
        workflow(
            "joiner",
            &json!({"category": "joiner", "isSchedulingEnabled": true, "executionConditions": trigger("employeeHireDate"),
                "tasks": [{"name": "enable", "enableUserAccount": {}}, {"name": "groups", "addUserToGroups": {"groups": ["all"]}}]}),
        ),
        workflow(
            "leaver",
            &json!({"category": "leaver", "isSchedulingEnabled": true, "executionConditions": trigger("employeeLeaveDateTime"),
                "tasks": [{"name": "disable", "disableUserAccount": {}}, {"name": "groups", "removeUserFromAllGroups": {}}]}),
        ),
        user("joins", &json!({"employeeHireDate": today, "initialAccount": {"accountEnabled": false}})),
        user("stays", &json!({"employeeHireDate": "2020-01-01", "initialAccount": {"memberOf": ["all"]}})),
    ];
    documents.extend((0..LEAVERS).map(|number| {
        let hired = if has_just_joined(number) { yesterday.as_str() } else { "2020-01-01" };
        let spec = json!({"employeeHireDate": hired, "employeeLeaveDateTime": an_hour_ago, "initialAccount": {"memberOf": ["all"]}});
        user(&leaver(number), &spec)
    }));
    documents.push(json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "TenantSchedule", "metadata": {"name": "default"},
        "spec": {"cron": "* * * * *", "directory": "people"}}));
    documents
}

fn leaver(number: usize) -> String {
    format!("leaves{number:02}")
}

/// Whether the leaver was hired yesterday, so that a joiner would be due.
fn has_just_joined(number: usize) -> bool {
    number % 2 == 1
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Objects of a tenant at one moment.
struct State(Vec<Value>);

impl State {
    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |object| text(object, "/kind") == kind)
    }

    fn names(&self, kind: &str) -> BTreeSet<String> {
        self.of_kind(kind).map(|object| text(object, "/metadata/name").to_owned()).collect()
    }

    /// How often each person went through a workflow to the end.
    fn completed(&self) -> BTreeMap<String, usize> {
        let mut completed = BTreeMap::new();
        for slice in self.of_kind("RunSlice") {
            for result in results_of(slice).iter().filter(|result| text(result, "/processingStatus") == "completed") {
                *completed.entry(format!("{} {}", text(slice, "/workflow"), text(result, "/subject"))).or_default() += 1;
            }
        }
        completed
    }

    /// How often each account was changed.
    fn changes(&self) -> BTreeMap<String, i64> {
        let changes = |account: &Value| account["metadata"]["generation"].as_i64().unwrap_or_default() - 1;
        self.of_kind("Account").map(|account| (text(account, "/metadata/name").to_owned(), changes(account))).collect()
    }

    /// Off-boarded people who are not: nobody, if all is well.
    fn came_back(&self) -> Vec<String> {
        let is_back = |account: &&Value| {
            let groups = account["spec"]["memberOf"].as_array().is_some_and(|groups| !groups.is_empty());
            account["spec"]["accountEnabled"] != json!(false) || groups
        };
        let accounts = self.of_kind("Account").filter(|account| text(account, "/metadata/name").starts_with("leaves"));
        accounts.filter(is_back).map(|account| text(account, "/metadata/name").to_owned()).collect()
    }

    /// Everybody who leaves has left, once.
    fn check_left_once(&self, when: &str) -> Result<(), Error> {
        let back = self.came_back();
        if !back.is_empty() {
            return Err(format!("{when}: not off-boarded: {}", back.join(", ")).into());
        }
        let completed = self.completed();
        let of = |number: usize| completed.get(&format!("leaver {}", leaver(number))).copied().unwrap_or(0);
        let wrong: Vec<String> =
            (0..LEAVERS).filter(|number| of(*number) != 1).map(|number| format!("{} {}", leaver(number), of(number))).collect();
        if wrong.is_empty() { Ok(()) } else { Err(format!("{when}: completed not once: {}", wrong.join(", ")).into()) }
    }

    /// Nothing was done to anybody between two moments.
    fn check_same(&self, later: &Self, when: &str) -> Result<(), Error> {
        let differs = |what: &str, before: String, after: String| -> Result<(), Error> {
            if before == after { Ok(()) } else { Err(format!("{when}: {what}: before {before}, after {after}").into()) }
        };
        differs("slices", format!("{:?}", self.names("RunSlice")), format!("{:?}", later.names("RunSlice")))?;
        differs("completed", format!("{:?}", self.completed()), format!("{:?}", later.completed()))?;
        differs("changes of accounts", format!("{:?}", self.changes()), format!("{:?}", later.changes()))
    }
}

impl TestedTenant {
    async fn state(&self) -> Result<State, Error> {
        Ok(State(self.objects().await?))
    }

    async fn apply_all(&self, documents: &[Value]) -> Result<(), Error> {
        for document in documents {
            self.apply(document).await?;
        }
        Ok(())
    }

    /// Waits until nothing moves and a later evaluation was sealed.
    async fn evaluated(&self) -> Result<(), Error> {
        self.quiet(Some(Utc::now())).await
    }

    async fn delete_in_foreground(&self, kind: &str, name: &str) -> Result<(), Error> {
        let params = DeleteParams { propagation_policy: Some(PropagationPolicy::Foreground), ..DeleteParams::default() };
        let api = self.dynamic(kind)?;
        api.delete(name, &params).await?;
        within(Duration::from_secs(30), "a foreground delete ends", async || Ok(api.get_opt(name).await?.is_none())).await
    }
}

/// Waits for an answer that is yes.
async fn within(patience: Duration, what: &str, ask: impl AsyncFn() -> Result<bool, Error>) -> Result<(), Error> {
    let began = Instant::now();
    while !ask().await? {
        if began.elapsed() > patience {
            return Err(format!("{what}: not within {} s", patience.as_secs()).into());
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    Ok(())
}

/// A scene in a namespace of its own, with its controller.
async fn scene(ground: &Ground, name: &str, latency: u64, act: impl AsyncFnOnce(&TestedTenant) -> Result<(), Error>) -> Result<(), Error> {
    let began = Instant::now();
    let timing = Timing::scaled(DIVISOR).ok_or("no such divisor")?;
    let record = Arc::new(Record::new(None, Duration::from_millis(latency), &timing));
    let tenant = ground.tenant(name, Utc::now(), FIRST_TICK, record).await?;
    let acted = async {
        let acted = act(&tenant).await;
        tenant.over();
        acted
    };
    let (acted, controlled) = futures::future::join(acted, tenant.control()).await;
    let outcome = acted.and(controlled);
    if outcome.is_err() {
        // What cannot be written does not hide what went wrong.
        let _ = std::fs::write(tenant.diaries().join("requests.log"), tenant.record.log().join("\n"));
        if let Ok(objects) = tenant.objects().await {
            let _ = std::fs::write(tenant.diaries().join("objects.json"), serde_json::to_string_pretty(&objects)?);
        }
    }
    // The scene may have deleted it.
    let _ = tenant.clear().await;
    let word = outcome.as_ref().map_or_else(ToString::to_string, |()| "as it should".to_owned());
    println!("lifecycle: {name}: {word}");
    println!("seconds: {:.1} lifecycle: {name}", began.elapsed().as_secs_f64());
    outcome.map_err(|error| format!("{name}: {error}; see {}", tenant.diaries().display()).into())
}

/// A Workflow is deleted in the foreground while its Run executes, comes back, goes and comes back again.
async fn foreground_delete(tenant: &TestedTenant) -> Result<(), Error> {
    let documents = documents();
    tenant.apply_all(&documents).await?;
    tenant.open(true).await?;
    tenant.delete_in_foreground("Workflow", "leaver").await?;
    let before = tenant.state().await?;
    tenant.evaluated().await?;
    let state = tenant.state().await?;
    for kind in ["RunSlice", "Run", "WorkflowVersion", "Account", "OccurrenceLedger"] {
        if !before.names(kind).is_subset(&state.names(kind)) || before.names(kind).is_empty() {
            return Err(format!("the deletion in the middle took {kind} with it: {:?}", state.names(kind)).into());
        }
    }
    tenant.apply_all(&documents).await?;
    tenant.evaluated().await?;
    let done = tenant.state().await?;
    done.check_left_once("deleted in the middle and applied again")?;
    tenant.delete_in_foreground("Workflow", "leaver").await?;
    tenant.evaluated().await?;
    tenant.apply_all(&documents).await?;
    tenant.evaluated().await?;
    done.check_same(&tenant.state().await?, "deleted after the end and applied again")
}

/// A namespace is deleted while a Run executes.
async fn end_of_namespace(tenant: &TestedTenant) -> Result<(), Error> {
    tenant.apply_all(&documents()).await?;
    tenant.open(true).await?;
    wipe(tenant).await
}

async fn wipe(tenant: &TestedTenant) -> Result<(), Error> {
    let namespaces: Api<Namespace> = Api::all(tenant.ground.client.clone());
    namespaces.delete(&tenant.namespace, &DeleteParams::default()).await?;
    within(NAMESPACE_PATIENCE, "the namespace ends", async || Ok(namespaces.get_opt(&tenant.namespace).await?.is_none())).await
}

/// What a restore without status makes of an object.
fn bare(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(members) = object.as_object_mut() {
        members.remove("status");
    }
    let metadata = &object["metadata"];
    let mut kept = json!({"name": metadata["name"]});
    for field in ["labels", "annotations"] {
        if !metadata[field].is_null() {
            kept[field] = metadata[field].clone();
        }
    }
    object["metadata"] = kept;
    object
}

/// All objects are kept, the namespace is deleted, and they come back without status in the order of their kinds.
async fn restore(tenant: &TestedTenant, backup: &State) -> Result<(), Error> {
    wipe(tenant).await?;
    tenant.ground.namespace(&tenant.namespace).await?;
    for kind in kinds().keys() {
        let api = tenant.dynamic(kind)?;
        for object in backup.of_kind(kind) {
            api.create(&PostParams::default(), &serde_json::from_value(bare(object))?).await?;
        }
    }
    Ok(())
}

/// A backup of a tenant that rests.
async fn restore_at_rest(tenant: &TestedTenant) -> Result<(), Error> {
    tenant.apply_all(&documents()).await?;
    tenant.evaluated().await?;
    let backup = tenant.state().await?;
    backup.check_left_once("before the backup")?;
    restore(tenant, &backup).await?;
    tenant.evaluated().await?;
    // Once more, with what the first evaluation has made of it.
    tenant.evaluated().await?;
    let state = tenant.state().await?;
    state.check_left_once("after the restore")?;
    let touched: Vec<(String, i64)> = state.changes().into_iter().filter(|(_, changes)| *changes != 0).collect();
    if !touched.is_empty() || backup.names("RunSlice") != state.names("RunSlice") {
        return Err(format!(
            "touched after the restore: {touched:?}; slices {:?}, {:?}",
            backup.names("RunSlice"),
            state.names("RunSlice")
        )
        .into());
    }
    Ok(())
}

/// A backup that was made while a Run executed: what was begun is finished, and nobody is planned again.
async fn restore_in_the_middle(tenant: &TestedTenant) -> Result<(), Error> {
    tenant.apply_all(&documents()).await?;
    tenant.open(true).await?;
    let backup = tenant.state().await?;
    restore(tenant, &backup).await?;
    tenant.evaluated().await?;
    tenant.evaluated().await?;
    tenant.state().await?.check_left_once("after the restore")
}

/// `GitOps` prunes what it owns and applies it again, at once and with an evaluation in between.
async fn prune(tenant: &TestedTenant) -> Result<(), Error> {
    let documents = documents();
    tenant.apply_all(&documents).await?;
    tenant.evaluated().await?;
    let before = tenant.state().await?;
    before.check_left_once("before the prune")?;
    for with_schedule in [true, false] {
        let is_pruned = |kind: &str| matches!(kind, "Workflow" | "User") || (with_schedule && kind == "TenantSchedule");
        for document in documents.iter().filter(|document| is_pruned(text(document, "/kind"))) {
            tenant.delete(text(document, "/kind"), text(document, "/metadata/name")).await?;
        }
        if with_schedule {
            tokio::time::sleep(Duration::from_secs(5)).await;
        } else {
            tenant.evaluated().await?;
        }
        tenant.apply_all(&documents).await?;
        tenant.evaluated().await?;
        let when = if with_schedule { "pruned with the schedule and applied again" } else { "pruned, evaluated and applied again" };
        before.check_same(&tenant.state().await?, when)?;
    }
    Ok(())
}

/// Somebody changes by hand what `GitOps` owns, and it is healed.
async fn heal(tenant: &TestedTenant) -> Result<(), Error> {
    let documents = documents();
    tenant.apply_all(&documents).await?;
    tenant.evaluated().await?;
    let before = tenant.state().await?;
    before.check_left_once("before the change")?;
    let hand = PatchParams { field_manager: Some("kubectl-edit".to_owned()), ..PatchParams::default() };
    let in_a_month = (Utc::now() + TimeDelta::days(30)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let spoil = json!({"spec": {"employeeLeaveDateTime": in_a_month, "initialAccount": {"accountEnabled": true}}});
    let stop = json!({"spec": {"isSchedulingEnabled": false}});
    let by_hand = async || -> Result<(), Error> {
        for number in [0, 1] {
            tenant.dynamic("User")?.patch(&leaver(number), &hand, &Patch::Merge(&spoil)).await?;
        }
        tenant.dynamic("Workflow")?.patch("leaver", &hand, &Patch::Merge(&stop)).await?;
        Ok(())
    };
    by_hand().await?;
    tenant.apply_all(&documents).await?;
    tenant.evaluated().await?;
    before.check_same(&tenant.state().await?, "changed by hand and healed at once")?;
    by_hand().await?;
    tenant.evaluated().await?;
    tenant.apply_all(&documents).await?;
    tenant.evaluated().await?;
    // A last day that was another one for a while counts again. Of who was hired long ago it finds nothing to change; who
    // was hired yesterday was somebody who begins, for as long as the record said that they stay, and leaves again.
    let state = tenant.state().await?;
    let (was, mut is) = (before.changes(), state.changes());
    if let Some(was) = was.get(&leaver(1)) {
        is.insert(leaver(1), *was);
    }
    if state.came_back().is_empty() && was == is {
        return Ok(());
    }
    Err(format!("changed by hand, evaluated and healed: back {:?}, changes {was:?}, {is:?}", state.came_back()).into())
}

/// Plays every scene at the same time.
pub async fn lifecycle(ground: &Ground) -> Result<(), Error> {
    macro_rules! scenes {
        ($($name:literal $latency:literal $act:ident),+) => {{
            let only = only("TENURE_LIFECYCLE_ONLY", &[vec![$($name.to_owned()),+]]);
            let wants = |name: &str| only.first().is_none_or(|only| only == name);
            futures::join!($(async { if wants($name) { scene(ground, $name, $latency, $act).await } else { Ok(()) } }),+).into()
        }};
    }
    let outcomes: [Result<(), Error>; 6] = scenes!(
        "foreground-delete" 150 foreground_delete,
        "namespace" 150 end_of_namespace,
        "restore-at-rest" 0 restore_at_rest,
        "restore-in-the-middle" 150 restore_in_the_middle,
        "prune" 0 prune,
        "heal" 0 heal
    );
    let wrong: Vec<String> = outcomes.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
