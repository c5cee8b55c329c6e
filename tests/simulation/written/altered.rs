//! What a rule of another form would make of the same tenant: for each kind of key one, and each is noticed.

use serde_json::Value;
use tenure::api::{DirectorySnapshot, form};

use super::compare::{Way, differences};
use super::{files, later};
use crate::crash_sweep::rows::rows_of;
use crate::scenarios::end::{list, text};

/// Objects, and a way in which they are not as today's rules would have written them.
type Alteration = fn(&mut Vec<Value>);

/// What is altered, how the objects come, and what is to be noticed.
const ALTERATIONS: [(&str, Way, Alteration, &str); 19] = [
    ("the key of a date", Way::Kept, |all| key(all, "join", "employeeHireDate", "planned"), "a new row: join employeeHireDate planned"),
    ("the key of a change", Way::Kept, |all| key(all, "move", "department", "planned"), "a new row: move department planned"),
    ("the key of a change done with it", Way::Kept, |all| key(all, "move", "jobTitle", "planned"), "a new row: move jobTitle planned"),
    ("the key of a membership", Way::Kept, |all| key(all, "club", "group:club", "planned"), "a new row: club group:club planned"),
    ("the key of inactivity", Way::Kept, |all| key(all, "idle", "inactivity", "planned"), "a new row: idle inactivity planned"),
    ("the key of sponsors", Way::Kept, |all| key(all, "alone", "sponsors<1", "planned"), "a new row: alone sponsors<1 planned"),
    ("the key of a held leaver", Way::Restored, |all| key(all, "depot", "employeeLeaveDateTime", "planned"), "a new row: depot"),
    ("the key of a leave date", Way::Kept, leave_key, "a new row: join employeeHireDate released Changed"),
    (
        "the key of a hire taken back",
        Way::Kept,
        |all| key(all, "", "employeeHireDate", "superseded"),
        "employeeHireDate superseded HireWithdrawn",
    ),
    ("the keys of an on-demand Run", Way::Restored, |all| all_keys(all, "hand"), "a new row: hand"),
    ("the ids of the subjects", Way::Kept, subjects, "a new row: join employeeHireDate missed WindowEnded"),
    ("the digests of values", Way::Kept, |all| marks(all, "department"), "a new row: move department planned"),
    ("the digests of groups", Way::Kept, |all| marks(all, "group:club"), "a new row: club group:club planned"),
    ("the digest of a due rule", Way::Kept, |all| due_rule(all), "a new row: join employeeHireDate missed WindowEnded"),
    ("the lineage", Way::Kept, lineage, "a new row: join employeeHireDate planned"),
    ("what a version says", Way::Kept, |all| template(all), "WorkflowVersion join-v2 is new"),
    ("the tenant's key", Way::Kept, tenant_key, "a new row: join employeeHireDate planned"),
    ("whom an account remembers", Way::Kept, |all| correlation(all), "Directory people: DataQuality"),
    ("the hash of a plan", Way::Restored, |all| plan_hash(all), "Run depot-v1-e"),
];

/// Another text of the same length.
fn other(text: &str) -> String {
    let first = if text.starts_with('f') { '0' } else { 'f' };
    let rest: String = text.chars().skip(1).collect();
    format!("{first}{rest}")
}

/// A text is another one wherever it stands.
fn rename(all: &mut Vec<Value>, from: &str) {
    assert!(from.len() >= 8, "{from:?} may stand for something else");
    let written = serde_json::to_string(all).expect("values");
    assert!(written.contains(from), "{from} is not there");
    *all = serde_json::from_str(&written.replace(from, &other(from))).expect("values");
}

fn rows(all: &[Value]) -> Vec<Value> {
    all.iter().flat_map(rows_of).collect()
}

fn each<'a>(all: &'a mut [Value], kind: &'a str) -> impl Iterator<Item = &'a mut Value> {
    all.iter_mut().filter(move |object| text(object, "/kind") == kind)
}

/// The newest such row has another key.
fn key(all: &mut Vec<Value>, workflow: &str, attribute: &str, state: &str) {
    let found = rows(all)
        .into_iter()
        .rev()
        .find(|row| text(row, "/workflow") == workflow && text(row, "/attribute") == attribute && text(row, "/state") == state);
    let row = found.unwrap_or_else(|| panic!("no {workflow} {attribute} {state}"));
    rename(all, text(&row, "/key"));
}

fn all_keys(all: &mut Vec<Value>, workflow: &str) {
    for row in rows(all).iter().filter(|row| text(row, "/workflow") == workflow) {
        rename(all, text(row, "/key"));
    }
}

/// The key that a row names which no row has.
fn leave_key(all: &mut Vec<Value>) {
    let rows = rows(all);
    let is_leave = |by: &&str| !by.is_empty() && rows.iter().all(|row| text(row, "/key") != *by);
    let by = rows.iter().map(|row| text(row, "/by")).find(is_leave).expect("somebody gave way to a leave date");
    rename(all, by);
}

fn subjects(all: &mut Vec<Value>) {
    let mut subjects: Vec<String> = rows(all).iter().map(|row| text(row, "/subject").to_owned()).filter(|id| !id.is_empty()).collect();
    subjects.sort();
    subjects.dedup();
    for subject in subjects {
        rename(all, &subject);
    }
}

fn marks(all: &mut [Value], name: &str) {
    let mut count = 0;
    for object in each(all, "DirectorySnapshot") {
        let mut bucket: DirectorySnapshot = form::typed(object).expect("a bucket");
        let marks = bucket.spec.rows.iter_mut().flat_map(|row| &mut row.current.marks);
        for mark in marks.filter(|mark| &*mark.name == name && !mark.digest.is_empty()) {
            mark.digest = other(&mark.digest).into();
            count += 1;
        }
        *object = form::value(&bucket);
    }
    assert!(count > 0, "nobody has {name}");
}

fn due_rule(all: &mut [Value]) {
    let head = each(all, "TenantLedger").next().expect("a head");
    for workflow in head["workflows"].as_array_mut().expect("workflows") {
        if let Some(rule) = workflow["dueRule"].as_str().map(other) {
            workflow["dueRule"] = rule.into();
        }
    }
}

fn lineage(all: &mut Vec<Value>) {
    let head = each(all, "TenantLedger").next().expect("a head");
    let lineage = list(head, "/workflows").iter().find(|workflow| text(workflow, "/name") == "join").map(|head| text(head, "/lineage"));
    let lineage = lineage.expect("a lineage").to_owned();
    rename(all, &lineage);
}

fn template(all: &mut [Value]) {
    let version = each(all, "WorkflowVersion").find(|version| text(version, "/metadata/name") == "join-v1").expect("a version");
    version["spec"]["template"]["tasks"][1]["addUserToGroups"]["groups"] = serde_json::json!(["lab"]);
}

fn tenant_key(all: &mut Vec<Value>) {
    let key = text(each(all, "TenantLedger").next().expect("a head"), "/key").to_owned();
    rename(all, &key);
}

fn correlation(all: &mut [Value]) {
    let account = each(all, "Account").find(|account| text(account, "/metadata/name") == "ann").expect("an account");
    for value in account["spec"]["correlation"].as_object_mut().expect("what it remembers").values_mut() {
        *value = "another".into();
    }
}

fn plan_hash(all: &mut [Value]) {
    let run = each(all, "Run").find(|run| text(run, "/metadata/name").starts_with("depot-")).expect("a held Run");
    let hash = text(run, "/status/plan/hash").replace("sha256:", "");
    run["status"]["plan"]["hash"] = format!("sha256:{}", other(&hash)).into();
}

#[test]
fn another_form_of_any_key_is_noticed() {
    let form = files::forms().pop().expect("a form");
    let written = files::read(&files::folder(&form));
    let mut unnoticed = Vec::new();
    for (what, way, alter, expected) in ALTERATIONS {
        let mut objects = written.clone();
        alter(&mut objects);
        assert_ne!(objects, written, "{what}: nothing is altered");
        let found = differences(&objects, &later(&objects, way), way);
        if !found.iter().any(|line| line.contains(expected)) {
            unnoticed.push(format!("{what}: no `{expected}` in {found:#?}"));
        }
    }
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
}
