//! What a tenant takes of the store, and what the execution of a run writes into it, against what `docs/scale.md` states.
//!
//! The objects are real ones: those that a simulated tenant has after everybody in it has begun, moved and left, and
//! those that the schemas allow at most.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod stored;
mod tenant;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tenure::api::run_slice::BeforeImage;
use tenure::api::{ProcessingStatus, SubjectResult, Task};
use tenure::domain::change::{excuse_bytes, noted_bytes};
use tenure::domain::plan::{SLICE_BYTES, info_room, parts, result_bytes};
use tenure::domain::retention::{HISTORY_DAYS, LEDGER_DAYS};
use tenure::domain::room::cut;
use tenure::sim::api::{Interceptor, RequestInfo, Verb, Verdict};

use stored::stored;
use tenant::Population;

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
        ("DirectorySnapshot, a person", per("DirectorySnapshot", Some("packed"))),
        ("OccurrenceLedger, an occurrence", per("OccurrenceLedger", Some("packed"))),
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
    let finished = Population::new(150).play(std::time::Duration::ZERO, None);
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

/// A person as planned, whose name has so many bytes.
fn planned(subject: usize, tasks: &[Task]) -> SubjectResult {
    let tasks: Vec<Value> = tasks.iter().map(|task| json!({"name": task.name, "processingStatus": "queued"})).collect();
    let result = json!({
        "subject": "s".repeat(subject), "subjectKey": "k".repeat(32), "person": "p".repeat(32), "occurrence": "o".repeat(32),
        "due": tenant::INSTANT, "tasks": tasks,
    });
    serde_json::from_value(result).expect("a result")
}

/// The same when all is over: everything has become as long as it may, and the first task that fails says all it can. So
/// many slices come first.
fn worst(mut result: SubjectResult, slices: usize, tasks: &[Task]) -> SubjectResult {
    let instant = "2026-01-12T06:00:00.123456789Z".parse().expect("an instant");
    let names = |count: usize| vec!["n".repeat(63); count];
    (result.waits_for, result.supersedes) = (names(slices / 2), names(slices - slices / 2));
    (result.reason, result.attempt) = (Some("r".repeat(40)), Some(i32::MAX));
    result.processing_status = ProcessingStatus::CompletedWithErrors;
    for member in
        [&mut result.started_date_time, &mut result.completed_date_time, &mut result.stopped_date_time, &mut result.superseded_date_time]
    {
        *member = Some(instant);
    }
    for index in 0..tasks.len() {
        let room = info_room(&result.tasks, index);
        let task = &mut result.tasks[index];
        task.processing_status = ProcessingStatus::CompletedWithErrors;
        task.reason = Some("r".repeat(40));
        task.processing_info = Some(cut(&"<\u{1d11e}\"i".repeat(1_024), room));
        task.before = Some(BeforeImage::default());
        task.changes = Some(Vec::new());
        if excuse_bytes(tasks) > 0 {
            task.before = Some(BeforeImage { not_undoable: Some(true), ..BeforeImage::default() });
            (task.changes, task.changes_digest) = (None, Some("d".repeat(32)));
        }
    }
    if let Some(task) = result.tasks.first_mut() {
        // The images of a subject share one bound; where they lie makes no difference.
        let bytes = noted_bytes(tasks).saturating_sub(20);
        task.before = Some(BeforeImage { member_of: Some(vec!["g".repeat(61); bytes / 64]), ..BeforeImage::default() });
    }
    result
}

#[test]
fn the_largest_slice_is_no_larger_than_planned() {
    let task = |name: usize, member: &str, arguments: Value| -> Task {
        serde_json::from_value(json!({"name": "n".repeat(name), member: arguments})).expect("a task")
    };
    let mail = task(12, "sendWelcomeEmail", json!({}));
    let enable = task(12, "enableUserAccount", json!({}));
    let join = task(12, "addUserToGroups", json!({"groups": ["everyone", "engineering"]}));
    let update = task(12, "updateUserAttributes", json!({"attributes": [{"attribute": "officeLocation", "value": "7"}]}));
    let longest = task(63, "disableUserAccount", json!({}));
    let all = task(63, "removeUserFromAllGroups", json!({}));
    // Tasks, bytes of a person's name, slices that come first, and how many people a slice of them has.
    let table = [
        (vec![enable.clone()], 40, 0, 100),
        (vec![enable.clone(), join.clone(), mail.clone()], 40, 0, 100),
        (vec![enable.clone(), join.clone(), mail.clone()], 40, 3, 100),
        (vec![enable.clone(), join.clone(), mail.clone(), mail.clone(), mail.clone(), mail], 40, 0, 100),
        (vec![join, update], 40, 0, 80),
        (vec![longest.clone()], 253, 4, 100),
        (vec![longest; 25], 253, 4, 40),
        (vec![enable, all.clone()], 40, 0, 40),
        (vec![all; 25], 253, 4, 20),
    ];
    let (mut fullest, mut others) = (0, Vec::new());
    for (tasks, subject, slices, people) in table {
        let result = planned(subject, &tasks);
        let count = parts(&vec![result_bytes(&result, slices, &tasks); 200])[0];
        let results = json!(vec![worst(result, slices, &tasks); count]);
        let slice = json!({
            "apiVersion": "tenure.dev/v1alpha1", "kind": "RunSlice",
            "metadata": {"name": "n".repeat(63), "namespace": "n".repeat(63), "labels": {"tenure.dev/run": "r".repeat(63),
                "tenure.dev/workflow": "w".repeat(36), "tenure.dev/epoch": "1000000", "app.kubernetes.io/managed-by": "tenure"}},
            "run": "r".repeat(63), "runUid": "u".repeat(64), "executionType": "scheduled", "workflow": "w".repeat(36), "category": "leaver",
            "lineage": "l".repeat(36), "version": 1_000, "epoch": 1_000_000, "index": 1,
            "claim": {"holder": "h".repeat(320), "attempt": 100, "renewedDateTime": tenant::INSTANT}, "results": results,
        });
        let _typed: tenure::api::RunSlice = serde_json::from_value(slice.clone()).expect("a slice");
        let bytes = stored(&slice) + escaped(&slice);
        println!("{} tasks, {} bytes before: {count} people, {bytes} bytes", tasks.len(), noted_bytes(&tasks));
        if count != people {
            others.push(format!("{} tasks: {count} people, not {people}", tasks.len()));
        }
        assert!(bytes <= SLICE_BYTES, "{} tasks: {bytes} bytes", tasks.len());
        fullest = fullest.max(bytes);
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
    // A bound that nothing comes near would make slices small for nothing.
    assert!(fullest > SLICE_BYTES * 9 / 10, "{fullest} bytes");
}

/// Bytes that the API server adds where a text has what means something in HTML.
fn escaped(object: &Value) -> usize {
    object.to_string().matches(['<', '>', '&']).count() * 5
}

#[test]
fn the_largest_chunk_and_bucket_fit_into_a_request() {
    let row = json!({"epoch": 1_000_000, "key": "k".repeat(64), "subject": "s".repeat(64), "person": "p".repeat(64),
        "attribute": "a".repeat(260),
        "workflow": "w".repeat(36), "category": "leaver", "state": "superseded", "due": tenant::INSTANT, "at": tenant::INSTANT,
        "run": "r".repeat(63), "runUid": "u".repeat(64), "slice": "s".repeat(63), "by": "b".repeat(64), "reason": "r".repeat(128), "sequence": 1_000_000,
        "done": tenant::INSTANT, "closes": "leaving", "hire": "h".repeat(16)});
    let chunk = json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "OccurrenceLedger",
        "metadata": {"name": "occurrences-100000", "namespace": "n".repeat(63)}, "entries": vec![row; 1_000]});
    let typed: tenure::api::OccurrenceLedger = serde_json::from_value(chunk.clone()).expect("a chunk");
    let packed = serde_json::to_value(&typed).expect("a chunk");
    assert_eq!(packed["packed"].as_array().map(Vec::len), Some(1_000), "it is written in lines");
    // As older releases wrote it, and as it is written.
    for chunk in [chunk, packed] {
        println!("a chunk of the ledger: {} bytes", stored(&chunk));
        assert!(stored(&chunk) <= REQUEST_BYTES, "a chunk of the ledger: {} bytes", stored(&chunk));
    }
    // 64 buckets of 10,000 people: 157 on average, 210 are four deviations more; ten attributes are followed.
    let mark = json!({"name": "n".repeat(64), "digest": "d".repeat(16), "sequence": 1_000_000, "changedAt": tenant::INSTANT});
    let sighting = json!({"epoch": 1_000_000, "firstSeenAt": tenant::INSTANT, "marks": vec![mark; 10]});
    let row = json!({"subject": "s".repeat(64), "current": sighting, "previous": sighting});
    let bucket = json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "DirectorySnapshot",
        "metadata": {"name": "n".repeat(66), "namespace": "n".repeat(63)}, "directory": "d".repeat(63), "rows": vec![row; 210]});
    let typed: tenure::api::DirectorySnapshot = serde_json::from_value(bucket.clone()).expect("a bucket");
    let packed = serde_json::to_value(&typed).expect("a bucket");
    assert_eq!(packed["packed"].as_array().map(Vec::len), Some(210), "it is written in lines");
    // As older releases wrote it, and as it is written.
    for bucket in [bucket, packed] {
        assert!(stored(&bucket) <= REQUEST_BYTES, "a bucket of the snapshot: {} bytes", stored(&bucket));
    }
}

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

/// What an execution may write in so many seconds, Accounts apart: one write for 20 people, one every two seconds, and the
/// first and the last word of each run.
fn allowed(people: u64, runs: u64, seconds: u64) -> u64 {
    people.div_ceil(20) + seconds / 2 + 2 * runs
}

#[test]
fn execution_keeps_its_books_with_few_writes() {
    // A tenth of the largest tenant, with a tenth of its allowance: slices do not know of each other, so that ten times as
    // many people make ten times as many writes in ten times the time.
    let people = PEOPLE / 10;
    let writes = Arc::new(Writes::default());
    // Every answer takes as long as those of a real API server that has nothing else to do.
    let tenant = Population::new(usize::try_from(people).expect("people")).joiners_only();
    let finished = tenant.play(std::time::Duration::from_millis(5), Some(Arc::clone(&writes) as _));
    let runs: Vec<&Value> = finished.objects.iter().filter(|object| object["kind"] == "Run").collect();
    let time =
        |run: &Value, member: &str| run["status"][member].as_str().and_then(|text| text.parse::<chrono::DateTime<chrono::Utc>>().ok());
    let seconds =
        |run: &&Value| (time(run, "completedDateTime").expect("it ended") - time(run, "startedDateTime").expect("it began")).num_seconds();
    let seconds = u64::try_from(runs.iter().map(seconds).sum::<i64>()).expect("time goes forward");
    let slices = finished.objects.iter().filter(|object| object["kind"] == "RunSlice").count() as u64;
    let writes = writes.0.lock().expect("nobody panics while counting").clone();
    let of = |resource: &str| writes.get(resource).copied().unwrap_or(0);
    let runs = runs.len() as u64;
    println!("{people} people in {runs} runs, {slices} slices, {seconds} s: {writes:?}; allowed {}", allowed(people, runs, seconds));
    assert_eq!(of("accounts"), people, "enabled and in the group with one write: {writes:?}");
    assert!(of("runslices") + of("runs") <= allowed(people, runs, seconds), "{seconds} s: {writes:?}");
    // Whatever the time it takes: one write for each claim, and one for the last results of each slice; a report every 5 s.
    assert_eq!(slices, people.div_ceil(100), "three small tasks leave room for a hundred people");
    assert!(of("runslices") <= people.div_ceil(20) + slices, "{slices} slices: {writes:?}");
    assert!(of("runs") <= seconds / 5 + 2 * runs, "{seconds} s: {writes:?}");
    let others: Vec<_> = writes.keys().filter(|resource| !["accounts", "runslices", "runs"].contains(&resource.as_str())).collect();
    assert!(others.is_empty(), "nothing else is written: {writes:?}");
}
