//! After a time without evaluation one evaluation catches up; who is past the window is missed, with a reason.

use super::play::{Play, hired, joiner, leaver, leaves, mover, works_in};

/// People hired on each of the days from the 10th to the 16th, at noon.
fn week(play: Play) -> Play {
    (10..17).fold(play, |play, day| play.user(&format!("p{day}"), &hired(&format!("2026-03-{day}T12:00:00Z"))))
}

fn suspended(suspend: bool) -> String {
    format!("{{interval: 3h, directory: people, suspend: {suspend}}}")
}

#[test]
fn the_end_of_a_contract_is_no_news_of_the_day_on_which_it_began() {
    // Nobody of Finance began while the workflow was there: ann came to it later.
    let finance = "{category: joiner, isSchedulingEnabled: true, executionConditions: {scope: {rule: \"department eq 'Finance'\"}, \
                   trigger: {timeBasedAttribute: {attribute: employeeHireDate, offsetInDays: 0}}}, tasks: [{name: e, enableUserAccount: {}}]}";
    let record = |department: &str, until: &str| format!("{{department: {department}, employeeHireDate: \"2026-03-10\"{until}}}");
    let end = Play::new("03-09", "03-25")
        .workflow("finance", finance)
        .user("ann", &record("Sales", ""))
        .user_at("03-16T09:00", "ann", &record("Finance", ""))
        .user_at("03-20T09:00", "ann", &record("Finance", ", employeeLeaveDateTime: \"2026-06-30\""))
        .run();
    assert_eq!((end.processed(), end.ledger()), (Vec::<String>::new(), Vec::<String>::new()));
}

#[test]
fn after_four_days_without_evaluation_one_catches_up_and_says_who_was_missed() {
    let end = week(Play::new("03-10", "03-18"))
        .workflow("joiner", &joiner(0))
        .workflow("leaver", &leaver(0))
        .user("ann", &leaves("2026-03-11T12:00:00Z"))
        .object_at("03-11T00:30", "TenantSchedule", "default", &suspended(true))
        .object_at("03-15T00:30", "TenantSchedule", "default", &suspended(false))
        .note_evaluations(10)
        .run();
    // The window of three days holds who was hired since the 12th; p11 is past it, the leaver's window is 30 days.
    let expected = [
        "joiner p10 completed 03-10",
        "joiner p12 completed 03-15",
        "joiner p13 completed 03-15",
        "joiner p14 completed 03-15",
        "joiner p15 completed 03-15",
        "leaver ann completed 03-15",
        "joiner p16 completed 03-16",
    ];
    assert_eq!(end.processed(), expected);
    assert_eq!(end.ledger().iter().filter(|row| row.contains("missed")).collect::<Vec<_>>(), ["joiner p11 missed WindowEnded"]);
    assert_eq!(end.events("Missed"), ["joiner: 1 occurrences were not processed within their window"]);
    assert!(!end.account("p11").0);
    let first = end.as_ofs.iter().position(|as_of| *as_of > super::play::at("03-11T00:31")).expect("evaluated again");
    assert!(end.as_ofs[first] >= super::play::at("03-15T00:30") && end.as_ofs[first] < super::play::at("03-15T00:32"), "{:?}", end.as_ofs);
    // One evaluation planned all that were late.
    let late = end.rows().into_iter().filter(|row| row["at"].as_str().is_some_and(|at| at.starts_with("2026-03-15T00"))).count();
    assert_eq!(late, 5, "{:?}", end.ledger());
}

/// What a workflow that was not Ready from the 11th to the 16th comes to, while another went on.
fn assert_caught_up(play: Play, what: &str, is_missed: bool) {
    let end = week(play).workflow("other", &joiner(0).replace("all", "lab")).run();
    let of = |workflow: &str| end.processed().into_iter().filter(|line| line.starts_with(workflow)).collect::<Vec<_>>();
    let every_day: Vec<String> = (10..17).map(|day| format!("other p{day} completed 03-{day}")).collect();
    assert_eq!(of("other"), every_day, "{what}");
    let late = [
        "joiner p10 completed 03-10",
        "joiner p13 completed 03-16",
        "joiner p14 completed 03-16",
        "joiner p15 completed 03-16",
        "joiner p16 completed 03-16",
    ];
    assert_eq!(of("joiner"), late, "{what}");
    let missed: Vec<String> = end.ledger().into_iter().filter(|row| row.contains("missed")).collect();
    if is_missed {
        assert_eq!(missed, ["joiner p11 missed WindowEnded", "joiner p12 missed WindowEnded"], "{what}");
        assert_eq!(end.events("Missed"), ["joiner: 2 occurrences were not processed within their window"], "{what}");
    } else {
        assert_eq!(missed, [""; 0], "{what}");
    }
}

#[test]
fn a_workflow_that_was_not_ready_for_five_days_catches_up_the_same_way() {
    let wrong = joiner(0).replace("executionConditions: {", "executionConditions: {scope: {rule: \"departmnt eq 'x'\"}, ");
    let play = Play::new("03-10", "03-18").workflow("joiner", &joiner(0));
    let play = play.object_at("03-11T00:30", "Workflow", "joiner", &wrong).object_at("03-16T00:30", "Workflow", "joiner", &joiner(0));
    assert_caught_up(play, "a wrong rule", true);
}

#[test]
fn a_workflow_whose_directory_was_missing_for_five_days_catches_up_the_same_way() {
    let own = joiner(0).replacen('{', "{directory: hr, ", 1);
    let play = Play::new("03-10", "03-18").object("Directory", "hr", "{embedded: {}}").workflow("joiner", &own);
    let play = play.delete_at("03-11T00:30", "Directory", "hr").object_at("03-16T00:30", "Directory", "hr", "{embedded: {}}");
    assert_caught_up(play, "a missing directory", true);
}

#[test]
fn a_workflow_that_was_disabled_for_longer_than_its_window_answers_for_nothing_before_it() {
    let disabled = joiner(0).replace("isSchedulingEnabled: true", "isEnabled: false");
    let play = Play::new("03-10", "03-18").workflow("joiner", &joiner(0));
    let play = play.object_at("03-11T00:30", "Workflow", "joiner", &disabled).object_at("03-16T00:30", "Workflow", "joiner", &joiner(0));
    assert_caught_up(play, "disabled", false);
}

#[test]
fn a_pause_above_thirty_days_is_history_and_not_missed() {
    let disabled = joiner(0).replace("isSchedulingEnabled: true", "isEnabled: false");
    let end = Play::new("03-10", "05-01")
        .workflow("joiner", &joiner(0))
        .object_at("03-11", "Workflow", "joiner", &disabled)
        .object_at("04-20", "Workflow", "joiner", &joiner(0))
        .user("ann", &hired("2026-03-15"))
        .user("bob", &hired("2026-04-18"))
        .run();
    assert_eq!(end.processed(), ["joiner bob completed 04-20"]);
    assert_eq!(end.ledger(), ["joiner bob planned"]);
    assert_eq!(end.events("Missed"), [""; 0]);
}

#[test]
fn who_left_while_the_tenant_stood_still_for_longer_than_the_window_is_missed() {
    let end = Play::new("03-01", "05-01")
        .workflow("leaver", &leaver(0))
        .user("ann", &leaves("2026-03-10"))
        .user("bob", &leaves("2026-04-10"))
        .object_at("03-05", "TenantSchedule", "default", &suspended(true))
        .object_at("04-20", "TenantSchedule", "default", &suspended(false))
        .run();
    assert_eq!(end.processed(), ["leaver bob completed 04-20"]);
    assert_eq!(end.ledger().iter().filter(|row| row.contains(" ann ")).collect::<Vec<_>>(), ["leaver ann missed WindowEnded"]);
    assert_eq!(end.events("Missed"), ["leaver: 1 occurrences were not processed within their window"]);
}

#[test]
fn who_returns_after_the_window_is_missed() {
    // Her record is gone from before the instant until after the window of three days.
    let end = Play::new("03-10", "03-25")
        .workflow("joiner", &joiner(2))
        .user("ann", &hired("2026-03-12"))
        .delete_at("03-13T01:00", "User", "ann")
        .user_at("03-20T01:00", "ann", &hired("2026-03-12"))
        .run();
    assert_eq!(end.processed(), [""; 0]);
    assert_eq!(end.ledger(), ["joiner ann missed WindowEnded"]);
    assert_eq!(end.events("Missed").len(), 1);
}

#[test]
fn a_change_while_the_workflow_was_not_ready_is_not_lost() {
    let wrong = mover("Lab").replace("department eq", "departmnt eq");
    // cid changed within the window of three days, dan before it.
    let end = Play::new("03-10", "03-18")
        .workflow("mover", &mover("Lab"))
        .workflow("other", &mover("Lab"))
        .user("cid", &works_in("Sales"))
        .user("dan", &works_in("Sales"))
        .object_at("03-11T00:30", "Workflow", "mover", &wrong)
        .user_at("03-12T10:00", "dan", &works_in("Lab"))
        .user_at("03-14T10:00", "cid", &works_in("Lab"))
        .object_at("03-16T00:30", "Workflow", "mover", &mover("Lab"))
        .run();
    assert_eq!(end.processed(), ["other dan completed 03-12", "other cid completed 03-14", "mover cid completed 03-16"]);
    assert!(end.ledger().contains(&"mover dan missed WindowEnded".to_owned()), "{:?}", end.ledger());
}

#[test]
fn enabling_a_workflow_over_290_people_hired_years_ago_does_nothing_at_all() {
    let people = (0..290).fold(Play::new("03-10", "03-13"), |play, index| {
        play.user(&format!("p{index:03}"), &hired(&format!("{}-{:02}-{:02}", 2000 + index % 26, index % 12 + 1, index % 28 + 1)))
    });
    let end = people.user("new", &hired("2026-03-11")).object_at("03-10T12:00", "Workflow", "joiner", &joiner(0)).run();
    assert_eq!(end.processed(), ["joiner new completed 03-11"]);
    assert_eq!(end.ledger(), ["joiner new planned"]);
    assert!(end.of_kind("Event").count() < 10, "{}", end.of_kind("Event").count());
    assert_eq!(end.events("Missed"), [""; 0]);
}

#[test]
fn a_late_record_is_missed_and_not_forgotten_if_the_workflow_answered_for_its_day() {
    // The workflow has been active since the 10th; the record comes on the 16th with a hire date of the 11th.
    let end = Play::new("03-10", "03-18").workflow("joiner", &joiner(0)).user_at("03-16T10:00", "ann", &hired("2026-03-11")).run();
    assert_eq!(end.processed(), [""; 0]);
    assert_eq!(end.ledger(), ["joiner ann missed WindowEnded"]);
    assert_eq!(end.events("Missed").len(), 1);
}

#[test]
fn what_was_missed_is_not_processed_when_its_window_grows() {
    let longer = joiner(0).replacen('{', "{catchUpWindow: 30d, ", 1);
    let end = Play::new("03-10", "03-18")
        .workflow("joiner", &joiner(0))
        .user_at("03-16T10:00", "ann", &hired("2026-03-11"))
        .object_at("03-17", "Workflow", "joiner", &longer)
        .run();
    assert_eq!(end.processed(), [""; 0]);
    assert_eq!(end.ledger(), ["joiner ann missed WindowEnded"]);
}
