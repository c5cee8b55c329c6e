//! Cases of the kinds that only the programs write: the head, the ledger, the snapshot and the slices.

use serde_json::{Value, json};

use super::case::{Case, object, text, with};

const NOW: &str = "2026-01-01T00:00:00Z";
const EPOCHS: &str = "epochs never go back, and the key never changes";

const ONE_KEY: &str = "exactly one of key, keyFingerprint must be set";

pub fn cases() -> Vec<Case> {
    [tenant_keys(), heads(), ledgers(), snapshots(), slices()].concat()
}

fn head(epoch: i64, sealed: i64) -> Value {
    object("TenantLedger", "default", json!({"epoch": epoch, "sealedEpoch": sealed, "keyFingerprint": text(32)}))
}

fn tenant_keys() -> Vec<Case> {
    let stored = |key: String| object("TenantKey", "default", json!({"key": key}));
    vec![
        Case::accepted("key: new", stored(text(64))),
        Case::accepted("key: stays", with(stored(text(64)), "/metadata/labels", json!({"a": "b"}))).of(stored(text(64))),
        Case::refused("key: another one", stored("b".repeat(64)), "the key never changes").of(stored(text(64))),
        Case::refused("key: short", stored(text(63)), "should be at least 64 chars long"),
        Case::refused("key: long", stored(text(65)), "may not be more than 64 bytes"),
        Case::refused("key: none", object("TenantKey", "default", json!({})), "key: Required value"),
        Case::refused("key: another name", object("TenantKey", "other", json!({"key": text(64)})), "a namespace has one TenantKey"),
    ]
}

fn heads() -> Vec<Case> {
    let print = |print: Value| with(head(5, 4), "/keyFingerprint", print);
    let older = |key: String| with(print(Value::Null), "/key", json!(key));
    let full = with(head(5, 4), "/abandoned", json!([{"from": 1, "to": 3}]));
    let workflow = json!({"name": "joiners", "lineage": text(36), "highestVersion": 2, "activatedAt": NOW});
    let full = with(with(full, "/asOf", json!(NOW)), "/workflows", json!([workflow]));
    let took = |milliseconds: i64| with(full.clone(), "/evaluationMilliseconds", json!(milliseconds));
    vec![
        Case::accepted("head: new", head(0, 0)),
        Case::accepted("head: without epochs", object("TenantLedger", "default", json!({"keyFingerprint": text(32)})))
            .stores("/epoch", json!(0))
            .stores("/sealedEpoch", json!(0)),
        Case::accepted("head: full", full.clone()),
        Case::accepted("head: it took no time", took(0)),
        Case::accepted("head: it took longer than any evaluation may", took(1 << 40)),
        Case::refused("head: it took less than no time", took(-1), "should be greater than or equal to 0"),
        Case::refused(
            "head: another name",
            with(head(0, 0), "/metadata/name", json!("other")),
            "metadata.name must be default: a namespace has one TenantLedger",
        ),
        Case::refused("head: without key", print(Value::Null), ONE_KEY),
        Case::refused("head: with a key and its fingerprint", with(head(5, 4), "/key", json!(text(64))), ONE_KEY),
        Case::refused("head: short fingerprint", print(json!(text(31))), "should be at least 32 chars long"),
        Case::refused("head: short key", older(text(63)), "should be at least 64 chars long"),
        Case::accepted("head: of an earlier release", older(text(64))),
        Case::accepted("head: of an earlier release goes on", with(older(text(64)), "/epoch", json!(6))).of(older(text(64))),
        Case::accepted("head: its key moves out", head(6, 4)).of(older(text(64))),
        Case::refused("head: a key moves in", older(text(64)), EPOCHS).of(head(5, 4)),
        Case::refused("head: the key of an earlier release changes", older("b".repeat(64)), EPOCHS).of(older(text(64))),
        Case::accepted("head: allocates", head(6, 4)).of(head(5, 4)),
        Case::accepted("head: seals", head(5, 5)).of(head(5, 4)),
        Case::accepted("head: stays", head(5, 4)).of(head(5, 4)),
        Case::refused("head: epoch goes back", head(4, 4), EPOCHS).of(head(5, 4)),
        Case::refused("head: sealed epoch goes back", head(5, 3), EPOCHS).of(head(5, 4)),
        Case::refused("head: epochs are left out", with(head(5, 4), "/epoch", Value::Null), EPOCHS).of(head(5, 4)),
        Case::refused("head: key changes", print(json!("b".repeat(32))), EPOCHS).of(head(5, 4)),
        Case::accepted("head: an epoch above 32 bits", head(1 << 40, 1 << 40)),
        Case::refused("head: unknown field", with(head(0, 0), "/spec", json!({})), "unknown field \"spec\""),
    ]
}

fn ledgers() -> Vec<Case> {
    let entry = || {
        json!({"epoch": 1, "key": text(32), "subject": text(32), "workflow": "joiners", "category": "joiner",
            "state": "planned", "due": NOW, "at": NOW, "run": "joiners-1", "slice": "joiners-1-0"})
    };
    let ledger = |entries: Vec<Value>| object("OccurrenceLedger", "chunk-1", json!({"entries": entries}));
    let one = |pointer: &str, value: Value| ledger(vec![with(entry(), pointer, value)]);
    let packed = |lines: Value| object("OccurrenceLedger", "chunk-1", json!({"packed": lines}));
    let line = format!("1 1 {} {}  employeeHireDate joiners joiner planned {NOW} {NOW} joiners-1  joiners-1-0      ", text(32), text(32));
    vec![
        Case::accepted("ledger: empty", object("OccurrenceLedger", "chunk-1", json!({}))),
        Case::accepted("ledger: the same row twice is no error", ledger(vec![entry(), entry()])),
        Case::accepted("ledger: 1000 rows", ledger(vec![entry(); 1000])),
        Case::refused("ledger: 1001 rows", ledger(vec![entry(); 1001]), "Too many"),
        Case::accepted("ledger: missed", one("/state", json!("missed"))),
        Case::accepted("ledger: superseded", one("/state", json!("superseded"))),
        Case::accepted("ledger: released", one("/state", json!("released"))),
        Case::refused("ledger: state of nobody", one("/state", json!("done")), "Unsupported value: \"done\""),
        Case::refused("ledger: due some day", one("/due", json!("some day")), "must be of type date-time"),
        Case::refused("ledger: without epoch", one("/epoch", Value::Null), "entries[0].epoch: Required value"),
        Case::refused("ledger: key of 65 characters", one("/key", json!(text(65))), "may not be more than 64 bytes"),
        Case::accepted("ledger: a packed row", packed(json!([line]))),
        Case::accepted("ledger: 1000 packed rows", packed(json!(vec![line; 1000]))),
        Case::refused("ledger: 1001 packed rows", packed(json!(vec!["1"; 1001])), "Too many"),
        Case::accepted("ledger: the longest packed row", packed(json!([text(2_831)]))),
        Case::refused("ledger: a packed row that is longer", packed(json!([text(2_832)])), "may not be more than 2831 bytes"),
        Case::refused("ledger: a packed row that is a number", packed(json!([1])), "must be of type string"),
    ]
}

fn snapshots() -> Vec<Case> {
    let mark = json!({"name": "department", "digest": text(16), "sequence": 1, "changedAt": NOW});
    let sighting = |count: usize| json!({"epoch": 1, "firstSeenAt": NOW, "marks": vec![mark.clone(); count]});
    let row = |count: usize| json!({"subject": text(32), "current": sighting(count), "previous": sighting(1)});
    let snapshot = |rows: Value| object("DirectorySnapshot", "people-0", json!({"directory": "people", "rows": rows}));
    let digest = with(row(1), "/current/marks/0/digest", json!(text(17)));
    let packed = |names: Value, lines: Value| {
        object("DirectorySnapshot", "people-0", json!({"directory": "people", "names": names, "packed": lines}))
    };
    let line = |longest: usize| json!([text(longest)]);
    vec![
        Case::accepted("snapshot: a subject", snapshot(json!([row(1)]))),
        Case::accepted("snapshot: a subject with 200 marks", snapshot(json!([row(200)]))),
        Case::refused("snapshot: a subject with 201 marks", snapshot(json!([row(201)])), "Too many"),
        Case::refused("snapshot: digest of 17 characters", snapshot(json!([digest])), "may not be more than 16 bytes"),
        Case::accepted(
            "snapshot: a packed row",
            packed(json!(["department"]), json!([format!("1 {} 1,{NOW},,0:{}:1:{NOW}", text(32), text(16))])),
        ),
        Case::accepted("snapshot: the longest packed row", packed(json!(["department"]), line(42_360))),
        Case::refused("snapshot: a packed row that is longer", packed(json!([]), line(42_361)), "may not be more than 42360 bytes"),
        Case::refused("snapshot: a packed row that is a number", packed(json!([]), json!([1])), "must be of type string"),
        Case::accepted("snapshot: 1,000 names of 260 characters", packed(json!(vec![text(260); 1_000]), json!([]))),
        Case::refused("snapshot: 1,001 names", packed(json!(vec!["a"; 1_001]), json!([])), "Too many"),
        Case::refused("snapshot: a name of 261 characters", packed(json!([text(261)]), json!([])), "may not be more than 260 bytes"),
        Case::refused("snapshot: without directory", object("DirectorySnapshot", "people-0", json!({})), "directory: Required value"),
    ]
}

fn slices() -> Vec<Case> {
    let result = || json!({"subject": "anna", "subjectKey": text(32), "occurrence": text(32), "due": NOW});
    let slice = |results: Vec<Value>| {
        let members = json!({
            "run": "joiners-1", "runUid": text(36), "executionType": "scheduled", "workflow": "joiners",
            "category": "joiner", "lineage": text(36), "version": 1, "epoch": 1, "index": 0, "results": results,
        });
        object("RunSlice", "joiners-1-0", members)
    };
    let before = json!({"accountEnabled": true, "memberOf": ["a"], "attributes": {"city": ""}});
    let done = json!({"name": "enable", "processingStatus": "completed", "before": before});
    let started = with(result(), "/tasks", json!([done]));
    let tasks = |count: usize| with(result(), "/tasks", json!(vec![json!({"name": "a"}); count]));
    vec![
        Case::accepted("slice: planned", slice(vec![result()])),
        Case::accepted("slice: planned, in a line", slice(vec![json!({"queued": format!("1 ann {NOW} {} {}   ", text(32), text(32))})])),
        Case::accepted("slice: started", slice(vec![started])).of(slice(vec![result()])),
        Case::accepted("slice: 100 subjects", slice(vec![result(); 100])),
        Case::refused("slice: 101 subjects", slice(vec![result(); 101]), "Too many"),
        Case::accepted("slice: 25 tasks", slice(vec![tasks(25)])),
        Case::refused("slice: 26 tasks", slice(vec![tasks(26)]), "Too many"),
        Case::refused(
            "slice: status of nobody",
            slice(vec![with(result(), "/processingStatus", json!("done"))]),
            "Unsupported value: \"done\"",
        ),
        Case::refused("slice: version 0", with(slice(Vec::new()), "/version", json!(0)), "should be greater than or equal to 1"),
        Case::refused("slice: of no run", with(slice(Vec::new()), "/run", Value::Null), "run: Required value"),
        Case::refused("slice: results stand at the top", with(slice(Vec::new()), "/spec", json!({})), "unknown field \"spec\""),
    ]
}
