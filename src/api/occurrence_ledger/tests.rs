//! The stored form: what is written is read back, by hand and by chance, and what is not of the form is refused.

use chrono::{TimeDelta, Utc};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::EntryState::{Missed, Planned, Released, Superseded};
use super::*;
use crate::api::{crds, form};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn chunk(entries: Vec<LedgerEntry>) -> OccurrenceLedgerData {
    OccurrenceLedgerData { entries }
}

fn read(stored: &Value) -> Result<OccurrenceLedgerData, String> {
    form::typed(stored).map_err(|error| error.to_string())
}

/// Somebody's first day, missed.
fn missed() -> LedgerEntry {
    LedgerEntry {
        epoch: 74,
        key: "d0f6e059b66ff84c2c8bd3287301552f".to_owned(),
        subject: "76e8adabef2200dbd0cdd893fb3830c7".to_owned(),
        person: None,
        attribute: "employeeHireDate".to_owned(),
        workflow: "join".to_owned(),
        category: Category::Joiner,
        state: Missed,
        due: at("2026-03-03T00:00:00Z"),
        at: at("2026-03-10T00:00:01.25Z"),
        run: None,
        run_uid: None,
        slice: None,
        by: None,
        reason: Some("WindowEnded".to_owned()),
        done: None,
        closes: None,
        hire: None,
        sequence: None,
    }
}

/// One row of each state, a row of nobody, and one with texts that nobody writes.
fn rows() -> Vec<LedgerEntry> {
    let text = |text: &str| Some(text.to_owned());
    let base = || LedgerEntry { reason: None, ..missed() };
    vec![
        LedgerEntry {
            epoch: 58,
            person: text("2e296a1fc7e5acb22e296a1fc7e5acb2"),
            state: Planned,
            run: text("join-v1-e58"),
            slice: text("join-v1-e58-0"),
            hire: text("b80950921b8ffcbb"),
            ..base()
        },
        missed(),
        LedgerEntry {
            epoch: 90,
            state: Superseded,
            by: text("542f837ad6719201c179b80eca97386b"),
            run: text("off-v1-e90"),
            reason: text("Superseded"),
            ..base()
        },
        LedgerEntry {
            epoch: 83,
            attribute: "sponsors<1".to_owned(),
            workflow: "alone".to_owned(),
            category: Category::Leaver,
            state: Released,
            reason: text("Changed"),
            done: Some(at("2026-03-09T00:00:00Z")),
            closes: Some(Closing::State),
            sequence: Some(3),
            ..base()
        },
        LedgerEntry {
            subject: String::new(),
            attribute: String::new(),
            workflow: "hand".to_owned(),
            category: Category::Mover,
            state: Planned,
            run: text("welcome"),
            run_uid: text("5cacbec8-8984-4c85-a146-b22fc30a8ece"),
            reason: text("NobodyDue"),
            ..base()
        },
        LedgerEntry {
            epoch: -1,
            key: "a b".to_owned(),
            attribute: "group:50%,".to_owned(),
            person: text(""),
            closes: Some(Closing::Leaving),
            category: Category::Leaver,
            hire: text("%"),
            sequence: Some(-2),
            ..base()
        },
    ]
}

/// They as releases before `packed` wrote them.
fn older() -> Value {
    let (key, subject) = ("d0f6e059b66ff84c2c8bd3287301552f", "76e8adabef2200dbd0cdd893fb3830c7");
    let (due, at) = ("2026-03-03T01:00:00+01:00", "2026-03-10T00:00:01.250Z");
    json!({"entries": [
        {"epoch": 58, "key": key, "subject": subject, "person": "2e296a1fc7e5acb22e296a1fc7e5acb2", "attribute": "employeeHireDate",
         "workflow": "join", "category": "joiner", "state": "planned", "due": due, "at": at, "run": "join-v1-e58",
         "slice": "join-v1-e58-0", "hire": "b80950921b8ffcbb"},
        {"epoch": 74, "key": key, "subject": subject, "attribute": "employeeHireDate", "workflow": "join", "category": "joiner",
         "state": "missed", "due": due, "at": at, "reason": "WindowEnded"},
        {"epoch": 90, "key": key, "subject": subject, "attribute": "employeeHireDate", "workflow": "join", "category": "joiner",
         "state": "superseded", "due": due, "at": at, "run": "off-v1-e90", "by": "542f837ad6719201c179b80eca97386b",
         "reason": "Superseded"},
        {"epoch": 83, "key": key, "subject": subject, "attribute": "sponsors<1", "workflow": "alone", "category": "leaver",
         "state": "released", "due": due, "at": at, "reason": "Changed", "done": "2026-03-09T00:00:00Z", "closes": "state",
         "sequence": 3},
        {"epoch": 74, "key": key, "subject": "", "workflow": "hand", "category": "mover", "state": "planned", "due": due, "at": at,
         "run": "welcome", "runUid": "5cacbec8-8984-4c85-a146-b22fc30a8ece", "reason": "NobodyDue"},
        {"epoch": -1, "key": "a b", "subject": subject, "person": "", "attribute": "group:50%,", "workflow": "join",
         "category": "leaver", "state": "missed", "due": due, "at": at, "closes": "leaving", "hire": "%", "sequence": -2}]})
}

/// The same as they are written.
fn packed() -> Value {
    let stop = json!({"epoch": 9_007_199_254_740_991_i64, "key": "", "subject": "", "attribute": "", "workflow": "", "category": "leaver",
        "state": "missed", "due": "1970-01-01T00:00:00Z", "at": "1970-01-01T00:00:00Z"});
    json!({"entries": [stop], "packed": [
        "1 58 d0f6e059b66ff84c2c8bd3287301552f 76e8adabef2200dbd0cdd893fb3830c7 2e296a1fc7e5acb22e296a1fc7e5acb2 employeeHireDate \
         join joiner planned 2026-03-03T00:00:00Z 2026-03-10T00:00:01.250Z join-v1-e58  join-v1-e58-0     b80950921b8ffcbb ",
        "1 74 d0f6e059b66ff84c2c8bd3287301552f 76e8adabef2200dbd0cdd893fb3830c7  employeeHireDate \
         join joiner missed 2026-03-03T00:00:00Z 2026-03-10T00:00:01.250Z     WindowEnded    ",
        "1 90 d0f6e059b66ff84c2c8bd3287301552f 76e8adabef2200dbd0cdd893fb3830c7  employeeHireDate \
         join joiner superseded 2026-03-03T00:00:00Z 2026-03-10T00:00:01.250Z off-v1-e90   542f837ad6719201c179b80eca97386b Superseded    ",
        "1 83 d0f6e059b66ff84c2c8bd3287301552f 76e8adabef2200dbd0cdd893fb3830c7  sponsors<1 \
         alone leaver released 2026-03-03T00:00:00Z 2026-03-10T00:00:01.250Z     Changed 2026-03-09T00:00:00Z state  3",
        "1 74 d0f6e059b66ff84c2c8bd3287301552f    \
         hand mover planned 2026-03-03T00:00:00Z 2026-03-10T00:00:01.250Z welcome 5cacbec8-8984-4c85-a146-b22fc30a8ece   NobodyDue    ",
        "1 -1 a%20b 76e8adabef2200dbd0cdd893fb3830c7 % group:50%25, \
         join leaver missed 2026-03-03T00:00:00Z 2026-03-10T00:00:01.250Z       leaving %25 -2"]})
}

#[test]
fn its_word_is_that_of_objects() {
    for state in EntryState::ALL {
        assert_eq!(form::value(&state), json!(state.as_str()));
    }
    for closes in Closing::ALL {
        assert_eq!(form::value(&closes), json!(closes.as_str()));
    }
    for category in Category::ALL {
        assert_eq!(form::value(&category), json!(category.as_str()));
    }
}

#[test]
fn golden() {
    let rows = chunk(rows());
    assert_eq!(form::value(&rows), packed());
    assert_eq!(read(&packed()).as_ref(), Ok(&rows));
    assert_eq!(read(&older()).as_ref(), Ok(&rows), "rows of the older form are read");
    assert_eq!(form::value(&chunk(Vec::new())), json!({}));
    for empty in [json!({}), json!({"entries": []}), json!({"packed": []})] {
        assert_eq!(read(&empty), Ok(chunk(Vec::new())));
    }
}

/// It would plan everybody once more, or put its own rows in the place of all, if the chunk were empty to it.
#[test]
fn a_release_that_knows_the_older_form_only_meets_an_epoch_above_every_other() {
    #[derive(serde::Deserialize)]
    struct Older {
        entries: Vec<LedgerEntry>,
    }
    let found: Older = form::typed(&form::value(&chunk(rows()))).expect("a chunk of the older form");
    let epochs: Vec<i64> = found.entries.iter().map(|row| row.epoch).collect();
    assert_eq!(epochs, [NO_EPOCH]);
    assert_eq!(form::value(&read(&packed()).expect("a chunk")), packed(), "and it is there once, however often the chunk is written");
}

/// The last of two rows of one epoch decides.
#[test]
fn older_rows_come_before_packed_ones() {
    let (all, mut both) = (rows(), older());
    both["entries"].as_array_mut().expect("rows").truncate(2);
    both["packed"] = json!(packed()["packed"].as_array().expect("lines")[2..]);
    assert_eq!(read(&both), Ok(chunk(all.clone())), "each in its order, and none is left out");
    both["packed"] = packed()["packed"].clone();
    assert_eq!(read(&both), Ok(chunk([&all[..2], &all].concat())), "nor one that is in both forms");
}

/// A definition of an older release takes away what it does not have; the row that stops that release stays.
#[test]
fn a_chunk_that_has_lost_its_lines_is_not_taken_for_an_empty_one() {
    let mut pruned = packed();
    pruned.as_object_mut().expect("an object").remove("packed");
    assert!(read(&pruned).expect_err("refused").starts_with(&PackedError::Lost.to_string()));
    let mut empty = packed();
    empty["packed"] = json!([]);
    assert!(read(&empty).expect_err("refused").starts_with(&PackedError::Lost.to_string()));
    assert_eq!(read(&json!({})).map(|chunk| chunk.entries.len()), Ok(0));
}

#[test]
fn what_is_not_of_the_form_is_refused() {
    use PackedError::{Fields, Instant, Number, Text, Version, Word};
    let (start, end) = ("60 k s p a w leaver", "2026-03-09T00:00:00Z 2026-03-09T00:00:00Z r u s b y 2026-03-09T00:00:00Z state h 2");
    let good = format!("1 {start} planned {end}");
    let with = |place: usize, text: &str| {
        let mut fields: Vec<&str> = good.split(' ').collect();
        fields[place] = text;
        fields.join(" ")
    };
    let lines = [
        (String::new(), Version),
        (with(0, "2"), Version),
        (with(0, "01"), Version),
        (with(0, ""), Version),
        (format!("{start} planned {end}"), Version),
        (format!(" {good}"), Version),
        ("1".to_owned(), Fields),
        ("1 ".to_owned(), Fields),
        (format!("1 {start}"), Fields),
        (good.trim_end_matches(" 2").to_owned(), Fields),
        (format!("{good} "), Fields),
        (format!("{good} 3"), Fields),
        (format!("1  {start} planned {end}"), Fields),
        (with(1, ""), Number),
        (with(1, "+1"), Number),
        (with(1, "1.5"), Number),
        (with(1, "9223372036854775808"), Number),
        (with(19, "x"), Number),
        (with(7, ""), Word),
        (with(7, "Leaver"), Word),
        (with(7, "guest"), Word),
        (with(8, ""), Word),
        (with(8, "done"), Word),
        (with(17, "leaver"), Word),
        (with(17, "%"), Word),
        (with(9, ""), Instant),
        (with(9, "2026-03-09"), Instant),
        (with(10, "then"), Instant),
        (with(16, "60"), Instant),
        (with(2, "%"), Text),
        (with(3, "a%2"), Text),
        (with(5, "a%2c"), Text),
        (with(6, "a%41"), Text),
        (with(4, "%%"), Text),
        (with(11, "a%"), Text),
        (with(18, "%ß"), Text),
    ];
    assert!(read(&json!({"packed": [good]})).is_ok());
    for (line, expected) in lines {
        assert_eq!(unpack(&[good.clone(), line.clone()]), Err(expected), "{line}");
        // One line spoils the chunk, and says what was expected and nothing that stands there.
        let refusal = read(&json!({"packed": [good, line]})).expect_err("refused");
        assert!(refusal.starts_with("invalid value: a line, expected a packed row "), "{refusal}");
    }
    for (what, stored) in [
        ("lines of another type", json!({"packed": [{"epoch": 1}]})),
        ("one line", json!({"packed": good})),
        ("nothing", json!({"packed": null})),
        ("an older row that is not whole, beside lines", json!({"packed": [good], "entries": [{"epoch": 1}]})),
    ] {
        assert!(read(&stored).is_err(), "{what}");
    }
}

/// Any text that the schema lets in.
fn texts(longest: usize) -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-f]{16}",
        proptest::sample::select(vec!["", "?", "%", "%20", "a b", " ", "%%,", "group:a", "\"\\", "\n\u{0}", "ß日\u{1d11e}"])
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

fn any_row() -> impl Strategy<Value = LedgerEntry> {
    let numbers = || prop_oneof![Just(0), 0..9_i64, any::<i64>()];
    let required = (numbers(), texts(64), texts(64), texts(260), texts(36), instants(), instants());
    let words = (
        proptest::sample::select(Category::ALL.to_vec()),
        proptest::sample::select(EntryState::ALL.to_vec()),
        option::of(proptest::sample::select(Closing::ALL.to_vec())),
    );
    let names = (option::of(texts(64)), option::of(texts(63)), option::of(texts(64)), option::of(texts(63)));
    let rest = (option::of(texts(64)), option::of(texts(128)), option::of(instants()), option::of(texts(16)), option::of(numbers()));
    (required, words, names, rest).prop_map(|(required, words, names, rest)| {
        let (epoch, key, subject, attribute, workflow, due, at) = required;
        let ((category, state, closes), (person, run, run_uid, slice)) = (words, names);
        let (by, reason, done, hire, sequence) = rest;
        #[rustfmt::skip]
        let row = LedgerEntry {
            epoch, key, subject, person, attribute, workflow, category, state, due, at,
            run, run_uid, slice, by, reason, done, closes, hire, sequence,
        };
        row
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(rows in vec(any_row(), 0..5)) {
        // As it is written, and as older releases wrote it.
        let chunk = chunk(rows);
        prop_assert_eq!(read(&json!({"entries": chunk.entries})), Ok(chunk.clone()));
        prop_assert_eq!(read(&form::value(&chunk)), Ok(chunk));
    }
}

/// The longest row of the older form fits into a line, and that it is as long is why the bound is what it is.
#[test]
fn the_longest_row_fits() {
    let instant = at("2026-01-12T06:00:00Z") + TimeDelta::nanoseconds(123_456_789);
    let text = |count: usize| " %".repeat(count / 2) + &" ".repeat(count % 2);
    let row = LedgerEntry {
        epoch: i64::MIN,
        key: text(64),
        subject: text(64),
        person: Some(text(64)),
        attribute: text(260),
        workflow: text(36),
        category: Category::Leaver,
        state: Superseded,
        due: instant,
        at: instant,
        run: Some(text(63)),
        run_uid: Some(text(64)),
        slice: Some(text(63)),
        by: Some(text(64)),
        reason: Some(text(128)),
        done: Some(instant),
        closes: Some(Closing::Leaving),
        hire: Some(text(16)),
        sequence: Some(i64::MIN),
    };
    assert_eq!((pack(std::slice::from_ref(&row))[0].len(), LONGEST), (2_831, 2_831));
    let crd = crds().into_iter().find(|crd| crd.spec.names.kind == "OccurrenceLedger").expect("the definition");
    let properties = &form::value(&crd.spec.versions[0])["schema"]["openAPIV3Schema"]["properties"];
    assert_eq!(properties["packed"]["items"], json!({"type": "string", "maxLength": LONGEST}));
    for (member, schema) in properties.as_object().expect("properties") {
        assert!(schema["default"].is_null(), "{member}: the API server would add it to every chunk");
    }
    // Its texts are as long as the older form lets them be: with one character more each is refused there.
    let older = &properties["entries"]["items"]["properties"];
    let stored = form::value(&row);
    for (member, value) in stored.as_object().expect("a row") {
        if older[member]["enum"].is_null() && older[member]["format"] != "date-time" && value.is_string() {
            assert_eq!(older[member]["maxLength"], json!(value.as_str().map(str::len)), "{member}");
        }
    }
}
