//! The stored form: what is written is read back, and what is not of the form is refused.

use chrono::DateTime;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::api::form;
use crate::api::processing::ProcessingStatus;

fn slice(tasks: &Value, results: &Value) -> Value {
    json!({"run": "off-v1-e7", "runUid": "", "executionType": "scheduled", "workflow": "off", "category": "leaver", "lineage": "l",
        "version": 1, "epoch": 7, "index": 0, "scope": 3, "tasks": tasks, "results": results})
}

/// A whole one.
fn result(subject: &str, tasks: &Value) -> Value {
    json!({"subject": subject, "subjectKey": "k", "occurrence": "c", "due": "2026-03-09T00:00:00Z", "processingStatus": "queued", "tasks": tasks})
}

fn task(name: &str, status: &str) -> Value {
    json!({"name": name, "processingStatus": status})
}

fn read(slice: &Value) -> Result<RunSliceData, String> {
    serde_json::from_value(slice.clone()).map_err(|error| error.to_string())
}

fn written(slice: &RunSliceData) -> Value {
    form::value(slice)
}

#[test]
fn golden() {
    let lines = json!([
        {"queued": "1 ann 2026-03-09T00:00:00Z c1 k1 o  "},
        {"queued": "1 bob 2026-03-09T00:00:00.500Z c2 k2 os p2 id%20of%25bob"},
        {"queued": "1 cid 2026-03-09T00:00:00Z c3 k3   "},
    ]);
    let stored = slice(&json!(["disable", "leave"]), &lines);
    let known = read(&stored).expect("a slice");
    assert!(known.results.iter().all(|result| result.tasks == ["disable", "leave"].map(TaskResult::queued)), "{known:?}");
    let bob = &known.results[1];
    assert_eq!((bob.id.as_deref(), bob.person.as_deref(), bob.off_boards, bob.already_so), (Some("id of%bob"), Some("p2"), true, true));
    assert_eq!((bob.subject_key.as_str(), bob.occurrence.as_str(), known.results[2].off_boards), ("k2", "c2", false));
    assert_eq!(written(&known), stored);
}

#[test]
fn who_has_begun_or_waits_is_written_whole() {
    let line = json!({"queued": "1 ann 2026-03-09T00:00:00Z c k   "});
    let mut known = read(&slice(&json!(["disable", "leave"]), &json!([line, line]))).expect("a slice");
    known.results[1].tasks[1].changes = Some(vec!["leave group a".to_owned()]);
    let claimed = written(&known);
    assert_eq!(claimed["results"][0], line);
    assert_eq!(claimed["results"][1]["tasks"].as_array().map(Vec::len), Some(2), "what is noted for one task is kept with all");
    known.results[1] = known.results[0].clone();
    known.results[1].waits_for.push("join-v1-e6-0".to_owned());
    let waiting = written(&known);
    assert_eq!((&waiting["results"][1]["waitsFor"][0], waiting["results"][1].get("tasks")), (&json!("join-v1-e6-0"), None));
    assert_eq!(read(&waiting), Ok(known));
}

#[test]
fn a_result_of_other_tasks_keeps_its_own() {
    for other in [json!([task("disable", "queued")]), json!([task("leave", "queued"), task("disable", "queued")])] {
        let stored = slice(&json!(["disable", "leave"]), &json!([result("ann", &other)]));
        assert_eq!(written(&read(&stored).expect("a slice")), stored, "{other}");
    }
}

#[test]
fn a_slice_of_an_older_release_stays_as_it_is() {
    let mut stored = slice(&json!([]), &json!([result("ann", &json!([task("disable", "queued")]))]));
    stored.as_object_mut().expect("an object").remove("tasks");
    assert_eq!(written(&read(&stored).expect("a slice")), stored, "a program of that release may be at work on it");
}

#[test]
fn a_release_that_does_not_know_lines_cannot_read_a_slice_with_one() {
    // What such a release reads of a result is a whole one.
    let line = json!({"queued": "1 ann 2026-03-09T00:00:00Z c k   "});
    assert!(serde_json::from_value::<SubjectResult>(line).is_err());
}

#[test]
fn what_is_not_of_the_form_is_refused() {
    let lines = [
        "",
        "1",
        "2 ann 2026-03-09T00:00:00Z c k   ",
        "1 ann 2026-03-09T00:00:00Z c k  ",
        "1 ann 2026-03-09T00:00:00Z c k    ",
        "1 ann yesterday c k   ",
        "1 ann 2026-03-09T00:00:00Z c k so  ",
        "1 a%nn 2026-03-09T00:00:00Z c k   ",
        "1  2026-03-09T00:00:00Z c k   ",
    ];
    for line in lines {
        let refusal = read(&slice(&json!(["a"]), &json!([{"queued": line}]))).expect_err("refused");
        assert!(refusal.starts_with("invalid value: a line, expected a packed row "), "{line}: {refusal}");
    }
    for other in [json!({"queued": 1}), json!({"queued": null}), json!({}), json!("ann"), json!({"subject": "ann"})] {
        assert!(read(&slice(&json!(["a"]), &json!([other]))).is_err(), "{other}");
    }
}

#[test]
fn the_longest_line_fits() {
    let separators = |count: usize| " ".repeat(count);
    let longest = SubjectResult {
        subject: separators(253),
        id: Some(separators(253)),
        subject_key: separators(64),
        person: Some(separators(64)),
        occurrence: separators(64),
        due: "2026-03-09T00:00:00.123456789Z".parse().expect("an instant"),
        off_boards: true,
        already_so: true,
        ..SubjectResult::default()
    };
    assert_eq!(packed::pack(&longest).map(|line| line.len()), Some(packed::LONGEST));
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        (subject, id, person) in (".{1,8}", option::of(".{0,4}"), option::of(".{0,4}")),
        (subject_key, occurrence, seconds, nanoseconds) in (".{0,4}", ".{0,4}", 0_i64..4_000_000_000, 0_u32..1_000_000_000),
        (off_boards, already_so, has_begun, waits) in any::<(bool, bool, bool, bool)>(),
    ) {
        let due = DateTime::from_timestamp(seconds, nanoseconds).expect("an instant");
        let mut tasks = vec![TaskResult::queued("disable"), TaskResult::queued("leave")];
        if has_begun {
            tasks[0].processing_status = ProcessingStatus::InProgress;
        }
        let waits_for = if waits { vec!["join-v1-e6-0".to_owned()] } else { Vec::new() };
        let one = SubjectResult { subject, id, subject_key, person, occurrence, due, waits_for, off_boards, already_so, tasks, ..SubjectResult::default() };
        let mut known = read(&slice(&json!(["disable", "leave"]), &json!([]))).expect("a slice");
        known.results = vec![one.clone(), one];
        prop_assert_eq!(read(&written(&known)), Ok(known));
    }
}
