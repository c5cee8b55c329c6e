//! History goes after its time; that somebody was processed is remembered longer.

use std::sync::{Arc, Mutex};

use tenure::sim::api::{MemoryApi, Verb, Verdict};

use super::end::text;
use super::play::{NS, Play, hired, joiner, leaver, leaves};

fn tenant(limits: &str) -> Play {
    let schedule = format!("{{interval: 6h, directory: people, historyLimits: {limits}}}");
    let play = Play::new("03-10", "03-20").schedule(&schedule).workflow("joiner", &joiner(0)).workflow("leaver", &leaver(0));
    play.user("ann", &hired("2026-03-10")).user("bob", &leaves("2026-03-12")).user("cid", &hired("2026-03-19"))
}

#[test]
fn runs_and_their_slices_go_after_the_days_of_the_history() {
    let end = tenant("{days: 3}").run();
    assert_eq!(end.processed(), ["joiner cid completed 03-19"]);
    assert_eq!(end.names("Run").len(), 1);
    assert_eq!(end.ledger(), ["joiner ann planned", "leaver bob planned", "joiner cid planned"]);
    let end = tenant("{days: 30}").run();
    assert_eq!(end.names("Run").len(), 3);
}

#[test]
fn the_newest_runs_of_each_workflow_stay() {
    let play = (11..18).fold(tenant("{runsPerWorkflow: 2}"), |play, day| play.user(&format!("p{day}"), &hired(&format!("2026-03-{day}"))));
    let end = play.run();
    assert_eq!(end.processed(), ["leaver bob completed 03-12", "joiner p17 completed 03-17", "joiner cid completed 03-19"]);
}

#[test]
fn slices_go_before_their_run() {
    let left: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&left);
    // Just before the first Run is deleted.
    let look = move |api: &MemoryApi| {
        let slices = api.list("RunSlice", Some(NS));
        seen.lock().expect("no panic").extend(slices.iter().map(|slice| text(slice, "/run").to_owned()));
    };
    let end = tenant("{days: 3}").on_request("evaluate/", (Verb::Delete, "runs"), 1, look, Verdict::Pass).run();
    let left = left.lock().expect("no panic").clone();
    assert!(left.iter().all(|run| run.starts_with("leaver-")) && !left.is_empty(), "{left:?}");
    assert_eq!(end.names("Run").len(), 1);
}

#[test]
fn a_run_whose_deletion_was_interrupted_goes_with_the_next_evaluation() {
    let end = tenant("{days: 3}").on_request("evaluate/", (Verb::Delete, "runs"), 1, |_| {}, Verdict::Die).run();
    assert_eq!(end.processed(), ["joiner cid completed 03-19"]);
    assert_eq!(end.names("Run").len(), 1);
}

#[test]
fn a_pruned_occurrence_is_not_planned_again() {
    let anew = |api: &MemoryApi| {
        for bucket in api.list("DirectorySnapshot", Some(NS)) {
            api.delete("DirectorySnapshot", NS, bucket["metadata"]["name"].as_str().expect("a name")).expect("deleted");
        }
    };
    let window = joiner(0).replacen('{', "{catchUpWindow: 60d, ", 1);
    let end = tenant("{days: 2}")
        .delete_at("03-15T10:00", "Workflow", "joiner")
        .object_at("03-15T12:00", "Workflow", "joiner", &window)
        .delete_at("03-16T10:00", "User", "ann")
        .user_at("03-16T12:00", "ann", &hired("2026-03-10"))
        .act("03-17T10:00", anew)
        .run();
    assert_eq!(end.processed(), ["joiner cid completed 03-19"]);
    assert_eq!(end.ledger(), ["joiner ann planned", "leaver bob planned", "joiner cid planned"]);
}

const MINE: &str = "{source: {workflow: {name: leaver}}, subjects: {users: [ann]}}";

#[test]
fn runs_that_people_made_go_like_the_others_once_they_have_ended() {
    // (days of the history, the Run is left)
    for (days, left) in [(30, true), (1, false)] {
        let end = tenant(&format!("{{days: {days}}}")).object_at("03-11T10:00", "Run", "mine", MINE).run();
        assert_eq!(end.names("Run").contains(&"mine"), left, "{days} days");
        assert_eq!(end.of_run("mine").is_empty(), !left, "{days} days: its results");
        assert!(
            end.ledger().contains(&"leaver ann planned".to_owned()),
            "{days} days: that she was processed is remembered: {:?}",
            end.ledger()
        );
    }
}

#[test]
fn a_run_that_has_not_ended_stays() {
    let waits = "{source: {workflow: {name: of-nobody}}, subjects: {users: [ann]}}";
    let end = tenant("{days: 1}").object_at("03-11T10:00", "Run", "waits", waits).run_broken();
    assert!(end.names("Run").contains(&"waits"));
}

/// As who keeps Runs in Git does: they come back, and nobody is processed twice.
#[test]
fn a_run_that_went_and_is_applied_again_does_nothing() {
    let again = |play: Play| play.object_at("03-15T10:00", "Run", "mine", MINE);
    let enable = |play: Play| {
        play.act("03-15T09:00", |api: &MemoryApi| {
            let mut account = (*api.get("Account", NS, "ann").expect("her account")).clone();
            account["spec"]["accountEnabled"] = true.into();
            api.put(&account).expect("an account");
        })
    };
    let end = again(enable(tenant("{days: 1}").object_at("03-11T10:00", "Run", "mine", MINE))).until("2026-03-15T20:00:00Z").run();
    assert_eq!(end.of_run("mine"), [""; 0]);
    assert_eq!(end.condition("Run", "mine", "Complete"), "Complete=True AlreadyProcessed");
    assert!(end.account("ann").0, "she is not off-boarded once more");
}

#[test]
fn after_four_hundred_days_only_rows_of_values_that_are_gone_are_forgotten() {
    let mut play = Play::new("01-01", "12-31")
        .schedule("{interval: 24h, directory: people}")
        .workflow("joiner", &joiner(0))
        .workflow("leaver", &leaver(0));
    play = play.user("ann", &hired("2026-01-02")).user("bob", &leaves("2026-01-02")).user_at("02-01", "bob", "{}");
    let end = play.until("2027-04-01T00:00:00Z").run();
    assert_eq!(end.processed(), [""; 0], "the history of 90 days is gone");
    assert_eq!(end.ledger(), ["joiner ann planned"]);
    assert!(end.account("ann").0 && !end.account("bob").0);
}

#[test]
fn what_was_released_is_not_taken_for_processed_after_four_hundred_days() {
    let scoped = leaver(0).replacen("executionConditions: {", "executionConditions: {scope: {rule: \"department eq 'Lab'\"}, ", 1);
    let record = |department: &str| format!("{{department: {department}, employeeLeaveDateTime: \"2026-01-01T12:00:00Z\"}}");
    // She is planned, and moves before her turn comes; the leave date stays as it is.
    let end = Play::new("01-01", "12-31")
        .schedule("{interval: 24h, directory: people}")
        .workflow("leaver", &scoped)
        .user("ann", &record("Lab"))
        .outage("01-01T23:00", "01-02T01:00", "execute/leaver")
        .user_at("01-02T00:30", "ann", &record("Sales"))
        .until("2027-04-01T00:00:00Z")
        .run();
    assert_eq!(end.ledger(), ["leaver ann planned", "leaver ann released OutOfScope"]);
    assert!(end.account("ann").0);
}

#[test]
fn the_history_of_a_deleted_workflow_goes_after_thirty_days_or_at_once() {
    // (policy, the end, the joiner's Runs and versions that are left)
    for (policy, until, left) in
        [("Retain", "2026-04-10T10:00:00Z", 1), ("Retain", "2026-04-11T12:00:00Z", 0), ("Delete", "2026-03-11T12:30:00Z", 0)]
    {
        let spec = joiner(0).replacen('{', &format!("{{deletionPolicy: {policy}, "), 1);
        let play = tenant("{days: 90}").workflow("other", &joiner(5)).until(until);
        let end = play.object_at("03-10T00:00:01", "Workflow", "joiner", &spec).delete_at("03-11T06:00", "Workflow", "joiner").run();
        let of = |kind: &'static str| end.names(kind).into_iter().filter(|name| name.starts_with("joiner-v")).count();
        assert_eq!((of("Run"), of("WorkflowVersion")), (left, left), "{policy} {until}");
        assert_eq!(end.names("RunSlice").iter().filter(|name| name.starts_with("joiner-v")).count(), left, "{policy} {until}");
        assert!(end.ledger().contains(&"joiner ann planned".to_owned()), "that she was processed is remembered");
    }
}

#[test]
fn a_workflow_whose_history_went_goes_on_where_it_ended() {
    let spec = joiner(0).replacen('{', "{deletionPolicy: Delete, ", 1);
    let end = tenant("{days: 90}")
        .object_at("03-10T00:00:01", "Workflow", "joiner", &spec)
        .delete_at("03-11T06:00", "Workflow", "joiner")
        .object_at("03-12T06:00", "Workflow", "joiner", &spec)
        .run();
    assert!(!end.processed().iter().any(|line| line.contains("ann")), "nobody twice: {:?}", end.processed());
    assert!(end.processed().contains(&"joiner cid completed 03-19".to_owned()));
    assert_eq!(end.names("WorkflowVersion").iter().filter(|name| **name == "joiner-v2").count(), 1, "{:?}", end.names("WorkflowVersion"));
}
