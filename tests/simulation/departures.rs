//! Who has left, in one house: every kind of leaver workflow beside a newcomer's and a mover's, for people who are hired
//! before, on and after the day, whose changes come before and after it. Each row is a department of its own. Two houses
//! more have bad luck: in one nobody is evaluated over the dates, and one loses what evaluations saw.

#![expect(clippy::expect_used, reason = "a test ends by panicking, and so do its helpers")]

use serde_json::Value;
use tenure::sim::api::MemoryApi;

use super::scenarios::end::End;
use super::scenarios::play::{NS, Play, joiner};

/// What a department has: its leaver workflow, and what happens to its one person.
struct Row {
    what: &'static str,
    leaver: Leaver,
    /// Hire and leave date from the start.
    dates: (&'static str, &'static str),
    /// Another record later: when, hire date, leave date.
    then: Option<(&'static str, &'static str, &'static str)>,
    /// When the title changes, for which the mover workflow gives the group lab.
    title: &'static str,
    /// Was let in by the joiner workflow; got what the move gives; can sign in at the end.
    expected: (bool, bool, bool),
}

#[derive(Clone, Copy)]
enum Leaver {
    None,
    /// Disables so many days after the leave date.
    Closes(i32),
    /// Takes a group away so many days after the leave date: closes nothing.
    Takes(i32),
    /// Disables when the contract attribute ends, which says nothing of the leave date.
    ClosesByContract,
    /// Disables when the kind of employment changes to Left.
    ClosesByType,
    /// Disables who has not signed in for ten days.
    ClosesIdle,
    /// Takes a group from who has not signed in for ten days.
    TakesIdle,
}

impl Leaver {
    fn workflow(self, department: &str) -> Option<String> {
        let disable = "tasks: [{name: off, disableUserAccount: {}}]";
        let take = "tasks: [{name: off, removeUserFromGroups: {groups: [all]}}]";
        let time = |attribute: &str, offset| format!("timeBasedAttribute: {{attribute: {attribute}, offsetInDays: {offset}}}");
        let (trigger, tasks, rule) = match self {
            Self::None => return None,
            Self::Closes(offset) => (time("employeeLeaveDateTime", offset), disable, ""),
            Self::Takes(offset) => (time("employeeLeaveDateTime", offset), take, ""),
            Self::ClosesByContract => (time("contractEnd", 0), disable, ""),
            Self::ClosesByType => ("attributeChange: {attributes: [employeeType]}".to_owned(), disable, " and employeeType eq 'Left'"),
            Self::ClosesIdle => ("userInactivity: {inactivityPeriodInDays: 10}".to_owned(), disable, ""),
            Self::TakesIdle => ("userInactivity: {inactivityPeriodInDays: 10}".to_owned(), take, ""),
        };
        Some(format!(
            "{{category: leaver, isSchedulingEnabled: true, executionLimits: {{count: 1000}}, executionConditions: {{scope: {{rule: \
             \"department eq '{department}'{rule}\"}}, trigger: {{{trigger}}}}}, {tasks}}}"
        ))
    }
}

const BEFORE: &str = "2026-02-01";
const LAST: &str = "2026-03-15";

/// A person who was there before, leaves on [`LAST`], and changes the title at that time.
const fn leaves(what: &'static str, leaver: Leaver, title: &'static str, expected: (bool, bool, bool)) -> Row {
    Row { what, leaver, dates: (BEFORE, LAST), then: None, title, expected }
}

/// The same with another hire date.
const fn hired(what: &'static str, leaver: Leaver, hire: &'static str, title: &'static str, expected: (bool, bool, bool)) -> Row {
    Row { what, leaver, dates: (hire, LAST), then: None, title, expected }
}

/// Somebody who was there before, and is hired again on another day, which is written on the 18th.
const fn returns(what: &'static str, leaver: Leaver, hire: &'static str, title: &'static str, expected: (bool, bool, bool)) -> Row {
    Row { what, leaver, dates: (BEFORE, LAST), then: Some(("03-18T09:00", hire, LAST)), title, expected }
}

/// Somebody without a leave date, and without a hire date where that is empty, whose two dates are written together.
const fn late(
    what: &'static str,
    leaver: Leaver,
    hire: &'static str,
    then: (&'static str, &'static str, &'static str),
    title: &'static str,
    expected: (bool, bool, bool),
) -> Row {
    Row { what, leaver, dates: (hire, ""), then: Some(then), title, expected }
}

use Leaver::{Closes, ClosesByContract, ClosesByType, ClosesIdle, None as Nothing, Takes, TakesIdle};

const ROWS: &[Row] = &[
    leaves("no leaver workflow, moves before", Nothing, "03-10", (false, true, true)),
    leaves("no leaver workflow, moves after the last day", Nothing, "03-20", (false, false, true)),
    leaves("off-boarded on the last day, moves before", Closes(0), "03-10", (false, true, false)),
    leaves("off-boarded on the last day, moves on it", Closes(0), "03-15T10:00", (false, true, false)),
    leaves("off-boarded on the last day, moves after", Closes(0), "03-20", (false, false, false)),
    leaves("off-boarded a week early, moves before", Closes(-7), "03-05", (false, true, false)),
    leaves("off-boarded a week early, moves after that", Closes(-7), "03-10", (false, false, false)),
    leaves("off-boarded a week late, moves before the last day", Closes(7), "03-10", (false, true, false)),
    leaves("off-boarded a week late, moves in between", Closes(7), "03-20", (false, false, false)),
    leaves("off-boarded a week late, moves after", Closes(7), "03-25", (false, false, false)),
    leaves("reminded two weeks before, moves after that", Takes(-10), "03-10", (false, true, true)),
    leaves("reminded two weeks before, moves after the last day", Takes(-10), "03-20", (false, false, true)),
    leaves("a group is taken on the last day, moves before", Takes(0), "03-10", (false, true, true)),
    leaves("a group is taken on the last day, moves after", Takes(0), "03-20", (false, false, true)),
    leaves("the contract ends on the 12th, moves before", ClosesByContract, "03-10", (false, true, false)),
    leaves("the contract ends on the 12th, moves after", ClosesByContract, "03-14", (false, false, false)),
    leaves("left by type on the 12th, moves before", ClosesByType, "03-10", (false, true, false)),
    leaves("left by type on the 12th, moves after", ClosesByType, "03-14", (false, false, false)),
    leaves("idle, closed on the 11th, moves before", ClosesIdle, "03-08", (false, true, false)),
    leaves("idle, closed on the 11th, moves after", ClosesIdle, "03-13", (false, true, false)),
    leaves("idle, closed on the 11th, moves after the last day", ClosesIdle, "03-20", (false, false, false)),
    leaves("idle, warned, moves after", TakesIdle, "03-13", (false, true, true)),
    hired("a short contract", Closes(0), "2026-03-05", "03-10", (true, true, false)),
    hired("a short contract, reminded before it begins", Takes(-14), "2026-03-05", "03-10", (true, true, true)),
    hired("a short contract, reminded in it", Takes(-7), "2026-03-05", "03-10", (true, true, true)),
    hired("closed a week early, begins before that", Closes(-7), "2026-03-05", "03-07", (true, true, false)),
    hired("closed a week early, begins after that: never opened", Closes(-7), "2026-03-10", "03-12", (false, false, false)),
    hired("the contract has ended before it begins", ClosesByContract, "2026-03-13", "03-14", (false, false, false)),
    hired("a contract of one day", Closes(0), LAST, "03-15T10:00", (true, true, false)),
    hired("a contract of one day, nobody closes it", Nothing, LAST, "03-20", (true, false, true)),
    hired("a contract of one day, a group is taken before it", Takes(-7), LAST, "03-15T10:00", (true, true, true)),
    hired("back after an earlier employment", Closes(0), "2026-03-20", "03-25", (true, true, true)),
    hired("back after an earlier employment, moves between", Closes(0), "2026-03-20", "03-18", (true, true, true)),
    hired("back after an earlier employment, cleaned up later", Closes(7), "2026-03-20", "03-25", (true, true, true)),
    hired("back the next day", Closes(0), "2026-03-16", "03-17", (true, true, true)),
    hired("back, and nobody closed it", Nothing, "2026-03-20", "03-25", (true, true, true)),
    returns("hired again after it was closed", Closes(0), "2026-03-22", "03-25", (true, true, true)),
    returns("hired again, moves while away", Closes(0), "2026-03-22", "03-17T09:00", (true, true, true)),
    returns("hired again, moves while away, nobody closed it", Nothing, "2026-03-22", "03-17T09:00", (true, true, true)),
    returns("hired again for next month", Closes(0), "2026-04-20", "03-25", (false, false, false)),
    returns("hired again before the clean-up", Closes(10), "2026-03-20", "03-25", (true, true, true)),
    returns("hired again, reminded long ago", Takes(-10), "2026-03-22", "03-25", (true, true, true)),
    late("both dates come late, in the contract", Closes(0), "", ("03-12T09:00", "2026-03-10", LAST), "03-13", (true, true, false)),
    late("both dates come when it is over", Closes(0), "", ("03-20T09:00", "2026-03-10", LAST), "03-25", (false, false, false)),
    late("both dates come after a return", Closes(0), BEFORE, ("03-20T09:00", "2026-03-18", LAST), "03-25", (true, true, true)),
    late("the same, and nobody closes", Nothing, BEFORE, ("03-20T09:00", "2026-03-18", LAST), "03-25", (true, true, true)),
    late("both dates come too late for the return", Closes(0), BEFORE, ("03-25T09:00", "2026-03-18", LAST), "03-28", (false, true, true)),
    late("both dates come for somebody who never came", Closes(0), "", ("03-12T09:00", "2026-03-20", LAST), "03-25", (false, false, false)),
    Row {
        what: "the end is moved on",
        leaver: Closes(0),
        dates: (BEFORE, LAST),
        then: Some(("03-12", BEFORE, "2026-05-15")),
        title: "03-20",
        expected: (false, true, true),
    },
    Row {
        what: "the end is taken back after a week early",
        leaver: Closes(-3),
        dates: ("2026-03-14", LAST),
        then: Some(("03-13T09:00", "2026-03-14", "")),
        title: "03-20",
        expected: (true, true, true),
    },
    Row {
        what: "taken back before the first day",
        leaver: Closes(0),
        dates: ("2026-03-20", ""),
        then: Some(("03-10", "2026-03-20", "2026-03-10")),
        title: "03-25",
        expected: (false, false, false),
    },
    Row {
        what: "taken back, the end on the first day",
        leaver: Closes(0),
        dates: ("2026-03-20", ""),
        then: Some(("03-10", "2026-03-20", "2026-03-20")),
        title: "03-12",
        expected: (false, true, false),
    },
    Row {
        what: "the first day is moved",
        leaver: Closes(0),
        dates: ("2026-03-20", ""),
        then: Some(("03-10", "2026-03-25", "")),
        title: "03-26",
        expected: (true, true, true),
    },
];

/// From noon of the 13th to noon of the 18th nobody is evaluated.
const OUTAGE: &[Row] = &[
    leaves("leaves, moves before it is seen", Closes(0), "03-14", (false, false, false)),
    leaves("leaves, moves before the outage", Closes(0), "03-10", (false, true, false)),
    leaves("a group is taken, moves in the outage", Takes(0), "03-17", (false, false, true)),
    leaves("closed a week late, moves before it is seen", Closes(7), "03-14", (false, false, false)),
    hired("a contract that is over", Closes(0), "2026-03-14", "03-20", (false, false, false)),
    hired("a contract of one day that is over", Closes(0), LAST, "03-20", (false, false, false)),
    hired("a contract that is over, nobody closes it", Nothing, LAST, "03-20", (false, false, false)),
    hired("back the next day", Closes(0), "2026-03-16", "03-20", (true, true, true)),
    hired("back after a day", Closes(0), "2026-03-17", "03-20", (true, true, true)),
    hired("back after a day, moves before it is seen", Closes(0), "2026-03-17", "03-17T10:00", (true, true, true)),
    hired("back, and nobody closed it", Nothing, "2026-03-17", "03-20", (true, true, true)),
    hired("back before the clean-up", Closes(7), "2026-03-17", "03-25", (true, true, true)),
    hired("back after the outage", Closes(0), "2026-03-20", "03-25", (true, true, true)),
    returns("hired again, written in the outage", Closes(0), "2026-03-17", "03-20", (true, true, true)),
    returns("hired again for later, written in the outage", Closes(0), "2026-03-20", "03-25", (true, true, true)),
];

/// At noon of the 14th what evaluations saw is lost.
const LOST: &[Row] = &[
    Row {
        what: "taken back before the first day",
        leaver: Closes(0),
        dates: ("2026-03-20", ""),
        then: Some(("03-10", "2026-03-20", "2026-03-10")),
        title: "03-25",
        expected: (false, false, false),
    },
    Row {
        what: "taken back before the first day, nobody closes it",
        leaver: Nothing,
        dates: ("2026-03-20", ""),
        then: Some(("03-10", "2026-03-20", "2026-03-10")),
        title: "03-25",
        expected: (false, false, false),
    },
    Row {
        what: "taken back, the end on the first day",
        leaver: Closes(0),
        dates: ("2026-03-20", ""),
        then: Some(("03-10", "2026-03-20", "2026-03-20")),
        title: "03-12",
        expected: (false, true, false),
    },
    leaves("off-boarded on the last day, moves after", Closes(0), "03-20", (false, false, false)),
    leaves("off-boarded a week early, moves after", Closes(-7), "03-20", (false, false, false)),
    hired("a short contract", Closes(0), "2026-03-05", "03-10", (true, true, false)),
    hired("back after an earlier employment", Closes(0), "2026-03-20", "03-25", (true, true, true)),
    returns("hired again after it was closed", Closes(0), "2026-03-22", "03-25", (true, true, true)),
];

fn record(number: usize, dates: (&str, &str), title: &str, was_there: bool) -> String {
    let date = |name: &str, date: &str| if date.is_empty() { String::new() } else { format!("{name}: \"{date}\", ") };
    let kind = if title == "left" { "Left" } else { "Employee" };
    format!(
        "{{department: d{number}, jobTitle: {title}, employeeType: {kind}, {}{}lastSuccessfulSignInDateTime: \"2026-03-01T00:00:00Z\", \
         extensionAttributes: {{contractEnd: \"2026-03-12\"}}, initialAccount: {{accountEnabled: {was_there}}}}}",
        date("employeeHireDate", dates.0),
        date("employeeLeaveDateTime", dates.1)
    )
}

/// Sets a member of somebody's record, as the source of the data does.
fn set(api: &MemoryApi, number: usize, member: &str, value: &str) {
    let mut user = (*api.get("User", NS, &format!("p{number:02}")).expect("the person")).clone();
    user["spec"][member] = if value.is_empty() { Value::Null } else { value.into() };
    api.put(&user).expect("a sound record");
}

/// Plays a house of departments; what is wrong at the end, and the end.
fn play(rows: &[Row], disturb: impl FnOnce(Play) -> Play) -> (Vec<String>, End) {
    let mover = "{category: mover, isSchedulingEnabled: true, executionConditions: {trigger: {attributeChange: {attributes: [jobTitle]}}}, \
                 tasks: [{name: lab, addUserToGroups: {groups: [lab]}}]}";
    let directory = "{embedded: {}, attributes: [{name: contractEnd, type: dateTime, dateOnly: EndOfDay}]}";
    let mut play = Play::new("03-01", "04-10")
        .schedule("{interval: 1h, directory: people, historyLimits: {days: 3650}}")
        .object("Directory", "people", directory)
        .workflow("join", &joiner(0))
        .workflow("move", mover);
    for (number, row) in rows.iter().enumerate() {
        if let Some(workflow) = row.leaver.workflow(&format!("d{number}")) {
            play = play.workflow(&format!("leave{number}"), &workflow);
        }
        let was_there = row.dates.0 == BEFORE;
        play = play.user(&format!("p{number:02}"), &record(number, row.dates, "junior", was_there));
        play = play.act(row.title, move |api| set(api, number, "jobTitle", "senior"));
        if let Some((when, hire, leave)) = row.then {
            play = play.act(when, move |api| {
                set(api, number, "employeeHireDate", hire);
                set(api, number, "employeeLeaveDateTime", leave);
            });
        }
        if matches!(row.leaver, ClosesByType) {
            play = play.act("03-12T09:00", move |api| set(api, number, "employeeType", "Left"));
        }
    }
    let end = disturb(play).run_broken();
    let mut wrong = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let name = format!("p{number:02}");
        let done = |workflow: &str| end.processed().iter().any(|line| line.starts_with(&format!("{workflow} {name} completed")));
        let found = (done("join"), done("move"), end.account(&name).0);
        if found != row.expected {
            wrong.push(format!("{name} {}: {found:?}, not {:?}", row.what, row.expected));
        }
    }
    (wrong, end)
}

fn assert_right(rows: &[Row], wrong: &[String]) {
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn who_gives_way_to_whose_leaving() {
    assert!(ROWS.len() >= 40);
    let (wrong, _) = play(ROWS, |play| play);
    assert_right(ROWS, &wrong);
}

#[test]
fn an_outage_over_the_dates_changes_nobody_s_lot_but_by_what_was_missed() {
    let (wrong, _) = play(OUTAGE, |play| play.outage("03-13T12:00", "03-18T12:00", "evaluate/"));
    assert_right(OUTAGE, &wrong);
}

#[test]
fn a_lost_snapshot_lets_nobody_in_whose_hire_was_taken_back() {
    let lose = |api: &MemoryApi| {
        for bucket in api.list("DirectorySnapshot", Some(NS)) {
            api.delete("DirectorySnapshot", NS, bucket["metadata"]["name"].as_str().expect("a name")).expect("it is there");
        }
    };
    let (wrong, end) = play(LOST, |play| play.act("03-14T12:00", lose));
    assert_right(LOST, &wrong);
    let withdrawn = end.ledger().into_iter().filter(|row| row.ends_with("superseded HireWithdrawn")).count();
    assert_eq!(withdrawn, 3, "the ledger says of three hires that they were taken back: {:?}", end.ledger());
}
