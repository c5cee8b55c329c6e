//! What holds of every Change.

mod kinds;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::api::reasons::Reason;
use crate::api::task::MEMBERS;
use crate::api::{SubjectResult, Task, TaskResult};
use crate::catalog;
use crate::domain::fault::Fault;
use crate::domain::room::stored_bytes;
use crate::domain::standing::Progress;
use kinds::any_change;

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000)
}

/// Few names, so that what is there and what is changed meet.
fn few() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["a", "b", "c", "d"]).prop_map(str::to_owned)
}

fn sets() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::btree_set(few(), 0..4).prop_map(|names| names.into_iter().collect())
}

fn observed() -> impl Strategy<Value = Observed> {
    let attributes = proptest::collection::btree_map(few(), few(), 0..3);
    let entry = (any::<bool>(), any::<bool>(), sets(), sets(), attributes, any::<bool>()).prop_map(
        |(is_enabled, is_deleted, member_of, licenses, attributes, is_revoked)| Entry {
            name: "a".to_owned(),
            is_enabled,
            deleted_at: is_deleted.then(now),
            member_of,
            licenses,
            attributes,
            sessions_revoked_at: is_revoked.then_some(DateTime::UNIX_EPOCH),
            ..Entry::default()
        },
    );
    let sponsored = (few(), sets()).prop_map(|(of, sponsors)| Sponsorship { of, sponsors, is_protected: false, has_account: true });
    (entry, proptest::collection::vec(sponsored, 0..2)).prop_map(|(entry, sponsored)| Observed {
        subject: "a".to_owned(),
        entry: Some(entry),
        sponsored: sponsored.into_iter().filter(|one| one.sponsors.contains(&"a".to_owned()) && one.of != "a").collect(),
        ..Observed::default()
    })
}

fn few_changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<bool>().prop_map(Change::SetEnabled),
        proptest::collection::btree_map(few(), proptest::option::of(few()), 0..3).prop_map(Change::SetAttributes),
        few().prop_map(|group| Change::AddMember { group }),
        few().prop_map(|group| Change::RemoveMember { group }),
        few().prop_map(|sku| Change::AssignLicence { sku }),
        few().prop_map(|sku| Change::RemoveLicence { sku }),
        Just(Change::Delete),
        Just(Change::RevokeSessions),
    ]
}

/// What stands of somebody, without what only grows.
fn state(entry: &Entry) -> (bool, &[String], &[String], &BTreeMap<String, String>) {
    (entry.is_enabled, &entry.member_of, &entry.licenses, &entry.attributes)
}

proptest! {
    #[test]
    fn no_two_have_one_text_for_each_is_read_back(change in any_change()) {
        prop_assert_eq!(Change::parse(&change.text()), Some(change));
    }

    #[test]
    fn no_two_have_one_digest(one in any_change(), other in any_change()) {
        prop_assert_eq!(one.digest() == other.digest(), one == other);
        prop_assert_eq!(digest(&[one.clone(), other.clone()]) == digest(&[other.clone(), one.clone()]), one == other);
    }

    #[test]
    fn a_foreign_text_is_none(text in any::<String>()) {
        let is_written_otherwise = text.contains(['\\', '{']);
        prop_assert!(is_written_otherwise || Change::parse(&text).is_none_or(|change| change.text() == text));
    }

    #[test]
    fn done_twice_it_changes_nothing_more(observed in observed(), change in few_changes()) {
        let mut entry = observed.entry.expect("it is there");
        entry.apply(&change, now());
        let once = entry.clone();
        prop_assert!(!entry.apply(&change, now()));
        prop_assert_eq!(entry, once);
    }

    #[test]
    fn taken_back_it_is_as_it_was(observed in observed(), change in few_changes()) {
        let Some(before) = change.before(&observed) else { return Ok(()) };
        let Some(inverse) = change.inverse(&before) else { return Ok(()) };
        let entry = observed.entry.expect("it is there");
        let mut after = entry.clone();
        after.apply(&change, now());
        after.apply(&inverse, now());
        prop_assert_eq!(state(&after), state(&entry));
        prop_assert_eq!(after.deleted_at, entry.deleted_at);
    }

    /// What changes something and can be taken back has what takes it back.
    #[test]
    fn what_changes_something_is_taken_back(observed in observed(), change in few_changes()) {
        let before = change.before(&observed).unwrap_or_default();
        let changes = observed.entry.clone().expect("it is there").apply(&change, now());
        prop_assert!(!changes || !is_taken_back(&change) || change.inverse(&before).is_some());
    }

    #[test]
    fn what_nothing_takes_back_has_no_inverse(observed in observed(), change in any_change()) {
        let before = change.before(&observed).unwrap_or_default();
        prop_assert!(is_taken_back(&change) || change.inverse(&before).is_none());
    }

    #[test]
    fn a_sponsorship_is_given_back(observed in observed(), to in few()) {
        let subject = observed.subject.clone();
        for sponsored in &observed.sponsored {
            let change = Change::TransferSponsorship { of: sponsored.of.clone(), from: subject.clone(), to: to.clone() };
            let before = change.before(&observed).expect("they are there");
            let mut entry = Entry { name: sponsored.of.clone(), sponsors: sponsored.sponsors.clone(), ..Entry::default() };
            prop_assert!(entry.apply(&change, now()));
            prop_assert!(to == subject || !entry.sponsors.contains(&subject));
            prop_assert!(!entry.sponsors.contains(&entry.name));
            if let Some(inverse) = change.inverse(&before) {
                entry.apply(&inverse, now());
                prop_assert_eq!(&entry.sponsors, &sponsored.sponsors);
            }
        }
    }
}

/// Whether something takes it back, where it has changed anything.
const fn is_taken_back(change: &Change) -> bool {
    match change {
        Change::SetEnabled(_)
        | Change::SetAttributes(_)
        | Change::AddMember { .. }
        | Change::RemoveMember { .. }
        | Change::AssignLicence { .. }
        | Change::RemoveLicence { .. }
        | Change::TransferSponsorship { .. } => true,
        Change::RevokeSessions | Change::IssuePass { .. } | Change::Delete | Change::SendMail { .. } | Change::Call { .. } => false,
    }
}

fn arguments(member: &str, count: usize) -> Value {
    let list: Vec<String> = (0..count).map(|number| format!("{number:0253}")).collect();
    match member {
        "addUserToGroups" | "removeUserFromGroups" => json!({"groups": list}),
        "addUserToTeams" | "removeUserFromTeams" => json!({"teams": list}),
        "assignLicenses" | "removeLicenses" => json!({"licenses": list}),
        "updateUserAttributes" => {
            json!({"attributes": list.iter().map(|name| json!({"attribute": name, "value": "{{user.displayName}}"})).collect::<Vec<_>>()})
        }
        "runCustomTaskExtension" => json!({"extension": "e"}),
        "requestAccessPackageAssignment" => json!({"accessPackageId": "p", "assignmentPolicyId": "q"}),
        "removeAccessPackageAssignment" => json!({"accessPackageId": "p"}),
        _ => json!({}),
    }
}

fn task(member: &str, count: usize) -> Task {
    serde_json::from_value(json!({"name": "t", member: arguments(member, count)})).expect("a task")
}

/// Somebody for whom the task has as much to do as it can have.
fn full(member: &str, count: usize) -> Observed {
    let names = |count: usize| (0..count).map(|number| format!("{number:0253}")).collect::<Vec<_>>();
    let gives = matches!(member, "addUserToGroups" | "addUserToTeams" | "assignLicenses" | "enableUserAccount");
    let facts = GroupFacts { is_team: true, is_elsewhere: false };
    let entry = Entry {
        name: "ann".to_owned(),
        is_enabled: !gives,
        member_of: if gives { Vec::new() } else { names(1_000) },
        licenses: if gives { Vec::new() } else { names(100) },
        attributes: names(10).into_iter().map(|name| (name, "𝄞".repeat(1_024))).collect(),
        recorded_usage_location: Some("DE".to_owned()),
        ..Entry::default()
    };
    let sponsorship = |of| Sponsorship { of, sponsors: names(20), is_protected: false, has_account: true };
    Observed {
        at: now(),
        subject: names(1).remove(0),
        entry: Some(entry),
        has_record: true,
        groups: names(1_000).into_iter().map(|name| (name, facts)).collect(),
        sponsored: names(1_000).into_iter().skip(1).map(sponsorship).collect(),
        successor: Some(Ok("max".to_owned())),
        values: names(count).into_iter().map(|name| (("t".to_owned(), name), Ok("ß".repeat(1_024)))).collect(),
        unread: Unread::default(),
    }
}

fn noted(tasks: &[Task], observed: &Observed) -> (Vec<Planned>, SubjectResult) {
    let tasks_of = tasks.iter().map(|task| TaskResult { name: task.name.clone(), ..TaskResult::default() }).collect();
    let mut result = SubjectResult { tasks: tasks_of, ..SubjectResult::default() };
    let planned = works(tasks, observed, |_| false);
    write_down(tasks, &planned, &mut result);
    (planned, result)
}

/// The same, as an attempt has claimed it.
fn claimed(result: SubjectResult) -> SubjectResult {
    SubjectResult { attempt: Some(1), ..result }
}

#[test]
fn nothing_takes_more_room_than_planned_and_none_is_planned_in_vain() {
    for member in MEMBERS {
        for count in [1, 2, 10] {
            let task = task(member, count);
            let room = noted_bytes(std::slice::from_ref(&task));
            let (planned, result) = noted(std::slice::from_ref(&task), &full(member, count));
            let entry = &result.tasks[0];
            assert_eq!(planned[0].work.is_ok(), room > 0, "{member}: {:?}", planned[0].work);
            let texts: usize = entry.changes.iter().flatten().map(|text| stored_bytes(text) + 1).sum();
            let taken = entry.before.as_ref().filter(|image| image.not_undoable.is_none()).map_or(0, stored_bytes) + texts;
            assert!(taken <= room, "{member} with {count} names: {taken} bytes, planned {room}");
            if room > 0 && room < NOTED_BYTES {
                assert!(
                    entry.changes_digest.is_none() && entry.before.as_ref().is_none_or(|image| image.not_undoable.is_none()),
                    "{member}"
                );
                assert!(entry.changes.as_ref().is_some_and(|changes| !changes.is_empty()), "{member}");
            }
        }
    }
}

#[test]
fn the_class_of_a_task_is_that_of_its_changes() {
    for member in MEMBERS {
        let (planned, _) = noted(&[task(member, 2)], &full(member, 2));
        let Ok(work) = &planned[0].work else { continue };
        let class = catalog::by_name(member).expect("it is in the catalogue").effect;
        assert!(work.changes.iter().all(|change| change.class() == class), "{member}: {:?}", work.changes);
        let bearing = wanted(&task(member, 2)).expect("a task").bearing();
        assert!(work.changes.iter().all(|change| change.bearing() == bearing), "{member}: {:?}", work.changes);
        let leaves = wanted(&task(member, 2)).expect("a task").leaves_the_house();
        assert!(work.changes.iter().all(|change| change.leaves_the_house() == leaves), "{member}: {:?}", work.changes);
    }
}

#[test]
fn what_an_attempt_wrote_down_stands_and_what_is_found_besides_is_added() {
    let all: Task = task("removeUserFromAllGroups", 0);
    let member_of = |names: &[&str]| Observed {
        entry: Some(Entry { member_of: names.iter().map(|name| (*name).to_owned()).collect(), ..Entry::default() }),
        ..Observed::default()
    };
    let (_, mut result) = noted(std::slice::from_ref(&all), &member_of(&["a", "b"]));
    let texts = |result: &SubjectResult| result.tasks[0].changes.clone().expect("there is room").join("; ");
    assert_eq!(texts(&result), r#"remove from group "a"; remove from group "b""#);
    assert_eq!(result.tasks[0].before.as_ref().and_then(|before| before.member_of.clone()), Some(vec!["a".into(), "b".into()]));
    // The first attempt has left a, and somebody has added c.
    let later = member_of(&["b", "c"]);
    let planned = works(std::slice::from_ref(&all), &later, |_| false);
    write_down(std::slice::from_ref(&all), &planned, &mut result);
    assert_eq!(texts(&result), r#"remove from group "a"; remove from group "b"; remove from group "c""#);
    let before = result.tasks[0].before.as_ref().and_then(|before| before.member_of.clone());
    assert_eq!(before, Some(vec!["a".into(), "b".into(), "c".into()]));
    // A task that has its result is asked for nothing more.
    assert!(works(std::slice::from_ref(&all), &later, |_| true).is_empty());
}

/// A task that cannot be done has done nothing: whoever takes the claim over must not take its subject for begun.
#[test]
fn what_cannot_be_done_begins_nobody() {
    let tasks = [task("enableUserAccount", 0), task("assignLicenses", 1)];
    let somebody = Observed { has_record: true, entry: Some(Entry::default()), ..Observed::default() };
    let (planned, result) = noted(&tasks[1..], &somebody);
    assert_eq!(planned[0].work.as_ref().map_err(|fault| fault.reason), Err(Reason::UsageLocationMissing));
    assert_eq!(result.tasks[0].changes.as_deref(), Some(&[][..]));
    assert_eq!(is_begun(&claimed(result), &somebody, &planned), Some(false));
    let (_, before) = noted(&tasks[..1], &somebody);
    let planned = works(&tasks[1..], &somebody, |_| false);
    let mut again = before.clone();
    write_down(&tasks[1..], &planned, &mut again);
    assert_eq!(again.tasks[0].changes, before.tasks[0].changes, "what an earlier attempt wrote down stands");
}

#[test]
fn each_task_finds_what_those_before_it_have_done() {
    let tasks: Vec<Task> = [
        json!({"name": "leave", "removeUserFromGroups": {"groups": ["a"]}}),
        json!({"name": "all", "removeUserFromAllGroups": {}}),
        json!({"name": "again", "removeUserFromAllGroups": {}}),
    ]
    .into_iter()
    .map(|task| serde_json::from_value(task).expect("a task"))
    .collect();
    let observed = Observed {
        entry: Some(Entry { member_of: vec!["a".into(), "b".into()], ..Entry::default() }),
        groups: BTreeMap::from([("a".to_owned(), GroupFacts::default())]),
        ..Observed::default()
    };
    let texts =
        |planned: &Planned| planned.work.as_ref().expect("it can be done").changes.iter().map(Change::text).collect::<Vec<_>>().join("; ");
    let planned = works(&tasks, &observed, |_| false);
    assert_eq!(planned.iter().map(texts).collect::<Vec<_>>(), [r#"remove from group "a""#, r#"remove from group "b""#, ""]);
}

/// (what, the result of the task, what is observed, somebody has begun)
#[test]
fn begun_is_read_from_each_change() {
    let disable = r#"{"changes": ["disable the account"]}"#;
    let enabled = Entry { is_enabled: true, ..Entry::default() };
    let cases = [
        ("nothing is done", disable, Some(enabled.clone()), false),
        ("it is disabled", disable, Some(Entry::default()), true),
        ("what others did says nothing", disable, Some(Entry { licenses: vec!["E5".into()], ..enabled.clone() }), false),
        ("there was nothing to do", r#"{"changes": []}"#, Some(Entry::default()), false),
        ("a task has its result", r#"{"changes": [], "processingStatus": "completed"}"#, Some(enabled.clone()), true),
        ("a mail may have left", r#"{"changes": [], "processingStatus": "inProgress"}"#, Some(enabled.clone()), true),
        ("a mail may not have left", r#"{"changes": ["send sendWelcomeEmail to \"User\""]}"#, Some(enabled.clone()), false),
        ("there was no room", r#"{"changesDigest": "ab"}"#, Some(enabled.clone()), true),
        ("an older release", "{}", Some(enabled.clone()), true),
        ("a newer release", r#"{"changes": ["something new"]}"#, Some(enabled), true),
        ("nobody is there any more", disable, None, false),
        ("nobody is there, as was wanted", r#"{"changes": ["delete the user"]}"#, None, true),
        ("nobody is sponsored any more", r#"{"changes": ["transfer sponsorship of \"gil\" from \"ann\" to \"max\""]}"#, None, true),
    ];
    for (what, entry, observed, begun) in cases {
        let mut entry: Value = serde_json::from_str(entry).expect("JSON");
        entry["name"] = json!("t");
        let result = SubjectResult { tasks: vec![serde_json::from_value(entry).expect("a result")], ..SubjectResult::default() };
        let observed = Observed { entry: observed, ..Observed::default() };
        let is_tried = Progress::of(&result).is_begun();
        assert_eq!(is_begun(&result, &observed, &[]), Some(is_tried), "{what}, and nobody has claimed it");
        assert_eq!(is_begun(&claimed(result), &observed, &[]), Some(begun), "{what}");
    }
}

fn tasks(texts: &[Value]) -> Vec<Task> {
    texts.iter().map(|task| serde_json::from_value(task.clone()).expect("a task")).collect()
}

/// Whoever claims somebody and dies before the first effect has begun nobody, whatever the tasks are.
#[test]
fn a_claim_alone_is_no_beginning() {
    let everything = full("removeUserFromAllGroups", 0);
    let there_and_back = Observed {
        has_record: true,
        entry: Some(Entry {
            is_enabled: true,
            member_of: vec!["all".into(), "b".into()],
            attributes: BTreeMap::from([("title".to_owned(), "Y".to_owned())]),
            ..Entry::default()
        }),
        groups: BTreeMap::from([("all".to_owned(), GroupFacts::default())]),
        values: [("x", "X"), ("y", "Y")]
            .map(|(task, value)| ((task.to_owned(), "title".to_owned()), Ok(value.to_owned())))
            .into_iter()
            .collect(),
        ..Observed::default()
    };
    let title = |name: &str| json!({"name": name, "updateUserAttributes": {"attributes": [{"attribute": "title", "value": "{{user.x}}"}]}});
    let cases = [
        ("one that cannot be done", tasks(&[json!({"name": "t", "assignLicenses": {"licenses": ["E5"]}})]), &there_and_back),
        ("more than there is room for", tasks(&[json!({"name": "t", "removeUserFromAllGroups": {}})]), &everything),
        (
            "taken and given again",
            tasks(&[json!({"name": "t", "removeUserFromAllGroups": {}}), json!({"name": "u", "addUserToGroups": {"groups": ["all"]}})]),
            &there_and_back,
        ),
        ("written twice", tasks(&[title("x"), title("y")]), &there_and_back),
        (
            "disabled and enabled",
            tasks(&[json!({"name": "t", "disableUserAccount": {}}), json!({"name": "u", "enableUserAccount": {}})]),
            &there_and_back,
        ),
    ];
    for (what, tasks, observed) in cases {
        let (planned, result) = noted(&tasks, observed);
        assert_eq!(is_begun(&claimed(result), observed, &planned), Some(false), "{what}");
    }
    let (planned, result) = noted(&tasks(&[json!({"name": "t", "removeUserFromAllGroups": {}})]), &everything);
    assert!(result.tasks[0].changes_digest.is_some() && planned[0].work.is_ok());
    let result = claimed(result);
    let mut later = everything.clone();
    later.apply(&Change::RemoveMember { group: format!("{:0253}", 7) });
    let again = works(&tasks(&[json!({"name": "t", "removeUserFromAllGroups": {}})]), &later, |_| false);
    assert_eq!(is_begun(&result, &later, &again), Some(true), "one of a thousand is gone");
    let unread = Unread { groups: Some(Fault::transient(Reason::DirectoryUnavailable, String::new())), sponsored: None };
    let again = works(&tasks(&[json!({"name": "t", "removeUserFromAllGroups": {}})]), &Observed { unread, ..later.clone() }, |_| false);
    assert_eq!(is_begun(&result, &later, &again), None, "it hangs on what cannot be read");
}

/// However often a subject is claimed, what the first attempt wrote down stands, and nothing of this Run's own is taken for
/// what was there before.
#[test]
fn what_was_there_before_is_what_was_there_before_the_first_attempt() {
    let all = tasks(&[json!({"name": "t", "removeUserFromAllGroups": {}}), json!({"name": "u", "addUserToGroups": {"groups": ["sales"]}})]);
    let seen = |member_of: &[&str]| Observed {
        entry: Some(Entry { member_of: member_of.iter().map(|name| (*name).to_owned()).collect(), ..Entry::default() }),
        groups: BTreeMap::from([("sales".to_owned(), GroupFacts::default())]),
        ..Observed::default()
    };
    let (_, mut result) = noted(&all, &seen(&["a", "b"]));
    let first = result.clone();
    for member_of in [&["b"][..], &["sales"], &["b", "sales"], &["a", "b"]] {
        write_down(&all, &works(&all, &seen(member_of), |_| false), &mut result);
        assert_eq!(result.tasks[0].before, first.tasks[0].before, "{member_of:?}");
        assert_eq!(result.tasks[1].before, first.tasks[1].before, "{member_of:?}");
    }
    // Where there was no room a second claim changes nothing.
    let (_, mut result) = noted(&all[..1], &full("removeUserFromAllGroups", 0));
    let first = result.clone();
    write_down(&all[..1], &works(&all[..1], &full("removeUserFromAllGroups", 0), |_| false), &mut result);
    assert_eq!(result, first);
}

/// That an attribute had no value of its own is said by no word: what is there later is not taken for what was there before.
#[test]
fn an_attribute_that_was_absent_before_the_first_attempt_stays_absent_in_the_image() {
    let both = json!([{"attribute": "department", "value": "X"}, {"attribute": "title", "value": "Y"}]);
    let update = tasks(&[json!({"name": "t", "updateUserAttributes": {"attributes": both}})]);
    let seen = |attributes: &[(&str, &str)]| Observed {
        entry: Some(Entry {
            attributes: attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..Entry::default()
        }),
        values: [("department", "X"), ("title", "Y")]
            .map(|(name, value)| (("t".to_owned(), name.to_owned()), Ok(value.to_owned())))
            .into_iter()
            .collect(),
        ..Observed::default()
    };
    let (planned, mut result) = noted(&update, &seen(&[("title", "Z")]));
    let first = result.tasks[0].before.clone();
    assert_eq!(json!(first), json!({"attributes": {"title": "Z"}}));
    // It is done, and lost; and another tool has written the department.
    let later = seen(&[("department", "Q"), ("title", "Y")]);
    write_down(&update, &works(&update, &later, |_| false), &mut result);
    assert_eq!(result.tasks[0].before, first);
    let inverse = planned[0].work.as_ref().expect("it can be done").changes[0].inverse(&first.expect("an image"));
    let back = BTreeMap::from([("department".to_owned(), None), ("title".to_owned(), Some("Z".to_owned()))]);
    assert_eq!(inverse, Some(Change::SetAttributes(back)));
}

/// What is over, and what could not be done at first, count as well.
#[test]
fn no_second_attempt_takes_more_room_than_planned() {
    let names = |from: usize, count: usize| (from..from + count).map(|number| format!("{number:0253}")).collect::<Vec<_>>();
    let both = tasks(&[json!({"name": "t", "removeUserFromAllGroups": {}}), json!({"name": "u", "removeAllLicenses": {}})]);
    let entry = |member_of, licenses| Some(Entry { member_of, licenses, ..Entry::default() });
    let first = Observed { entry: entry(names(0, 13), names(0, 2)), ..Observed::default() };
    let (_, mut result) = noted(&both, &first);
    for attempt in 1..10 {
        let later = Observed { entry: entry(names(attempt * 13, 13), names(attempt * 20, 20)), ..Observed::default() };
        write_down(&both, &works(&both, &later, |_| false), &mut result);
        let taken: usize = result
            .tasks
            .iter()
            .map(|entry| {
                entry.before.as_ref().map_or(0, stored_bytes)
                    + entry.changes.iter().flatten().map(|text| stored_bytes(text) + 1).sum::<usize>()
            })
            .sum();
        assert!(taken <= NOTED_BYTES + excuse_bytes(&both), "attempt {attempt}: {taken} bytes");
    }
    assert!(result.tasks.iter().all(|entry| entry.before.as_ref().is_some_and(|before| before.not_undoable == Some(true))));
}

#[test]
fn who_is_another_person_is_given_nothing() {
    let reused = Entry { reused: Some(Reused { attribute: "employeeId".into() }), ..Entry::default() };
    let deleted = Entry { deleted_at: Some(now()), ..Entry::default() };
    let reason = |change: &Change, entry: &Entry| forbidden(change, entry).err().map(|Fault { reason, .. }| reason.as_str());
    for (change, of_another, of_nobody) in [
        (Change::SetEnabled(true), Some("NameReused"), Some("AccountDeleted")),
        (Change::SetEnabled(false), None, None),
        (Change::AddMember { group: "a".into() }, Some("NameReused"), Some("AccountDeleted")),
        (Change::RemoveMember { group: "a".into() }, None, None),
        (Change::AssignLicence { sku: "a".into() }, Some("NameReused"), Some("AccountDeleted")),
        (Change::RemoveLicence { sku: "a".into() }, None, None),
        (Change::SetAttributes(BTreeMap::new()), None, Some("AccountDeleted")),
        (Change::Delete, Some("NameReused"), None),
        (Change::RevokeSessions, None, None),
    ] {
        assert_eq!((reason(&change, &reused), reason(&change, &deleted)), (of_another, of_nobody), "{change}");
    }
}
