//! What a later evaluation made of a tenant in which nothing happened: nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::crash_sweep::rows::rows_of;
use crate::scenarios::end::{list, number, text};

/// How the objects came to the API server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// They are there: another program runs on the same store.
    Kept,
    /// From a backup: without status and with other UIDs.
    Restored,
}

/// What the programs alone write: none may be added, lost or changed.
const THEIRS: [&str; 5] = ["Account", "DirectorySnapshot", "OccurrenceLedger", "RunSlice", "WorkflowVersion"];

type Objects<'a> = BTreeMap<(&'a str, &'a str), &'a Value>;

fn by_name(objects: &[Value]) -> Objects<'_> {
    objects.iter().map(|object| ((text(object, "/kind"), text(object, "/metadata/name")), object)).collect()
}

/// Everything that is another thing afterwards, and what did not take place.
pub fn differences(before: &[Value], after: &[Value], way: Way) -> Vec<String> {
    let (before, after) = (by_name(before), by_name(after));
    let mut found = Vec::new();
    let is_run = |kind: &str| THEIRS.contains(&kind) || kind == "Run";
    for (kind, name) in after.keys().filter(|key| is_run(key.0) && !before.contains_key(*key)) {
        found.push(format!("{kind} {name} is new"));
    }
    // An earlier release had it in the head.
    let tenant_key = |objects: &Objects<'_>| {
        let of = |kind: &'static str| objects.get(&(kind, "default")).map(|object| text(object, "/key").to_owned());
        of("TenantKey").or_else(|| of("TenantLedger"))
    };
    if tenant_key(&before) != tenant_key(&after) {
        found.push("the tenant's key is another one".to_owned());
    }
    for (key, old) in &before {
        let Some(new) = after.get(key) else {
            found.push(format!("{} {} is gone", key.0, key.1));
            continue;
        };
        match key.0 {
            "OccurrenceLedger" => rows(old, new, &mut found),
            "TenantLedger" => head(old, new, &mut found),
            "Run" => run(old, new, way, &mut found),
            kind if THEIRS.contains(&kind) => same(key, &theirs(old), &theirs(new), &mut found),
            _ => {}
        }
        if way == Way::Kept {
            conditions(key, old, new, &mut found);
        }
    }
    found
}

/// An object without what says how it came here.
fn theirs(object: &Value) -> Value {
    let mut object = object.clone();
    for field in ["metadata", "status"] {
        object.as_object_mut().expect("an object").remove(field);
    }
    object
}

/// Where the new value lacks something of the old one, and what; a later version may write more.
fn lacks(old: &Value, new: &Value) -> Option<String> {
    let below = |name: &str, old: &Value, new: &Value| lacks(old, new).map(|lack| format!("/{name}{lack}"));
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            old.iter().find_map(|(name, old)| below(name, old, new.get(name).unwrap_or(&Value::Null)))
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            old.iter().zip(new).enumerate().find_map(|(index, (old, new))| below(&index.to_string(), old, new))
        }
        _ => (old != new).then(|| format!(": {new} instead of {old}")),
    }
}

fn same(key: &(&str, &str), old: &Value, new: &Value, found: &mut Vec<String>) {
    found.extend(lacks(old, new).map(|lack| format!("{} {} changed: {lack}", key.0, key.1)));
}

fn rows(old: &Value, new: &Value, found: &mut Vec<String>) {
    let (old, new) = (rows_of(old), rows_of(new));
    if old.len() > new.len() || old.iter().zip(&new).any(|(old, new)| lacks(old, new).is_some()) {
        found.push("rows of the ledger changed".to_owned());
    }
    for row in new.iter().skip(old.len()) {
        let words = ["/workflow", "/attribute", "/state", "/reason"].map(|field| text(row, field));
        found.push(format!("a new row: {}", words.join(" ")));
    }
}

/// The head goes on, and remembers of each workflow what it did.
fn head(old: &Value, new: &Value, found: &mut Vec<String>) {
    if number(new, "/sealedEpoch") <= number(old, "/sealedEpoch") || text(new, "/asOf") <= text(old, "/asOf") {
        found.push("no evaluation was sealed".to_owned());
    }
    let lasting = |head: &Value| {
        let mut workflows = head["workflows"].clone();
        for workflow in workflows.as_array_mut().expect("the workflows") {
            workflow.as_object_mut().expect("a workflow").remove("lastSealedAt");
        }
        serde_json::json!({"keyVersion": head["keyVersion"], "directories": head["directories"], "workflows": workflows})
    };
    same(&("TenantLedger", "default"), &lasting(old), &lasting(new), found);
}

/// A Run keeps its plan; from a backup only that of a schedule is made anew, another was processed already.
fn run(old: &Value, new: &Value, way: Way, found: &mut Vec<String>) {
    let key = ("Run", text(old, "/metadata/name"));
    same(&key, &old["spec"], &new["spec"], found);
    let is_scheduled = text(old, "/spec/executionType") == "scheduled";
    if way == Way::Kept {
        same(&key, &old["status"]["plan"], &new["status"]["plan"], found);
        same(&key, &old["status"]["processingStatus"], &new["status"]["processingStatus"], found);
    } else if is_scheduled {
        same(&key, &old["status"]["plan"]["hash"], &new["status"]["plan"]["hash"], found);
    }
}

/// Conditions of one name say the same, in one word. That something is not Stalled was said in the word of Ready before.
fn conditions(key: &(&str, &str), old: &Value, new: &Value, found: &mut Vec<String>) {
    let words = |object: &Value| -> BTreeMap<String, String> {
        let conditions = list(object, "/status/conditions").iter();
        let is_calm = |condition: &Value| text(condition, "/type") == "Stalled" && text(condition, "/status") == "False";
        let reason = |condition: &Value| if is_calm(condition) { "NotStalled".to_owned() } else { text(condition, "/reason").to_owned() };
        let words = |condition: &Value| format!("{} {}", text(condition, "/status"), reason(condition));
        conditions.map(|condition| (text(condition, "/type").to_owned(), words(condition))).collect()
    };
    let (old, new) = (words(old), words(new));
    for (type_, old) in old {
        let new = new.get(&type_).map_or("absent", String::as_str);
        if new != old {
            found.push(format!("{} {}: {type_} was {old} and is {new}", key.0, key.1));
        }
    }
}
