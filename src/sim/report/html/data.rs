//! What the page's script shows, as JSON: people, workflows, and what happened. Everything that many have in common is
//! said once, and people are named by their place in the list, so that ten thousand of them fit into a page.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use crate::api::reasons::with_words;
use crate::api::workflow::ExecutionConditions;
use crate::api::{WorkflowSpec, form, sentence};
use crate::sim::report::object::{condition, string, why};
use crate::sim::report::timeline::{Entry, FieldChange, Happening, SubjectOutcome};
use crate::sim::simulation::Finished;

/// The texts of a record that the page shows, in this order.
const FACTS: [&str; 8] = [
    "displayName",
    "department",
    "jobTitle",
    "employeeType",
    "manager",
    "employeeHireDate",
    "employeeLeaveDateTime",
    "lastSuccessfulSignInDateTime",
];

/// The tenants.
pub(super) fn namespaces(finished: &Finished) -> BTreeSet<&str> {
    finished.timeline.entries.iter().map(|entry| entry.namespace.as_str()).collect()
}

/// Everything that is shown.
pub(super) fn of(finished: &Finished) -> Value {
    let tenants: Vec<Value> = namespaces(finished).into_iter().map(|namespace| tenant(finished, namespace)).collect();
    json!({
        "from": wall_clock(finished.period.from, finished.zone),
        "until": wall_clock(finished.period.until, finished.zone),
        "facts": FACTS,
        "tenants": tenants,
    })
}

fn tenant(finished: &Finished, namespace: &str) -> Value {
    let entries: Vec<&Entry> = finished.timeline.entries.iter().filter(|entry| entry.namespace == namespace).collect();
    let objects = Objects::of(&finished.objects, namespace, finished.zone);
    let mut book = Book::new(people(&objects, &entries), finished.zone);
    let events: Vec<Value> = entries.iter().map(|entry| book.event(entry)).collect();
    let unreadable = finished.timeline.unreadable.iter().filter(|entry| entry.namespace == namespace);
    let unreadable: Vec<Value> = unreadable.map(|entry| book.event(entry)).collect();
    let people: Vec<Value> = book.people.iter().map(|name| person(&objects, name)).collect();
    json!({
        "namespace": namespace,
        "people": people,
        "workflows": objects.all("Workflow").map(|workflow| self::workflow(workflow, &objects)).collect::<Vec<_>>(),
        "outcomes": book.outcomes,
        "unreadable": unreadable,
        "events": events,
    })
}

/// The objects of a tenant, by kind and name.
struct Objects<'a>(BTreeMap<&'a str, BTreeMap<&'a str, &'a Value>>, Tz);

impl<'a> Objects<'a> {
    fn of(objects: &'a [Value], namespace: &str, zone: Tz) -> Self {
        let mut found: BTreeMap<&str, BTreeMap<&str, &Value>> = BTreeMap::new();
        for object in objects.iter().filter(|object| object["metadata"]["namespace"] == namespace) {
            found.entry(string(&object["kind"])).or_default().insert(string(&object["metadata"]["name"]), object);
        }
        Self(found, zone)
    }

    fn all(&self, kind: &str) -> impl Iterator<Item = &'a Value> {
        self.0.get(kind).into_iter().flat_map(|objects| objects.values().copied())
    }

    fn get(&self, kind: &str, name: &str) -> Option<&'a Value> {
        self.0.get(kind)?.get(name).copied()
    }
}

/// The names of everybody who has a record or an account at the end, or to whom something happened.
fn people<'a>(objects: &Objects<'a>, entries: &[&'a Entry]) -> BTreeSet<&'a str> {
    let mut names: BTreeSet<&str> =
        ["User", "Account"].into_iter().flat_map(|kind| objects.all(kind)).map(|object| string(&object["metadata"]["name"])).collect();
    for entry in entries {
        match &entry.what {
            Happening::Run { subjects, .. } => names.extend(subjects.iter().map(|subject| subject.subject.as_str())),
            Happening::Ledger { subjects, .. } => names.extend(subjects.iter().map(String::as_str)),
            Happening::Applied { kind, name, .. } if kind == "User" => drop(names.insert(name)),
            Happening::Unreadable { person, .. } | Happening::WrongZone { person, .. } => drop(names.insert(person)),
            _ => {}
        }
    }
    names
}

fn person(objects: &Objects<'_>, name: &str) -> Value {
    let (user, account) = (objects.get("User", name), objects.get("Account", name));
    let facts: Vec<&Value> = FACTS.iter().map(|fact| user.map_or(&Value::Null, |user| &user["spec"][*fact])).collect();
    let state = match account.map(|account| &account["spec"]) {
        None => "none",
        Some(account) if account["deletedAt"].is_string() => "deleted",
        Some(account) if account["accountEnabled"] == false => "disabled",
        Some(_) => "enabled",
    };
    let mut person = json!({"name": name, "record": user.is_some(), "facts": facts, "state": state});
    let spec = |field: &str| account.map_or(Value::Null, |account| account["spec"][field].clone());
    for (key, value) in [("groups", spec("memberOf")), ("licenses", spec("licenses")), ("written", spec("attributes"))] {
        let is_empty = value.as_array().is_none_or(Vec::is_empty) && value.as_object().is_none_or(Map::is_empty);
        if !is_empty {
            person[key] = value;
        }
    }
    person
}

fn workflow(workflow: &Value, objects: &Objects<'_>) -> Value {
    let (name, spec) = (string(&workflow["metadata"]["name"]), &workflow["spec"]);
    let ready = condition(workflow, "Ready");
    let is_ready = ready.is_some_and(|ready| ready["status"] == "True");
    let typed = form::typed::<WorkflowSpec>(spec).ok();
    let conditions = typed.as_ref().and_then(|spec| spec.execution_conditions.as_ref());
    let action = |task: &crate::api::Task| task.action().map_or("", |action| action.name());
    let tasks: Vec<Value> = typed
        .iter()
        .flat_map(|spec| &spec.tasks)
        .map(|task| json!([task.name, action(task), task.is_enabled, task.continue_on_error]))
        .collect();
    let versions: Vec<Value> = objects
        .all("WorkflowVersion")
        .filter(|version| version["spec"]["workflow"] == name)
        .map(|version| json!([version["spec"]["number"], seconds(&version["metadata"]["creationTimestamp"], objects.1)]))
        .collect();
    json!({
        "name": name,
        "displayName": spec["displayName"],
        "category": spec["category"],
        "enabled": typed.as_ref().is_some_and(|spec| spec.is_enabled),
        "scheduled": typed.as_ref().is_some_and(|spec| spec.is_scheduling_enabled),
        "ready": is_ready,
        "why": if is_ready { String::new() } else { ready.map(why).unwrap_or_default() },
        "rule": spec["executionConditions"]["scope"]["rule"],
        "trigger": conditions.map(|conditions: &ExecutionConditions| sentence::trigger(conditions)),
        "window": spec["catchUpWindow"],
        "tasks": tasks,
        "versions": versions,
    })
}

fn seconds(value: &Value, zone: Tz) -> Option<i64> {
    value.as_str()?.parse::<DateTime<Utc>>().ok().map(|at| wall_clock(at, zone))
}

/// What the clock of the zone shows, as the seconds that a clock in UTC shows so: the page knows no zones.
fn wall_clock(at: DateTime<Utc>, zone: Tz) -> i64 {
    at.with_timezone(&zone).naive_local().and_utc().timestamp()
}

/// Whoever and whatever events refer to by number.
struct Book<'a> {
    zone: Tz,
    people: Vec<&'a str>,
    places: BTreeMap<&'a str, usize>,
    outcomes: Vec<Value>,
    known: BTreeMap<String, usize>,
}

impl<'a> Book<'a> {
    fn new(names: BTreeSet<&'a str>, zone: Tz) -> Self {
        let people: Vec<&str> = names.into_iter().collect();
        let places = people.iter().enumerate().map(|(place, name)| (*name, place)).collect();
        Self { zone, people, places, outcomes: Vec::new(), known: BTreeMap::new() }
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    fn outcome(&mut self, subject: &SubjectOutcome) -> usize {
        let SubjectOutcome { status, reason, done, failed, .. } = subject;
        let outcome = json!([status, reason, done, failed]);
        let next = self.outcomes.len();
        *self.known.entry(outcome.to_string()).or_insert_with(|| {
            self.outcomes.push(outcome);
            next
        })
    }

    fn event(&mut self, entry: &Entry) -> Value {
        let mut event = match &entry.what {
            Happening::Applied { kind, name, is_deletion, changes, refused } => {
                let word = if refused.is_some() {
                    "refused"
                } else if *is_deletion {
                    "removed"
                } else {
                    "applied"
                };
                let person = if kind == "User" || kind == "Account" { self.place(name) } else { None };
                let changes: Vec<Value> =
                    changes.iter().map(|FieldChange { field, before, after }| json!([field, before, after])).collect();
                json!({"is": word, "kind": kind, "name": name, "person": person, "changes": changes, "why": refused})
            }
            Happening::WrongZone { person, attribute, text, expected, applies } => {
                let why = format!("{expected}; {applies} applies in its place");
                json!({"is": "unreadable", "person": self.place(person), "attribute": attribute, "text": text, "why": why})
            }
            Happening::Unreadable { person, attribute, text, expected } => {
                json!({"is": "unreadable", "person": self.place(person), "attribute": attribute, "text": text, "why": expected})
            }
            Happening::Version { workflow, number } => json!({"is": "version", "workflow": workflow, "version": number}),
            Happening::Readiness { workflow, is_ready, why } => {
                json!({"is": if *is_ready { "ready" } else { "notReady" }, "workflow": workflow, "why": why})
            }
            Happening::Held { run, why } => json!({"is": "held", "run": run, "why": why}),
            Happening::Ledger { workflow, state, reason, by, subjects, count } => {
                let places: Vec<Option<usize>> = subjects.iter().map(|name| self.place(name)).collect();
                json!({"is": state, "workflow": workflow, "why": with_words(reason), "by": by, "people": places, "count": count})
            }
            Happening::Run { run, workflow, version, cause, reason, subjects } => {
                let at = entry.at.timestamp();
                let subjects: Vec<Value> = subjects
                    .iter()
                    .map(|subject| {
                        let late = subject.due.map(|due| at - due.timestamp());
                        json!([self.place(&subject.subject), self.outcome(subject), late])
                    })
                    .collect();
                json!({"is": "run", "run": run, "workflow": workflow, "version": version, "cause": cause, "why": reason, "subjects": subjects})
            }
        };
        event["at"] = wall_clock(entry.at, self.zone).into();
        if let Some(fields) = event.as_object_mut() {
            fields.retain(|_, value| !(value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty)));
        }
        event
    }
}
