use chrono_tz::Tz;

use super::*;
use crate::domain::dates::{DateOnly, DateValue};
use crate::domain::subject::DateReading::{Absent, Unknown};

fn at(text: &str) -> DateTime<Utc> {
    format!("2026-{text}T00:00:00Z").parse().expect("an instant")
}

fn hire(day: &str) -> DateReading {
    date(day, DateOnly::StartOfDay)
}

fn leave(day: &str) -> DateReading {
    date(day, DateOnly::EndOfDay)
}

/// An instant of a day, such as `03-10T08:00`.
fn instant(text: &str) -> DateReading {
    date(&format!("{text}:00Z"), DateOnly::StartOfDay)
}

fn date(day: &str, date_only: DateOnly) -> DateReading {
    let value = DateValue::parse(&format!("2026-{day}")).expect("a date");
    DateReading::Known(DatedValue::new(value, Tz::UTC, date_only))
}

/// First seen on 1 January; the dates have been as they are since then.
fn seen() -> DatesSeen {
    DatesSeen { first_seen_at: Some(at("01-01")), ..DatesSeen::default() }
}

fn begun() -> DatesSeen {
    DatesSeen { begun_at: Some(at("01-01")), ..seen() }
}

fn changed(hire: Option<&str>, leave: Option<&str>, base: DatesSeen) -> DatesSeen {
    DatesSeen { hire_changed_at: hire.map(at), leave_changed_at: leave.map(at), ..base }
}

#[test]
fn what_the_two_dates_are_to_each_other() {
    use Relation::{Ordinary, Return, Withdrawn};
    let new = DatesSeen::default();
    let row = DatesSeen { was_withdrawn: true, ..new };
    let cases = [
        ("no leave date", hire("03-10"), Absent, begun(), Ordinary),
        ("no hire date", Absent, leave("03-10"), begun(), Ordinary),
        ("a hire date that cannot be read", Unknown, leave("03-10"), begun(), Ordinary),
        ("a leave date that cannot be read", hire("03-10"), Unknown, begun(), Ordinary),
        ("a contract", hire("03-10"), leave("06-10"), seen(), Ordinary),
        ("a contract of one day, at first sight", hire("03-10"), leave("03-10"), new, Ordinary),
        (
            "a contract of one day, written at one time",
            hire("03-10"),
            leave("03-10"),
            changed(Some("02-01"), Some("02-01"), seen()),
            Ordinary,
        ),
        (
            "a contract of one day, the end written first, on the day itself",
            hire("03-10"),
            leave("03-10"),
            changed(Some("03-01"), Some("02-01"), DatesSeen { begun_at: Some(at("03-10")), ..seen() }),
            Ordinary,
        ),
        ("left long ago, at first sight", hire("03-10"), leave("02-01"), new, Return),
        ("left long ago, as ever", hire("03-10"), leave("02-01"), seen(), Return),
        ("worked, left, hired again", hire("03-10"), leave("02-01"), changed(Some("02-20"), Some("01-15"), begun()), Return),
        (
            "hired again, and the end corrected afterwards",
            hire("03-10"),
            leave("02-02"),
            changed(Some("01-15"), Some("02-20"), begun()),
            Return,
        ),
        ("the end on the day before the hire", hire("03-10"), leave("03-09"), changed(Some("03-01"), None, begun()), Return),
        ("a conversion on one day", hire("03-10"), leave("03-10"), changed(Some("03-01"), Some("02-01"), begun()), Return),
        ("a conversion on one day, the end as ever", hire("03-10"), leave("03-10"), changed(Some("03-01"), None, begun()), Return),
        ("the end moved to the first day of who has begun", hire("03-10"), leave("03-10"), changed(None, Some("03-12"), begun()), Ordinary),
        (
            "both moved to one day at one time, by who has begun",
            hire("03-10"),
            leave("03-10"),
            changed(Some("03-01"), Some("03-01"), begun()),
            Ordinary,
        ),
        ("taken back: the end on the first day", hire("03-10"), leave("03-10"), changed(None, Some("03-01"), seen()), Withdrawn),
        ("taken back: the end before the first day", hire("03-10"), leave("03-01"), changed(None, Some("03-01"), seen()), Withdrawn),
        (
            "taken back after the first day was moved",
            hire("03-10"),
            leave("03-05"),
            changed(Some("02-01"), Some("03-01"), seen()),
            Withdrawn,
        ),
        (
            "both written at one time, the end before",
            hire("03-10"),
            leave("03-05"),
            changed(Some("03-01"), Some("03-01"), seen()),
            Withdrawn,
        ),
        ("not taken back: the end after the first day", hire("03-10"), leave("03-11"), changed(None, Some("03-01"), seen()), Ordinary),
        ("taken back, and the snapshot was lost", hire("03-10"), leave("03-01"), row, Withdrawn),
        ("taken back, the snapshot lost, on one day", hire("03-10"), leave("03-10"), row, Withdrawn),
        (
            "the row of a hire that has come all the same",
            hire("03-10"),
            leave("03-01"),
            DatesSeen { was_withdrawn: true, ..begun() },
            Return,
        ),
    ];
    for (what, hire, leave, seen, expected) in cases {
        assert_eq!(Employment::read(hire, leave, &seen).relation, expected, "{what}");
    }
}

#[test]
fn what_two_instants_of_one_day_are_to_each_other() {
    use Relation::{Ordinary, Return, Withdrawn};
    let new = DatesSeen::default();
    let cases = [
        ("one day, both at its first instant", instant("03-10T00:00"), instant("03-10T00:00"), new, Ordinary),
        ("one day, the end before the beginning", instant("03-10T08:00"), instant("03-10T00:00"), new, Ordinary),
        ("one day, the end before the beginning, as ever", instant("03-10T08:00"), instant("03-10T00:00"), begun(), Ordinary),
        (
            "one day, both written at its first instant at one time",
            instant("03-10T00:00"),
            instant("03-10T00:00"),
            changed(Some("02-01"), Some("02-01"), begun()),
            Ordinary,
        ),
        (
            "never came: the first instant of the first day as the end",
            instant("03-10T00:00"),
            instant("03-10T00:00"),
            changed(None, Some("03-12"), DatesSeen { begun_at: Some(at("03-10")), ..seen() }),
            Ordinary,
        ),
        (
            "taken back, at the same instant",
            instant("03-10T00:00"),
            instant("03-10T00:00"),
            changed(None, Some("03-01"), seen()),
            Withdrawn,
        ),
        (
            "a conversion at one instant",
            instant("03-10T00:00"),
            instant("03-10T00:00"),
            changed(Some("03-01"), Some("02-01"), begun()),
            Return,
        ),
        ("the last second of the day before", instant("03-10T00:00"), instant("03-09T23:59"), new, Return),
        (
            "the end came, and the hire of that day was written afterwards",
            hire("03-10"),
            leave("03-10"),
            changed(Some("03-12"), None, DatesSeen { begun_at: Some(at("03-11")), ..seen() }),
            Ordinary,
        ),
    ];
    for (what, hire, leave, seen, expected) in cases {
        assert_eq!(Employment::read(hire, leave, &seen).relation, expected, "{what}");
    }
}

#[test]
fn who_has_left_and_who_has_begun() {
    let taken_back = changed(None, Some("03-01"), seen());
    let unhired = DatesSeen { never_hired: true, ..seen() };
    // (what, hire, leave, seen, as of, has left, has begun)
    let cases = [
        ("before the last day", hire("01-10"), leave("03-10"), begun(), "03-10", false, true),
        ("after the last day", hire("01-10"), leave("03-10"), begun(), "03-11", true, true),
        ("no hire date", Absent, leave("03-10"), seen(), "03-11", true, false),
        ("a hire date that cannot be read", Unknown, leave("03-10"), seen(), "03-11", true, false),
        ("an end that cannot be read", hire("01-10"), Unknown, begun(), "03-11", false, true),
        ("before the first day", hire("03-10"), Absent, seen(), "03-09", false, false),
        ("on the first day", hire("03-10"), Absent, seen(), "03-10", false, true),
        ("between two employments", hire("04-10"), leave("03-10"), begun(), "03-20", true, true),
        ("back", hire("04-10"), leave("03-10"), begun(), "04-10", false, true),
        ("an offer taken back, on the first day", hire("03-10"), leave("03-05"), taken_back, "03-10", true, false),
        ("an offer taken back, before", hire("03-10"), leave("03-05"), taken_back, "03-04", false, false),
        ("left long ago, at first sight", hire("04-10"), leave("02-10"), DatesSeen::default(), "03-10", true, true),
        ("ends as it begins", instant("03-10T00:00"), instant("03-10T00:00"), DatesSeen::default(), "03-10", true, true),
        ("ends before it begins", instant("03-10T08:00"), instant("03-10T00:00"), DatesSeen::default(), "03-10", true, false),
        ("left, and no hire date was ever seen", Absent, leave("03-10"), unhired, "03-11", true, true),
        ("the same, before the end", Absent, leave("03-10"), unhired, "03-10", false, false),
        ("left, and no hire date could ever be read", Unknown, leave("03-10"), unhired, "03-11", true, true),
        (
            "taken back, and the snapshot was lost",
            hire("04-10"),
            leave("02-10"),
            DatesSeen { was_withdrawn: true, ..DatesSeen::default() },
            "03-10",
            true,
            false,
        ),
    ];
    for (what, hire, leave, seen, as_of, has_left, has_begun) in cases {
        let employment = Employment::read(hire, leave, &seen);
        assert_eq!(employment.left_at(at(as_of)).is_some(), has_left, "left: {what}");
        assert_eq!(employment.begun_at(at(as_of)).is_some(), has_begun, "begun: {what}");
    }
}

#[test]
fn joiner_work_of_a_return_waits_for_the_end() {
    let apart = Employment::read(hire("03-12"), leave("03-10"), &begun());
    let last_second = at("03-11") - chrono::TimeDelta::seconds(1);
    assert_eq!(apart.joiner_due(at("03-05")), last_second, "prepared a week before: not before the leaver is done");
    assert_eq!(apart.joiner_due(at("03-12")), at("03-12"));
    let one_day = Employment::read(hire("03-10"), leave("03-10"), &changed(Some("03-01"), None, begun()));
    assert_eq!(one_day.joiner_due(at("03-10")), at("03-10"), "both on one day");
    let contract = Employment::read(hire("03-10"), leave("06-10"), &seen());
    assert_eq!(contract.joiner_due(at("03-03")), at("03-03"));
}

#[test]
fn leaver_work_of_an_earlier_employment() {
    use Rehired::{No, UnlessOpenedAgain, Yes};
    let known = changed(Some("02-20"), Some("01-15"), begun());
    let late = changed(Some("03-12"), Some("01-15"), begun());
    // (what, hire, leave, seen, as of, deletes, due, was done, expected)
    let cases = [
        ("no return", hire("01-10"), leave("03-10"), begun(), "03-11", false, "03-11", false, No),
        ("off-boarding before the return", hire("03-20"), leave("03-10"), known, "03-11", false, "03-11", false, No),
        ("off-boarding at the return", hire("03-20"), leave("03-10"), known, "03-20", false, "03-20", false, Yes),
        ("clean-up after the return", hire("03-20"), leave("03-10"), known, "04-09", false, "04-09", false, Yes),
        (
            "clean-up due before the return, looked at after it",
            hire("03-20"),
            leave("03-10"),
            known,
            "03-21",
            false,
            "03-15",
            false,
            UnlessOpenedAgain,
        ),
        ("deletion before the return", hire("04-20"), leave("03-10"), known, "04-09", true, "04-09", false, Yes),
        ("the end corrected after it was done", hire("03-20"), leave("03-10"), known, "03-11", false, "03-11", true, Yes),
        ("a conversion from one day to the next", hire("03-11"), leave("03-10"), known, "03-11", false, "03-10", false, Yes),
        ("a conversion that was known too late", hire("03-11"), leave("03-10"), late, "03-12", false, "03-10", false, UnlessOpenedAgain),
        (
            "taken back: leaver work goes on",
            hire("03-20"),
            leave("03-10"),
            changed(None, Some("03-01"), seen()),
            "03-11",
            true,
            "03-11",
            false,
            No,
        ),
    ];
    for (what, hire, leave, seen, as_of, deletes, due, was_done, expected) in cases {
        let employment = Employment::read(hire, leave, &seen);
        let work = LeaveWork { deletes, due: at(due), was_done };
        assert_eq!(employment.rehired(&work, at(as_of)), expected, "{what}");
    }
    assert!(Employment::read(Unknown, leave("03-10"), &begun()).forbids_deletion());
    assert!(!Employment::read(Absent, leave("03-10"), &begun()).forbids_deletion());
}
