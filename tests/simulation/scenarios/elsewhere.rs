//! A person is not a subject: two Directories over the same people, who are one by the number in their records.

use serde_json::Value;

use super::end::{End, text};
use super::play::{Play, joiner, leaver, mover as mover_to, timed};

/// A second Directory over the same records, in which contracts end.
fn tenant(until: &str) -> Play {
    Play::new("03-10", until)
        .object("Directory", "staff", "{embedded: {}, attributes: [{name: contractEnd, type: dateTime}]}")
        .workflow("join", &joiner(0))
        .workflow("off", &off())
}

/// Closes the accounts of those whose contracts end, in the second Directory.
fn off() -> String {
    let tasks = "directory: staff, tasks: [{name: disable, disableUserAccount: {}}, {name: groups, removeUserFromAllGroups: {}}]";
    timed("leaver", "contractEnd", 0, tasks)
}

/// A record with a number, a hire date and, if there is one, the end of the contract.
fn record(id: &str, hire: &str, end: &str) -> String {
    format!(
        "{{employeeId: \"{id}\", employeeHireDate: \"{hire}\", extensionAttributes: {{contractEnd: \"{end}\"}}, \
         initialAccount: {{accountEnabled: false}}}}"
    )
}

/// Adds whoever's attribute changes to a group, in a Directory.
fn mover(directory: &str, attribute: &str, group: &str) -> String {
    format!(
        "{{category: mover, directory: {directory}, isSchedulingEnabled: true, executionConditions: {{trigger: {{attributeChange: \
         {{attributes: [{attribute}]}}}}}}, tasks: [{{name: group, addUserToGroups: {{groups: [{group}]}}}}]}}"
    )
}

/// The people that a workflow's rows name, beside their subjects, in the order of the rows.
fn people_of<'a>(end: &'a End, workflow: &str) -> Vec<(&'a str, &'a str)> {
    let is_of = |row: &&Value| text(row, "/workflow") == workflow;
    end.rows().into_iter().filter(is_of).map(|row| (text(row, "/state"), text(row, "/person"))).collect()
}

#[test]
fn a_leaver_in_one_directory_stops_a_joiner_in_another() {
    let stopped = ["off ann completed 03-11", "join bob completed 03-12"].as_slice();
    let together = ["join bob completed 03-12", "off ann completed 03-12"].as_slice();
    let not_known = ["off ann completed 03-11", "join ann completed 03-12", "join bob completed 03-12"].as_slice();
    // (what, the numbers of the two, when the contract of the first ends, who is processed)
    let cases = [
        ("a leaver before", ["1", "2"], "2026-03-11", stopped),
        ("a leaver in the same evaluation", ["1", "2"], "2026-03-12", together),
        ("a number with blanks around it", [" 1 ", "2"], "2026-03-11", stopped),
        ("no number", ["", ""], "2026-03-11", not_known),
        ("a blank for a number", [" ", " "], "2026-03-11", not_known),
        ("two people with one number", ["0000", "0000"], "2026-03-11", not_known),
    ];
    for (what, [ann, bob], contract, expected) in cases {
        let end = tenant("03-14").user("ann", &record(ann, "2026-03-12", contract)).user("bob", &record(bob, "2026-03-12", "")).run();
        assert_eq!(end.processed(), expected, "{what}");
        assert_eq!(end.account("ann").0, expected == not_known, "{what}");
        assert_eq!(end.account("bob"), (true, vec!["all"]), "{what}");
    }
}

#[test]
fn who_has_left_in_one_directory_is_off_boarded_in_the_other() {
    let run = "{source: {workflow: {name: join}}, subjects: {scope: {rule: \"employeeType eq 'Temp'\"}}}";
    let temp = |id: &str| record(id, "2026-03-12", "2026-03-11").replacen('{', "{employeeType: Temp, ", 1);
    for (id, expected) in [("1", "ann canceled OffBoarded"), ("", "ann completed")] {
        let end = tenant("03-15").user("ann", &temp(id)).object_at("03-13T10:00", "Run", "later", run).run();
        assert_eq!(end.of_run("later"), [expected], "{id}");
    }
}

#[test]
fn a_number_that_is_entered_later_finds_the_older_work() {
    let play = |id: &str| {
        tenant("03-12")
            .outage("03-10T00:00", "03-10T01:00", "execute/join")
            .user("ann", &record("", "2026-03-10", ""))
            .user_at("03-10T00:31", "ann", &record(id, "2026-03-10", "2026-03-10T00:30:00Z"))
            .run()
    };
    let end = play("5");
    assert_eq!(end.processed(), ["join ann canceled Superseded 03-10", "off ann completed 03-10"]);
    assert_eq!(end.account("ann"), (false, vec![]));
    let (join, off) = (people_of(&end, "join"), people_of(&end, "off"));
    assert!(
        matches!(join[..], [("planned", ""), ("superseded", person)] if !person.is_empty() && off == [("planned", person)]),
        "{join:?} {off:?}"
    );
    // Without it nothing says that both are one person.
    assert!(play("").processed().contains(&"join ann completed 03-10".to_owned()));
}

#[test]
fn work_that_comes_later_waits_for_what_was_planned_before_the_number_was_entered() {
    let record = |title: &str, department: &str, id: &str| format!("{{department: {department}, jobTitle: {title}, employeeId: \"{id}\"}}");
    let play = |id: &str| {
        tenant("03-13")
            .workflow("first", &mover("staff", "department", "all"))
            .workflow("second", &mover("people", "jobTitle", "lab"))
            .outage("03-11T09:00", "03-11T10:00", "execute/first")
            .user("ann", &record("Clerk", "Sales", ""))
            .user_at("03-11T09:00", "ann", &record("Clerk", "Lab", ""))
            .user_at("03-11T09:30", "ann", &record("Chemist", "Lab", id))
            .run()
    };
    let end = play("5");
    assert_eq!(end.processed(), ["first ann completed 03-11", "second ann completed 03-11"]);
    assert!(end.when("first", "ann") < end.when("second", "ann"), "{:?} {:?}", end.when("first", "ann"), end.when("second", "ann"));
    // The older row says anew whom it is about: the runner of the later work finds it so.
    let first = people_of(&end, "first");
    assert!(matches!(first[..], [("planned", ""), ("planned", person)] if !person.is_empty()), "{first:?}");
    let end = play("");
    assert!(end.when("second", "ann") < end.when("first", "ann"), "without it nothing says that both are one person");
    assert_eq!(people_of(&end, "first"), [("planned", "")]);
}

#[test]
fn a_leave_date_of_one_directory_alone_lets_nobody_in_by_the_other() {
    let staff = "{embedded: {}, attributes: [{name: employeeLeaveDateTime, type: dateTime, source: staffEnd}]}";
    let record = |until: &str| {
        format!(
            "{{employeeId: \"1\", employeeHireDate: \"2026-03-10\", extensionAttributes: {{staffEnd: \"{until}\"}}, \
             initialAccount: {{accountEnabled: false}}}}"
        )
    };
    let play = || {
        Play::new("03-10", "03-14")
            .object("Directory", "staff", staff)
            .workflow("join", &joiner(2))
            .user("ann", &record("2026-03-11T00:00:00Z"))
    };
    let end = play().run();
    assert_eq!((end.processed(), end.ledger()), (vec![], vec!["join ann superseded Superseded".to_owned()]));
    assert!(!end.account("ann").0);
    let end = play().user_at("03-12T10:00", "ann", &record("2027-03-11T00:00:00Z")).run();
    assert_eq!(end.processed(), ["join ann completed 03-12"]);
    assert_eq!(end.ledger(), ["join ann superseded Superseded", "join ann released Changed", "join ann planned"]);
}

#[test]
fn who_comes_back_under_another_name_is_not_kept_out_by_the_old_one() {
    let play = || {
        Play::new("03-10", "03-16")
            .workflow("join", &joiner(0))
            .workflow("leave", &leaver(0))
            .workflow("move", &mover_to("Lab"))
            .user("jo", "{employeeId: \"1\", employeeLeaveDateTime: \"2026-03-11T00:00:00Z\", initialAccount: {memberOf: [all]}}")
            .delete_at("03-11T12:00", "User", "jo")
    };
    let with = |rest: &str| format!("{{employeeId: \"1\", {rest}}}");
    // Hired again.
    let end =
        play().user_at("03-12T09:00", "jo2", &with("employeeHireDate: \"2026-03-14\", initialAccount: {accountEnabled: false}")).run();
    assert_eq!(end.processed(), ["leave jo completed 03-11", "join jo2 completed 03-14"]);
    assert_eq!((end.account("jo").0, end.account("jo2")), (false, (true, vec!["all"])));
    // Without a hire date, with an account that is open.
    let end =
        play().user_at("03-12T09:00", "jo2", &with("department: Sales")).user_at("03-13T09:00", "jo2", &with("department: Lab")).run();
    assert_eq!(end.processed(), ["leave jo completed 03-11", "move jo2 completed 03-13"]);
}
