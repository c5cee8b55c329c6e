//! What a released version wrote is read by every later one: nobody is planned again, and nobody is missed.
//!
//! Each folder of `written/` is a tenant as the programs of one version left it. It is put into the API server as it is, or
//! as from a backup; then controller and evaluations run at later instants, and nothing has happened.
//! `TENURE_WRITE=v1 cargo test --test simulation written` writes that folder anew, unless a file `RELEASED` stands in it.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

mod altered;
mod compare;
mod files;
mod forms;
mod story;
mod unfinished;

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tenure::api::{DirectorySnapshot, form};
use tenure::domain::identity;
use tenure::sim::{Document, Options, Simulation, load};

use crate::crash_sweep::rows::rows_of;
use crate::scenarios::end::{list, text};
use crate::scenarios::play::{NS, restore};
use compare::{Way, differences};

/// How long nothing happens. Every window that was open stays open.
const QUIET: TimeDelta = TimeDelta::hours(4);

/// What is applied again from Git, so that the simulation knows of the tenant: the schedule, as it is.
fn schedule(objects: &[Value]) -> Vec<Document> {
    let schedule = objects.iter().find(|object| text(object, "/kind") == "TenantSchedule").expect("a schedule");
    let manifest = json!({
        "apiVersion": schedule["apiVersion"], "kind": schedule["kind"],
        "metadata": {"name": schedule["metadata"]["name"], "namespace": schedule["metadata"]["namespace"]},
        "spec": schedule["spec"],
    });
    load::parse("schedule.json", &manifest.to_string()).expect("a schedule")
}

/// Lets the programs of today work on what was written.
fn later(objects: &[Value], way: Way) -> Vec<Value> {
    play(objects, way).0
}

/// The same, with the subjects of the mails that they send.
fn play(objects: &[Value], way: Way) -> (Vec<Value>, Vec<String>) {
    let head = objects.iter().find(|object| text(object, "/kind") == "TenantLedger").expect("a head");
    let from: DateTime<Utc> = text(head, "/asOf").parse().expect("an instant");
    let from = from + TimeDelta::hours(1);
    // UIDs follow from the seed: what comes from a backup must not get its old ones.
    let seed = u64::from(way == Way::Restored);
    let options = Options { from: Some(from), until: Some(from + QUIET), seed, skip_quiet: false, ..Options::default() };
    let simulation = Simulation::new(schedule(objects), options).unwrap_or_else(|problems| panic!("{problems:?}"));
    let api = simulation.api();
    match way {
        Way::Kept => {
            for object in objects {
                let name = text(object, "/metadata/name");
                api.adopt(object).unwrap_or_else(|refusal| panic!("{} {name}: {}", object["kind"], refusal.message));
            }
        }
        Way::Restored => restore(&api, objects),
    }
    let finished = simulation.run();
    let objects = finished.objects.into_iter().filter(|object| text(object, "/metadata/namespace") == NS).collect();
    (objects, finished.mails.into_iter().map(|sent| sent.mail.subject).collect())
}

/// The rows of the ledger, each in words: workflow, attribute, state, reason.
fn rows(objects: &[Value]) -> BTreeSet<String> {
    let rows = objects.iter().flat_map(rows_of);
    rows.map(|row| ["/workflow", "/attribute", "/state", "/reason"].map(|field| text(&row, field)).join(" ").trim().to_owned()).collect()
}

/// What a tenant must have in it to say something about every key.
const ROWS: [&str; 16] = [
    "alone sponsors<1 planned",
    "attic employeeHireDate planned",
    "club group:club planned",
    "depot employeeLeaveDateTime planned",
    "employeeHireDate superseded HireWithdrawn",
    "hand  planned",
    "hand  planned NobodyDue",
    "hand  planned SubjectNotFound",
    "idle inactivity planned",
    "join employeeHireDate missed WindowEnded",
    "join employeeHireDate planned",
    "join employeeHireDate superseded Superseded",
    "move department planned",
    "move jobTitle planned",
    "off employeeLeaveDateTime planned",
    "off employeeLeaveDateTime released Changed",
];

fn assert_covers(objects: &[Value], whose: &str) {
    assert_eq!(rows(objects).iter().collect::<Vec<_>>(), ROWS, "{whose}: the rows of the ledger");
    let runs = objects.iter().filter(|object| text(object, "/kind") == "Run");
    let held: BTreeSet<&str> = runs
        .flat_map(|run| list(run, "/status/conditions"))
        .filter(|condition| text(condition, "/type") == "Held" && text(condition, "/status") == "True")
        .map(|condition| text(condition, "/reason"))
        .collect();
    assert_eq!(held, BTreeSet::from(["LimitExceeded", "RestoredWhileRunning"]), "{whose}: the Runs that are held");
}

#[test]
fn the_story_comes_to_every_kind_of_row_and_is_written_on_request() {
    let objects = story::play();
    if let Ok(form) = std::env::var("TENURE_WRITE") {
        files::write(&files::folder(&form), &objects).unwrap_or_else(|refusal| panic!("{refusal}"));
    }
    assert_covers(&objects, "what this version writes");
}

#[test]
fn what_was_written_is_read_with_nothing_planned_and_nothing_missed() {
    let forms = files::forms();
    assert_eq!(forms.last(), Some(&format!("v{}", identity::VERSION)), "the newest form is that of the identities");
    for form in forms {
        let objects = files::read(&files::folder(&form));
        assert_covers(&objects, &form);
        for (rows, objects) in [("rows", forms::unpacked(&objects)), ("packed rows", forms::packed(&objects))] {
            for way in [Way::Kept, Way::Restored] {
                let after = later(&objects, way);
                let differences = differences(&objects, &after, way);
                assert!(differences.is_empty(), "{form}, {rows}, {way:?}:\n{}", differences.join("\n"));
                assert_eq!(
                    forms::packed_rows(&after),
                    forms::packed_rows(&objects),
                    "{form}, {rows}, {way:?}: nothing is written for its form"
                );
            }
        }
    }
}

/// Of the snapshot's older form nothing is left in a bucket in which somebody changes, and the others are not written for it; of
/// the ledger's nothing in a chunk that gets a row.
#[test]
fn a_bucket_and_a_chunk_take_the_packed_form_when_there_is_something_new_in_them() {
    let mut objects = forms::unpacked(&files::read(&files::folder("v1")));
    let mia = objects.iter_mut().find(|object| text(object, "/kind") == "User" && text(object, "/metadata/name") == "mia");
    mia.expect("the User")["spec"]["jobTitle"] = json!("Director");
    let after = later(&objects, Way::Kept);
    let mut changed = 0;
    for old in objects.iter().filter(|object| text(object, "/kind") == "DirectorySnapshot") {
        let name = text(old, "/metadata/name");
        let same = |object: &&Value| text(object, "/kind") == "DirectorySnapshot" && text(object, "/metadata/name") == name;
        let new = after.iter().find(same).expect("the bucket");
        let rows = |object: &Value| form::typed::<DirectorySnapshot>(object).expect("a bucket").spec.rows;
        let (before, now) = (rows(old), rows(new));
        let differ = before.iter().zip(&now).filter(|(before, now)| before != now).count();
        changed += differ;
        assert_eq!(before.len(), now.len(), "{name}: nobody comes or goes");
        let (older, packed) = (list(new, "/rows").len(), list(new, "/packed").len());
        assert_eq!((older, packed), if differ == 0 { (before.len(), 0) } else { (0, before.len()) }, "{name}");
    }
    assert_eq!(changed, 1, "mia's title");
    let one = |objects: &[Value]| objects.iter().find(|object| text(object, "/kind") == "OccurrenceLedger").expect("a chunk").clone();
    let (old, new) = (one(&objects), one(&after));
    let (before, now) = (rows_of(&old), rows_of(&new));
    assert_eq!(now[..before.len()], before, "every row is there, in its place");
    assert_eq!(now[before.len()..].iter().map(|row| text(row, "/attribute")).collect::<Vec<_>>(), ["jobTitle"]);
    let lengths = |chunk: &Value| (list(chunk, "/entries").len(), list(chunk, "/packed").len());
    // One row is there that stops releases which know the older form only.
    assert_eq!((lengths(&old), lengths(&new)), ((before.len(), 0), (1, now.len())));
}

/// A slice that was written before claims had Changes, and whose runner has died: in the middle of its first task, or with
/// that done.
#[test]
fn what_an_older_release_had_begun_is_finished() {
    for is_enabled in [false, true] {
        let mut objects = files::read(&files::folder("v1"));
        let find = |objects: &mut Vec<Value>, kind: &str, name: &str| {
            let found = objects.iter().position(|object| text(object, "/kind") == kind && text(object, "/metadata/name") == name);
            found.unwrap_or_else(|| panic!("no {kind} {name}"))
        };
        let slice = find(&mut objects, "RunSlice", "join-v1-e147-0");
        objects[slice]["claim"] = json!({"holder": "gone_0", "attempt": 1, "renewedDateTime": "2026-03-01T00:00:00Z"});
        let result = &mut objects[slice]["results"][0];
        assert_eq!((&result["subject"], result["tasks"][0]["changes"].is_null()), (&json!("ann"), true), "an older release wrote it");
        result["processingStatus"] = json!("inProgress");
        result.as_object_mut().expect("a result").remove("completedDateTime");
        for task in result["tasks"].as_array_mut().expect("tasks") {
            task["processingStatus"] = json!("queued");
        }
        let run = find(&mut objects, "Run", "join-v1-e147");
        let status = &mut objects[run]["status"];
        status["processingStatus"] = json!("inProgress");
        status.as_object_mut().expect("a status").remove("completedDateTime");
        status["conditions"].as_array_mut().expect("conditions").retain(|condition| condition["type"] != "Complete");
        status["shards"][0]["finished"] = json!(false);
        status["shards"][0]["openUsersCount"] = json!(1);
        let account = find(&mut objects, "Account", "ann");
        objects[account]["spec"]["accountEnabled"] = json!(is_enabled);

        let after = later(&objects, Way::Kept);
        let one = |kind: &str, name: &str| {
            after.iter().find(|object| text(object, "/kind") == kind && text(object, "/metadata/name") == name).expect("it is there")
        };
        assert_eq!(one("Account", "ann")["spec"]["accountEnabled"], json!(true), "begun: {is_enabled}");
        let result = &one("RunSlice", "join-v1-e147-0")["results"][0];
        assert_eq!(result["processingStatus"], json!("completed"), "begun: {is_enabled}: {result:#}");
        assert_eq!(result["tasks"][0]["before"], json!({"accountEnabled": false}), "the image of the first attempt stands");
        let complete = list(one("Run", "join-v1-e147"), "/status/conditions").iter().any(|condition| condition["type"] == "Complete");
        assert!(complete, "begun: {is_enabled}");
    }
}
