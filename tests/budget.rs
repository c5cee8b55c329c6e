//! What a tenant takes of the store, and what the execution of a run writes into it, against what `docs/scale.md` states.
//!
//! The objects are real ones: those that a simulated tenant has after everybody in it has begun, moved and left, and
//! those that the schemas allow at most.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

#[path = "budget/stored.rs"]
mod stored;
#[path = "budget/tenant.rs"]
mod tenant;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tenure::api::Task;
use tenure::domain::plan::{SLICE_BYTES, subjects_per_slice};
use tenure::domain::retention::{HISTORY_DAYS, LEDGER_DAYS};
use tenure::sim::api::{Interceptor, RequestInfo, Verb, Verdict};

use stored::stored;
use tenant::Tenant;

/// The most that one request to etcd may carry by default: 1.5 `MiB`.
const REQUEST_BYTES: usize = 1_572_864;
/// The people of the tenant that is computed (design 4: the ceiling of the embedded directory).
const PEOPLE: u64 = 10_000;

/// A line of the table in the documentation: bytes at most, by what they are counted for.
fn budgets() -> BTreeMap<String, u64> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scale.md");
    let text = std::fs::read_to_string(path).expect("docs/scale.md is there");
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let (what, bytes) = (cells.next()?, cells.next()?);
        Some((what.to_owned(), bytes.replace(',', "").parse().ok()?))
    });
    rows.collect()
}

/// Bytes in the store for one of each.
fn measured(objects: &[Value]) -> BTreeMap<String, u64> {
    let of_kind = |kind: &str| objects.iter().filter(|object| object["kind"] == kind).collect::<Vec<_>>();
    let per = |kind: &str, list: Option<&str>| {
        let objects = of_kind(kind);
        let bytes: usize = objects.iter().map(|object| stored(object)).sum();
        let units = |object: &&Value| list.map_or(1, |list| object[list].as_array().map_or(0, Vec::len));
        let units: usize = objects.iter().map(units).sum();
        assert!(units > 0, "the tenant has none of {kind}");
        (bytes / units) as u64
    };
    [
        ("User, a person", per("User", None)),
        ("Account, a person", per("Account", None)),
        ("DirectorySnapshot, a person", per("DirectorySnapshot", Some("rows"))),
        ("OccurrenceLedger, an occurrence", per("OccurrenceLedger", Some("entries"))),
        ("RunSlice, a person in a run", per("RunSlice", Some("results"))),
        ("Run", per("Run", None)),
        ("Workflow", per("Workflow", None)),
        ("WorkflowVersion", per("WorkflowVersion", None)),
        ("TenantLedger", per("TenantLedger", None)),
    ]
    .into_iter()
    .map(|(what, bytes)| (what.to_owned(), bytes))
    .collect()
}

/// Occurrences of a tenant in so many days, if of 100 people 20 begin, 20 leave and 25 move in a year, each with two
/// workflows (three for those who leave), and runs: two of every one of 20 workflows on a working day.
fn flow(days: i32) -> (u64, u64) {
    let days = u64::try_from(days).expect("a number of days");
    let a_year = PEOPLE * (20 * 2 + 20 * 3 + 25 * 2) / 100;
    (a_year * days / 365, 2 * 20 * days * 5 / 7)
}

/// Bytes of the tenant in the store.
fn total(bytes: &BTreeMap<String, u64>) -> u64 {
    let (entries, _) = flow(i32::try_from(LEDGER_DAYS).expect("days"));
    let (results, runs) = flow(HISTORY_DAYS);
    let of = |what: &str| bytes.get(what).copied().unwrap_or_else(|| panic!("docs/scale.md has no line for {what:?}"));
    let people: u64 = ["User, a person", "Account, a person", "DirectorySnapshot, a person"].into_iter().map(of).sum();
    PEOPLE * people
        + entries * of("OccurrenceLedger, an occurrence")
        + results * of("RunSlice, a person in a run")
        + runs * of("Run")
        + 20 * (of("Workflow") + 3 * of("WorkflowVersion"))
        + of("TenantLedger")
}

#[test]
fn a_tenant_stays_within_its_budget() {
    let finished = Tenant::new(150).play(std::time::Duration::ZERO, None);
    assert!(finished.problems.is_empty(), "{:?}", finished.problems);
    let (measured, budgets) = (measured(&finished.objects), budgets());
    let mut wrong = Vec::new();
    for (what, bytes) in &measured {
        let budget = budgets.get(what).copied().unwrap_or_else(|| panic!("docs/scale.md has no line for {what:?}"));
        println!("{what:<36}{bytes:>8} bytes of {budget}");
        // A budget that is twice what there is would not notice what grows.
        if *bytes > budget || *bytes * 2 < budget {
            wrong.push(format!("{what}: {bytes} bytes, docs/scale.md states {budget}"));
        }
    }
    let (now, most) = (total(&measured), total(&budgets));
    let stated = budgets["The tenant, in MB"] * 1_000_000;
    println!("{PEOPLE} people: {} MB, by the budgets {} MB", now / 1_000_000, most / 1_000_000);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(most <= stated && stated <= most * 6 / 5, "{most} bytes by the budgets, docs/scale.md states {stated}");
}

/// One task of each kind that leaves the largest results: everything is as long as the schema lets it be.
fn worst_result(tasks: &[Task], before: usize) -> Value {
    let names = |count: usize, length: usize| vec!["n".repeat(length); count];
    let results: Vec<Value> = tasks
        .iter()
        .map(|task| json!({"name": task.name, "processingStatus": "completedWithErrors", "reason": "r".repeat(60), "processingInfo": "i".repeat(1024)}))
        .collect();
    let mut result = json!({
        "subject": "s".repeat(253), "subjectKey": "k".repeat(64), "occurrence": "o".repeat(64), "due": tenant::INSTANT,
        "processingStatus": "completedWithErrors", "reason": "r".repeat(60), "waitsFor": names(2, 63), "supersedes": names(2, 63),
        "attempt": 100, "startedDateTime": tenant::INSTANT, "completedDateTime": tenant::INSTANT, "tasks": results,
    });
    if before > 0 {
        // The images of a subject share one bound; where they lie makes no difference.
        result["tasks"][0]["before"] = json!({"memberOf": names(before / 64, 61)});
    }
    result
}

#[test]
fn the_largest_slice_is_no_larger_than_planned() {
    let one: Task = serde_json::from_value(json!({"name": "n".repeat(63), "disableUserAccount": {}})).expect("a task");
    let all: Task = serde_json::from_value(json!({"name": "n".repeat(63), "removeUserFromAllGroups": {}})).expect("a task");
    for (tasks, before) in [(vec![one.clone()], 0), (vec![one.clone(); 3], 0), (vec![all.clone()], 8_000), (vec![all; 25], 8_000)] {
        let subjects = subjects_per_slice(&tasks);
        let results = vec![worst_result(&tasks, before); subjects];
        let slice = json!({
            "apiVersion": "tenure.dev/v1alpha1", "kind": "RunSlice",
            "metadata": {"name": "n".repeat(63), "namespace": "n".repeat(63), "labels": {}},
            "run": "r".repeat(52), "runUid": "u".repeat(36), "executionType": "scheduled", "workflow": "w".repeat(36), "category": "leaver",
            "lineage": "l".repeat(36), "version": 1_000, "epoch": 1_000_000, "index": 1,
            "claim": {"holder": "h".repeat(320), "attempt": 100, "renewedDateTime": tenant::INSTANT}, "results": results,
        });
        let _typed: tenure::api::RunSlice = serde_json::from_value(slice.clone()).expect("a slice");
        let bytes = stored(&slice);
        println!("{} tasks, {before} bytes before: {subjects} people, {bytes} bytes", tasks.len());
        assert!(bytes <= SLICE_BYTES * 11 / 10, "{} tasks: {bytes} bytes", tasks.len());
    }
}

#[test]
fn the_largest_chunk_and_bucket_fit_into_a_request() {
    let row = json!({"epoch": 1_000_000, "key": "k".repeat(64), "subject": "s".repeat(64), "attribute": "a".repeat(260),
        "workflow": "w".repeat(36), "category": "leaver", "state": "superseded", "due": tenant::INSTANT, "at": tenant::INSTANT,
        "run": "r".repeat(63), "runUid": "u".repeat(64), "slice": "s".repeat(63), "by": "b".repeat(64), "reason": "r".repeat(128), "sequence": 1_000_000});
    let chunk = json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "OccurrenceLedger",
        "metadata": {"name": "occurrences-100000", "namespace": "n".repeat(63)}, "entries": vec![row; 1_000]});
    let _typed: tenure::api::OccurrenceLedger = serde_json::from_value(chunk.clone()).expect("a chunk");
    assert!(stored(&chunk) <= REQUEST_BYTES, "a chunk of the ledger: {} bytes", stored(&chunk));
    // 64 buckets of 10,000 people: 157 on average, 210 are four deviations more; ten attributes are followed.
    let mark = json!({"name": "n".repeat(64), "digest": "d".repeat(16), "sequence": 1_000_000, "changedAt": tenant::INSTANT});
    let sighting = json!({"epoch": 1_000_000, "firstSeenAt": tenant::INSTANT, "marks": vec![mark; 10]});
    let row = json!({"subject": "s".repeat(64), "current": sighting, "previous": sighting});
    let bucket = json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "DirectorySnapshot",
        "metadata": {"name": "n".repeat(66), "namespace": "n".repeat(63)}, "directory": "d".repeat(63), "rows": vec![row; 210]});
    let _typed: tenure::api::DirectorySnapshot = serde_json::from_value(bucket.clone()).expect("a bucket");
    assert!(stored(&bucket) <= REQUEST_BYTES, "a bucket of the snapshot: {} bytes", stored(&bucket));
}

/// People that an execution claims with one write (design 3.1 rule 6).
const CLAIM: usize = 20;

/// Counts what executions write, by resource.
#[derive(Default)]
struct Writes(Mutex<BTreeMap<String, u64>>);

impl Interceptor for Writes {
    fn decide(&self, request: &RequestInfo) -> Verdict {
        if request.verb.is_write() && request.verb != Verb::Get && request.process.starts_with("execute") {
            *self.0.lock().expect("nobody panics while counting").entry(request.resource.clone()).or_default() += 1;
        }
        Verdict::Pass
    }
}

#[test]
fn execution_keeps_its_books_with_few_writes() {
    let people = 1_000;
    let writes = Arc::new(Writes::default());
    // Every answer takes as long as those of a real API server that has nothing else to do.
    let finished = Tenant::new(people).joiners_only().play(std::time::Duration::from_millis(5), Some(Arc::clone(&writes) as _));
    let runs: Vec<&Value> = finished.objects.iter().filter(|object| object["kind"] == "Run").collect();
    let time =
        |run: &Value, member: &str| run["status"][member].as_str().and_then(|text| text.parse::<chrono::DateTime<chrono::Utc>>().ok());
    let seconds =
        |run: &&Value| (time(run, "completedDateTime").expect("it ended") - time(run, "startedDateTime").expect("it began")).num_seconds();
    let seconds = u64::try_from(runs.iter().map(seconds).sum::<i64>()).expect("time goes forward");
    let slices = finished.objects.iter().filter(|object| object["kind"] == "RunSlice");
    let claims: u64 = slices.map(|slice| slice["results"].as_array().map_or(0, Vec::len).div_ceil(CLAIM) as u64).sum();
    let writes = writes.0.lock().expect("nobody panics while counting").clone();
    let of = |resource: &str| writes.get(resource).copied().unwrap_or(0);
    println!("{people} people in {} runs, {claims} claims, {seconds} s: {writes:?}", runs.len());
    assert!(of("accounts") >= people as u64, "everybody was worked on: {writes:?}");
    // One write makes a claim and one has its results; a report every 2 s, and one at the beginning and the end of a run.
    assert!(of("runslices") <= 2 * claims, "{claims} claims: {writes:?}");
    assert!(of("runs") <= seconds / 2 + 2 * runs.len() as u64, "{seconds} s: {writes:?}");
}
