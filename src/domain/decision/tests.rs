use chrono_tz::Tz;

use super::*;
use crate::api::AttributeMark;
use crate::domain::dates::{DateOnly, DateValue, parse_time_of_day};
use crate::domain::employment::DatesSeen;
use crate::domain::keys::keys;
use crate::domain::ledger::row;
use crate::domain::subject::{self, DatedValue};
use crate::domain::trigger::Effects;
use crate::rule::{Attributes, Rule};

const HIRED: &str = "employeeHireDate";
const PERSON: &str = "s";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn joiner(offset_in_days: i32, time: Option<&str>) -> CompiledWorkflow {
    let time = time.map(|text| parse_time_of_day(text).expect("a time of day"));
    CompiledWorkflow {
        name: "joiner".to_owned(),
        lineage: "lineage".to_owned(),
        version: 1,
        category: Category::Joiner,
        scope: Some(Rule::parse("department eq 'Sales'").expect("a rule")),
        trigger: Some(Trigger::Time { attribute: HIRED.to_owned(), offset_in_days, at: time }),
        window: TimeDelta::days(3),
        due_rule: String::new(),
        zone_attributes: vec!["timeZone".to_owned()],
        tasks: Effects { enables: true, ..Effects::default() },
    }
}

fn person(department: &str, hired: DateReading) -> Person {
    let attributes = Attributes::new().with("department", department);
    Person { attributes, ..subject::person(&[(HIRED, hired)]) }
}

fn hired(text: &str, zone: Tz) -> DateReading {
    DateReading::Known(DatedValue::new(DateValue::parse(text).expect("a date"), zone, DateOnly::StartOfDay))
}

fn sighting(marks: Vec<AttributeMark>) -> Sighting {
    Sighting { epoch: 1, first_seen_at: at("2026-01-01T00:00:00Z"), begun_at: None, marks }
}

fn steady() -> Sighting {
    let mark = |name: &str| AttributeMark { name: name.into(), digest: "d".into(), sequence: 0, changed_at: None };
    sighting(vec![mark(HIRED), mark(LEAVE_DATE)])
}

fn moment() -> Moment {
    Moment {
        as_of: at("2026-03-10T12:00:00Z"),
        window: TimeDelta::days(3),
        stillness: TimeDelta::minutes(1),
        activated_at: at("2026-01-01T00:00:00Z"),
        last_sealed_at: Some(at("2026-03-10T09:00:00Z")),
    }
}

fn ledger(state: EntryState, key: &str) -> LedgerIndex {
    let mut index = LedgerIndex::default();
    index.add(LedgerEntry { subject: PERSON.to_owned(), reason: Some("RunCanceled".to_owned()), ..row(1, key, state) });
    index
}

fn word(decision: &Decision) -> String {
    match decision {
        Decision::Later => "later".to_owned(),
        Decision::NotYet { at } => format!("not yet, at {}", at.format("%d")),
        Decision::Due { .. } => "due".to_owned(),
        Decision::DueBeforeReturn { .. } => "due before the return".to_owned(),
        Decision::NotDue { reason } => format!("not due, {reason}"),
        Decision::Missed { reason, .. } => format!("missed, {reason}"),
        Decision::History => "history".to_owned(),
        Decision::Consumed { .. } => "consumed".to_owned(),
        Decision::OutOfScope => "out of scope".to_owned(),
    }
}

#[test]
fn every_decision_has_its_facts() {
    use EntryState::{Missed, Planned, Released, Superseded};
    let (workflow, keys, before) = (joiner(0, None), keys(), steady());
    let facts = Facts::new(&workflow, moment(), false, &[]);
    let moved = Facts::new(&workflow, moment(), true, &[]);
    let soon = Some(at("2026-03-11T00:00:00Z"));
    let cases = [
        ("in eleven days", &facts, "Sales", "2026-03-21", None, None, Some("not yet, at 21")),
        ("in eleven days, and something is earlier", &facts, "Sales", "2026-03-21", None, soon, Some("later")),
        ("in eleven days, in another department", &facts, "Legal", "2026-03-21", None, None, Some("out of scope")),
        ("today", &facts, "Sales", "2026-03-10", None, None, Some("due")),
        ("today, in another department", &facts, "Legal", "2026-03-10", None, None, Some("out of scope")),
        ("today, and planned", &facts, "Sales", "2026-03-10", Some(Planned), None, Some("consumed")),
        ("today, and missed", &facts, "Sales", "2026-03-10", Some(Missed), None, Some("consumed")),
        ("today, and superseded", &facts, "Sales", "2026-03-10", Some(Superseded), None, Some("consumed")),
        ("today, and released", &facts, "Sales", "2026-03-10", Some(Released), None, Some("due")),
        ("past the window", &facts, "Sales", "2026-02-10", None, None, Some("history")),
        ("past the window, and released", &facts, "Sales", "2026-02-10", Some(Released), None, Some("missed, RunCanceled")),
        ("past the window, the offset is new", &moved, "Sales", "2026-02-10", None, None, Some("missed, WindowEnded")),
        ("past the window, the offset is new, and planned", &moved, "Sales", "2026-02-10", Some(Planned), None, Some("consumed")),
        ("before the activation, the offset is new", &moved, "Sales", "2025-12-10", None, None, Some("history")),
        ("before the activation, and released", &facts, "Sales", "2025-12-10", Some(Released), None, Some("missed, RunCanceled")),
        ("no day that exists", &facts, "Sales", "2026-02-30", None, None, None),
    ];
    for (name, facts, department, date, state, horizon, expected) in cases {
        let reading = DateValue::parse(date).map_or(DateReading::Unknown, |_| hired(date, Tz::UTC));
        let person = person(department, reading);
        let ledger = state.map(|state| ledger(state, &keys.time_occurrence("lineage", PERSON, HIRED, date))).unwrap_or_default();
        let employment = Employment::of(&person, &DatesSeen::of(&before, false));
        let view = PersonView {
            now: &before,
            before: Some(&before),
            employment: &employment,
            has_released: state == Some(Released),
            is_let_in: false,
        };
        let books = Books { keys: &keys, ledger: &ledger };
        let found: Vec<String> = facts.decide(&person, view, books, horizon).iter().map(|decided| word(&decided.decision)).collect();
        assert_eq!(found, expected.map(str::to_owned).into_iter().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn the_end_of_a_window_is_an_instant_to_look_again() {
    let (workflow, keys, before, ledger) = (joiner(0, None), keys(), steady(), LedgerIndex::default());
    let facts = Facts::new(&workflow, moment(), false, &[]);
    let next = |date: &str| {
        let person = person("Sales", hired(date, Tz::UTC));
        let employment = Employment::of(&person, &DatesSeen::of(&before, false));
        let view = PersonView { now: &before, before: Some(&before), employment: &employment, has_released: false, is_let_in: false };
        facts.decide(&person, view, Books { keys: &keys, ledger: &ledger }, None).pop().and_then(|decided| decided.next)
    };
    assert_eq!(next("2026-03-10"), Some(at("2026-03-13T00:00:01Z")));
    assert_eq!(next("2026-03-12"), Some(at("2026-03-12T00:00:00Z")));
    assert_eq!(next("2026-02-01"), None);
}

/// The glance must never say what the due instant to the second would deny.
#[test]
fn a_glance_agrees_with_the_due_instant() {
    let (keys, ledger, before) = (keys(), LedgerIndex::default(), steady());
    let unseen = sighting(Vec::new());
    let horizon = at("2026-03-20T00:00:00Z");
    let mut glances = 0;
    for (offset, time) in [(0, None), (-180, Some("23:59:59")), (180, Some("00:00")), (7, Some("09:00"))] {
        let workflow = joiner(offset, time);
        for zone in [Tz::UTC, Tz::Europe__Berlin, Tz::Pacific__Apia, Tz::Pacific__Niue] {
            for day in 0..500 {
                let date = (moment().as_of + TimeDelta::days(day - 300)).format("%Y-%m-%d").to_string();
                let person = person("Sales", hired(&date, zone));
                for (before, moved) in [(&before, false), (&before, true), (&unseen, false)] {
                    let (now, employment) = (steady(), Employment::of(&person, &DatesSeen::of(before, false)));
                    let view =
                        PersonView { now: &now, before: Some(before), employment: &employment, has_released: false, is_let_in: false };
                    let facts = Facts::new(&workflow, moment(), moved, &[]);
                    let Some(glance) = facts.glance(&person, view, Some(horizon)) else { continue };
                    glances += 1;
                    let books = Books { keys: &keys, ledger: &ledger };
                    let exact =
                        facts.weigh(workflow.occurrences(&person, view.now, &employment, moment().as_of).remove(0), &person, view, books);
                    match (&glance, &exact.decision) {
                        (Decision::Later, Decision::NotYet { at }) => assert!(*at >= horizon, "{date} in {zone}, {offset} days"),
                        (glance, exact) => assert_eq!(glance, exact, "{date} in {zone}, {offset} days"),
                    }
                    assert!(exact.next.is_none_or(|next| next >= horizon), "{date} in {zone}, {offset} days");
                }
            }
        }
    }
    assert!(glances > 10_000, "{glances} glances show little");
}

/// A workflow that is triggered by these attributes.
fn mover(attributes: &[&str]) -> CompiledWorkflow {
    let attributes = attributes.iter().map(|name| (*name).to_owned()).collect();
    CompiledWorkflow { category: Category::Mover, scope: None, trigger: Some(Trigger::Change { attributes }), ..joiner(0, None) }
}

fn mark(name: &str, sequence: i64, changed_at: Option<&str>) -> AttributeMark {
    AttributeMark { name: name.into(), digest: "d".into(), sequence, changed_at: changed_at.map(at) }
}

fn since(names: &[(&str, &str)]) -> Vec<TriggerAttribute> {
    names.iter().map(|(name, since)| TriggerAttribute { name: (*name).to_owned(), since: at(since) }).collect()
}

/// What it is about; the marks; since when attributes are in the trigger; the ledger; what is decided.
type Changes<'a> = (&'a str, &'a [AttributeMark], Vec<TriggerAttribute>, LedgerIndex, &'a [&'a str]);

#[test]
fn changes_of_one_person_are_one_occurrence() {
    const DEPARTMENT: (&str, &str) = ("department", "2026-01-01T00:00:00Z");
    const TITLE: (&str, &str) = ("jobTitle", "2026-01-01T00:00:00Z");
    const TITLE_SINCE_NOON: (&str, &str) = ("jobTitle", "2026-03-10T11:00:00Z");
    let (keys, workflow) = (keys(), mover(&["department", "jobTitle"]));
    let (early, late, now) = ("2026-03-10T10:00:00Z", "2026-03-10T10:30:00Z", "2026-03-10T11:59:30Z");
    let key = |attribute: &str, sequence| keys.change_occurrence("lineage", PERSON, attribute, sequence, "d");
    let both = [mark("department", 1, Some(early)), mark("jobTitle", 1, Some(late))];
    let done = |attribute: &str| ledger(EntryState::Planned, &key(attribute, 1));
    let none = LedgerIndex::default;
    let cases: [Changes<'_>; 9] = [
        ("one", &both[..1], since(&[DEPARTMENT, TITLE]), none(), &["due at 10:01: department"]),
        ("two are one, named after the newest", &both, since(&[DEPARTMENT, TITLE]), none(), &["due at 10:31: jobTitle department"]),
        ("one of them is done", &both, since(&[DEPARTMENT, TITLE]), done("department"), &["consumed", "due at 10:31: jobTitle"]),
        ("both are done", &both[..1], since(&[DEPARTMENT, TITLE]), done("department"), &["consumed"]),
        (
            "one is not still yet: all wait",
            &[both[0].clone(), mark("jobTitle", 1, Some(now))],
            since(&[DEPARTMENT, TITLE]),
            none(),
            &["not yet, at 10"],
        ),
        (
            "one was not in the trigger then",
            &both,
            since(&[DEPARTMENT, TITLE_SINCE_NOON]),
            none(),
            &["history", "due at 10:01: department"],
        ),
        (
            "one was seen by the evaluation that first found it in the trigger",
            &[both[0].clone(), mark("jobTitle", 1, Some(TITLE_SINCE_NOON.1))],
            since(&[DEPARTMENT, TITLE_SINCE_NOON]),
            none(),
            &["history", "due at 10:01: department"],
        ),
        ("neither was known to be", &both, Vec::new(), none(), &["history", "history"]),
        (
            "one is past its window",
            &[mark("department", 1, Some("2026-03-01T00:00:00Z")), both[1].clone()],
            since(&[DEPARTMENT, TITLE]),
            none(),
            &["missed, WindowEnded", "due at 10:31: jobTitle"],
        ),
    ];
    for (what, marks, since, ledger, expected) in cases {
        let (person, seen) = (person("Sales", DateReading::Absent), sighting(marks.to_vec()));
        let employment = Employment::of(&person, &DatesSeen::of(&seen, false));
        let view = PersonView { now: &seen, before: Some(&seen), employment: &employment, has_released: false, is_let_in: false };
        // Its last evaluation was long ago: what its window has left is missed.
        let moment = Moment { last_sealed_at: Some(at("2026-02-28T00:00:00Z")), ..moment() };
        let decided = Facts::new(&workflow, moment, false, &since).decide(&person, view, Books { keys: &keys, ledger: &ledger }, None);
        let told = |decided: &Decided| match &decided.decision {
            Decision::Due { occurrence, .. } => {
                let also = occurrence.also.iter().map(|change| change.attribute.as_str());
                let attributes: Vec<&str> = std::iter::once(occurrence.attribute.as_str()).chain(also).collect();
                format!("due at {}: {}", occurrence.due.format("%H:%M"), attributes.join(" "))
            }
            other => word(other),
        };
        assert_eq!(decided.iter().map(told).collect::<Vec<_>>(), expected, "{what}");
    }
}

#[test]
fn a_state_is_due_for_as_long_as_it_holds() {
    let keys = keys();
    let workflow = CompiledWorkflow {
        category: Category::Leaver,
        scope: None,
        trigger: Some(Trigger::Inactivity { days: 90, since_created: false }),
        ..joiner(0, None)
    };
    let key = |date: &str| keys.time_occurrence("lineage", PERSON, "inactivity", date);
    let released = |reason: &str, date: &str| {
        let mut index = LedgerIndex::default();
        index.add(LedgerEntry { subject: PERSON.to_owned(), reason: Some(reason.to_owned()), ..row(1, &key(date), EntryState::Released) });
        index
    };
    let cases = [
        ("years ago, before the workflow was scheduled", "2020-01-01", LedgerIndex::default(), "due"),
        ("ninety days ago", "2025-12-10", LedgerIndex::default(), "due"),
        ("eighty-nine days ago", "2025-12-11", LedgerIndex::default(), "not yet, at 11"),
        ("done", "2020-01-01", ledger(EntryState::Planned, &key("2020-01-01")), "consumed"),
        ("canceled because it was out of scope", "2020-01-01", released("OutOfScope", "2020-01-01"), "due"),
        ("its plan expired", "2020-01-01", released("PlanExpired", "2020-01-01"), "missed, PlanExpired"),
    ];
    for (what, date, ledger, expected) in cases {
        let person = subject::person(&[("lastSuccessfulSignInDateTime", hired(date, Tz::UTC))]);
        let seen = sighting(Vec::new());
        let employment = Employment::of(&person, &DatesSeen::of(&seen, false));
        let view = PersonView { now: &seen, before: Some(&seen), employment: &employment, has_released: true, is_let_in: false };
        let decided = Facts::new(&workflow, moment(), false, &[]).decide(&person, view, Books { keys: &keys, ledger: &ledger }, None);
        assert_eq!(decided.iter().map(|decided| word(&decided.decision)).collect::<Vec<_>>(), [expected], "{what}");
    }
}

#[test]
fn nobody_is_deleted_while_the_hire_date_cannot_be_read() {
    let (keys, ledger, before) = (keys(), LedgerIndex::default(), steady());
    let cases = [
        ("deletes", true, DateReading::Unknown, "not due, HireDateUnknown"),
        ("disables", false, DateReading::Unknown, "due"),
        ("deletes who has no hire date", true, DateReading::Absent, "due"),
    ];
    for (what, deletes, hire, expected) in cases {
        let workflow = CompiledWorkflow {
            category: Category::Leaver,
            scope: None,
            trigger: Some(Trigger::Time { attribute: LEAVE_DATE.to_owned(), offset_in_days: 0, at: None }),
            tasks: Effects { closes: true, deletes, ..Effects::default() },
            ..joiner(0, None)
        };
        let person = subject::person(&[(HIRED, hire), (LEAVE_DATE, hired("2026-03-09", Tz::UTC))]);
        let employment = Employment::of(&person, &DatesSeen::of(&before, false));
        let view = PersonView { now: &before, before: Some(&before), employment: &employment, has_released: false, is_let_in: false };
        let decided = Facts::new(&workflow, moment(), false, &[]).decide(&person, view, Books { keys: &keys, ledger: &ledger }, None);
        assert_eq!(decided.iter().map(|decided| word(&decided.decision)).collect::<Vec<_>>(), [expected], "{what}");
    }
}
