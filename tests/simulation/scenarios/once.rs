//! Nobody twice, whatever is done to the objects.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tenure::sim::api::{MemoryApi, Verb, Verdict};

use super::play::{NS, Play, backup, hired, joiner, leaver, leaves, mover, restore, wipe, works_in};

const ANN: &str = "2026-03-10";
const BOB: &str = "2026-03-11";

/// A joiner on the 10th, a leaver and a mover on the 11th; the disturbances come on the 12th.
fn tenant() -> Play {
    Play::new("03-10", "03-17")
        .workflow("joiner", &joiner(0))
        .workflow("leaver", &leaver(0))
        .workflow("mover", &mover("Lab"))
        .user("ann", &hired(ANN))
        .user("bob", &leaves(BOB))
        .user("cid", &works_in("Sales"))
        .user_at("03-11T10:00", "cid", &works_in("Lab"))
}

const ONCE: [&str; 3] = ["joiner ann completed 03-10", "leaver bob completed 03-11", "mover cid completed 03-11"];

fn assert_once(play: Play, what: &str) {
    let end = play.run();
    assert_eq!(end.processed(), ONCE, "{what}");
    assert!(!end.ledger().iter().any(|row| row.contains("missed")), "{what}: {:?}", end.ledger());
    assert_eq!(end.account("ann"), (true, vec!["all"]), "{what}");
    assert_eq!(end.account("bob"), (false, vec![]), "{what}");
    assert_eq!(end.account("cid"), (true, vec!["lab"]), "{what}");
}

fn delete_all(api: &MemoryApi, kind: &str) {
    for object in api.list(kind, Some(NS)) {
        api.delete(kind, NS, object["metadata"]["name"].as_str().expect("a name")).expect("it is there");
    }
}

/// Deletes everything of a kind at one instant and applies it again at another.
fn recreate(play: Play, kind: &'static str, deleted: &str, applied: &str) -> Play {
    let kept: Arc<Mutex<Vec<Value>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let play = play.act(deleted, move |api| {
        *keep.lock().expect("no panic") = api.list(kind, Some(NS)).iter().map(|object| (**object).clone()).collect();
        delete_all(api, kind);
    });
    play.act(applied, move |api| restore(api, &kept.lock().expect("no panic")))
}

#[test]
fn undisturbed_everybody_is_processed_once() {
    assert_once(tenant(), "undisturbed");
}

#[test]
fn nobody_twice_after_delete_and_re_apply_of_workflows() {
    assert_once(recreate(tenant(), "Workflow", "03-12T10:00", "03-12T10:00"), "at once");
    assert_once(recreate(tenant(), "Workflow", "03-12T10:00", "03-12T22:00"), "after half a day");
}

#[test]
fn a_re_applied_workflow_keeps_its_versions_and_lineage() {
    let end = recreate(tenant(), "Workflow", "03-12T10:00", "03-13T10:00").run();
    assert_eq!(end.names("WorkflowVersion"), ["joiner-v1", "leaver-v1", "mover-v1"]);
    let changed = joiner(0).replace("groups: [all]", "groups: [all, lab]");
    let end = tenant().delete_at("03-12T10:00", "Workflow", "joiner").object_at("03-12T12:00", "Workflow", "joiner", &changed).run();
    assert_eq!(end.processed(), ONCE);
    assert_eq!(end.names("WorkflowVersion"), ["joiner-v1", "joiner-v2", "leaver-v1", "mover-v1"]);
    let lineage = |name: &str| end.object("WorkflowVersion", name)["spec"]["lineage"].clone();
    assert_eq!(lineage("joiner-v1"), lineage("joiner-v2"));
}

#[test]
fn nobody_twice_after_re_apply_of_every_user() {
    let again =
        |text: &str| text.replace('{', "{displayName: Somebody, ").replace("initialAccount: {displayName: Somebody, ", "initialAccount: {");
    let play = tenant().user_at("03-12T10:00", "ann", &again(&hired(ANN))).user_at("03-12T10:00", "bob", &again(&leaves(BOB)));
    assert_once(play.user_at("03-12T10:00", "cid", &again(&works_in("Lab"))), "re-applied");
}

#[test]
fn nobody_twice_after_re_creation_of_every_user() {
    assert_once(recreate(tenant(), "User", "03-12T10:00", "03-12T10:00"), "at once");
    assert_once(recreate(tenant(), "User", "03-12T10:00", "03-13T10:00"), "after a day");
}

#[test]
fn nobody_twice_after_loss_of_the_snapshot() {
    assert_once(tenant().act("03-12T10:00", |api| delete_all(api, "DirectorySnapshot")), "lost");
}

#[test]
fn nobody_twice_after_edits_of_when() {
    let at_six = joiner(0).replace("offsetInDays: 0", "offsetInDays: 0, at: \"06:00\"");
    let window = |spec: String| spec.replacen('{', "{catchUpWindow: 60d, ", 1);
    let zone = "{embedded: {}, attributes: [{name: employeeHireDate, type: dateTime, timeZone: Pacific/Auckland}, \
                {name: employeeLeaveDateTime, type: dateTime, dateOnly: EndOfDay, timeZone: America/Los_Angeles}]}";
    let edits = [
        ("a later offset", "Workflow", "joiner", joiner(1)),
        ("an offset in the future", "Workflow", "joiner", joiner(4)),
        ("an earlier offset", "Workflow", "joiner", joiner(-1)),
        ("a later leaver", "Workflow", "leaver", leaver(2)),
        ("a time of day", "Workflow", "joiner", at_six),
        ("a longer window", "Workflow", "joiner", window(joiner(0))),
        ("a time zone", "Directory", "people", zone.to_owned()),
    ];
    for (what, kind, name, spec) in edits {
        assert_once(tenant().object_at("03-12T10:00", kind, name, &spec), what);
    }
}

#[test]
fn nobody_twice_after_backup_wipe_and_restore_without_status() {
    for (taken, restored) in [("03-12T09:00", "03-12T10:00"), ("03-12T09:00", "03-13T10:00"), ("03-11T12:00", "03-12T10:00")] {
        let kept: Arc<Mutex<Vec<Value>>> = Arc::default();
        let keep = Arc::clone(&kept);
        let play = tenant().act(taken, move |api| *keep.lock().expect("no panic") = backup(api));
        let play = play.act("03-12T09:30", wipe);
        assert_once(play.act(restored, move |api| restore(api, &kept.lock().expect("no panic"))), &format!("{taken} {restored}"));
    }
}

#[test]
fn nobody_twice_after_a_restore_in_which_the_schedule_comes_before_the_ledger() {
    // Ticks lie in between. The accounts tell that this is no new tenant.
    let kept: Arc<Mutex<Vec<Value>>> = Arc::default();
    let (keep, first, second) = (Arc::clone(&kept), Arc::clone(&kept), kept);
    let late = |object: &Value| {
        let kind = object["kind"].as_str().unwrap_or_default();
        ["TenantLedger", "OccurrenceLedger", "DirectorySnapshot", "RunSlice", "Run"].contains(&kind)
    };
    let part = move |kept: &Mutex<Vec<Value>>, wanted: bool| -> Vec<Value> {
        kept.lock().expect("no panic").iter().filter(|object| late(object) == wanted).cloned().collect()
    };
    let play = tenant().act("03-12T09:00", move |api| *keep.lock().expect("no panic") = backup(api)).act("03-12T09:30", wipe);
    let play = play.act("03-12T10:00", move |api| restore(api, &part(&first, false)));
    assert_once(play.act("03-12T19:00", move |api| restore(api, &part(&second, true))), "the schedule before the ledger");
}

/// Forty-five people who join on the 10th.
fn forty_five() -> Play {
    (0..45)
        .fold(Play::new("03-10", "03-11"), |play, index| play.user(&format!("p{index:02}"), &hired("2026-03-10")))
        .workflow("joiner", &joiner(0))
}

fn all_joined(first: usize) -> Vec<String> {
    (first..45).map(|index| format!("joiner p{index:02} completed 03-10")).collect()
}

#[test]
fn nobody_is_planned_twice_after_a_restore_in_the_middle_of_a_run() {
    // Before the k-th change of an account or of a slice: within the first claim, between claims, at the end.
    for (verb, resource, nth) in [
        (Verb::Update, "accounts", 1),
        (Verb::Update, "accounts", 17),
        (Verb::Update, "runslices", 1),
        (Verb::Update, "runslices", 2),
        (Verb::Update, "runslices", 3),
        (Verb::Patch, "runs", 1),
    ] {
        let deed = |api: &MemoryApi| {
            let kept = backup(api);
            wipe(api);
            restore(api, &kept);
        };
        let what = format!("{verb} {resource} {nth}");
        let end = forty_five().on_request("execute/", (verb, resource), nth, deed, Verdict::Die).run();
        let mut processed = end.processed();
        processed.sort();
        assert_eq!(processed, all_joined(0), "{what}");
        assert_eq!(end.names("Run").len(), 1, "{what}");
        assert!(end.of_kind("Account").all(|account| account["spec"]["accountEnabled"] == true), "{what}");
    }
}

#[test]
fn nobody_twice_after_a_restore_in_the_middle_of_an_evaluation() {
    for (verb, resource) in [
        (Verb::Create, "runs"),
        (Verb::Create, "runslices"),
        (Verb::Create, "occurrenceledgers"),
        (Verb::Update, "tenantledgers"),
        (Verb::Create, "directorysnapshots"),
    ] {
        let deed = |api: &MemoryApi| {
            let kept = backup(api);
            wipe(api);
            restore(api, &kept);
        };
        let end = forty_five().on_request("evaluate/", (verb, resource), 1, deed, Verdict::Die).run();
        let mut processed = end.processed();
        processed.sort();
        assert_eq!(processed, all_joined(0), "{verb} {resource}");
    }
}

#[test]
fn nobody_is_overlooked_whose_account_met_a_conflict_when_it_was_made() {
    // An evaluation that saw her only after the move would take it for her first department.
    for (nth, name) in [(1, "ann"), (2, "bob")] {
        let end = Play::new("03-10", "03-12")
            .workflow("mover", &mover("Lab"))
            .user("ann", &works_in("Sales"))
            .user("bob", &works_in("Sales"))
            .user_at("03-10T03:00", name, &works_in("Lab"))
            .on_request("evaluate/", (Verb::Create, "accounts"), nth, |_| {}, Verdict::Conflict)
            .run();
        assert_eq!(end.processed(), [format!("mover {name} completed 03-10")]);
    }
}
