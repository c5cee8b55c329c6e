//! Work that runners of three releases left in the middle is finished by those of today. Each file of `unfinished/` is a whole
//! tenant: one whose slices have no Changes, as a release before them wrote it, one whose slices have them, and one whose slices have
//! lines of people of whom nothing is known but the plan. Each is played with
//! snapshot and ledger in the older form, as the files have them, and in the one in which they are written today.

use std::path::Path;

use serde_json::{Value, json};
use tenure::sim::yaml;

use super::compare::Way;
use super::{forms, play, story};
use crate::crash_sweep::rows::with_whole_results;
use crate::scenarios::end::{list, text};

/// What the mail says of which nobody knows whether it left.
const UNCERTAIN: &str = "it may have been done, or not, and is not done again (onUncertain: ";

/// (what, slice, subject, how it ends, whether the account is enabled at the end, its groups)
type Case = (&'static str, &'static str, &'static str, &'static str, bool, &'static [&'static str]);

const CASES: [Case; 10] = [
    ("never claimed", "join-v1-e18-0", "nia", "completed", true, &["all"]),
    ("one task of two has its result", "join-v1-e10-0", "ann", "completed", true, &["all"]),
    ("claimed, and the first effect has no result", "join-v1-e10-0", "ben", "completed", true, &["all"]),
    ("not claimed beside others who were", "join-v1-e10-0", "cyd", "completed", true, &["all"]),
    ("a leaver has marked it, and nobody has said that its owner stopped", "join-v1-e10-0", "dee", "canceled Superseded", false, &[]),
    ("the leaver who marked it, claimed", "off-v1-e18-0", "dee", "completed", false, &[]),
    ("done before", "join-v1-e10-0", "don", "completed", true, &["all"]),
    ("a mail that may have left: Skip", "skip-v1-e10-0", "sue", "completed", true, &[]),
    ("a mail that may have left: Fail", "fail-v1-e10-0", "fay", "failed Uncertain", true, &[]),
    ("a mail of which a claim that is gone says nothing: Repeat", "repeat-v1-e10-0", "ray", "completed", true, &[]),
];

/// The files, whether their slices have Changes, and whether they have lines.
const FILES: [(&str, bool, bool); 3] =
    [("without-changes.yaml", false, false), ("with-changes.yaml", true, false), ("with-lines.yaml", true, true)];

fn read(form: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulation/unfinished").join(form);
    let documents = yaml::parse(&std::fs::read_to_string(&path).expect("a text"));
    let mut objects: Vec<Value> =
        documents.into_iter().map(|document| document.unwrap_or_else(|error| panic!("{form}: {error:?}")).value).collect();
    objects.sort_by_key(story::version);
    objects
}

fn one<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let is_it = |object: &&Value| text(object, "/kind") == kind && text(object, "/metadata/name") == name;
    objects.iter().find(is_it).unwrap_or_else(|| panic!("no {kind} {name}"))
}

fn result<'a>(objects: &'a [Value], slice: &str, subject: &str) -> &'a Value {
    let results = list(one(objects, "RunSlice", slice), "/results");
    results.iter().find(|result| text(result, "/subject") == subject).unwrap_or_else(|| panic!("{subject} is not in {slice}"))
}

/// How many results there are, and who is in them: nobody may be planned once more.
fn planned(objects: &[Value]) -> Vec<(&str, &str)> {
    let slices = objects.iter().filter(|object| text(object, "/kind") == "RunSlice");
    let mut planned: Vec<_> = slices
        .flat_map(|slice| list(slice, "/results").iter().map(move |result| (text(slice, "/metadata/name"), text(result, "/subject"))))
        .collect();
    planned.sort_unstable();
    planned
}

#[test]
fn what_another_release_or_this_one_left_in_the_middle_is_finished() {
    let forms = FILES.map(|(file, ..)| (file, read(file)));
    let written = forms.clone().map(|(file, objects)| (file, forms::packed(&objects)));
    assert!(forms::packed_rows(&written[1].1).values().all(|rows| *rows > 0), "nothing is left of the older form");
    for (form, before) in forms.into_iter().chain(written) {
        let (after, mails) = play(&before, Way::Kept);
        let (before, after) = (with_whole_results(before), with_whole_results(after));
        for (what, slice, subject, ends, is_enabled, groups) in CASES {
            let what = format!("{form}: {what}");
            let result = result(&after, slice, subject);
            let end = [text(result, "/processingStatus"), text(result, "/reason")].join(" ");
            assert_eq!(end.trim(), ends, "{what}: {result:#}");
            let account = one(&after, "Account", subject);
            let has = (account["spec"]["accountEnabled"] == true, account["spec"]["memberOf"].clone());
            assert_eq!(has, (is_enabled, json!(groups)), "{what}");
        }
        assert_eq!(planned(&after), planned(&before), "{form}: nobody is planned once more");
        let runs = after.iter().filter(|object| text(object, "/kind") == "Run");
        for run in runs {
            let is_complete = list(run, "/status/conditions").iter().any(|condition| condition["type"] == "Complete");
            assert!(is_complete, "{form}: {} {:#}", text(run, "/metadata/name"), run["status"]);
        }
        assert!(!result(&after, "join-v1-e10-0", "dee")["stoppedDateTime"].is_null(), "{form}: its owner is gone");
        assert_eq!(mails, ["ray"], "{form}: of the others nobody knows whether theirs left");
        for (slice, subject) in [("skip-v1-e10-0", "sue"), ("fail-v1-e10-0", "fay")] {
            let words = text(result(&after, slice, subject), "/tasks/1/processingInfo");
            assert!(words.contains(UNCERTAIN), "{form}: {subject}: {words}");
        }
        // What was there before the first attempt stands.
        for subject in ["ann", "ben", "cyd"] {
            let tasks = &result(&after, "join-v1-e10-0", subject)["tasks"];
            assert_eq!(tasks[0]["before"], json!({"accountEnabled": false}), "{form}: {subject}");
            assert_eq!(tasks[1]["before"], json!({"memberOf": []}), "{form}: {subject}");
        }
    }
}

/// The files are what their names say.
#[test]
fn what_was_left_has_changes_or_has_none() {
    for (form, has_changes, has_lines) in FILES {
        let objects = read(form);
        let slices = objects.iter().filter(|object| text(object, "/kind") == "RunSlice");
        let lines = slices.flat_map(|slice| list(slice, "/results")).filter(|result| !result["queued"].is_null()).count();
        assert_eq!(lines > 0, has_lines, "{form}");
        let objects = with_whole_results(objects);
        let slices = objects.iter().filter(|object| text(object, "/kind") == "RunSlice");
        let claimed = slices.flat_map(|slice| list(slice, "/results")).filter(|result| !result["attempt"].is_null());
        let tasks: Vec<&Value> = claimed.flat_map(|result| list(result, "/tasks")).collect();
        assert!(!tasks.is_empty() && tasks.iter().all(|task| task["changes"].is_null() != has_changes), "{form}");
        let open = |subject: &str, slice: &str| text(result(&objects, slice, subject), "/processingStatus").to_owned();
        assert_eq!(open("nia", "join-v1-e18-0"), "queued", "{form}");
        for (slice, subject) in [("join-v1-e10-0", "ann"), ("join-v1-e10-0", "ben"), ("off-v1-e18-0", "dee"), ("skip-v1-e10-0", "sue")] {
            assert_eq!(open(subject, slice), "inProgress", "{form}: {subject}");
        }
    }
}
