//! What a scenario came to, read from the objects at its end.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tenure::domain::keys::Keyring;
use tenure::sim::report::Happening;
use tenure::sim::{Finished, SentMail};

use super::play::NS;
use crate::crash_sweep::rows::{ledger_rows, with_whole_results};

/// The end of a scenario.
pub struct End {
    /// Every object.
    pub objects: Vec<Value>,
    /// What the simulation complains about.
    pub problems: Vec<String>,
    /// As of when the tenant was evaluated, if that was written down.
    pub as_ofs: Vec<DateTime<Utc>>,
    /// How many requests there were.
    pub requests: u64,
    /// What was mailed.
    pub mails: Vec<SentMail>,
    /// The Runs that were told, in order, each with its subjects.
    pub runs: Vec<(String, Vec<String>)>,
    /// The rows of the ledger, once somebody asks for them.
    rows: OnceLock<Vec<Value>>,
}

/// A text in an object; empty if it is not there.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

/// A number in an object; 0 if it is not there.
pub fn number(value: &Value, pointer: &str) -> i64 {
    value.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

/// A list in an object; empty if it is not there.
pub fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The newest of an object's instants.
fn instant(value: &Value, pointers: &[&str]) -> Option<DateTime<Utc>> {
    pointers.iter().find_map(|pointer| text(value, pointer).parse().ok())
}

/// Parts of a line, the empty ones left out.
fn line(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

impl End {
    /// Of a simulation.
    pub fn new(finished: Finished, as_ofs: Vec<DateTime<Utc>>, requests: u64) -> Self {
        let told = finished.timeline.entries.iter().filter_map(|entry| match &entry.what {
            Happening::Run { run, subjects, .. } => Some((run.clone(), subjects.iter().map(|outcome| outcome.subject.clone()).collect())),
            _ => None,
        });
        let runs = told.collect();
        Self {
            objects: with_whole_results(finished.objects),
            problems: finished.problems,
            as_ofs,
            requests,
            mails: finished.mails,
            runs,
            rows: OnceLock::new(),
        }
    }

    /// The tenant's objects of a kind.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.of_kind_in(NS, kind)
    }

    /// A namespace's objects of a kind.
    pub fn of_kind_in<'a>(&'a self, namespace: &'a str, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |object| text(object, "/kind") == kind && text(object, "/metadata/namespace") == namespace)
    }

    /// The names of the objects of a kind.
    pub fn names<'a>(&'a self, kind: &'a str) -> Vec<&'a str> {
        self.of_kind(kind).map(|object| text(object, "/metadata/name")).collect()
    }

    /// One object.
    pub fn object(&self, kind: &str, name: &str) -> &Value {
        let is_it = |object: &&Value| {
            text(object, "/kind") == kind && text(object, "/metadata/namespace") == NS && text(object, "/metadata/name") == name
        };
        self.objects.iter().find(is_it).unwrap_or_else(|| panic!("there is no {kind} {name}"))
    }

    /// The results of everybody, with the slice that each stands in, by day, workflow and subject: within a day the
    /// order of execution is nobody's promise.
    fn results<'a>(&'a self, namespace: &'a str) -> Vec<(DateTime<Utc>, &'a Value, &'a Value)> {
        let slices = self.of_kind_in(namespace, "RunSlice");
        let results = slices.flat_map(|slice| list(slice, "/results").iter().map(move |result| (slice, result)));
        let mut results: Vec<_> = results
            .map(|(slice, result)| {
                let when = instant(result, &["/startedDateTime", "/completedDateTime", "/due"]).expect("every result has a due instant");
                (when, slice, result)
            })
            .collect();
        results.sort_by_key(|(when, slice, result)| (when.date_naive(), text(slice, "/workflow"), text(result, "/subject"), *when));
        results
    }

    /// Who was processed by what, how it ended and on which day: `joiner ann completed 03-10`, by day.
    pub fn processed(&self) -> Vec<String> {
        self.processed_in(NS)
    }

    /// The same of another namespace.
    pub fn processed_in(&self, namespace: &str) -> Vec<String> {
        let lines = self.results(namespace).into_iter().map(|(when, slice, result)| {
            let day = when.format("%m-%d").to_string();
            line(&[text(slice, "/workflow"), text(result, "/subject"), text(result, "/processingStatus"), text(result, "/reason"), &day])
        });
        lines.collect()
    }

    /// When a subject was processed by a workflow.
    pub fn when(&self, workflow: &str, subject: &str) -> Vec<DateTime<Utc>> {
        let ours = |slice: &Value, result: &Value| text(slice, "/workflow") == workflow && text(result, "/subject") == subject;
        self.results(NS).into_iter().filter(|(_, slice, result)| ours(slice, result)).map(|(when, ..)| when).collect()
    }

    /// How one on-demand Run ended for each subject, in order of names.
    pub fn of_run(&self, run: &str) -> Vec<String> {
        let results = self.results(NS).into_iter().filter(|(_, slice, _)| text(slice, "/run") == run);
        let mut lines: Vec<String> = results
            .map(|(_, _, result)| line(&[text(result, "/subject"), text(result, "/processingStatus"), text(result, "/reason")]))
            .collect();
        lines.sort();
        lines
    }

    /// The rows of the ledger in the order in which they count: `joiner ann missed WindowEnded`.
    pub fn ledger(&self) -> Vec<String> {
        let names = self.subject_names();
        let rows = self.rows().into_iter().map(|row| {
            let subject = names.get(text(row, "/subject")).map_or("", String::as_str);
            line(&[text(row, "/workflow"), subject, text(row, "/state"), text(row, "/reason")])
        });
        rows.collect()
    }

    /// The rows of the ledger in the order in which they count.
    pub fn rows(&self) -> Vec<&Value> {
        self.rows.get_or_init(|| ledger_rows(self.of_kind("OccurrenceLedger"))).iter().collect()
    }

    /// People's names by their keyed ids.
    fn subject_names(&self) -> BTreeMap<String, String> {
        let Some(head) = self.of_kind("TenantLedger").next() else { return BTreeMap::new() };
        let key = self.of_kind("TenantKey").next().expect("a key beside the head");
        let keys = Keyring::from_hex(text(key, "/key")).expect("a key");
        let people = self.of_kind("Account").map(|account| text(account, "/metadata/name"));
        let directories: Vec<&str> = list(head, "/directories").iter().map(|directory| text(directory, "/name")).collect();
        let pairs = people.flat_map(|person| directories.iter().map(move |directory| (directory, person)));
        pairs.map(|(directory, person)| (keys.subject(directory, person), person.to_owned())).collect()
    }

    /// Whether an account is enabled, and its groups.
    pub fn account(&self, name: &str) -> (bool, Vec<&str>) {
        let account = self.object("Account", name);
        let groups = list(account, "/spec/memberOf").iter().filter_map(Value::as_str).collect();
        (account["spec"]["accountEnabled"] == true, groups)
    }

    /// `Type=Status Reason` of a condition; empty if it is not there.
    pub fn condition(&self, kind: &str, name: &str, type_: &str) -> String {
        let object = self.object(kind, name);
        let found = list(object, "/status/conditions").iter().find(|condition| text(condition, "/type") == type_);
        found.map(|found| format!("{type_}={} {}", text(found, "/status"), text(found, "/reason"))).unwrap_or_default()
    }

    /// `Object: message` of the Events with a reason.
    pub fn events(&self, reason: &str) -> Vec<String> {
        let events = self.of_kind("Event").filter(|event| text(event, "/reason") == reason);
        events.map(|event| format!("{}: {}", text(event, "/involvedObject/name"), text(event, "/message"))).collect()
    }

    /// What must not be, whatever was played.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        self.check_planned_once(&mut faults);
        for slice in self.objects.iter().filter(|object| text(object, "/kind") == "RunSlice") {
            for result in list(slice, "/results") {
                let status = text(result, "/processingStatus");
                if !["completed", "completedWithErrors", "canceled", "failed"].contains(&status) {
                    faults.push(format!("{} in {} is {status}", text(result, "/subject"), text(slice, "/metadata/name")));
                }
            }
        }
        for run in self.objects.iter().filter(|object| text(object, "/kind") == "Run") {
            let is = |type_: &str| {
                list(run, "/status/conditions")
                    .iter()
                    .any(|condition| text(condition, "/type") == type_ && text(condition, "/status") == "True")
            };
            if !is("Complete") && !is("Held") {
                faults.push(format!("Run {} is neither Complete nor Held", text(run, "/metadata/name")));
            }
        }
        faults.extend(self.problems.iter().filter(|problem| problem.contains("had not ended")).cloned());
        faults
    }

    /// An occurrence is planned only while it is not consumed. The same plan may be written anew, with another person.
    fn check_planned_once(&self, faults: &mut Vec<String>) {
        let mut consumed: BTreeMap<&str, (bool, &str)> = BTreeMap::new();
        for row in self.rows() {
            let (key, state, slice) = (text(row, "/key"), text(row, "/state"), text(row, "/slice"));
            let before = consumed.insert(key, (state != "released", slice));
            let is_another = slice.is_empty() || before.is_none_or(|(_, before)| before != slice);
            if state == "planned" && is_another && before.is_some_and(|(was_consumed, _)| was_consumed) {
                faults.push(format!("occurrence {key} of {} is planned twice", text(row, "/workflow")));
            }
        }
    }
}
