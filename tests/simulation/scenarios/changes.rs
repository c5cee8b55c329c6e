//! Changes of attributes and memberships, inactivity, and guests without sponsors, as evaluations see them.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tenure::sim::api::MemoryApi;

use super::end::{End, number};
use super::play::{NS, Play, backup, hired, joiner, mover, restore, wipe, works_in};

const ANY_CHANGE: &str = "{category: mover, isSchedulingEnabled: true, executionConditions: {trigger: {attributeChange: {attributes: [department]}}}, \
                          tasks: [{name: lab, addUserToGroups: {groups: [lab]}}]}";

fn sequences(end: &End) -> Vec<i64> {
    end.rows().into_iter().filter(|row| row["state"] == "planned").map(|row| number(row, "/sequence")).collect()
}

fn lose_snapshot(api: &MemoryApi) {
    for bucket in api.list("DirectorySnapshot", Some(NS)) {
        api.delete("DirectorySnapshot", NS, bucket["metadata"]["name"].as_str().expect("a name")).expect("deleted");
    }
}

/// What a person with a mouse does to an account.
fn member_of(name: &'static str, groups: Value) -> impl FnOnce(&MemoryApi) + Send + 'static {
    move |api| {
        let mut account = (*api.get("Account", NS, name).expect("the account")).clone();
        account["spec"]["memberOf"] = groups;
        api.put(&account).expect("stored");
    }
}

#[test]
fn there_and_back_and_there_again_are_three_occurrences() {
    let end = Play::new("03-10", "03-16")
        .workflow("mover", ANY_CHANGE)
        .user("ann", &works_in("Sales"))
        .user_at("03-11T10:00", "ann", &works_in("Marketing"))
        .user_at("03-12T10:00", "ann", &works_in("Sales"))
        .user_at("03-13T10:00", "ann", &works_in("Marketing"))
        .run();
    assert_eq!(end.processed(), ["mover ann completed 03-11", "mover ann completed 03-12", "mover ann completed 03-13"]);
    assert_eq!(sequences(&end), [1, 2, 3]);
}

/// Adds whoever changes one of these attributes to the group `lab`.
fn promoted(attributes: &str) -> String {
    format!(
        "{{category: mover, isSchedulingEnabled: true, executionConditions: {{trigger: {{attributeChange: {{attributes: [{attributes}]}}}}}}, \
         tasks: [{{name: lab, addUserToGroups: {{groups: [lab]}}}}]}}"
    )
}

fn works(department: &str, title: &str, company: &str) -> String {
    format!("{{department: {department}, jobTitle: {title}, companyName: {company}}}")
}

#[test]
fn one_form_that_is_written_in_three_requests_is_one_change() {
    let end = Play::new("03-10", "03-13")
        .workflow("mover", &promoted("department, jobTitle, companyName"))
        .user("ann", &works("Sales", "Clerk", "Acme"))
        .user_at("03-11T10:00:00", "ann", &works("Lab", "Clerk", "Acme"))
        .user_at("03-11T10:00:20", "ann", &works("Lab", "Head", "Acme"))
        .user_at("03-11T10:00:40", "ann", &works("Lab", "Head", "Labs"))
        .run();
    assert_eq!(end.processed(), ["mover ann completed 03-11"]);
    let planned = end.ledger().into_iter().filter(|row| row == "mover ann planned").count();
    assert_eq!(planned, 3, "each of the three has its row: {:?}", end.ledger());
}

#[test]
fn an_edit_of_the_attribute_list_repeats_nobody_and_brings_nothing_up_that_is_past() {
    let changed = || {
        Play::new("03-10", "03-16")
            .workflow("mover", &promoted("department, jobTitle"))
            .workflow("titles", &promoted("companyName"))
            .user("ann", &works("Sales", "Clerk", "Acme"))
            .user_at("03-11T10:00", "ann", &works("Lab", "Head", "Labs"))
    };
    let once = ["mover ann completed 03-11", "titles ann completed 03-11"];
    for (what, list) in [
        ("one less", "department"),
        ("the other one", "jobTitle"),
        ("another order", "jobTitle, department"),
        ("one more", "department, jobTitle, companyName"),
    ] {
        let end = changed().object_at("03-12T10:00", "Workflow", "mover", &promoted(list)).run();
        assert_eq!(end.processed(), once, "{what}");
    }
    // What comes after the edit counts.
    let end = changed()
        .object_at("03-12T10:00", "Workflow", "mover", &promoted("department, companyName"))
        .user_at("03-13T10:00", "ann", &works("Lab", "Head", "Acme"))
        .run();
    let processed = ["mover ann completed 03-11", "titles ann completed 03-11", "mover ann completed 03-13", "titles ann completed 03-13"];
    assert_eq!(end.processed(), processed);
}

#[test]
fn a_restore_repeats_no_change_of_several_attributes() {
    for (taken, restored) in [("03-11T12:00", "03-12T10:00"), ("03-12T09:00", "03-13T10:00")] {
        let kept: Arc<Mutex<Vec<Value>>> = Arc::default();
        let keep = Arc::clone(&kept);
        let end = Play::new("03-10", "03-16")
            .workflow("mover", &promoted("department, jobTitle, companyName"))
            .user("ann", &works("Sales", "Clerk", "Acme"))
            .user_at("03-11T10:00", "ann", &works("Lab", "Head", "Labs"))
            .act(taken, move |api| *keep.lock().expect("no panic") = backup(api))
            .act("03-12T09:30", wipe)
            .act(restored, move |api| restore(api, &kept.lock().expect("no panic")))
            .run();
        assert_eq!(end.processed(), ["mover ann completed 03-11"], "{taken} {restored}");
    }
}

#[test]
fn the_first_sight_is_a_baseline_and_the_scope_tests_the_new_value() {
    let end = Play::new("03-10", "03-16")
        .workflow("mover", &mover("Lab"))
        .user("ann", &works_in("Lab"))
        .user_at("03-11T10:00", "bob", &works_in("Lab"))
        .user("cid", &works_in("Sales"))
        .user_at("03-12T10:00", "cid", &works_in("Board"))
        .user("dan", "{}")
        .user_at("03-13T10:00", "dan", &works_in("Lab"))
        .run();
    assert_eq!(end.processed(), ["mover dan completed 03-13"], "a first value after none is a change; a first sight is not");
}

#[test]
fn the_first_look_of_a_new_workflow_only_notes_the_values() {
    // Another workflow left its notes behind; what changed since is nobody's, also when nobody was looking.
    let end = Play::new("03-10", "04-20")
        .workflow("old", &mover("Lab"))
        .user("ann", &works_in("Sales"))
        .user("bob", &works_in("Sales"))
        .delete_at("03-11T10:00", "Workflow", "old")
        .user_at("03-12T10:00", "ann", &works_in("Lab"))
        .object_at("04-15T10:00", "Workflow", "new", &mover("Lab"))
        .user_at("04-17T10:00", "bob", &works_in("Lab"))
        .run();
    assert_eq!(end.processed(), ["new bob completed 04-17"]);
}

#[test]
fn a_change_that_no_evaluation_saw_is_none() {
    let end = Play::new("03-10", "03-13")
        .schedule("{interval: 24h, directory: people, evaluateOnChange: false}")
        .workflow("mover", ANY_CHANGE)
        .user("ann", &works_in("Sales"))
        .user_at("03-11T10:00:10", "ann", &works_in("Marketing"))
        .user_at("03-11T10:00:40", "ann", &works_in("Sales"))
        .run();
    assert_eq!(end.processed(), [""; 0]);
}

#[test]
fn what_changes_while_a_workflow_is_not_ready_is_seen_when_it_happens() {
    let unready = ANY_CHANGE.replacen('{', "{approval: {requiredFor: [access]}, ", 1);
    let unscheduled = ANY_CHANGE.replace("isSchedulingEnabled: true", "isSchedulingEnabled: false");
    let disabled = unscheduled.replacen('{', "{isEnabled: false, ", 1);
    for (what, idle) in [("not ready", unready), ("disabled", disabled), ("not scheduled", unscheduled)] {
        let within = |end: &str| Play::new("03-10", end).workflow("mover", &idle).user("ann", &works_in("Sales"));
        let changed = within("03-16").user_at("03-11T10:00", "ann", &works_in("Lab"));
        let end = changed.object_at("03-12T12:00", "Workflow", "mover", ANY_CHANGE).run();
        // Before it is scheduled, a change is none of its business, whoever tracked the attribute.
        let processed: &[&str] = if what == "not ready" { &["mover ann completed 03-12"] } else { &[] };
        assert_eq!(end.processed(), processed, "{what}: from the beginning, and for a day after the change");

        let changed = within("03-20").user_at("03-11T10:00", "ann", &works_in("Lab"));
        let end = changed.object_at("03-18T12:00", "Workflow", "mover", ANY_CHANGE).run();
        assert_eq!(end.processed(), [""; 0], "{what}: what is older than the window was never this workflow's");

        let end = Play::new("03-10", "03-20")
            .workflow("mover", ANY_CHANGE)
            .user("ann", &works_in("Sales"))
            .object_at("03-11T12:00", "Workflow", "mover", &idle)
            .user_at("03-12T10:00", "ann", &works_in("Lab"))
            .object_at("03-18T12:00", "Workflow", "mover", ANY_CHANGE)
            .run();
        assert_eq!(end.processed(), [""; 0], "{what}: not as if it had changed today");
        // Who was not scheduled for longer than the window answers for nothing that happened meanwhile.
        let missed: &[&str] = if what == "not ready" { &["mover ann missed WindowEnded"] } else { &[] };
        assert_eq!(end.ledger(), missed, "{what}: the window went by");
    }
}

#[test]
fn after_loss_of_the_snapshot_sequences_go_on_above_the_ledger() {
    let end = Play::new("03-10", "03-16")
        .workflow("mover", ANY_CHANGE)
        .user("ann", &works_in("Sales"))
        .user_at("03-11T10:00", "ann", &works_in("Lab"))
        .act("03-12T10:00", lose_snapshot)
        .user_at("03-13T10:00", "ann", &works_in("Sales"))
        .user_at("03-14T10:00", "ann", &works_in("Lab"))
        .run();
    assert_eq!(end.processed(), ["mover ann completed 03-11", "mover ann completed 03-13", "mover ann completed 03-14"]);
    assert_eq!(sequences(&end), [1, 2, 3]);
}

fn watch(change: &str, category: &str) -> String {
    format!(
        "{{category: {category}, isSchedulingEnabled: true, executionConditions: {{scope: {{group: lab}}, trigger: {{membershipChange: {{changeType: {change}}}}}}}, \
         tasks: [{{name: all, addUserToGroups: {{groups: [all]}}}}]}}"
    )
}

#[test]
fn becoming_and_ceasing_to_be_a_member_are_noticed() {
    let end = Play::new("03-10", "03-18")
        .workflow("added", &watch("add", "mover"))
        .workflow("removed", &watch("remove", "mover"))
        .user("ann", "{}")
        .user("bob", "{initialAccount: {memberOf: [lab]}}")
        .act("03-11T10:00", member_of("ann", json!(["lab"])))
        .act("03-12T10:00", member_of("bob", json!([])))
        .act("03-13T10:00", member_of("ann", json!(["all"])))
        .act("03-14T10:00", member_of("ann", json!(["lab", "all"])))
        .run();
    assert_eq!(
        end.processed(),
        ["added ann completed 03-11", "removed bob completed 03-12", "removed ann completed 03-13", "added ann completed 03-14"]
    );
}

#[test]
fn a_membership_that_another_workflow_made_is_noticed() {
    let into_lab = joiner(0).replace("groups: [all]", "groups: [lab]");
    let end = Play::new("03-10", "03-14")
        .workflow("joiner", &into_lab)
        .workflow("added", &watch("add", "mover"))
        .user("ann", &hired("2026-03-11"))
        .run();
    assert_eq!(end.processed(), ["added ann completed 03-11", "joiner ann completed 03-11"]);
    assert_eq!(end.account("ann").1, ["all", "lab"]);
}

fn signed_in(when: &str) -> String {
    format!("{{lastSuccessfulSignInDateTime: \"{when}\"}}")
}

#[test]
fn inactivity_counts_from_the_last_sign_in_and_never_signed_in_is_not_due() {
    let workflow = "{category: leaver, isSchedulingEnabled: true, executionConditions: {trigger: {userInactivity: {inactivityPeriodInDays: 10}}}, \
                    tasks: [{name: disable, disableUserAccount: {}}]}";
    let end = Play::new("03-10", "04-01")
        .workflow("idle", workflow)
        .user("never", "{}")
        .user("ann", &signed_in("2026-03-02T08:00:00Z"))
        .user("bob", &signed_in("2026-03-03T08:00:00Z"))
        .user_at("03-12T10:00", "bob", &signed_in("2026-03-12T08:00:00Z"))
        .user("odd", &signed_in("yesterday"))
        .user_at("03-15T10:00", "ann", &signed_in("2026-03-15T09:00:00Z"))
        .run();
    assert_eq!(end.processed(), ["idle ann completed 03-12", "idle bob completed 03-22", "idle ann completed 03-25"]);
    assert!(end.account("never").0 && end.account("odd").0);
}

#[test]
fn a_guest_with_too_few_sponsors_is_due_each_time_that_begins() {
    let workflow = "{category: leaver, isSchedulingEnabled: true, executionConditions: {trigger: {guestSponsor: {minimumRequiredSponsors: 1}}}, \
                    tasks: [{name: disable, disableUserAccount: {}}]}";
    let guest = |sponsors: &str| format!("{{userType: Guest, sponsors: [{sponsors}]}}");
    let end = Play::new("03-10", "03-18")
        .workflow("unsponsored", workflow)
        .user("boss", "{userType: Member, sponsors: []}")
        .user("ann", &guest(""))
        .user("bob", &guest("boss"))
        .user_at("03-12T10:00", "bob", &guest(""))
        .user_at("03-13T10:00", "bob", &guest("boss"))
        .user_at("03-14T10:00", "bob", &guest(""))
        .run();
    assert_eq!(end.processed(), ["unsponsored ann completed 03-10", "unsponsored bob completed 03-12", "unsponsored bob completed 03-14"]);
    assert!(end.account("boss").0);
}
