//! The stored form: what is written is read back, by hand and by chance, and what is not of the form is refused.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::api::{crds, form};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn mark(name: &str, digest: &str, sequence: i64, changed_at: Option<DateTime<Utc>>) -> AttributeMark {
    AttributeMark { name: name.into(), digest: digest.into(), sequence, changed_at }
}

fn bucket(rows: Vec<SnapshotRow>) -> DirectorySnapshotData {
    DirectorySnapshotData { directory: "people".to_owned(), rows }
}

fn read(stored: &Value) -> Result<DirectorySnapshotData, String> {
    form::typed(stored).map_err(|error| error.to_string())
}

/// Somebody who was seen twice.
fn ann() -> SnapshotRow {
    let marks = |changed: bool| {
        let (digest, sequence) = if changed { ("74c196412e0a99be", 2) } else { ("2e296a1fc7e5acb2", 1) };
        vec![
            mark("accountEnabled", "a121e9293c0da9e6", 0, None),
            mark("department", digest, sequence, changed.then(|| at("2026-03-08T05:36:32.25Z"))),
            mark("employeeLeaveDateTime", "", 0, None),
            mark("group:club", "?", 0, None),
            mark("sponsors<1", "few", 1, Some(at("2026-03-01T00:00:00Z"))),
        ]
    };
    let first_seen_at = at("2026-03-01T00:00:00Z");
    let begun_at = Some(at("2026-03-08T02:36:32Z"));
    SnapshotRow {
        subject: "676775bbefea76c20f4d7e54b8145012".to_owned(),
        current: Sighting { epoch: 59, first_seen_at, begun_at, marks: marks(true) },
        previous: Some(Box::new(Sighting { epoch: 58, first_seen_at, begun_at: None, marks: marks(false) })),
    }
}

/// Somebody who was seen once, and of whom less is known.
fn bob() -> SnapshotRow {
    let marks = vec![mark("department", "2e296a1fc7e5acb2", -3, None), mark("city", "", 0, None)];
    let current = Sighting { epoch: 60, first_seen_at: at("2026-03-09T00:00:00Z"), begun_at: None, marks };
    SnapshotRow { subject: "76e8adabef2200dbd0cdd893fb3830c7".to_owned(), current, previous: None }
}

/// Both as releases before `packed` wrote them.
fn older() -> Value {
    json!({"directory": "people", "rows": [
        {"subject": "676775bbefea76c20f4d7e54b8145012",
         "current": {"epoch": 59, "firstSeenAt": "2026-03-01T00:00:00Z", "begunAt": "2026-03-08T02:36:32Z", "marks": [
             {"name": "accountEnabled", "digest": "a121e9293c0da9e6", "sequence": 0},
             {"name": "department", "digest": "74c196412e0a99be", "sequence": 2, "changedAt": "2026-03-08T06:36:32.250+01:00"},
             {"name": "employeeLeaveDateTime", "digest": "", "sequence": 0},
             {"name": "group:club", "digest": "?", "sequence": 0},
             {"name": "sponsors<1", "digest": "few", "sequence": 1, "changedAt": "2026-03-01T00:00:00Z"}]},
         "previous": {"epoch": 58, "firstSeenAt": "2026-03-01T00:00:00Z", "marks": [
             {"name": "accountEnabled", "digest": "a121e9293c0da9e6", "sequence": 0},
             {"name": "department", "digest": "2e296a1fc7e5acb2", "sequence": 1},
             {"name": "employeeLeaveDateTime", "digest": "", "sequence": 0},
             {"name": "group:club", "digest": "?", "sequence": 0},
             {"name": "sponsors<1", "digest": "few", "sequence": 1, "changedAt": "2026-03-01T00:00:00Z"}]}},
        {"subject": "76e8adabef2200dbd0cdd893fb3830c7",
         "current": {"epoch": 60, "firstSeenAt": "2026-03-09T00:00:00Z", "marks": [
             {"name": "department", "digest": "2e296a1fc7e5acb2", "sequence": -3}, {"name": "city", "digest": "", "sequence": 0}]}}]})
}

/// The same as it is written.
fn packed() -> Value {
    json!({"directory": "people",
        "names": ["accountEnabled", "department", "employeeLeaveDateTime", "group:club", "sponsors<1", "city"],
        "packed": [
            "1 676775bbefea76c20f4d7e54b8145012 \
             59,2026-03-01T00:00:00Z,2026-03-08T02:36:32Z,0:a121e9293c0da9e6,1:74c196412e0a99be:2:2026-03-08T05:36:32.250Z,2:,3:?,\
             4:few:1:2026-03-01T00:00:00Z \
             58,2026-03-01T00:00:00Z,,0:a121e9293c0da9e6,1:2e296a1fc7e5acb2:1,2:,3:?,4:few:1:2026-03-01T00:00:00Z",
            "1 76e8adabef2200dbd0cdd893fb3830c7 60,2026-03-09T00:00:00Z,,1:2e296a1fc7e5acb2:-3,5:"]})
}

#[test]
fn golden() {
    let rows = bucket(vec![ann(), bob()]);
    assert_eq!(form::value(&rows), packed());
    assert_eq!(read(&packed()).as_ref(), Ok(&rows));
    assert_eq!(read(&older()).as_ref(), Ok(&rows), "rows of the older form are read");
    assert_eq!(form::value(&bucket(Vec::new())), json!({"directory": "people"}), "nothing is left of the older form");
    assert_eq!(read(&json!({"directory": "people", "rows": []})), Ok(bucket(Vec::new())));
}

#[test]
fn a_packed_row_stands_for_the_older_one_of_its_subject() {
    let mut both = older();
    both["names"] = json!(["city"]);
    both["packed"] = json!(["1 76e8adabef2200dbd0cdd893fb3830c7 61,2026-03-09T00:00:00Z,,0:d"]);
    let found = read(&both).expect("a bucket");
    let epochs: Vec<_> = found.rows.iter().map(|row| (row.subject.as_str(), row.current.epoch)).collect();
    assert_eq!(epochs, [("676775bbefea76c20f4d7e54b8145012", 59), ("76e8adabef2200dbd0cdd893fb3830c7", 61)]);
}

#[test]
fn what_is_not_of_the_form_is_refused() {
    use PackedError::{Fields, Instant, Name, Number, Text, Version};
    let seen = "60,2026-03-09T00:00:00Z,,0:d:1:2026-03-09T00:00:00Z,1:";
    let rows = [
        (String::new(), Version),
        (format!("2 a {seen}"), Version),
        (format!("01 a {seen}"), Version),
        (format!("a {seen}"), Version),
        (format!(" 1 a {seen}"), Version),
        ("1".to_owned(), Fields),
        ("1 a".to_owned(), Fields),
        ("1 a ".to_owned(), Fields),
        (format!("1 a {seen} "), Fields),
        (format!("1 a  {seen}"), Fields),
        (format!("1 a {seen} {seen} {seen}"), Fields),
        ("1 a 60,2026-03-09T00:00:00Z".to_owned(), Fields),
        (format!("1 a {seen},"), Fields),
        (format!("1 a {seen},1"), Fields),
        (format!("1 a {seen},:d"), Name),
        (format!("1 a {seen},2:d"), Name),
        (format!("1 a {seen},-1:d"), Name),
        (format!("1 a {seen},+1:d"), Name),
        (format!("1 a {seen},department:d"), Name),
        (format!("1 a {seen},18446744073709551616:d"), Name),
        (format!("1 a {seen},1:d:"), Number),
        (format!("1 a {seen},1:d:x"), Number),
        (format!("1 a {seen},1:d:+1"), Number),
        (format!("1 a {seen},1:d:9223372036854775808"), Number),
        ("1 a ,2026-03-09T00:00:00Z,".to_owned(), Number),
        ("1 a 1.5,2026-03-09T00:00:00Z,".to_owned(), Number),
        ("1 a 60,,".to_owned(), Instant),
        ("1 a 60,2026-03-09,".to_owned(), Instant),
        ("1 a 60,2026-03-09T00:00:00Z,then".to_owned(), Instant),
        (format!("1 a {seen},1:d:1:"), Instant),
        (format!("1 a {seen},1:d:1:2026-03-09T00:00:00Z:2"), Instant),
        (format!("1 a%2 {seen}"), Text),
        (format!("1 a%2c {seen}"), Text),
        (format!("1 a%41 {seen}"), Text),
        (format!("1 a {seen},1:%"), Text),
        (format!("1 a {seen},1:%ß"), Text),
    ];
    for (line, expected) in rows {
        let names = || vec!["department".to_owned(), "city".to_owned()];
        assert_eq!(unpack(names(), vec![format!("1 a {seen}"), line.clone()]), Err(expected), "{line}");
        // One line spoils the bucket, and says what was expected and nothing that stands there.
        let refusal = read(&json!({"directory": "people", "names": names(), "packed": [line]})).expect_err("refused");
        assert!(refusal.starts_with("invalid value: a line, expected a packed row "), "{refusal}");
    }
    for (what, stored) in [
        ("names of another type", json!({"directory": "people", "names": [1], "packed": []})),
        ("lines of another type", json!({"directory": "people", "packed": [{"subject": "a"}]})),
        ("one line", json!({"directory": "people", "packed": format!("1 a {seen}")})),
        ("nothing", json!({"directory": "people", "packed": null})),
        ("no directory", json!({"packed": []})),
    ] {
        assert!(read(&stored).is_err(), "{what}");
    }
}

/// Any text that the schema lets in.
fn texts(longest: usize) -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-f]{16}",
        proptest::sample::select(vec!["", "?", "few", "%", "%20", "a b", ",", ":::", "%%,", "\"\\", "\n\u{0}", "ß日\u{1d11e}"])
            .prop_map(str::to_owned),
        any::<String>(),
    ]
    .prop_map(move |text: String| text.chars().take(longest).collect())
}

/// Any instant of the years 0 to 9999, in full seconds or not.
fn instants() -> impl Strategy<Value = DateTime<Utc>> {
    let nanos = prop_oneof![Just(0), Just(250_000_000), Just(1_000), 0..1_000_000_000_u32];
    (-62_167_219_200_i64..253_402_300_800, nanos).prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).expect("an instant"))
}

fn sightings() -> impl Strategy<Value = Sighting> {
    let names = prop_oneof!["[a-z]", "group:[a-c ]{1,3}", any::<String>()];
    let numbers = || prop_oneof![Just(0), 0..9_i64, any::<i64>()];
    let marks = (names, texts(16), numbers(), proptest::option::of(instants()))
        .prop_map(|(name, digest, sequence, changed_at)| mark(&name, &digest, sequence, changed_at));
    (numbers(), instants(), proptest::option::of(instants()), vec(marks, 0..6))
        .prop_map(|(epoch, first_seen_at, begun_at, marks)| Sighting { epoch, first_seen_at, begun_at, marks })
}

fn any_rows() -> impl Strategy<Value = Vec<SnapshotRow>> {
    let row = (texts(64), sightings(), proptest::option::of(sightings()));
    vec(row.prop_map(|(subject, current, previous)| SnapshotRow { subject, current, previous: previous.map(Box::new) }), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(rows in any_rows()) {
        let bucket = bucket(rows);
        prop_assert_eq!(read(&form::value(&bucket)), Ok(bucket));
    }
}

#[test]
fn names_are_in_memory_once() {
    let found = read(&packed()).expect("a bucket");
    let names = |sighting: &Sighting| sighting.marks.iter().map(|mark| std::sync::Arc::as_ptr(&mark.name).cast::<u8>()).collect::<Vec<_>>();
    let previous = found.rows[0].previous.as_deref().expect("a sighting");
    assert_eq!(names(&found.rows[0].current), names(previous));
    assert_eq!(names(&found.rows[0].current)[1], names(&found.rows[1].current)[0]);
}

/// The longest row of the older form fits into a line, and that it is as long is why the bound is what it is.
#[test]
fn the_longest_row_fits() {
    let instant = at("2026-01-12T06:00:00Z") + TimeDelta::nanoseconds(123_456_789);
    let sighting = |first: usize| Sighting {
        epoch: i64::MIN,
        first_seen_at: instant,
        begun_at: Some(instant),
        marks: (0..200).map(|index| mark(&(first + index).to_string(), &"%".repeat(16), i64::MIN, Some(instant))).collect(),
    };
    let row = |first| SnapshotRow { subject: ",".repeat(64), current: sighting(first), previous: Some(Box::new(sighting(first + 200))) };
    let rows = [row(0), row(400), row(600)];
    let (names, lines) = pack(&rows);
    assert_eq!((names.len(), lines[2].len()), (MOST_NAMES, LONGEST));
    assert!(lines.iter().all(|line| line.len() <= LONGEST));
    let crd = crds().into_iter().find(|crd| crd.spec.names.kind == "DirectorySnapshot").expect("the definition");
    let properties = &form::value(&crd.spec.versions[0])["schema"]["openAPIV3Schema"]["properties"];
    assert_eq!(properties["packed"]["items"], json!({"type": "string", "maxLength": LONGEST}));
    assert_eq!(properties["names"]["maxItems"], json!(MOST_NAMES));
    for (member, schema) in properties.as_object().expect("properties") {
        assert!(schema["default"].is_null(), "{member}: the API server would add it to every bucket");
    }
}
