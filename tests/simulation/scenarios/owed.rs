//! What was planned is owed: that its Run or its slice is gone before there is a result is noticed, told and made good.

use tenure::sim::api::{MemoryApi, Verb, Verdict};

use super::end::{End, text};
use super::play::{NS, Play, leaver, leaves};

fn tenant() -> Play {
    Play::new("03-10", "03-14").workflow("leaver", &leaver(0)).user("ann", &leaves("2026-03-12"))
}

fn delete_all(api: &MemoryApi, kind: &str) {
    for object in api.list(kind, Some(NS)) {
        api.delete(kind, NS, text(&object, "/metadata/name")).expect("deleted");
    }
}

/// Something happens just before the first attempt reads its Run.
fn before_the_pod_begins(deed: impl FnOnce(&MemoryApi) + Send + 'static) -> End {
    tenant().on_request("execute/", (Verb::Get, "runs"), 1, deed, Verdict::Pass).run()
}

/// How the leaver's occurrence stands in the ledger, row by row.
fn rows(end: &End) -> Vec<String> {
    end.ledger()
}

#[test]
fn a_run_that_is_deleted_before_its_pod_begins_is_made_again() {
    let end = before_the_pod_begins(|api| delete_all(api, "Run"));
    assert_eq!(end.processed(), ["leaver ann completed 03-12"]);
    assert_eq!(end.account("ann"), (false, vec![]));
    assert_eq!(rows(&end), ["leaver ann planned"], "its slice was there: nothing is planned anew");
    let (runs, slices) = (end.names("Run"), end.names("RunSlice"));
    assert_eq!((runs.len(), slices.len()), (1, 1), "{runs:?} {slices:?}");
    assert!(slices[0].starts_with(runs[0]), "{runs:?} {slices:?}");
    let told = end.events("WithoutResult");
    assert!(told.len() == 1 && told[0].starts_with("leaver: ") && !told[0].contains("ann"), "{told:?}");
}

#[test]
fn it_is_made_again_at_once_and_not_with_the_next_tick() {
    let end = tenant()
        .schedule("{interval: 24h, directory: people}")
        .on_request("execute/", (Verb::Get, "runs"), 1, |api| delete_all(api, "Run"), Verdict::Pass)
        .run();
    assert_eq!(end.processed(), ["leaver ann completed 03-12"]);
}

#[test]
fn a_run_that_is_deleted_in_the_middle_goes_on_from_its_slices() {
    // The subject is claimed, and the process dies with its Run before it does anything.
    let deed = |api: &MemoryApi| delete_all(api, "Run");
    let end = tenant().on_request("execute/", (Verb::Update, "accounts"), 1, deed, Verdict::Die).run();
    assert_eq!(end.processed(), ["leaver ann completed 03-12"]);
    assert_eq!(end.account("ann"), (false, vec![]));
    assert_eq!(rows(&end), ["leaver ann planned"]);
}

#[test]
fn who_is_in_a_run_whose_slices_are_gone_too_is_due_again() {
    let end = before_the_pod_begins(|api| {
        delete_all(api, "RunSlice");
        delete_all(api, "Run");
    });
    assert_eq!(end.processed(), ["leaver ann completed 03-12"]);
    assert_eq!(end.account("ann"), (false, vec![]));
    assert_eq!(rows(&end), ["leaver ann planned", "leaver ann released ResultLost", "leaver ann planned"]);
    assert_eq!(end.events("WithoutResult").len(), 1);
}

#[test]
fn who_is_in_a_slice_that_is_gone_is_due_again_though_the_run_has_ended() {
    let end = before_the_pod_begins(|api| delete_all(api, "RunSlice"));
    assert_eq!(end.processed(), ["leaver ann completed 03-12"]);
    assert_eq!(end.account("ann"), (false, vec![]));
    assert_eq!(rows(&end), ["leaver ann planned", "leaver ann released ResultLost", "leaver ann planned"]);
    assert_eq!(end.events("WithoutResult").len(), 1, "{:?}", end.events("WithoutResult"));
}

#[test]
fn a_run_that_is_deleted_after_its_work_is_done_is_not_made_again() {
    let end = tenant().act("03-12T20:00", |api| delete_all(api, "Run")).run();
    assert_eq!(end.processed(), ["leaver ann completed 03-12"]);
    assert_eq!(end.names("Run"), [""; 0]);
    assert_eq!((rows(&end).len(), end.events("WithoutResult")), (1, vec![]));
}

/// The head as an earlier release wrote it, which kept no account of open Runs.
fn forget_open_runs(api: &MemoryApi) {
    let mut head = (*api.get("TenantLedger", NS, "default").expect("the head")).clone();
    head.as_object_mut().expect("an object").remove("openRuns").expect("open Runs");
    api.put(&head).expect("written");
}

#[test]
fn a_run_that_is_deleted_around_the_upgrade_is_made_again() {
    let end = before_the_pod_begins(|api| {
        delete_all(api, "Run");
        forget_open_runs(api);
    });
    assert_eq!(end.processed(), ["leaver ann completed 03-12"]);
    assert_eq!(end.account("ann"), (false, vec![]));
    assert_eq!((rows(&end), end.events("WithoutResult").len()), (vec!["leaver ann planned".to_owned()], 1));
}

#[test]
fn what_retention_took_before_the_upgrade_is_not_due_again() {
    let retained = |api: &MemoryApi| {
        delete_all(api, "RunSlice");
        delete_all(api, "Run");
        forget_open_runs(api);
    };
    let end = tenant().act("03-12T20:00", retained).run();
    assert_eq!((end.names("Run"), rows(&end)), (vec![], vec!["leaver ann planned".to_owned()]));
    assert_eq!(end.events("WithoutResult"), [""; 0]);
}

#[test]
fn a_run_of_people_that_they_delete_stays_deleted() {
    let run = "{source: {workflow: {name: leaver}}, subjects: {users: [ann]}}";
    let deed = |api: &MemoryApi| delete_all(api, "Run");
    let end = Play::new("03-10", "03-14")
        .workflow("leaver", &leaver(0))
        .user("ann", "{initialAccount: {memberOf: [all]}}")
        .object_at("03-11T10:00", "Run", "mine", run)
        .on_request("execute/", (Verb::Get, "runs"), 1, deed, Verdict::Pass)
        .run_broken();
    assert_eq!(end.names("Run"), [""; 0]);
    assert!(end.account("ann").0);
    assert_eq!(end.events("WithoutResult"), [""; 0]);
}
