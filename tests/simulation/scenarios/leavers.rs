//! A leaver stays out: nothing re-enables an account that a leaver workflow disabled.

use chrono::{DateTime, Utc};
use serde_json::json;
use tenure::sim::api::{MemoryApi, Verb, Verdict};

use super::play::{NS, Play, hired, instant, joiner, leaver, leaves, mover, timed};

/// A record with both dates.
fn stays(from: &str, until: &str) -> String {
    let until = instant(until);
    format!("{{employeeHireDate: \"{from}\", employeeLeaveDateTime: \"{until}\", initialAccount: {{accountEnabled: false}}}}")
}

fn tenant() -> Play {
    Play::new("03-10", "03-17").workflow("joiner", &joiner(0)).workflow("leaver", &leaver(0))
}

#[test]
fn a_user_re_applied_from_git_after_off_boarding_stays_disabled() {
    let record = |name: &str| {
        format!(
            "{{displayName: {name}, employeeLeaveDateTime: \"2026-03-11T00:00:00Z\", initialAccount: {{accountEnabled: true, memberOf: [all, lab]}}}}"
        )
    };
    let end = tenant()
        .user("ann", &record("Ann"))
        .user_at("03-12T10:00", "ann", &record("Ann again"))
        .delete_at("03-13T10:00", "User", "ann")
        .user_at("03-13T12:00", "ann", &record("Ann anew"))
        .run();
    assert_eq!(end.processed(), ["leaver ann completed 03-11"]);
    assert_eq!(end.account("ann"), (false, vec![]));
}

#[test]
fn a_joiner_workflow_that_catches_up_does_not_re_enable_a_leaver() {
    // The joiner's window still holds her hire date when it begins to work, a day after she left.
    let end = Play::new("03-10", "03-17")
        .workflow("leaver", &leaver(0))
        .user("ann", &stays("2026-03-10", "2026-03-11"))
        .user("bob", &hired("2026-03-10"))
        .object_at("03-12T10:00", "Workflow", "joiner", &joiner(0))
        .run();
    assert_eq!(end.processed(), ["leaver ann completed 03-11", "joiner bob completed 03-12"]);
    assert_eq!(end.ledger(), ["leaver ann planned", "joiner ann superseded Superseded", "joiner bob planned"]);
    assert!(!end.account("ann").0);
}

#[test]
fn joiner_and_leaver_due_in_one_evaluation_leave_the_account_disabled() {
    let end = tenant().user("ann", &stays("2026-03-09", "2026-03-09T12:00:00Z")).run();
    assert_eq!(end.processed(), ["leaver ann completed 03-10"]);
    assert!(!end.account("ann").0);
}

#[test]
fn who_is_hired_again_after_the_leave_date_is_enabled_after_it() {
    let end = tenant().user("ann", &stays("2026-03-14", "2026-03-11")).run();
    assert_eq!(end.processed(), ["leaver ann completed 03-11", "joiner ann completed 03-14"]);
    assert_eq!(end.account("ann"), (true, vec!["all"]));
}

#[test]
fn a_joiner_run_that_was_queued_when_the_leaver_became_due_does_not_re_enable() {
    let end = tenant()
        .outage("03-10T00:00", "03-10T01:00", "execute/joiner")
        .user("ann", &stays("2026-03-10", "2026-03-10T00:30:00Z"))
        // The leaver is found by an evaluation that this asks for.
        .user_at("03-10T00:31", "cid", "{}")
        .user("bob", &hired("2026-03-10"))
        .run();
    assert_eq!(end.processed(), ["joiner ann canceled Superseded 03-10", "joiner bob completed 03-10", "leaver ann completed 03-10"]);
    assert!(!end.account("ann").0 && end.account("bob").0);
}

#[test]
fn a_mover_run_that_was_queued_when_the_leaver_became_due_adds_to_no_group() {
    let record = |department: &str| {
        format!("{{department: {department}, employeeHireDate: \"2020-01-01\", employeeLeaveDateTime: \"2026-03-11T10:30:00Z\"}}")
    };
    let end = tenant()
        .workflow("mover", &mover("Lab"))
        .outage("03-11T10:00", "03-11T11:00", "execute/mover")
        .user_at("03-11T10:31", "cid", "{}")
        .user("ann", &record("Sales"))
        .user_at("03-11T10:00", "ann", &record("Lab"))
        .run();
    assert_eq!(end.processed(), ["leaver ann completed 03-11", "mover ann canceled Superseded 03-11"]);
    assert_eq!(end.account("ann"), (false, vec![]));
}

#[test]
fn a_joiner_run_in_progress_when_the_leaver_became_due_does_not_re_enable() {
    // Its node is lost in the middle of a claim that has her in it; the leaver comes before, while and after the next
    // attempt takes the claim over.
    for (known, change) in [
        ("03-10T00:00:20", 1),
        ("03-10T00:01:00", 2),
        ("03-10T00:01:20", 3),
        ("03-10T00:01:40", 1),
        ("03-10T00:02:00", 3),
        ("03-10T00:04:00", 5),
    ] {
        let play = (0..5).fold(tenant(), |play, index| play.user(&format!("p{index}"), &hired("2026-03-10")));
        let end = play
            .lost_nodes()
            .on_request("execute/joiner", (Verb::Update, "accounts"), change, |_| {}, Verdict::DieAfter)
            .user_at(known, "p0", &stays("2026-03-10", "2026-03-10T00:00:15Z"))
            .user_at(known, "p4", &stays("2026-03-10", "2026-03-10T00:00:15Z"))
            .run();
        for name in ["p0", "p4"] {
            assert_eq!(end.account(name), (false, vec![]), "{name} {known} {change}: {:?}", end.processed());
            assert!(end.processed().contains(&format!("leaver {name} completed 03-10")), "{name} {known}: {:?}", end.processed());
        }
        for name in ["p1", "p2", "p3"] {
            assert_eq!(end.account(name), (true, vec!["all"]), "{name} {known} {change}");
        }
    }
}

#[test]
fn a_leave_date_cleared_and_set_again_to_the_same_day_counts_again() {
    let end = tenant()
        .user("ann", &leaves("2026-03-11"))
        .user_at("03-12T10:00", "ann", "{initialAccount: {memberOf: [all]}}")
        .act("03-12T15:00", |api| {
            // A person enables the account by hand in the meantime.
            let mut account = (*api.get("Account", "t", "ann").expect("the account")).clone();
            account["spec"]["accountEnabled"] = true.into();
            api.put(&account).expect("stored");
        })
        .user_at("03-13T10:00", "ann", &leaves("2026-03-11"))
        .run();
    assert_eq!(end.processed(), ["leaver ann completed 03-11", "leaver ann completed 03-13"]);
    assert_eq!(end.ledger(), ["leaver ann planned", "leaver ann released Changed", "leaver ann planned"]);
    assert!(!end.account("ann").0);
}

#[test]
fn a_leave_date_changed_and_changed_back_counts_again() {
    let end = tenant()
        .user("ann", &leaves("2026-03-11"))
        .user_at("03-12T10:00", "ann", &leaves("2026-12-31"))
        .user_at("03-13T10:00", "ann", &leaves("2026-03-11"))
        .run();
    assert_eq!(end.processed(), ["leaver ann completed 03-11", "leaver ann completed 03-13"]);
}

#[test]
fn a_leave_date_cleared_before_the_evaluation_never_runs() {
    let end = tenant().user("ann", &leaves("2026-03-12")).user_at("03-11T10:00", "ann", "{}").run();
    assert_eq!(end.processed(), [""; 0]);
    assert!(end.ledger().is_empty());
    assert!(end.account("ann").0);
}

#[test]
fn a_leave_date_cleared_before_the_start_is_canceled() {
    let end = tenant()
        .outage("03-10", "03-10T01:00", "execute/leaver")
        .user("ann", &leaves("2026-03-10"))
        .user_at("03-10T00:30", "ann", "{}")
        .run();
    assert_eq!(end.processed(), ["leaver ann canceled Changed 03-10"]);
    assert_eq!(end.account("ann"), (true, vec!["all"]));
}

#[test]
fn a_leave_date_cleared_frees_the_joiner_that_it_had_superseded() {
    // By mistake she is said to have left; the mistake is corrected before anything was done.
    let end = tenant()
        .outage("03-10", "03-10T01:00", "execute/")
        .user("ann", &hired("2026-03-10"))
        .user_at("03-10T00:20", "ann", &stays("2026-03-10", "2026-03-10"))
        .user_at("03-10T00:40", "ann", &hired("2026-03-10"))
        .run();
    assert!(end.account("ann").0, "{:?} {:?}", end.processed(), end.ledger());
    assert_eq!(end.processed().iter().filter(|line| line.contains("joiner ann completed")).count(), 1, "{:?}", end.processed());
    assert!(!end.processed().iter().any(|line| line.starts_with("leaver ann completed")), "{:?}", end.processed());
}

#[test]
fn a_leaver_whose_directory_falters_is_done_when_it_recovers() {
    // No attempt can read or write anything for four hours; nothing is given up before the window ends.
    let end = tenant().outage("03-11T00:00", "03-11T04:00", "execute/").user("ann", &leaves("2026-03-11")).run();
    assert_eq!(end.processed(), ["leaver ann completed 03-11"]);
    assert!(!end.account("ann").0);
}

#[test]
fn leavers_with_two_offsets_run_in_the_order_of_their_due_instants() {
    let first = timed("leaver", "employeeLeaveDateTime", -2, "tasks: [{name: groups, removeUserFromAllGroups: {}}]");
    let end = Play::new("03-10", "03-17")
        .workflow("z-before", &first)
        .workflow("a-after", &leaver(0))
        .user("ann", &leaves("2026-03-10"))
        .user("bob", &leaves("2026-03-14"))
        .run();
    assert_eq!(
        end.processed(),
        ["a-after ann completed 03-10", "z-before ann completed 03-10", "z-before bob completed 03-12", "a-after bob completed 03-14"]
    );
    assert!(end.when("z-before", "ann")[0] <= end.when("a-after", "ann")[0]);
}

#[test]
fn attempts_that_fail_are_not_made_in_a_frenzy() {
    let end = tenant().outage("03-11T00:00", "03-11T04:00", "execute/").user("ann", &leaves("2026-03-11")).run();
    let attempts: Vec<i64> = end.of_kind("Run").map(|run| super::end::number(run, "/status/attempt")).collect();
    // Four hours; an attempt after every failure that the kubelet reports, each after some pause.
    assert!(attempts.len() == 1 && attempts[0] <= 250, "{attempts:?}");
}

#[test]
fn who_is_out_of_scope_by_a_lost_attempt_s_own_effects_is_carried_through() {
    // The process dies with each change of the account: of the licences, by the deletion, of the groups.
    let tasks =
        "tasks: [{name: licences, removeAllLicenses: {}}, {name: delete, deleteUser: {}}, {name: groups, removeUserFromAllGroups: {}}]";
    let record = "{employeeLeaveDateTime: \"2026-03-10T00:00:00Z\", initialAccount: {memberOf: [all], licenses: [E1]}}";
    for verdict in [Verdict::Die, Verdict::DieAfter] {
        for nth in 1..=3 {
            let end = Play::new("03-10", "03-12")
                .workflow("leaver", &timed("leaver", "employeeLeaveDateTime", 0, tasks))
                .user("ann", record)
                .on_request("execute/", (Verb::Update, "accounts"), nth, |_| {}, verdict)
                .run();
            assert_eq!(end.processed(), ["leaver ann completed 03-10"], "{verdict:?} {nth}");
            assert_eq!(end.account("ann"), (false, vec![]), "{verdict:?} {nth}");
            assert_eq!(end.ledger(), ["leaver ann planned"], "{verdict:?} {nth}");
        }
    }
}

#[test]
fn who_changed_while_an_attempt_was_lost_is_canceled_if_nobody_touched_them() {
    // The process is lost with its node at the first change of ann's account, which does not take place; bob, of the same
    // claim, is not begun. Before the next attempt bob's leave date is taken back.
    let end = tenant()
        .lost_nodes()
        .user("ann", &leaves("2026-03-10"))
        .user("bob", &leaves("2026-03-10"))
        .on_request("execute/leaver", (Verb::Update, "accounts"), 1, |_| {}, Verdict::Die)
        .user_at("03-10T00:00:40", "bob", "{}")
        .run();
    assert!(end.processed().contains(&"leaver ann completed 03-10".to_owned()), "{:?}", end.processed());
    assert!(end.processed().iter().any(|line| line.starts_with("leaver bob canceled Changed")), "{:?}", end.processed());
    assert_eq!(end.account("bob"), (true, vec!["all"]));
}

#[test]
fn an_owner_that_is_gone_costs_the_off_boarding_of_many_one_wait_and_not_one_for_each() {
    // The joiner's runner vanishes with its node in the middle of a claim of twenty, and all of them leave at once.
    let names: Vec<String> = (0..20).map(|index| format!("p{index:02}")).collect();
    let gone = names.clone();
    let leave = move |api: &MemoryApi| {
        for name in &gone {
            let mut user = (*api.get("User", NS, name).expect("the person")).clone();
            user["spec"]["employeeLeaveDateTime"] = "2026-03-10T00:00:01Z".into();
            api.put(&user).expect("a sound record");
        }
    };
    let play = names.iter().fold(tenant(), |play, name| play.user(name, &hired("2026-03-10")));
    let end = play.lost_nodes().on_request("execute/", (Verb::Update, "accounts"), 3, leave, Verdict::Die).run();
    let done: Vec<_> = names.iter().flat_map(|name| end.when("leaver", name)).collect();
    assert_eq!(done.len(), names.len(), "everybody is off-boarded once");
    assert!(names.iter().all(|name| !end.account(name).0));
    let begun = end.of_kind("Run").filter(|run| run["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("leaver")));
    let planned: Vec<DateTime<Utc>> =
        begun.filter_map(|run| run["status"]["scheduledDateTime"].as_str()).map(|text| text.parse().expect("an instant")).collect();
    let took = *done.iter().max().expect("some") - *planned.iter().min().expect("a Run");
    assert!(took < chrono::TimeDelta::minutes(4), "the last one was off-boarded {took} after the plan");
}

#[test]
fn an_end_that_is_corrected_does_not_close_who_was_let_in_early_for_a_return() {
    // Closed on the 6th, and let in on the 8th for the return on the 20th. The end of the earlier employment is another day then.
    let record = |until: &str| format!("{{employeeHireDate: \"2026-03-20\", employeeLeaveDateTime: \"{until}\"}}");
    let end = Play::new("03-01", "03-25")
        .workflow("joiner", &joiner(-12))
        .workflow("leaver", &leaver(0))
        .user("ann", &record("2026-03-05"))
        .user_at("03-10T09:00", "ann", &record("2026-03-12"))
        .run();
    assert_eq!(end.processed(), ["leaver ann completed 03-06", "joiner ann completed 03-08"]);
    assert!(end.account("ann").0);
}

#[test]
fn who_was_let_in_early_for_a_return_that_is_taken_back_is_closed_again() {
    let end = Play::new("03-01", "03-25")
        .workflow("joiner", &joiner(-12))
        .workflow("leaver", &leaver(0))
        .user("ann", "{employeeHireDate: \"2026-03-20\", employeeLeaveDateTime: \"2026-03-05\"}")
        .user_at("03-10T09:00", "ann", "{employeeLeaveDateTime: \"2026-03-05\"}")
        .run();
    assert_eq!(end.processed(), ["leaver ann completed 03-06", "joiner ann completed 03-08", "leaver ann completed 03-10"]);
    assert!(!end.account("ann").0);
}

#[test]
fn whoever_was_let_in_for_a_return_keeps_it_whatever_of_the_earlier_end_comes_later() {
    let record = |until: &str| format!("{{employeeHireDate: \"2026-03-20\"{until}, initialAccount: {{accountEnabled: true}}}}");
    // The house writes the end of the earlier employment after the return; and a clean-up five days after it.
    let end = Play::new("03-01", "03-25")
        .workflow("joiner", &joiner(-12))
        .workflow("leaver", &leaver(0))
        .workflow("later", &leaver(5))
        .user("late", "{employeeHireDate: \"2019-01-01\", initialAccount: {accountEnabled: true}}")
        .user_at("03-02T09:00", "late", &record(""))
        .user_at("03-10T09:00", "late", &record(", employeeLeaveDateTime: \"2026-03-05\""))
        .user("known", &record(", employeeLeaveDateTime: \"2026-03-05\""))
        .run();
    assert_eq!(end.processed(), ["leaver known completed 03-06", "joiner known completed 03-08", "joiner late completed 03-08"]);
    assert_eq!((end.account("late"), end.account("known")), ((true, vec!["all"]), (true, vec!["all"])));
}

#[test]
fn a_contract_of_one_day_is_closed_whatever_its_instants_are() {
    let end = tenant()
        .user("same", &stays("2026-03-11T00:00:00Z", "2026-03-11T00:00:00Z"))
        .user("before", &stays("2026-03-11T08:00:00Z", "2026-03-11T00:00:00Z"))
        .user("after", &stays("2026-03-11T08:00:00Z", "2026-03-11T17:00:00Z"))
        // Never came: the first day is the last one.
        .user("absent", &hired("2026-03-11T00:00:00Z"))
        .user_at("03-12T08:00", "absent", &stays("2026-03-11T00:00:00Z", "2026-03-11T00:00:00Z"))
        .run();
    assert_eq!(
        end.processed(),
        [
            "joiner absent completed 03-11",
            "joiner after completed 03-11",
            "leaver after completed 03-11",
            "leaver before completed 03-11",
            "leaver same completed 03-11",
            "leaver absent completed 03-12",
        ]
    );
    for name in ["same", "before", "after", "absent"] {
        assert!(!end.account(name).0, "{name}");
    }
}

#[test]
fn an_offer_that_was_taken_back_and_stands_again_lets_in() {
    let record = |rest: &str| format!("{{employeeHireDate: \"2026-03-20\", {rest}initialAccount: {{accountEnabled: false}}}}");
    let taken_back = record("employeeLeaveDateTime: \"2026-03-14\", ");
    // Let in on the 13th; the offer is taken back on the 14th, and stands again within the window of three days, or after it.
    let end = Play::new("03-10", "03-25")
        .workflow("joiner", &joiner(-7))
        .workflow("leaver", &leaver(0))
        .user("ann", &record(""))
        .user_at("03-14T08:00", "ann", &taken_back)
        .user_at("03-15T08:00", "ann", &record(""))
        .user("bob", &record(""))
        .user_at("03-14T08:00", "bob", &taken_back)
        .user_at("03-17T08:00", "bob", &record(""))
        .run();
    assert_eq!(
        end.processed(),
        [
            "joiner ann completed 03-13",
            "joiner bob completed 03-13",
            "joiner ann completed 03-15",
            "leaver ann completed 03-15",
            "leaver bob completed 03-15",
        ]
    );
    assert_eq!((end.account("ann").0, end.account("bob").0), (true, false));
    let rows = end.ledger();
    for name in ["ann", "bob"] {
        let released = format!("joiner {name} released HireWithdrawn");
        assert_eq!(rows.iter().filter(|row| **row == released).count(), 1, "{rows:?}");
    }
    assert!(rows.contains(&"joiner bob missed HireWithdrawn".to_owned()), "{rows:?}");
}

#[test]
fn a_movement_during_an_absence_is_due_at_the_return_whatever_closes_the_account() {
    let record = |hire: &str, department: &str| {
        format!("{{department: {department}, employeeHireDate: \"{hire}\", employeeLeaveDateTime: \"2026-03-10\"}}")
    };
    for (what, closing) in [("nothing", None), ("after the end", Some(leaver(0))), ("a week before", Some(leaver(-7)))] {
        let house = Play::new("03-01", "04-05").workflow("joiner", &joiner(0)).workflow("mover", &mover("Lab"));
        let house = closing.iter().fold(house, |play, spec| play.workflow("leaver", spec));
        let names = ["known", "unknown", "together"];
        let end = names
            .iter()
            .fold(house, |play, name| play.user(name, &record("2020-01-01", "Sales")))
            .user_at("03-12T08:00", "known", &record("2026-04-01", "Sales"))
            .user_at("03-20T08:00", "known", &record("2026-04-01", "Lab"))
            .user_at("03-12T08:00", "unknown", &record("2020-01-01", "Lab"))
            .user_at("03-20T08:00", "unknown", &record("2026-04-01", "Lab"))
            .user_at("03-12T08:00", "together", &record("2026-04-01", "Lab"))
            .run();
        for name in names {
            let moved: Vec<String> = end.when("mover", name).iter().map(|when| when.format("%m-%d").to_string()).collect();
            assert_eq!(moved, ["04-01"], "closed by {what}, the return is {name}: {:?}", end.ledger());
            assert!(end.account(name).0 && end.account(name).1.contains(&"lab"), "closed by {what}, the return is {name}");
        }
    }
}

#[test]
fn whoever_worked_without_a_hire_date_and_left_is_let_in_for_a_return() {
    let left = |hire: &str| format!("{{{hire}employeeLeaveDateTime: \"2026-03-10\"}}");
    let back = left("employeeHireDate: \"2026-04-10\", ");
    let unread = |date: &str| format!("employeeHireDate: \"{date}\", ");
    let end = Play::new("03-01", "04-15")
        .workflow("joiner", &joiner(0))
        .workflow("leaver", &leaver(0))
        .user("ann", "{}")
        .user_at("03-02T08:00", "ann", &left(""))
        .user_at("04-01T08:00", "ann", &back)
        // A hire date that could never be read is none.
        .user("bob", "{employeeHireDate: \"01.02.2020\"}")
        .user_at("03-02T08:00", "bob", &left(&unread("01.02.2020")))
        .user_at("04-01T08:00", "bob", &back)
        // One that cannot be read any more was there: the offer that was taken back stays so.
        .user("cid", &hired("2026-04-10"))
        .user_at("03-02T08:00", "cid", &back)
        .user_at("03-05T08:00", "cid", &left(&unread("10.04.2026")))
        .user_at("04-01T08:00", "cid", &back)
        .run();
    assert_eq!(
        end.processed(),
        [
            "leaver ann completed 03-11",
            "leaver bob completed 03-11",
            "leaver cid completed 03-11",
            "joiner ann completed 04-10",
            "joiner bob completed 04-10",
        ]
    );
    assert!(end.account("ann").0 && end.account("bob").0 && !end.account("cid").0);
}

/// A joiner's effect lands after the leaver has looked, and before that work is known to have stopped: what there is to take
/// is what is there then.
#[test]
fn what_older_work_gave_at_the_last_moment_is_taken() {
    let late = |api: &MemoryApi| {
        let mut account = (*api.get("Account", NS, "ann").expect("it was seeded")).clone();
        account["spec"]["accountEnabled"] = json!(true);
        account["spec"]["memberOf"] = json!(["all"]);
        api.put(&account).unwrap_or_else(|refusal| panic!("{}", refusal.message));
    };
    let end = tenant()
        .outage("03-10T00:00", "03-10T01:00", "execute/joiner")
        .user("ann", &stays("2026-03-10", "2026-03-10T00:30:00Z"))
        .user_at("03-10T00:31", "cid", "{}")
        .on_request("execute/leaver", (Verb::Update, "runslices"), 1, late, Verdict::Pass)
        .run();
    assert_eq!(end.processed(), ["joiner ann canceled Superseded 03-10", "leaver ann completed 03-10"]);
    assert_eq!(end.account("ann"), (false, vec![]));
}

/// Mails that are written down before they leave, and an API server that takes its time: the claim is renewed while such a
/// write is under way.
#[test]
fn a_claim_is_renewed_beside_writes_that_take_their_time() {
    let mail = |number| {
        format!(
            "{{name: tell-{number}, sendEmailOnLastDay: {{to: [hr@acme.example], customSubject: Last, customBody: Day}}, onUncertain: Skip}}"
        )
    };
    let mails: Vec<String> = (0..4).map(mail).collect();
    let tasks = format!("tasks: [{}, {{name: disable, disableUserAccount: {{}}}}]", mails.join(", "));
    let mut play = Play::new("03-09T12:00", "03-12").workflow("leaver", &timed("leaver", "employeeLeaveDateTime", 0, &tasks));
    for number in 0..20 {
        play = play.user(&format!("u{number:02}"), &leaves("2026-03-10"));
    }
    play.options.latency = std::time::Duration::from_secs(1);
    let end = play.run();
    let runs = end.objects.iter().filter(|object| object["kind"] == "Run");
    assert_eq!(runs.map(|run| run["status"]["attempt"].clone()).collect::<Vec<_>>(), [json!(1)], "the first attempt ends");
    assert_eq!(end.processed().iter().filter(|line| line.contains(" completed ")).count(), 20);
    assert!(!end.objects.iter().any(|object| object.to_string().contains("not done again")));
}
