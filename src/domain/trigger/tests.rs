use serde_json::{Value, json};

use super::*;
use crate::api::AttributeMark;
use crate::domain::dates::DateValue;
use crate::domain::employment::DatesSeen;
use crate::domain::keys::keys;
use crate::domain::subject::{self, known};
use crate::domain::version::versioned;
use crate::rule::{Attributes, OwnedValue};

const HIRED: &str = "employeeHireDate";
const LINEAGE: &str = "lineage";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// A workflow with these conditions; null: on demand only.
fn spec(conditions: &Value) -> WorkflowSpec {
    let mut spec = json!({"category": "joiner", "isSchedulingEnabled": true, "tasks": [{"name": "enable", "enableUserAccount": {}}]});
    if !conditions.is_null() {
        spec["executionConditions"] = conditions.clone();
    }
    serde_json::from_value(spec).expect("a workflow")
}

fn compile_with(conditions: &Value, zone: &str) -> Result<CompiledWorkflow, CompileError> {
    let facts = ZoneFacts { time_zone: Some(zone.to_owned()), ..ZoneFacts::default() };
    let facts = BTreeMap::from([(HIRED.to_owned(), facts)]);
    let spec = versioned(&spec(conditions));
    CompiledWorkflow::compile("joiner", LINEAGE, 1, &spec, DEFAULT_WINDOW, &Vocabulary::lcw(), &facts)
}

fn compile(conditions: &Value) -> CompiledWorkflow {
    compile_with(conditions, "UTC").expect("a workflow that compiles")
}

fn time(offset: i32) -> Value {
    json!({"trigger": {"timeBasedAttribute": {"attribute": HIRED, "offsetInDays": offset}}})
}

fn time_at(offset: i32, at: &str) -> Value {
    json!({"trigger": {"timeBasedAttribute": {"attribute": HIRED, "offsetInDays": offset, "at": at}}})
}

fn change(attributes: &[&str]) -> Value {
    json!({"trigger": {"attributeChange": {"attributes": attributes}}})
}

fn membership(kind: &str) -> Value {
    json!({"scope": {"group": "sales"}, "trigger": {"membershipChange": {"changeType": kind}}})
}

fn inactivity() -> Value {
    json!({"trigger": {"userInactivity": {"inactivityPeriodInDays": 30}}})
}

fn sponsors() -> Value {
    json!({"trigger": {"guestSponsor": {"minimumRequiredSponsors": 2}}})
}

/// Somebody who was hired and signed in at the same time.
fn person(date: DateReading) -> Person {
    subject::person(&[(HIRED, date), (LAST_SIGN_IN, date)])
}

fn see(marks: &[AttributeMark]) -> Sighting {
    Sighting { epoch: 1, first_seen_at: at("2026-01-01T00:00:00Z"), begun_at: None, marks: marks.to_vec() }
}

/// The person's dates, as they were at the first sight.
fn employed(person: &Person) -> Employment {
    Employment::of(person, &DatesSeen::of(&see(&[]), false))
}

fn tracked(track: impl FnOnce(&mut Tracked)) -> Vec<String> {
    let mut tracked = Tracked::default();
    track(&mut tracked);
    tracked.attributes.into_iter().chain(tracked.sponsors.into_iter().map(sponsors_mark)).collect()
}

#[test]
fn the_nearest_window_decides() {
    let (joiner, mover, leaver) = (Category::Joiner, Category::Mover, Category::Leaver);
    for (category, own, tenant, expected) in [
        (joiner, None, None, Some(TimeDelta::days(3))),
        (mover, None, None, Some(TimeDelta::days(3))),
        (leaver, None, None, Some(TimeDelta::days(30))),
        (leaver, None, Some("12h"), Some(TimeDelta::hours(12))),
        (joiner, Some("30m"), Some("12h"), Some(TimeDelta::minutes(30))),
        (joiner, Some("365d"), None, Some(TimeDelta::days(365))),
        (joiner, Some("366d"), None, None),
        (joiner, Some("0m"), Some("12h"), None),
        (joiner, None, Some("soon"), None),
    ] {
        let found = window(category, own, tenant);
        assert_eq!(found.as_ref().ok(), expected.as_ref(), "{category:?}, {own:?}, {tenant:?}");
        assert!(expected.is_some() || found.is_err_and(|error| error.to_string().starts_with("spec.catchUpWindow: ")));
    }
}

#[test]
fn what_each_trigger_keeps_track_of() {
    // The last column: while the workflow is not evaluated.
    let cases: [(&str, Value, &[&str], bool); 7] = [
        ("a date", time(0), &[HIRED], false),
        ("a change of two", change(&["department", "jobTitle"]), &["department", "jobTitle"], true),
        ("who joins a group", membership("add"), &["group:sales"], true),
        ("who leaves a group", membership("remove"), &["group:sales"], true),
        ("inactivity", inactivity(), &[], false),
        ("sponsors", sponsors(), &["sponsors<2"], false),
        ("on demand", Value::Null, &[], false),
    ];
    for (name, conditions, expected, idle) in cases {
        assert_eq!(tracked(|tracked| compile(&conditions).track(tracked)), expected, "{name}");
        let expected_idle = if idle { expected } else { &[] };
        assert_eq!(tracked(|tracked| track_idle(&spec(&conditions), tracked)), expected_idle, "{name}, not evaluated");
    }
}

#[test]
fn what_cannot_be_evaluated_names_its_field() {
    let with_rule =
        |rule: &str| json!({"scope": {"rule": rule}, "trigger": {"timeBasedAttribute": {"attribute": HIRED, "offsetInDays": 0}}});
    for (name, conditions, field) in [
        ("a rule that is none", with_rule("department eq"), "spec.executionConditions.scope.rule: "),
        ("no time of day", time_at(0, "25:00"), "spec.executionConditions.trigger.timeBasedAttribute: "),
        ("an offset out of range", time(181), "spec.executionConditions.trigger.timeBasedAttribute: "),
        ("a membership in no group", json!({"trigger": {"membershipChange": {"changeType": "add"}}}), "spec.executionConditions: "),
        ("no trigger", json!({"trigger": {}}), "spec.executionConditions: "),
    ] {
        let error = compile_with(&conditions, "UTC").expect_err(name).to_string();
        assert!(error.starts_with(field), "{name}: {error}");
    }
}

#[test]
fn another_due_rule_is_what_moves_due_instants() {
    let rule = |conditions: &Value, zone: &str| compile_with(conditions, zone).expect("a workflow").due_rule;
    let base = rule(&time(0), "UTC");
    let mut scoped = time(0);
    scoped["scope"] = json!({"rule": "department eq 'Sales'"});
    for (name, found, is_same) in [
        ("the same again", rule(&time(0), "UTC"), true),
        ("another scope", rule(&scoped, "UTC"), true),
        ("another offset", rule(&time(1), "UTC"), false),
        ("a time of day", rule(&time_at(0, "09:00"), "UTC"), false),
        ("another zone of the attribute", rule(&time(0), "Europe/Berlin"), false),
        ("another trigger", rule(&change(&[HIRED]), "UTC"), false),
    ] {
        assert_eq!(found == base, is_same, "{name}");
    }
    let change = change(&["department"]);
    assert_eq!(rule(&change, "UTC"), rule(&change, "Europe/Berlin"), "a change is due when it happens, whatever the zone");
}

#[test]
fn when_a_date_is_due() {
    let unknown = (DateReading::Unknown, None);
    let absent = (DateReading::Absent, None);
    let hired = known("2026-03-10");
    for (name, conditions, (reading, expected)) in [
        ("on the day", time(0), (hired, Some("2026-03-10T00:00:00Z"))),
        ("a week before", time(-7), (hired, Some("2026-03-03T00:00:00Z"))),
        ("at nine", time_at(1, "09:00"), (hired, Some("2026-03-11T09:00:00Z"))),
        ("an instant", time(1), (known("2026-03-10T15:30:00Z"), Some("2026-03-11T15:30:00Z"))),
        ("no date", time(0), absent),
        ("a text that is no date", time(0), unknown),
        ("a change has no date", change(&[HIRED]), (hired, None)),
        ("on demand", Value::Null, (hired, None)),
    ] {
        assert_eq!(compile(&conditions).date_due(&person(reading)), expected.map(at), "{name}");
    }
}

#[test]
fn which_marks_are_occurrences() {
    let mark = |name: &str, digest: &str, sequence, changed: Option<&str>| AttributeMark {
        name: name.into(),
        digest: digest.into(),
        sequence,
        changed_at: changed.map(at),
    };
    let then = "2026-03-09T06:00:00Z";
    let marks = vec![
        mark("department", "d1", 4, Some(then)),
        mark("jobTitle", "d2", 0, None),
        mark("group:sales", "g", 2, Some(then)),
        mark("sponsors<2", "few", 1, Some(then)),
    ];
    let left = vec![mark("group:sales", "", 3, Some(then)), mark("sponsors<2", "", 2, Some(then))];
    let of = |conditions: &Value, marks: &[AttributeMark]| {
        let person = person(known("2026-03-10"));
        let found = compile(conditions).occurrences(&person, &see(marks), &employed(&person), at("2026-03-11T00:00:00Z"));
        found.iter().map(|each| format!("{} {} {:?}", each.attribute, each.due.format("%m-%d"), each.sequence())).collect::<Vec<_>>()
    };
    let cases: [(&str, Value, &[AttributeMark], &[&str]); 12] = [
        ("a date needs no mark", time(0), &[], &["employeeHireDate 03-10 None"]),
        ("inactivity", inactivity(), &[], &["inactivity 04-09 None"]),
        ("one of two changed", change(&["department", "jobTitle"]), &marks, &["department 03-09 Some(4)"]),
        ("a baseline is none", change(&["jobTitle"]), &marks, &[]),
        ("not seen yet", change(&["city"]), &marks, &[]),
        ("joined", membership("add"), &marks, &["group:sales 03-09 Some(2)"]),
        ("joined, asked for who left", membership("remove"), &marks, &[]),
        ("left", membership("remove"), &left, &["group:sales 03-09 Some(3)"]),
        ("left, asked for who joined", membership("add"), &left, &[]),
        ("too few sponsors", sponsors(), &marks, &["sponsors<2 03-09 Some(1)"]),
        ("enough sponsors again", sponsors(), &left, &[]),
        ("on demand", Value::Null, &marks, &[]),
    ];
    for (name, conditions, marks, expected) in cases {
        assert_eq!(of(&conditions, marks), expected, "{name}");
    }
}

fn still_holds(workflow: &CompiledWorkflow, person: &Person, attribute: &str, key: &str, now: DateTime<Utc>) -> Option<bool> {
    workflow.still_holds(person, &see(&[]), &employed(person), &[attribute.to_owned()], (key, &keys()), now)
}

/// What inactivity of thirty days counts from, on 10 March.
#[test]
fn what_inactivity_counts_from() {
    let as_of = at("2026-03-10T00:00:00Z");
    let enabled = |changed: Option<&str>| AttributeMark {
        name: "accountEnabled".into(),
        digest: "d".into(),
        sequence: 1,
        changed_at: changed.map(at),
    };
    let since_created = json!({"trigger": {"userInactivity": {"inactivityPeriodInDays": 30, "neverSignedIn": "SinceCreated"}}});
    let (absent, unknown) = (DateReading::Absent, DateReading::Unknown);
    // (what, conditions, last sign-in, hired, created, seen enabled, expected)
    let cases = [
        ("the last sign-in", inactivity(), known("2026-01-10T15:30:00Z"), absent, absent, None, Some("2026-02-09T15:30:00Z")),
        ("never signed in", inactivity(), absent, known("2020-01-01"), known("2020-01-01"), None, None),
        ("never signed in, since created", since_created.clone(), absent, absent, known("2026-01-05"), None, Some("2026-02-04T00:00:00Z")),
        ("never signed in, and nobody knows since when", since_created.clone(), absent, absent, absent, None, None),
        (
            "signed in, since created counts for others",
            since_created.clone(),
            known("2026-02-01"),
            absent,
            known("2020-01-01"),
            None,
            Some("2026-03-03T00:00:00Z"),
        ),
        ("a sign-in that cannot be read", since_created, unknown, absent, known("2020-01-01"), None, None),
        ("hired since", inactivity(), known("2025-06-01"), known("2026-02-20"), absent, None, Some("2026-03-22T00:00:00Z")),
        ("hired next week", inactivity(), known("2025-06-01"), known("2026-03-17"), absent, None, None),
        (
            "let in again since",
            inactivity(),
            known("2025-06-01"),
            absent,
            absent,
            Some("2026-03-01T08:00:00Z"),
            Some("2026-03-31T08:00:00Z"),
        ),
    ];
    for (what, conditions, signed_in, hired, created, seen, expected) in cases {
        let attributes = Attributes::new().with("accountEnabled", true);
        let dates = [(LAST_SIGN_IN, signed_in), (HIRED, hired), ("createdDateTime", created)];
        let person = Person { attributes, ..subject::person(&dates) };
        let found = compile(&conditions).occurrences(&person, &see(&[enabled(seen)]), &employed(&person), as_of);
        assert_eq!(found.first().map(|occurrence| occurrence.due), expected.map(at), "{what}");
    }
}

#[test]
fn whether_a_date_still_holds_before_the_start() {
    let planned = |workflow: &CompiledWorkflow, attribute: &str, text: &str| {
        let value = DateValue::parse(text).expect("a date");
        keys().time_occurrence(&workflow.lineage, "s", attribute, &value.canonical())
    };
    let now = at("2026-03-10T12:00:00Z");
    for (name, conditions, attribute, reading, expected) in [
        ("the same date", time(0), HIRED, known("2026-03-10"), Some(true)),
        ("another date", time(0), HIRED, known("2026-03-09"), Some(false)),
        ("the same date, a later offset", time(1), HIRED, known("2026-03-10"), Some(false)),
        ("no date any more", time(0), HIRED, DateReading::Absent, Some(false)),
        ("a date that cannot be read", time(0), HIRED, DateReading::Unknown, None),
        ("on demand by now", Value::Null, HIRED, known("2026-03-10"), Some(false)),
        ("signed in since", inactivity(), INACTIVITY, known("2026-03-09"), Some(false)),
    ] {
        let workflow = compile(&conditions);
        let key = planned(&workflow, attribute, "2026-03-10");
        assert_eq!(still_holds(&workflow, &person(reading), attribute, &key, now), expected, "{name}");
    }
    let idle = compile(&inactivity());
    let key = planned(&idle, INACTIVITY, "2026-02-01");
    assert_eq!(still_holds(&idle, &person(known("2026-02-01")), INACTIVITY, &key, now), Some(true), "still away");
}

#[test]
fn whether_a_change_still_holds_before_the_start() {
    let ask = |conditions: &Value, attribute: &str, person: &Person| {
        still_holds(&compile(conditions), person, attribute, "", at("2026-03-10T12:00:00Z"))
    };
    let anybody = person(DateReading::Absent);
    assert_eq!(ask(&change(&["department"]), "department", &anybody), Some(true));
    assert_eq!(ask(&change(&["jobTitle"]), "department", &anybody), Some(false), "no longer an attribute of the trigger");
    for (kind, group, expected) in [("add", "sales", true), ("add", "legal", false), ("remove", "legal", true), ("remove", "sales", false)]
    {
        let person = Person { groups: vec![group.to_owned()], ..anybody.clone() };
        assert_eq!(ask(&membership(kind), "group:sales", &person), Some(expected), "{kind}, in {group}");
    }
    let (guest, member) = (|| OwnedValue::Str("Guest".into()), || OwnedValue::Str("Member".into()));
    for (user_type, count, expected) in [
        (guest(), Some(1), Some(true)),
        (guest(), Some(2), Some(false)),
        (guest(), None, None),
        (member(), Some(0), Some(false)),
        (member(), None, Some(false)),
        (OwnedValue::Null, Some(0), Some(false)),
        (OwnedValue::Unknown, Some(1), None),
        (OwnedValue::Unknown, Some(2), Some(false)),
        (OwnedValue::Unknown, None, None),
    ] {
        let attributes = Attributes::new().with("userType", user_type.clone());
        let person = Person { attributes, sponsors: count, ..anybody.clone() };
        assert_eq!(ask(&sponsors(), "sponsors<2", &person), expected, "{user_type:?} with {count:?} sponsors");
    }
}
