//! Who is due: the documented examples of the time-based trigger.

use chrono::TimeDelta;

use super::play::{Play, at, hired, joiner};

/// One example. Virtual time begins on 10 March; the workflow is there from then on.
struct Example {
    name: &'static str,
    offset: i32,
    /// When the record is applied, and the hire date in it.
    records: &'static [(&'static str, &'static str)],
    /// The days on which the workflow runs for the person.
    days: &'static [&'static str],
}

const EXAMPLES: &[Example] = &[
    Example { name: "offset -7, hired in 10 days: runs when due", offset: -7, records: &[("03-10", "2026-03-20")], days: &["03-13"] },
    Example { name: "offset -7, hired in 5 days: runs, two days late", offset: -7, records: &[("03-10", "2026-03-15")], days: &["03-10"] },
    Example { name: "offset -7, hired in 3 days: does not run", offset: -7, records: &[("03-10", "2026-03-13")], days: &[] },
    Example {
        name: "offset 0, account made a day after the hire date",
        offset: 0,
        records: &[("03-12T10:00", "2026-03-11")],
        days: &["03-12"],
    },
    Example {
        name: "offset -4, hired in one day: the boundary",
        offset: -4,
        records: &[("03-10", "2026-03-11T00:05:00Z")],
        days: &["03-10"],
    },
    Example { name: "offset -4, a minute past the boundary", offset: -4, records: &[("03-10", "2026-03-10T23:59:00Z")], days: &[] },
    Example {
        name: "offset 7, hired 10 days ago, then 8 days ago: runs again",
        offset: 7,
        records: &[("03-10", "2026-02-28T00:05:00Z"), ("03-10T12:00", "2026-03-02")],
        days: &["03-10", "03-10"],
    },
    Example {
        name: "the same date written again changes nothing",
        offset: 7,
        records: &[("03-10", "2026-03-02"), ("03-10T12:00", "2026-03-02")],
        days: &["03-10"],
    },
    Example {
        name: "a date that is moved before it is due runs once, at the new one",
        offset: 0,
        records: &[("03-10", "2026-03-12"), ("03-11", "2026-03-14")],
        days: &["03-14"],
    },
    Example {
        name: "a date that does not parse is not due",
        offset: 0,
        records: &[("03-10", "soon"), ("03-12", "2026-03-12")],
        days: &["03-12"],
    },
];

#[test]
fn the_examples_of_the_documentation() {
    for example in EXAMPLES {
        let mut play = Play::new("03-10", "03-15").workflow("joiner", &joiner(example.offset));
        for (when, date) in example.records {
            play = play.user_at(when, "ann", &hired(date));
        }
        let end = play.run();
        let expected: Vec<String> = example.days.iter().map(|day| format!("joiner ann completed {day}")).collect();
        assert_eq!(end.processed(), expected, "{}", example.name);
        assert_eq!(end.account("ann").0, !expected.is_empty(), "{}", example.name);
    }
}

#[test]
fn a_date_that_does_not_parse_is_said_until_it_is_corrected() {
    let play =
        |until| Play::new("03-10", until).workflow("joiner", &joiner(0)).user("ann", &hired("soon")).user("bob", &hired("2026-03-10"));
    let end = play("03-11").run();
    assert_eq!(end.condition("Directory", "people", "DataQuality"), "DataQuality=False Unreadable");
    assert_eq!(end.processed(), ["joiner bob completed 03-10"], "nobody else is affected");
    let end = play("03-12").user_at("03-11", "ann", &hired("2026-03-11")).run();
    assert_eq!(end.condition("Directory", "people", "DataQuality"), "DataQuality=True Readable");
}

#[test]
fn a_workflow_never_starts_early_and_at_most_one_interval_late() {
    let end = Play::new("03-10", "03-20")
        .schedule("{interval: 5h, directory: people}")
        .workflow("joiner", &joiner(-2))
        .user("ann", &hired("2026-03-14"))
        .user("bob", &hired("2026-03-15T17:31:00Z"))
        .user("cid", &hired("2026-03-16T23:59:59+02:00"))
        .run();
    for (who, due) in [("ann", at("03-12")), ("bob", at("03-13T17:31")), ("cid", at("03-14T21:59:59"))] {
        let when = end.when("joiner", who);
        assert_eq!(when.len(), 1, "{who}");
        assert!(when[0] >= due && when[0] < due + TimeDelta::hours(5) + TimeDelta::minutes(1), "{who}: due {due}, done {}", when[0]);
    }
}

#[test]
fn zone_and_meaning_of_a_date_decide_when_it_is_due() {
    let directory = "{embedded: {}, attributes: [{name: employeeHireDate, type: dateTime, timeZone: America/New_York}, \
                     {name: employeeLeaveDateTime, type: dateTime, dateOnly: EndOfDay, timeZoneAttribute: timeZone}]}";
    let leaver = super::play::leaver(0);
    let end = Play::new("03-10", "03-14")
        .schedule("{interval: 1h, directory: people}")
        .object("Directory", "people", directory)
        .workflow("joiner", &joiner(0))
        .workflow("leaver", &leaver)
        .user("ann", &hired("2026-03-12"))
        .user("bob", "{timeZone: Asia/Tokyo, employeeLeaveDateTime: \"2026-03-12\"}")
        .run();
    // Midnight in New York is 04:00 UTC in March; the end of 12 March in Tokyo is 15:00 UTC.
    for (workflow, who, due) in [("joiner", "ann", at("03-12T04:00")), ("leaver", "bob", at("03-12T14:59:59"))] {
        let when = end.when(workflow, who);
        assert!(when.len() == 1 && when[0] >= due && when[0] < due + TimeDelta::minutes(61), "{who}: {when:?}");
    }
}

#[test]
fn a_workflow_with_a_time_of_day_is_due_at_it() {
    let spec = joiner(0).replace("offsetInDays: 0", "offsetInDays: 0, at: \"18:30\"");
    let end = Play::new("03-10", "03-14")
        .schedule("{interval: 1h, directory: people}")
        .workflow("joiner", &spec)
        .user("ann", &hired("2026-03-12"))
        .run();
    let when = end.when("joiner", "ann");
    assert!(when.len() == 1 && when[0] >= at("03-12T18:30") && when[0] < at("03-12T19:31"), "{when:?}");
}
