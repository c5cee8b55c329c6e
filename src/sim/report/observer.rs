//! Looks on: sees every change of the kinds that tell what happened, and writes it down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use futures::StreamExt;
use futures::stream::{BoxStream, select_all};
use kube::ResourceExt;
use kube::api::{Api, ApiResource, WatchEvent, WatchParams};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::change::changes;
use super::object::{condition, holding, string, why};
use super::timeline::{Entry, Happening, SubjectOutcome, Timeline};
use crate::api::conditions::{COMPLETE, FAILED, HELD, READY};
use crate::api::form::typed as typed_value;
use crate::api::meta::DEFAULT_NAME;
use crate::api::{
    Account, Category, Directory, EntryState, LedgerEntry, OccurrenceLedger, ProcessingStatus, Run, User, Workflow, WorkflowVersion,
    reasons,
};
use crate::cluster::Clock;
use crate::cluster::object::Raw;
use crate::reconcile::foresight::subject_names;
use crate::runner::quality::{Unreadable, WrongZone, quality};
use crate::sim::api::{MemoryApi, Refusal};
use crate::sim::clock::VirtualClock;
use crate::sim::hook::own_client;
use crate::sim::load::Document;
use crate::sim::timing::ARRIVAL;

/// What tells rows apart that say the same at the same time.
type Row = (DateTime<Utc>, String, i64, String, String, String);

#[derive(Default)]
struct Log {
    entries: Vec<Entry>,
    versions: BTreeSet<(String, String)>,
    /// Namespace and name of Runs, and the epoch of the plan: a Run of that name that comes later is another one, and one that
    /// is put back with its plan is the same.
    runs: BTreeSet<(String, String, i64)>,
    held: BTreeSet<(String, String, i64)>,
    ready: BTreeMap<(String, String), bool>,
    /// Namespace and name of the records that nobody has looked at since they were applied.
    unexamined: BTreeSet<(String, String)>,
    rows_seen: BTreeSet<(String, i64, String, String)>,
    /// At, namespace, epoch, workflow, state, reason: the keyed ids of the subjects, and the leaver's occurrence that took
    /// the place.
    rows: BTreeMap<Row, Vec<(String, String)>>,
    /// The workflows of leaver occurrences that took a place, by their keys.
    leavers: BTreeMap<String, String>,
    /// What cannot be read in a record as it is now, by namespace and name.
    unreadable: BTreeMap<(String, String), Vec<Entry>>,
    /// Names of subjects by their keyed ids.
    names: BTreeMap<String, String>,
}

/// Looks on.
#[derive(Clone)]
pub(in crate::sim) struct Observer {
    api: MemoryApi,
    clock: Arc<VirtualClock>,
    log: Arc<Mutex<Log>>,
}

impl Observer {
    pub(in crate::sim) fn new(api: MemoryApi, clock: Arc<VirtualClock>) -> Self {
        Self { api, clock, log: Arc::default() }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, log: &mut Log, namespace: &str, what: Happening) {
        log.entries.push(Entry { at: self.clock.now(), namespace: namespace.to_owned(), what });
    }

    /// Looks on for as long as it is polled.
    pub(in crate::sim) async fn run(self) {
        let watches = [
            self.watch(ApiResource::erase::<WorkflowVersion>(&()), "WorkflowVersion").await,
            self.watch(ApiResource::erase::<Workflow>(&()), "Workflow").await,
            self.watch(ApiResource::erase::<Run>(&()), "Run").await,
            self.watch(ApiResource::erase::<OccurrenceLedger>(&()), "OccurrenceLedger").await,
        ];
        let mut changes = select_all(watches.into_iter().flatten());
        while let Some((kind, namespace, name)) = changes.next().await {
            if let Some(object) = self.api.get(kind, &namespace, &name) {
                self.see(kind, (namespace, name), &object);
            }
        }
    }

    /// Which objects of the kind come or change. What they say is read from the store, which has it parsed already.
    async fn watch(&self, resource: ApiResource, kind: &'static str) -> Option<BoxStream<'static, (&'static str, String, String)>> {
        let api = Api::<Raw>::all_with(self.api.client(&own_client("observer")), &resource);
        let events = api.watch_metadata(&WatchParams::default().timeout(0), "0").await.ok()?;
        let changes = events.filter_map(move |event| async move {
            match event {
                Ok(WatchEvent::Added(object) | WatchEvent::Modified(object)) => {
                    Some((kind, object.namespace().unwrap_or_default(), object.name_any()))
                }
                _ => None,
            }
        });
        Some(changes.boxed())
    }

    /// Lets everything arrive that has happened.
    pub(in crate::sim) async fn settle(&self) {
        tokio::time::sleep(ARRIVAL).await;
    }

    /// Takes note of a document that was applied, over `before` where the object was there, or deleted.
    pub(in crate::sim) fn applied(&self, document: &Document, before: Option<&Value>, refused: Option<Refusal>) {
        let (kind, namespace, name) = document.key();
        let after = before.and_then(|_| self.api.get(kind, namespace, name));
        let what = Happening::Applied {
            kind: kind.to_owned(),
            name: name.to_owned(),
            is_deletion: document.is_deletion,
            changes: before.zip(after.as_deref()).map(|(before, after)| changes(before, after)).unwrap_or_default(),
            refused: refused.map(|refusal| refusal.message.clone()),
        };
        let mut log = self.log();
        if kind == "User" {
            log.unexamined.insert((namespace.to_owned(), name.to_owned()));
        }
        self.write(&mut log, namespace, what);
    }

    /// Takes note of what cannot be read in the records that were applied since this was asked last.
    pub(in crate::sim) fn examine_records(&self) {
        let mut log = self.log();
        let records = std::mem::take(&mut log.unexamined);
        let mut directories: BTreeMap<String, Vec<Directory>> = BTreeMap::new();
        for (namespace, name) in records {
            let directories = directories.entry(namespace.clone()).or_insert_with(|| typed(&self.api.list("Directory", Some(&namespace))));
            log.unreadable.remove(&(namespace.clone(), name.clone()));
            let Some(user) = self.api.get("User", &namespace, &name).and_then(|user| read::<User>(&user)) else { continue };
            let account = self.api.get("Account", &namespace, &name).and_then(|account| read::<Account>(&account));
            let schedule = self.api.get("TenantSchedule", &namespace, DEFAULT_NAME);
            let time_zone = schedule.as_ref().and_then(|schedule| schedule["spec"]["timeZone"].as_str());
            let found = quality(directories, time_zone, &user, account.as_ref());
            let unreadable = found.unreadable.into_iter().map(|Unreadable { attribute, text, expected }| Happening::Unreadable {
                person: name.clone(),
                attribute,
                text,
                expected,
            });
            let zones = found.zones.into_iter().map(|WrongZone { attribute, text, expected, applies }| Happening::WrongZone {
                person: name.clone(),
                attribute,
                text,
                expected,
                applies,
            });
            for what in unreadable.chain(zones) {
                let entry = Entry { at: self.clock.now(), namespace: namespace.clone(), what };
                log.entries.push(entry.clone());
                log.unreadable.entry((namespace.clone(), name.clone())).or_default().push(entry);
            }
        }
    }

    fn see(&self, kind: &str, key: (String, String), object: &Value) {
        match kind {
            "WorkflowVersion" => self.see_version(&key, object),
            "Workflow" => self.see_workflow(key, object),
            "Run" => self.see_run(key, object),
            _ => self.see_ledger(&key.0, object),
        }
    }

    fn see_version(&self, key: &(String, String), object: &Value) {
        let mut log = self.log();
        if log.versions.insert(key.clone()) {
            let workflow = string(&object["spec"]["workflow"]).to_owned();
            let number = object["spec"]["number"].as_i64().unwrap_or_default();
            self.write(&mut log, &key.0, Happening::Version { workflow, number });
        }
    }

    fn see_workflow(&self, key: (String, String), object: &Value) {
        let Some(ready) = condition(object, READY) else { return };
        let is_ready = holding(object, READY).is_some();
        let mut log = self.log();
        // That a new workflow is ready goes without saying.
        if log.ready.insert(key.clone(), is_ready).unwrap_or(true) != is_ready {
            let why = if is_ready { String::new() } else { why(ready) };
            self.write(&mut log, &key.0, Happening::Readiness { workflow: key.1, is_ready, why });
        }
    }

    fn see_run(&self, key: (String, String), object: &Value) {
        let mut log = self.log();
        let plan = &object["status"]["plan"];
        let epoch = plan["epoch"].as_i64().unwrap_or_default();
        let planned = (key.0.clone(), key.1.clone(), epoch);
        if let Some(held) = holding(object, HELD)
            && log.held.insert(planned.clone())
        {
            self.write(&mut log, &key.0, Happening::Held { run: key.1.clone(), why: why(held) });
        }
        if holding(object, COMPLETE).is_none() && holding(object, FAILED).is_none() {
            return;
        }
        if !log.runs.insert(planned) {
            return;
        }
        let subjects = self.outcomes(&mut log, &key.0, &key.1, epoch);
        let source = &object["spec"]["source"]["workflow"];
        let type_ = string(&object["spec"]["executionType"]);
        let what = Happening::Run {
            run: key.1,
            workflow: string(&source["name"]).to_owned(),
            version: plan["version"].as_i64().or(source["version"].as_i64()).filter(|number| *number > 0),
            cause: if type_ == "scheduled" { String::new() } else { type_.to_owned() },
            reason: string(&plan["reason"]).to_owned(),
            subjects,
        };
        self.write(&mut log, &key.0, what);
    }

    /// What became of the subjects of a Run's plan. Slices of an earlier Run of its name are there for as long as history is.
    fn outcomes(&self, log: &mut Log, namespace: &str, run: &str, epoch: i64) -> Vec<SubjectOutcome> {
        let slices = self.api.list("RunSlice", Some(namespace));
        let mut outcomes = Vec::new();
        for slice in slices.iter().filter(|slice| slice["run"] == run && slice["epoch"] == epoch) {
            for result in slice["results"].as_array().into_iter().flatten() {
                log.names.insert(string(&result["subjectKey"]).to_owned(), string(&result["subject"]).to_owned());
                outcomes.push(outcome(result));
            }
        }
        outcomes
    }

    fn see_ledger(&self, namespace: &str, object: &Value) {
        let Some(chunk) = read::<OccurrenceLedger>(object) else { return };
        let mut log = self.log();
        for LedgerEntry { epoch, key, subject, workflow, category, state, at, by, reason, .. } in chunk.spec.entries {
            if state == EntryState::Planned {
                if category == Category::Leaver {
                    log.leavers.entry(key).or_insert(workflow);
                }
                continue;
            }
            let word = state.as_str().to_owned();
            if log.rows_seen.insert((namespace.to_owned(), epoch, key, word.clone())) {
                let row = (at, namespace.to_owned(), epoch, workflow, word, reason.unwrap_or_default());
                log.rows.entry(row).or_default().push((subject, by.unwrap_or_default()));
            }
        }
    }

    /// Everything that was written down, with those rows of the ledgers that are in force at the end.
    pub(in crate::sim) fn timeline(&self, objects: &[Value]) -> Timeline {
        let log = self.log();
        let mut entries = log.entries.clone();
        let heads = objects.iter().filter(|object| object["kind"] == "TenantLedger");
        let heads: BTreeMap<&str, &Value> = heads.map(|head| (string(&head["metadata"]["namespace"]), head)).collect();
        let names = names(objects, &heads, &log.names);
        for ((at, namespace, epoch, workflow, state, reason), subjects) in &log.rows {
            if !heads.get(namespace.as_str()).is_some_and(|head| is_valid(head, *epoch)) {
                continue;
            }
            // Who is released and missed at once, for the same reason, is missed.
            let missed = (*at, namespace.clone(), *epoch, workflow.clone(), EntryState::Missed.as_str().to_owned(), reason.clone());
            let missed = log.rows.get(&missed).filter(|_| state == EntryState::Released.as_str());
            let is_missed = |subject: &String| missed.is_some_and(|missed| missed.iter().any(|(other, _)| other == subject));
            let mut by_leaver: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
            for (subject, by) in subjects.iter().filter(|(subject, _)| !is_missed(subject)) {
                by_leaver.entry(log.leavers.get(by).map_or("", String::as_str)).or_default().push(subject);
            }
            for (by, subjects) in by_leaver {
                let names: BTreeSet<String> = subjects.iter().filter_map(|id| names.get(*id).cloned()).collect();
                let what = Happening::Ledger {
                    workflow: workflow.clone(),
                    // A hire that was taken back is the work of no workflow.
                    state: if workflow.is_empty() { "withdrawn".to_owned() } else { state.clone() },
                    reason: reason.clone(),
                    by: by.to_owned(),
                    subjects: names.into_iter().collect(),
                    count: subjects.len(),
                };
                entries.push(Entry { at: *at, namespace: namespace.clone(), what });
            }
        }
        entries.sort();
        Timeline { entries, unreadable: log.unreadable.values().flatten().cloned().collect() }
    }
}

fn read<K: DeserializeOwned>(object: &Value) -> Option<K> {
    typed_value(object).ok()
}

fn typed<K: DeserializeOwned>(objects: &[Arc<Value>]) -> Vec<K> {
    objects.iter().filter_map(|object| read(object)).collect()
}

fn outcome(result: &Value) -> SubjectOutcome {
    let tasks = || result["tasks"].as_array().into_iter().flatten();
    let named = |task: &Value| string(&task["name"]).to_owned();
    let done = tasks().filter(|task| task["processingStatus"] == ProcessingStatus::Completed.as_str()).map(named).collect();
    let failed = tasks().filter(|task| task["processingStatus"] == ProcessingStatus::Failed.as_str()).map(|task| {
        let why = reasons::with_text(string(&task["reason"]), string(&task["processingInfo"]));
        if why.is_empty() { named(task) } else { format!("{} ({why})", named(task)) }
    });
    SubjectOutcome {
        subject: string(&result["subject"]).to_owned(),
        due: result["due"].as_str().and_then(|due| due.parse().ok()),
        status: string(&result["processingStatus"]).to_owned(),
        reason: string(&result["reason"]).to_owned(),
        done,
        failed: failed.collect(),
    }
}

/// The subjects' names by their keyed ids: those that runs had, and those of everybody who is on record at the end.
fn names(objects: &[Value], heads: &BTreeMap<&str, &Value>, known: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut names = known.clone();
    for namespace in heads.keys() {
        let of = |kind: &str| -> Vec<&str> {
            let found = objects.iter().filter(|object| object["kind"] == kind && object["metadata"]["namespace"] == *namespace);
            found.map(|object| string(&object["metadata"]["name"])).collect()
        };
        let key = objects.iter().find(|object| object["kind"] == "TenantKey" && object["metadata"]["namespace"] == *namespace);
        names.extend(subject_names(string(&key.unwrap_or(&Value::Null)["key"]), &of("Directory"), &of("User")));
    }
    names
}

/// Whether rows of that epoch count.
pub(super) fn is_valid(head: &Value, epoch: i64) -> bool {
    let is_abandoned = head["abandoned"].as_array().into_iter().flatten().any(|range| {
        let end = |field: &str| range[field].as_i64().unwrap_or_default();
        (end("from")..=end("to")).contains(&epoch)
    });
    epoch <= head["sealedEpoch"].as_i64().unwrap_or_default() && !is_abandoned
}
