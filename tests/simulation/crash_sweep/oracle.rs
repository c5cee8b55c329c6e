//! What must hold at the end, and what must be as in the undisturbed run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::Value;
use tenure::api::{DirectorySnapshot, form};
use tenure::sim::Finished;

use super::rows::{ledger_rows, rows_of, with_whole_results};
use super::scenario::Compare;

/// What a run of a scenario came to.
pub struct Outcome {
    /// Requests before the calm.
    pub requests: u64,
    /// The requests.
    pub log: Vec<String>,
    /// Every object at the end.
    pub objects: Vec<Value>,
    problems: Vec<String>,
    /// How often each mail was sent, by task and subject.
    mails: BTreeMap<(&'static str, String), usize>,
    compare: Compare,
    /// The rows of the ledger, once somebody asks for them.
    rows: OnceLock<Vec<Value>>,
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

fn number(value: &Value, pointer: &str) -> i64 {
    value.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The epochs of a bucket's newest sightings; none of another object.
fn sightings(object: &Value) -> Vec<i64> {
    if text(object, "/kind") != "DirectorySnapshot" {
        return Vec::new();
    }
    let bucket: DirectorySnapshot = form::typed(object).expect("a bucket");
    bucket.spec.rows.iter().map(|row| row.current.epoch).collect()
}

impl Outcome {
    /// Of a finished simulation.
    pub fn new(finished: Finished, compare: Compare, requests: u64, log: Vec<String>) -> Self {
        let mut mails = BTreeMap::new();
        for sent in finished.mails {
            *mails.entry((sent.mail.task, sent.mail.subject)).or_default() += 1;
        }
        let objects = with_whole_results(finished.objects);
        Self { requests, log, problems: finished.problems, objects, mails, compare, rows: OnceLock::new() }
    }

    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |object| text(object, "/kind") == kind)
    }

    fn head(&self) -> Option<&Value> {
        self.of_kind("TenantLedger").next()
    }

    fn is_abandoned(&self, epoch: i64) -> bool {
        self.head().is_some_and(|head| {
            list(head, "/abandoned").iter().any(|range| number(range, "/from") <= epoch && epoch <= number(range, "/to"))
        })
    }

    /// Rows in the order in which they count.
    fn rows(&self) -> Vec<&Value> {
        self.rows.get_or_init(|| ledger_rows(self.of_kind("OccurrenceLedger"))).iter().collect()
    }

    /// What must hold of every run.
    pub fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> = self.problems.iter().filter(|problem| !problem.contains("SubjectNotFound")).cloned().collect();
        self.check_planned_once(&mut faults);
        self.check_results_final(&mut faults);
        self.check_nothing_abandoned(&mut faults);
        self.check_canceled_untouched(&mut faults);
        self.check_mails(&mut faults);
        faults
    }

    /// An occurrence is planned only while it is not consumed, and stands in one slice for each time.
    fn check_planned_once(&self, faults: &mut Vec<String>) {
        let mut consumed: BTreeMap<&str, bool> = BTreeMap::new();
        let mut planned: BTreeMap<&str, usize> = BTreeMap::new();
        for row in self.rows() {
            let key = text(row, "/key");
            match text(row, "/state") {
                "released" => drop(consumed.insert(key, false)),
                "planned" => {
                    if consumed.insert(key, true) == Some(true) {
                        faults.push(format!("occurrence {key} of {} is planned twice", text(row, "/workflow")));
                    }
                    if !text(row, "/subject").is_empty() {
                        *planned.entry(key).or_default() += 1;
                    }
                }
                _ => drop(consumed.insert(key, true)),
            }
        }
        let mut sliced: BTreeMap<&str, usize> = BTreeMap::new();
        for result in self.of_kind("RunSlice").flat_map(|slice| list(slice, "/results")) {
            *sliced.entry(text(result, "/occurrence")).or_default() += 1;
        }
        if planned != sliced {
            faults.push(format!("rows and slices differ: {planned:?}, {sliced:?}"));
        }
    }

    fn check_results_final(&self, faults: &mut Vec<String>) {
        for slice in self.of_kind("RunSlice") {
            for result in list(slice, "/results") {
                let status = text(result, "/processingStatus");
                if !["completed", "completedWithErrors", "canceled", "failed"].contains(&status) {
                    faults.push(format!("{} in {} is {status}", text(result, "/subject"), text(slice, "/metadata/name")));
                }
            }
        }
        for run in self.of_kind("Run") {
            let complete = list(run, "/status/conditions")
                .iter()
                .any(|condition| text(condition, "/type") == "Complete" && text(condition, "/status") == "True");
            if !complete {
                faults.push(format!("Run {} is not Complete", text(run, "/metadata/name")));
            }
        }
    }

    fn check_nothing_abandoned(&self, faults: &mut Vec<String>) {
        for object in &self.objects {
            let (kind, name) = (text(object, "/kind"), text(object, "/metadata/name"));
            let epoch = text(object, "/metadata/labels/tenure.dev~1epoch").parse::<i64>().ok();
            if ["Run", "RunSlice"].contains(&kind) && epoch.is_some_and(|epoch| self.is_abandoned(epoch)) {
                faults.push(format!("{kind} {name} is of an abandoned epoch"));
            }
            let rows = rows_of(object).into_iter().map(|row| number(&row, "/epoch"));
            if rows.chain(sightings(object)).any(|epoch| self.is_abandoned(epoch)) {
                faults.push(format!("{kind} {name} has rows of an abandoned epoch"));
            }
        }
    }

    /// Whoever a person canceled has not been touched.
    fn check_canceled_untouched(&self, faults: &mut Vec<String>) {
        let results = self.of_kind("RunSlice").flat_map(|slice| list(slice, "/results"));
        for result in results.filter(|result| text(result, "/reason") == "CanceledByRequest") {
            let subject = text(result, "/subject");
            let account = self.of_kind("Account").find(|account| text(account, "/metadata/name") == subject);
            if account.is_none_or(|account| number(account, "/metadata/generation") != 1) {
                faults.push(format!("{subject} was canceled and yet touched"));
            }
        }
    }

    /// A mail is sent at least once, and after one fault at most twice; at most once where the task must not repeat.
    fn check_mails(&self, faults: &mut Vec<String>) {
        for slice in self.of_kind("RunSlice") {
            let version = format!("{}-v{}", text(slice, "/workflow"), number(slice, "/version"));
            let Some(version) = self.of_kind("WorkflowVersion").find(|object| text(object, "/metadata/name") == version) else { continue };
            for result in list(slice, "/results") {
                for (task, spec) in list(result, "/tasks").iter().zip(list(version, "/spec/template/tasks")) {
                    self.check_mail(text(result, "/subject"), task, spec, faults);
                }
            }
        }
    }

    fn check_mail(&self, subject: &str, result: &Value, task: &Value, faults: &mut Vec<String>) {
        let is_mail = |member: &str| member.starts_with("send") || member == "generateTemporaryAccessPass";
        let members = task.as_object().expect("a task is an object");
        let Some(member) = members.keys().find(|member| is_mail(member)) else { return };
        let sent = self.mails.iter().find(|((task, of), _)| task == member && of == subject).map_or(0, |(_, count)| *count);
        let is_once_only = text(task, "/onUncertain") == "Skip";
        let may_be_missing =
            text(result, "/processingInfo").contains("onUncertain: Skip") || text(result, "/processingStatus") != "completed";
        let fits = (usize::from(!may_be_missing)..=if is_once_only { 1 } else { 2 }).contains(&sent);
        if !fits {
            faults.push(format!("{member} for {subject} was sent {sent} times"));
        }
    }

    /// Who was processed by what, how often, and how it ended.
    fn processed(&self) -> BTreeMap<String, usize> {
        let mut processed = BTreeMap::new();
        for slice in self.of_kind("RunSlice") {
            for result in list(slice, "/results") {
                let run = if text(slice, "/executionType") == "scheduled" { "" } else { text(slice, "/run") };
                let tasks: Vec<String> = list(result, "/tasks")
                    .iter()
                    .map(|task| {
                        format!(
                            "{} {} before {}",
                            text(task, "/name"),
                            text(task, "/processingStatus"),
                            task.get("before").unwrap_or(&Value::Null)
                        )
                    })
                    .collect();
                let line = format!(
                    "{} v{} {run} {} {} {} [{}]",
                    text(slice, "/workflow"),
                    number(slice, "/version"),
                    text(result, "/subject"),
                    text(result, "/processingStatus"),
                    text(result, "/reason"),
                    tasks.join(", ")
                );
                *processed.entry(line).or_default() += 1;
            }
        }
        processed
    }

    /// Accounts without instants; the generation counts the changes.
    fn accounts(&self, compare: Compare) -> BTreeMap<&str, String> {
        let account = |object: &Value| {
            let spec = &object["spec"];
            let changes = if compare == Compare::Everything { number(object, "/metadata/generation") } else { 0 };
            let lists = ["memberOf", "licenses", "sponsors", "attributes"].map(|field| format!("{field} {}", spec[field]));
            format!("enabled {} deleted {} {} changes {changes}", spec["accountEnabled"], spec["deletedAt"].is_string(), lists.join(" "))
        };
        self.of_kind("Account").map(|object| (text(object, "/metadata/name"), account(object))).collect()
    }

    fn versions(&self) -> BTreeSet<&str> {
        self.of_kind("WorkflowVersion").map(|object| text(object, "/metadata/name")).collect()
    }

    /// Ledger rows without keys and instants.
    fn states(&self) -> BTreeMap<String, usize> {
        let mut states = BTreeMap::new();
        for row in self.rows() {
            *states
                .entry(format!("{} {} {} {}", text(row, "/workflow"), text(row, "/attribute"), text(row, "/state"), text(row, "/reason")))
                .or_default() += 1;
        }
        states
    }

    /// What is wrong with a disturbed run, given this undisturbed one.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let what = self.compare.max(other.compare);
        let mut faults = other.faults();
        let mut compare = |what: &str, ours: String, theirs: String| {
            if ours != theirs {
                faults.push(format!("{what} differ:\n    undisturbed {ours}\n    disturbed   {theirs}"));
            }
        };
        compare("versions", format!("{:?}", self.versions()), format!("{:?}", other.versions()));
        if what != Compare::Nothing {
            compare("accounts", format!("{:#?}", self.accounts(what)), format!("{:#?}", other.accounts(what)));
        }
        if what != Compare::Everything {
            return faults;
        }
        compare("results", format!("{:#?}", self.processed()), format!("{:#?}", other.processed()));
        compare("ledger rows", format!("{:#?}", self.states()), format!("{:#?}", other.states()));
        faults
    }
}
