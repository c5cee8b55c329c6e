//! What others do between the look at somebody and the effects on them, and what becomes of a claim in the middle of which
//! something goes wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tenure::sim::api::{MemoryApi, Verb, Verdict};

use super::end::{End, list, text};
use super::play::{NS, Play, leaver, leaves, timed};

const OUT: &str = "{category: leaver, tasks: [{name: disable, disableUserAccount: {}}, {name: groups, removeUserFromAllGroups: {}}]}";
const HAND_OVER: &str = "tasks: [{name: sponsors, transferSponsorshipsToManager: {}}]";

fn run_of(workflow: &str, subjects: &str) -> String {
    format!("{{source: {{workflow: {{name: {workflow}}}}}, subjects: {{{subjects}}}}}")
}

/// A mail that leaves once only.
fn tell(name: &str) -> String {
    format!("{{name: {name}, sendEmailOnLastDay: {{to: [hr@acme.example], customSubject: Last, customBody: Day}}, onUncertain: Skip}}")
}

/// Changes the spec of an object; null: the field is not there any more.
fn change(api: &MemoryApi, kind: &str, name: &str, spec: &Value) {
    let mut object = (*api.get(kind, NS, name).unwrap_or_else(|| panic!("no {kind} {name}"))).clone();
    for (field, value) in spec.as_object().expect("fields") {
        object["spec"][field] = value.clone();
    }
    object["spec"].as_object_mut().expect("a spec").retain(|_, value| !value.is_null());
    api.put(&object).unwrap_or_else(|refusal| panic!("{kind} {name}: {}", refusal.message));
}

/// The tasks of the only result of a workflow.
fn tasks<'a>(end: &'a End, workflow: &str) -> &'a [Value] {
    let slice = end.of_kind("RunSlice").find(|slice| text(slice, "/workflow") == workflow).expect("a slice");
    list(slice, "/results/0/tasks")
}

#[test]
fn a_page_of_something_on_the_way_is_no_word_about_a_person() {
    for what in [(Verb::Get, "users"), (Verb::Get, "accounts"), (Verb::Update, "accounts"), (Verb::Update, "runslices")] {
        let end = Play::new("03-10", "03-12")
            .workflow("out", OUT)
            .user("cid", "{initialAccount: {memberOf: [lab]}}")
            .object_at("03-10T10:00", "Run", "r", &run_of("out", "users: [cid]"))
            .on_request("execute/r", what, 1, |_| {}, Verdict::Astray)
            .run();
        assert_eq!((end.of_run("r"), end.account("cid")), (vec!["cid completed".to_owned()], (false, vec![])), "{what:?}");
    }
}

#[test]
fn what_was_given_meanwhile_is_written_down_and_taken_as_well() {
    let give = |api: &MemoryApi| change(api, "Account", "ann", &json!({"memberOf": ["all", "lab"]}));
    // Both tasks are one write; denied for as long as that is borne, they are two.
    for (nth, refused) in [(1, 0..=0), (7, 1..=6), (8, 1..=6)] {
        let end = Play::new("03-10", "03-12")
            .workflow("leaver", &leaver(0))
            .user("ann", &leaves("2026-03-10"))
            .spoil("execute/leaver", (Verb::Update, "accounts"), refused, Verdict::Forbid)
            .on_request("execute/leaver", (Verb::Update, "accounts"), nth, give, Verdict::Conflict)
            .run();
        assert_eq!((end.processed(), end.account("ann")), (vec!["leaver ann completed 03-10".to_owned()], (false, vec![])), "{nth}");
        let groups = &tasks(&end, "leaver")[1];
        assert_eq!(groups["changes"], json!([r#"remove from group "all""#, r#"remove from group "lab""#]), "{nth}");
        assert_eq!(groups["before"], json!({"memberOf": ["all", "lab"]}), "{nth}");
    }
}

/// Two mails whose beginnings take half a minute to be written down come before the other tasks; in the middle of the second
/// something happens.
fn slow_mails(tasks: &str, record: &str, deed: impl FnOnce(&MemoryApi) + Send + 'static) -> Play {
    let tasks = format!("tasks: [{}, {}, {tasks}]", tell("tell-1"), tell("tell-2"));
    let writes = (Verb::Update, "runslices");
    Play::new("03-10", "03-12")
        .workflow("leaver", &timed("leaver", "employeeLeaveDateTime", 0, &tasks))
        .user("ann", record)
        .spoil("execute/leaver", writes, 2..=6, Verdict::Throttle)
        .spoil("execute/leaver", writes, 8..=12, Verdict::Throttle)
        .on_request("execute/leaver", writes, 8, deed, Verdict::Throttle)
}

#[test]
fn what_was_seen_half_a_minute_ago_is_not_believed() {
    let back = |api: &MemoryApi| change(api, "Account", "ann", &json!({"accountEnabled": true, "memberOf": ["lab"]}));
    let record = "{employeeLeaveDateTime: \"2026-03-10T00:00:00Z\", initialAccount: {accountEnabled: false}}";
    let tasks_of = "{name: disable, disableUserAccount: {}}, {name: groups, removeUserFromAllGroups: {}}";
    let end = slow_mails(tasks_of, record, back).run();
    assert_eq!((end.processed(), end.account("ann")), (vec!["leaver ann completed 03-10".to_owned()], (false, vec![])));
    assert_eq!(tasks(&end, "leaver")[3]["changes"], json!([r#"remove from group "lab""#]));
    assert_eq!(end.mails.len(), 2);
}

#[test]
fn an_account_that_became_another_person_s_meanwhile_is_not_deleted() {
    let another = |api: &MemoryApi| change(api, "User", "ann", &json!({"employeeId": "2"}));
    let record = "{employeeId: \"1\", employeeLeaveDateTime: \"2026-03-10T00:00:00Z\"}";
    let end = slow_mails("{name: delete, deleteUser: {}}", record, another).run_broken();
    assert!(end.object("Account", "ann")["spec"]["deletedAt"].is_null(), "{:?}", end.processed());
    assert_eq!(tasks(&end, "leaver")[2]["reason"], "NameReused");
}

#[test]
fn who_was_half_done_when_a_run_was_canceled_is_carried_through() {
    // The second of two sponsorships cannot be written by the first attempt.
    let cancel = |api: &MemoryApi| change(api, "Run", "r", &json!({"cancel": true}));
    let guest = "{userType: Guest, sponsors: [ann]}";
    let end = Play::new("03-10", "03-12")
        .workflow("out", &format!("{{category: leaver, {HAND_OVER}}}"))
        .user("max", "{}")
        .user("ann", "{manager: max}")
        .user("gil", guest)
        .user("gus", guest)
        .object_at("03-10T10:00", "Run", "r", &run_of("out", "users: [ann]"))
        .spoil("execute/r-a1", (Verb::Update, "accounts"), 2..=u32::MAX, Verdict::Refuse)
        .on_request("execute/r-a1", (Verb::Update, "accounts"), 3, cancel, Verdict::Refuse)
        .run();
    assert_eq!(end.of_run("r"), ["ann completed"]);
    for name in ["gil", "gus"] {
        assert_eq!(end.object("Account", name)["spec"]["sponsors"], json!(["max"]), "{name}");
    }
}

#[test]
fn a_directory_is_read_once_for_all_whose_sponsorships_are_handed_over() {
    let play =
        Play::new("03-09T12:00", "03-12").workflow("leaver", &timed("leaver", "employeeLeaveDateTime", 0, HAND_OVER)).user("max", "{}");
    let play = (0..20).fold(play, |play, number| {
        play.user(&format!("u{number:02}"), "{manager: max, employeeLeaveDateTime: \"2026-03-10T00:00:00Z\"}")
            .user(&format!("g{number:02}"), &format!("{{userType: Guest, sponsors: [u{number:02}]}}"))
    });
    let (play, readings) = play.count("execute/leaver", (Verb::List, "users"));
    let end = play.run();
    assert_eq!(end.processed().iter().filter(|line| line.starts_with("leaver u") && line.contains(" completed ")).count(), 20);
    let handed = |account: &&Value| account["spec"]["sponsors"] == json!(["max"]);
    assert_eq!(end.of_kind("Account").filter(handed).count(), 20);
    assert_eq!(readings.load(Ordering::SeqCst), 1, "twenty people of one claim need one reading of the directory");
}

#[test]
fn nothing_older_is_given_up_for_somebody_who_does_not_leave_any_more() {
    // A movement is half done when its node is lost, and ann is said to have left. The answer to the claim of the off-boarding
    // is lost, and it takes half a minute until it is seen that the claim was not; meanwhile the mistake is corrected.
    let record = |leaves: Value| json!({"employeeLeaveDateTime": leaves});
    let leave = move |api: &MemoryApi| change(api, "User", "ann", &record(json!("2026-03-11T10:00:00Z")));
    let stay = move |api: &MemoryApi| change(api, "User", "ann", &record(Value::Null));
    let mover = "{category: mover, isSchedulingEnabled: true, executionConditions: {scope: {rule: \"department eq 'Lab'\"}, trigger: \
         {attributeChange: {attributes: [department]}}}, tasks: [{name: lab, addUserToGroups: {groups: [lab]}}, \
         {name: all, addUserToGroups: {groups: [all]}}]}";
    let end = Play::new("03-10", "03-13")
        .workflow("mover", mover)
        .workflow("leaver", &leaver(0))
        .user("ann", "{department: Sales}")
        .user_at("03-11T10:00", "ann", "{department: Lab}")
        .lost_nodes()
        .on_request("execute/mover", (Verb::Update, "accounts"), 1, leave, Verdict::DieAfter)
        .spoil("execute/leaver", (Verb::Update, "runslices"), 2..=5, Verdict::Throttle)
        .spoil("execute/leaver", (Verb::Get, "runslices"), 1..=5, Verdict::Throttle)
        .on_request("execute/leaver", (Verb::Update, "runslices"), 1, stay, Verdict::LoseAnswer)
        .run();
    for object in end.of_kind("OccurrenceLedger") {
        eprintln!("{}", serde_json::to_string_pretty(object).unwrap());
    }
    assert_eq!(end.processed(), ["leaver ann canceled Changed 03-11", "mover ann completed 03-11"]);
    assert_eq!(end.account("ann"), (true, vec!["all", "lab"]));
}

#[test]
fn nobody_else_is_begun_with_once_a_claim_has_passed_to_another() {
    let names: Vec<String> = (0..20).map(|number| format!("u{number:02}")).collect();
    let pass_on = |api: &MemoryApi| {
        for slice in api.list("RunSlice", Some(NS)) {
            let mut slice = (*slice).clone();
            slice["claim"]["holder"] = "another".into();
            api.put(&slice).unwrap_or_else(|refusal| panic!("{}", refusal.message));
        }
    };
    let begun = Arc::new(AtomicUsize::new(usize::MAX));
    let noted = Arc::clone(&begun);
    let note = move |api: &MemoryApi| {
        let disabled = api.list("Account", Some(NS)).into_iter().filter(|account| account["spec"]["accountEnabled"] == false).count();
        noted.store(disabled, Ordering::SeqCst);
    };
    // Who is disabled writes down that a mail begins, and sees by that whose the claim is.
    let out = format!("{{category: leaver, tasks: [{{name: disable, disableUserAccount: {{}}}}, {}]}}", tell("tell"));
    let play = names.iter().fold(Play::new("03-10", "03-12").workflow("out", &out), |play, name| play.user(name, "{department: Board}"));
    let end = play
        .object_at("03-10T10:00", "Run", "r", &run_of("out", "scope: {rule: \"department eq 'Board'\"}"))
        .on_request("execute/r-a1", (Verb::Update, "runslices"), 2, pass_on, Verdict::Pass)
        .on_request("execute/r-a2", (Verb::Get, "runs"), 1, note, Verdict::Pass)
        .run();
    let begun = begun.load(Ordering::SeqCst);
    assert!((1..=8).contains(&begun), "{begun} of twenty, eight at the same time");
    assert_eq!(end.of_run("r").iter().filter(|line| line.ends_with(" completed")).count(), 20);
}

#[test]
fn what_gave_way_is_not_planned_anew_beside_a_claim_that_is_on_its_way() {
    // The claim of a movement is throttled for a quarter of a minute; meanwhile ann is said to leave, and then is not.
    let record = |leaves: Value| json!({"employeeLeaveDateTime": leaves});
    let leave = move |api: &MemoryApi| change(api, "User", "ann", &record(json!("2026-03-11T10:00:00Z")));
    let stay = move |api: &MemoryApi| change(api, "User", "ann", &record(Value::Null));
    let mover = format!(
        "{{category: mover, isSchedulingEnabled: true, executionConditions: {{scope: {{rule: \"department eq 'Lab'\"}}, trigger: \
         {{attributeChange: {{attributes: [department]}}}}}}, tasks: [{}]}}",
        "{name: tell, sendEmailToManagerAboutMove: {to: [hr@acme.example], customSubject: Moved, customBody: Hello}}"
    );
    let claim = (Verb::Update, "runslices");
    let end = Play::new("03-10", "03-13")
        .workflow("mover", &mover)
        .workflow("leaver", &leaver(0))
        .user("ann", "{department: Sales}")
        .user_at("03-11T10:00", "ann", "{department: Lab}")
        .on_request("execute/mover", claim, 1, leave, Verdict::Throttle)
        .spoil("execute/mover", claim, 2..=4, Verdict::Throttle)
        .on_request("execute/mover", claim, 5, stay, Verdict::Throttle)
        .run();
    assert_eq!(end.mails.len(), 1, "{:?}", end.processed());
    assert!(end.account("ann").0, "{:?}", end.processed());
}

#[test]
fn what_was_given_before_a_refusal_is_taken_as_well() {
    // The one write of both tasks is refused, as each of them is by itself for a moment; what is read anew has another group.
    for refused in [1..=1, 1..=2] {
        let give = |api: &MemoryApi| change(api, "Account", "ann", &json!({"memberOf": ["all", "lab"]}));
        let end = Play::new("03-10", "03-12")
            .workflow("leaver", &leaver(0))
            .user("ann", &leaves("2026-03-10"))
            .on_request("execute/leaver", (Verb::Update, "accounts"), 1, give, Verdict::Forbid)
            .spoil("execute/leaver", (Verb::Update, "accounts"), refused.clone(), Verdict::Forbid)
            .run();
        assert_eq!((end.processed(), end.account("ann")), (vec!["leaver ann completed 03-10".to_owned()], (false, vec![])), "{refused:?}");
        assert_eq!(tasks(&end, "leaver")[1]["before"], json!({"memberOf": ["all", "lab"]}), "{refused:?}");
    }
}

#[test]
fn who_was_only_claimed_when_a_run_was_canceled_is_not_begun() {
    // The node is lost between the claim and the first effect, and somebody sees the mistake.
    let cancel = |api: &MemoryApi| change(api, "Run", "r", &json!({"cancel": true}));
    for (nth, expected, is_enabled) in [(1, "ann canceled CanceledByRequest", true), (2, "ann completed", false)] {
        let verdict = if nth == 1 { Verdict::Die } else { Verdict::DieAfter };
        let end = Play::new("03-10", "03-12")
            .workflow("out", OUT)
            .user("ann", "{initialAccount: {memberOf: [lab]}}")
            .object_at("03-10T10:00", "Run", "r", &run_of("out", "users: [ann]"))
            .lost_nodes()
            .on_request("execute/r-a1", (Verb::Update, "accounts"), 1, cancel, verdict)
            .run();
        assert_eq!(end.of_run("r"), [expected], "{nth}");
        assert_eq!(end.account("ann").0, is_enabled, "{nth}");
    }
}
